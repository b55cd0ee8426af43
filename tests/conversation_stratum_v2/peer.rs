//! A scripted pool: a test says message by message what the pool sends and what it expects.

use std::sync::Arc;
use std::time::{Duration, Instant};

use binary_sv2::{GetSize, Seq0255Owned, Serialize, Str0255Owned, Sv2OptionOwned};
use common_messages_sv2::SetupConnectionSuccessOwned;
use midstate::pool::{
    CloseReason, Lane, PoolEvent, Session, SessionError, SessionSettings, SubmitId, stratum_v2,
};
use midstate::work::{Job, Outcome, Reject, Share};
use mining_sv2::{
    NewExtendedMiningJobOwned, NewMiningJobOwned, OpenExtendedMiningChannelSuccessOwned,
    OpenMiningChannelErrorOwned, OpenStandardMiningChannelSuccessOwned, SetNewPrevHashOwned,
};

use crate::support::work::easy;
use midstate::units::Target;

/// The channel that scripted pools open, and its group.
pub(crate) const CHANNEL: u32 = 8;
pub(crate) const GROUP: u32 = 1;
/// Time of the scripted jobs.
pub(crate) const NTIME: u32 = 1_700_000_000;

/// A session in the hands of a scripted pool.
pub(crate) struct Peer {
    pub(crate) session: Box<dyn Session>,
    pub(crate) now: Instant,
    pub(crate) events: Vec<PoolEvent>,
    inbox: Vec<u8>,
}

/// A frame of the core protocol.
pub(crate) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    // Messages about a channel begin with its number and have the bit of the extension field set.
    let is_channel = matches!(kind, 0x15..=0x21);
    let mut frame = vec![0, u8::from(is_channel) << 7, kind];
    frame.extend(&(payload.len() as u32).to_le_bytes()[..3]);
    frame.extend(payload);
    frame
}

pub(crate) fn text(text: &str) -> Str0255Owned {
    text.as_bytes().to_vec().try_into().unwrap()
}

/// The target of a difficulty that takes a few hundred hashes.
pub(crate) fn easy_target() -> [u8; 32] {
    Target::from_difficulty(easy()).to_le_bytes()
}

pub(crate) fn extended_job(job_id: u32, min_ntime: Option<u32>) -> NewExtendedMiningJobOwned {
    NewExtendedMiningJobOwned {
        channel_id: CHANNEL,
        job_id,
        min_ntime: Sv2OptionOwned::new(min_ntime),
        version: 0x2000_0000,
        version_rolling_allowed: true,
        merkle_path: Seq0255Owned::new(vec![[job_id as u8; 32].into()]).unwrap(),
        coinbase_tx_prefix: vec![1, 0, 0, 0, 1].try_into().unwrap(),
        coinbase_tx_suffix: vec![0xff; 4].try_into().unwrap(),
    }
}

pub(crate) fn standard_job(job_id: u32, min_ntime: Option<u32>) -> NewMiningJobOwned {
    NewMiningJobOwned {
        channel_id: CHANNEL,
        job_id,
        min_ntime: Sv2OptionOwned::new(min_ntime),
        version: 0x2000_0000,
        merkle_root: [job_id as u8; 32].into(),
    }
}

pub(crate) fn prev_hash(job_id: u32, previous: u8) -> SetNewPrevHashOwned {
    SetNewPrevHashOwned {
        channel_id: CHANNEL,
        job_id,
        prev_hash: [previous; 32].into(),
        min_ntime: NTIME,
        nbits: 0x1702_f0f0,
    }
}

impl Peer {
    /// A session with a fresh connection.
    pub(crate) fn connected(settings: SessionSettings) -> Self {
        let mut peer = Self {
            session: (stratum_v2::PROTOCOL.session)(settings),
            now: Instant::now(),
            events: Vec::new(),
            inbox: Vec::new(),
        };
        peer.reconnects();
        peer
    }

    /// A session that was set up, with what the pool says of itself.
    pub(crate) fn set_up(settings: SessionSettings, flags: u32) -> Self {
        let mut peer = Self::connected(settings);
        peer.expects(0x00);
        peer.sets_up(flags);
        peer
    }

    /// A session with an open extended channel with extranonce prefix `08000002` and four bytes of ours, at an easy target.
    pub(crate) fn ready(settings: SessionSettings) -> Self {
        let mut peer = Self::set_up(settings, 0);
        peer.opens();
        peer
    }

    /// The same with a standard channel, whose extranonce is `0800000200000001`.
    pub(crate) fn standard() -> Self {
        let url = "stratum2+tcp://127.0.0.1:3336/?channel=standard";
        let mut peer = Self::set_up(crate::at(url), 0);
        let request = peer.expects(0x10);
        peer.opens_standard(&request);
        peer
    }

    pub(crate) fn sets_up(&mut self, flags: u32) {
        let used_version = 2;
        self.tells(
            0x01,
            SetupConnectionSuccessOwned {
                used_version,
                flags,
            },
        );
    }

    pub(crate) fn opens(&mut self) {
        let request = self.expects(0x13);
        self.opens_with(&request, 4);
    }

    pub(crate) fn opens_with(&mut self, request: &[u8], extranonce_size: u16) {
        self.tells(
            0x14,
            OpenExtendedMiningChannelSuccessOwned {
                request_id: number(request, 0),
                channel_id: CHANNEL,
                target: easy_target().into(),
                extranonce_size,
                extranonce_prefix: vec![8, 0, 0, 2].try_into().unwrap(),
                group_channel_id: GROUP,
            },
        );
    }

