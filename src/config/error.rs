//! What is wrong with the settings: each error names the place, the key, the value and what to try.

use std::path::PathBuf;

use super::Origin;
use crate::board::BoardError;
use crate::pool::EndpointError;
use crate::units::printable;

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that was named cannot be read.
    #[error("{origin}: cannot read {}", .file.display())]
    Unreadable {
        /// Who named it.
        origin: Origin,
        /// The file.
        file: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// A file is no TOML.
    #[error("{origin}: {problem}")]
    Syntax {
        /// File and line.
        origin: Origin,
        /// What the parser says.
        problem: String,
    },
    /// A key that does not exist.
    #[error("{origin}: unknown key `{key}`{}", did_you_mean(*.nearest))]
    UnknownKey {
        /// File and line.
        origin: Origin,
        /// The key, safe to show.
        key: String,
        /// The key that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A value of the wrong type or out of range.
    #[error("{}: {problem}", place(.origin, .key))]
    Value {
        /// Where.
        origin: Origin,
        /// The setting.
        key: String,
        /// What is wrong with it, with the value.
        problem: String,
    },
    /// A board that does not exist or has impossible options.
    #[error("{origin} {spec}")]
    Board {
        /// Where.
        origin: Origin,
        /// What was asked, safe to show.
        spec: String,
        /// What is wrong with it.
        source: Box<BoardError>,
    },
    /// A pool's URL is none.
    #[error("{origin}")]
    Url {
        /// Where.
        origin: Origin,
        /// What is wrong with it.
        source: EndpointError,
    },
    /// Users, passwords and URLs of the command line do not fit together.
    #[error("{0}")]
    Pairing(String),
    /// A pool without a worker name.
    #[error("{origin}: pool {url} has no user")]
    NoUser {
        /// Where the pool stands.
        origin: Origin,
        /// Its URL, without credentials.
        url: String,
    },
    /// No pool at all.
    #[error("no pool is configured")]
    NoPool,
}

impl ConfigError {
    /// Whether the command line is to blame, and not a file or the environment.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Pairing(_) | Self::NoPool => true,
            Self::Unreadable { origin, .. }
            | Self::Syntax { origin, .. }
            | Self::UnknownKey { origin, .. }
            | Self::Value { origin, .. }
            | Self::Board { origin, .. }
            | Self::Url { origin, .. }
            | Self::NoUser { origin, .. } => origin.is_flag(),
        }
    }

    /// What is wrong with the board that `text` asks for.
    pub fn board(origin: Origin, text: &str, source: BoardError) -> Self {
        Self::Board {
            origin,
            spec: printable(text, 200),
            source: Box::new(source),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoPool => Some(
                "mine with `midstate -o stratum+tcp://HOST:PORT -u USER -p PASS`, or try `midstate demo`, which needs no pool and no board",
            ),
            Self::NoUser { .. } => Some("add `-u USER` after the `-o URL`, or `user` in the file"),
            Self::Board { .. } => Some(
                "`midstate models` lists the models and their options, `midstate --scan` the ports",
            ),
            Self::UnknownKey { .. } => Some("`midstate config --print` shows every key"),
            _ => None,
        }
    }
}

/// A flag or a variable says by its name which setting it is; a line of a file does not.
fn place(origin: &Origin, key: &str) -> String {
    match origin {
        Origin::File { .. } => format!("{origin}: {key}"),
        _ => origin.to_string(),
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |key| format!("; did you mean `{key}`?"))
}
