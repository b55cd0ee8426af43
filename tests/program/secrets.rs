//! A password appears nowhere, whatever the program is asked to show and whatever the pool does with it.

use serde_json::json;

use crate::hand_made_pool::{EASY, HandMadePool};
use crate::program::{Program, free_port, pool};

/// With what JSON escapes.
const PASSWORD: &str = "corr\\ect\"horse";
/// Parts of it that would give it away in any spelling.
const TRACES: &[&str] = &["corr", "horse"];

fn assert_silent(said: &str) {
    for trace in TRACES {
        assert!(!said.contains(trace), "{trace} in\n{said}");
    }
}

fn start(url: &str, more: &[&str], variables: &[(&str, &str)]) -> Program {
    let words = [
        &["-o", url, "-u", "w", "-p", PASSWORD, "--cpu", "1", "--json"],
        more,
    ]
    .concat();
    Program::start_with(&words, variables)
}

#[test]
fn not_in_logs_dumps_or_results_even_if_the_pool_repeats_it() {
    for (form, variables) in [
        (&["-P", "-d"][..], &[][..]),
        (&["-P", "--log-format", "json"], &[("RUST_LOG", "trace")]),
    ] {
        let pool = HandMadePool::new();
        let mut miner = start(&pool.url(), form, variables);
        let mut client = pool.accept();
        client.handshake();
        client.set_difficulty(EASY);
        client.notification("client.show_message", &json!([format!("psst {PASSWORD}")]));
        client.notify("j", true);
        miner.await_line("mining.authorize");
        client.take_share(EASY);
        client.say(&format!("not JSON: {PASSWORD}"));
        client.notification("mining.notify", &json!([PASSWORD, PASSWORD]));
        client.set_difficulty(EASY);
        client.take_share(EASY);
        let submit = client.await_method("mining.submit");
        let refusal = json!({"id": submit["id"], "result": null, "error": [20, PASSWORD, null]});
        client.say(&refusal.to_string());
        miner.await_line("rejected");
        let ended = miner.terminate();
        ended.assert_code(0);
        assert_silent(&ended.everything());
    }
}

#[test]
fn not_in_errors_of_pools_that_fail() {
    let dead = format!("stratum+tcp://127.0.0.1:{}", free_port());
    let ended = start(&dead, &["--once", "-P", "-d"], &[]).end();
    ended.assert_code(69);
    assert_silent(&ended.everything());
    let (_pool, url) = pool("--user nobody --pass else");
    let ended = start(&url, &["--once", "-P", "-d"], &[]).end();
    ended.assert_code(69);
    assert_silent(&ended.everything());
}

#[test]
fn not_by_the_pool_that_checks_it() {
    let words = [
        "pool",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "-d",
        "--user",
        "w",
        "--pass",
        PASSWORD,
    ];
    let mut pool = Program::start_with(&words, &[]);
    let url = pool.await_event("listening")["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut miner = start(&url, &[], &[]);
    miner.await_line("accepted");
    miner.terminate().assert_code(0);
    let wrong = Program::start(&format!("-o {url} -u w -p guess --cpu 1 --once")).end();
    wrong.assert_code(69);
    assert_silent(&pool.terminate().everything());
}
