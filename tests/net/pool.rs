//! Stratum end to end: the real session over a link, against the real emulated pool, served on loopback.

use std::time::{Duration, Instant};

use midstate::net::{LinkCommand, LinkEvent, ServeCommand, serve};
use midstate::pool::{
    EmulatorEvent, EmulatorSettings, Fault, FaultKind, PROTOCOLS, PoolEvent, SessionSettings,
    SoloSettings, WallTime,
};
use midstate::units::{Difficulty, Nonce, Secret, Target};
use midstate::work::{Assignment, Checked, Found, Job, Outcome, Reject, Share, SourceId, WorkUnit};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::rig::{Rig, at_once, listen, settings};

struct Pool {
    rig: Rig,
    control: mpsc::Sender<ServeCommand>,
    events: mpsc::UnboundedReceiver<EmulatorEvent>,
}

/// A link to a served pool with a fault from the start.
async fn pool(fault: Option<FaultKind>) -> Pool {
    let protocol = PROTOCOLS[0];
    let (listener, port) = listen().await;
    let emulator = (protocol.emulator)(EmulatorSettings {
        difficulty: Difficulty::new(1e-6).unwrap(),
        login: Some(("me.1".into(), Secret::new("hunter2"))),
        faults: Vec::from_iter(fault.map(|kind| Fault {
            after: Duration::ZERO,
            lasting: Duration::MAX,
            kind,
        })),
        ..EmulatorSettings::default()
    });
    let (control, orders) = mpsc::channel(4);
    let (told, events) = mpsc::unbounded_channel();
    tokio::spawn(serve(listener, emulator, protocol.framing, orders, told));
    let rig = stratum_rig(port).await;
    Pool {
        rig,
        control,
        events,
    }
}

/// A link with the real session, told to connect.
async fn stratum_rig(port: u16) -> Rig {
    let protocol = PROTOCOLS[0];
    let mut settings = settings("127.0.0.1", port);
    settings.endpoint.protocol = protocol;
    settings.backoff = at_once();
    let endpoint = settings.endpoint.clone();
    let session = (protocol.session)(SessionSettings {
        algorithm: &midstate::algorithm::sha256d::SHA256D,
        source: SourceId(7),
        user: "me.1".into(),
        pass: Secret::new("hunter2"),
        agent: "midstate/test".into(),
        version_mask: 0x1fff_e000,
        suggest_difficulty: None,
        subscribe_extranonce: true,
        submit_stale: false,
        algorithm_named: false,
        seed: 1,
        endpoint,
        wall: WallTime {
            at: Instant::now(),
            unix: 1_700_000_000,
        },
        solo: SoloSettings::default(),
    });
    let rig = Rig::with_session(settings, session, 64);
    rig.order(LinkCommand::Connect).await;
    rig
}

impl Pool {
    async fn job(&mut self) -> std::sync::Arc<Job> {
        loop {
            match self.rig.next().await {
                LinkEvent::Pool(PoolEvent::Job(job)) => return job,
                LinkEvent::Lost { why, .. } => panic!("{why}"),
                _ => {}
            }
        }
    }

    /// Sends a share; its verdict.
    async fn judge(&mut self, share: &Share, ticket: u64) -> (Outcome, Option<Duration>) {
        let share = share.clone();
        self.rig.order(LinkCommand::Submit { share, ticket }).await;
        loop {
            match self.rig.next().await {
                LinkEvent::Verdict {
                    ticket: judged,
                    outcome,
                    latency,
                } => {
                    assert_eq!(judged, ticket);
                    return (outcome, latency);
                }
                LinkEvent::Lost { why, .. } => panic!("{why}"),
                _ => {}
            }
        }
    }
}

/// Shares of one piece of work, found by trying.
fn shares(work: &WorkUnit) -> impl Iterator<Item = Share> {
    let anything = Target::from_le_bytes([0xff; 32]);
    (0..u32::MAX).filter_map(move |nonce| {
        let nonce = Nonce::from_u32(nonce);
        let found = Found {
            nonce,
            version: None,
        };
        match work.check(found, &anything) {
            Checked::Share(share) => Some(share),
            _ => None,
        }
    })
}

#[tokio::test]
async fn shares_are_accepted_duplicates_and_stale_ones_are_not() {
    let mut pool = pool(None).await;
    let job = pool.job().await;
    let work = Assignment::new(job, false)
        .next_work(Instant::now())
        .unwrap();
    let found: Vec<_> = shares(&work).take(4).collect();
    for (ticket, share) in found[..3].iter().enumerate() {
        let (outcome, latency) = pool.judge(share, ticket as u64).await;
        assert_eq!(outcome, Outcome::Accepted);
        assert!(latency.is_some());
    }
    let (outcome, _) = pool.judge(&found[0], 3).await;
    assert!(
        matches!(outcome, Outcome::Rejected(Reject::Duplicate, _)),
        "{outcome:?}"
    );
    pool.control.send(ServeCommand::NewBlock).await.unwrap();
    assert!(pool.job().await.clean);
    let (outcome, _) = pool.judge(&found[3], 4).await;
    assert!(
        matches!(outcome, Outcome::Rejected(Reject::Stale, _)),
        "{outcome:?}"
    );
    let mut accepted = 0;
    while let Ok(event) = pool.events.try_recv() {
        if let EmulatorEvent::Share { outcome, .. } = event {
            accepted += u32::from(outcome == Outcome::Accepted);
        }
    }
    assert_eq!(accepted, 3);
}

