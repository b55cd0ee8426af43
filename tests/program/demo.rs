//! `midstate demo`: the one command for a person without hardware.

use serde_json::Value;

use crate::program::Program;

/// The keys that the issue promises, at the top, for a board and for a pool.
const TOP: &[&str] = &[
    "accepted",
    "rejected",
    "stale",
    "duplicate",
    "hardware_errors",
    "hashrate",
    "boards",
    "pools",
];
const BOARD: &[&str] = &[
    "id",
    "model",
    "accepted",
    "rejected",
    "stale",
    "hardware_errors",
    "hashrate",
];
const POOL: &[&str] = &["url", "state", "difficulty", "accepted", "rejected"];

fn assert_keys(object: &Value, keys: &[&str]) {
    for key in keys {
        assert!(object.get(key).is_some(), "no {key} in {object}");
    }
}

#[test]
fn shares_of_several_models_are_accepted_and_counted_once_each() {
    let ended = Program::start("demo --seconds 6 --json").end();
    ended.assert_code(0);
    assert_eq!(ended.stdout.len(), 1, "{:?}", ended.stdout);
    let summary = ended.summary();
    assert_keys(&summary, TOP);
    assert!(summary["accepted"].as_u64().unwrap() > 0, "{summary}");
    assert_eq!(summary["rejected"], 0, "{summary}");
    assert_eq!(summary["hardware_errors"], 0, "{summary}");
    assert!(summary["hashrate"].as_f64().unwrap() > 0.0, "{summary}");
    let boards = summary["boards"].as_array().unwrap();
    for board in boards {
        assert_keys(board, BOARD);
    }
    let models: std::collections::BTreeSet<&str> = boards
        .iter()
        .filter_map(|board| board["model"].as_str())
        .collect();
    assert!(models.len() >= 3, "{models:?}");
    let sum = |key: &str| -> u64 {
        boards
            .iter()
            .map(|board| board[key].as_u64().unwrap())
            .sum()
    };
    assert_eq!(summary["accepted"], sum("accepted"));
    let pool = &summary["pools"][0];
    assert_keys(pool, POOL);
    assert_eq!(pool["accepted"], summary["accepted"]);
}

#[test]
fn boards_can_be_chosen() {
    let line = "demo --seconds 3 --json --board lancelot:2,rate=2M --board fpga-kc705";
    let summary = Program::start(line).end().summary();
    let boards = summary["boards"].as_array().unwrap().iter();
    let models: Vec<&str> = boards.filter_map(|board| board["model"].as_str()).collect();
    assert_eq!(models, ["lancelot", "lancelot", "fpga-kc705"]);
}

#[test]
fn nothing_accepted_is_a_failure() {
    let ended = Program::start("demo --seconds 1 --json --board icarus,rate=1k").end();
    ended.assert_code(1);
    assert_eq!(ended.summary()["accepted"], 0);
    let said = ended.stderr.join("\n");
    assert!(said.contains("error: no share was accepted"), "{said}");
    assert!(said.contains("hint: "), "{said}");
}
