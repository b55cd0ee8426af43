//! Published vectors (tests/data/pools.json says where they come from).

use midstate::pool::FixedJob;
use serde_json::Value;

/// All vectors.
pub fn vectors() -> Value {
    serde_json::from_str(include_str!("../data/pools.json")).unwrap()
}

/// The rows of one section.
pub fn rows(section: &str) -> Vec<Value> {
    vectors()[section].as_array().unwrap().clone()
}

/// The text of a field.
pub fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("no {field}"))
}

/// A job of the vectors, served verbatim.
pub fn fixed_job(row: &Value) -> FixedJob {
    let params = row["mining_notify_params"].to_string();
    FixedJob::parse(text(row, "extranonce1"), &params).unwrap()
}

/// The job of the Stratum document: a real testnet block.
pub fn slush_job() -> FixedJob {
    fixed_job(&rows("stratum_v1")[0])
}
