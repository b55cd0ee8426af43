//! The list of single settings: name, type, default and help. Flags, environment and files are checked against this one table.

use std::time::Duration;

use super::proxy;
use crate::pool::Payout;
use crate::pool::getblocktemplate::MAX_COINBASE_TEXT;
use crate::units::{Secret, printable};

/// A checked value of a setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Switch(bool),
    Count(u64),
    Number(f64),
    Text(String),
    /// Text with a password in it.
    Hidden(Secret),
}

/// What values a setting takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Switch,
    Count {
        min: u64,
        max: u64,
    },
    /// Seconds; fractions are fine.
    Seconds {
        min: f64,
        max: f64,
    },
    Difficulty,
    Path,
    /// A name that whoever uses it checks against what the machine has.
    Name,
    Proxy,
    /// Directives of a log filter.
    Filter,
    Choice(&'static [&'static str]),
    /// A Bitcoin address or an output script.
    Payout,
    /// Text that fits a coinbase; may be empty.
    CoinbaseText,
}

/// A setting.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: Kind,
    /// As it would stand in the environment; `None`: unset.
    pub(super) default: Option<&'static str>,
}

const fn key(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    about: &'static str,
) -> Key {
    Key {
        name,
        about,
        kind,
        default,
    }
}

const fn seconds(min: f64) -> Kind {
    Kind::Seconds { min, max: 86_400.0 }
}

/// Every single setting, in the order in which they are printed.
pub(super) const KEYS: &[Key] = &[
    key(
        "cpu",
        Kind::Count { min: 0, max: 1024 },
        None,
        "threads of the processor that mine too; 0: one a core",
    ),
    key(
        "algo",
        Kind::Name,
        None,
        "what the pools have hashed, such as sha256d or scrypt; unset: the protocol's own",
    ),
    key(
        "kernel",
        Kind::Name,
        None,
        "code that the processor hashes with, as in `midstate bench`; unset: the fastest",
    ),
    key(
        "proxy",
        Kind::Proxy,
        None,
        "SOCKS5 proxy for the pools, socks5://[USER:PASS@]HOST:PORT",
    ),
    key(
        "tls-ca",
        Kind::Path,
        None,
        "file of certificates (PEM) that TLS pools are checked against, instead of the system's",
    ),
    key(
        "allow-redirect",
        Kind::Switch,
        Some("false"),
        "follow a pool that sends us to another domain",
    ),
    key(
        "submit-stale",
        Kind::Switch,
        Some("false"),
        "send shares whose job is gone",
    ),
    key(
        "version-rolling",
        Kind::Switch,
        Some("true"),
        "ask the pool for version bits to roll (BIP310)",
    ),
    key(
        "suggest-difficulty",
        Kind::Difficulty,
        None,
        "share difficulty to ask the pool for",
    ),
    key(
        "payout",
        Kind::Payout,
        None,
        "who gets the reward of a block that is made here (gbt+http): an address, or an output script in hex",
    ),
    key(
        "coinbase-text",
        Kind::CoinbaseText,
        Some("/midstate/"),
        "text in the coinbase of a block that is made here",
    ),
    key(
        "cookie",
        Kind::Path,
        None,
        "login file of a Bitcoin node (.cookie), read for each request, instead of user and password",
    ),
    key(
        "blocks",
        Kind::Path,
        None,
        "folder in which found blocks are kept; unset: midstate/blocks in the user's state folder",
    ),
    key(
        "no-job-timeout",
        seconds(1.0),
        Some("120"),
        "seconds without a job after which a pool is down",
    ),
    key(
        "share-timeout",
        seconds(1.0),
        Some("60"),
        "seconds without a verdict on a share after which a pool is down",
    ),
    key(
        "failback-after",
        seconds(0.0),
        Some("120"),
        "seconds that a better pool must be up before the boards return to it",
    ),
    key(
        "hotplug",
        seconds(0.0),
        Some("5"),
        "seconds between looks for new boards; 0: never",
    ),
    key(
        "status-interval",
        seconds(0.0),
        Some("30"),
        "seconds between status lines when the output is no terminal; 0: none",
    ),
    key(
        "quiet",
        Kind::Switch,
        Some("false"),
        "only warnings and errors",
    ),
    key(
        "dump-protocol",
        Kind::Switch,
        Some("false"),
        "log every line to and from the pools, passwords hidden",
    ),
    key(
        "log",
        Kind::Filter,
        Some("info"),
        "log level (error, warn, info, debug, trace) or filter such as info,midstate::net=debug",
    ),
    key(
        "log-format",
        Kind::Choice(&["text", "json"]),
        Some("text"),
        "form of the log lines",
    ),
    key(
        "color",
        Kind::Choice(&["auto", "always", "never"]),
        Some("auto"),
        "colours in the log",
    ),
];

/// The setting called `name`.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The one of `known` that is most like `name`, if any is like it at all.
pub(super) fn nearest(
    name: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let name = name.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|key| (strsim::jaro_winkler(&name, key), key))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

