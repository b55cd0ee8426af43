//! What waits for the node's word, and the requests that it is in.
//!
//! A share of a full block has eight million digits. So what waits is kept as what is its own and the template that it shares with others, and
//! becomes whole only in its request, of which there are few at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::pool::getblocktemplate::template::BlockTemplate;
use crate::units::Hash256;

/// How long a share waits for its verdict, over all connections.
pub(super) const VERDICT_PATIENCE: Duration = Duration::from_secs(120);
/// How many shares may wait; above, the oldest that is no block is given up.
pub(super) const MAX_PENDING: usize = 256;

/// How many may be in requests at once, each with a whole block; the others wait for their verdicts.
pub(super) const MAX_OPEN: usize = 4;

/// A whole block in hex: as it was kept, or what is a share's own and the template that it belongs to.
#[derive(Debug)]
pub(super) enum Content {
    Kept(Bytes),
    Found(String, Arc<BlockTemplate>),
}

impl Content {
    /// All of it, behind `before`.
    pub(super) fn append_to(&self, before: &mut Vec<u8>) {
        match self {
            Self::Kept(hex) => before.extend_from_slice(hex),
            Self::Found(start, template) => {
                before.extend_from_slice(start.as_bytes());
                for part in template.rest() {
                    before.extend_from_slice(part.as_bytes());
                }
            }
        }
    }
}

/// A block or share that waits for the node's word.
#[derive(Debug)]
pub(super) struct Pending {
    /// Whether the program waits for a verdict.
    pub(super) awaited: bool,
    /// The file's name, if it is a block.
    pub(super) block: Option<String>,
    /// What it builds on, if that is known.
    pub(super) previous: Option<Hash256>,
    pub(super) content: Content,
    pub(super) work_id: Option<String>,
    pub(super) at: Instant,
    pub(super) tries: u32,
    /// It goes into no request before this time.
    pub(super) again: Option<Instant>,
}

/// What waits, and the requests that it is in.
#[derive(Debug, Default)]
pub(super) struct Submissions {
    pub(super) pending: BTreeMap<u64, Pending>,
    /// What is in each open request, oldest first.
    pub(super) open: VecDeque<u64>,
    /// Blocks of earlier runs, until it is known that the node is on their chain.
    pub(super) kept: Vec<(String, Bytes)>,
}

impl Submissions {
    pub(super) fn new(kept: &[(String, Bytes)]) -> Self {
        Self {
            kept: kept.to_vec(),
            ..Self::default()
        }
    }

    /// The connection is gone, and the requests with it.
    pub(super) fn forget_requests(&mut self) {
        self.open.clear();
    }

    /// What goes into the next request.
    pub(super) fn next_waiting(&self) -> Option<u64> {
        let waits =
            |(id, pending): &(&u64, &Pending)| pending.again.is_none() && !self.open.contains(*id);
        let waiting = self.pending.iter().filter(waits);
        let next = waiting.min_by_key(|(_, pending)| pending.block.is_none());
        next.map(|(id, _)| *id)
    }

    /// When something is due.
    pub(super) fn next_time(&self, is_up: bool) -> Option<Instant> {
        let expiries = self
            .pending
            .values()
            .filter(|pending| pending.awaited)
            .map(|pending| pending.at + VERDICT_PATIENCE);
        let again = self.pending.values().filter_map(|pending| pending.again);
        expiries.chain(again.filter(|_| is_up)).min()
    }
}

/// `submitblock` with the block, and the template's name where it had one. Written by hand: a block has millions of digits.
pub(super) fn body(id: u64, pending: &Pending) -> Bytes {
    let work_id = pending.work_id.as_ref().map(|work_id| {
        let params = serde_json::json!({"workid": work_id});
        format!(",{params}")
    });
    let mut body = br#"{"method":"submitblock","params":[""#.to_vec();
    pending.content.append_to(&mut body);
    let end = format!("\"{}],\"id\":{id}}}", work_id.unwrap_or_default());
    body.extend_from_slice(end.as_bytes());
    body.into()
}
