//! Whatever a pool sends, the session says what is wrong with it, keeps its bounds, and goes on or gives the connection up.

use midstate::pool::{CloseReason, Lane};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{BLOB, job, peer};

#[test]
fn bad_jobs_are_named_and_the_third_in_a_row_ends_the_connection() {
    let mut peer = peer();
    peer.tells("job", job("j1"));
    for (at, (key, value)) in [
        ("blob", json!("07".repeat(129))),
        ("target", json!("00000000")),
        ("job_id", json!(7)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut bad = job("j2");
        bad[key] = value;
        let error = peer.tries("job", bad).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("job: {key} must be")),
            "{error}"
        );
        assert_eq!(error.is_fatal(), at == 2);
    }
    assert_eq!(peer.close_reason(), Some(CloseReason::Garbage(3)));
    assert_eq!(peer.jobs(), 1);
}

#[test]
fn a_good_line_forgives_the_bad_ones() {
    let mut peer = peer();
    for number in 0..10 {
        peer.says("}{").unwrap_err();
        peer.tries("job", json!([])).unwrap_err();
        peer.tells("job", job(&number.to_string()));
    }
    assert_eq!((peer.close_reason(), peer.jobs()), (None, 10));
}

/// JSON of any shape.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "[0-9a-f]{0,160}".prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(json!(BLOB)),
        Just(json!("b88d0600")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(field(), inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    let names = [
        "blob",
        "job_id",
        "target",
        "id",
        "algo",
        "seed_hash",
        "variant",
        "message",
        "job",
    ];
    prop::sample::select(names.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_leave_the_session_alive(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6)) {
        let mut peer = peer();
        for line in lines {
            let _ = peer.session.receive(Lane::MAIN, &line, peer.now);
        }
        while peer.session.poll_event().is_some() {}
    }

    #[test]
    fn any_message_leaves_the_session_alive(messages in prop::collection::vec((value(), value()), 0..8)) {
        let mut peer = peer();
        for (id, params) in messages {
            let line = json!({"id": id, "method": "job", "params": params}).to_string();
            let _ = peer.says(&line);
        }
    }

    #[test]
    fn any_answer_leaves_the_session_alive(id in 0_u64..4, result in value(), error in value()) {
        let mut peer = crate::connected();
        let line = json!({"id": id, "result": result, "error": error}).to_string();
        let _ = peer.says(&line);
    }

    #[test]
    fn a_job_is_read_as_it_was_written(
        id in "[!-~]{1,80}",
        rest in prop::collection::vec(any::<u8>(), 33..85),
        nonce in any::<u32>(),
        target in 1_u64..,
    ) {
        let blob = [&[7; 39][..], &nonce.to_le_bytes(), &rest].concat();
        let mut peer = peer();
        let params = json!({"blob": hex::encode(&blob), "job_id": id, "target": hex::encode(target.to_le_bytes())});
        peer.tells("job", params);
        let job = peer.job();
        prop_assert_eq!(&job.key.0[..], id.as_bytes());
        let midstate::work::Template::Blob(read) = &job.template else {
            panic!("a blob");
        };
        prop_assert_eq!(read.input().as_bytes(), &blob[..]);
        let top = u64::from(nonce >> 24);
        let expected = if nonce == 0 { 0..1 << 32 } else { top << 24..(top + 1) << 24 };
        prop_assert_eq!(read.nonces(), expected);
    }
}
