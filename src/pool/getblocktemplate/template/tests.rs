//! Templates against a real block, and against whatever else a node might say.

use std::sync::Arc;
use std::time::Instant;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn vector() -> Value {
    let text = include_str!("../../../../tests/data/http-pools.json");
    serde_json::from_str::<Value>(text).unwrap()["getblocktemplate"].clone()
}

fn payout() -> Payout {
    Payout::parse(vector()["payout_script_pubkey"].as_str().unwrap()).unwrap()
}

fn read(result: &Value) -> Result<BlockTemplate, String> {
    let raw: RawTemplate =
        serde_json::from_value(result.clone()).map_err(|error| error.to_string())?;
    let payout = payout();
    let wishes = Wishes {
        payout: Some(&payout),
        text: "/midstate/",
        chain: Some("test"),
    };
    BlockTemplate::of(raw, &wishes, &Known::new()).map_err(|error| error.to_string())
}

fn with(key: &str, value: Value) -> Result<BlockTemplate, String> {
    let mut result = vector()["template_result"].clone();
    result[key] = value;
    read(&result)
}

fn error_with(key: &str, value: Value) -> String {
    with(key, value).unwrap_err()
}

#[test]
fn a_real_blocks_template_yields_its_branch_commitment_and_header() {
    let vector = vector();
    let template = read(&vector["template_result"]).unwrap();
    let branch: Vec<String> = template.branch.iter().map(hex::encode).collect();
    assert_eq!(json!(branch), vector["merkle_branch_for_the_coinbase"]);
    let header = &vector["header"];
    assert_eq!(
        template.header.previous.to_string(),
        header["prev_block_hash_display"].as_str().unwrap()
    );
    assert_eq!(
        u64::from(template.header.ntime),
        header["ntime_u32"].as_u64().unwrap()
    );
    assert_eq!(
        format!("{:08x}", template.header.nbits),
        header["nbits_hex"].as_str().unwrap()
    );
    assert_eq!(template.target, template.network_target);
    assert_eq!(template.height, 924_634);
    assert_eq!(
        template.max_ntime_roll, 0,
        "on testnet the bits depend on the time"
    );
    let ids: Vec<[u8; 32]> = vector["template_result"]["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            *Hash256::from_str(one["hash"].as_str().unwrap())
                .unwrap()
                .as_internal()
        })
        .collect();
    assert_eq!(
        hex::encode(merkle::root([0; 32], &merkle::branch(&ids))),
        vector["witness_merkle_root_internal"].as_str().unwrap()
    );
    assert_eq!(
        hex::encode(merkle::commitment(&ids)),
        vector["witness_commitment_hash_internal"].as_str().unwrap()
    );
}

#[test]
fn the_real_coinbase_in_our_template_makes_the_real_block() {
    let vector = vector();
    let template = read(&vector["template_result"]).unwrap();
    let coinbase = hex::decode(
        vector["coinbase_tx_without_witness_used_for_the_txid"]
            .as_str()
            .unwrap(),
    )
    .unwrap();
    // Eight bytes of their script that can be an extranonce of ours: six that count, two that are zero.
    let hole = 42 + 20..42 + 28;
    let cut = CoinbaseTemplate::new(
        &coinbase[..hole.start],
        &[],
        8,
        &coinbase[hole.end..],
        template.branch.clone(),
    )
    .unwrap();
    let extranonce2 = coinbase[hole].to_vec();
    assert_eq!(cut.transaction(&extranonce2), coinbase);
    let root = merkle::root(merkle::id_of(&coinbase), &template.branch);
    let root = Hash256::from_internal(root);
    assert_eq!(
        root.to_string(),
        vector["header"]["merkle_root_display"].as_str().unwrap()
    );
    let nonce = vector["header"]["nonce_u32"].as_u64().unwrap() as u32;
    let template = BlockTemplate {
        coinbase: cut,
        ..template
    };
    let share = share_with(&template, &extranonce2, nonce);
    let rest: String = template.rest().collect();
    assert_eq!(
        template.start_of(&share) + &rest,
        vector["submitblock_params"][0].as_str().unwrap()
    );
}

