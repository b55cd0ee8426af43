//! The conversations with the emulator, on virtual time.

use std::time::Instant;

use super::super::emulator::Device;
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
    say::bad_frames_are_counted_and_cost_one_frame(core(""));
    say::unknown_and_misshapen_frames_are_refused(core(""));
}

#[test]
fn a_line_off_by_three_percent() {
    say::a_line_off_by_three_percent(core(""), 115_200);
}

#[test]
fn the_driver_mines() {
    say::the_driver_mines(core("cores=2,rate=4M"), 16, 30);
}
