//! What TrueStratum's lines have beside Stratum V1's envelope.

mod encode;
mod goals;
mod notify;
mod null;
mod seeds;
mod subscription;

pub(super) use encode::share_line;
pub(super) use goals::goals;
pub(super) use notify::Notify;
pub(super) use seeds::Seeds;
pub(super) use subscription::Subscription;

use crate::pool::SessionError;
use crate::pool::stratum_v1::messages::Incoming;

/// Reads a line; a bare upper-case `NULL`, which some pools write into their errors, counts as `null`.
///
/// # Errors
/// As [`Incoming::parse`].
pub(super) fn parse(line: &[u8]) -> Result<Incoming, SessionError> {
    Incoming::parse(line).or_else(|error| match null::repaired(line) {
        Some(line) => Incoming::parse(&line),
        None => Err(error),
    })
}
