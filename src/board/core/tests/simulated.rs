//! The conversations with the RTL itself, clock by clock, in several parameter sets. Skipped, loudly, where Verilator is missing.

use std::time::Instant;

use super::super::{RtlDevice, RtlError, RtlSettings, Structure};
use super::bad_input as bad;
use super::conversations as say;
use super::host::Host;
use crate::transport::{EmulatedTransport, Transport, VirtualClock};

/// Parameter sets that the tests build: what a core is made of, and how many there are.
const SETS: [(Structure, u32); 5] = [
    (Structure::Pipeline, 1),
    (Structure::Ring(8), 2),
    (Structure::Ring(1), 1),
    (Structure::Rolled(5), 1),
    (Structure::Rolled(3), 2),
];

/// Clock of the cores under test: waiting a second costs so many clocks.
const CLOCK: f64 = 200e3;

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

fn settings((structure, cores): (Structure, u32)) -> RtlSettings {
    RtlSettings::with_clock(structure, cores, CLOCK)
}

fn core(settings: &RtlSettings) -> Option<Box<dyn Transport>> {
    let device = Box::new(device(settings)?);
    let clock = VirtualClock::new(Instant::now());
    Some(Box::new(EmulatedTransport::virtual_time(
        "rtl", device, clock,
    )))
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

/// Rings of several cores can have more hits in a clock than there are places for; who mines never asks for so many.
#[test]
fn hits_of_one_turn_are_all_told() {
    for set in [SETS[0], SETS[3], SETS[4]] {
        if let Some(port) = core(&settings(set)) {
            say::hits_of_one_turn_are_all_told(port);
        }
    }
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
    each(bad::bad_frames_are_counted_and_cost_one_frame);
    each(bad::unknown_and_misshapen_frames_are_refused);
}

#[test]
fn a_line_off_by_three_percent() {
    let settings = settings(SETS[3]);
    if let Some(port) = core(&settings) {
        bad::a_line_off_by_three_percent(port, settings.baud);
    }
}

/// The simulation's sensor has no reading (bit 15) and its other bits as `hdl/sim/main.cpp` sets them.
#[test]
fn the_sensors_reading_arrives_as_it_is() {
    if let Some(port) = core(&settings(SETS[2])) {
        assert_eq!(Host::new(port).status().reading, 0x8012);
    }
}

#[test]
fn a_broken_byte_costs_one_frame() {
    for set in SETS {
        let settings = settings(set);
        if let Some(port) = core(&settings) {
            bad::a_broken_byte_costs_one_frame(port, settings.baud);
        }
    }
}

/// Of several cores that lose a nonce in the same clock one is counted.
#[test]
fn an_overrun_of_nonces_is_counted() {
    for set in SETS.into_iter().filter(|(_, cores)| *cores == 1) {
        if let Some(port) = core(&settings(set)) {
            bad::an_overrun_of_nonces_is_counted(port);
        }
    }
}

#[test]
fn the_driver_mines() {
    for (set, zero_bits, nonces) in [(SETS[0], 15, 10), (SETS[2], 12, 5), (SETS[3], 13, 5)] {
        if let Some(port) = core(&settings(set)) {
            say::the_driver_mines(port, zero_bits, nonces);
        }
    }
}
