//! What pools send that they should not: the program says so, keeps its memory, and mines on with the last good job.

use std::io::Write;

use serde_json::{Value, json};

use crate::hand_made_pool::{Client, EASY, HandMadePool, good_notify};
use crate::program::Program;

const MEGABYTE: u64 = 1 << 20;

fn start(pool: &HandMadePool) -> Program {
    Program::start(&format!("-o {} -u w --cpu 1 --json", pool.url()))
}

/// `params` of a good notify with another value at `index`.
fn notify_with(index: usize, value: Value) -> String {
    let mut params = good_notify("bad", false);
    params[index] = value;
    json!({"id": null, "method": "mining.notify", "params": params}).to_string()
}

fn line(method: &str, params: &str) -> String {
    format!(r#"{{"id":null,"method":"{method}","params":{params}}}"#)
}

/// Lines that must have no effect.
fn bad_lines() -> Vec<String> {
    let difficulty = |params: &str| line("mining.set_difficulty", params);
    vec![
        difficulty("[-1]"),
        difficulty("[0]"),
        difficulty("[1e999]"),
        difficulty("[NaN]"),
        difficulty("[\"much\"]"),
        difficulty("[]"),
        difficulty("[null]"),
        difficulty("{}"),
        line("mining.notify", "[]"),
        line("mining.notify", "null"),
        notify_with(0, json!(null)),
        notify_with(0, json!("j".repeat(300))),
        notify_with(1, json!("abc")),
        notify_with(1, json!("zz".repeat(32))),
        notify_with(2, json!("odd")),
        notify_with(2, json!(7)),
        notify_with(3, json!("0g")),
        notify_with(4, json!("none")),
        notify_with(4, json!(vec!["00".repeat(32); 600])),
        notify_with(4, json!(["00"])),
        notify_with(5, json!("200000000")),
        notify_with(6, json!("1a0ffff0ff")),
        notify_with(7, json!(-1)),
        line("mining.set_extranonce", "[\"xyz\",4]"),
        line("mining.set_extranonce", "[\"00\",0]"),
        line("mining.set_extranonce", "[\"00\",100]"),
        "this is no JSON".to_owned(),
        "[1,2,3]".to_owned(),
        "[".repeat(5000),
        r#"{"id":null,"method":7,"params":[]}"#.to_owned(),
        "\u{0}\u{1b}[2J\u{7f}".to_owned(),
    ]
}

#[test]
fn bad_lines_are_told_and_have_no_effect() {
    let pool = HandMadePool::new();
    let mut miner = start(&pool);
    let mut client = pool.accept_and_employ();
    client.take_share_of("one", EASY);
    for bad in bad_lines() {
        client.say(&bad);
        // Three bad lines in a row end a connection; this one is good.
        client.set_difficulty(EASY);
        let submit = client.take_share(EASY);
        assert_eq!(submit.job, "one");
    }
    // The first is told, the others are counted.
    let said = miner.await_line("unusable line ignored");
    assert!(
        said.contains("WARN") && said.contains("set_difficulty") && said.contains("-1"),
        "{said}"
    );
    let ended = miner.terminate();
    ended.assert_code(0);
    assert!(ended.summary()["accepted"].as_u64().unwrap() > 0);
    assert_eq!(ended.summary()["rejected"], 0);
}

#[test]
fn what_is_strange_but_harmless_is_ignored() {
    let pool = HandMadePool::new();
    let miner = start(&pool);
    let mut client = pool.accept_and_employ();
    for strange in [
        r#"{"id":4711,"result":true,"error":null}"#,
        r#"{"id":null,"result":null,"error":[24,"Unauthorized worker",null]}"#,
        r#"{"id":"x","result":[],"error":"text"}"#,
        r#"{"id":null,"method":"mining.of_the_future","params":[1,2,3]}"#,
        r#"{"id":9,"method":"client.get_version","params":[]}"#,
        r#"{"id":10,"method":"mining.ping","params":[]}"#,
        "",
    ] {
        client.say(strange);
    }
    let said = loop {
        let said = client.hear().unwrap();
        if said["id"] == 9 {
            break said;
        }
    };
    assert!(
        said["result"].as_str().unwrap().starts_with("midstate/"),
        "{said}"
    );
    client.notify("two", true);
    client.take_share_of("two", EASY);
    miner.terminate().assert_code(0);
}

#[test]
fn an_endless_line_costs_the_connection_and_no_memory() {
    let pool = HandMadePool::new();
    let mut miner = start(&pool);
    let mut client = pool.accept_and_employ();
    client.take_share_of("one", EASY);
    let before = miner.resident();
    let chunk = vec![b'x'; 1 << 16];
    let flood = std::thread::spawn(move || {
        use std::io::Write;
        let mut stream = client.into_stream();
        (0..512)
            .take_while(|_| stream.write_all(&chunk).is_ok())
            .count()
    });
    miner.await_line("is it a Stratum port?");
    assert!(miner.resident() < before + 8 * MEGABYTE);
    assert!(flood.join().unwrap() < 512, "all was taken");
    let mut client = pool.accept_and_employ();
    client.take_share_of("one", EASY);
    miner.terminate().assert_code(0);
}

#[test]
fn three_bad_lines_in_a_row_end_a_connection_and_the_next_is_as_good_as_new() {
    let pool = HandMadePool::new();
    let mut miner = start(&pool);
    let mut client = pool.accept_and_employ();
    client.take_share_of("one", EASY);
    for _ in 0..3 {
        client.say_bytes(b"\xff\xfe\x00 rubbish\n");
    }
    miner.await_line("3 unusable lines in a row");
    while client.hear().is_some() {}
    let mut client = pool.accept_and_employ();
    client.take_share_of("one", EASY);
    miner.terminate().assert_code(0);
}

#[test]
fn a_subscription_out_of_bounds_is_refused_with_its_value() {
    for (extranonce2_size, told) in [
        (json!(0), "0"),
        (json!(100), "100"),
        (json!(-1), "-1"),
        (json!(1e9), "1000000000"),
    ] {
        let pool = HandMadePool::new();
        let mut miner = start(&pool);
        let mut client = pool.accept();
        let configure = client.await_method("mining.configure");
        client.answer(&configure, &json!({}));
        let subscribe = client.await_method("mining.subscribe");
        client.answer(&subscribe, &json!([[], "0800aa02", extranonce2_size]));
        let said = miner.await_line("mining.subscribe");
        assert!(
            said.contains("extranonce2") && said.contains(told),
            "{said}"
        );
        miner.terminate().assert_code(0);
    }
}

#[test]
fn a_job_before_the_subscription_and_a_job_id_used_again_are_worked_on_rightly() {
    let pool = HandMadePool::new();
    let miner = start(&pool);
    let mut client = pool.accept();
    client.set_difficulty(EASY);
    client.notify("early", true);
    client.handshake();
    client.take_share_of("early", EASY);
    // The same name, another difficulty: shares are checked by the newest notify's content, which is the same here.
    client.notify("early", true);
    client.take_share_of("early", EASY);
    miner.terminate().assert_code(0);
}

#[test]
fn a_flood_of_messages_costs_no_memory() {
    let pool = HandMadePool::new();
    let mut miner = start(&pool);
    let mut client = pool.accept_and_employ();
    client.take_share_of("one", EASY);
    let before = miner.resident();
    for number in 0..20_000 {
        client.notification("client.show_message", &json!([format!("message {number}")]));
        client.notify(&format!("job {number}"), number % 2 == 0);
    }
    client.notify("last", true);
    client.take_share_of("last", EASY);
    assert!(
        miner.resident() < before + 24 * MEGABYTE,
        "{} then {}",
        before,
        miner.resident()
    );
    miner.await_line("message");
    miner.terminate().assert_code(0);
}

/// Found by hand: while a pool talked without a pause, no share was sent and no signal ended the program in time.
#[test]
fn a_pool_that_never_stops_talking_still_gets_its_shares() {
    let pool = HandMadePool::new();
    let miner = start(&pool);
    let stream = pool.accept_stream();
    let mut talker = stream.try_clone().unwrap();
    let mut client = Client::new(stream);
    client.handshake();
    client.set_difficulty(EASY);
    client.notify("one", true);
    client.take_share_of("one", EASY);
    let words = line("client.show_message", "[\"and another thing\"]") + "\n";
    let words = words.repeat(1000);
    // It ends when the miner hangs up.
    let talk = std::thread::spawn(move || while talker.write_all(words.as_bytes()).is_ok() {});
    for _ in 0..5 {
        client.await_method("mining.submit");
    }
    miner.terminate().assert_code(0);
    talk.join().unwrap();
}
