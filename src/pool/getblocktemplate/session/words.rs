//! What a node says of a block, what that means, and what becomes of the block's file.

use serde_json::Value;

use crate::pool::BlockFate;
use crate::pool::http::class_of;
use crate::units::printable;
use crate::work::{Outcome, Reject};

/// What the node says of a block (BIP22).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Taken,
    Refused(String),
}

impl Word {
    /// Null, a word, or an object with a word for each chain that is mined at once: one null among them will do.
    pub(super) fn of(result: &Value) -> Self {
        match result {
            Value::Null => Word::Taken,
            Value::Object(chains) if chains.values().any(Value::is_null) => Word::Taken,
            Value::Object(chains) => {
                let words = chains.values().map(text).collect::<Vec<_>>().join(", ");
                Word::Refused(printable(&words, 200))
            }
            Value::Array(words) if words.iter().any(Value::is_null) => Word::Taken,
            other => Word::Refused(printable(&text(other), 200)),
        }
    }

    /// The verdict, explained. What was sent before and is there already has arrived.
    pub(super) fn outcome(&self, again: bool) -> Outcome {
        match self {
            Word::Taken => Outcome::Accepted,
            Word::Refused(word) if word == "duplicate" && again => Outcome::Accepted,
            Word::Refused(word) => {
                let class = if word.ends_with("inconclusive") {
                    Reject::Stale
                } else {
                    class_of(word)
                };
                Outcome::Rejected(class, explained(word))
            }
        }
    }

    /// What becomes of the block's file; `None`: it stays as it is, the node may learn to take it.
    pub(super) fn fate(&self, outcome: &Outcome) -> Option<BlockFate> {
        match (self, outcome) {
            (_, Outcome::Accepted) => Some(BlockFate::Accepted),
            // The node has it, beside a chain that it likes better.
            (Word::Refused(word), _) if word.ends_with("inconclusive") || word == "duplicate" => {
                Some(BlockFate::Accepted)
            }
            (Word::Refused(word), _) if word.contains("prev-blk-not-found") => None,
            _ => Some(BlockFate::Refused),
        }
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What a node's words mean; the first that is in its text counts.
const MEANINGS: [(&str, &str); 15] = [
    (
        "inconclusive",
        "the node keeps it beside a chain that it likes better",
    ),
    (
        "duplicate-invalid",
        "the node has it already, and found it invalid",
    ),
    ("duplicate", "the node has it already"),
    (
        "prev-blk-not-found",
        "the node does not know the block before it",
    ),
    (
        "stale-prevblk",
        "it builds on a block that is not the newest any more",
    ),
    ("high-hash", "its hash misses the target"),
    (
        "bad-txnmrklroot",
        "its merkle root is not that of its transactions",
    ),
    (
        "bad-witness-merkle-match",
        "its witness commitment is not that of its transactions",
    ),
    (
        "bad-witness-nonce-size",
        "its coinbase lacks the witness' reserved value",
    ),
    ("bad-cb-amount", "its coinbase pays more than it may"),
    ("bad-cb-height", "its coinbase has another height (BIP34)"),
    (
        "bad-cb-length",
        "its coinbase's script is too short or too long",
    ),
    (
        "bad-diffbits",
        "its bits are not those that its place in the chain has",
    ),
    (
        "time-too-old",
        "its time is before what its place in the chain allows",
    ),
    (
        "time-too-new",
        "its time is too far in the future; check both clocks",
    ),
];

/// A node's word with what it means.
fn explained(word: &str) -> String {
    let meaning = MEANINGS.iter().find(|(known, _)| word.contains(known));
    match meaning {
        Some((_, meaning)) => format!("{word}: {meaning}"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_node_says_of_a_block() {
        let refused = |class, text: &str| Outcome::Rejected(class, text.to_owned());
        for (result, again, outcome, fate) in [
            (
                json!(null),
                false,
                Outcome::Accepted,
                Some(BlockFate::Accepted),
            ),
            (
                json!({"a": "high-hash", "b": null}),
                false,
                Outcome::Accepted,
                Some(BlockFate::Accepted),
            ),
            (
                json!("duplicate"),
                true,
                Outcome::Accepted,
                Some(BlockFate::Accepted),
            ),
            (
                json!("duplicate"),
                false,
                refused(Reject::Duplicate, "duplicate: the node has it already"),
                Some(BlockFate::Accepted),
            ),
            (
                json!("inconclusive"),
                false,
                refused(
                    Reject::Stale,
                    "inconclusive: the node keeps it beside a chain that it likes better",
                ),
                Some(BlockFate::Accepted),
            ),
            (
                json!("high-hash"),
                false,
                refused(
                    Reject::LowDifficulty,
                    "high-hash: its hash misses the target",
                ),
                Some(BlockFate::Refused),
            ),
            (
                json!("prev-blk-not-found"),
                true,
                refused(
                    Reject::Stale,
                    "prev-blk-not-found: the node does not know the block before it",
                ),
                None,
            ),
            (
                json!("rejected"),
                false,
                refused(Reject::Other, "rejected"),
                Some(BlockFate::Refused),
            ),
            (
                json!(17),
                false,
                refused(Reject::Other, "17"),
                Some(BlockFate::Refused),
            ),
        ] {
            let word = Word::of(&result);
            assert_eq!(word.outcome(again), outcome, "{result}");
            assert_eq!(word.fate(&outcome), fate, "{result}");
        }
    }
}
