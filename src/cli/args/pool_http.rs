//! What `midstate pool` takes for pools that are asked by HTTP: which of their headers they send, and what a node is.

use crate::cli::{CliError, Exit};
use crate::pool::{HttpPoolSettings, MidstateGiven, Protocol};

/// The word that leaves a header out.
const NONE: &str = "none";
/// The chains that a node can be on, as it names them.
const CHAINS: [&str; 5] = ["main", "test", "testnet4", "signet", "regtest"];

/// Options of getwork and gbt.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Pools that are asked by HTTP (getwork and gbt)")]
pub struct HttpPoolArgs {
    /// getwork: X-Roll-NTime as it is sent, such as expire=120, Y or N; none: not at all [default: expire=120]
    #[arg(long, value_name = "VALUE", value_parser = header)]
    pub roll_ntime: Option<String>,
    /// getwork: X-Long-Polling as it is sent: a path, or a URL, on another host too; none: no long polls [default: /LP]
    #[arg(long, value_name = "VALUE", value_parser = header)]
    pub long_polling: Option<String>,
    /// getwork: X-Stratum as it is sent: where miners should go instead
    #[arg(long, value_name = "URL", value_parser = header)]
    pub x_stratum: Option<String>,
    /// getwork: whether the midstate is given: unasked (to clients that do not compute it), always, or wrong [default: unasked]
    #[arg(long, value_name = "WHEN", value_parser = midstate)]
    pub midstate: Option<MidstateGiven>,
    /// gbt: the chain that the node is on: main, test, testnet4, signet or regtest [default: regtest]
    #[arg(long, value_name = "NAME", value_parser = chain)]
    pub chain: Option<&'static str>,
    /// gbt: take blocks only, as a node does, instead of shares too
    #[arg(long)]
    pub blocks_only: bool,
}

impl HttpPoolArgs {
    /// What was described, for a pool of `protocol`.
    ///
    /// # Errors
    /// An option that `protocol` has no use for.
    pub(super) fn settings(&self, protocol: &Protocol) -> Result<HttpPoolSettings, CliError> {
        self.check(protocol)?;
        let usual = HttpPoolSettings::default();
        let given = |text: &Option<String>, usual| match text.as_deref() {
            Some(NONE) => None,
            Some(text) => Some(text.to_owned()),
            None => usual,
        };
        Ok(HttpPoolSettings {
            roll_ntime: given(&self.roll_ntime, usual.roll_ntime),
            long_polling: given(&self.long_polling, usual.long_polling),
            stratum: given(&self.x_stratum, usual.stratum),
            midstate: self.midstate.unwrap_or(usual.midstate),
            chain: self.chain.unwrap_or(usual.chain),
            shares: !self.blocks_only,
            fixed_result: None,
        })
    }

    fn check(&self, protocol: &Protocol) -> Result<(), CliError> {
        let given = [
            ("--roll-ntime", "getwork", self.roll_ntime.is_some()),
            ("--long-polling", "getwork", self.long_polling.is_some()),
            ("--x-stratum", "getwork", self.x_stratum.is_some()),
            ("--midstate", "getwork", self.midstate.is_some()),
            ("--chain", "gbt", self.chain.is_some()),
            ("--blocks-only", "gbt", self.blocks_only),
        ];
        let stray = given
            .into_iter()
            .find(|(_, of, given)| *given && *of != protocol.name);
        let Some((option, of, _)) = stray else {
            return Ok(());
        };
        let text = format!(
            "{option} is for pools of {of}; this one is of {}",
            protocol.name
        );
        Err(CliError::new(Exit::Usage, text).hint(format!("say --protocol {of}")))
    }
}

/// What may stand in a header.
fn header(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let wrong = || "printable ASCII is expected: it is sent in a header".to_owned();
    fits.then(|| text.to_owned()).ok_or_else(wrong)
}

fn midstate(text: &str) -> Result<MidstateGiven, String> {
    match text {
        "unasked" => Ok(MidstateGiven::Unasked),
        "always" => Ok(MidstateGiven::Always),
        "wrong" => Ok(MidstateGiven::Wrong),
        _ => Err("unasked, always or wrong is expected".to_owned()),
    }
}

fn chain(text: &str) -> Result<&'static str, String> {
    let known = CHAINS.into_iter().find(|known| *known == text);
    known.ok_or_else(|| format!("known are {}", CHAINS.join(", ")))
}
