//! Stratum V2: both ends joined, session and emulated pool, encrypted, on virtual time.

use std::sync::Arc;
use std::time::Duration;

use midstate::pool::{
    EmulatorEvent, EmulatorSettings, Endpoint, FaultKind, PoolEvent, SessionSettings, stratum_v2,
};
use midstate::units::Secret;
use midstate::work::{Job, Outcome, Reject, Template};

use crate::support::pair::{Pair, client, easy_pool, faulty_from};
use crate::support::work::{rolled_share, share, shares};

const MINUTE: Duration = Duration::from_secs(60);
/// A batch of accepted shares is told of after this time at the latest.
const BATCH: Duration = Duration::from_millis(250);

/// A pair that is not connected yet, with the pool's own key in the URL.
fn pair_with(client: SessionSettings, pool: EmulatorSettings, options: &str) -> Pair {
    let path = (stratum_v2::PROTOCOL.emulator)(pool.clone()).url_path();
    assert!(path.len() > 40, "a key: {path}");
    let url = format!("stratum2+tcp://pool.example:3336{path}{options}");
    let endpoint = Endpoint::parse(&url).unwrap().0;
    Pair::of(
        &stratum_v2::PROTOCOL,
        SessionSettings { endpoint, ..client },
        pool,
    )
}

fn ready(pool: EmulatorSettings) -> Pair {
    let mut pair = pair_with(client(), pool, "");
    pair.connect();
    pair
}

fn fault(kind: FaultKind) -> EmulatorSettings {
    faulty_from(0, kind, easy_pool())
}

/// The verdict on a share, a batch's time after it was handed in.
fn judged(pair: &mut Pair, share: &midstate::work::Share) -> Option<Outcome> {
    let (id, _) = pair.submit(share);
    pair.advance(BATCH);
    pair.verdict(id)
}

/// The verdict on a new share of a job.
fn mined(pair: &mut Pair, job: &Arc<Job>) -> Option<Outcome> {
    let share = share(job, pair.now);
    judged(pair, &share)
}

fn refused(class: Reject, code: &str) -> Outcome {
    Outcome::Rejected(class, code.to_owned())
}

#[test]
fn shares_are_found_and_accepted() {
    let mut pair = ready(easy_pool());
    let job = pair.last_job();
    assert!(job.clean && job.voids);
    assert_eq!(job.version_mask, 0x1fff_e000);
    assert_eq!(job.template.extranonce2_size(), 4);
    let known = shares(&job, pair.now, 20);
    let ids: Vec<_> = known.iter().map(|share| pair.submit(share).0).collect();
    pair.advance(BATCH);
    for id in ids {
        assert_eq!(pair.verdict(id), Some(Outcome::Accepted));
    }
    let again = judged(&mut pair, &known[0]);
    assert_eq!(again, Some(refused(Reject::Duplicate, "duplicate-share")));
    let rolled = rolled_share(&job, 0x1234_0000 & job.version_mask, pair.now);
    assert_eq!(judged(&mut pair, &rolled), Some(Outcome::Accepted));
    assert!(pair.errors.is_empty(), "{:?}", pair.errors);
    let known = known.iter().chain([&rolled]).map(|share| *share.hash());
    assert_eq!(pair.accepted_hashes(), known.collect());
}

#[test]
fn the_pool_hears_who_comes() {
    let pair = ready(easy_pool());
    let login = pair.pool_events.iter().find_map(|event| match event {
        EmulatorEvent::Login { worker, agent, .. } => Some((worker.as_str(), agent.as_str())),
        _ => None,
    });
    assert_eq!(login, Some(("worker", "midstate/test")));
}

