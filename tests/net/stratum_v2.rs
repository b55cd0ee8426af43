//! Stratum V2 over loopback sockets: the real session over a link, against scripted pools that go wrong at every step, and against
//! the real emulated pool.

use std::time::{Duration, Instant};

use binary_sv2::{GetSize, Serialize};
use common_messages_sv2::SetupConnectionSuccessOwned;
use midstate::net::{
    LinkCare, LinkCommand, LinkEvent, LinkSettings, ServeCommand, WallClock, serve,
};
use midstate::pool::{
    EmulatorEvent, EmulatorSettings, Endpoint, Fault, FaultKind, PoolEvent, SessionSettings,
    WallTime, stratum_v2,
};
use midstate::units::{Difficulty, Nonce, Secret, Target};
use midstate::work::{Assignment, Checked, Found, Outcome, SourceId};
use noise_sv2::{NoiseEngine, Responder};
use rand_08::SeedableRng as _;
use rand_08::rngs::StdRng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::rig::{Rig, at_once, listen, settings};

/// Time by the miner's clock, and of the scripted pools' certificates.
const NOW: u32 = 1_700_000_000;
const DAY: Duration = Duration::from_secs(86_400);

/// An authority that signs scripted pools' certificates.
#[derive(Clone, Copy)]
struct Authority {
    secret: [u8; 32],
    public: [u8; 32],
}

impl Authority {
    fn new(secret: u8) -> Self {
        let secret = [secret; 32];
        let context = secp256k1::Secp256k1::signing_only();
        let pair = secp256k1::Keypair::from_seckey_slice(&context, &secret).unwrap();
        let public = pair.x_only_public_key().0.serialize();
        Self { secret, public }
    }

    /// What follows the port in its pools' URLs.
    fn path(self) -> String {
        let content = [&[1, 0][..], &self.public].concat();
        let sum = midstate::algorithm::sha256d::SHA256D.hash(&content);
        let bytes = [&content[..], &sum.as_internal()[..4]].concat();
        format!("/{}", bs58::encode(bytes).into_string())
    }
}

/// A link with the real session to a pool of this machine.
async fn rig_at(port: u16, path: &str) -> Rig {
    let endpoint = Endpoint::parse(&format!("stratum2+tcp://127.0.0.1:{port}{path}"));
    let settings = LinkSettings {
        endpoint: endpoint.unwrap().0,
        backoff: at_once(),
        care: LinkCare {
            wall: WallClock(|| NOW.into()),
            ..LinkCare::default()
        },
        ..settings("127.0.0.1", port)
    };
    let session = (stratum_v2::PROTOCOL.session)(SessionSettings {
        source: SourceId(7),
        user: "me.1".into(),
        pass: Secret::new("hunter2"),
        agent: "midstate/test".into(),
        version_mask: 0x1fff_e000,
        suggest_difficulty: None,
        subscribe_extranonce: true,
        submit_stale: false,
        algorithm_named: false,
        algorithm: &midstate::algorithm::sha256d::SHA256D,
        seed: 1,
        endpoint: settings.endpoint.clone(),
        // What the program read at its start, before the machine's clock was set: each connection is to look again.
        wall: WallTime {
            at: Instant::now(),
            unix: u64::from(NOW) - 3 * DAY.as_secs(),
        },
        solo: midstate::pool::SoloSettings::default(),
    });
    let rig = Rig::with_session(settings, session, 64);
    rig.order(LinkCommand::Connect).await;
    rig
}

/// The pool's end of a connection.
struct Peer {
    stream: TcpStream,
    engine: Option<NoiseEngine>,
}

