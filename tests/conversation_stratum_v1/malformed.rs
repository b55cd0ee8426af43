//! Stratum V1 under bad input: nothing panics, memory stays bounded, the last good job stays.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::support::pair::{Pair, client, easy_pool};
use crate::support::peer::{Peer, notify};
use crate::support::work::share;
use midstate::pool::{ClientId, EmulatorSettings, Lane, PoolEvent, Transmit, stratum_v1};
use midstate::units::Target;
use midstate::work::{Job, Outcome, Template};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Lines that a pool sends, to be spoilt.
fn pool_lines() -> Vec<String> {
    let call = |method: &str, params: Value| {
        json!({"id": null, "method": method, "params": params}).to_string()
    };
    vec![
        call("mining.notify", notify("1", 1, true)),
        call("mining.notify", notify("2", 1, false)),
        call("mining.set_difficulty", json!([0.001])),
        call("mining.set_target", json!(["0f".repeat(32)])),
        call("mining.set_extranonce", json!(["aabbccdd", 4])),
        call("mining.set_version_mask", json!(["1fffe000"])),
        call("client.reconnect", json!(["pool.example", 3333, 5])),
        call("client.show_message", json!(["hello"])),
        json!({"id": 9, "method": "client.get_version", "params": []}).to_string(),
        json!({"id": 1, "result": {"version-rolling": true, "version-rolling.mask": "1fffe000"}, "error": null}).to_string(),
        json!({"id": 2, "result": [[["mining.notify", "s"]], "08000002", 4], "error": null}).to_string(),
        json!({"id": 3, "result": true, "error": null}).to_string(),
        json!({"id": 4, "result": null, "error": [21, "stale", null]}).to_string(),
    ]
}

/// Lines that a miner sends, to be spoilt.
fn miner_lines() -> Vec<String> {
    let call = |method: &str, params: Value| {
        json!({"id": 1, "method": method, "params": params}).to_string()
    };
    vec![
        call(
            "mining.configure",
            json!([["version-rolling"], {"version-rolling.mask": "1fffe000"}]),
        ),
        call("mining.subscribe", json!(["agent", "session"])),
        call("mining.authorize", json!(["worker", "x"])),
        call(
            "mining.submit",
            json!([
                "worker", "1", "00000000", "6553f100", "00000000", "00000000"
            ]),
        ),
        call("mining.suggest_difficulty", json!([1000])),
        call("mining.suggest_target", json!(["0f".repeat(32)])),
        call("mining.extranonce.subscribe", json!([])),
        call("mining.get_transactions", json!(["1"])),
    ]
}

/// Spoils a line: bytes changed, cut, doubled, put in; or a value of the JSON replaced.
fn spoilt(line: &str, random: &mut StdRng) -> Vec<u8> {
    if random.random_bool(0.5)
        && let Ok(mut value) = serde_json::from_str(line)
    {
        spoil_value(&mut value, random);
        return value.to_string().into_bytes();
    }
    let mut bytes = line.as_bytes().to_vec();
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(0..bytes.len().max(1)).min(bytes.len());
        match random.random_range(0..4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.random()),
            2 => {
                let rest = bytes[at..].to_vec();
                bytes.extend(rest);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.random();
                }
            }
        }
    }
    bytes
}

fn spoil_value(value: &mut Value, random: &mut StdRng) {
    match value {
        Value::Array(items) if !items.is_empty() && random.random_bool(0.8) => {
            let at = random.random_range(0..items.len());
            spoil_value(&mut items[at], random);
        }
        Value::Object(object) if !object.is_empty() && random.random_bool(0.9) => {
            let at = random.random_range(0..object.len());
            if let Some((_, inner)) = object.iter_mut().nth(at) {
                spoil_value(inner, random);
            }
        }
        other => *other = odd_value(random),
    }
}

fn odd_value(random: &mut StdRng) -> Value {
    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("zz"),
        json!("00"),
        json!("ffffffff"),
        json!("\u{202e}\n"),
        json!("ab".repeat(2000)),
        json!([]),
        json!({}),
        json!(vec!["00".repeat(32); 40]),
    ];
    odd[random.random_range(0..odd.len())].clone()
}

