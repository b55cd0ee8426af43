//! How a device understands the bytes that reach it, and how it writes a nonce.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::ReplyBytes;
use super::registers::{self, Register};
use super::setup::Setup;
use crate::algorithm::sha256d::Midstate;
use crate::board::icarus::frames::JobFormat;
use crate::board::icarus::params::{Clock, Member, Receiver};

/// What a device hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) midstate: Midstate,
    /// Header bytes 64..76.
    pub(super) tail: [u8; 12],
}

/// Last midstate words of the jobs that hosts probe with: golden, division, feature test.
const PROBES: [u32; 3] = [0x4679_ba4e, 0x2e4c_8f91, 0];

impl Job {
    /// Whether it is block 171874's.
    pub(super) fn is_golden(&self) -> bool {
        self.midstate.words()[7] == PROBES[0]
    }

    /// Whether hosts send it to learn about the device.
    pub(super) fn is_probe(&self) -> bool {
        PROBES.contains(&self.midstate.words()[7])
    }

    /// From the midstate's and tail's bytes, whose order on the wire is one reversal of the whole.
    fn from_reversed(midstate: &[u8], tail: &[u8]) -> Self {
        let words: Vec<u32> = midstate.rchunks_exact(4).map(be_word).collect();
        let tail: Vec<u8> = tail.rchunks_exact(4).flatten().copied().collect();
        Self {
            midstate: Midstate::from_words(words.try_into().unwrap_or_default()),
            tail: tail.try_into().unwrap_or_default(),
        }
    }

    /// From hex digits of getwork's order: each four bytes reversed.
    fn from_getwork(midstate: &[u8], tail: &[u8]) -> Self {
        let swap = |bytes: &[u8]| -> Vec<u8> {
            let groups = bytes.chunks_exact(4);
            groups
                .flat_map(|group| group.iter().rev().copied())
                .collect()
        };
        let words: Vec<u32> = swap(midstate).chunks_exact(4).map(be_word).collect();
        Self {
            midstate: Midstate::from_words(words.try_into().unwrap_or_default()),
            tail: swap(tail).try_into().unwrap_or_default(),
        }
    }
}

fn be_word(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// What the host said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// A job and its number.
    Job { job: Job, id: u8 },
    /// A ping.
    Ping,
    /// A command to a BM138x.
    Register(Register),
    /// A clock multiplier for a Cairnsmore1.
    Multiplier(u8),
    /// Bytes that end the search but are no job.
    NoJob,
}

/// The receiver.
pub(super) struct Link {
    format: JobFormat,
    receiver: Receiver,
    registers: bool,
    commands: bool,
    bytes: ArrayVec<u8, 96>,
    last_byte: Option<Instant>,
    /// Bytes since the window's last command, to see whether a chunk ends in a job or in a command.
    since_command: usize,
}

impl Link {
    pub(super) fn new(member: &Member, setup: &Setup) -> Self {
        let mut bytes = ArrayVec::new();
        if member.receiver == Receiver::Window {
            bytes.extend([0; 64]);
        }
        Self {
            format: setup.format,
            receiver: member.receiver,
            registers: member.job_ids,
            commands: member.clock == Some(Clock::Cairnsmore) && setup.slices == 1,
            bytes,
            last_byte: None,
            since_command: 0,
        }
    }

    /// Bytes come at `now`; when the first of them begins, after those before. A long rest makes counting receivers start over.
    pub(super) fn begin(&mut self, now: Instant) -> Instant {
        let begin = self.last_byte.map_or(now, |last| last.max(now));
        let rest = self.last_byte.map_or(Duration::ZERO, |last| begin - last);
        if let Receiver::Counted(Some(pause)) = self.receiver
            && rest >= pause
        {
            self.bytes.clear();
        }
        begin
    }

    /// Takes one byte; what it completes.
    pub(super) fn take(&mut self, byte: u8) -> Option<Heard> {
        match (self.receiver, self.format) {
            (Receiver::Window, _) => self.shift_in(byte),
            (_, JobFormat::HexLine | JobFormat::HexLineMidstateFirst) => self.line(byte),
            (_, JobFormat::Opcode44) => self.opcode(byte),
            _ => self.count(byte),
        }
    }

