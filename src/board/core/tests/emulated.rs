//! The conversations with the emulator, on virtual time.

use std::time::Instant;

use super::super::emulator::Device;
use super::bad_input as bad;
use super::conversations as say;
use crate::board::BoardOptions;
use crate::transport::{EmulatedTransport, Transport, VirtualClock};

fn core(options: &str) -> Box<dyn Transport> {
    let options = BoardOptions::parse(options).unwrap();
    let device = Box::new(Device::new(&options).unwrap());
    let clock = VirtualClock::new(Instant::now());
    Box::new(EmulatedTransport::virtual_time("emulator", device, clock))
}

#[test]
fn real_blocks_are_found() {
    say::real_blocks_are_found(core(""));
    say::real_blocks_are_found(core("cores=3"));
}

#[test]
fn small_ranges_are_searched_without_gap() {
    say::small_ranges_are_searched_without_gap(core(""));
    say::ranges_wrap_and_shrink(core(""));
}

#[test]
fn hits_of_one_turn_are_all_told() {
    say::hits_of_one_turn_are_all_told(core("cores=2"));
}

#[test]
fn a_swap_loses_no_nonce_and_credits_none_wrongly() {
    say::a_swap_loses_no_nonce_and_credits_none_wrongly(core("rate=300k"));
}

#[test]
fn the_queue_holds_two_beside_the_one_that_runs() {
    say::the_queue_holds_two_beside_the_one_that_runs(core(""));
}

#[test]
fn a_job_in_the_middle_of_a_reply() {
    say::a_job_in_the_middle_of_a_reply(core(""));
}

#[test]
fn bad_frames_are_counted_and_cost_one_frame() {
    bad::bad_frames_are_counted_and_cost_one_frame(core(""));
    bad::unknown_and_misshapen_frames_are_refused(core(""));
}

#[test]
fn a_line_off_by_three_percent() {
    bad::a_line_off_by_three_percent(core(""), 115_200);
}

#[test]
fn the_driver_mines() {
    say::the_driver_mines(core("cores=2,rate=4M"), 16, 30);
}

#[test]
fn an_overrun_of_nonces_is_counted() {
    bad::an_overrun_of_nonces_is_counted(core(""));
}

/// A job lasts the work interval, however fast the core says that it is and however many cores it has.
#[test]
fn the_work_interval_follows_the_rate_that_the_core_tells() {
    for options in ["rate=2k", "rate=60k", "rate=8k,cores=4"] {
        let works = say::works_loaded_in_a_minute(core(options), 3);
        // One more waits in the queue.
        assert!(
            (20..=22).contains(&works),
            "{options}: {works} works of 3 s in 60 s"
        );
    }
}