impl Peer {
    async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            engine: None,
        }
    }

    /// The answer to the miner's call, signed by `authority` at time `at`.
    async fn answer(&mut self, authority: Authority, at: u32) -> Vec<u8> {
        let mut call = [0; 64];
        self.stream.read_exact(&mut call).await.unwrap();
        let mut random = StdRng::seed_from_u64(3);
        let Authority { secret, public } = authority;
        let mut responder =
            Responder::from_authority_kp_with_rng(&public, &secret, DAY, &mut random).unwrap();
        let answered = responder.step_1_with_now_rng(call, at, &mut random);
        let (answer, engine) = answered.unwrap();
        self.engine = Some(engine);
        answer.to_vec()
    }

    /// A connection whose handshake is done.
    async fn shaken(listener: &TcpListener, authority: Authority) -> Self {
        let mut peer = Self::accept(listener).await;
        let answer = peer.answer(authority, NOW).await;
        peer.write(&answer).await;
        peer
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// A frame as it goes over the wire.
    fn seal(&mut self, kind: u8, payload: &[u8]) -> Vec<u8> {
        let engine = self.engine.as_mut().unwrap();
        let length = (payload.len() as u32).to_le_bytes();
        let mut wire = vec![0, 0, kind, length[0], length[1], length[2]];
        engine.encrypt(&mut wire).unwrap();
        for piece in payload.chunks(65_519) {
            let mut piece = piece.to_vec();
            engine.encrypt(&mut piece).unwrap();
            wire.extend(piece);
        }
        wire
    }

    fn seal_message(&mut self, kind: u8, message: impl Serialize + GetSize) -> Vec<u8> {
        let payload = binary_sv2::to_bytes(message).unwrap();
        self.seal(kind, &payload)
    }

    /// The type of the next message from the miner.
    async fn hears(&mut self) -> u8 {
        let mut header = vec![0; 22];
        self.stream.read_exact(&mut header).await.unwrap();
        let engine = self.engine.as_mut().unwrap();
        engine.decrypt(&mut header).unwrap();
        let length = usize::from(header[3]) + (usize::from(header[4]) << 8);
        let mut payload = vec![0; length + 16];
        self.stream.read_exact(&mut payload).await.unwrap();
        engine.decrypt(&mut payload).unwrap();
        header[2]
    }
}

fn success() -> SetupConnectionSuccessOwned {
    let (used_version, flags) = (2, 0);
    SetupConnectionSuccessOwned {
        used_version,
        flags,
    }
}

/// Why a link is lost to a pool that answers the handshake so.
async fn lost_after(change: impl FnOnce(Vec<u8>) -> Vec<u8>, signer: Authority, at: u32) -> String {
    let (listener, port) = listen().await;
    let mut rig = rig_at(port, &Authority::new(1).path()).await;
    let mut peer = Peer::accept(&listener).await;
    let answer = peer.answer(signer, at).await;
    peer.write(&change(answer)).await;
    peer.stream.shutdown().await.unwrap();
    rig.lost().await.0
}

#[tokio::test]
async fn a_pool_that_does_not_prove_itself_is_left() {
    let (ours, theirs) = (Authority::new(1), Authority::new(2));
    let why = lost_after(|answer| answer, theirs, NOW).await;
    assert!(why.contains("not signed by the key in the URL"), "{why}");
    for at in [NOW - 2 * 86_400, NOW + 3600] {
        let why = lost_after(|answer| answer, ours, at).await;
        assert!(why.contains("check the clock"), "{why}");
    }
    let tampered = |mut answer: Vec<u8>| {
        answer[100] ^= 1;
        answer
    };
    let why = lost_after(tampered, ours, NOW).await;
    assert!(why.contains("does not decrypt"), "{why}");
    let garbage = |answer: Vec<u8>| vec![0x5a; answer.len()];
    let why = lost_after(garbage, ours, NOW).await;
    assert!(why.contains("does not decrypt"), "{why}");
    let short = |answer: Vec<u8>| answer[..200].to_vec();
    let why = lost_after(short, ours, NOW).await;
    assert!(why.contains("closed the connection"), "{why}");
    let http = |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".repeat(20);
    let why = lost_after(http, ours, NOW).await;
    assert!(why.contains("does not speak Stratum V2"), "{why}");
}

#[tokio::test]
async fn an_answer_to_an_older_call_is_refused() {
    let authority = Authority::new(1);
    let (listener, port) = listen().await;
    let mut rig = rig_at(port, &authority.path()).await;
    let mut first = Peer::accept(&listener).await;
    let recorded = first.answer(authority, NOW).await;
    drop(first);
    let _ = rig.lost().await;
    let mut second = Peer::accept(&listener).await;
    second.write(&recorded).await;
    let (why, _) = rig.lost().await;
    assert!(why.contains("does not decrypt"), "{why}");
}

#[tokio::test]
async fn replayed_and_changed_frames_end_the_connection() {
    let authority = Authority::new(1);
    let (listener, port) = listen().await;
    let mut rig = rig_at(port, &authority.path()).await;
    // The same frame twice.
    let mut peer = Peer::shaken(&listener, authority).await;
    assert_eq!(peer.hears().await, 0x00);
    let frame = peer.seal_message(0x01, success());
    peer.write(&frame).await;
    assert_eq!(peer.hears().await, 0x13);
    peer.write(&frame).await;
    let (why, _) = rig.lost().await;
    assert!(why.contains("header does not decrypt"), "{why}");
    // One bit of a payload.
    let mut peer = Peer::shaken(&listener, authority).await;
    let mut frame = peer.seal_message(0x01, success());
    frame[24] ^= 0x10;
    peer.write(&frame).await;
    let (why, _) = rig.lost().await;
    assert!(why.contains("payload does not decrypt"), "{why}");
    // A pool whose frames are not encrypted at all.
    let mut peer = Peer::shaken(&listener, authority).await;
    peer.write(&[0, 0, 1, 6, 0, 0, 2, 0, 0, 0, 0, 0].repeat(4))
        .await;
    let (why, _) = rig.lost().await;
    assert!(why.contains("does not decrypt"), "{why}");
}

