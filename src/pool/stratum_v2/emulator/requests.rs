//! What clients ask for: to be let in, channels, and other targets.

use std::time::Instant;

use binary_sv2::{Str0255Owned, U256Owned};
use common_messages_sv2::{
    Protocol, SetupConnectionErrorOwned, SetupConnectionOwned, SetupConnectionSuccessOwned,
};
use mining_sv2::{
    CloseChannelOwned, OpenExtendedMiningChannelOwned, OpenExtendedMiningChannelSuccessOwned,
    OpenMiningChannelErrorOwned, OpenStandardMiningChannelOwned,
    OpenStandardMiningChannelSuccessOwned, UpdateChannelErrorOwned, UpdateChannelOwned,
};

use super::Sv2Emulator;
use super::channel::Channel;
use super::client::Client;
use crate::pool::emulation::Serving as _;
use crate::pool::stratum_v2::flags;
use crate::pool::stratum_v2::messages::{Message, shown_text, text};
use crate::pool::{ClientId, FaultKind};
use crate::units::{Difficulty, Target};

/// Bytes of our part of the extranonce.
const PREFIX_SIZE: usize = 4;
/// How many channels a client may open.
const MAX_CHANNELS: usize = 16;

/// A channel that is asked for.
struct Wish {
    request: u32,
    user: Str0255Owned,
    rate: f32,
    max_target: U256Owned,
    /// The client's part of the extranonce; `None`: a standard channel.
    extranonce_size: Option<usize>,
}

impl Sv2Emulator {
    pub(super) fn obey(&mut self, id: ClientId, message: Message, now: Instant) {
        let known = self
            .base
            .clients
            .get(&id)
            .is_some_and(|client| client.agent.is_some());
        match message {
            Message::SetupConnection(setup) if !known => self.set_up(id, &setup),
            _ if !known => self.drop_for(id, "a message before SetupConnection"),
            Message::OpenStandardMiningChannel(open) => self.open_standard(id, open),
            Message::OpenExtendedMiningChannel(open) => self.open_extended(id, open),
            Message::UpdateChannel(update) => self.update(id, &update),
            Message::SubmitSharesStandard(share) => self.judge_standard(id, &share, now),
            Message::SubmitSharesExtended(share) => self.judge_extended(id, &share, now),
            Message::CloseChannel(close) => self.close_channel(id, &close),
            other => {
                let problem = format!("{} is not for miners to send", other.name());
                self.bad_frame(id, &problem);
            }
        }
    }

    fn set_up(&mut self, id: ClientId, setup: &SetupConnectionOwned) {
        let refused = if setup.protocol != Protocol::MiningProtocol {
            Some("unsupported-protocol")
        } else if !(setup.min_version..=setup.max_version).contains(&2) {
            Some("protocol-version-mismatch")
        } else {
            None
        };
        if let Some(code) = refused {
            let (flags, error_code) = (0, text(code));
            let error = SetupConnectionErrorOwned { flags, error_code };
            return self.send(id, error);
        }
        if let Some(client) = self.base.clients.get_mut(&id) {
            let (vendor, firmware) = (shown_text(&setup.vendor), shown_text(&setup.firmware));
            client.agent = Some(format!("{vendor}/{firmware}"));
            client.standard_only = setup.flags & flags::REQUIRES_STANDARD_JOBS != 0;
        }
        let is_fixed = self.base.settings.version_mask == 0;
        let flags = if is_fixed {
            flags::REQUIRES_FIXED_VERSION
        } else {
            0
        };
        let success = SetupConnectionSuccessOwned {
            used_version: 2,
            flags,
        };
        self.send(id, success);
    }

    fn open_standard(&mut self, id: ClientId, open: OpenStandardMiningChannelOwned) {
        let wish = Wish {
            request: open.request_id,
            user: open.user_identity,
            rate: open.nominal_hash_rate,
            max_target: open.max_target,
            extranonce_size: None,
        };
        self.open(id, &wish);
    }

    fn open_extended(&mut self, id: ClientId, open: OpenExtendedMiningChannelOwned) {
        let size = self.base.settings.extranonce2_size;
        let standard_only = self
            .base
            .clients
            .get(&id)
            .is_some_and(|client| client.standard_only);
        if standard_only {
            let code = "extended-channels-not-supported-for-standard-jobs";
            return self.refuse(id, open.request_id, code);
        }
        if usize::from(open.min_extranonce_size) > size {
            let code = "min-extranonce-size-too-large";
            return self.refuse(id, open.request_id, code);
        }
        let wish = Wish {
            request: open.request_id,
            user: open.user_identity,
            rate: open.nominal_hash_rate,
            max_target: open.max_target,
            extranonce_size: Some(size),
        };
        self.open(id, &wish);
    }

    fn refuse(&mut self, id: ClientId, request_id: u32, code: &str) {
        let error_code = text(code);
        let error = OpenMiningChannelErrorOwned {
            request_id,
            error_code,
        };
        self.send(id, error);
    }

