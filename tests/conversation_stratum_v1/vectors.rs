//! The published vectors of the pool's side of things: headers, targets, version bits, and three Stratum jobs.

use std::time::Instant;

use crate::support::data::{fixed_job, rows, text};
use crate::support::pair::{Pair, client};
use crate::support::peer::{Peer, notify};
use crate::support::work::rolled_share;
use midstate::algorithm::sha256d::SHA256D;
use midstate::pool::{
    ClientId, EmulatorEvent, EmulatorSettings, PoolEmulator, SessionSettings, Transmit, stratum_v1,
};
use midstate::units::{CompactTarget, Difficulty, Nonce, Target};
use midstate::work::{Assignment, Checked, Found, Header, Outcome, Reject, Template};
use serde_json::{Value, json};

fn word(row: &Value, field: &str) -> u32 {
    u32::from_str_radix(text(row, field), 16).unwrap()
}

fn header(row: &Value) -> Header {
    let bytes = hex::decode(text(row, "header_80_bytes")).unwrap();
    Header::from_bytes(bytes.try_into().unwrap())
}

#[test]
fn block_headers() {
    for row in rows("block_headers") {
        let header = header(&row);
        assert_eq!(u64::from(header.version()), row["version_u32"]);
        assert_eq!(u64::from(header.ntime()), row["ntime_u32"]);
        assert_eq!(header.nbits(), word(&row, "nbits_hex"));
        assert_eq!(header.nonce().to_u64(), row["nonce_u32"]);
        let hash = SHA256D.hash(header.as_bytes());
        assert_eq!(hash.to_string(), text(&row, "block_hash_display"));
        let target = CompactTarget::from_consensus(header.nbits())
            .to_target()
            .unwrap();
        assert_eq!(target.to_string(), text(&row, "network_target_from_nbits"));
        assert_eq!(target.is_met_by(&hash), row["meets_network_target"]);
        let difficulty = Target::from_le_bytes(*hash.as_internal()).to_difficulty_lossy();
        let expected = row["share_difficulty_bdiff"].as_f64().unwrap();
        assert!((difficulty.get() / expected - 1.0).abs() < 1e-12);
        let zeroed = header.with_nonce(Nonce::from_u32(0));
        assert_eq!(zeroed.with_nonce(header.nonce()), header);
    }
}

#[test]
fn difficulties_are_exact_in_a_session_too() {
    let mut peer = Peer::ready(client());
    for (at, row) in rows("difficulty_to_target").iter().enumerate() {
        let value = row["difficulty"].clone();
        let difficulty = Difficulty::new(value.as_f64().unwrap()).unwrap();
        assert_eq!(
            Target::from_difficulty(difficulty).to_string(),
            text(row, "target")
        );
        peer.tells("mining.set_difficulty", json!([value]));
        let job = peer.gives(notify(&format!("{at}"), 1, false));
        assert_eq!(job.target.to_string(), text(row, "target"), "{value}");
    }
}

#[test]
fn nbits_are_exact_in_a_session_too() {
    let mut peer = Peer::ready(client());
    for row in rows("nbits_to_target") {
        let target = CompactTarget::from_consensus(word(&row, "nbits"))
            .to_target()
            .unwrap();
        assert_eq!(target.to_string(), text(&row, "target"));
        let mut params = notify(text(&row, "nbits"), 1, false);
        params[6] = row["nbits"].clone();
        let job = peer.gives(params);
        assert_eq!(job.network_target, Some(target));
    }
}

#[test]
fn version_bits_are_written_as_bip310_reads_them() {
    for row in rows("version_rolling") {
        let job_version = word(&row, "job_version");
        let header_version = word(&row, "header_version_by_bip310");
        let mut peer = Peer::rolling(client(), text(&row, "negotiated_mask"));
        let mut params = notify("v", 1, false);
        params[5] = row["job_version"].clone();
        let job = peer.gives(params);
        let mask = word(&row, "negotiated_mask");
        assert_eq!(job.version_mask, mask & !job_version);
        let rolled = header_version & !job_version;
        if rolled | job_version != header_version {
            continue; // A bit of the job is cleared: we never do that.
        }
        let share = rolled_share(&job, rolled, peer.now);
        peer.submits(&share);
        let submit = peer.expects("mining.submit");
        let bits = u32::from_str_radix(submit["params"][5].as_str().unwrap(), 16).unwrap();
        assert_eq!(job_version & !mask | bits & mask, header_version, "{row}");
        assert_eq!(job_version | bits, header_version, "as ckpool reads them");
        if row["all_three_agree"] == true {
            assert_eq!(submit["params"][5], row["version_bits_submitted"]);
        }
    }
}

