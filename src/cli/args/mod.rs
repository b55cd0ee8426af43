//! The command line: what can be typed, and its translation into the settings' terms.

mod faults;
mod legacy;
mod mine;
mod pool;
mod pool_flags;
mod pool_http;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use mine::MineArgs;
pub use pool::PoolArgs;
pub(crate) use pool::algorithm_of;
pub use pool_flags::PoolFlags;
pub use pool_http::HttpPoolArgs;

use super::{CliError, Exit};
use crate::config::Flags;
use crate::pool::Protocol;
use crate::units::Secret;

const EXAMPLES: &str = "\
Examples:
  midstate demo                          a pool and boards made of software: nothing is needed
  midstate --scan                        what is plugged in, and what it is
  midstate -o stratum+tcp://pool.example:3333 -u WORKER -p x
                                         mine on every known board that is plugged in
  midstate -o URL -u USER --board icarus:/dev/ttyUSB0,baud=115200
  midstate -o URL1 -u A -o URL2 -u B     the second pool takes over when the first gives no work

Settings also come from MIDSTATE_* variables, ~/.config/midstate/config.toml and
/etc/midstate/config.toml; `midstate config --print` shows them and where each is from.
A password on the command line is seen by every user of the machine: MIDSTATE_PASS is not.";

/// Hosts SHA-256 mining hardware: finds boards, speaks to pools, verifies every nonce.
#[derive(Debug, Parser)]
#[command(name = "midstate", version, disable_version_flag = true, after_help = EXAMPLES, subcommand_help_heading = "Commands", subcommand_value_name = "COMMAND")]
pub struct Args {
    /// Print the version
    #[arg(short = 'V', short_alias = 'v', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
    /// What every command takes.
    #[command(flatten)]
    pub common: CommonArgs,
    /// What mining takes.
    #[command(flatten)]
    pub mine: MineArgs,
    /// The command; none: mine.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct CommonArgs {
    /// Only warnings and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log what happens inside, too
    #[arg(short, long, short_alias = 'D', global = true)]
    pub debug: bool,
    /// Form of the log lines: text or json [default: text]
    #[arg(long, value_name = "FORM", global = true)]
    pub log_format: Option<String>,
    /// Colours in the log: auto, always or never [default: auto]
    #[arg(long, alias = "colour", value_name = "WHEN", global = true)]
    pub color: Option<String>,
    /// Results as JSON on standard output; the last line is one object
    #[arg(long, global = true)]
    pub json: bool,
    /// Settings file (TOML), instead of ~/.config/midstate/config.toml
    #[arg(short, long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Mine on simulated boards for a pool inside the program: nothing else is needed
    Demo(DemoArgs),
    /// Run the embedded pool for other miners; prints a verdict for each share
    Pool(PoolArgs),
    /// Run an emulated board behind a pseudo-terminal, for this or another miner
    Emulate(EmulateArgs),
    /// Measure how fast this machine hashes, beside a plain library in the same run
    Bench(crate::cli::bench::BenchArgs),
    /// Put a bitstream of the open core on an FPGA board
    Flash(crate::cli::flash::FlashArgs),
    /// Simulate, check and measure the open core of hdl/
    Hdl(crate::cli::hdl::HdlArgs),
    /// List the supported boards, or show one with its options
    Models(ModelsArgs),
    /// Show the effective settings and where each came from
    Config(ConfigArgs),
}

/// What `demo` takes.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Stop after so many seconds; else with Ctrl-C
    #[arg(long, value_name = "N", value_parser = seconds, allow_negative_numbers = true)]
    pub seconds: Option<Duration>,
    /// What pool and miner speak
    #[arg(long, value_name = "NAME", default_value = crate::pool::PROTOCOLS[0].name, value_parser = pool::protocol)]
    pub protocol: &'static Protocol,
    /// What is hashed, such as sha256d or scrypt [default: the protocol's first]
    #[arg(short, long, value_name = "NAME")]
    pub algo: Option<String>,
    /// Simulated boards, such as icarus:2,rate=2M; or cpu:N; may be repeated [default: several models that run the algorithm]
    #[arg(
        long = "board",
        alias = "simulate",
        value_name = "MODEL[:N][,KEY=VALUE...]"
    )]
    pub boards: Vec<String>,
}