    /// The last byte was here at `at`. A window searches whatever stands in it.
    pub(super) fn end(&mut self, at: Instant) -> Option<Heard> {
        self.last_byte = Some(at);
        if self.receiver != Receiver::Window {
            return None;
        }
        if self.since_command == 0 {
            return Some(Heard::NoJob);
        }
        Some(self.reversed_64())
    }

    fn shift_in(&mut self, byte: u8) -> Option<Heard> {
        self.bytes.rotate_left(1);
        self.bytes[63] = byte;
        self.since_command += 1;
        let command = self.commands.then(|| in_band(&self.bytes)).flatten()?;
        self.since_command = 0;
        Some(command)
    }

    fn count(&mut self, byte: u8) -> Option<Heard> {
        self.push(byte);
        if self.registers
            && let Some(register) = registers::parse(&self.bytes)
        {
            self.bytes.clear();
            return Some(Heard::Register(register));
        }
        if self.bytes.len() < self.format.job_len() {
            return None;
        }
        let heard = match self.format {
            JobFormat::Reversed64 => self.reversed_64(),
            _ => Heard::Job {
                job: Job::from_reversed(&self.bytes[..32], &self.bytes[32..44]),
                id: 0,
            },
        };
        self.bytes.clear();
        Some(heard)
    }

    fn reversed_64(&self) -> Heard {
        Heard::Job {
            job: Job::from_reversed(&self.bytes[..32], &self.bytes[52..64]),
            id: self.bytes[51] & 0x1f,
        }
    }

    fn opcode(&mut self, byte: u8) -> Option<Heard> {
        self.push(byte);
        match self.bytes.as_slice() {
            [0x00] => {
                self.bytes.clear();
                Some(Heard::Ping)
            }
            [0x01, ..] if self.bytes.len() < 45 => None,
            [0x01, job @ ..] => {
                let job = Job::from_reversed(&job[..32], &job[32..44]);
                self.bytes.clear();
                Some(Heard::Job { job, id: 0 })
            }
            _ => {
                self.bytes.clear();
                None
            }
        }
    }

    fn line(&mut self, byte: u8) -> Option<Heard> {
        if byte != b'\n' {
            self.push(byte);
            return None;
        }
        let text = std::mem::take(&mut self.bytes);
        let bytes = hex::decode(&text).ok().filter(|bytes| bytes.len() == 44)?;
        let job = match self.format {
            JobFormat::HexLineMidstateFirst => Job::from_getwork(&bytes[..32], &bytes[32..]),
            _ => Job::from_getwork(&bytes[12..], &bytes[..12]),
        };
        Some(Heard::Job { job, id: 0 })
    }

    /// A receiver that is full starts over.
    fn push(&mut self, byte: u8) {
        if self.bytes.try_push(byte).is_err() {
            self.bytes.clear();
        }
    }
}

/// The Cairnsmore1's command in `window`, if there is one (4.2).
fn in_band(window: &[u8]) -> Option<Heard> {
    let [check, data, command, magic] = window[32..36].try_into().ok()?;
    let is_command = window[..32] == [0; 32]
        && window[56..60] == [0xff; 4]
        && magic == 0xb7
        && check == data ^ command ^ 0xb7 ^ 0x6d;
    is_command.then_some(match (command, data) {
        (0, 20..=88) => Heard::Multiplier(data),
        _ => Heard::NoJob,
    })
}

/// Whether `member` speaks lines of text.
pub(super) fn speaks_lines(member: &Member) -> bool {
    matches!(
        member.format,
        JobFormat::HexLine | JobFormat::HexLineMidstateFirst
    )
}

/// A nonce as `member` says it.
pub(super) fn nonce(member: &Member, word: u32, id: u8) -> ReplyBytes {
    let mut bytes = ReplyBytes::new();
    if speaks_lines(member) {
        bytes.extend(format!("{word:08X}\n").bytes());
        return bytes;
    }
    if member.format == JobFormat::Opcode44 {
        bytes.push(0x02);
    }
    bytes.extend(word.to_be_bytes());
    if member.job_ids {
        bytes.push(id);
    }
    bytes
}
