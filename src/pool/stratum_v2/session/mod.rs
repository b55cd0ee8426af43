//! The miner's side of Stratum V2.
//!
//! A state machine without I/O and clock. `link` holds what ends with a connection, `greeting` brings one up to the encrypted wire,
//! `setup` up to an open channel, `jobs` turns the pool's orders into jobs, `shares` sends shares and reads verdicts, `pace` tells
//! the pool how fast we are, `wishes` obeys the rest.
//!
//! One channel a connection: an extended one, whose coinbase we roll for all boards, or, where the pool refuses that or the URL asks
//! for it, a standard one. What was learnt of a pool ([`Memory`]) outlives connections. Bytes that do not decrypt end a connection at
//! once; three unusable messages in a row do too.

mod channel;
mod greeting;
mod jobs;
mod link;
mod pace;
mod setup;
mod shares;
mod wishes;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::frames::{Frame, Opener};
use super::messages::{Message, wrong};
use super::route::Route;
use crate::pool::spaces::Spaces;
use crate::pool::talk::{Stage, Talk};
use crate::pool::{
    CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId, WallTime, Way,
};
use crate::work::Share;
use greeting::Greeting;
use link::{Link, Step};
use pace::Pace;

/// How long a pool may take for each step of the handshake.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(15);
/// How long a frame may take from its first byte to its last.
const FRAME_PATIENCE: Duration = Duration::from_secs(30);
/// The longest payload taken, in bytes: the longest job has two pieces of coinbase of 64 kB and 255 steps of a merkle path.
const MAX_PAYLOAD: usize = 160 * 1024;

/// The miner's side of Stratum V2.
pub(in crate::pool) struct Sv2Session {
    settings: SessionSettings,
    route: Result<Route, String>,
    memory: Memory,
    talk: Talk<Step>,
    link: Link,
    spaces: Spaces,
    pace: Pace,
    /// Frames in clear, if somebody wants them.
    tapped: Option<VecDeque<(Way, Bytes)>>,
}

/// What was learnt of the pool; it outlives connections.
#[derive(Debug, Clone, Copy)]
struct Memory {
    /// A standard channel is asked for, because the URL says so or the pool refused an extended one.
    standard: bool,
    /// The pool does not let versions be rolled, as it said when it took us.
    fixed_version: bool,
    /// It refused us for wanting to.
    refuses_rolling: bool,
}

impl Memory {
    /// Whether versions may be rolled, as far as is known.
    fn lets_roll(self) -> bool {
        !self.fixed_version && !self.refuses_rolling
    }
}

impl Sv2Session {
    pub(in crate::pool) fn new(settings: SessionSettings) -> Self {
        let endpoint = &settings.endpoint;
        let route = Route::parse(&endpoint.host, &endpoint.path);
        Self {
            memory: Memory {
                standard: route.as_ref().is_ok_and(|route| route.standard),
                fixed_version: false,
                refuses_rolling: false,
            },
            route,
            talk: Talk::default(),
            link: Link::default(),
            spaces: Spaces::new(settings.seed),
            pace: Pace::new(settings.suggest_difficulty),
            tapped: None,
            settings,
        }
    }

    /// Sends a message.
    fn send(&mut self, message: impl Into<Message>) {
        let frame = message.into().into_frame();
        let Some(sealer) = &mut self.link.sealer else {
            return;
        };
        match sealer.seal(&frame) {
            Ok(bytes) => self.talk.out.push_back(bytes),
            Err(error) => return self.talk.fail("sending", error.to_string()),
        }
        self.keep(Way::Sent, &frame);
    }

    fn keep(&mut self, way: Way, frame: &Frame) {
        if let Some(tapped) = &mut self.tapped {
            tapped.push_back((way, Bytes::copy_from_slice(frame.as_bytes())));
        }
    }

    /// Takes every frame that is whole; the first thing that is wrong with one is told, and the others count all the same.
    fn take_frames(&mut self, now: Instant) -> Result<(), SessionError> {
        let mut first = Ok(());
        while self.talk.is_up() {
            let Some(opener) = &mut self.link.opener else {
                break;
            };
            match opener.next_frame() {
                Ok(Some(frame)) => {
                    let result = self.take(frame, now);
                    first = first.and(self.talk.count(result));
                }
                Ok(None) => break,
                Err(error) => {
                    self.talk.stage = Stage::Closed;
                    let fatal = true;
                    let wrong = wrong("frame", error.to_string());
                    return Err(SessionError { fatal, ..wrong });
                }
            }
        }
        first
    }

