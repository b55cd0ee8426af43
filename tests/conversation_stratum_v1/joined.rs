//! Stratum V1: both ends joined, session and emulated pool, on virtual time.

use std::collections::HashSet;
use std::time::Duration;

use crate::support::pair::{Pair, client, easy_pool, faulty, faulty_from};
use crate::support::work::{easy, rolled_share, share, shares};
use midstate::pool::{EmulatorEvent, EmulatorSettings, FaultKind, PoolEvent, SessionSettings};
use midstate::units::{Difficulty, Secret, Target};
use midstate::work::{Outcome, Reject};

const MINUTE: Duration = Duration::from_secs(60);

fn with_fault(kind: FaultKind) -> EmulatorSettings {
    faulty_from(0, kind, easy_pool())
}

fn fault_after(kind: FaultKind, after: Duration, lasting: Duration) -> EmulatorSettings {
    faulty(easy_pool(), kind, after, lasting)
}

#[test]
fn shares_are_found_and_accepted() {
    let (mut pair, job) = Pair::ready(client(), easy_pool());
    assert!(job.clean);
    assert_eq!(job.version_mask, 0x1fff_e000);
    let known: Vec<_> = shares(&job, pair.now, 20);
    for share in &known {
        assert_eq!(pair.submit(share).1, Some(Outcome::Accepted));
    }
    pair.assert_refused(&known[0], Reject::Duplicate);
    let rolled = rolled_share(&job, 0x1234_0000 & job.version_mask, pair.now);
    assert_eq!(pair.submit(&rolled).1, Some(Outcome::Accepted));
    assert!(pair.errors.is_empty(), "{:?}", pair.errors);
    let known = known.iter().chain([&rolled]).map(|share| *share.hash());
    assert_eq!(pair.accepted_hashes(), known.collect());
}

#[test]
fn jobs_come_in_time_and_clean_ones_void_the_older() {
    let settings = EmulatorSettings {
        clean_every: 3,
        ..easy_pool()
    };
    let (mut pair, first) = Pair::ready(client(), settings);
    let old = shares(&first, pair.now, 2);
    pair.advance(2 * MINUTE);
    let jobs = pair.jobs();
    assert_eq!(jobs.len(), 5, "one at once and one every 30 s");
    let clean = jobs.iter().skip(1).find(|job| job.clean).unwrap();
    assert_ne!(
        clean.template.header().unwrap().previous,
        first.template.header().unwrap().previous
    );
    assert!(clean.voids && !jobs.last().unwrap().voids);
    let (_, verdict) = pair.submit(&old[0]);
    let stale = Outcome::Rejected(Reject::Stale, "Stale".to_owned());
    assert_eq!(verdict, Some(stale));
    let late = share(jobs.last().unwrap(), pair.now);
    assert_eq!(pair.submit(&late).1, Some(Outcome::Accepted));
}

#[test]
fn a_new_block_comes_when_it_is_asked_for() {
    let (mut pair, first) = Pair::ready(client(), easy_pool());
    pair.pool.new_block(pair.now);
    pair.settle();
    let job = pair.last_job();
    assert!(job.clean && job.key != first.key);
}

#[test]
fn a_solved_block_begins_the_next_one() {
    let (mut pair, first) = Pair::ready(client(), easy_pool());
    let network = first.network_target.unwrap();
    assert!(network < first.target);
    let mut mined = 0;
    loop {
        let job = pair.last_job();
        let share = share(&job, pair.now);
        mined += 1;
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
        if share.is_block() {
            let next = pair.last_job();
            assert!(next.clean);
            assert_eq!(next.template.header().unwrap().previous, *share.hash());
            break;
        }
        assert!(mined < 20_000, "one share in 1024 solves the block");
    }
    let blocks = pair
        .pool_events
        .iter()
        .filter(|event| matches!(event, EmulatorEvent::Share { is_block: true, .. }));
    assert_eq!(blocks.count(), 1);
}

#[test]
fn clients_never_share_an_extranonce1_and_get_theirs_back() {
    let mut pool = (midstate::pool::stratum_v1::PROTOCOL.emulator)(easy_pool());
    let now = std::time::Instant::now();
    let mut seen = HashSet::new();
    let mut subscribe = |client: u64, session: &str| {
        let client = midstate::pool::ClientId(client);
        pool.connected(client, now);
        let line = format!(r#"{{"id":1,"method":"mining.subscribe","params":["a","{session}"]}}"#);
        pool.receive(client, line.as_bytes(), now);
        let Some((_, midstate::pool::Transmit::Send(bytes))) = pool.poll_transmit() else {
            panic!("no answer");
        };
        let answer: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        pool.disconnected(client, now);
        let result = &answer["result"];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&result[0][1][1]), text(&result[1]))
    };
    for number in 0..10 {
        assert!(seen.insert(subscribe(number, "").1));
    }
    let (session, extranonce1) = subscribe(10, "");
    assert_eq!(subscribe(11, &session), (session.clone(), extranonce1));
}

