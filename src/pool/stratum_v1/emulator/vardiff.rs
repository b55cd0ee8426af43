//! A client's difficulty is steered when a job goes out anyway, and after shares.

use std::time::Instant;

use super::StratumEmulator;
use crate::pool::ClientId;

impl StratumEmulator {
    /// Steers before a job goes out anyway; whether there is another difficulty.
    pub(super) fn steer_at_job(&mut self, id: ClientId, now: Instant) -> bool {
        let (wanted, hardest) = (self.base.settings.vardiff, self.chain.network_difficulty());
        let client = self.base.clients.get_mut(&id);
        client.is_some_and(|client| client.vardiff.steer(wanted, client.minimum, hardest, now))
    }

    /// Steers after a share: a new difficulty needs a new job.
    pub(super) fn steer_at_share(&mut self, id: ClientId, now: Instant) {
        if let Some(client) = self.base.clients.get_mut(&id) {
            client.vardiff.count_share();
        }
        if self.steer_at_job(id, now) {
            let job = self.chain.refreshed();
            self.serve(id, &job);
        }
    }
}