#[tokio::test]
async fn one_byte_writes_make_no_difference() {
    let mut pool = pool(Some(FaultKind::SplitWrites)).await;
    let job = pool.job().await;
    let work = Assignment::new(job, false)
        .next_work(Instant::now())
        .unwrap();
    let share = shares(&work).next().unwrap();
    assert_eq!(pool.judge(&share, 1).await.0, Outcome::Accepted);
}

#[tokio::test]
async fn garbage_is_told_and_mining_goes_on() {
    let mut pool = pool(Some(FaultKind::Garbage)).await;
    loop {
        if let LinkEvent::Complaint(text) = pool.rig.next().await {
            assert!(text.starts_with("unusable line ignored: "), "{text}");
            break;
        }
    }
    let job = pool.job().await;
    let work = Assignment::new(job, false)
        .next_work(Instant::now())
        .unwrap();
    let share = shares(&work).next().unwrap();
    assert_eq!(pool.judge(&share, 1).await.0, Outcome::Accepted);
}

#[tokio::test]
async fn a_line_without_end_costs_the_connection() {
    let mut pool = pool(Some(FaultKind::HugeLine)).await;
    let (why, retry_in) = pool.rig.lost().await;
    assert!(
        why.starts_with("the pool sent a line of more than "),
        "{why}"
    );
    assert!(retry_in.is_some());
}

#[tokio::test]
async fn a_refused_login_is_told_and_tried_again_late() {
    let mut pool = pool(Some(FaultKind::RefuseLogin)).await;
    let (why, retry_in) = pool.rig.lost().await;
    assert!(why.starts_with("the pool refused worker \"me.1\""), "{why}");
    assert!(retry_in.unwrap() >= Duration::from_secs(24));
}

#[tokio::test]
async fn three_reconnects_are_followed_and_the_fourth_is_not() {
    let mut pool = pool(Some(FaultKind::Reconnect)).await;
    for _ in 0..3 {
        let (why, _) = pool.rig.lost().await;
        assert!(
            why.starts_with("the pool sends us to stratum+tcp://127.0.0.1:"),
            "{why}"
        );
    }
    let job = pool.job().await;
    let work = Assignment::new(job, false)
        .next_work(Instant::now())
        .unwrap();
    let share = shares(&work).next().unwrap();
    assert_eq!(pool.judge(&share, 1).await.0, Outcome::Accepted);
}

#[tokio::test]
async fn a_share_that_the_pool_never_answers_ends_as_unknown_when_it_stops() {
    let mut pool = pool(Some(FaultKind::NoVerdicts)).await;
    let job = pool.job().await;
    let work = Assignment::new(job, false)
        .next_work(Instant::now())
        .unwrap();
    let share = shares(&work).next().unwrap();
    pool.rig
        .order(LinkCommand::Submit { share, ticket: 9 })
        .await;
    loop {
        if let Some(EmulatorEvent::Share { .. }) = pool.events.recv().await {
            break;
        }
    }
    pool.control.send(ServeCommand::Stop).await.unwrap();
    loop {
        if let LinkEvent::Verdict {
            ticket, outcome, ..
        } = pool.rig.next().await
        {
            assert_eq!((ticket, outcome), (9, Outcome::Unknown));
            break;
        }
    }
}

#[tokio::test]
async fn random_bytes_end_connections_never_the_link() {
    let (listener, port) = listen().await;
    let mut rig = stratum_rig(port).await;
    let mut dice = StdRng::seed_from_u64(5);
    for _ in 0..40 {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; dice.random_range(1..20_000)];
        dice.fill(&mut bytes[..]);
        for byte in &mut bytes {
            // Lines and JSON's own signs more often than chance has them.
            if dice.random_ratio(1, 8) {
                *byte = b"\n{}[]\":,"[dice.random_range(0..8)];
            }
        }
        // The link may hang up in the middle.
        let _ = stream.write_all(&bytes).await;
        drop(stream);
        let (why, retry_in) = rig.lost().await;
        assert!(!why.is_empty() && !why.contains(char::is_control), "{why}");
        assert!(retry_in.is_some());
    }
    rig.submit(1).await;
    loop {
        if let LinkEvent::Verdict { ticket, .. } = rig.next().await {
            assert_eq!(ticket, 1);
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_mute_pool_is_given_up_by_the_session() {
    let mut pool = pool(Some(FaultKind::Mute)).await;
    let (why, _) = pool.rig.lost().await;
    assert!(why.starts_with("no answer to "), "{why}");
}
