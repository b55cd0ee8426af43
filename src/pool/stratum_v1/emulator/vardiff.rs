//! A client's difficulty is steered when a job goes out anyway, and after shares.

use std::time::Instant;

use super::StratumEmulator;
use crate::pool::ClientId;

impl StratumEmulator {
    /// Steers before a job goes out anyway.
    pub(super) fn steer_at_job(&mut self, id: ClientId, now: Instant) -> bool {
        let hardest = self.chain.network_difficulty();
        let (Some(wanted), Some(client)) = (self.settings.vardiff, self.clients.get_mut(&id))
        else {
            return false;
        };
        let (difficulty, minimum) = (client.difficulty, client.minimum);
        let steered = client
            .vardiff
            .steered(wanted, difficulty, minimum, hardest, now);
        client.difficulty = steered.unwrap_or(difficulty);
        steered.is_some()
    }

    /// Steers after a share: a new difficulty needs a new job.
    pub(super) fn steer_at_share(&mut self, id: ClientId, now: Instant) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.vardiff.count_share();
        }
        if self.steer_at_job(id, now) {
            let job = self.chain.refreshed();
            self.serve(id, &job, now);
        }
    }
}
