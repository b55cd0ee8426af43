//! HTTP for sessions whose conversation is requests, and for the pools' side of that. Bytes and bounds; nothing of what they mean.
//!
//! Each lane of a session has its own connection ([`Requester`]), kept alive between requests, so that a long poll holds nobody up.
//! `lanes` runs them beside each other, `carry` joins them to the session and the program, `trial` tries another protocol out before
//! a pool's wish to switch is obeyed, `serve` is the pools' side.

mod body;
mod carry;
mod lanes;
mod requester;
mod serve;
mod trial;

pub(super) use requester::Way;
pub(super) use serve::{Conversation, http_client};
pub(super) use trial::Tried;
