//! Options of cgminer, bfgminer and cpuminer that are spelled otherwise here: the error says how.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Old options, and what to do instead.
const OLD: &[(&[&str], &str)] = &[
    (
        &[
            "-S",
            "--scan-serial",
            "--usb",
            "--device",
            "--set-device",
            "--set",
            "--icarus-options",
            "--icarus-timing",
        ],
        "name a board with `--board MODEL:PORT[,key=value...]`; `--scan` lists the ports",
    ),
    (
        &["-n", "--ndevs", "--list-devices"],
        "list devices with `--scan`",
    ),
    (
        &[
            "-b",
            "--api-listen",
            "--api-port",
            "--api-allow",
            "--api-network",
            "--api-description",
            "--api-groups",
        ],
        "there is no cgminer API; `--json` and `--log-format json` are for programs",
    ),
    (
        &["-T", "--text-only"],
        "not needed: the live status is drawn on a terminal only; `-q` silences it",
    ),
    (
        &["-x", "--socks-proxy"],
        "a proxy is `--proxy socks5://HOST:PORT`",
    ),
    (
        &["-t", "--threads", "--cpu-threads"],
        "threads of the processor are `--cpu N`",
    ),
    (
        &[
            "-U",
            "--quota",
            "--rotate",
            "--round-robin",
            "--load-balance",
            "--balance",
            "--failover-only",
            "--pool-priority",
        ],
        "pools are used in the order of their `-o`: the first that gives work",
    ),
    (
        &["--no-redirect", "--no-pool-redirect", "--no-submit-stale"],
        "not needed: this is the default; `--allow-redirect` and `--submit-stale` switch it off",
    ),
    (
        &["-l", "--log", "--log-interval"],
        "set `status-interval` in the settings file",
    ),
    (
        &["--benchmark", "--benchfile"],
        "`midstate demo` needs no pool",
    ),
    (&["--real-quiet", "--log-level-quiet"], "`-q`"),
    (&["--verbose", "--debuglog"], "`-d`"),
    (
        &["--syslog"],
        "run it as a service; standard error goes to the journal",
    ),
    (&["--protocol-dump"], "`-P` or `--dump-protocol`"),
    (
        &["--retry-pause", "--retries", "-R", "-r"],
        "not needed: lost pools are tried again with growing pauses; `--once` gives up",
    ),
];

/// Adds what to do instead to an error about an old option.
pub(super) fn explain(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    if let Some(advice) = instead_of(option) {
        error.remove(ContextKind::SuggestedArg);
        let advice = vec![StyledStr::from(advice.to_owned())];
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(advice));
    }
    error
}

fn instead_of(option: &str) -> Option<&'static str> {
    OLD.iter()
        .find(|(names, _)| names.contains(&option))
        .map(|(_, advice)| *advice)
}
