//! getwork's codec against the published vectors, and against whatever else comes.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn vectors() -> Value {
    let text = include_str!("../../../../tests/data/http-pools.json");
    serde_json::from_str::<Value>(text).unwrap()["getwork"].clone()
}

fn answer(result: &Value) -> Vec<u8> {
    json!({"result": result, "error": null, "id": 0})
        .to_string()
        .into_bytes()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

#[test]
fn the_documents_answer_yields_its_midstate() {
    let vector = &vectors()["seed_000_sample"];
    let work = Work::parse(&answer(vector)).unwrap();
    assert!(!work.wrong_midstate);
    let header = work.header.header(work.header.version, work.header.ntime);
    assert_eq!(
        hex::encode(header.midstate().to_le_bytes()),
        text(vector, "midstate")
    );
    assert_eq!(
        work.header.previous.to_string(),
        text(vector, "prev_block_hash_display")
    );
    assert_eq!(
        work.header.merkle_root.to_string(),
        text(vector, "merkle_root_display")
    );
    assert_eq!(
        u64::from(work.header.ntime),
        vector["ntime_u32"].as_u64().unwrap()
    );
    assert_eq!(
        format!("{:08x}", work.header.nbits),
        text(vector, "nbits_hex")
    );
    assert_eq!(
        work.target.to_string(),
        text(vector, "target_as_u256_display")
    );
    assert_eq!(
        work.network_target.to_string(),
        text(vector, "network_target_from_nbits")
    );
    let nonce = Nonce::from_u32(vector["nonce_u32"].as_u64().unwrap() as u32);
    assert_eq!(
        data_of(&work.header, work.header.ntime, nonce),
        text(vector, "data")
    );
}

#[test]
fn the_padding_is_the_documents() {
    let mut words = padding();
    swap_words(&mut words);
    let vectors = vectors();
    let padding = text(&vectors, "padding_words_after_the_header_in_data");
    assert_eq!(hex::encode(words), padding);
}

#[test]
fn submitold_may_be_null_or_absent() {
    for (given, expected) in [
        (Some(json!(null)), false),
        (Some(json!(true)), true),
        (None, false),
    ] {
        let mut vector = vectors()["seed_000_sample"].clone();
        let fields = vector.as_object_mut().unwrap();
        fields.remove("submitold");
        fields.extend(given.map(|given| ("submitold".to_owned(), given)));
        assert_eq!(Work::parse(&answer(&vector)).unwrap().submit_old, expected);
    }
}

#[test]
fn real_blocks_are_submitted_as_they_were_solved() {
    let vectors = vectors();
    for block in vectors["solved_work_from_real_blocks"].as_array().unwrap() {
        let work = Work::parse(&answer(&block["result_of_getwork"])).unwrap();
        assert!(!work.wrong_midstate);
        let submitted = text(block, "submission_data");
        let solved = header_of(submitted).unwrap();
        assert_eq!(
            data_of(&work.header, solved.ntime(), solved.nonce()),
            submitted
        );
        let nonce = text(block, "nonce_hex_as_it_appears_in_submission_data");
        assert_eq!(&submitted[152..160], nonce);
    }
}

#[test]
fn a_wrong_midstate_is_noticed_and_an_omitted_one_is_not() {
    let mut vector = vectors()["seed_000_sample"].clone();
    let wrong = vector["wrong_midstate_if_words_are_not_swapped_first_big_endian"].clone();
    vector["midstate"] = wrong;
    assert!(Work::parse(&answer(&vector)).unwrap().wrong_midstate);
    vector.as_object_mut().unwrap().remove("midstate");
    assert!(!Work::parse(&answer(&vector)).unwrap().wrong_midstate);
}

#[test]
fn rolling_in_all_forms() {
    let vectors = vectors();
    for row in vectors["x_roll_ntime_values"].as_array().unwrap() {
        let rolling = Rolling::of(row["header"].as_str());
        assert_eq!(
            rolling.seconds > 0,
            row["may_roll"].as_bool().unwrap(),
            "{row}"
        );
        if let Some(expire) = row["expire_seconds"].as_u64() {
            assert_eq!(rolling.lifetime.as_secs(), expire, "{row}");
        }
    }
    assert_eq!(Rolling::of(Some("expire=99999999999")).seconds, 7000);
    assert_eq!(Rolling::of(Some("expire=-1")).lifetime, DEFAULT_LIFETIME);
    assert_eq!(Rolling::of(Some("")).seconds, 0);
}

#[test]
fn what_is_wrong_with_an_answer_is_said() {
    let good = vectors()["seed_000_sample"].clone();
    let with = |key: &str, value: Value| {
        let mut result = good.clone();
        result[key] = value;
        Work::parse(&answer(&result)).unwrap_err().to_string()
    };
    assert!(with("data", json!(7)).contains("expected a string"));
    assert!(with("data", json!("00")).contains("data must be 256 hex digits"));
    assert!(with("data", json!("zz".repeat(128))).contains("data must be 256 hex digits"));
    assert!(with("data", json!("00".repeat(128))).contains("padding"));
    assert!(with("target", json!("00".repeat(32))).contains("target of zero"));
    assert!(with("target", json!("f")).contains("target must be 64"));
    assert!(with("noncerange", json!("0000000200000001")).contains("is empty"));
    assert!(with("algorithm", json!("scrypt:1024,1,1")).contains("scrypt"));
    assert!(
        Work::parse(b"{}")
            .unwrap_err()
            .to_string()
            .contains("without result")
    );
    let error = Work::parse(br#"{"result":5}"#).unwrap_err().to_string();
    assert!(error.contains("expected work"), "{error}");
    let error = Work::parse(br#"{"result":null,"error":{"code":-10,"message":"busy"},"id":0}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        "getwork: the pool says: busy"
    );
}

proptest! {
    #[test]
    fn any_header_survives_the_way_there_and_back(header in any::<[u8; 40]>(), root in any::<[u8; 32]>(), nonce: u32, ntime: u32) {
        let template = HeaderTemplate {
            version: u32::from_le_bytes(header[..4].try_into().unwrap()),
            previous: Hash256::from_internal(header[8..].try_into().unwrap()),
            merkle_root: Hash256::from_internal(root),
            ntime,
            nbits: 0x1d00_ffff,
        };
        let data = data_of(&template, ntime, Nonce::from_u32(nonce));
        let read = header_of(&data).unwrap();
        prop_assert_eq!(template_of(&read), template);
        prop_assert_eq!(read.nonce(), Nonce::from_u32(nonce));
    }

    #[test]
    fn no_body_is_too_strange(body in any::<Vec<u8>>()) {
        let _ = Work::parse(&body);
    }

    #[test]
    fn no_field_is_too_strange(data in ".{0,300}", target in ".{0,80}", midstate in ".{0,80}", range in ".{0,20}") {
        let result = json!({"data": data, "target": target, "midstate": midstate, "noncerange": range});
        let _ = Work::parse(&answer(&result));
    }

    #[test]
    fn no_roll_header_is_too_strange(text in ".{0,60}") {
        let rolling = Rolling::of(Some(&text));
        prop_assert!(rolling.seconds <= MAX_ROLL);
    }
}
