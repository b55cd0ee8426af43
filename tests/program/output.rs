//! What is said, and in which form.

use serde_json::{Value, json};

use crate::hand_made_pool::{EASY, HandMadePool};
use crate::program::{Program, free_port, pool};

#[test]
fn a_protocol_dump_has_every_line_of_both_sides() {
    let (_pool, url) = pool("--difficulty 0.00002");
    let mut miner = Program::start(&format!("-o {url} -u w --cpu 1 -P"));
    for (side, method) in [
        ('>', "mining.configure"),
        ('>', "mining.subscribe"),
        ('>', "mining.authorize"),
        ('<', "mining.notify"),
        ('>', "mining.submit"),
    ] {
        let said = miner.await_line(&format!("\"{method}\""));
        assert!(said.contains(&format!("{side} {{")), "{said}");
    }
    miner.await_line("< {");
    miner.terminate().assert_code(0);
}

#[test]
fn every_byte_on_a_boards_line_can_be_seen() {
    let (_pool, url) = pool("");
    let line = format!("-o {url} -u w --simulate bitaxe-gamma");
    let words: Vec<&str> = line.split(' ').collect();
    let traced = [("RUST_LOG", "info,midstate::board_bytes=trace")];
    let mut miner = Program::start_with(&words, &traced);
    // The chips are asked who they are: read register 00, broadcast.
    miner.await_line("sim0 > 55aa520500000a");
    miner.await_line("sim0 < aa55");
    miner.await_line("sim0 (control) > ");
    miner.terminate().assert_code(0);
}

#[test]
fn a_pools_words_cannot_forge_lines_or_reach_the_terminal() {
    for form in ["text", "json"] {
        let pool = HandMadePool::new();
        let mut miner = Program::start(&format!(
            "-o {} -u w --cpu 1 -P -d --log-format {form}",
            pool.url()
        ));
        let mut client = pool.accept_and_employ();
        let evil = "one\n2026-11-20T00:00:00Z ERROR forged\r\u{1b}[2J\u{9b}31m\u{202e}";
        client.notification("client.show_message", &json!([evil]));
        client.notification("mining.notify", &json!([evil, evil]));
        let submit = client.await_method("mining.submit");
        client.say(
            &json!({"id": submit["id"], "result": false, "error": [20, evil, null]}).to_string(),
        );
        miner.await_line("rejected");
        let ended = miner.terminate();
        let said = ended.everything();
        assert!(said.contains("says"), "{said}");
        assert!(
            !ended
                .stderr
                .iter()
                .any(|line| line.starts_with("2026-11-20T00:00:00Z")),
            "{said}"
        );
        let is_odd = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!said.contains(is_odd), "{said:?}");
    }
}

