//! Stratum V2 with each part a process of its own, and what the program says of it.

use crate::program::{Ports, Program, emulated, pool};

#[test]
fn pool_board_and_miner_speak_it_and_the_dump_shows_it_in_clear() {
    let ports = Ports::new();
    let port = ports.port("icarus");
    let (mut pool, url) = pool("--protocol sv2");
    assert!(url.starts_with("stratum2+tcp://127.0.0.1:"), "{url}");
    let board = emulated("icarus", &port, "");
    let board_at = port.display();
    let line = format!("-o {url} -u worker --board icarus:{board_at} --json -P");
    let mut miner = Program::start(&line);
    miner.await_line("> SetupConnection(");
    miner.await_line("< OpenExtendedMiningChannelSuccess(");
    miner.await_line("> SubmitSharesExtended(");
    miner.await_line("accepted ");
    let share = pool.await_event("share");
    assert_eq!(share["accepted"], true, "{share}");
    assert_eq!(share["worker"], "worker");
    let ended = miner.terminate();
    ended.assert_code(0);
    let summary = ended.summary();
    assert_eq!(summary["pools"][0]["url"], url);
    for counter in ["rejected", "stale", "duplicate", "hardware_errors"] {
        assert_eq!(summary[counter], 0, "{counter}: {summary}");
    }
    board.terminate().assert_code(0);
    pool.terminate().assert_code(0);
}

#[test]
fn the_demo_runs_on_it() {
    let ended = Program::start("demo --protocol sv2 --seconds 6 --json").end();
    ended.assert_code(0);
    let summary = ended.summary();
    assert!(summary["accepted"].as_u64().unwrap() > 0, "{summary}");
    assert_eq!(summary["rejected"], 0, "{summary}");
    let url = summary["pools"][0]["url"].as_str().unwrap();
    assert!(url.starts_with("stratum2+tcp://127.0.0.1:"), "{url}");
}

#[test]
fn a_pool_of_one_protocol_stands_in_for_one_of_the_other() {
    let (mut first, sv2) = pool("--protocol sv2");
    let (mut second, v1) = pool("");
    let line = format!("-o {sv2} -u a -o {v1} -u b --cpu 1 --json");
    let mut miner = Program::start(&line);
    assert_eq!(first.await_event("share")["worker"], "a");
    first.terminate().assert_code(0);
    miner.await_line(&format!("working for {v1}"));
    assert_eq!(second.await_event("share")["worker"], "b");
    miner.terminate().assert_code(0);
}

#[test]
fn a_key_with_a_mistake_or_none_at_all_is_an_error_before_anything_is_mined() {
    let key = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXx";
    for (url, words) in [
        (
            format!("stratum2+tcp://pool.example:3336/{key}"),
            "checksum is wrong",
        ),
        (
            "stratum2+tcp://pool.example:3336".to_owned(),
            "authority key is missing",
        ),
    ] {
        let ended = Program::start(&format!("-o {url} -u w --cpu 1")).end();
        assert_ne!(ended.code, Some(0));
        assert!(
            ended.stderr.join("\n").contains(words),
            "{:?}",
            ended.stderr
        );
    }
}