#[test]
fn spoilt_lines_never_hurt_a_session() {
    let lines = pool_lines();
    for seed in 0..300 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut peer = if seed % 2 == 0 {
            Peer::connected(client())
        } else {
            Peer::rolling(client(), "1fffe000")
        };
        for _ in 0..60 {
            let line = &lines[random.random_range(0..lines.len())];
            let bytes = spoilt(line, &mut random);
            let _ = peer.session.receive(Lane::MAIN, &bytes, peer.now);
            let _ = peer.says(line);
            let job = peer.events.iter().rev().find_map(|event| match event {
                PoolEvent::Job(job) => Some(Arc::clone(job)),
                _ => None,
            });
            if let Some(job) = job.filter(|job| job.target >= Target::from_zero_bits(12)) {
                peer.submits(&share(&job, peer.now));
            }
            peer.waits(Duration::from_millis(random.random_range(0..3000)));
            while peer.next_line().is_some() {}
            if peer.close_reason().is_some() {
                break;
            }
        }
        peer.hangs_up();
    }
}

#[test]
fn mining_goes_on_with_the_last_good_job() {
    let mut random = StdRng::seed_from_u64(1);
    let lines = pool_lines();
    let mut peer = Peer::ready(client());
    let good = peer.gives(notify("good", 1, true));
    for round in 0..300 {
        let bytes = spoilt(&lines[0], &mut random);
        if peer.session.receive(Lane::MAIN, &bytes, peer.now).is_ok() {
            continue;
        }
        peer.easy(); // A good line between: the connection stays.
        let id = peer.submits(&share(&good, peer.now));
        if peer.verdict(id).is_none() {
            let submit = peer.expects("mining.submit");
            peer.answers(&submit, json!(true));
            assert_eq!(peer.verdict(id), Some(Outcome::Accepted), "round {round}");
        }
        while peer.next_line().is_some() {}
    }
    assert_eq!(peer.close_reason(), None);
}

#[test]
fn a_flood_of_jobs_leaves_only_the_last_ones_in_memory() {
    let mut peer = Peer::ready(client());
    let mut jobs: Vec<Weak<Job>> = Vec::new();
    for number in 0..2_000 {
        let mut params = notify(&format!("{number}"), (number % 5) as u8, number % 7 == 0);
        params[3] = json!(format!("{number:08x}"));
        jobs.push(Arc::downgrade(&peer.gives(params)));
        peer.events.clear();
    }
    let alive = jobs.iter().filter(|job| job.strong_count() > 0).count();
    assert!((1..=32).contains(&alive), "{alive}");
    peer.hangs_up();
    assert!(jobs.iter().all(|job| job.strong_count() == 0));
}

#[test]
fn spoilt_lines_never_hurt_an_emulated_pool() {
    let lines = miner_lines();
    for seed in 0..300 {
        let mut random = StdRng::seed_from_u64(seed);
        let mut pool = (stratum_v1::PROTOCOL.emulator)(EmulatorSettings {
            vardiff: Some(20.0),
            seed,
            ..easy_pool()
        });
        let mut now = Instant::now();
        let client = ClientId(1);
        pool.connected(client, now);
        for line in lines.iter().cycle().take(60) {
            pool.receive(client, &spoilt(line, &mut random), now);
            if random.random_bool(0.5) {
                pool.receive(client, line.as_bytes(), now);
            }
            now += Duration::from_millis(random.random_range(0..20_000));
            pool.handle_timeout(now);
            let sent = std::iter::from_fn(|| pool.poll_transmit());
            let closed = sent
                .filter(|(_, transmit)| *transmit == Transmit::Close)
                .count();
            while pool.poll_event().is_some() {}
            if closed > 0 {
                pool.connected(client, now);
            }
        }
        // A good client is served all the same.
        let good = ClientId(2);
        pool.connected(good, now);
        for line in &lines[1..3] {
            pool.receive(good, line.as_bytes(), now);
        }
        let sent = std::iter::from_fn(|| pool.poll_transmit());
        let jobs = sent.filter(|(to, transmit)| match transmit {
            Transmit::Send(bytes) => {
                *to == good && bytes.windows(13).any(|part| part == b"mining.notify")
            }
            Transmit::Close => false,
        });
        assert!(
            jobs.count() >= 2,
            "its subscription names it, its first job is one"
        );
    }
}