#[test]
fn jobs_come_in_time_and_a_new_block_voids_the_older() {
    let settings = EmulatorSettings {
        clean_every: 3,
        ..easy_pool()
    };
    let mut pair = ready(settings);
    let first = pair.last_job();
    let old = shares(&first, pair.now, 2);
    pair.advance(Duration::from_secs(45));
    assert_eq!(
        judged(&mut pair, &old[0]),
        Some(Outcome::Accepted),
        "the same block still"
    );
    pair.advance(2 * MINUTE);
    let jobs = pair.jobs();
    assert_eq!(jobs.len(), 6, "one at once and one every 30 s");
    let clean = jobs.iter().skip(1).find(|job| job.clean).unwrap();
    let previous = |job: &Job| job.template.header().unwrap().previous;
    assert_ne!(previous(clean), previous(&first));
    assert_eq!(
        judged(&mut pair, &old[1]),
        Some(refused(Reject::Stale, "stale-share"))
    );
    let late = share(jobs.last().unwrap(), pair.now);
    assert_eq!(judged(&mut pair, &late), Some(Outcome::Accepted));
}

#[test]
fn a_new_block_comes_when_it_is_asked_for_and_after_one_is_solved() {
    let mut pair = ready(easy_pool());
    let first = pair.last_job();
    pair.pool.new_block(pair.now);
    pair.settle();
    let job = pair.last_job();
    assert!(job.clean && job.key != first.key);
    let solved = (0..20_000).find_map(|_| {
        let share = share(&pair.last_job(), pair.now);
        pair.submit(&share);
        share.is_block().then_some(share)
    });
    let solved = solved.expect("one share in 1024 solves the block");
    let next = pair.last_job();
    assert!(next.clean);
    assert_eq!(next.template.header().unwrap().previous, *solved.hash());
}

#[test]
fn work_with_time_rolled_as_far_as_the_clock_is_accepted() {
    let mut pair = ready(EmulatorSettings {
        extranonce2_size: 4,
        job_interval: 100 * MINUTE,
        ..easy_pool()
    });
    let job = pair.last_job();
    let Template::Coinbase { fixed, .. } = job.template.clone() else {
        panic!("a fixed root");
    };
    pair.advance(MINUTE);
    // Skip to the newest second that the clock allows.
    let mut assignment = midstate::work::Assignment::new(Arc::clone(&job), true);
    job.space
        .take(
            fixed.ntime + 60,
            fixed.ntime + 60,
            midstate::work::Taking::each_of(1),
        )
        .unwrap();
    let unit = assignment.next_work(pair.now).unwrap();
    assert_eq!(unit.rolled().ntime, fixed.ntime + 60);
    let share = crate::support::work::share_of(&unit, 0);
    assert_eq!(judged(&mut pair, &share), Some(Outcome::Accepted));
}

#[test]
fn a_pool_with_a_tiny_extranonce_gets_a_standard_channel() {
    let tiny = EmulatorSettings {
        extranonce2_size: 1,
        ..easy_pool()
    };
    let mut pair = ready(tiny);
    let job = pair.last_job();
    assert!(matches!(job.template, Template::Header(_)));
    assert_eq!(mined(&mut pair, &job), Some(Outcome::Accepted));
    // The second time it asks for standard jobs at once, and gets those.
    pair.events.clear();
    pair.connect();
    let job = pair.last_job();
    assert_eq!(mined(&mut pair, &job), Some(Outcome::Accepted));
    pair.advance(3 * MINUTE);
    let job = pair.last_job();
    assert_eq!(mined(&mut pair, &job), Some(Outcome::Accepted));
    assert!(pair.errors.is_empty(), "{:?}", pair.errors);
}

#[test]
fn standard_channels_can_be_asked_for_and_roll_versions() {
    let mut pair = pair_with(client(), easy_pool(), "?channel=standard&mask=1fffffe0");
    pair.connect();
    let job = pair.last_job();
    assert!(matches!(job.template, Template::Header(_)));
    assert_eq!(job.version_mask, 0x1fff_ffe0);
    let rolled = rolled_share(&job, 0x0123_4560, pair.now);
    assert_eq!(judged(&mut pair, &rolled), Some(Outcome::Accepted));
}