    fn take(&mut self, mut frame: Frame, now: Instant) -> Result<(), SessionError> {
        self.keep(Way::Received, &frame);
        match Message::read(&mut frame)? {
            Some(message) => self.obey(message, now),
            None => Ok(()),
        }
    }

    fn obey(&mut self, message: Message, now: Instant) -> Result<(), SessionError> {
        match message {
            Message::SetupConnectionSuccess(success) => self.set_up(success, now)?,
            Message::SetupConnectionError(error) => self.not_set_up(&error)?,
            Message::OpenExtendedMiningChannelSuccess(open) => self.opened_extended(&open, now)?,
            Message::OpenStandardMiningChannelSuccess(open) => self.opened_standard(&open)?,
            Message::OpenMiningChannelError(error) => self.not_opened(&error, now)?,
            Message::NewExtendedMiningJob(job) => self.extended_job(job, now)?,
            Message::NewMiningJob(job) => self.standard_job(&job, now)?,
            Message::SetNewPrevHash(tip) => self.set_new_prev_hash(&tip, now)?,
            Message::SetTarget(target) => self.set_target(&target)?,
            Message::SetExtranoncePrefix(prefix) => self.set_extranonce_prefix(&prefix),
            Message::SetGroupChannel(group) => self.set_group_channel(&group),
            Message::SubmitSharesSuccess(success) => self.shares_accepted(&success, now),
            Message::SubmitSharesError(error) => self.share_refused(&error, now),
            Message::UpdateChannelError(error) => self.update_refused(&error),
            Message::CloseChannel(close) => self.channel_closed(&close),
            Message::Reconnect(reconnect) => self.reconnect(&reconnect)?,
            other => return Err(wrong(other.name(), "is for pools to get, not to send")),
        }
        Ok(())
    }

    /// Notes since when a frame is under way.
    fn settle(&mut self, now: Instant) {
        let (greeting, opener) = (self.link.greeting.as_ref(), self.link.opener.as_ref());
        let inside = greeting.is_some_and(Greeting::has_begun)
            || opener.is_some_and(Opener::is_inside_frame);
        self.link.inside_since = inside.then(|| self.link.inside_since.unwrap_or(now));
    }
}

impl Session for Sv2Session {
    fn set_wall(&mut self, wall: WallTime) {
        self.settings.wall = wall;
    }

    fn connected(&mut self, now: Instant) {
        self.disconnected(now);
        self.talk.begin();
        self.greet(now);
    }

    fn disconnected(&mut self, _now: Instant) {
        self.talk.end();
        self.link = Link::default();
        self.pace.pause();
    }

    fn receive(&mut self, _lane: Lane, frame: &[u8], now: Instant) -> Result<(), SessionError> {
        if !self.talk.is_up() {
            return Ok(());
        }
        match &mut self.link.opener {
            Some(opener) => opener.push(frame),
            None => self.take_greeting(frame, now),
        }
        let result = self.take_frames(now);
        self.settle(now);
        result
    }

    fn submit(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.submit_share(share, now)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let inside = self.link.inside_since;
        let timers = [
            self.talk.next_deadline(),
            inside.map(|since| since + FRAME_PATIENCE),
            self.pace
                .next_look()
                .filter(|_| self.talk.stage == Stage::Ready),
        ];
        let timers = timers.into_iter().flatten();
        timers.filter(|_| self.talk.is_up()).min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.talk.expire_shares(now);
        if let Some(late) = self.talk.take_late_step(now) {
            self.talk.close(CloseReason::Timeout {
                step: late.step.name(),
                after: late.patience,
            });
        }
        let slow = |since| now.saturating_duration_since(since) >= FRAME_PATIENCE;
        if self.link.inside_since.is_some_and(slow) {
            let text = format!("a frame took more than {} s", FRAME_PATIENCE.as_secs());
            self.talk.fail("frame", text);
        }
        self.look_at_pace(now);
    }

    fn poll_transmit(&mut self) -> Option<(Lane, Bytes)> {
        self.talk.out.pop_front().map(|bytes| (Lane::MAIN, bytes))
    }

    fn poll_event(&mut self) -> Option<PoolEvent> {
        self.talk.events.pop_front()
    }

    fn tap(&mut self) {
        self.tapped.get_or_insert_default();
    }

    fn poll_tapped(&mut self) -> Option<(Way, Bytes)> {
        self.tapped.as_mut()?.pop_front()
    }
}
