//! Notices into log events: severity, words, and the keys that programs select by.

use crate::miner::{Notice, Severity};
use crate::work::{Outcome, Reject};

/// What a notice is about.
#[derive(Debug, Default, PartialEq)]
struct Subject<'a> {
    event: &'static str,
    board: Option<u32>,
    pool: Option<&'a str>,
    job: Option<&'a str>,
    difficulty: Option<f64>,
    latency_ms: Option<f64>,
}

/// Logs `notice`.
pub(super) fn log(notice: &Notice) {
    let Subject {
        event,
        board,
        pool,
        job,
        difficulty,
        latency_ms,
    } = subject(notice);
    macro_rules! at {
        ($level:ident) => {
            // The numbers are in the words already where people need them.
            tracing::$level!(
                target: "midstate::notice",
                event, board, pool, job, share_difficulty = difficulty, latency_ms, "{notice}"
            )
        };
    }
    match notice.severity() {
        Severity::Debug => at!(debug),
        Severity::Info => at!(info),
        Severity::Warning => at!(warn),
        Severity::Error => at!(error),
    }
}

fn subject(notice: &Notice) -> Subject<'_> {
    match notice {
        Notice::PoolReady { pool } => about_pool("pool_ready", pool),
        Notice::PoolDown { pool, .. } => about_pool("pool_down", pool),
        Notice::PoolActive { pool, .. } => about_pool("pool_active", pool),
        Notice::NoPool => Subject {
            event: "no_pool",
            ..Subject::default()
        },
        Notice::PoolMessage { pool, .. } => about_pool("pool_message", pool),
        Notice::NewJob {
            pool,
            job,
            difficulty,
            ..
        } => Subject {
            job: Some(job),
            difficulty: Some(difficulty.get()),
            ..about_pool("job", pool)
        },
        Notice::Verdict { .. } => about_share(notice),
        Notice::BlockFound { pool, .. } => about_pool("block", pool),
        Notice::BoardStarted { board, .. } => about_board("board_started", board.0),
        Notice::BoardTrouble { board, .. } => about_board("board_trouble", board.0),
    }
}

fn about_pool<'a>(event: &'static str, pool: &'a str) -> Subject<'a> {
    Subject {
        event,
        pool: Some(pool),
        ..Subject::default()
    }
}

fn about_board(event: &'static str, board: u32) -> Subject<'static> {
    Subject {
        event,
        board: Some(board),
        ..Subject::default()
    }
}

fn about_share(notice: &Notice) -> Subject<'_> {
    let Notice::Verdict {
        board,
        pool,
        outcome,
        difficulty,
        latency,
        ..
    } = notice
    else {
        return Subject::default();
    };
    Subject {
        board: board.map(|board| board.0),
        difficulty: Some(difficulty.get()),
        latency_ms: latency.map(|time| time.as_secs_f64() * 1000.0),
        ..about_pool(verdict(outcome), pool)
    }
}

/// The event's name; the same words as in the summary.
fn verdict(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Rejected(Reject::Stale, _) => "stale",
        Outcome::Rejected(Reject::Duplicate, _) => "duplicate",
        Outcome::Rejected(..) => "rejected",
        Outcome::Unknown => "unanswered",
    }
}