#[test]
fn a_pool_without_version_rolling_is_obeyed() {
    let fixed = EmulatorSettings {
        version_mask: 0,
        ..easy_pool()
    };
    for options in ["", "?channel=standard"] {
        let mut pair = pair_with(client(), fixed.clone(), options);
        pair.connect();
        let job = pair.last_job();
        assert_eq!(job.version_mask, 0, "{options}");
        assert_eq!(mined(&mut pair, &job), Some(Outcome::Accepted));
    }
}

#[test]
fn the_difficulty_follows_the_pace() {
    let mut pair = ready(EmulatorSettings {
        vardiff: Some(60.0),
        ..easy_pool()
    });
    let first = pair.last_job();
    // Four a second where one is wanted.
    let steered = (0..120).find_map(|_| {
        let job = pair.last_job();
        assert_eq!(mined(&mut pair, &job), Some(Outcome::Accepted));
        (pair.last_job().target != first.target).then(|| pair.last_job())
    });
    let steered = steered.expect("the pool has steered");
    assert!(steered.target < first.target);
    assert!(!steered.clean, "the same block");
    let told = |event: &&PoolEvent| matches!(event, PoolEvent::Difficulty(_));
    assert!(pair.events.iter().filter(told).count() > 1);
}

#[test]
fn unjust_verdicts_arrive_as_what_they_are() {
    for (kind, class, code) in [
        (FaultKind::Stale, Reject::Stale, "stale-share"),
        (FaultKind::Duplicate, Reject::Duplicate, "duplicate-share"),
        (
            FaultKind::LowDifficulty,
            Reject::LowDifficulty,
            "difficulty-too-low",
        ),
    ] {
        let mut pair = ready(fault(kind));
        let job = pair.last_job();
        assert_eq!(mined(&mut pair, &job), Some(refused(class, code)));
    }
}

#[test]
fn each_fault_of_the_pool_is_felt_and_survived() {
    let mut pair = ready(fault(FaultKind::NoVerdicts));
    let (id, _) = pair.submit(&share(&pair.last_job(), pair.now));
    pair.advance(MINUTE);
    assert_eq!(pair.verdict(id), Some(Outcome::Unknown));

    let mut pair = ready(fault(FaultKind::Mute));
    pair.advance(MINUTE);
    assert!(
        pair.ends[0].contains("no answer to the Noise handshake"),
        "{:?}",
        pair.ends
    );

    let pair = ready(fault(FaultKind::NoJobs));
    assert!(pair.jobs().is_empty() && pair.is_connected());

    let mut pair = ready(fault(FaultKind::SplitWrites));
    let job = pair.last_job();
    assert_eq!(mined(&mut pair, &job), Some(Outcome::Accepted));

    let mut pair = ready(fault(FaultKind::Garbage));
    let job = pair.last_job();
    assert!(
        pair.errors[0].to_string().contains("SetTarget"),
        "{:?}",
        pair.errors
    );
    assert_eq!(mined(&mut pair, &job), Some(Outcome::Accepted));

    let pair = ready(fault(FaultKind::HugeLine));
    let error = pair.errors[0].clone();
    assert!(
        error.is_fatal() && error.to_string().contains("16777215 bytes"),
        "{error}"
    );

    let pair = ready(fault(FaultKind::Disconnect));
    assert!(!pair.is_connected());

    let pair = ready(fault(FaultKind::Reconnect));
    let redirected = |event: &PoolEvent| {
        matches!(
            event,
            PoolEvent::Redirect {
                host: None,
                port: None,
                ..
            }
        )
    };
    assert!(pair.events.iter().any(redirected));

    let pair = ready(fault(FaultKind::RefuseLogin));
    assert!(pair.ends[0].contains("unknown-user"), "{:?}", pair.ends);
}

#[test]
fn slow_answers_arrive_in_their_order() {
    let second = Duration::from_secs(1);
    let mut pair = pair_with(client(), fault(FaultKind::Slow(second)), "");
    pair.connect();
    pair.advance(3 * second);
    let job = pair.last_job();
    let (id, _) = pair.submit(&share(&job, pair.now));
    pair.advance(second / 2);
    assert_eq!(pair.verdict(id), None);
    pair.advance(second);
    assert_eq!(pair.verdict(id), Some(Outcome::Accepted));
}