/// What `emulate` takes.
#[derive(Debug, clap::Args)]
pub struct EmulateArgs {
    /// Which board; see `midstate models`
    #[arg(value_name = "MODEL")]
    pub model: String,
    /// Make this path a link to the pseudo-terminal
    #[arg(long, value_name = "PATH")]
    pub pty: Option<PathBuf>,
    /// Options of the board, such as rate=2M
    #[arg(long, value_name = "KEY=VALUE,...", default_value = "")]
    pub options: String,
}

/// What `models` takes.
#[derive(Debug, clap::Args)]
pub struct ModelsArgs {
    /// Show this model with its options
    #[arg(value_name = "MODEL")]
    pub model: Option<String>,
}

/// What `config` takes: whatever mining takes, to show its effect.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// Print the settings; this is what `config` does anyhow
    #[arg(long)]
    pub print: bool,
    /// What mining takes.
    #[command(flatten)]
    pub mine: MineArgs,
}

impl Args {
    /// Parses a command line.
    ///
    /// # Errors
    /// Clap's, which print help, the version or what is wrong; options of older miners are told their new spelling.
    pub fn from_command_line(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command
            .try_get_matches_from_mut(words)
            .map_err(legacy::explain)?;
        let args = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        args.check().map_err(|error| error.format(&mut command))?;
        Ok(args)
    }

    /// Refuses options of mining beside a command that would ignore them.
    fn check(&self) -> Result<(), clap::Error> {
        let mines = matches!(self.command, None | Some(Command::Config(_)));
        if mines || self.mine == MineArgs::default() {
            return Ok(());
        }
        Err(clap::Error::raw(
            clap::error::ErrorKind::ArgumentConflict,
            "options of mining stand before a command that does not take them; see `midstate help COMMAND`\n",
        ))
    }

    /// Whether the settings files count: a command that uses none of the user's pools and boards does not read them.
    pub fn uses_files(&self) -> bool {
        self.common.config.is_some()
            || matches!(self.command, Some(Command::Config(_)))
            || (self.command.is_none() && !self.mine.scan)
    }

    /// Whether results are wanted as JSON.
    pub fn json(&self) -> bool {
        self.common.json
    }

    /// How long to run.
    pub fn seconds(&self) -> Option<Duration> {
        match &self.command {
            Some(Command::Demo(demo)) => demo.seconds,
            Some(Command::Pool(pool)) => pool.seconds,
            _ => self.mine.seconds,
        }
    }

    /// The command line in the settings' terms.
    ///
    /// # Errors
    /// When users, passwords and URLs do not fit together.
    pub fn flags(&self) -> Result<Flags, CliError> {
        let mut flags = Flags {
            config: self.common.config.clone(),
            ..Flags::default()
        };
        self.common.add_to(&mut flags)?;
        let mine = match &self.command {
            Some(Command::Config(config)) if self.mine == MineArgs::default() => &config.mine,
            _ => &self.mine,
        };
        mine.add_to(&mut flags)?;
        Ok(flags)
    }
}

impl CommonArgs {
    fn add_to(&self, flags: &mut Flags) -> Result<(), CliError> {
        if self.quiet && self.debug {
            return Err(CliError::new(Exit::Usage, "-q and -d exclude each other"));
        }
        if self.quiet {
            flags.set("quiet", "-q", "true");
            flags.set("log", "-q", "warn");
        }
        if self.debug {
            flags.set("log", "-d", "info,midstate=debug");
        }
        flags.set_if("log-format", "--log-format", self.log_format.as_deref());
        flags.set_if("color", "--color", self.color.as_deref());
        Ok(())
    }
}

/// A positive number of seconds: up to a hundred years, which any clock can add to now.
fn seconds(text: &str) -> Result<Duration, String> {
    const MOST: f64 = 3.0e9;
    let time = text.parse().ok();
    time.filter(|number| *number > 0.0 && *number <= MOST)
        .and_then(|number| Duration::try_from_secs_f64(number).ok())
        .ok_or_else(|| format!("expected a positive number of seconds, {MOST:e} at most"))
}

