//! What mining takes.

use std::path::PathBuf;
use std::time::Duration;

use super::{PoolFlags, seconds, secret};
use crate::cli::CliError;
use crate::cli::scan::ScanArgs;
use crate::config::{self, Flags};
use crate::units::Secret;

/// What mining takes.
#[allow(clippy::struct_excessive_bools)] // each is a switch that is typed
#[derive(Debug, Default, PartialEq, clap::Args)]
pub struct MineArgs {
    /// The pools and their logins.
    #[command(flatten)]
    pub pools: PoolFlags,
    /// What is asked of the pools.
    #[command(flatten)]
    pub link: LinkArgs,
    /// Drive the board MODEL at PORT, or `auto`: every known board; may be repeated
    ///
    /// The first `:` ends the model, the first `,` after it the port, so a port may hold `:` but no `,`. Without a port: all that are plugged
    /// in, of a model whose USB identity proves what it is. See `midstate models` for models and their options. Examples:
    /// --board icarus:/dev/ttyUSB0,baud=57600 --board bitaxe,freq=500
    #[arg(
        long = "board",
        value_name = "MODEL:PORT[,KEY=VALUE...]",
        help_heading = "Boards"
    )]
    pub boards: Vec<String>,
    /// Simulate N boards of MODEL; may be repeated. Example: --simulate icarus:3,rate=2M
    #[arg(long, value_name = "MODEL[:N][,KEY=VALUE...]", help_heading = "Boards")]
    pub simulate: Vec<String>,
    /// Let options of the boards named here pass the limits of their models, at your risk
    #[arg(long, help_heading = "Boards")]
    pub unsafe_limits: bool,
    /// Mine on N threads of the processor, too; 0: one a core
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        help_heading = "Boards"
    )]
    pub cpu: Option<String>,
    /// Hash with this kernel on the processor, see `midstate bench` [default: the fastest]
    #[arg(long, value_name = "NAME", help_heading = "Boards")]
    pub kernel: Option<String>,
    /// Seconds between looks for new boards; 0: never [default: 5]
    #[arg(
        long,
        value_name = "SECONDS",
        allow_negative_numbers = true,
        help_heading = "Boards"
    )]
    pub hotplug: Option<String>,
    /// List what is plugged in and what it is, and stop
    #[arg(long, help_heading = "Boards")]
    pub scan: bool,
    /// With --scan: also write to ports that could be a board, to find out
    #[arg(long, requires = "scan", help_heading = "Boards")]
    pub probe: bool,
    /// With --scan: all USB devices; with --probe, write to ports of unknown identity, too
    #[arg(long, requires = "scan", help_heading = "Boards")]
    pub all: bool,
    /// With --scan: print the udev rules that give access to all known boards, and nothing else
    #[arg(long, requires = "scan", help_heading = "Boards")]
    pub udev_rules: bool,
    /// Stop after so many seconds
    #[arg(long, value_name = "N", value_parser = seconds, allow_negative_numbers = true, help_heading = "Output")]
    pub seconds: Option<Duration>,
    /// Mine in the background, without a terminal; redirect standard error to keep the log
    #[arg(short = 'B', long, help_heading = "Output")]
    pub background: bool,
    /// Write the number of the process that mines to FILE, and remove FILE at the end
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub pid_file: Option<PathBuf>,
    /// Log every line to and from the pools, passwords hidden
    #[arg(short = 'P', long, help_heading = "Output")]
    pub dump_protocol: bool,
}

