//! The same conversations with a board on a desk: `MIDSTATE_CORE_PORT=/dev/ttyUSB0 cargo test core::tests::hardware -- --ignored`.

use super::super::settings::BAUD;
use super::bad_input as bad;
use super::conversations as say;
use crate::transport::{SerialTransport, Transport};

fn board() -> Box<dyn Transport> {
    let port = std::env::var("MIDSTATE_CORE_PORT").expect("MIDSTATE_CORE_PORT names the port");
    Box::new(SerialTransport::open(&port, BAUD).unwrap())
}

#[test]
#[ignore = "needs an FPGA board with the core of hdl/"]
fn an_fpga_finds_real_blocks_and_every_nonce_of_small_ranges() {
    say::real_blocks_are_found(board());
    say::small_ranges_are_searched_without_gap(board());
    say::ranges_wrap_and_shrink(board());
}

#[test]
#[ignore = "needs an FPGA board with the core of hdl/"]
fn an_fpga_keeps_jobs_apart_and_survives_bad_frames() {
    say::a_swap_loses_no_nonce_and_credits_none_wrongly(board());
    say::the_queue_holds_two_beside_the_one_that_runs(board());
    say::a_job_in_the_middle_of_a_reply(board());
    bad::bad_frames_are_counted_and_cost_one_frame(board());
    bad::unknown_and_misshapen_frames_are_refused(board());
}

#[test]
#[ignore = "needs an FPGA board with the core of hdl/"]
fn an_fpga_is_mined_on_by_the_driver() {
    say::the_driver_mines(board(), 30, 5);
}
