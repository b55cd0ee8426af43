//! Algorithms other than SHA-256d, from the command line; and mining in the background.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Program, pool};

#[test]
fn the_demo_mines_scrypt_on_the_processor() {
    let mut demo = Program::start("demo --algo scrypt --json");
    demo.await_lines("accepted", 2);
    demo.signal(Signal::TERM);
    let ended = demo.end();
    ended.assert_code(0);
    let summary = ended.summary();
    assert!(summary["accepted"].as_u64() >= Some(2), "{summary}");
    assert_eq!(summary["rejected"], 0, "{summary}");
    assert_eq!(summary["hardware_errors"], 0, "{summary}");
    assert_eq!(summary["boards"][0]["model"], "cpu", "{summary}");
}

#[test]
fn a_pool_of_another_algorithm_is_served_and_mined() {
    let mut pool = Program::start(
        "pool --json --algo scrypt --listen 127.0.0.1:0 --difficulty 0.001 --job-interval 2",
    );
    let url = pool.await_event("listening")["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let miner = Program::start(&format!("-o {url} -u w -a scrypt --cpu 1 --json"));
    for _ in 0..3 {
        assert_eq!(pool.await_event("share")["accepted"], true);
    }
    let summary = miner.terminate().summary();
    assert_eq!(summary["rejected"], 0, "{summary}");
    pool.terminate().assert_code(0);
}

#[test]
fn a_board_that_no_pool_has_work_for_is_said_to_idle() {
    let (_pool, url) = pool("--algo scrypt");
    let line = format!("-o {url} -u w -a scrypt --cpu 1 --simulate icarus --json");
    let mut miner = Program::start(&line);
    miner.await_line("icarus (simulated) at sim0 stays idle: it hashes sha256d");
    miner.await_line("accepted");
    miner.terminate().assert_code(0);
}

#[test]
fn what_no_board_can_hash_is_refused_at_the_start() {
    let refused = |line: &str| {
        let ended = Program::start(line).end();
        ended.assert_code(2);
        ended.stderr.join("\n")
    };
    let pool = "-o stratum+tcp://127.0.0.1:1 -u w";
    let said = refused(&format!("{pool} -a scrypt"));
    assert!(
        said.contains("no board of this run can hash scrypt"),
        "{said}"
    );
    assert!(said.contains("--cpu"), "{said}");
    let said = refused(&format!("{pool} -a scrypt --simulate icarus"));
    assert!(
        said.contains("no board of this run can hash scrypt"),
        "{said}"
    );
    let said = refused(&format!("{pool} --board auto --hotplug 0"));
    assert!(said.contains("--simulate MODEL"), "{said}");
    let said = refused(&format!("{pool} --cpu 1 --seconds 1e19"));
    assert!(said.contains("3e9 at most"), "{said}");
    let said = refused("pool --job-interval 1e19");
    assert!(said.contains("3e9 at most"), "{said}");
    let said = refused(&format!("{pool} -a nonsense --cpu 1"));
    assert!(
        said.contains("carries no nonsense; it carries: sha256d, scrypt"),
        "{said}"
    );
    let said = refused("demo --algo scrypt --board icarus");
    assert!(
        said.contains("none of these boards can hash scrypt"),
        "{said}"
    );
    refused("pool --algo nonsense");
}

#[test]
fn a_miner_in_the_background_is_found_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("midstate.pid");
    let line = format!(
        "-B --pid-file {} -o stratum+tcp://127.0.0.1:1 -u w --cpu 1 --seconds 300",
        file.display()
    );
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_midstate"))
            .args(line.split(' '))
            .env_clear()
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
    };
    assert!(start().success());
    let text = std::fs::read_to_string(&file).unwrap();
    let pid = Pid::from_raw(text.trim().parse().unwrap()).unwrap();
    let _left_behind = Killed(pid);
    assert_eq!(start().code(), Some(2), "it runs already");
    // A signal that comes before the program listens for signals ends it too, but leaves the file.
    await_that(|| has_own_session(pid));
    kill_process(pid, Signal::TERM).unwrap();
    await_that(|| !Path::new(&format!("/proc/{}", text.trim())).exists() || !file.exists());
}

/// Kills what a failed test would leave running.
struct Killed(Pid);

impl Drop for Killed {
    fn drop(&mut self) {
        // It has ended, if all went well.
        let _ = kill_process(self.0, Signal::KILL);
    }
}

/// Whether a process leads a session: the sixth field of its state, after the name in brackets.
fn has_own_session(pid: Pid) -> bool {
    let raw = pid.as_raw_nonzero().get();
    let stat = std::fs::read_to_string(format!("/proc/{raw}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    after_name.split(' ').nth(3) == Some(raw.to_string().as_str())
}

fn await_that(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "it never happens");
        std::thread::sleep(Duration::from_millis(10));
    }
}
