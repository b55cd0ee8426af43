//! What several test programs share.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses its own part"
)]
#![allow(clippy::needless_pass_by_value, reason = "calls read like a script")]
#![allow(missing_docs, reason = "tests read it, nobody else")]

pub mod data;
pub mod pair;
pub mod peer;
pub mod work;