/// Text that is not printed.
#[allow(clippy::unnecessary_wraps)] // the shape that clap asks of a parser
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, clap::Error> {
        Args::from_command_line(["midstate"].iter().chain(words))
    }

    fn error(words: &[&str]) -> String {
        parse(words).unwrap_err().to_string()
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn no_command_is_mining_and_flags_work_on_both_sides_of_a_command() {
        let args = parse(&["-o", "stratum+tcp://h:1", "-u", "w", "--seconds", "2.5"]).unwrap();
        assert!(args.command.is_none());
        assert_eq!(args.seconds(), Some(Duration::from_millis(2500)));
        let args = parse(&["--json", "demo", "--seconds", "3", "--board", "x:2"]).unwrap();
        assert!(args.json());
        assert_eq!(args.seconds(), Some(Duration::from_secs(3)));
        assert!(parse(&["demo", "--json"]).unwrap().json());
    }

    #[test]
    fn options_of_mining_before_another_command_are_refused() {
        assert!(error(&["-o", "stratum+tcp://h:1", "demo"]).contains("options of mining"));
        assert!(parse(&["-o", "stratum+tcp://h:1", "config"]).is_ok());
        assert!(parse(&["config", "--print", "-o", "stratum+tcp://h:1"]).is_ok());
    }

    #[test]
    fn the_options_of_nightminer_mean_here_what_they_meant_there() {
        let line = "-o stratum+tcp://h:9333 -O w:p -a scrypt -B -q -P --pid-file p";
        let words: Vec<&str> = line.split(' ').collect();
        let args = parse(&words).unwrap();
        assert!(args.mine.background && args.mine.dump_protocol && args.common.quiet);
        assert_eq!(args.mine.link.algo.as_deref(), Some("scrypt"));
        assert_eq!(args.mine.pid_file, Some("p".into()));
        for version in ["-v", "-V", "--version"] {
            assert!(error(&[version]).starts_with("midstate "));
        }
        assert!(error(&["-h"]).contains("NightMiner's was scrypt"));
    }

    #[test]
    fn impossible_times_are_refused() {
        for bad in ["0", "-1", "NaN", "inf", "x", "1e300"] {
            let text = error(&["--seconds", bad]);
            assert!(text.contains("--seconds"), "{text}");
        }
    }

    #[test]
    fn old_options_are_told_their_new_spelling() {
        assert!(error(&["-S", "/dev/ttyUSB0"]).contains("--board MODEL:PORT"));
        assert!(error(&["--usb", "1:2"]).contains("--board"));
        assert!(error(&["-n"]).contains("--scan"));
        assert!(error(&["--api-listen"]).contains("--json"));
        assert!(error(&["-T"]).contains("not needed"));
        assert!(error(&["--failover-only"]).contains("order"));
    }

    #[test]
    fn unknown_options_are_told_the_nearest() {
        assert!(error(&["--usr", "x"]).contains("--user"));
        assert!(error(&["modls"]).contains("models"));
    }

    #[test]
    fn flags_carry_the_names_of_the_settings() {
        let words = [
            "--cpu",
            "0",
            "-P",
            "--once",
            "--allow-redirect",
            "--submit-stale",
            "--proxy",
            "socks5://h",
            "--tls-ca",
            "f",
            "--payout",
            "51",
            "--coinbase-text",
            "hi",
            "--cookie",
            "c",
            "--blocks",
            "b",
            "--suggest-difficulty",
            "2",
            "--no-version-rolling",
            "--hotplug",
            "0",
            "--log-format",
            "json",
            "--color",
            "never",
            "-d",
        ];
        let flags = parse(&words).unwrap().flags().unwrap();
        let sources = crate::config::Sources::real(flags).without_files();
        let settings = sources.load().unwrap().settings;
        assert_eq!(settings.cpu, Some(0));
        assert!(settings.allow_redirect && settings.submit_stale && !settings.version_rolling);
        assert_eq!(settings.proxy.unwrap().expose(), "socks5://h");
        assert_eq!(settings.suggest_difficulty.unwrap().to_string(), "2");
        assert_eq!(settings.hotplug, None);
        assert_eq!(settings.payout.unwrap().script(), [0x51]);
        assert_eq!(settings.coinbase_text, "hi");
        assert_eq!(settings.cookie.unwrap().to_str(), Some("c"));
        assert_eq!(settings.blocks.unwrap().to_str(), Some("b"));
        assert!(settings.log.dump_protocol);
        assert_eq!(settings.log.filter, "info,midstate=debug");
    }
}
