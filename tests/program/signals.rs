//! SIGINT and SIGTERM: boards idle, a summary, status 0, whatever the program is at; the second one ends it at once.

use rustix::process::Signal;

use crate::hand_made_pool::HandMadePool;
use crate::program::{Program, free_port, pool};

#[test]
fn both_signals_end_a_run_with_a_summary_and_status_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_pool, url) = pool("");
        let line = format!("-o {url} -u w --cpu 1 --simulate block-erupter --json");
        let mut miner = Program::start(&line);
        miner.await_line("accepted");
        miner.signal(signal);
        let ended = miner.end();
        ended.assert_code(0);
        let summary = ended.summary();
        assert!(summary["accepted"].as_u64().unwrap() > 0);
        assert_eq!(summary["pending"], 0, "{summary}");
        for board in summary["boards"].as_array().unwrap() {
            assert_eq!(board["state"], "stopped", "{board}");
        }
        let said = ended.stderr.join("\n");
        assert!(
            said.contains("mined ") && said.contains("shares: "),
            "{said}"
        );
    }
}

/// A terminal that is closed, a connection that is cut, Ctrl-\: no board stays under voltage.
#[test]
fn a_hangup_and_a_quit_end_a_run_in_good_order_too() {
    for signal in [Signal::HUP, Signal::QUIT] {
        let (_pool, url) = pool("");
        let line = format!("-o {url} -u w --simulate bitaxe-gamma --json");
        // Whoever runs the tests may have it ignored, as `nohup` does.
        let mut miner = Program::start_through(&["env", "--default-signal=HUP"], &line);
        miner.await_line("bitaxe-gamma at sim0");
        miner.signal(signal);
        let ended = miner.end();
        ended.assert_code(0);
        assert_eq!(ended.summary()["boards"][0]["state"], "stopped");
    }
}

#[test]
fn under_nohup_a_closed_terminal_ends_nothing() {
    let (_pool, url) = pool("");
    let line = format!("-o {url} -u w --simulate block-erupter --json");
    let mut miner = Program::start_through(&["nohup"], &line);
    miner.await_line("accepted");
    miner.signal(Signal::HUP);
    miner.await_lines("accepted", 3);
    miner.terminate().assert_code(0);
}

#[test]
fn a_share_on_its_way_is_given_time_to_be_judged() {
    let pool = HandMadePool::new();
    let miner = Program::start(&format!("-o {} -u w --cpu 1 --json", pool.url()));
    let mut client = pool.accept_and_employ();
    let submit = client.await_method("mining.submit");
    miner.signal(Signal::TERM);
    client.answer(&submit, &true.into());
    let ended = miner.end();
    ended.assert_code(0);
    assert!(ended.summary()["accepted"].as_u64().unwrap() >= 1);
}

#[test]
fn a_second_signal_does_not_wait_for_a_mute_pool_and_a_busy_board() {
    let pool = HandMadePool::new();
    let silent = midstate::transport::Pty::open().unwrap();
    let line = format!(
        "-o {} -u w --cpu 1 --json -d --board icarus:{},probe-timeout=60000",
        pool.url(),
        silent.path().display()
    );
    let mut miner = Program::start(&line);
    let mut client = pool.accept_and_employ();
    client.await_method("mining.submit");
    miner.signal(Signal::TERM);
    miner.await_line("waiting up to 2 s for the verdicts");
    miner.signal(Signal::TERM);
    miner.end().assert_code(1);
}

/// With no work there is nothing to find: boards that can be told leave off at once.
#[test]
fn boards_idle_while_the_last_verdicts_are_awaited() {
    let pool = HandMadePool::new();
    let mut miner = Program::start(&format!("-o {} -u w --cpu 1 --json -d", pool.url()));
    let mut client = pool.accept_and_employ();
    client.await_method("mining.submit");
    miner.signal(Signal::TERM);
    let said = miner.await_line("waiting up to 2 s for the verdicts");
    let waiting = said.rsplit(": ").next().unwrap().parse::<u64>().unwrap();
    let ended = miner.end();
    ended.assert_code(0);
    let found = ended.summary()["nonces"].as_u64().unwrap();
    // One may be on its way from the board in the moment of the signal.
    assert!(
        found <= waiting + 2,
        "{found} found, {waiting} at the signal"
    );
}

#[test]
fn a_run_ends_while_no_pool_can_be_reached() {
    let port = free_port();
    let line = format!("-o stratum+tcp://127.0.0.1:{port} -u w --cpu 1 --json");
    let mut miner = Program::start(&line);
    miner.await_line("connection refused");
    let ended = miner.terminate();
    ended.assert_code(0);
    assert_eq!(ended.summary()["pools"][0]["state"], "down");
}

#[test]
fn a_run_ends_while_a_board_is_probed_and_while_one_is_missing() {
    let silent = midstate::transport::Pty::open().unwrap();
    let (_pool, url) = pool("");
    let line = format!(
        "-o {url} -u w --json --board icarus:{},probe-timeout=60000 --board icarus:/dev/there-is-no-such-port",
        silent.path().display()
    );
    let mut miner = Program::start(&line);
    miner.await_line("there-is-no-such-port");
    miner.await_line("working for");
    miner.terminate().assert_code(0);
}

#[test]
fn the_pool_and_the_emulator_end_with_status_0_too() {
    for words in ["pool --listen 127.0.0.1:0 --json", "emulate icarus --json"] {
        let mut program = Program::start(words);
        program.await_line("event");
        program.signal(Signal::INT);
        program.end().assert_code(0);
    }
}