#[test]
fn a_resumed_session_goes_on_where_it_stood() {
    let settings = EmulatorSettings {
        fixed_job: Some(crate::support::data::slush_job()),
        ..easy_pool()
    };
    let (mut pair, job) = Pair::ready(client(), settings);
    let before = shares(&job, pair.now, 3);
    pair.disconnect("test");
    pair.connect();
    let again = pair.last_job();
    assert_ne!(again.session, job.session);
    let after = shares(&again, pair.now, 3);
    let taken: HashSet<_> = before
        .iter()
        .chain(&after)
        .map(|share| *share.rolled())
        .collect();
    assert_eq!(taken.len(), 6, "no work twice");
    let (_, verdict) = pair.submit(&before[0]);
    assert!(matches!(verdict, Some(Outcome::Rejected(Reject::Stale, _))));
    assert_eq!(pair.submit(&after[0]).1, Some(Outcome::Accepted));
}

#[test]
fn difficulty_is_steered_up_and_down() {
    let settings = EmulatorSettings {
        vardiff: Some(30.0),
        ..easy_pool()
    };
    let (mut pair, first) = Pair::ready(client(), settings);
    for share in &shares(&first, pair.now, 25) {
        assert_eq!(pair.submit(share).1, Some(Outcome::Accepted));
    }
    let harder = pair.last_job();
    assert!(harder.target < first.target);
    assert!(!harder.clean);
    pair.advance(5 * MINUTE);
    assert!(pair.last_job().target > harder.target);
    let told = pair.events.iter().any(|event| match event {
        PoolEvent::Difficulty(told) => Target::from_difficulty(*told) == harder.target,
        _ => false,
    });
    assert!(told, "before its first job");
}

#[test]
fn a_suggested_difficulty_is_granted_and_a_minimum_kept() {
    let wish = Difficulty::new(easy().get() * 4.0).unwrap();
    let settings = SessionSettings {
        suggest_difficulty: Some(wish),
        ..client()
    };
    let pool = EmulatorSettings {
        vardiff: Some(30.0),
        ..easy_pool()
    };
    let (mut pair, job) = Pair::ready(settings, pool);
    assert_eq!(job.target, Target::from_difficulty(wish));
    pair.advance(10 * MINUTE);
    assert_eq!(pair.last_job().target, job.target, "not below the minimum");
}

#[test]
fn extranonce2_of_every_size_is_mined_on() {
    for size in [1, 2, 4, 8, 16] {
        let settings = EmulatorSettings {
            extranonce2_size: size,
            branches: size % 3,
            ..easy_pool()
        };
        let (mut pair, job) = Pair::ready(client(), settings);
        let share = share(&job, pair.now);
        assert_eq!(share.rolled().extranonce2.as_bytes().len(), size);
        assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted), "{size}");
    }
    let too_large = EmulatorSettings {
        extranonce2_size: 17,
        ..easy_pool()
    };
    let mut pair = Pair::new(client(), too_large);
    pair.connect();
    assert_eq!(
        pair.ends,
        ["mining.subscribe: extranonce2_size must be 1 to 16, got 17"]
    );
}

#[test]
fn a_pool_without_version_rolling_gets_no_version_bits() {
    let settings = EmulatorSettings {
        version_mask: 0,
        ..easy_pool()
    };
    let (mut pair, job) = Pair::ready(client(), settings);
    assert_eq!(job.version_mask, 0);
    let plain = share(&job, pair.now);
    assert_eq!(pair.submit(&plain).1, Some(Outcome::Accepted));
    let rolled = rolled_share(&job, 0x2000, pair.now);
    let (_, verdict) = pair.submit(&rolled);
    let Some(Outcome::Rejected(Reject::Other, text)) = verdict else {
        panic!("{verdict:?}");
    };
    assert!(text.contains("version bits 00002000"), "{text}");
}

#[test]
fn a_wrong_login_is_refused_and_a_right_one_told() {
    let pool = EmulatorSettings {
        login: Some(("worker".to_owned(), Secret::new("hunter2"))),
        ..easy_pool()
    };
    let mut pair = Pair::new(client(), pool.clone());
    pair.connect();
    assert_eq!(
        pair.ends,
        ["the pool refused worker \"worker\": Unauthorized worker"]
    );
    let settings = SessionSettings {
        pass: Secret::new("hunter2"),
        ..client()
    };
    let (pair, _) = Pair::ready(settings, pool);
    let login = pair.pool_events.iter().find_map(|event| match event {
        EmulatorEvent::Login { worker, agent, .. } => Some((worker.as_str(), agent.as_str())),
        _ => None,
    });
    assert_eq!(login, Some(("worker", "midstate/test")));
}

#[test]
fn a_mute_pool_is_left_after_the_handshakes_patience() {
    let mut pair = Pair::new(client(), with_fault(FaultKind::Mute));
    pair.connect();
    pair.advance(Duration::from_secs(18));
    assert!(pair.is_connected());
    pair.advance(Duration::from_secs(1));
    assert_eq!(pair.ends, ["no answer to mining.subscribe within 15 s"]);
}