    /// Why a channel is not to be had.
    fn objection(&self, id: ClientId, wish: &Wish) -> Option<&'static str> {
        let worker = String::from_utf8_lossy(wish.user.as_bytes());
        let login = self.base.settings.login.as_ref();
        let is_stranger = login.is_some_and(|(name, _)| *name != worker);
        let channels = self
            .base
            .clients
            .get(&id)
            .map_or(0, |client| client.channels.len());
        if is_stranger || self.base.faults.has(FaultKind::RefuseLogin) {
            Some("unknown-user")
        } else if !wish.rate.is_finite() || wish.rate < 0.0 {
            Some("invalid-nominal-hashrate")
        } else if wish.max_target.to_array() == [0; 32] {
            Some("max-target-out-of-range")
        } else if channels >= MAX_CHANNELS {
            Some("channel-capacity-exhausted")
        } else {
            None
        }
    }

    fn open(&mut self, id: ClientId, wish: &Wish) {
        if let Some(code) = self.objection(id, wish) {
            return self.refuse(id, wish.request, code);
        }
        let mut channel = Channel::new(
            shown_text(&wish.user),
            self.take_prefix(wish.extranonce_size),
            wish.extranonce_size,
            self.base.settings.difficulty,
        );
        channel.max_target = Target::from_le_bytes(wish.max_target.to_array());
        // It stands in the answer.
        let target = channel.news_of_target().unwrap_or_default();
        let Some(client) = self.base.clients.get_mut(&id) else {
            return;
        };
        let last = client
            .channels
            .last_key_value()
            .map_or(Client::GROUP, |(last, _)| *last);
        let number = last + 1;
        let (worker, agent) = (channel.worker.clone(), client.agent.clone());
        let success = opened(wish, number, &channel, target);
        client.channels.insert(number, channel);
        self.base
            .tell_login(id, &worker, &agent.unwrap_or_default());
        self.send(id, success);
        self.greet(id);
        self.first_job(id, number);
    }

    /// Our part of a new channel's extranonce; on a standard channel the client's part, all zero, belongs to it.
    fn take_prefix(&mut self, extranonce_size: Option<usize>) -> Vec<u8> {
        let fixed = self.base.settings.fixed_job.as_ref();
        let mut prefix = match fixed {
            Some(fixed) => fixed.extranonce1.clone(),
            None => self.next_prefix.to_be_bytes()[..PREFIX_SIZE].to_vec(),
        };
        self.next_prefix = self.next_prefix.wrapping_add(1);
        if extranonce_size.is_none() {
            prefix.resize(prefix.len() + self.base.settings.extranonce2_size, 0);
        }
        prefix
    }

    /// The difficulty that gives a hashrate the wanted pace, if there is one.
    fn difficulty_for(&self, rate: f32) -> Option<Difficulty> {
        let wanted = self.base.settings.vardiff?;
        let hashes = f64::from(rate) * 60.0 / wanted.max(0.01);
        let difficulty = hashes / Target::DIFFICULTY_ONE.expected_hashes();
        let hardest = self.chain.network_difficulty().get();
        Difficulty::new(difficulty.min(hardest)).ok()
    }

    fn update(&mut self, id: ClientId, update: &UpdateChannelOwned) {
        let channel_id = update.channel_id;
        let rate = update.nominal_hash_rate;
        let difficulty = self.difficulty_for(rate);
        let channel = self.base.clients.get_mut(&id);
        let channel = channel.and_then(|client| client.channels.get_mut(&channel_id));
        let code = match channel {
            None => "invalid-channel-id",
            Some(_) if !rate.is_finite() || rate < 0.0 => "invalid-nominal-hashrate",
            Some(channel) => {
                channel.max_target = Target::from_le_bytes(update.maximum_target.to_array());
                let before = channel.vardiff.difficulty;
                channel.vardiff.difficulty = difficulty.unwrap_or(before);
                return self.tell_target(id, channel_id);
            }
        };
        let error_code = text(code);
        let error = UpdateChannelErrorOwned {
            channel_id,
            error_code,
        };
        self.send(id, error);
    }

    fn close_channel(&mut self, id: ClientId, close: &CloseChannelOwned) {
        if let Some(client) = self.base.clients.get_mut(&id) {
            client.channels.remove(&close.channel_id);
        }
    }
}

fn opened(wish: &Wish, channel_id: u32, channel: &Channel, target: Target) -> Message {
    let target = U256Owned::from(target.to_le_bytes());
    let prefix = channel.prefix.clone();
    let extranonce_prefix = prefix.try_into().expect("20 bytes fit into 32");
    let (request_id, group_channel_id) = (wish.request, Client::GROUP);
    match wish.extranonce_size {
        Some(size) => OpenExtendedMiningChannelSuccessOwned {
            request_id,
            channel_id,
            target,
            extranonce_size: size as u16,
            extranonce_prefix,
            group_channel_id,
        }
        .into(),
        None => OpenStandardMiningChannelSuccessOwned {
            request_id,
            channel_id,
            target,
            extranonce_prefix,
            group_channel_id,
        }
        .into(),
    }
}
