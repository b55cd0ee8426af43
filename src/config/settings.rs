//! The settings that the program runs on: checked, typed, complete.

use std::path::PathBuf;
use std::time::Duration;

use super::boards::{BoardChoice, BoardSpec, SimSpec};
use super::layer::Layer;
use super::pools::{PoolSettings, RawPool};
use super::{ConfigError, Origin};
use crate::pool::Payout;
use crate::units::{Difficulty, Secret};

/// What the program runs on.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own that people set
pub struct Settings {
    /// The failover list, most preferred first; may be empty, see [`Settings::require_pools`].
    pub pools: Vec<PoolSettings>,
    /// Boards that were named.
    pub boards: Vec<BoardSpec>,
    /// Whether known boards that are plugged in join by themselves: asked for, or no board of any kind was named.
    pub auto_boards: bool,
    /// Boards to simulate.
    pub simulate: Vec<SimSpec>,
    /// Threads of the processor that mine; `Some(0)`: one a core.
    pub cpu: Option<u32>,
    /// Name of the algorithm that the pools have hashed; `None`: each protocol's own.
    pub algo: Option<String>,
    /// Name of the kernel that the processor hashes with; `None`: the fastest.
    pub kernel: Option<String>,
    /// URL of the SOCKS5 proxy for every pool, as `net` reads it; may hold a password.
    pub proxy: Option<Secret>,
    /// Certificates (PEM) that TLS pools are checked against, instead of the system's.
    pub tls_ca: Option<PathBuf>,
    /// Whether a pool may send us to another domain.
    pub allow_redirect: bool,
    /// Whether shares are sent whose job is gone.
    pub submit_stale: bool,
    /// Whether to ask for version bits to roll.
    pub version_rolling: bool,
    /// Share difficulty to ask for.
    pub suggest_difficulty: Option<Difficulty>,
    /// Who gets the reward of a block that is made here.
    pub payout: Option<Payout>,
    /// Text in the coinbase of such a block.
    pub coinbase_text: String,
    /// Login file of a Bitcoin node.
    pub cookie: Option<PathBuf>,
    /// Folder in which found blocks are kept; `None`: the usual one.
    pub blocks: Option<PathBuf>,
    /// When a pool is down, when it is back.
    pub timeouts: Timeouts,
    /// Time between looks for new boards; `None`: never.
    pub hotplug: Option<Duration>,
    /// Time between status lines when the output is no terminal; `None`: none.
    pub status_interval: Option<Duration>,
    /// What is logged, and how.
    pub log: LogChoices,
}

/// When a pool is down, when it is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Without a job for so long: down.
    pub no_job: Duration,
    /// Without a verdict on a share for so long: down.
    pub share: Duration,
    /// A better pool up for so long: the boards return to it.
    pub failback: Duration,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChoices {
    /// A level or filter directives.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
    /// Colours.
    pub color: ColorChoice,
    /// Only warnings and errors; no header, no status.
    pub quiet: bool,
    /// Every line to and from the pools.
    pub dump_protocol: bool,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Settings {
    /// The failover list, if there is one.
    ///
    /// # Errors
    /// [`ConfigError::NoPool`] when no pool is configured.
    pub fn require_pools(&self) -> Result<&[PoolSettings], ConfigError> {
        if self.pools.is_empty() {
            return Err(ConfigError::NoPool);
        }
        Ok(&self.pools)
    }

    /// From all layers laid over each other.
    pub(super) fn from_layer(layer: &Layer) -> Result<Self, ConfigError> {
        let cookie = text(layer, "cookie").map(PathBuf::from);
        let resolve = |pool: &RawPool| pool.resolve(cookie.is_some());
        let pools = layer.pools.iter().map(resolve);
        let (boards, auto) = split_choices(layer);
        let cpu = layer.value("cpu").and_then(super::keys::Value::as_count);
        let none_named = boards.is_empty() && layer.simulate.is_empty() && cpu.is_none();
        Ok(Self {
            pools: pools.collect::<Result<_, _>>()?,
            cookie,
            boards,
            auto_boards: auto || none_named,
            simulate: layer.simulate.iter().map(|sim| sim.value.clone()).collect(),
            cpu: cpu.map(|threads| threads as u32),
            algo: text(layer, "algo").map(str::to_owned),
            kernel: text(layer, "kernel").map(str::to_owned),
            proxy: text(layer, "proxy").map(Secret::new),
            tls_ca: text(layer, "tls-ca").map(PathBuf::from),
            allow_redirect: switch(layer, "allow-redirect"),
            submit_stale: switch(layer, "submit-stale"),
            version_rolling: switch(layer, "version-rolling"),
            suggest_difficulty: number(layer, "suggest-difficulty")
                .and_then(|value| Difficulty::new(value).ok()),
            payout: text(layer, "payout").and_then(|text| Payout::parse(text).ok()),
            coinbase_text: text(layer, "coinbase-text").unwrap_or_default().to_owned(),
            blocks: text(layer, "blocks").map(PathBuf::from),
            timeouts: Timeouts {
                no_job: seconds(layer, "no-job-timeout").unwrap_or_default(),
                share: seconds(layer, "share-timeout").unwrap_or_default(),
                failback: seconds(layer, "failback-after").unwrap_or_default(),
            },
            hotplug: seconds(layer, "hotplug").filter(|time| !time.is_zero()),
            status_interval: seconds(layer, "status-interval").filter(|time| !time.is_zero()),
            log: log_settings(layer),
        })
    }
}

fn log_settings(layer: &Layer) -> LogChoices {
    let quiet = switch(layer, "quiet");
    let log = layer.values.get("log");
    let unsaid = log.is_none_or(|log| log.origin == Origin::Default);
    let filter = if quiet && unsaid {
        Some("warn")
    } else {
        text(layer, "log")
    };
    LogChoices {
        filter: filter.unwrap_or("info").to_owned(),
        format: match text(layer, "log-format") {
            Some("json") => LogFormat::Json,
            _ => LogFormat::Text,
        },
        color: match text(layer, "color") {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            _ => ColorChoice::Auto,
        },
        quiet,
        dump_protocol: switch(layer, "dump-protocol"),
    }
}

/// The boards that were named, and whether `auto` was among them.
fn split_choices(layer: &Layer) -> (Vec<BoardSpec>, bool) {
    let named = layer
        .boards
        .iter()
        .filter_map(|choice| match &choice.value {
            BoardChoice::One(spec) => Some(spec.clone()),
            BoardChoice::Auto => None,
        });
    let named: Vec<BoardSpec> = named.collect();
    let auto = named.len() < layer.boards.len();
    (named, auto)
}

fn text<'a>(layer: &'a Layer, name: &str) -> Option<&'a str> {
    layer.value(name)?.as_text()
}

fn switch(layer: &Layer, name: &str) -> bool {
    let value = layer.value(name).and_then(super::keys::Value::as_switch);
    value.unwrap_or(false)
}

fn number(layer: &Layer, name: &str) -> Option<f64> {
    layer.value(name)?.as_number()
}

fn seconds(layer: &Layer, name: &str) -> Option<Duration> {
    layer.value(name)?.as_seconds()
}
