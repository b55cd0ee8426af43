//! The conversations with the RTL itself, clock by clock, in several parameter sets. Skipped, loudly, where Verilator is missing.

use std::time::Instant;

use super::super::{RtlDevice, RtlError, RtlSettings};
use super::conversations as say;
use crate::transport::{EmulatedTransport, Transport, VirtualClock};

/// Parameter sets that the tests build: stages (0: unrolled) and cores.
const SETS: [(u32, u32); 3] = [(0, 1), (8, 2), (1, 1)];

/// A core of each set, on virtual time; nothing, said loudly, without Verilator.
pub(super) fn device(settings: &RtlSettings) -> Option<RtlDevice> {
    match RtlDevice::start(settings) {
        Ok(device) => Some(device),
        Err(error @ RtlError::NoTool(_)) => {
            eprintln!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn settings((stages, cores): (u32, u32)) -> RtlSettings {
    RtlSettings::new(stages, cores, 1e6)
}

fn core(settings: &RtlSettings) -> Option<Box<dyn Transport>> {
    let device = Box::new(device(settings)?);
    let clock = VirtualClock::new(Instant::now());
    Some(Box::new(EmulatedTransport::virtual_time("rtl", device, clock)))
}

fn each(conversation: impl Fn(Box<dyn Transport>)) {
    SETS.iter()
        .filter_map(|set| core(&settings(*set)))
        .for_each(conversation);
}

#[test]
fn real_blocks_are_found() {
    each(say::real_blocks_are_found);
}

#[test]
fn small_ranges_are_searched_without_gap() {
    each(say::small_ranges_are_searched_without_gap);
    each(say::ranges_wrap_and_shrink);
}

#[test]
fn a_swap_loses_no_nonce_and_credits_none_wrongly() {
    each(say::a_swap_loses_no_nonce_and_credits_none_wrongly);
}

#[test]
fn the_queue_holds_two_beside_the_one_that_runs() {
    each(say::the_queue_holds_two_beside_the_one_that_runs);
}

#[test]
fn a_job_in_the_middle_of_a_reply() {
    each(say::a_job_in_the_middle_of_a_reply);
}

#[test]
fn bad_frames_are_counted_and_cost_one_frame() {
    each(say::bad_frames_are_counted_and_cost_one_frame);
    each(say::unknown_and_misshapen_frames_are_refused);
}

#[test]
fn a_line_off_by_three_percent() {
    let settings = settings(SETS[2]);
    if let Some(port) = core(&settings) {
        say::a_line_off_by_three_percent(port, settings.baud);
    }
}

#[test]
fn the_driver_mines() {
    let baud = |settings: &RtlSettings| settings.baud;
    assert!(baud(&settings(SETS[0])) >= 115_200);
    if let Some(port) = core(&settings(SETS[0])) {
        say::the_driver_mines(port, 16, 10);
    }
    if let Some(port) = core(&settings(SETS[2])) {
        say::the_driver_mines(port, 13, 5);
    }
}