    pub(crate) fn opens_standard(&mut self, request: &[u8]) {
        self.tells(
            0x11,
            OpenStandardMiningChannelSuccessOwned {
                request_id: number(request, 0),
                channel_id: CHANNEL,
                target: easy_target().into(),
                extranonce_prefix: vec![8, 0, 0, 2, 0, 0, 0, 1].try_into().unwrap(),
                group_channel_id: GROUP,
            },
        );
    }

    pub(crate) fn refuses(&mut self, request: &[u8], code: &str) {
        self.tells(
            0x12,
            OpenMiningChannelErrorOwned {
                request_id: number(request, 0),
                error_code: text(code),
            },
        );
    }

    /// A fresh connection.
    pub(crate) fn reconnects(&mut self) {
        self.inbox.clear();
        self.session.connected(self.now);
        self.drain();
    }

    /// The payload of the next message that the session sends, which must be of type `kind`.
    pub(crate) fn expects(&mut self, kind: u8) -> Vec<u8> {
        let message = self.next_message();
        let (got, payload) =
            message.unwrap_or_else(|| panic!("{kind:#04x} expected, nothing came"));
        assert_eq!(got, kind, "payload {}", hex::encode(payload));
        payload
    }

    pub(crate) fn expects_nothing(&mut self) {
        assert_eq!(self.next_message(), None);
    }

    pub(crate) fn next_message(&mut self) -> Option<(u8, Vec<u8>)> {
        let frame = self.next_frame()?;
        Some((frame[2], frame[6..].to_vec()))
    }

    /// The next whole frame that the session sends.
    pub(crate) fn next_frame(&mut self) -> Option<Vec<u8>> {
        let sent = std::iter::from_fn(|| self.session.poll_transmit());
        self.inbox.extend(sent.flat_map(|(_, bytes)| bytes));
        if self.inbox.is_empty() {
            return None;
        }
        let length = number(&self.inbox, 3) as usize & 0x00ff_ffff;
        Some(self.inbox.drain(..6 + length).collect())
    }

    /// Sends a message that the session takes.
    pub(crate) fn tells(&mut self, kind: u8, message: impl Serialize + GetSize) {
        self.tries(kind, message).unwrap();
    }

    /// Sends a message.
    pub(crate) fn tries(
        &mut self,
        kind: u8,
        message: impl Serialize + GetSize,
    ) -> Result<(), SessionError> {
        let payload = binary_sv2::to_bytes(message).unwrap();
        self.says(&frame(kind, &payload))
    }

    /// Sends bytes.
    pub(crate) fn says(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let result = self.session.receive(Lane::MAIN, bytes, self.now);
        self.drain();
        result
    }

    /// Sends a future job and the block that it is on: the job that comes of it.
    pub(crate) fn begins(&mut self, job_id: u32, previous: u8) -> Arc<Job> {
        self.tells(0x1f, extended_job(job_id, None));
        self.tells(0x20, prev_hash(job_id, previous));
        self.job()
    }

    /// The newest job that was told.
    pub(crate) fn job(&self) -> Arc<Job> {
        let mut newest_first = self.events.iter().rev();
        let job = newest_first.find_map(|event| match event {
            PoolEvent::Job(job) => Some(Arc::clone(job)),
            _ => None,
        });
        job.expect("a job was told")
    }

    pub(crate) fn jobs(&self) -> usize {
        let is_job = |event: &&PoolEvent| matches!(event, PoolEvent::Job(_));
        self.events.iter().filter(is_job).count()
    }

    pub(crate) fn submits(&mut self, share: &Share) -> SubmitId {
        let id = self.session.submit(share, self.now);
        self.drain();
        id
    }

    /// Lets time pass and the timers that are due run.
    pub(crate) fn waits(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(next) = self.session.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.session.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub(crate) fn verdict(&self, wanted: SubmitId) -> Option<Outcome> {
        self.events.iter().find_map(|event| match event {
            PoolEvent::Verdict { id, outcome, .. } if *id == wanted => Some(outcome.clone()),
            _ => None,
        })
    }

    /// The class and the words with which a share was refused.
    pub(crate) fn refusal(&self, id: SubmitId) -> (Reject, String) {
        match self.verdict(id) {
            Some(Outcome::Rejected(class, text)) => (class, text),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        let is_ready = |event: &PoolEvent| matches!(event, PoolEvent::Ready);
        self.events.iter().any(is_ready)
    }

    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.events.iter().find_map(|event| match event {
            PoolEvent::Close(reason) => Some(reason.clone()),
            _ => None,
        })
    }

    /// What was said to the person, in one text.
    pub(crate) fn words(&self) -> String {
        let words = self.events.iter().filter_map(|event| match event {
            PoolEvent::Message(text) => Some(text.as_str()),
            _ => None,
        });
        words.collect::<Vec<_>>().join("\n")
    }

    fn drain(&mut self) {
        let events = std::iter::from_fn(|| self.session.poll_event());
        self.events.extend(events);
    }
}

/// The number at byte `at` of a message.
pub(crate) fn number(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    let rest = &bytes[at..(at + 4).min(bytes.len())];
    word[..rest.len()].copy_from_slice(rest);
    u32::from_le_bytes(word)
}