/// The share of a known find: its job starts at the find's own extranonce2.
fn share_with(template: &BlockTemplate, extranonce2: &[u8], nonce: u32) -> Share {
    use crate::algorithm::sha256d::{self, SHA256D};
    use crate::units::Nonce;
    use crate::work::{Assignment, Checked, Found, Job, JobKey, SearchSpace, SourceId, Template};
    let offset = u64::from_le_bytes(extranonce2.try_into().unwrap());
    let job = Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(Bytes::new()),
        algorithm: &SHA256D,
        hasher: sha256d::hasher(),
        template: Template::Coinbase {
            fixed: template.header,
            coinbase: Box::new(template.coinbase.clone()),
        },
        target: template.target,
        network_target: Some(template.network_target),
        version_mask: 0,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(8, offset, template.header.ntime)),
    };
    let unit = Assignment::new(Arc::new(job), false)
        .next_work(Instant::now())
        .unwrap();
    match unit.check(Found::nonce(Nonce::from_u32(nonce)), &Target::MAX) {
        Checked::Share(share) => share,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_commitment_that_does_not_fit_is_refused() {
    let wrong = format!("6a24aa21a9ed{}", "00".repeat(32));
    let error = error_with("default_witness_commitment", json!(wrong));
    assert!(
        error.contains("not that of the template's transactions"),
        "{error}"
    );
    let mut result = vector()["template_result"].clone();
    result["transactions"].as_array_mut().unwrap().pop();
    assert!(read(&result).unwrap_err().contains("witness commitment"));
    // Without the node's own, ours is taken.
    result
        .as_object_mut()
        .unwrap()
        .remove("default_witness_commitment");
    assert!(read(&result).unwrap().commits);
}

#[test]
fn rules_that_must_be_understood_and_are_not() {
    assert!(error_with("rules", json!(["!segwit", "!newrule"])).contains("\"newrule\""));
    assert!(with("rules", json!(["csv", "!segwit", "newrule", "taproot"])).is_ok());
    assert!(error_with("signet_challenge", json!("5121ff51ae")).contains("must be signed"));
    assert!(with("signet_challenge", json!("51")).is_ok());
}

#[test]
fn what_is_wrong_with_a_template_is_said() {
    for (key, value, problem) in [
        ("bits", json!("zz"), "bits must be 8 hex digits"),
        ("bits", json!("ff000001"), "encodes no target"),
        ("bits", json!(7), "expected a string"),
        ("previousblockhash", json!("00"), "64 hex digits"),
        ("target", json!("xx"), "hex"),
        ("target", json!("00".repeat(32)), "target of zero"),
        ("height", json!(-1), "u32"),
        (
            "coinbasevalue",
            json!(null),
            "neither coinbasevalue nor coinbasetxn",
        ),
        ("coinbaseaux", json!({"flags": "zz"}), "coinbaseaux"),
        (
            "transactions",
            json!([{"data": "zz", "txid": "00".repeat(32)}]),
            "transaction 1",
        ),
        (
            "transactions",
            json!([{"data": "00"}]),
            "neither txid nor hash",
        ),
        (
            "transactions",
            json!([{"data": "", "txid": "00".repeat(32)}]),
            "no data",
        ),
        (
            "transactions",
            json!([{"data": "00".repeat(4_000_001), "txid": "00".repeat(32)}]),
            "at most 4000000",
        ),
        ("transactions", json!({}), "sequence"),
        ("transactions", json!([5]), "expected a transaction"),
        ("noncerange", json!("ffffffff00000000"), "noncerange"),
    ] {
        let error = error_with(key, value);
        assert!(error.contains(problem), "{key}: {error}");
    }
}

#[test]
fn a_pool_may_give_its_own_target_and_coinbase() {
    let easy = with("target", json!("ff".repeat(32))).unwrap();
    assert_eq!(easy.target, Target::MAX);
    assert_ne!(easy.network_target, Target::MAX);
    let given = json!({"data": vector()["coinbase_tx_without_witness_used_for_the_txid"]});
    let mut result = vector()["template_result"].clone();
    result.as_object_mut().unwrap().remove("coinbasevalue");
    result["coinbasetxn"] = given;
    assert!(
        read(&result)
            .unwrap_err()
            .contains("nothing is left to roll")
    );
    result["mutable"] = json!(["coinbase/append"]);
    result["workid"] = json!("w1");
    let template = read(&result).unwrap();
    assert_eq!(template.work_id.as_deref(), Some("w1"));
}

#[test]
fn nobody_to_pay_is_an_error() {
    let raw: RawTemplate = serde_json::from_value(vector()["template_result"].clone()).unwrap();
    let wishes = Wishes {
        payout: None,
        text: "",
        chain: None,
    };
    let error = BlockTemplate::of(raw, &wishes, &Known::new()).unwrap_err();
    assert!(error.to_string().contains("--payout"));
}

#[test]
fn transactions_that_are_known_are_shared() {
    let first = read(&vector()["template_result"]).unwrap();
    let raw: RawTemplate = serde_json::from_value(vector()["template_result"].clone()).unwrap();
    let payout = payout();
    let wishes = Wishes {
        payout: Some(&payout),
        text: "",
        chain: None,
    };
    let second = BlockTemplate::of(raw, &wishes, &first.known()).unwrap();
    let pairs = first.transactions.iter().zip(&second.transactions);
    for ((_, one), (_, other)) in pairs {
        assert_eq!(one.as_ptr(), other.as_ptr());
    }
}

proptest! {
    #[test]
    fn no_template_is_too_strange(
        version: i64, height: u32, bits in "[0-9a-f]{0,9}", value: u64,
        previous in "[0-9a-f]{64}", aux in "[0-9a-f]{0,200}", rules in prop::collection::vec("!?[a-z]{1,8}", 0..4),
        transactions in prop::collection::vec(("[0-9a-f]{0,40}", "[0-9a-f]{60,66}"), 0..5), range in "[0-9a-f]{14,17}",
    ) {
        let transactions: Vec<Value> = transactions.iter().map(|(data, id)| json!({"data": data, "txid": id, "hash": id})).collect();
        let result = json!({
            "version": version, "previousblockhash": previous, "bits": bits, "curtime": 1, "height": height,
            "coinbasevalue": value, "coinbaseaux": {"a": aux}, "rules": rules, "transactions": transactions, "noncerange": range,
        });
        let _ = read(&result);
    }
}
