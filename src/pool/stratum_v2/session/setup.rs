//! From a wire to an open channel: `SetupConnection`, then `OpenExtendedMiningChannel` or `OpenStandardMiningChannel`.

use std::time::Instant;

use common_messages_sv2::{
    Protocol, SetupConnectionErrorOwned, SetupConnectionOwned, SetupConnectionSuccessOwned,
};
use mining_sv2::{
    OpenExtendedMiningChannelOwned, OpenExtendedMiningChannelSuccessOwned,
    OpenMiningChannelErrorOwned, OpenStandardMiningChannelOwned,
    OpenStandardMiningChannelSuccessOwned,
};

use super::channel::{Channel, Kind, target_of};
use super::link::Step;
use super::{HANDSHAKE_PATIENCE, Sv2Session};
use crate::pool::stratum_v2::flags;
use crate::pool::stratum_v2::messages::{shown_text, text, wrong};
use crate::pool::talk::Stage;
use crate::pool::{PoolEvent, SessionError};
use crate::work::CoinbaseTemplate;

/// The one version of the protocol that there is.
const VERSION: u16 = 2;
/// The fewest bytes of extranonce that are worth rolling: they last a while at any hashrate.
const MIN_EXTRANONCE: u16 = 4;
/// The longest worker name.
const MAX_USER: usize = 255;
/// Any hash is good enough for our boards: they are told what to report by each job.
pub(super) const MAX_TARGET: [u8; 32] = [0xff; 32];

impl Sv2Session {
    pub(super) fn set_up_connection(&mut self, now: Instant) {
        let mut flags = 0;
        if self.memory.standard {
            flags |= flags::REQUIRES_STANDARD_JOBS;
        }
        if self.settings.version_mask != 0 && self.memory.lets_roll() {
            flags |= flags::REQUIRES_VERSION_ROLLING;
        }
        let agent = self.settings.agent.clone();
        let (vendor, firmware) = agent.split_once('/').unwrap_or((&agent, ""));
        let message = SetupConnectionOwned {
            protocol: Protocol::MiningProtocol,
            min_version: VERSION,
            max_version: VERSION,
            flags,
            endpoint_host: text(&self.settings.endpoint.host),
            endpoint_port: self.settings.endpoint.port,
            vendor: text(vendor),
            hardware_version: text(""),
            firmware: text(firmware),
            device_id: text(""),
        };
        self.talk.wait_for(Step::Setup, 0, HANDSHAKE_PATIENCE, now);
        self.send(message);
    }

    pub(super) fn set_up(
        &mut self,
        success: SetupConnectionSuccessOwned,
        now: Instant,
    ) -> Result<(), SessionError> {
        if !self.talk.answers(Step::Setup) {
            return Err(wrong("SetupConnectionSuccess", "nobody asked"));
        }
        if success.used_version != VERSION {
            let text = format!("the pool wants version {}", success.used_version);
            self.talk.fail(Step::Setup.name(), text);
            return Ok(());
        }
        self.memory.fixed_version = success.flags & flags::REQUIRES_FIXED_VERSION != 0;
        self.link.extended_only = success.flags & flags::REQUIRES_EXTENDED_CHANNELS != 0;
        self.open(now);
        Ok(())
    }

    /// The pool will not have us; where a wish of ours is to blame, the next attempt goes without it.
    pub(super) fn not_set_up(
        &mut self,
        error: &SetupConnectionErrorOwned,
    ) -> Result<(), SessionError> {
        if !self.talk.answers(Step::Setup) {
            return Err(wrong("SetupConnectionError", "nobody asked"));
        }
        self.memory.refuses_rolling |= error.flags & flags::REQUIRES_VERSION_ROLLING != 0;
        if error.flags & flags::REQUIRES_STANDARD_JOBS != 0 {
            self.memory.standard = false;
        }
        self.talk
            .fail(Step::Setup.name(), refusal(&shown_text(&error.error_code)));
        Ok(())
    }

    fn open(&mut self, now: Instant) {
        if self.settings.user.len() > MAX_USER {
            let text = format!("a worker name may have {MAX_USER} bytes; shorten it");
            return self.talk.fail("OpenExtendedMiningChannel", text);
        }
        self.link.request += 1;
        if self.memory.standard && !self.link.extended_only {
            self.open_standard(now);
        } else {
            self.open_extended(now);
        }
    }

