//! Jobs to channels: to the whole group where all of a connection's channels take extended jobs, else to each channel its own.

use std::sync::Arc;
use std::time::Instant;

use binary_sv2::{Seq0255Owned, Sv2OptionOwned, U256Owned};
use mining_sv2::{
    NewExtendedMiningJobOwned, NewMiningJobOwned, SetNewPrevHashOwned, SetTargetOwned,
};

use super::Sv2Emulator;
use super::client::Client;
use crate::pool::emulation::ChainJob;
use crate::pool::stratum_v2::messages::Message;
use crate::pool::{ClientId, FaultKind};

/// How a job is announced.
#[derive(Debug, Clone, Copy)]
struct Announcement {
    /// The job's number.
    id: u32,
    /// It is the first on its block for whom it is sent to: announced as a future job, then named by `SetNewPrevHash`.
    is_new_block: bool,
}

impl Sv2Emulator {
    /// Sends a job to everybody.
    pub(super) fn broadcast(&mut self, job: &Arc<ChainJob>, now: Instant) {
        let announcement = self.announcement(job, job.clean);
        let clients: Vec<ClientId> = self.base.clients.keys().copied().collect();
        for id in clients {
            let channels: Vec<u32> = self.channels_of(id);
            for channel in &channels {
                self.steer(id, *channel, now);
                self.tell_target(id, *channel);
            }
            self.serve(id, &channels, Client::GROUP, job, announcement);
        }
    }

    /// Sends a channel what it begins with.
    pub(super) fn first_job(&mut self, id: ClientId, channel: u32) {
        let job = self.chain.refreshed();
        let announcement = self.announcement(&job, true);
        self.serve(id, &[channel], channel, &job, announcement);
    }

    /// Sends a channel another job on the same block, for a new target.
    pub(super) fn next_job_for(&mut self, id: ClientId, channel: u32) {
        let job = self.chain.refreshed();
        let announcement = self.announcement(&job, false);
        self.serve(id, &[channel], channel, &job, announcement);
    }

    fn announcement(&mut self, job: &ChainJob, is_new_block: bool) -> Announcement {
        self.jobs += 1;
        // A job that is served as it stands has its own number.
        let fixed = u32::from_str_radix(&job.id, 16).ok();
        let fixed = fixed.filter(|_| self.base.settings.fixed_job.is_some());
        Announcement {
            id: fixed.unwrap_or(self.jobs),
            is_new_block,
        }
    }

    fn channels_of(&self, id: ClientId) -> Vec<u32> {
        let client = self.base.clients.get(&id);
        client.map_or_else(Vec::new, |client| client.channels.keys().copied().collect())
    }

    /// Sends a job to channels of a client; `name` is how they are called together.
    fn serve(
        &mut self,
        id: ClientId,
        channels: &[u32],
        name: u32,
        job: &Arc<ChainJob>,
        announcement: Announcement,
    ) {
        if channels.is_empty() || self.base.faults.has(FaultKind::NoJobs) {
            return;
        }
        if self.base.faults.has(FaultKind::Garbage) {
            self.send_garbage(id);
        }
        let messages = self.messages(id, channels, name, job, announcement);
        for message in messages {
            self.send(id, message);
        }
    }

    fn messages(
        &mut self,
        id: ClientId,
        channels: &[u32],
        name: u32,
        job: &Arc<ChainJob>,
        announcement: Announcement,
    ) -> Vec<Message> {
        let rolls = self.base.settings.version_mask != 0;
        let Some(client) = self.base.clients.get_mut(&id) else {
            return Vec::new();
        };
        let Announcement { id, is_new_block } = announcement;
        let mut messages = Vec::new();
        for number in channels {
            let Some(channel) = client.channels.get_mut(number) else {
                continue;
            };
            channel.give(id, job, is_new_block);
            if client.standard_only {
                let root = job.merkle_root([&channel.prefix, &[]]);
                messages.push(standard_job(*number, job, announcement, root));
            }
        }
        if !client.standard_only {
            messages.push(extended_job(name, job, announcement, rolls));
        }
        if is_new_block {
            messages.push(new_prev_hash(name, id, job));
        }
        messages
    }

    /// Tells a channel its target, if that is news.
    pub(super) fn tell_target(&mut self, id: ClientId, number: u32) {
        let client = self.base.clients.get_mut(&id);
        let channel = client.and_then(|client| client.channels.get_mut(&number));
        if let Some(target) = channel.and_then(super::channel::Channel::news_of_target) {
            let message = SetTargetOwned {
                channel_id: number,
                maximum_target: U256Owned::from(target.to_le_bytes()),
            };
            self.send(id, message);
        }
    }

    /// Steers a channel's difficulty, if that is wanted; `true`: it has another one now.
    pub(super) fn steer(&mut self, id: ClientId, number: u32, now: Instant) -> bool {
        let (wanted, hardest) = (self.base.settings.vardiff, self.chain.network_difficulty());
        let client = self.base.clients.get_mut(&id);
        let channel = client.and_then(|client| client.channels.get_mut(&number));
        channel.is_some_and(|channel| channel.vardiff.steer(wanted, None, hardest, now))
    }
}

fn min_ntime(job: &ChainJob, announcement: Announcement) -> Sv2OptionOwned<u32> {
    Sv2OptionOwned::new((!announcement.is_new_block).then_some(job.ntime))
}

fn standard_job(
    channel_id: u32,
    job: &ChainJob,
    announcement: Announcement,
    root: [u8; 32],
) -> Message {
    NewMiningJobOwned {
        channel_id,
        job_id: announcement.id,
        min_ntime: min_ntime(job, announcement),
        version: job.version,
        merkle_root: root.into(),
    }
    .into()
}

fn extended_job(
    channel_id: u32,
    job: &ChainJob,
    announcement: Announcement,
    rolls: bool,
) -> Message {
    let path = job
        .branch
        .iter()
        .map(|step| U256Owned::from(*step))
        .collect();
    let piece = |bytes: &[u8]| {
        let bytes = bytes.to_vec().try_into();
        bytes.expect("our coinbases are shorter than 64 kB")
    };
    NewExtendedMiningJobOwned {
        channel_id,
        job_id: announcement.id,
        min_ntime: min_ntime(job, announcement),
        version: job.version,
        version_rolling_allowed: rolls,
        merkle_path: Seq0255Owned::new(path).expect("a branch has at most 32 steps"),
        coinbase_tx_prefix: piece(&job.prefix),
        coinbase_tx_suffix: piece(&job.suffix),
    }
    .into()
}

fn new_prev_hash(channel_id: u32, job_id: u32, job: &ChainJob) -> Message {
    SetNewPrevHashOwned {
        channel_id,
        job_id,
        prev_hash: job.previous.into(),
        min_ntime: job.ntime,
        nbits: job.nbits,
    }
    .into()
}