/// The headers that a session's job makes for the vectors' own extranonce2, built here from the job's parts.
#[test]
fn the_jobs_of_the_vectors_make_their_headers() {
    for row in rows("stratum_v1") {
        let mut peer = Peer::connected(SessionSettings {
            version_mask: 0,
            ..client()
        });
        peer.subscribes(json!([[], row["extranonce1"], row["extranonce2_size"]]));
        peer.authorizes();
        let job = peer.gives(row["mining_notify_params"].clone());
        let Template::Coinbase { fixed, coinbase } = &job.template else {
            panic!("a V1 job has a coinbase");
        };
        let extranonce2 = hex::decode(row["mining_submit_params"][2].as_str().unwrap()).unwrap();
        let transaction = coinbase.transaction(&extranonce2);
        assert_eq!(hex::encode(&transaction), text(&row, "coinbase_tx"));
        let id = SHA256D.hash(&transaction);
        assert_eq!(
            hex::encode(id.as_internal()),
            text(&row, "coinbase_txid_internal")
        );
        let previous = hex::encode(fixed.previous.as_internal());
        assert_eq!(previous, text(&row, "prevhash_header_bytes"));
        let solved = header(&row);
        assert_eq!(fixed.version, solved.version());
        assert_eq!(fixed.nbits, solved.nbits());
        let network = job.network_target.unwrap().to_string();
        assert_eq!(network, text(&row, "network_target_from_nbits"));
    }
}

