//! `--fault KIND[@AFTER[+LASTING]]`.

use std::time::Duration;

use crate::pool::{Fault, FaultKind};

/// Kinds by name; `slow` and `status` may have a value of their own.
const KINDS: [(&str, FaultKind); 19] = [
    ("mute", FaultKind::Mute),
    ("no-jobs", FaultKind::NoJobs),
    ("no-verdicts", FaultKind::NoVerdicts),
    ("stale", FaultKind::Stale),
    ("duplicate", FaultKind::Duplicate),
    ("low-difficulty", FaultKind::LowDifficulty),
    ("disconnect", FaultKind::Disconnect),
    ("reconnect", FaultKind::Reconnect),
    ("split-writes", FaultKind::SplitWrites),
    ("slow", FaultKind::Slow(Duration::from_secs(1))),
    ("garbage", FaultKind::Garbage),
    ("huge-line", FaultKind::HugeLine),
    ("refuse-login", FaultKind::RefuseLogin),
    ("status", FaultKind::Status(503)),
    ("redirect-loop", FaultKind::RedirectLoop),
    ("new-epoch", FaultKind::NewEpoch),
    ("seed-count", FaultKind::SeedCount),
    ("seeds", FaultKind::Seeds),
    ("seedhash", FaultKind::Seedhash),
];

/// Parses `KIND[@AFTER[+LASTING]]`, times in seconds; without times it begins at once and lasts for ever.
pub(super) fn parse(text: &str) -> Result<Fault, String> {
    let (name, times) = text.split_once('@').unwrap_or((text, "0"));
    let (after, lasting) = match times.split_once('+') {
        Some((after, lasting)) => (time(after)?, time(lasting)?),
        None => (time(times)?, Duration::MAX),
    };
    Ok(Fault {
        after,
        lasting,
        kind: kind(name)?,
    })
}

fn kind(name: &str) -> Result<FaultKind, String> {
    if let Some(delay) = name.strip_prefix("slow=") {
        return time(delay).map(FaultKind::Slow);
    }
    if let Some(status) = name.strip_prefix("status=") {
        let status = status.parse().ok().filter(|code| (400..600).contains(code));
        let wrong = || "an HTTP status from 400 to 599 is expected, as in status=503".to_owned();
        return status.map(FaultKind::Status).ok_or_else(wrong);
    }
    let found = KINDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        format!("kinds are {}", names.join(", "))
    })
}

fn time(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("{text:?} is no number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let fault = parse("stale@10+2.5").unwrap();
        assert_eq!(fault.kind, FaultKind::Stale);
        assert_eq!(fault.after, Duration::from_secs(10));
        assert_eq!(fault.lasting, Duration::from_millis(2500));
        assert_eq!(parse("mute").unwrap().lasting, Duration::MAX);
        assert_eq!(
            parse("slow=0.2@1").unwrap().kind,
            FaultKind::Slow(Duration::from_millis(200))
        );
        assert_eq!(parse("status=404").unwrap().kind, FaultKind::Status(404));
        assert_eq!(parse("status").unwrap().kind, FaultKind::Status(503));
        assert!(parse("status=200").is_err() && parse("status=x").is_err());
        assert_eq!(parse("x").unwrap_err().split(',').count(), KINDS.len());
        assert_eq!(
            parse("stale@x").unwrap_err(),
            "\"x\" is no number of seconds"
        );
        assert!(parse("stale@-1").is_err());
    }
}
