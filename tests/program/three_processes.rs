//! A pool, boards behind pseudo-terminals and the miner, each a process of its own, with no option but the ones that name things.

use crate::program::{Ports, Program, emulated, pool};

/// Mines on boards of `models` with default options until each has found a share, and returns when all is counted.
fn mine_on(models: &[&str]) {
    let ports = Ports::new();
    let (mut pool, url) = pool("");
    let mut line = format!("-o {url} -u worker --json --log-format json");
    let mut boards = Vec::new();
    for model in models {
        let port = ports.port(model);
        boards.push(emulated(model, &port, ""));
        line = format!("{line} --board {model}:{}", port.display());
    }
    let mut miner = Program::start(&line);
    let mut without: Vec<usize> = (0..models.len()).collect();
    while !without.is_empty() {
        let said = miner.await_line(r#""event":"accepted""#);
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        without.retain(|board| said["board"] != *board);
    }
    let share = pool.await_event("share");
    assert_eq!(share["accepted"], true, "{share}");
    assert_eq!(share["worker"], "worker");
    let ended = miner.terminate();
    ended.assert_code(0);
    let summary = ended.summary();
    for counter in ["rejected", "stale", "duplicate", "hardware_errors"] {
        assert_eq!(summary[counter], 0, "{counter}: {summary}");
    }
    for (board, model) in summary["boards"].as_array().unwrap().iter().zip(models) {
        assert_eq!(board["model"], *model);
        assert!(board["accepted"].as_u64().unwrap() > 0, "{board}");
        assert!(board["hashrate"].as_f64().unwrap() > 0.0, "{board}");
    }
    for board in boards {
        board.terminate().assert_code(0);
    }
    pool.terminate().assert_code(0);
    let left = std::fs::read_dir(ports.port("")).unwrap().count();
    assert_eq!(left, 0, "links of pseudo-terminals that are gone");
}

#[test]
fn icarus_lancelot_cairnsmore1() {
    mine_on(&["icarus", "lancelot", "cairnsmore1"]);
}

#[test]
fn block_erupter_and_avalon_nano() {
    mine_on(&["block-erupter", "avalon-nano"]);
}

#[test]
fn antminer_u1_u2_u3() {
    mine_on(&["antminer-u1", "antminer-u2", "antminer-u3"]);
}

#[test]
fn fpga_cores_of_every_job_format() {
    mine_on(&[
        "fpga-serial",
        "fpga-kramble",
        "fpga-simplers232",
        "fpga-kc705",
    ]);
}

#[test]
fn a_run_of_given_length_ends_by_itself_with_its_summary() {
    let (_pool, url) = pool("");
    let ended = Program::start(&format!("-o {url} -u w --cpu 1 --json --seconds 3")).end();
    ended.assert_code(0);
    let summary = ended.summary();
    assert_eq!(summary["pools"][0]["url"], url);
    assert_eq!(summary["boards"][0]["model"], "cpu");
    assert_eq!(summary["rejected"], 0);
}

/// A board whose option is not told to the miner: its hashes are easier than its model's, and none of them is an error.
#[test]
fn easier_hashes_than_the_model_reports_are_no_hardware_errors() {
    let ports = Ports::new();
    let port = ports.port("icarus");
    let (_pool, url) = pool("--difficulty 0.001");
    let _board = emulated("icarus", &port, "--options rate=4M");
    let line = format!("-o {url} -u w --board icarus:{} --json", port.display());
    let mut miner = Program::start(&line);
    miner.await_lines("accepted ", 4);
    let summary = miner.terminate().summary();
    assert_eq!(summary["hardware_errors"], 0, "{summary}");
    assert_eq!(summary["rejected"], 0, "{summary}");
    assert!(
        summary["nonces"].as_u64() > summary["accepted"].as_u64(),
        "{summary}"
    );
    assert!(summary["hashrate"].as_f64().unwrap() > 0.0, "{summary}");
}

/// One board of two ports: the control port is found beside the data port's terminal, and the chip says which Bitaxe it is.
#[test]
fn a_bitaxe_behind_two_terminals() {
    let ports = Ports::new();
    let port = ports.port("bitaxe");
    let (_pool, url) = pool("");
    let board = emulated("bitaxe-gamma", &port, "--options zero-bits=13");
    // Either port leads to it.
    let line = format!(
        "-o {url} -u w --json --board bitaxe:{}.control,zero-bits=13",
        port.display()
    );
    let mut miner = Program::start(&line);
    miner.await_lines("accepted ", 2);
    let summary = miner.terminate().summary();
    assert_eq!(summary["rejected"], 0, "{summary}");
    assert_eq!(summary["hardware_errors"], 0, "{summary}");
    board.terminate().assert_code(0);
    let left = std::fs::read_dir(ports.port("")).unwrap().count();
    assert_eq!(left, 0, "both links are gone");
}
