//! The fake pool's lines, written from pool-protocols.md section 2.

use serde_json::{Value, json};

/// Steps of the merkle branch of every job.
const BRANCHES: usize = 12;
/// Unix time of the first job.
const FIRST_NTIME: u32 = 1_700_000_000;

/// The time stamp of job `number`: each has its own, so that a board's work tells whose it is.
pub(super) fn ntime(number: u32) -> u32 {
    FIRST_NTIME + number
}

/// The name of job `number`.
pub(super) fn job_id(number: u32) -> String {
    format!("{number:08x}")
}

/// A clean job with a 250-byte coinbase and twelve branches.
pub(super) fn notify(number: u32) -> String {
    let branch: Vec<String> = (0..BRANCHES)
        .map(|step| format!("{:02x}", step + 1).repeat(32))
        .collect();
    // 4 + 4 bytes of extranonces stand between 120 and 122 bytes.
    let params = json!([
        job_id(number),
        format!("{number:08x}").repeat(8),
        "01".repeat(120),
        "02".repeat(122),
        branch,
        "20000000",
        "1a0b3287",
        format!("{:08x}", ntime(number)),
        true
    ]);
    line(&json!({"id": null, "method": "mining.notify", "params": params}))
}

/// Every hash that has `zero_bits` leading zero bits is a share of the jobs that follow.
pub(super) fn set_target(zero_bits: usize) -> String {
    let target = format!(
        "{}{}",
        "0".repeat(zero_bits / 4),
        "f".repeat(64 - zero_bits / 4)
    );
    line(&json!({"id": null, "method": "mining.set_target", "params": [target]}))
}

/// The answer to a request.
pub(super) fn answer(request: &Value) -> String {
    let result = match request["method"].as_str() {
        Some("mining.subscribe") => json!([[["mining.notify", "1"]], "f000000f", 4]),
        Some("mining.configure") => json!({"version-rolling": false}),
        _ => json!(true),
    };
    line(&json!({"id": request["id"], "result": result, "error": null}))
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