#[test]
fn an_emulated_pool_drops_clients_that_talk_nonsense_or_too_long() {
    let mut pair = Pair::new(client(), easy_pool());
    pair.connect();
    let now = pair.now;
    let closes = |pool: &mut dyn midstate::pool::PoolEmulator| {
        std::iter::from_fn(|| pool.poll_transmit())
            .filter(|(_, transmit)| *transmit == Transmit::Close)
            .count()
    };
    for number in 10..12 {
        pair.pool.connected(ClientId(number), now);
    }
    for _ in 0..2 {
        pair.pool.receive(ClientId(10), b"}{", now);
    }
    assert_eq!(closes(&mut *pair.pool), 0);
    pair.pool.receive(ClientId(10), b"[]", now);
    assert_eq!(closes(&mut *pair.pool), 1);
    let long = format!(r#"{{"id":1,"method":"{}"}}"#, "x".repeat(1024));
    pair.pool.receive(ClientId(11), long.as_bytes(), now);
    assert_eq!(closes(&mut *pair.pool), 1);
    let (_, verdict) = pair.submit(&share(&pair.last_job(), now));
    assert_eq!(verdict, Some(Outcome::Accepted));
}

fn hex_text(bytes: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Value> {
    prop::collection::vec(any::<u8>(), bytes).prop_map(|bytes| json!(hex::encode(bytes)))
}

fn any_item() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,300}".prop_map(|text| json!(text)),
        hex_text(0..80),
        prop::collection::vec(hex_text(30..34), 0..40).prop_map(Value::from),
        any::<u32>().prop_map(|word| json!(format!("{word:08x}"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// A notify with anything anywhere is refused, or makes a job that is what the notify says.
    #[test]
    fn a_changed_notify_errs_or_makes_a_consistent_job(
        changes in prop::collection::vec((0_usize..11, any_item()), 1..3),
        length in 0_usize..12,
    ) {
        let mut params = notify("1", 1, true);
        let items = params.as_array_mut().unwrap();
        for (at, item) in changes {
            if at < items.len() { items[at] = item } else { items.push(item) }
        }
        if length < 3 {
            items.truncate(8 + length);
        }
        let mut peer = Peer::ready(client());
        if peer.tries("mining.notify", params.clone()).is_ok() {
            let job = peer.job();
            let said = |at: usize| params[at].as_str().unwrap().to_ascii_lowercase();
            prop_assert_eq!(&job.key.0[..], params[0].as_str().unwrap().as_bytes());
            let Template::Coinbase { fixed, coinbase } = &job.template else { panic!() };
            let transaction = hex::encode(coinbase.transaction(&[0; 4]));
            prop_assert_eq!(transaction, format!("{}08000002{:08}{}", said(2), 0, said(3)));
            prop_assert_eq!(fixed.version, u32::from_str_radix(&said(5), 16).unwrap());
            prop_assert_eq!(fixed.ntime, u32::from_str_radix(&said(7), 16).unwrap());
            prop_assert!(job.clean);
        } else {
            prop_assert_eq!(peer.jobs(), 0);
        }
    }

    /// Any bytes at all.
    #[test]
    fn any_bytes_are_survived(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6)) {
        let mut peer = Peer::ready(client());
        let (mut pair, _) = Pair::ready(client(), easy_pool());
        for line in &lines {
            let _ = peer.session.receive(Lane::MAIN, line, peer.now);
            pair.pool.receive(ClientId(1), line, pair.now);
        }
        pair.settle();
    }
}