#[test]
fn only_the_worker_that_the_pool_knows_is_let_in() {
    let closed = EmulatorSettings {
        login: Some(("worker".to_owned(), Secret::new("not used in SV2"))),
        ..easy_pool()
    };
    assert!(ready(closed.clone()).is_connected());
    let stranger = SessionSettings {
        user: "stranger".to_owned(),
        ..client()
    };
    let mut pair = pair_with(stranger, closed, "");
    pair.connect();
    assert_eq!(
        pair.ends,
        ["the pool refused worker \"stranger\": unknown-user"]
    );
}

#[test]
fn another_pools_key_and_an_old_certificate_are_refused() {
    let other = EmulatorSettings {
        seed: 99,
        ..easy_pool()
    };
    let path = (stratum_v2::PROTOCOL.emulator)(other).url_path();
    let endpoint = Endpoint::parse(&format!("stratum2+tcp://pool.example{path}"));
    let settings = SessionSettings {
        endpoint: endpoint.unwrap().0,
        ..client()
    };
    let mut pair = Pair::of(&stratum_v2::PROTOCOL, settings, easy_pool());
    pair.connect();
    assert!(
        pair.ends[0].contains("not signed by the key in the URL"),
        "{:?}",
        pair.ends
    );

    let mut settings = client();
    settings.wall.unix += 3 * 24 * 3600;
    let mut pair = pair_with(settings, easy_pool(), "");
    pair.connect();
    assert!(pair.ends[0].contains("check the clock"), "{:?}", pair.ends);
    assert!(
        pair.events
            .iter()
            .all(|event| !matches!(event, PoolEvent::Ready))
    );
}

#[test]
fn a_restarted_pool_keeps_its_url_and_another_seed_has_another() {
    let url = |seed| {
        let settings = EmulatorSettings {
            seed,
            ..easy_pool()
        };
        (stratum_v2::PROTOCOL.emulator)(settings).url_path()
    };
    assert_eq!(url(1), url(1));
    assert_ne!(url(1), url(2));
}

#[test]
fn a_pool_that_wants_frames_only_hears_nonsense_and_lives_on() {
    use midstate::pool::{ClientId, Transmit};
    let mut pool = (stratum_v2::PROTOCOL.emulator)(easy_pool());
    let now = std::time::Instant::now();
    for (client, bytes) in [
        (1, vec![0xab; 500]),
        (2, [vec![0; 3], vec![0xff; 3]].concat()),
        (3, crate::peer::frame(0, &[1, 2, 3]).repeat(3)),
        (
            4,
            b"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n{\"id\":2}\n".repeat(3),
        ),
    ] {
        let id = ClientId(client);
        pool.connected(id, now);
        pool.receive(id, &bytes, now);
        let mut did = std::iter::from_fn(|| pool.poll_transmit());
        assert!(
            did.any(|(to, what)| to == id && what == Transmit::Close),
            "client {client}"
        );
        let told = std::iter::from_fn(|| pool.poll_event()).count();
        assert!(told > 0, "client {client}");
    }
}

#[test]
fn frames_are_tapped_in_clear_when_that_is_wanted() {
    let mut pair = pair_with(client(), easy_pool(), "");
    pair.session.tap();
    pair.connect();
    let shown: Vec<String> = std::iter::from_fn(|| pair.session.poll_tapped())
        .map(|(way, frame)| format!("{way:?} {}", (stratum_v2::PROTOCOL.shown)(&frame)))
        .collect();
    for (line, start) in shown.iter().zip([
        "Sent SetupConnection(",
        "Received SetupConnectionSuccess(",
        "Sent OpenExtendedMiningChannel(",
        "Received OpenExtendedMiningChannelSuccess(",
        "Received NewExtendedMiningJob(",
        "Received SetNewPrevHash(",
    ]) {
        assert!(line.starts_with(start), "{line}");
    }
    assert_eq!(shown.len(), 6);
}
