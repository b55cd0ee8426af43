//! What happens, for people: one value an event, put into words by [`Display`](std::fmt::Display).

use std::fmt;
use std::time::Duration;

use super::BoardId;
use crate::units::{Difficulty, Hash256};
use crate::work::{Outcome, Reject};

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only when asked.
    Debug,
    /// Worth a line.
    Info,
    /// Somebody should look.
    Warning,
    /// Loud.
    Error,
}

/// Something that happened. Every text in it is already safe to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A pool took our login.
    PoolReady {
        /// Its URL.
        pool: String,
    },
    /// A pool is of no use now.
    PoolDown {
        /// Its URL.
        pool: String,
        /// Why.
        why: String,
    },
    /// The boards now work for this pool.
    PoolActive {
        /// Its URL.
        pool: String,
        /// What made us change.
        why: String,
    },
    /// No pool is usable: the boards idle.
    NoPool,
    /// A pool speaks to the person.
    PoolMessage {
        /// Its URL.
        pool: String,
        /// Its words.
        text: String,
    },
    /// Something that a pool sent is ignored.
    PoolComplaint {
        /// Its URL.
        pool: String,
        /// What, and why.
        text: String,
    },
    /// A pool sends a new job.
    NewJob {
        /// Its URL.
        pool: String,
        /// The job's key.
        job: String,
        /// Whether everything before it is void.
        clean: bool,
        /// The share difficulty.
        difficulty: Difficulty,
    },
    /// A pool judged a share, or we did before sending it.
    Verdict {
        /// The board that found it; `None` when that is not known any more.
        board: Option<BoardId>,
        /// The board's place.
        place: String,
        /// The pool's URL.
        pool: String,
        /// The verdict.
        outcome: Outcome,
        /// What the hash was worth.
        difficulty: Difficulty,
        /// What the job asked.
        target: Difficulty,
        /// Time between submit and answer.
        latency: Option<Duration>,
    },
    /// A share solves a block.
    BlockFound {
        /// The board's place.
        place: String,
        /// The pool's URL.
        pool: String,
        /// The block's hash.
        hash: Hash256,
    },
    /// A board runs.
    BoardStarted {
        /// Its number.
        board: BoardId,
        /// Its place.
        place: String,
        /// Its model.
        model: &'static str,
        /// What its driver learnt.
        details: String,
    },
    /// A board's driver has something to say.
    BoardSays {
        /// Its number.
        board: BoardId,
        /// Its place.
        place: String,
        /// Its model.
        model: &'static str,
        /// Its words.
        text: String,
    },
    /// A board is reset, parked or gone.
    BoardTrouble {
        /// Its number.
        board: BoardId,
        /// Its place.
        place: String,
        /// Its model.
        model: &'static str,
        /// What is the matter and what happens next.
        text: String,
    },
}

impl Notice {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            Self::NewJob { .. } => Severity::Debug,
            Self::PoolDown { .. }
            | Self::PoolComplaint { .. }
            | Self::NoPool
            | Self::BoardTrouble { .. }
            | Self::BlockFound { .. } => Severity::Warning,
            Self::Verdict { outcome, .. } if *outcome != Outcome::Accepted => Severity::Warning,
            _ => Severity::Info,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PoolReady { pool } => write!(f, "{pool}: logged in"),
            Self::PoolDown { pool, why } => write!(f, "{pool}: down: {why}"),
            Self::PoolActive { pool, why } => write!(f, "working for {pool}: {why}"),
            Self::NoPool => f.write_str("no pool is usable: boards idle until one is back"),
            Self::PoolComplaint { pool, text } => write!(f, "{pool}: {text}"),
            Self::PoolMessage { pool, text } => write!(f, "{pool} says: {text}"),
            Self::NewJob {
                pool,
                job,
                clean,
                difficulty,
            } => {
                write!(
                    f,
                    "{pool}: {} {job}, difficulty {difficulty}",
                    if *clean { "clean job" } else { "job" }
                )
            }
            Self::Verdict {
                place,
                outcome,
                difficulty,
                target,
                ..
            } => {
                write!(f, "{} {difficulty}/{target} from {place}", verdict(outcome))
            }
            Self::BlockFound { place, pool, hash } => {
                write!(f, "*** BLOCK FOUND *** {hash} by {place} for {pool}")
            }
            Self::BoardStarted {
                board,
                place,
                model,
                details,
            } => {
                write!(f, "board {board}: {model} at {place}")?;
                if details.is_empty() {
                    Ok(())
                } else {
                    write!(f, ": {details}")
                }
            }
            Self::BoardSays {
                board,
                place,
                model,
                text,
            }
            | Self::BoardTrouble {
                board,
                place,
                model,
                text,
            } => write!(f, "board {board}: {model} at {place}: {text}"),
        }
    }
}

fn verdict(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Rejected(Reject::Other, text) => format!("rejected ({text})"),
        Outcome::Rejected(reject, text) if text.is_empty() => {
            format!("rejected as {}", reject.name())
        }
        Outcome::Rejected(reject, text) => format!("rejected as {} ({text})", reject.name()),
        Outcome::Unknown => "no verdict on".to_owned(),
    }
}
