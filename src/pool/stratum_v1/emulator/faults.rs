//! What faults do to everybody, and to who comes.

use std::time::Instant;

use super::StratumEmulator;
use crate::pool::FaultKind;

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