#[test]
fn half_open_silence_leaves_shares_unknown() {
    let begin = Duration::from_secs(10);
    let (mut pair, job) = Pair::ready(client(), fault_after(FaultKind::Mute, begin, Duration::MAX));
    pair.advance(begin);
    let (id, verdict) = pair.submit(&share(&job, pair.now));
    assert_eq!(verdict, None);
    pair.advance(Duration::from_secs(59));
    assert_eq!(pair.verdict(id), None);
    pair.advance(Duration::from_secs(1));
    assert_eq!(pair.verdict(id), Some(Outcome::Unknown));
}

#[test]
fn shares_without_verdict_are_unknown_when_the_connection_ends() {
    let (mut pair, job) = Pair::ready(client(), with_fault(FaultKind::NoVerdicts));
    let (id, verdict) = pair.submit(&share(&job, pair.now));
    assert_eq!(verdict, None);
    pair.disconnect("test");
    assert_eq!(pair.verdict(id), Some(Outcome::Unknown));
}

#[test]
fn a_pool_without_jobs_is_ready_all_the_same() {
    let lasting = Duration::from_secs(40);
    let fault = fault_after(FaultKind::NoJobs, Duration::ZERO, lasting);
    let mut pair = Pair::new(client(), fault);
    pair.connect();
    pair.advance(Duration::from_secs(39));
    assert!(
        pair.events
            .iter()
            .any(|event| matches!(event, PoolEvent::Ready))
    );
    assert!(pair.jobs().is_empty());
    pair.advance(MINUTE);
    assert!(!pair.jobs().is_empty(), "the fault has ended");
}

#[test]
fn unjust_verdicts_come_as_ordered() {
    for (kind, class) in [
        (FaultKind::Stale, Reject::Stale),
        (FaultKind::Duplicate, Reject::Duplicate),
        (FaultKind::LowDifficulty, Reject::LowDifficulty),
    ] {
        let (mut pair, job) = Pair::ready(client(), with_fault(kind));
        let (_, verdict) = pair.submit(&share(&job, pair.now));
        let Some(Outcome::Rejected(got, _)) = verdict else {
            panic!("{kind:?}: {verdict:?}");
        };
        assert_eq!(got, class);
    }
}

#[test]
fn a_pool_that_disconnects_takes_clients_back_later() {
    let (begin, lasting) = (Duration::from_secs(10), Duration::from_secs(20));
    let fault = fault_after(FaultKind::Disconnect, begin, lasting);
    let (mut pair, first) = Pair::ready(client(), fault);
    pair.advance(begin);
    assert_eq!(pair.ends, ["the pool closed"]);
    pair.connect();
    assert_eq!(pair.ends.len(), 2, "and at once while it lasts");
    pair.advance(lasting);
    pair.connect();
    assert!(pair.is_connected());
    assert!(pair.last_job().session > first.session);
}

#[test]
fn redirects_are_told_three_times_an_hour() {
    let (mut pair, _) = Pair::ready(client(), with_fault(FaultKind::Reconnect));
    for _ in 0..4 {
        pair.connect();
    }
    let redirects = pair.events.iter().filter(|event| {
        matches!(event, PoolEvent::Redirect { host: None, port: None, wait } if wait.is_zero())
    });
    assert_eq!(redirects.count(), 3);
    assert_eq!(pair.errors.len(), 2);
    pair.advance(Duration::from_secs(3600));
    pair.errors.clear();
    pair.connect();
    assert!(pair.errors.is_empty(), "{:?}", pair.errors);
}

#[test]
fn split_slow_and_dirty_lines_are_mined_through() {
    let slow = FaultKind::Slow(Duration::from_millis(700));
    for kind in [FaultKind::SplitWrites, FaultKind::Garbage, slow] {
        let mut pair = Pair::new(client(), with_fault(kind));
        pair.connect();
        pair.advance(5 * MINUTE);
        let job = pair.last_job();
        let (id, _) = pair.submit(&share(&job, pair.now));
        pair.advance(Duration::from_secs(1));
        assert_eq!(pair.verdict(id), Some(Outcome::Accepted), "{kind:?}");
        assert!(pair.is_connected());
        assert_eq!(pair.errors.is_empty(), kind != FaultKind::Garbage);
    }
}

#[test]
fn a_line_without_end_ends_the_connection() {
    let mut pair = Pair::new(client(), with_fault(FaultKind::HugeLine));
    pair.connect();
    assert_eq!(pair.ends, ["a line of more than 65536 bytes"]);
}

#[test]
fn every_setting_of_the_pool_repeats_from_its_seed() {
    let run = |seed| {
        let settings = EmulatorSettings {
            seed,
            ..easy_pool()
        };
        let (pair, job) = Pair::ready(client(), settings);
        let share = share(&job, pair.now);
        (job.template.header().unwrap().previous, *share.hash())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