/// What is asked of the pools.
#[allow(clippy::struct_excessive_bools)] // each is a switch that is typed
#[derive(Debug, Default, PartialEq, clap::Args)]
#[command(next_help_heading = "Pools")]
pub struct LinkArgs {
    /// What the pools have hashed, such as sha256d or scrypt [default: the protocol's own, sha256d with Stratum; NightMiner's was scrypt]
    #[arg(short, long, value_name = "NAME")]
    pub algo: Option<String>,
    /// Exit with status 69 instead of trying again when no pool is usable
    #[arg(long)]
    pub once: bool,
    /// Reach the pools through this SOCKS5 proxy, socks5://[USER:PASS@]HOST:PORT
    #[arg(long, value_name = "URL", value_parser = secret)]
    pub proxy: Option<Secret>,
    /// Check TLS pools against the certificates (PEM) in FILE instead of the system's
    #[arg(long, value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Follow a pool that sends us to another domain
    #[arg(long)]
    pub allow_redirect: bool,
    /// Send shares whose job is gone, too
    #[arg(long)]
    pub submit_stale: bool,
    /// Solo mining (gbt+http): pay the reward of a block to this address, or output script in hex
    #[arg(long, value_name = "ADDRESS")]
    pub payout: Option<String>,
    /// Solo mining: text in the coinbase [default: /midstate/]
    #[arg(long, value_name = "TEXT")]
    pub coinbase_text: Option<String>,
    /// Log in to a Bitcoin node with its login file instead of -u and -p
    #[arg(long, value_name = "FILE")]
    pub cookie: Option<PathBuf>,
    /// Keep found blocks in this folder [default: midstate/blocks in the user's state folder]
    #[arg(long, value_name = "FOLDER")]
    pub blocks: Option<PathBuf>,
    /// Ask the pools for share difficulty D, such as 0.5
    #[arg(
        long,
        aliases = ["suggest-diff", "request-diff"],
        value_name = "D",
        allow_negative_numbers = true
    )]
    pub suggest_difficulty: Option<String>,
    /// Do not ask the pools for version bits to roll (BIP310)
    #[arg(long)]
    pub no_version_rolling: bool,
}

impl MineArgs {
    /// Whether to exit instead of trying again when no pool is usable.
    pub fn once(&self) -> bool {
        self.link.once
    }

    /// How to scan.
    pub fn scan_args(&self, json: bool) -> ScanArgs {
        ScanArgs {
            json,
            probe: self.probe,
            all: self.all,
            udev_rules: self.udev_rules,
        }
    }

    /// Boards as named, their limits lifted if that was asked for.
    fn as_limited(&self, boards: &[String]) -> Vec<String> {
        if !self.unsafe_limits {
            return boards.to_vec();
        }
        boards
            .iter()
            .map(|text| config::without_limits(text))
            .collect()
    }

    /// Adds them in the settings' terms.
    pub(super) fn add_to(&self, flags: &mut Flags) -> Result<(), CliError> {
        self.pools.add_to(flags)?;
        self.link.add_to(flags);
        flags.boards = self.as_limited(&self.boards);
        flags.simulate = self.as_limited(&self.simulate);
        flags.set_if("cpu", "--cpu", self.cpu.as_deref());
        flags.set_if("kernel", "--kernel", self.kernel.as_deref());
        flags.set_if("hotplug", "--hotplug", self.hotplug.as_deref());
        if self.dump_protocol {
            flags.set("dump-protocol", "-P", "true");
        }
        Ok(())
    }
}

impl LinkArgs {
    fn add_to(&self, flags: &mut Flags) {
        flags.set_if("algo", "-a", self.algo.as_deref());
        flags.set_if("proxy", "--proxy", self.proxy.as_ref().map(Secret::expose));
        let tls_ca = self.tls_ca.as_ref().map(|path| path.display().to_string());
        flags.set_if("tls-ca", "--tls-ca", tls_ca);
        flags.set_if("payout", "--payout", self.payout.as_deref());
        flags.set_if(
            "coinbase-text",
            "--coinbase-text",
            self.coinbase_text.as_deref(),
        );
        for (key, flag, path) in [
            ("cookie", "--cookie", &self.cookie),
            ("blocks", "--blocks", &self.blocks),
        ] {
            flags.set_if(
                key,
                flag,
                path.as_ref().map(|path| path.display().to_string()),
            );
        }
        let difficulty = self.suggest_difficulty.as_deref();
        flags.set_if("suggest-difficulty", "--suggest-difficulty", difficulty);
        if self.allow_redirect {
            flags.set("allow-redirect", "--allow-redirect", "true");
        }
        if self.submit_stale {
            flags.set("submit-stale", "--submit-stale", "true");
        }
        if self.no_version_rolling {
            flags.set("version-rolling", "--no-version-rolling", "false");
        }
    }
}
