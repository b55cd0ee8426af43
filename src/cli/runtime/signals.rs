//! What the person asks of the running program by signals.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// SIGINT, SIGTERM, SIGQUIT and SIGHUP, listened for by a task of their own: a look at this one channel costs less than a look at each
/// signal. A terminal that is closed must not leave boards under voltage, so all of them end the program in good order.
pub(crate) struct Signals(mpsc::Receiver<()>);

impl Signals {
    pub(crate) fn new() -> std::io::Result<Self> {
        let mut kinds = vec![
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::quit(),
        ];
        // Under `nohup` the program is to outlive its terminal.
        if !is_ignored(SignalKind::hangup()) {
            kinds.push(SignalKind::hangup());
        }
        let (tell, told) = mpsc::channel(2);
        for kind in kinds {
            tokio::spawn(listen(signal(kind)?, tell.clone()));
        }
        Ok(Self(told))
    }

    /// Comes when any of them does.
    pub(crate) async fn any(&mut self) {
        if self.0.recv().await.is_none() {
            // The runtime is about to end; nobody will signal any more.
            std::future::pending::<()>().await;
        }
    }
}

async fn listen(mut signal: Signal, tell: mpsc::Sender<()>) {
    while signal.recv().await.is_some() {
        if tell.send(()).await.is_err() {
            return;
        }
    }
}

/// Whether whoever started us has the signal ignored; where the system does not tell, no.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_signals(&status).is_some_and(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

/// A bit for each signal, from number 1 on (proc(5), `SigIgn`).
fn ignored_signals(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    u64::from_str_radix(line?.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_mask_is_read() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!(ignored_signals(status), Some(0x1001));
        assert_eq!(ignored_signals("Name:\tx\n"), None);
        let own = std::fs::read_to_string("/proc/self/status").unwrap();
        assert!(ignored_signals(&own).is_some(), "{own}");
    }
}
