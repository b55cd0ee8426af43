//! The host's side of the line: commands out, replies in, and conversations that a burst of nonces does not break.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::chips::ChipType;
use super::error::ChainError;
use super::frames::{Command, Decoded, Decoder, NonceReply, RegisterReply, Reply};
use crate::transport::{Lookout, Transport, TransportError, Waker};

/// How long the rest of a reply may be on its way: an adapter's latency timer (FTDI: 16 ms) and its frame.
const PATIENCE: Duration = Duration::from_millis(40);
/// Nonces that are kept while a register is read.
const HELD: usize = 256;
/// Bytes that are kept of what was heard, for error messages.
const QUOTED: usize = 32;

/// What is heard on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Nonce(NonceReply),
    Register(RegisterReply),
    Noise {
        bytes: usize,
        broken: usize,
    },
    /// So many nonces were lost in conversations.
    Lost(usize),
}

/// A transport with the decoder of one type of chip.
pub(super) struct Line {
    port: Box<dyn Transport>,
    chip: &'static ChipType,
    decoder: Decoder,
    read: Box<[u8; 256]>,
    /// Heard in conversations, not told yet.
    held: VecDeque<Heard>,
    lost: usize,
    incomplete_since: Option<Instant>,
    quoted: Vec<u8>,
    /// Bytes written and read.
    pub(super) bytes: (u64, u64),
}

impl Line {
    pub(super) fn new(port: Box<dyn Transport>, chip: &'static ChipType) -> Self {
        Self {
            port,
            chip,
            decoder: Decoder::new(chip.dialect, chip.job.rolls_version()),
            read: Box::new([0; 256]),
            held: VecDeque::new(),
            lost: 0,
            incomplete_since: None,
            quoted: Vec::new(),
            bytes: (0, 0),
        }
    }

    pub(super) fn port(&mut self) -> &mut dyn Transport {
        &mut *self.port
    }

    pub(super) fn now(&self) -> Instant {
        self.port.now()
    }

    pub(super) fn sleep(&mut self, time: Duration) {
        self.port.sleep(time);
    }

    pub(super) fn waker(&self) -> Waker {
        self.port.waker()
    }

    pub(super) fn lookout(&self) -> Option<Lookout> {
        self.port.lookout()
    }

    pub(super) fn has_room(&self) -> bool {
        self.port.has_room()
    }

    /// Sends a command.
    pub(super) fn command(&mut self, command: Command) -> Result<(), ChainError> {
        let frame = command
            .encode(self.chip.dialect)
            .ok_or_else(|| ChainError::NoCommand {
                chip: self.chip.name,
                what: format!("{command:x?}"),
            })?;
        self.send(&frame)
    }

    /// Sends bytes.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), ChainError> {
        self.port.write(bytes)?;
        self.bytes.0 += bytes.len() as u64;
        Ok(())
    }

    /// What is heard next; `None`: nothing by `deadline`, or the waker was called.
    pub(super) fn hear(&mut self, deadline: Instant) -> Result<Option<Heard>, TransportError> {
        if let Some(heard) = self.held.pop_front() {
            return Ok(Some(heard));
        }
        if self.lost > 0 {
            return Ok(Some(Heard::Lost(std::mem::take(&mut self.lost))));
        }
        self.hear_new(deadline)
    }

    /// When to listen again though nothing came: `deadline`, or the end of the patience with an incomplete reply.
    pub(super) fn due(&self, deadline: Instant) -> Instant {
        if !self.held.is_empty() || self.lost > 0 {
            return self.now();
        }
        self.until(deadline)
    }

    /// Sends `question` and waits `patience` for an answer that `is_answer`; what else is heard meanwhile is kept.
    pub(super) fn ask(
        &mut self,
        question: Command,
        patience: Duration,
        is_answer: &dyn Fn(&RegisterReply) -> bool,
    ) -> Result<Option<RegisterReply>, ChainError> {
        self.quoted.clear();
        self.command(question)?;
        let deadline = self.now() + patience;
        while self.now() < deadline {
            match self.hear_new(deadline)? {
                Some(Heard::Register(reply)) if is_answer(&reply) => return Ok(Some(reply)),
                Some(heard) => self.hold(heard),
                None => {}
            }
        }
        Ok(None)
    }

    /// Sends `question` and gathers answers until none came for `quiet`, at most until `patience` is over.
    pub(super) fn ask_all(
        &mut self,
        question: Command,
        patience: Duration,
        quiet: Duration,
    ) -> Result<Vec<RegisterReply>, ChainError> {
        self.quoted.clear();
        self.command(question)?;
        let mut answers = Vec::new();
        let mut deadline = self.now() + patience;
        while self.now() < deadline && answers.len() < 1024 {
            match self.hear_new(deadline)? {
                Some(Heard::Register(reply)) => {
                    answers.push(reply);
                    deadline = self.now() + quiet;
                }
                Some(heard) => self.hold(heard),
                None => {}
            }
        }
        Ok(answers)
    }

    /// Forgets everything heard so far, and how: for a chain that was reset.
    pub(super) fn forget(&mut self) -> Result<(), ChainError> {
        while self.port.read(&mut self.read[..], self.port.now())? > 0 {}
        self.decoder = Decoder::new(self.chip.dialect, self.chip.job.rolls_version());
        self.held.clear();
        self.lost = 0;
        self.incomplete_since = None;
        Ok(())
    }

    /// The first bytes heard since the last question, in hex, or "nothing".
    pub(super) fn quote(&self) -> String {
        if self.quoted.is_empty() {
            return "nothing".to_owned();
        }
        hex::encode(&self.quoted)
    }

    fn hold(&mut self, heard: Heard) {
        match heard {
            // The late answer to an earlier question.
            Heard::Register(_) => {}
            _ if self.held.len() >= HELD => self.lost += 1,
            _ => self.held.push_back(heard),
        }
    }

    fn hear_new(&mut self, deadline: Instant) -> Result<Option<Heard>, TransportError> {
        loop {
            if let Some(heard) = self.decode() {
                return Ok(Some(heard));
            }
            let until = self.until(deadline);
            let count = self.port.read(&mut self.read[..], until)?;
            if count > 0 {
                self.take(count);
            } else if self.is_out_of_patience() {
                self.decoder.end();
            } else {
                return Ok(None);
            }
        }
    }

    fn decode(&mut self) -> Option<Heard> {
        let heard = self.decoder.next().map(|decoded| match decoded {
            Decoded::Reply(Reply::Nonce(reply)) => Heard::Nonce(reply),
            Decoded::Reply(Reply::Register(reply)) => Heard::Register(reply),
            Decoded::Noise { bytes, broken } => Heard::Noise { bytes, broken },
        });
        if heard.is_none() && !self.decoder.is_waiting() {
            self.incomplete_since = None;
        }
        heard
    }

    fn take(&mut self, count: usize) {
        self.bytes.1 += count as u64;
        let room = QUOTED.saturating_sub(self.quoted.len()).min(count);
        self.quoted.extend_from_slice(&self.read[..room]);
        self.decoder.feed(&self.read[..count]);
        self.incomplete_since = Some(self.port.now());
    }

    fn until(&self, deadline: Instant) -> Instant {
        self.incomplete_since
            .map_or(deadline, |since| deadline.min(since + PATIENCE))
    }

    fn is_out_of_patience(&self) -> bool {
        self.incomplete_since
            .is_some_and(|since| self.port.now() >= since + PATIENCE)
    }
}
