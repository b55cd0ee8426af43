//! What `midstate pool` takes, and the emulated pool that it describes.

use std::net::SocketAddr;
use std::time::Duration;

use super::pool_http::HttpPoolArgs;
use super::{faults, seconds, secret};
use crate::algorithm::Algorithm;
use crate::cli::{CliError, Exit};
use crate::config::split_userpass;
use crate::pool::{EmulatorSettings, Fault, PROTOCOLS, Protocol};
use crate::units::{Difficulty, Secret};

/// What `pool` takes.
#[derive(Debug, clap::Args)]
pub struct PoolArgs {
    /// Address to listen on; port 0: any free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:3333")]
    pub listen: SocketAddr,
    /// Share difficulty; 1 is about 4.3 billion hashes a share with sha256d, 65537 with scrypt [default: a million hashes of sha256d, or two
    /// seconds of one thread of a processor]
    #[arg(long, value_name = "D", value_parser = difficulty, allow_negative_numbers = true)]
    pub difficulty: Option<Difficulty>,
    /// What it speaks
    #[arg(long, value_name = "NAME", default_value = PROTOCOLS[0].name, value_parser = protocol)]
    pub protocol: &'static Protocol,
    /// What its jobs are hashed with, such as sha256d or scrypt [default: the protocol's first]
    #[arg(short, long, value_name = "NAME")]
    pub algo: Option<String>,
    /// Seconds between jobs
    #[arg(long, value_name = "S", default_value = "30", value_parser = seconds, allow_negative_numbers = true)]
    pub job_interval: Duration,
    /// Every N-th job is a new block; 1: each
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub clean_every: u32,
    /// Bytes of extranonce2, 1 to 16
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=16))]
    pub extranonce2_size: u64,
    /// Steer the difficulty to N shares a minute
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub vardiff: Option<f64>,
    /// Only this worker may log in
    #[arg(short, long, value_name = "USER")]
    pub user: Option<String>,
    /// The worker's password [default: x]
    #[arg(short, long, value_name = "PASS", requires = "user", value_parser = secret)]
    pub pass: Option<Secret>,
    /// Worker name and password in one
    #[arg(short = 'O', long, value_name = "USER:PASS", conflicts_with_all = ["user", "pass"], value_parser = secret)]
    pub userpass: Option<Secret>,
    /// Something that goes wrong, from AFTER seconds on, for LASTING seconds; may be repeated
    ///
    /// Kinds: mute, no-jobs, no-verdicts, stale, duplicate, low-difficulty, disconnect, reconnect, split-writes, slow[=SECONDS], garbage, huge-line,
    /// refuse-login; by HTTP also status[=CODE], redirect-loop; truestratum and cryptonote also new-epoch; truestratum also seed-count, seeds,
    /// seedhash. Example: --fault stale@10+5
    #[arg(long = "fault", value_name = "KIND[@AFTER[+LASTING]]", value_parser = faults::parse)]
    pub faults: Vec<Fault>,
    /// Stop after so many seconds; else with Ctrl-C
    #[arg(long, value_name = "N", value_parser = seconds, allow_negative_numbers = true)]
    pub seconds: Option<Duration>,
    /// What pools take that are asked by HTTP.
    #[command(flatten)]
    pub http: HttpPoolArgs,
}

impl PoolArgs {
    /// The emulated pool that was described, starting at Unix time `unix_time` (seconds), with `seed` for everything random.
    ///
    /// # Errors
    /// `-O` without a colon, an algorithm that the protocol does not carry, or an option of another protocol.
    pub fn emulator_settings(
        &self,
        unix_time: u32,
        seed: u64,
    ) -> Result<EmulatorSettings, CliError> {
        let algorithm = algorithm_of(self.protocol, self.algo.as_deref())?;
        Ok(EmulatorSettings {
            algorithm,
            difficulty: self
                .difficulty
                .unwrap_or_else(|| algorithm.difficulty_for(algorithm.demo_hashes())),
            job_interval: self.job_interval,
            clean_every: self.clean_every,
            extranonce2_size: self.extranonce2_size as usize,
            vardiff: self.vardiff,
            login: self.login()?,
            faults: self.faults.clone(),
            seed,
            unix_time,
            http: self.http.settings(self.protocol)?,
            ..EmulatorSettings::default()
        })
    }

    fn login(&self) -> Result<Option<(String, Secret)>, CliError> {
        let both = self.userpass.as_ref();
        if let Some(both) = both {
            return Ok(Some(split_userpass(both.expose())?));
        }
        let pass = || self.pass.clone().unwrap_or_else(|| Secret::new("x"));
        match self.user.as_deref() {
            Some("") => Err(CliError::new(Exit::Usage, "--user must not be empty")),
            Some(user) => Ok(Some((user.to_owned(), pass()))),
            None => Ok(None),
        }
    }
}

