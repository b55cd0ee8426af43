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
        Notice::PoolComplaint { pool, .. } => about_pool("pool_complaint", pool),
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
        Notice::BoardSays { board, .. } => about_board("board_says", board.0),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::super::LogFormat;
    use super::super::log::tests::logged;
    use super::*;
    use crate::miner::BoardId;
    use crate::units::{Difficulty, Hash256};

    fn verdict_of(outcome: Outcome) -> Notice {
        Notice::Verdict {
            board: Some(BoardId(3)),
            place: "sim3".to_owned(),
            pool: "stratum+tcp://h:1".to_owned(),
            outcome,
            difficulty: Difficulty::new(7.8857).unwrap(),
            target: Difficulty::new(0.000_244_140_625).unwrap(),
            latency: Some(Duration::from_micros(212)),
        }
    }

    fn text(notice: &Notice) -> String {
        let lines = logged("debug", LogFormat::Text, false, || log(notice));
        assert_eq!(lines.len(), 1);
        lines[0].split_once(' ').unwrap().1.to_owned()
    }

    fn json(notice: &Notice) -> Value {
        let lines = logged("debug", LogFormat::Json, false, || log(notice));
        serde_json::from_str(&lines[0]).unwrap()
    }

    #[test]
    fn shares_for_people() {
        assert_eq!(
            text(&verdict_of(Outcome::Accepted)),
            "INFO  accepted 7.89/2.44e-4 from sim3"
        );
        let stale = Outcome::Rejected(Reject::Stale, "Job not found".to_owned());
        assert_eq!(
            text(&verdict_of(stale)),
            "WARN  rejected as stale (Job not found) 7.89/2.44e-4 from sim3"
        );
    }

    #[test]
    fn shares_for_programs() {
        let value = json(&verdict_of(Outcome::Accepted));
        for (key, expected) in [
            ("level", json!("info")),
            ("event", json!("accepted")),
            ("board", json!(3)),
            ("pool", json!("stratum+tcp://h:1")),
            ("share_difficulty", json!(7.8857)),
            ("latency_ms", json!(0.212)),
        ] {
            assert_eq!(value[key], expected, "{key}");
        }
        for (outcome, event) in [
            (Outcome::Rejected(Reject::Stale, String::new()), "stale"),
            (
                Outcome::Rejected(Reject::Duplicate, String::new()),
                "duplicate",
            ),
            (Outcome::Rejected(Reject::Other, String::new()), "rejected"),
            (Outcome::Unknown, "unanswered"),
        ] {
            assert_eq!(json(&verdict_of(outcome))["event"], event);
        }
    }

    #[test]
    fn every_other_notice_has_its_event_and_subject() {
        let own = str::to_owned;
        let board = BoardId(2);
        let (place, model) = (own("sim2"), "icarus");
        let pool = own("stratum+tcp://h:1");
        let why = own("refused");
        for (notice, event, line) in [
            (
                Notice::PoolReady { pool: pool.clone() },
                "pool_ready",
                "INFO  stratum+tcp://h:1: logged in",
            ),
            (
                Notice::PoolDown {
                    pool: pool.clone(),
                    why: why.clone(),
                },
                "pool_down",
                "WARN  stratum+tcp://h:1: down: refused",
            ),
            (
                Notice::PoolActive {
                    pool: pool.clone(),
                    why,
                },
                "pool_active",
                "INFO  working for stratum+tcp://h:1: refused",
            ),
            (
                Notice::NoPool,
                "no_pool",
                "WARN  no pool is usable: boards idle until one is back",
            ),
            (
                Notice::PoolMessage {
                    pool: pool.clone(),
                    text: own("hello"),
                },
                "pool_message",
                "INFO  stratum+tcp://h:1 says: hello",
            ),
            (
                Notice::NewJob {
                    pool: pool.clone(),
                    job: own("7f"),
                    clean: true,
                    difficulty: Difficulty::ONE,
                },
                "job",
                "DEBUG stratum+tcp://h:1: clean job 7f, difficulty 1",
            ),
            (
                Notice::BlockFound {
                    place: place.clone(),
                    pool,
                    hash: Hash256::from_internal([0; 32]),
                },
                "block",
                "WARN  *** BLOCK FOUND *** 0000000000000000000000000000000000000000000000000000000000000000 by sim2 for stratum+tcp://h:1",
            ),
            (
                Notice::BoardStarted {
                    board,
                    place: place.clone(),
                    model,
                    details: own("2 slices"),
                },
                "board_started",
                "INFO  board 2: icarus at sim2: 2 slices",
            ),
            (
                Notice::BoardTrouble {
                    board,
                    place,
                    model,
                    text: own("parked"),
                },
                "board_trouble",
                "WARN  board 2: icarus at sim2: parked",
            ),
        ] {
            let shown = text(&notice);
            assert!(shown.starts_with(line), "{shown}");
            assert_eq!(json(&notice)["event"], event);
        }
    }

    #[test]
    fn a_pools_words_forge_no_line() {
        let notice = Notice::PoolMessage {
            pool: "stratum+tcp://h:1".to_owned(),
            text: "hi\n2026-11-20T00:00:00Z ERROR fire\x1b[2J".to_owned(),
        };
        let shown = text(&notice);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
}
