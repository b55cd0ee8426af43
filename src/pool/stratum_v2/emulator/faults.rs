//! What faults do to everybody, and to who comes.

use std::time::Instant;

use common_messages_sv2::ReconnectOwned;

use super::Sv2Emulator;
use crate::pool::stratum_v2::frames::Frame;
use crate::pool::stratum_v2::messages::text;
use crate::pool::{ClientId, FaultKind};

impl Sv2Emulator {
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

    /// What lasting faults do to a client that has just opened a channel.
    pub(super) fn greet(&mut self, client: ClientId, now: Instant) {
        let (reconnect, huge) = self.faults.greetings(now);
        if reconnect {
            self.send_elsewhere(client);
        }
        if huge {
            self.outbox.flood(client);
        }
    }

    /// `SetTarget` with three bytes of a target.
    pub(super) fn send_garbage(&mut self, client: ClientId) {
        let garbage = Frame::new(0x21, true, &[1, 0, 0, 0, 0xff, 0xff, 0xff]);
        self.outbox.send(client, garbage);
    }

    /// `Reconnect` without a place: to the same address.
    fn send_elsewhere(&mut self, client: ClientId) {
        self.send(
            client,
            ReconnectOwned {
                new_host: text(""),
                new_port: 0,
            },
        );
    }
}