fn difficulty(text: &str) -> Result<Difficulty, String> {
    let value: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    Difficulty::new(value).map_err(|error| error.to_string())
}

fn positive(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| value.is_finite() && *value > 0.0)
        .ok_or_else(|| "expected a positive number".to_owned())
}

/// What jobs of `protocol` are hashed with when the user asks for `asked`.
///
/// # Errors
/// As [`Protocol::algorithm`].
pub(crate) fn algorithm_of(
    protocol: &Protocol,
    asked: Option<&str>,
) -> Result<&'static dyn Algorithm, CliError> {
    let wrong = |error| CliError::new(Exit::Usage, "-a/--algo").because(error);
    protocol.algorithm(asked).map_err(wrong)
}

pub(super) fn protocol(name: &str) -> Result<&'static Protocol, String> {
    let names = || PROTOCOLS.iter().map(|protocol| protocol.name);
    let found = PROTOCOLS.iter().find(|protocol| protocol.name == name);
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = names().collect();
        format!("known are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Args, Command};
    use super::*;
    use crate::pool::{FaultKind, HttpPoolSettings, MidstateGiven};

    fn pool(line: &str) -> Result<PoolArgs, String> {
        let words = ["midstate", "pool"]
            .into_iter()
            .chain(line.split_whitespace());
        match Args::from_command_line(words).map(|args| args.command) {
            Ok(Some(Command::Pool(pool))) => Ok(pool),
            Ok(_) => unreachable!("the command is pool"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn defaults_suit_simulated_boards() {
        let settings = pool("").unwrap().emulator_settings(5, 6).unwrap();
        assert_eq!(settings.difficulty.to_string(), "2.44e-4");
        assert_eq!((settings.unix_time, settings.seed), (5, 6));
        assert!(settings.login.is_none());
    }

    #[test]
    fn everything_arrives() {
        let line = "--difficulty 2 --job-interval 0.5 --clean-every 1 --extranonce2-size 8 --vardiff 20 -u w -p s --fault stale@1+2 --fault mute --listen [::1]:0";
        let args = pool(line).unwrap();
        assert_eq!(args.listen.to_string(), "[::1]:0");
        let settings = args.emulator_settings(0, 0).unwrap();
        assert_eq!(settings.job_interval, Duration::from_millis(500));
        assert_eq!((settings.clean_every, settings.extranonce2_size), (1, 8));
        assert_eq!(settings.vardiff, Some(20.0));
        let (user, pass) = settings.login.unwrap();
        assert_eq!((user.as_str(), pass.expose()), ("w", "s"));
        assert_eq!(settings.faults[1].kind, FaultKind::Mute);
    }

    #[test]
    fn pools_by_http_are_described_in_full() {
        let settings = |line: &str| pool(line).unwrap().emulator_settings(0, 0);
        let line = "--protocol getwork --roll-ntime N --long-polling http://elsewhere:1/LP --x-stratum stratum+tcp://h:1 --midstate wrong";
        let http = settings(line).unwrap().http;
        assert_eq!(http.roll_ntime.as_deref(), Some("N"));
        assert_eq!(http.long_polling.as_deref(), Some("http://elsewhere:1/LP"));
        assert_eq!(http.stratum.as_deref(), Some("stratum+tcp://h:1"));
        assert_eq!(http.midstate, MidstateGiven::Wrong);
        let bare = "--protocol getwork --roll-ntime none --long-polling none";
        let http = settings(bare).unwrap().http;
        assert_eq!((http.roll_ntime, http.long_polling), (None, None));
        let http = settings("--protocol gbt --chain signet --blocks-only")
            .unwrap()
            .http;
        assert_eq!((http.chain, http.shares), ("signet", false));
        assert_eq!(settings("").unwrap().http, HttpPoolSettings::default());
        for stray in [
            "--chain main",
            "--protocol gbt --midstate always",
            "--protocol getwork --blocks-only",
        ] {
            let error = settings(stray).unwrap_err();
            assert!(
                error.report().contains("is for pools of"),
                "{}",
                error.report()
            );
        }
        assert!(pool("--protocol gbt --chain liquid").is_err());
        assert!(pool("--protocol getwork --midstate never").is_err());
    }

    #[test]
    fn nonsense_is_refused_and_passwords_are_hidden() {
        for line in [
            "--difficulty 0",
            "--difficulty NaN",
            "--extranonce2-size 0",
            "--extranonce2-size 17",
            "--clean-every 0",
            "--vardiff -3",
            "--protocol nonsense",
            "--fault nonsense",
            "--listen here",
            "-p hunter2",
        ] {
            let error = pool(line).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        let args = pool("-O u:hunter2").unwrap();
        assert!(!format!("{args:?}").contains("hunter2"));
        assert_eq!(args.login().unwrap().unwrap().1.expose(), "hunter2");
    }
}
