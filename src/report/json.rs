//! The summary for programs: one object.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::miner::{
    BoardSnapshot, BoardState, ChipCounters, PoolSnapshot, PoolState, Snapshot, Telemetry,
};
use crate::units::Difficulty;

/// The summary as one object: `accepted`, `rejected`, `stale`, `duplicate`, `hardware_errors`, `hashrate` (hashes a second), `boards`, `pools` and more. Keys
/// stay; new ones may come. What is not known is `null`, never 0.
pub fn summary_json(snapshot: &Snapshot) -> Value {
    let totals = &snapshot.totals;
    json!({
        "accepted": totals.accepted,
        "rejected": totals.rejected,
        "stale": totals.stale,
        "duplicate": totals.duplicate,
        "unanswered": totals.unanswered,
        "pending": totals.pending,
        "hardware_errors": totals.hardware_errors,
        "nonces": totals.nonces,
        "difficulty_accepted": totals.difficulty_accepted,
        "hashrate": snapshot.hashrate.get(),
        "seconds": snapshot.uptime.as_secs_f64(),
        "best_difficulty": snapshot.best.map(Difficulty::get),
        "blocks": snapshot.blocks,
        "boards": snapshot.boards.iter().map(board).collect::<Vec<_>>(),
        "pools": snapshot.pools.iter().map(pool).collect::<Vec<_>>(),
    })
}

/// JSON as one line that no terminal acts on: controls beyond ASCII, and characters that turn the reading direction, are escaped too.
pub fn json_text(value: &Value) -> String {
    let text = value.to_string();
    if text.is_ascii() {
        return text;
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_treacherous(character) {
            // Writing to a String cannot fail. None of them is beyond the first plane.
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// C1 controls, line and paragraph separators, and the bidirectional controls of Unicode (UAX 9).
fn is_treacherous(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn board(board: &BoardSnapshot) -> Value {
    let counters = &board.counters;
    let reason = match &board.state {
        BoardState::Resetting(why) | BoardState::Parked(why) => Some(why),
        _ => None,
    };
    json!({
        "id": board.id.0,
        "model": board.model,
        "place": board.place,
        "details": board.details,
        "state": board.state.name(),
        "reason": reason,
        "nominal_hashrate": board.nominal.get(),
        "hashrate": board.hashrate.get(),
        "accepted": counters.accepted,
        "rejected": counters.rejected,
        "stale": counters.stale,
        "duplicate": counters.duplicate,
        "unanswered": counters.unanswered,
        "pending": counters.pending,
        "hardware_errors": counters.hardware_errors,
        "nonces": counters.nonces,
        "difficulty_accepted": counters.difficulty_accepted,
        "faults": board.faults,
        "telemetry": board.telemetry.as_ref().map(telemetry),
        "chips": board.chips.iter().map(chip).collect::<Vec<_>>(),
        "seconds_since_nonce": board.last_nonce.map(|time| time.as_secs_f64()),
    })
}

/// Degrees Celsius, volts, watts, percent, turns a minute, MHz; what the board has no sensor for is `null`.
fn telemetry(telemetry: &Telemetry) -> Value {
    json!({
        "chip_temperature": telemetry.chip_temperature,
        "board_temperature": telemetry.board_temperature,
        "core_voltage": telemetry.core_voltage,
        "input_voltage": telemetry.input_voltage,
        "power": telemetry.power,
        "fan_percent": telemetry.fan_percent,
        "fan_rpm": telemetry.fan_rpm,
        "clock": telemetry.clock,
        "chips": telemetry.chips,
    })
}

fn chip((number, counters): (&u16, &ChipCounters)) -> Value {
    json!({
        "chip": number,
        "nonces": counters.nonces,
        "hardware_errors": counters.hardware_errors,
        "core_errors": counters.core_errors,
        "faults": counters.faults,
    })
}

fn pool(pool: &PoolSnapshot) -> Value {
    let counters = &pool.counters;
    let reason = match &pool.state {
        PoolState::Down(why) => Some(why),
        _ => None,
    };
    json!({
        "url": pool.url,
        "user": pool.user,
        "state": pool.state.name(),
        "reason": reason,
        "active": pool.active,
        "difficulty": pool.difficulty.map(Difficulty::get),
        "accepted": counters.accepted,
        "rejected": counters.rejected,
        "stale": counters.stale,
        "duplicate": counters.duplicate,
        "unanswered": counters.unanswered,
        "pending": counters.pending,
        "difficulty_accepted": counters.difficulty_accepted,
        "latency_ms": pool.latency.map(|time| time.as_secs_f64() * 1000.0),
        "seconds_since_job": pool.last_job.map(|time| time.as_secs_f64()),
        "disconnects": pool.disconnects,
    })
}

#[cfg(test)]
mod tests {
    use super::super::live::tests::snapshot;
    use super::*;

    #[test]
    fn has_the_promised_keys_in_their_types() {
        let value = summary_json(&snapshot(2));
        for key in [
            "accepted",
            "rejected",
            "stale",
            "duplicate",
            "hardware_errors",
        ] {
            assert!(value[key].is_u64(), "{key}");
            assert!(value["boards"][1][key].is_u64(), "{key}");
        }
        assert_eq!(value["accepted"], 24);
        assert_eq!(value["hashrate"], 666e6);
        assert_eq!(value["boards"][1]["id"], 1);
        assert_eq!(value["boards"][0]["model"], "icarus");
        assert_eq!(value["pools"][0]["url"], "stratum+tcp://127.0.0.1:3333");
        assert_eq!(value["pools"][0]["difficulty"], 0.000_244_140_625);
        assert_eq!(value["pools"][0]["latency_ms"], 0.212);
        assert!(!value.to_string().contains('\n'));
    }

    #[test]
    fn what_is_unknown_is_null() {
        let mut unknown = snapshot(1);
        unknown.best = None;
        unknown.pools[0].latency = None;
        let value = summary_json(&unknown);
        assert!(value["best_difficulty"].is_null());
        assert!(value["pools"][0]["latency_ms"].is_null());
    }
}
