//! The usual `mining.notify` read straight from its line: what boards wait for goes through no tree of values.
//!
//! Takes only what is beyond doubt. Every other line, odd or wrong, is left to [`Incoming::parse`](super::Incoming::parse) and
//! [`Notify::parse`], which know how pools differ and what to say.

use std::fmt;

use serde::Deserialize;
use serde::de::{Error, SeqAccess, Visitor};

use super::Notify;
use super::fields::{decode_word, decode32, previous_from_words};
use super::notify::{is_job_id, network_target_of};
use crate::work::CoinbaseTemplate;

/// A notification; a key that stands there twice makes it unusual.
#[derive(Deserialize)]
struct Line<'a> {
    method: &'a str,
    #[serde(borrow)]
    params: Params<'a>,
}

/// Job id, previous hash, coinbase before and after the extranonces, branch, version, nbits, ntime, clean; text without escapes.
#[derive(Deserialize)]
struct Params<'a>(
    &'a str,
    &'a str,
    &'a str,
    &'a str,
    Branch,
    &'a str,
    &'a str,
    &'a str,
    bool,
);

/// A merkle branch, decoded while it is read.
struct Branch(Vec<[u8; 32]>);

impl<'de> Deserialize<'de> for Branch {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(BranchVisitor)
    }
}

struct BranchVisitor;

impl<'de> Visitor<'de> for BranchVisitor {
    type Value = Branch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a merkle branch")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Branch, A::Error> {
        // Blocks of full size have twelve steps.
        let mut branch = Vec::with_capacity(16);
        while let Some(text) = items.next_element::<&str>()? {
            if branch.len() == CoinbaseTemplate::MAX_BRANCH {
                return Err(Error::invalid_length(branch.len() + 1, &self));
            }
            branch.push(decode32(text).ok_or_else(|| Error::custom("no hash"))?);
        }
        Ok(Branch(branch))
    }
}

/// The job of a line that is a `mining.notify` as every pool sends it; `None`: it has to be looked at closely.
pub(in crate::pool::stratum_v1) fn notify_of_line(line: &[u8]) -> Option<Notify> {
    if !is_long_enough(line) {
        return None;
    }
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    if line.method != "mining.notify" {
        return None;
    }
    let Params(job_id, previous, prefix, suffix, branch, version, nbits, ntime, clean) =
        line.params;
    let nbits = decode_word(nbits)?;
    let is_size_fine =
        !prefix.is_empty() && prefix.len() + suffix.len() <= 2 * CoinbaseTemplate::MAX_SIZE;
    (is_size_fine && is_job_id(job_id)).then_some(())?;
    Some(Notify {
        job_id: bytes::Bytes::copy_from_slice(job_id.as_bytes()),
        previous: previous_from_words(decode32(previous)?),
        prefix: hex::decode(prefix).ok()?,
        suffix: hex::decode(suffix).ok()?,
        branch: branch.0,
        version: decode_word(version)?,
        nbits,
        network_target: network_target_of(nbits)?,
        ntime: decode_word(ntime)?,
        clean,
    })
}

/// Answers and short notifications are not parsed twice: a previous hash alone has 64 digits.
fn is_long_enough(line: &[u8]) -> bool {
    line.len() > 150
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::pool::stratum_v1::messages::Incoming;

    fn sample() -> Value {
        json!({
            "id": null,
            "method": "mining.notify",
            "params": [
                "bf",
                "4d16b6f85af6e2198f44ae2a6de67f78487ae5611b77c6c0440b921e00000000",
                "0100",
                "ff",
                ["11".repeat(32), "22".repeat(32)],
                "20000002",
                "1c2ac4af",
                "504e86b9",
                true
            ]
        })
    }

    /// What the tolerant way makes of a line.
    fn closely(line: &[u8]) -> Option<Notify> {
        match Incoming::parse(line) {
            Ok(Incoming::Request(request)) if request.method == "mining.notify" => {
                Notify::parse(&request.params).ok()
            }
            _ => None,
        }
    }

    #[test]
    fn the_usual_line_gives_what_a_close_look_gives() {
        let line = sample().to_string();
        let notify = notify_of_line(line.as_bytes());
        assert!(notify.is_some());
        assert_eq!(notify, closely(line.as_bytes()));
        let turned = r#"{"params":P,"jsonrpc":"2.0","method":"mining.notify","id":5}"#;
        let turned = turned.replace('P', &sample()["params"].to_string());
        assert_eq!(notify_of_line(turned.as_bytes()), notify);
    }

    #[test]
    fn nothing_passes_that_a_close_look_refuses_or_reads_otherwise() {
        let hash = "00".repeat(32);
        let odd = [
            (0, json!(5)),
            (0, json!("x".repeat(257))),
            (0, json!("a\nb")),
            (0, json!("a\u{7f}b")),
            (0, json!("q\"")),
            (1, json!("00")),
            (2, json!("")),
            (2, json!("abc")),
            (2, json!("zz")),
            (3, json!("00".repeat(100_000))),
            (4, json!(null)),
            (4, json!(vec![hash.clone(); 33])),
            (4, json!([hash, "00"])),
            (5, json!(2)),
            (5, json!("+1")),
            (5, json!("")),
            (6, json!("00000000")),
            (6, json!("1d80ffff")),
            (7, json!("123456789")),
            (8, json!(1)),
            (8, json!("yes")),
            (8, json!(null)),
            (9, json!("more")),
        ];
        for (at, value) in odd {
            let mut line = sample();
            let params = line["params"].as_array_mut().unwrap();
            params.truncate(at.max(8) + usize::from(at < 8));
            if at < params.len() {
                params[at] = value;
            } else {
                params.push(value);
            }
            let line = line.to_string();
            let quick = notify_of_line(line.as_bytes());
            assert!(
                quick.is_none() || quick == closely(line.as_bytes()),
                "{line}"
            );
            assert_eq!(quick, None, "{line}");
        }
        let twice = sample().to_string().replacen('{', "{\"method\":\"x\",", 1);
        assert_eq!(notify_of_line(twice.as_bytes()), None);
        let other = sample()
            .to_string()
            .replace("mining.notify", "mining.notice");
        assert_eq!(notify_of_line(other.as_bytes()), None);
        let cut = sample().to_string();
        assert_eq!(notify_of_line(&cut.as_bytes()[..cut.len() - 1]), None);
    }
}