    fn open_extended(&mut self, now: Instant) {
        let message = OpenExtendedMiningChannelOwned {
            request_id: self.link.request,
            user_identity: text(&self.settings.user),
            nominal_hash_rate: self.pace.nominal(),
            max_target: MAX_TARGET.into(),
            min_extranonce_size: MIN_EXTRANONCE,
        };
        self.talk
            .wait_for(Step::OpenExtended, 0, HANDSHAKE_PATIENCE, now);
        self.send(message);
    }

    fn open_standard(&mut self, now: Instant) {
        let message = OpenStandardMiningChannelOwned {
            request_id: self.link.request,
            user_identity: text(&self.settings.user),
            nominal_hash_rate: self.pace.nominal(),
            max_target: MAX_TARGET.into(),
        };
        self.talk
            .wait_for(Step::OpenStandard, 0, HANDSHAKE_PATIENCE, now);
        self.send(message);
    }

    pub(super) fn opened_extended(
        &mut self,
        success: &OpenExtendedMiningChannelSuccessOwned,
        now: Instant,
    ) -> Result<(), SessionError> {
        let step = "OpenExtendedMiningChannelSuccess";
        self.expect_answer(Step::OpenExtended, success.request_id, step)?;
        let size = usize::from(success.extranonce_size);
        if !(1..=CoinbaseTemplate::MAX_EXTRANONCE2).contains(&size) {
            let problem = format!("{size} bytes of extranonce; 1 to 16 can be used");
            self.fall_back(problem, now);
            return Ok(());
        }
        let target = self.usable(target_of(step, &success.target))?;
        self.opened(Channel::new(
            success.channel_id,
            success.group_channel_id,
            Kind::Extended { size },
            success.extranonce_prefix.as_bytes(),
            target,
        ));
        Ok(())
    }

    pub(super) fn opened_standard(
        &mut self,
        success: &OpenStandardMiningChannelSuccessOwned,
    ) -> Result<(), SessionError> {
        let step = "OpenStandardMiningChannelSuccess";
        self.expect_answer(Step::OpenStandard, success.request_id, step)?;
        let target = self.usable(target_of(step, &success.target))?;
        self.opened(Channel::new(
            success.channel_id,
            success.group_channel_id,
            Kind::Standard,
            success.extranonce_prefix.as_bytes(),
            target,
        ));
        Ok(())
    }

    /// What an answer must have to be one: without it the step is over, and no other answer will come.
    fn usable<T>(&mut self, part: Result<T, SessionError>) -> Result<T, SessionError> {
        part.inspect_err(|error| self.talk.fail(error.step, error.problem.clone()))
    }

    fn expect_answer(
        &mut self,
        step: Step,
        request: u32,
        answer: &'static str,
    ) -> Result<(), SessionError> {
        if request != self.link.request || !self.talk.answers(step) {
            return Err(wrong(
                answer,
                format!("nobody asked under number {request}"),
            ));
        }
        Ok(())
    }

    fn opened(&mut self, channel: Channel) {
        let difficulty = channel.target.to_difficulty_lossy();
        self.link.channel = Some(channel);
        self.talk.stage = Stage::Ready;
        self.talk.events.push_back(PoolEvent::Ready);
        self.talk
            .events
            .push_back(PoolEvent::Difficulty(difficulty));
    }

    pub(super) fn not_opened(
        &mut self,
        error: &OpenMiningChannelErrorOwned,
        now: Instant,
    ) -> Result<(), SessionError> {
        let waiting = self.talk.waiting.map(|waiting| waiting.step);
        let Some(step @ (Step::OpenExtended | Step::OpenStandard)) = waiting else {
            return Err(wrong("OpenMiningChannelError", "nobody asked"));
        };
        self.expect_answer(step, error.request_id, "OpenMiningChannelError")?;
        let code = shown_text(&error.error_code);
        if matches!(code.as_str(), "unknown-user" | "invalid-user-identity") {
            self.talk.refused(&self.settings.user, code);
        } else if step == Step::OpenExtended {
            self.fall_back(refusal(&code), now);
        } else {
            // Perhaps an extended one is to be had next time.
            self.memory.standard = false;
            self.talk.fail(step.name(), refusal(&code));
        }
        Ok(())
    }

    /// An extended channel is not to be had: asks for a standard one, unless the pool has said that it has none.
    fn fall_back(&mut self, problem: String, now: Instant) {
        if self.link.extended_only {
            return self.talk.fail(Step::OpenExtended.name(), problem);
        }
        let words = format!("no extended channel ({problem}); a standard one is asked for");
        self.talk.events.push_back(PoolEvent::Message(words));
        self.memory.standard = true;
        self.open(now);
    }
}

fn refusal(code: &str) -> String {
    format!("the pool says {code:?}")
}