/// The emulated pool judges the published submits by itself.
#[test]
fn an_emulated_pool_accepts_the_published_shares() {
    for row in rows("stratum_v1")
        .iter()
        .filter(|row| row.get("share_difficulty_bdiff").is_some())
    {
        let mut pool = (stratum_v1::PROTOCOL.emulator)(EmulatorSettings {
            fixed_job: Some(fixed_job(row)),
            extranonce2_size: row["extranonce2_size"].as_u64().unwrap() as usize,
            difficulty: Difficulty::ONE,
            ..EmulatorSettings::default()
        });
        let now = Instant::now();
        pool.connected(ClientId(1), now);
        call(&mut *pool, "mining.subscribe", &json!(["test"]), now);
        call(&mut *pool, "mining.authorize", &json!(["worker", "x"]), now);
        call(
            &mut *pool,
            "mining.submit",
            &row["mining_submit_params"],
            now,
        );
        let events: Vec<_> = std::iter::from_fn(|| pool.poll_event()).collect();
        let Some(EmulatorEvent::Share {
            outcome,
            hash,
            is_block,
            difficulty,
            ..
        }) = events.last()
        else {
            panic!("{events:?}");
        };
        assert_eq!(*outcome, Outcome::Accepted);
        assert!(is_block);
        assert_eq!(hash.to_string(), text(row, "block_hash_display"));
        let expected = row["share_difficulty_bdiff"].as_f64().unwrap();
        assert!((difficulty.get() / expected - 1.0).abs() < 1e-12);
        let answers = std::iter::from_fn(|| pool.poll_transmit());
        let last: Vec<u8> = answers
            .filter_map(|(_, transmit)| match transmit {
                Transmit::Send(bytes) => Some(bytes.to_vec()),
                Transmit::Close => None,
            })
            .find(|line| line.starts_with(br#"{"error":null,"id":"mining.submit""#))
            .unwrap();
        assert!(
            String::from_utf8(last)
                .unwrap()
                .contains(r#""result":true"#)
        );
    }
}

#[test]
fn the_fixed_job_reaches_a_session_verbatim() {
    let row = &rows("stratum_v1")[0];
    let settings = EmulatorSettings {
        fixed_job: Some(fixed_job(row)),
        ..EmulatorSettings::default()
    };
    let (pair, job) = Pair::ready(client(), settings);
    assert_eq!(&job.key.0[..], b"bf");
    assert_eq!(job.template.header().unwrap().version, 2);
    assert_eq!(job.target, Target::DIFFICULTY_ONE);
    assert!(pair.errors.is_empty());
}

/// From the Stratum document's own messages through session, work and emulated pool to its real testnet block. Only the time is that
/// of the solved header, where the document's own client had rolled it.
#[test]
fn the_block_of_the_stratum_document_is_found_through_both_ends() {
    let mut row = rows("stratum_v1")[0].clone();
    row["mining_notify_params"][7] = row["mining_submit_params"][3].clone();
    let pool = EmulatorSettings {
        fixed_job: Some(fixed_job(&row)),
        ..EmulatorSettings::default()
    };
    let miner = SessionSettings {
        seed: u64::from(u32::from_le_bytes([0, 0, 0, 1])), // extranonce2 00000001
        version_mask: 0,
        ..client()
    };
    let (mut pair, job) = Pair::ready(miner, pool);
    let unit = Assignment::new(job, false).next_work(pair.now).unwrap();
    let nonce = Nonce::from_u32(0xb295_7c02);
    let Checked::Share(share) = unit.check(Found::nonce(nonce), &Target::MAX) else {
        panic!("it is one");
    };
    assert!(share.is_block());
    assert_eq!(pair.submit(&share).1, Some(Outcome::Accepted));
    let hash = "000000002076870fe65a2b6eeed84fa892c0db924f1482243a6247d931dcab32";
    assert_eq!(share.hash().to_string(), hash);
    let block = pair.pool_events.iter().any(|event| match event {
        EmulatorEvent::Share {
            hash,
            is_block: true,
            ..
        } => hash == share.hash(),
        _ => false,
    });
    assert!(block);
}

#[test]
fn an_emulated_pool_says_what_is_wrong_with_a_share() {
    let row = &rows("stratum_v1")[0];
    let good = &row["mining_submit_params"];
    for (at, value, class, words) in [
        (
            0,
            json!("other"),
            Reject::Unauthorised,
            "Unauthorized worker",
        ),
        (1, json!("be"), Reject::Stale, "Job not found"),
        (
            2,
            json!("000001"),
            Reject::Other,
            "Incorrect size of extranonce2",
        ),
        (2, json!("zz"), Reject::Other, "No nonce2"),
        (
            2,
            json!("00000002"),
            Reject::LowDifficulty,
            "Low difficulty share",
        ),
        (3, json!("504e86b8"), Reject::Other, "Ntime out of range"),
        (3, json!("504ea2da"), Reject::Other, "Ntime out of range"),
        (3, json!("504e"), Reject::Other, "Invalid ntime"),
        (4, json!(7), Reject::Other, "Invalid nonce"),
        (
            5,
            json!("00000000"),
            Reject::Other,
            "Version rolling was not agreed on",
        ),
    ] {
        let mut submit = good.as_array().unwrap().clone();
        submit.resize((at + 1).max(5), Value::Null);
        submit[at] = value;
        let expected = Outcome::Rejected(class, words.to_owned());
        assert_eq!(verdict_on(row, &json!(submit)), expected);
    }
    assert_eq!(verdict_on(row, good), Outcome::Accepted);
}

fn verdict_on(row: &Value, submit: &Value) -> Outcome {
    let mut pool = (stratum_v1::PROTOCOL.emulator)(EmulatorSettings {
        fixed_job: Some(fixed_job(row)),
        ..EmulatorSettings::default()
    });
    let now = Instant::now();
    pool.connected(ClientId(1), now);
    call(&mut *pool, "mining.subscribe", &json!([]), now);
    call(&mut *pool, "mining.authorize", &json!(["worker", ""]), now);
    call(&mut *pool, "mining.submit", submit, now);
    std::iter::from_fn(|| pool.poll_event())
        .find_map(|event| match event {
            EmulatorEvent::Share { outcome, .. } => Some(outcome),
            _ => None,
        })
        .unwrap()
}

fn call(pool: &mut dyn PoolEmulator, method: &str, params: &Value, now: Instant) {
    let line = json!({"id": method, "method": method, "params": params});
    pool.receive(ClientId(1), line.to_string().as_bytes(), now);
}