impl Key {
    /// The variable of the environment that sets it.
    pub(super) fn variable(&self) -> String {
        format!("MIDSTATE_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

impl Kind {
    /// Whether a TOML value of this type may stand for it.
    pub(super) fn takes(self, toml_type: &str) -> bool {
        match self {
            Self::Switch => toml_type == "boolean",
            Self::Count { .. } => toml_type == "integer",
            Self::Seconds { .. } | Self::Difficulty => matches!(toml_type, "integer" | "float"),
            Self::Path
            | Self::Name
            | Self::Proxy
            | Self::Filter
            | Self::Choice(_)
            | Self::Payout
            | Self::CoinbaseText => toml_type == "string",
        }
    }

    /// What it takes, for people.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Count { min, max } => format!("a whole number from {min} to {max}"),
            Self::Seconds { min, max } => format!("seconds from {min} to {max}"),
            Self::Difficulty => "a difficulty, a positive number".to_owned(),
            Self::Path => "the path of a file".to_owned(),
            Self::Name => "a name".to_owned(),
            Self::Proxy => "socks5://[USER:PASS@]HOST:PORT".to_owned(),
            Self::Filter => "a log level (error, warn, info, debug, trace) or filter".to_owned(),
            Self::Payout => "a Bitcoin address, or an output script in hex".to_owned(),
            Self::CoinbaseText => format!("text of at most {MAX_COINBASE_TEXT} bytes"),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
        }
    }

    /// The value that `text` stands for; the error says what was expected and what came.
    pub(super) fn parse(self, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::Switch => text.parse().ok().map(Value::Switch),
            Self::Count { min, max } => ranged(text, min, max).map(Value::Count),
            Self::Seconds { min, max } => ranged(text, min, max).map(Value::Number),
            Self::Difficulty => ranged(text, f64::MIN_POSITIVE, f64::MAX).map(Value::Number),
            Self::Path | Self::Name => (!text.is_empty()).then(|| Value::Text(text.to_owned())),
            Self::Proxy => return proxy::check(text).map(|()| Value::Hidden(Secret::new(text))),
            Self::Payout => {
                let parsed = Payout::parse(text).map_err(|error| error.to_string());
                return parsed.map(|_| Value::Text(text.to_owned()));
            }
            Self::CoinbaseText => {
                (text.len() <= MAX_COINBASE_TEXT).then(|| Value::Text(text.to_owned()))
            }
            Self::Filter => is_filter(text).then(|| Value::Text(text.to_owned())),
            Self::Choice(choices) => choices
                .contains(&text)
                .then(|| Value::Text(text.to_owned())),
        };
        value.ok_or_else(|| {
            format!(
                "expected {}, got {:?}",
                self.describe(),
                printable(text, 80)
            )
        })
    }
}

fn ranged<T: std::str::FromStr + PartialOrd>(text: &str, min: T, max: T) -> Option<T> {
    let value = text.trim().parse().ok()?;
    (min..=max).contains(&value).then_some(value)
}

fn is_filter(text: &str) -> bool {
    !text.trim().is_empty() && tracing_subscriber::EnvFilter::builder().parse(text).is_ok()
}

impl Value {
    pub(super) fn as_switch(&self) -> Option<bool> {
        match self {
            Self::Switch(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_count(&self) -> Option<u64> {
        match self {
            Self::Count(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_seconds(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.as_number()?).ok()
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Hidden(secret) => Some(secret.expose()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_of_its_kind() {
        for key in KEYS {
            if let Some(text) = key.default {
                assert!(key.kind.parse(text).is_ok(), "{}", key.name);
            }
        }
    }

    #[test]
    fn values_are_checked() {
        let error = |name: &str, text: &str| find(name).unwrap().kind.parse(text).unwrap_err();
        assert_eq!(
            error("cpu", "-1"),
            "expected a whole number from 0 to 1024, got \"-1\""
        );
        assert_eq!(
            error("suggest-difficulty", "NaN"),
            "expected a difficulty, a positive number, got \"NaN\""
        );
        assert!(error("suggest-difficulty", "0").contains("positive"));
        assert!(error("suggest-difficulty", "inf").contains("positive"));
        assert_eq!(
            error("log-format", "xml"),
            "expected one of text, json, got \"xml\""
        );
        assert_eq!(error("quiet", "yes"), "expected true or false, got \"yes\"");
        assert!(error("log", "a=b=c").starts_with("expected a log level"));
        assert!(error("hotplug", "1e99").contains("86400"));
    }

    #[test]
    fn the_nearest_key_is_found_or_none() {
        let names = || KEYS.iter().map(|key| key.name);
        assert_eq!(nearest("colour", names()), Some("color"));
        assert_eq!(nearest("tls_ca", names()), Some("tls-ca"));
        assert_eq!(nearest("log_fromat", names()), Some("log-format"));
        assert_eq!(nearest("zzzzz", names()), None);
    }
}
