//! Boards that vanish, come back, come late, or send rubbish.

use std::io::{Read, Write};

use midstate::transport::Pty;
use serde_json::Value;

use crate::program::{Ports, Program, emulated, pool};

fn miner_on(url: &str, boards: &[&str]) -> Program {
    let boards: Vec<String> = boards
        .iter()
        .map(|board| format!("--board {board}"))
        .collect();
    Program::start(&format!(
        "-o {url} -u w --json --log-format json {}",
        boards.join(" ")
    ))
}

/// Waits for `event` about `board`.
fn await_about(miner: &mut Program, event: &str, board: u32) -> Value {
    loop {
        let said = miner.await_event(event);
        if said["board"] == board {
            return said;
        }
    }
}

#[test]
fn a_board_that_is_pulled_out_is_reported_and_rejoins_when_it_is_back() {
    let ports = Ports::new();
    let (one, two) = (ports.port("one"), ports.port("two"));
    let (_pool, url) = pool("");
    let pulled = emulated("icarus", &one, "");
    let _stays = emulated("block-erupter", &two, "");
    let boards = [
        format!("icarus:{}", one.display()),
        format!("block-erupter:{}", two.display()),
    ];
    let mut miner = miner_on(&url, &[&boards[0], &boards[1]]);
    await_about(&mut miner, "accepted", 0);
    pulled.kill();
    let gone = await_about(&mut miner, "board_trouble", 0);
    let words = gone["message"].as_str().unwrap();
    assert!(words.contains("joins again when it is back"), "{words}");
    await_about(&mut miner, "accepted", 1);
    let _back = emulated("icarus", &one, "");
    await_about(&mut miner, "board_started", 0);
    await_about(&mut miner, "accepted", 0);
    let ended = miner.terminate();
    ended.assert_code(0);
    let summary = ended.summary();
    let boards = summary["boards"].as_array().unwrap();
    assert_eq!(boards.len(), 2, "it is the same board: {summary}");
    assert!(boards[0]["accepted"].as_u64().unwrap() >= 2, "{summary}");
    assert_eq!(summary["rejected"], 0, "{summary}");
}

#[test]
fn a_board_that_is_not_there_yet_joins_when_it_comes() {
    let ports = Ports::new();
    let port = ports.port("late");
    let (_pool, url) = pool("");
    let mut miner = miner_on(&url, &[&format!("icarus:{}", port.display())]);
    let [missing, _] = miner.await_events(["board_trouble", "pool_active"]);
    let words = missing["message"].as_str().unwrap();
    assert!(words.contains(port.to_str().unwrap()), "{words}");
    let _board = emulated("icarus", &port, "");
    miner.await_event("board_started");
    miner.await_event("accepted");
    miner.terminate().assert_code(0);
}

/// A device that answers everything with rubbish.
fn babble(ports: &Ports, name: &str) -> std::path::PathBuf {
    let link = ports.port(name);
    let mut pty = Pty::open().unwrap();
    pty.link(&link).unwrap();
    std::thread::spawn(move || {
        let mut buf = [0; 256];
        loop {
            match pty.master().read(&mut buf) {
                Ok(0) => return,
                Ok(_) => drop(pty.master().write(b"\xde\xad\xbe\xef\x99rubbish")),
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        }
    });
    link
}

#[test]
fn a_device_that_sends_rubbish_is_not_taken_for_a_board_and_is_tried_again_later_and_later() {
    let ports = Ports::new();
    let port = babble(&ports, "rubbish");
    let (_pool, url) = pool("");
    let mut miner = miner_on(&url, &[&format!("icarus:{}", port.display())]);
    let pause = |said: &Value| -> u64 {
        let words = said["message"].as_str().unwrap();
        let (_, after) = words
            .rsplit_once("reset in ")
            .unwrap_or_else(|| panic!("{words}"));
        after.split(' ').next().unwrap().parse().unwrap()
    };
    let first = miner.await_event("board_trouble");
    let words = first["message"].as_str().unwrap();
    assert!(
        words.contains("000187a2") && words.contains("deadbeef"),
        "{words}"
    );
    let second = miner.await_event("board_trouble");
    assert!(pause(&second) > pause(&first), "{first} {second}");
    let ended = miner.terminate();
    ended.assert_code(0);
    assert_eq!(ended.summary()["accepted"], 0);
}

/// A board that answers the probe as it should and then tells nothing but lies.
#[test]
fn a_board_that_finds_only_wrong_nonces_is_reset() {
    let (_pool, url) = pool("");
    let line = format!(
        "-o {url} -u w --json --log-format json --simulate block-erupter,fault-wrong=1,zero-bits=16"
    );
    let mut miner = Program::start(&line);
    let trouble = miner.await_event("board_trouble");
    let words = trouble["message"].as_str().unwrap();
    assert!(
        words.contains("known-answer probe") && words.ends_with("reset in 1 s"),
        "{words}"
    );
    let summary = miner.terminate().summary();
    assert_eq!(summary["accepted"], 0);
}
