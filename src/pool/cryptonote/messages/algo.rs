//! Which algorithm a job is for: by its own word, else by the version of its block.

use serde_json::Value;

use super::fields::Fields;
use crate::algorithm::{Algorithm, by_name};
use crate::pool::cryptonote::ALGORITHMS;
use crate::units::printable;

/// Monero's block versions and what their blobs are hashed with (Cuprate `consensus/rules/src/blocks.rs`).
const BY_VERSION: [(u8, &str); 5] = [
    (12, "rx/0"),
    (10, "cn/r"),
    (8, "cn/2"),
    (7, "cn/1"),
    (0, "cn/0"),
];

/// An algorithm as a pool names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool::cryptonote) struct AlgoName {
    name: String,
    /// The pool did not tell; with what its algorithm begins as far as it did, and the rest is a guess by the block's version.
    guessed_within: Option<&'static str>,
}

impl AlgoName {
    /// Of a job: `algo` wins, with `variant` where it names but the family; else the blob's first byte decides.
    pub(super) fn of_job(fields: &Fields<'_>, blob: &[u8]) -> Self {
        let algo = canonical(fields.get("algo").as_str().unwrap_or_default());
        let family = match &algo {
            Some(name) if is_family(name) => "cn/",
            _ => "",
        };
        let told = algo.filter(|name| !is_family(name));
        match told.or_else(|| variant(fields.get("variant"))) {
            Some(name) => Self {
                name,
                guessed_within: None,
            },
            None => Self {
                name: by_version(blob.first().copied().unwrap_or(0)).to_owned(),
                guessed_within: Some(family),
            },
        }
    }

    /// The algorithm, if this program has it: the pool's word, else the user's if that can be meant, else the guess.
    ///
    /// # Errors
    /// Words about what lacks.
    pub(in crate::pool::cryptonote) fn find(
        &self,
        users: Option<&'static dyn Algorithm>,
    ) -> Result<&'static dyn Algorithm, String> {
        let meant = |family: &str| users.filter(|users| users.name().starts_with(family));
        if let Some(users) = self.guessed_within.and_then(meant) {
            return Ok(users);
        }
        let name = &self.name;
        let ours = ALGORITHMS.contains(&name.as_str());
        by_name(name).filter(|_| ours).ok_or_else(|| {
            let hint = match name.as_str() {
                "rx/0" => "; RandomX is in builds with the cargo feature randomx",
                _ => "",
            };
            format!(
                "the pool's jobs are {name}, and this program mines {}{hint}",
                ALGORITHMS.join(", ")
            )
        })
    }
}

/// The short name: `cn/1` for `cryptonight/1` and the like. `None` where there is none.
fn canonical(algo: &str) -> Option<String> {
    let algo = printable(&algo.to_ascii_lowercase(), 40);
    let short = match algo.as_str() {
        "" => return None,
        "cn/monerov7" | "cryptonight-monerov7" => "cn/1".to_owned(),
        "cryptonight-monerov8" => "cn/2".to_owned(),
        "rx" | "randomx" | "random-x" => "rx/0".to_owned(),
        other => match other.split_once('/') {
            Some(("cryptonight", variant)) => format!("cn/{variant}"),
            Some(("randomx", variant)) => format!("rx/{variant}"),
            None if other == "cryptonight" => "cn".to_owned(),
            _ => other.to_owned(),
        },
    };
    Some(short)
}

fn is_family(name: &str) -> bool {
    name == "cn"
}

/// A variant of CryptoNight, as a number or in quotes; -1 and "auto" say nothing.
fn variant(value: &Value) -> Option<String> {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    number.map(|number: u64| format!("cn/{number}"))
}

fn by_version(major: u8) -> &'static str {
    let at_least = |(first, _): &&(u8, &str)| major >= *first;
    BY_VERSION
        .iter()
        .find(at_least)
        .map_or("cn/0", |(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn name(job: &Value, major: u8) -> String {
        AlgoName::of_job(&Fields::new("job", job), &[major]).name
    }

    #[test]
    fn the_jobs_word_wins_over_its_version() {
        assert_eq!(name(&json!({"algo": "cn/2"}), 7), "cn/2");
        assert_eq!(name(&json!({"algo": "cryptonight/1"}), 12), "cn/1");
        assert_eq!(name(&json!({"algo": "cn", "variant": 2}), 7), "cn/2");
        assert_eq!(name(&json!({"algo": "cn", "variant": "1"}), 0), "cn/1");
        assert_eq!(name(&json!({"algo": "cn", "variant": -1}), 8), "cn/2");
        assert_eq!(name(&json!({"algo": "RandomX"}), 0), "rx/0");
        assert_eq!(name(&json!({"variant": 0}), 9), "cn/0");
        assert_eq!(name(&json!({"algo": "a\u{1b}"}), 9), "a\\u{1b}");
    }

    #[test]
    fn where_the_job_does_not_tell_the_users_word_wins_over_the_guess() {
        let find = |job: &Value, users: &str| {
            let algo = AlgoName::of_job(&Fields::new("job", job), &[7]);
            algo.find(by_name(users)).map(Algorithm::name)
        };
        assert_eq!(find(&json!({}), "cn/2"), Ok("cn/2"));
        assert_eq!(find(&json!({"variant": -1}), "cn/2"), Ok("cn/2"));
        assert_eq!(find(&json!({"algo": "cn"}), "cn/0"), Ok("cn/0"));
        assert_eq!(find(&json!({"algo": "cn/1"}), "cn/2"), Ok("cn/1"));
        assert_eq!(find(&json!({"variant": 0}), "cn/2"), Ok("cn/0"));
        assert_eq!(find(&json!({"algo": "cn"}), "sha256d"), Ok("cn/1"));
    }

    #[test]
    fn versions_as_monero_had_them() {
        let versions = [
            (0, "cn/0"),
            (6, "cn/0"),
            (7, "cn/1"),
            (8, "cn/2"),
            (9, "cn/2"),
        ];
        let later = [(10, "cn/r"), (11, "cn/r"), (12, "rx/0"), (16, "rx/0")];
        for (major, expected) in versions.into_iter().chain(later) {
            assert_eq!(name(&json!({}), major), expected);
        }
    }

    #[test]
    fn what_lacks_is_named_with_what_there_is() {
        let find = |name: &str| {
            let job = json!({ "algo": name });
            let algo = AlgoName::of_job(&Fields::new("job", &job), &[7]);
            algo.find(None).map(Algorithm::name)
        };
        assert_eq!(find("cn/1"), Ok("cn/1"));
        let error = find("cn/r").unwrap_err();
        assert!(
            error.contains("jobs are cn/r") && error.contains("cn/1, cn/0, cn/2"),
            "{error}"
        );
        assert!(find("sha256d").is_err(), "CryptoNote has no such jobs");
    }
}