#[test]
fn where_there_is_no_terminal_there_are_no_escape_codes() {
    for (words, variables) in [
        ("demo --seconds 1", &[][..]),
        (
            "demo --seconds 1",
            &[("TERM", "xterm-256color"), ("NO_COLOR", "1")],
        ),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let said = Program::start_with(&words, variables).end().everything();
        assert!(said.contains("midstate"), "{said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
    let forced = Program::start("demo --seconds 1 --color always").end();
    assert!(forced.everything().contains("\u{1b}["));
}

#[test]
fn json_log_lines_are_objects_with_stable_keys() {
    let (_pool, url) = pool("");
    let line =
        format!("-o {url} -u w --cpu 1 --simulate icarus --log-format json -d -P --seconds 4");
    let ended = Program::start(&line).end();
    ended.assert_code(0);
    let lines = ended.stderr.iter();
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        for key in ["ts", "level", "event", "message"] {
            assert!(line[key].is_string(), "no {key} in {line}");
        }
    }
    let event = |name: &str| lines.iter().find(|line| line["event"] == name);
    assert!(event("start").is_some() && event("pool_active").is_some());
    assert_eq!(
        event("board_started").unwrap()["board"]
            .as_u64()
            .map(|id| id < 2),
        Some(true)
    );
    assert_eq!(event("job").unwrap()["pool"], url);
}

#[test]
fn quiet_says_nothing_unless_something_is_wrong() {
    let (_pool, url) = pool("");
    // Slow boards: a processor would find a block of the emulated chain within the test, and say so loudly.
    let words =
        format!("-q -o {url} -u w --simulate icarus,rate=100k,probe-timeout=5000 --seconds 2");
    let ended = Program::start(&words).end();
    ended.assert_code(0);
    assert_eq!(ended.everything().trim(), "");
    let dead = free_port();
    let ended = Program::start(&format!(
        "-q -o stratum+tcp://127.0.0.1:{dead} -u w --cpu 1 --once"
    ))
    .end();
    assert!(
        ended.everything().contains("connection refused"),
        "{}",
        ended.everything()
    );
}

#[test]
fn the_log_filter_is_taken_from_the_environment() {
    let (_pool, url) = pool("");
    let words = format!("-o {url} -u w --cpu 1 --seconds 1");
    let words: Vec<&str> = words.split(' ').collect();
    let said = |filter| {
        Program::start_with(&words, &[("RUST_LOG", filter)])
            .end()
            .everything()
    };
    assert!(said("debug").contains("DEBUG"));
    let errors = said("error");
    assert!(
        !errors.contains("INFO") && !errors.contains("WARN"),
        "{errors}"
    );
}

#[test]
fn the_first_lines_answer_what_is_used() {
    let (_pool, url) = pool("");
    let line = format!("-o {url} -u w --simulate icarus --seconds 1");
    let ended = Program::start(&line).end();
    let first: String = ended.stderr[..4].join("\n");
    for wanted in [
        env!("CARGO_PKG_VERSION"),
        "settings:",
        "board: icarus",
        &url,
    ] {
        assert!(first.contains(wanted), "{wanted} in\n{first}");
    }
}

#[test]
fn a_share_above_the_network_target_is_shown_loudly() {
    let pool = HandMadePool::new();
    let mut miner = Program::start(&format!("-o {} -u w --cpu 1 --json", pool.url()));
    let mut client = pool.accept();
    client.handshake();
    client.set_difficulty(EASY);
    let mut params = crate::hand_made_pool::good_notify("easy", true);
    params[6] = json!("207fffff");
    client.notification("mining.notify", &params);
    let said = miner.await_line("BLOCK FOUND");
    assert!(said.contains("WARN") || said.contains("ERROR"), "{said}");
    let summary = miner.terminate().summary();
    assert!(summary["blocks"].as_u64().unwrap() > 0, "{summary}");
}

#[test]
fn closed_and_full_outputs_are_no_crash() {
    let program = env!("CARGO_BIN_EXE_midstate");
    let run = |script: &str| {
        let script = script.replace("midstate", program);
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{script}: {said}");
        (output.status.code(), said)
    };
    assert_eq!(
        run("midstate models | head -1 >&2; exit ${PIPESTATUS[0]}").0,
        Some(0)
    );
    let (code, said) = run("midstate models > /dev/full");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("standard output"), "{said}");
    // Standard error is gone: mining goes on all the same.
    assert_eq!(run("midstate demo --seconds 4 --json 2>&- | tail -1 | grep -q accepted; exit ${PIPESTATUS[0]}").0, Some(0));
    assert_eq!(run("midstate demo --seconds 4 2>/dev/full").0, Some(0));
    assert_eq!(
        run("midstate demo --seconds 4 --json 2>&1 >&- </dev/null | cat; exit ${PIPESTATUS[0]}").0,
        Some(0)
    );
}

#[test]
fn an_address_in_use_is_named_with_what_to_try() {
    let (_pool, url) = pool("");
    let address = url.strip_prefix("stratum+tcp://").unwrap();
    let ended = Program::start(&format!("pool --listen {address}")).end();
    ended.assert_code(75);
    let said = ended.stderr.join("\n");
    assert!(
        said.contains(&format!(
            "cannot listen on {address}: Address already in use"
        )),
        "{said}"
    );
    assert!(
        said.contains("hint: ") && said.contains("--listen"),
        "{said}"
    );
}
