//! What goes wrong, and when.

use std::time::{Duration, Instant};

use super::StratumEmulator;
use super::outbox::Manner;
use crate::pool::{Fault, FaultKind};
use crate::work::{Outcome, Reject};

/// The faults of an emulated pool against its own time, which begins with the first call.
#[derive(Debug)]
pub(in crate::pool) struct Faults {
    /// Each with whether it was active when last looked at.
    list: Vec<(Fault, bool)>,
    start: Option<Instant>,
    now: Option<Instant>,
}

impl Faults {
    pub(in crate::pool) fn new(faults: Vec<Fault>) -> Self {
        Self {
            list: faults.into_iter().map(|fault| (fault, false)).collect(),
            start: None,
            now: None,
        }
    }

    /// Goes on to `now`: the kinds of the faults that begin.
    pub(in crate::pool) fn advance(&mut self, now: Instant) -> Vec<FaultKind> {
        let elapsed = self.elapsed(now);
        self.start.get_or_insert(now);
        self.now = Some(now);
        let mut begun = Vec::new();
        for (fault, was_active) in &mut self.list {
            let active = is_active(fault, elapsed);
            if active && !*was_active {
                begun.push(fault.kind);
            }
            *was_active = active;
        }
        begun
    }

    pub(in crate::pool) fn elapsed(&self, now: Instant) -> Duration {
        self.start
            .map_or(Duration::ZERO, |start| now.saturating_duration_since(start))
    }

    /// When the next fault begins or ends.
    pub(in crate::pool) fn next_change(&self) -> Option<Instant> {
        let (start, now) = (self.start?, self.now?);
        self.list
            .iter()
            .flat_map(|(fault, _)| [Some(fault.after), fault.after.checked_add(fault.lasting)])
            .filter_map(|after| start.checked_add(after?))
            .filter(|at| *at > now)
            .min()
    }

    fn active(&self, now: Instant) -> impl Iterator<Item = FaultKind> + '_ {
        let elapsed = self.elapsed(now);
        self.list
            .iter()
            .filter(move |(fault, _)| is_active(fault, elapsed))
            .map(|(fault, _)| fault.kind)
    }

    pub(in crate::pool) fn has(&self, kind: FaultKind, now: Instant) -> bool {
        self.active(now).any(|active| active == kind)
    }

    pub(in crate::pool) fn manner(&self, now: Instant) -> Manner {
        Manner {
            mute: self.has(FaultKind::Mute, now),
            split: self.has(FaultKind::SplitWrites, now),
            delay: self.active(now).find_map(|kind| match kind {
                FaultKind::Slow(delay) => Some(delay),
                _ => None,
            }),
        }
    }

    pub(in crate::pool) fn has_no_jobs(&self, now: Instant) -> bool {
        self.has(FaultKind::NoJobs, now)
    }

    pub(in crate::pool) fn has_garbage(&self, now: Instant) -> bool {
        self.has(FaultKind::Garbage, now)
    }

    pub(in crate::pool) fn disconnects(&self, now: Instant) -> bool {
        self.has(FaultKind::Disconnect, now)
    }

    pub(in crate::pool) fn refuses_logins(&self, now: Instant) -> bool {
        self.has(FaultKind::RefuseLogin, now)
    }

    pub(in crate::pool) fn gives_no_verdicts(&self, now: Instant) -> bool {
        self.has(FaultKind::NoVerdicts, now)
    }

    /// The unjust verdict of the moment.
    pub(in crate::pool) fn unjust_verdict(&self, now: Instant) -> Option<Outcome> {
        self.active(now).find_map(|kind| {
            let (class, text) = match kind {
                FaultKind::Stale => (Reject::Stale, "Stale"),
                FaultKind::Duplicate => (Reject::Duplicate, "Duplicate share"),
                FaultKind::LowDifficulty => (Reject::LowDifficulty, "Low difficulty share"),
                _ => return None,
            };
            Some(Outcome::Rejected(class, text.to_owned()))
        })
    }

    /// What every client gets once, when it has logged in while the fault lasts.
    pub(in crate::pool) fn greetings(&self, now: Instant) -> (bool, bool) {
        (
            self.has(FaultKind::Reconnect, now),
            self.has(FaultKind::HugeLine, now),
        )
    }
}

fn is_active(fault: &Fault, elapsed: Duration) -> bool {
    let end = fault.after.saturating_add(fault.lasting);
    fault.after <= elapsed && elapsed < end
}

impl StratumEmulator {
    /// What a fault does to everybody at the moment when it begins.
    pub(super) fn begin_fault(&mut self, kind: FaultKind) {
        let clients: Vec<_> = self.clients.keys().copied().collect();
        for client in clients {
            match kind {
                FaultKind::Disconnect => self.close(client),
                FaultKind::Reconnect => self.send_elsewhere(client),
                FaultKind::HugeLine => self.outbox.flood(client),
                _ => {}
            }
        }
    }

    /// What lasting faults do to a client that has just logged in.
    pub(super) fn greet(&mut self, client: crate::pool::ClientId, now: Instant) {
        let (reconnect, huge) = self.faults.greetings(now);
        if reconnect {
            self.send_elsewhere(client);
        }
        if huge {
            self.outbox.flood(client);
        }
    }

    /// `client.reconnect` without a place: to the same address.
    fn send_elsewhere(&mut self, client: crate::pool::ClientId) {
        let line = r#"{"id":null,"method":"client.reconnect","params":[]}"#;
        self.outbox.send(client, line);
    }
}
