//! Several pools over real sockets: dead, mute, killed and back again.

use std::net::TcpListener;

use crate::program::{Program, free_port, pool};

#[test]
fn the_second_pool_is_used_when_the_first_refuses_the_connection() {
    let dead = free_port();
    let (mut alive, url) = pool("");
    let line = format!("-o stratum+tcp://127.0.0.1:{dead} -u a -o {url} -u b --cpu 1 --json");
    let mut miner = Program::start(&line);
    miner.await_line("connection refused");
    miner.await_line(&format!("working for {url}"));
    miner.await_line("accepted");
    assert_eq!(alive.await_event("share")["worker"], "b");
    let summary = miner.terminate().summary();
    let pools = summary["pools"].as_array().unwrap();
    assert_eq!(
        (&pools[0]["state"], &pools[1]["state"]),
        (&"down".into(), &"up".into())
    );
    assert!(
        pools[0]["reason"].as_str().unwrap().contains("refused"),
        "{summary}"
    );
    assert_eq!(pools[0]["accepted"], 0);
    assert_eq!(pools[1]["active"], true);
}

/// Judged by work: a connection that is open and silent is no pool.
#[test]
fn the_second_pool_is_used_when_the_first_takes_connections_and_says_nothing() {
    // The system takes the connection; nobody ever reads from it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = listener.local_addr().unwrap();
    let (_alive, url) = pool("");
    let words = format!("-o stratum+tcp://{mute} -u a -o {url} -u b --cpu 1 --json");
    let words: Vec<&str> = words.split(' ').collect();
    let mut miner = Program::start_with(&words, &[("MIDSTATE_NO_JOB_TIMEOUT", "1")]);
    miner.await_line("no job for ");
    miner.await_line(&format!("working for {url}"));
    miner.await_line("accepted");
    miner.terminate().assert_code(0);
    drop(listener);
}

#[test]
fn a_pool_that_finishes_the_handshake_and_sends_no_job_is_down() {
    let (_idle, idle) = pool("--fault no-jobs");
    let (_alive, url) = pool("");
    let words = format!("-o {idle} -u a -o {url} -u b --cpu 1 --json");
    let words: Vec<&str> = words.split(' ').collect();
    let mut miner = Program::start_with(&words, &[("MIDSTATE_NO_JOB_TIMEOUT", "1")]);
    miner.await_line(&format!("{idle}: logged in"));
    miner.await_line(&format!("{idle}: down: no job for "));
    miner.await_line(&format!("working for {url}"));
    miner.terminate().assert_code(0);
}

#[test]
fn a_pool_that_answers_no_share_is_down() {
    let (_deaf, deaf) = pool("--fault no-verdicts --difficulty 0.00002");
    let (_alive, url) = pool("");
    let words = format!("-o {deaf} -u a -o {url} -u b --cpu 1 --json");
    let words: Vec<&str> = words.split(' ').collect();
    let mut miner = Program::start_with(&words, &[("MIDSTATE_SHARE_TIMEOUT", "1")]);
    miner.await_line(&format!("{deaf}: down: no answer to any share for 1 s"));
    miner.await_line(&format!("working for {url}"));
    miner.await_line("accepted");
    let summary = miner.terminate().summary();
    assert!(summary["unanswered"].as_u64().unwrap() > 0, "{summary}");
}

#[test]
fn a_pool_that_is_killed_is_replaced_and_returned_to_when_it_is_back() {
    let port = free_port();
    let start = || {
        let mut pool = Program::start(&format!("pool --listen 127.0.0.1:{port} --json"));
        pool.await_event("listening");
        pool
    };
    let first = start();
    let (_second, backup) = pool("");
    let favourite = format!("stratum+tcp://127.0.0.1:{port}");
    let words = format!("-o {favourite} -u a -o {backup} -u b --cpu 1 --json");
    let words: Vec<&str> = words.split(' ').collect();
    let mut miner = Program::start_with(&words, &[("MIDSTATE_FAILBACK_AFTER", "1")]);
    miner.await_line(&format!("working for {favourite}"));
    miner.await_line("accepted");
    first.kill();
    miner.await_line(&format!(
        "{favourite}: down: the pool closed the connection"
    ));
    miner.await_line(&format!("working for {backup}"));
    miner.await_line("accepted");
    let _again = start();
    miner.await_line(&format!("working for {favourite}: the better pool is back"));
    miner.await_line("accepted");
    let summary = miner.terminate().summary();
    assert_eq!(summary["rejected"], 0, "{summary}");
    let accepted = |pool: usize| summary["pools"][pool]["accepted"].as_u64().unwrap();
    assert!(accepted(0) >= 2 && accepted(1) >= 1, "{summary}");
}

#[test]
fn the_only_pool_may_go_and_come_back() {
    let port = free_port();
    let start = || {
        let mut pool = Program::start(&format!("pool --listen 127.0.0.1:{port} --json"));
        pool.await_event("listening");
        pool
    };
    let url = format!("stratum+tcp://127.0.0.1:{port}");
    let mut miner = Program::start(&format!("-o {url} -u a --cpu 1 --json"));
    miner.await_line("connection refused");
    let pool = start();
    miner.await_line("accepted");
    pool.kill();
    miner.await_line("no pool is usable");
    let _pool = start();
    miner.await_line("accepted");
    miner.terminate().assert_code(0);
}

#[test]
fn with_once_a_run_without_a_usable_pool_ends_with_status_69() {
    let dead = free_port();
    let line = format!("-o stratum+tcp://127.0.0.1:{dead} -u a --cpu 1 --once --json");
    let ended = Program::start(&line).end();
    ended.assert_code(69);
    assert_eq!(ended.summary()["accepted"], 0);
    let said = ended.stderr.join("\n");
    assert!(
        said.contains("connection refused") && said.contains("no pool is usable"),
        "{said}"
    );
}

/// Found by a review: a pool that only listens was neither up nor down within a short run, whose status was 0.
#[test]
fn with_once_a_run_that_ends_before_any_pool_gave_work_ends_with_status_69_too() {
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let line = format!("-o stratum+tcp://127.0.0.1:{port} -u a --cpu 1 --once --json");
    let ended = Program::start(&format!("{line} --seconds 1")).end();
    ended.assert_code(69);
    let mut asked = Program::start(&line);
    asked.await_line("cpu at cpu0: ");
    asked.terminate().assert_code(69);
    drop(mute);
}

#[test]
fn a_refused_login_is_said_with_the_pools_words() {
    let (_pool, url) = pool("--user right --pass secret");
    let ended = Program::start(&format!("-o {url} -u wrong --once --cpu 1")).end();
    ended.assert_code(69);
    let said = ended.stderr.join("\n");
    assert!(said.contains("the pool refused worker \"wrong\""), "{said}");
}