#[tokio::test]
async fn frames_beyond_every_bound_and_useless_ones_end_the_connection() {
    let authority = Authority::new(1);
    let (listener, port) = listen().await;
    let mut rig = rig_at(port, &authority.path()).await;
    let mut peer = Peer::shaken(&listener, authority).await;
    let huge = peer.seal(0x1f, &vec![0; 1 << 20]);
    // The header alone is enough.
    peer.write(&huge[..22]).await;
    let (why, _) = rig.lost().await;
    assert!(why.contains("1048576 bytes is announced"), "{why}");
    // Truncated and wrong payloads, three in a row.
    let mut peer = Peer::shaken(&listener, authority).await;
    for payload in [&[2, 0, 0, 0][..], &[], &[0; 7]] {
        let frame = peer.seal(0x01, payload);
        peer.write(&frame).await;
    }
    let (why, _) = rig.lost().await;
    assert!(why.contains("3 unusable"), "{why}");
    // A frame that stops in the middle.
    let mut peer = Peer::shaken(&listener, authority).await;
    let frame = peer.seal_message(0x01, success());
    peer.write(&frame[..30]).await;
    drop(peer);
    let (why, _) = rig.lost().await;
    assert!(why.contains("closed the connection"), "{why}");
}

#[tokio::test]
async fn a_pool_that_writes_byte_by_byte_is_understood() {
    let authority = Authority::new(1);
    let (listener, port) = listen().await;
    let _rig = rig_at(port, &authority.path()).await;
    let mut peer = Peer::accept(&listener).await;
    let answer = peer.answer(authority, NOW).await;
    // The answer and the first frame run into each other.
    let frame = peer.seal_message(0x01, success());
    for byte in [&answer[..], &frame].concat() {
        peer.write(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.hears().await, 0x00);
    assert_eq!(peer.hears().await, 0x13);
}

/// Serves the emulated pool and mines a share on it, over a link.
async fn mine_on(fault: Option<FaultKind>, in_clear: bool) -> (Outcome, Vec<EmulatorEvent>) {
    let emulator = (stratum_v2::PROTOCOL.emulator)(EmulatorSettings {
        difficulty: Difficulty::new(1e-6).unwrap(),
        faults: Vec::from_iter(fault.map(|kind| Fault {
            after: Duration::ZERO,
            lasting: Duration::MAX,
            kind,
        })),
        ..EmulatorSettings::default()
    });
    let path = if in_clear {
        String::new()
    } else {
        emulator.url_path()
    };
    let (listener, port) = listen().await;
    let (_control, orders) = mpsc::channel::<ServeCommand>(4);
    let (told, mut events) = mpsc::unbounded_channel();
    let framing = stratum_v2::PROTOCOL.framing;
    tokio::spawn(serve(listener, emulator, framing, orders, told));
    let mut rig = rig_at(port, &path).await;
    let job = loop {
        match rig.next().await {
            LinkEvent::Pool(PoolEvent::Job(job)) => break job,
            LinkEvent::Lost { why, .. } => panic!("{why}"),
            _ => {}
        }
    };
    let unit = Assignment::new(job, false)
        .next_work(Instant::now())
        .unwrap();
    let share = (0..u32::MAX).find_map(|nonce| {
        let found = Found::nonce(Nonce::from_u32(nonce));
        match unit.check(found, &Target::MAX) {
            Checked::Share(share) => Some(share),
            _ => None,
        }
    });
    let (share, ticket) = (share.unwrap(), 5);
    rig.order(LinkCommand::Submit { share, ticket }).await;
    let outcome = loop {
        match rig.next().await {
            LinkEvent::Verdict { outcome, .. } => break outcome,
            LinkEvent::Lost { why, .. } => panic!("{why}"),
            _ => {}
        }
    };
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        seen.push(event);
    }
    (outcome, seen)
}

#[tokio::test]
async fn the_emulated_pool_takes_shares_encrypted_in_clear_and_byte_by_byte() {
    for (fault, in_clear) in [
        (None, false),
        (None, true),
        (Some(FaultKind::SplitWrites), false),
    ] {
        let (outcome, events) = mine_on(fault, in_clear).await;
        assert_eq!(outcome, Outcome::Accepted);
        let logins = events
            .iter()
            .filter(|event| matches!(event, EmulatorEvent::Login { .. }));
        assert_eq!(logins.count(), 1);
    }
}
