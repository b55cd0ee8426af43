//! What the driver asks a board before it claims it: the known answer, the number of slices, whether it takes commands.
//!
//! A device that is no board of this class gets one golden job, twice, and nothing else.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::commands::Cairnsmore;
use super::frames::JobFormat;
use super::line::Line;
use super::params::{AfterFind, Member, Receiver};
use super::replies::Reply;
use super::settings::{HARDWARE_ZERO_BITS, Settings, Slices};
use super::works::{DIVISION, FEATURE_TEST, GOLDEN, KnownWork};
use crate::board::BoardError;
use crate::transport::TransportError;
use crate::units::printable;

/// The golden job's number, where jobs have one.
const PROBE_ID: u8 = 5;
/// Nonces further from the answer than this are another answer, not an offset.
const LARGEST_OFFSET: i64 = 4096;
/// How long the line must be quiet after the answer.
const QUIET: Duration = Duration::from_millis(20);

/// What the known answer told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// What the board adds to its nonces.
    pub(super) offset: i64,
    /// From the job's last byte to the answer's, adapters included.
    pub(super) took: Duration,
}

/// One try's result: the answer, or why it is none.
type Tried = Result<Known, String>;

/// A prober of one board.
pub(super) struct Probe<'a> {
    pub(super) line: &'a mut Line,
    pub(super) member: &'static Member,
    pub(super) settings: &'a Settings,
}

impl Probe<'_> {
    /// Lets a device that lost count of the bytes find its feet: a pause, or zeros up to a pong.
    pub(super) fn resynchronise(&mut self) -> Result<(), BoardError> {
        if self.settings.format == JobFormat::Opcode44 {
            return self.ping_through();
        }
        if let Receiver::Counted(Some(pause)) = self.member.receiver {
            self.line.sleep(pause + pause / 4);
        }
        Ok(())
    }

    /// 45 zeros end any job that is half sent; the last of them is a ping.
    fn ping_through(&mut self) -> Result<(), BoardError> {
        self.line.forget(QUIET)?;
        self.line.send(&[0; 45])?;
        let patience = self.settings.probe_timeout.min(Duration::from_secs(1));
        let latest = self.deadline_after(45, patience);
        let mut deadline = latest;
        let mut in_step = false;
        while let Some(reply) = self.line.reply(deadline)? {
            in_step = match reply {
                Reply::Pong => true,
                Reply::Garbage(_) => false,
                _ => in_step,
            };
            deadline = latest.min(self.line.now() + QUIET);
        }
        if in_step {
            return Ok(());
        }
        Err(refusal(
            "resynchronisation with 45 zeros",
            "00",
            self.heard_or_nothing(),
        ))
    }

    /// Sends the golden job, at most twice, and checks the answer.
    pub(super) fn known_answer(&mut self) -> Result<Known, BoardError> {
        let mut why = String::new();
        for _ in 0..2 {
            self.line.forget(Duration::from_millis(100))?;
            match self.try_known_answer()? {
                Ok(known) => return Ok(known),
                Err(reason) => why = reason,
            }
        }
        Err(refusal("known-answer probe", self.expected(), why))
    }

    fn try_known_answer(&mut self) -> Result<Tried, TransportError> {
        let sent = self.send(&GOLDEN)?;
        let deadline = sent + self.settings.probe_timeout;
        let mut strangers: ArrayVec<u32, 16> = ArrayVec::new();
        while let Some(reply) = self.line.reply(deadline)? {
            let word = match reply {
                Reply::Nonce { word, id } if id.is_none_or(|id| id == PROBE_ID) => word,
                Reply::Nonce { .. } | Reply::Garbage(_) | Reply::Exhausted => break,
                Reply::Accepted | Reply::Pong | Reply::Temperature(_) => continue,
            };
            if let Some(offset) = self.golden_offset(word) {
                let took = self.line.now().saturating_duration_since(sent);
                return self.confirm(Known { offset, took }, &strangers);
            }
            if strangers.try_push(word).is_err() {
                break;
            }
        }
        Ok(Err(self.heard_or_nothing()))
    }

    /// What the board adds to its nonces, if `word` is the golden answer.
    fn golden_offset(&self, word: u32) -> Option<i64> {
        let offset = i64::from(word) - i64::from(GOLDEN.answers[0]);
        match self.settings.nonce_offset {
            Some(given) => (offset == given).then_some(given),
            None if offset == 0 => Some(0),
            None if GOLDEN.verifies(word, self.settings.zero_bits) => None,
            None => (offset.abs() <= LARGEST_OFFSET).then_some(offset),
        }
    }

    /// The answer counts when everything said before it was right too, and nothing but right nonces follows it.
    fn confirm(&mut self, known: Known, before: &[u32]) -> Result<Tried, TransportError> {
        let right = |word: u32, bits| GOLDEN.verifies(corrected(word, known.offset), bits);
        let bits = self.settings.zero_bits;
        let mut good = before.iter().all(|word| right(*word, bits));
        let deadline = self.line.now() + QUIET;
        while let (true, Some(reply)) = (good, self.line.reply(deadline)?) {
            good = match reply {
                Reply::Nonce { word, .. } => right(word, bits),
                other => !matches!(other, Reply::Garbage(_)),
            };
        }
        if good && self.line.is_incomplete() {
            let patience = self.line.now() + Duration::from_secs(1);
            good = match self.line.reply(patience)? {
                Some(Reply::Nonce { word, .. }) => right(word, bits),
                other => !matches!(other, Some(Reply::Garbage(_))),
            };
        }
        Ok(if good {
            Ok(known)
        } else {
            Err(self.heard_or_nothing())
        })
    }

    /// Into how many slices the board splits the nonces: as told, measured, or the member's number.
    pub(super) fn slices(&mut self, known: Known) -> Result<u32, BoardError> {
        let usual = self.member.slices;
        match self.settings.slices {
            Slices::Given(slices) => Ok(slices),
            Slices::Probe => self.divide(Duration::from_secs(120), known.offset, usual),
            Slices::Unknown => match self.quick_division(known) {
                Some(time) => self.divide(time, known.offset, usual),
                None => Ok(usual),
            },
        }
    }

    /// How long the division probe may take, when it is of use, and when the known answer came so fast that it is quick.
    fn quick_division(&self, known: Known) -> Option<Duration> {
        let latest_of_first_answers = 79_756_000.0 / 100_258.0;
        let took = known.took.max(Duration::from_micros(500));
        let time = took.mul_f64(1.5 * latest_of_first_answers);
        let useful = self.member.slices_vary
            && !self.member.free_running
            && self.settings.zero_bits == HARDWARE_ZERO_BITS
            && self.settings.range_bits == 32;
        (useful && time < Duration::from_secs(3)).then_some(time)
    }

    fn divide(&mut self, time: Duration, offset: i64, usual: u32) -> Result<u32, BoardError> {
        let deadline = self.send(&DIVISION)? + time;
        while let Some(reply) = self.line.reply(deadline)? {
            let Reply::Nonce { word, .. } = reply else {
                continue;
            };
            let word = corrected(word, offset);
            let answer = DIVISION.answers.iter().position(|answer| *answer == word);
            if let Some(doublings) = answer {
                return Ok(1 << doublings);
            }
        }
        Ok(usual)
    }

    /// Whether a Cairnsmore1 takes commands: one that does not hashes the test and finds its nonce.
    pub(super) fn takes_commands(&mut self, known: Known) -> Result<bool, BoardError> {
        let test = Cairnsmore::FeatureTest.encode();
        self.line.send(&test)?;
        self.line.send(&test)?;
        let hashing = known
            .took
            .mul_f64(f64::from(FEATURE_TEST.answers[0]) / 100_258.0 * 1.5);
        let patience = hashing.clamp(Duration::from_millis(100), Duration::from_secs(5));
        let deadline = self.deadline_after(128, patience);
        while let Some(reply) = self.line.reply(deadline)? {
            if let Reply::Nonce { word, .. } = reply
                && FEATURE_TEST.verifies(corrected(word, known.offset), self.settings.zero_bits)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends `work`; when its last byte has left the line.
    fn send(&mut self, work: &KnownWork) -> Result<Instant, TransportError> {
        let id = if self.member.job_ids { PROBE_ID } else { 0 };
        let job = self.settings.format.encode(work.midstate, work.tail, id);
        self.line.send(&job)?;
        Ok(self.deadline_after(job.len(), Duration::ZERO))
    }

    fn deadline_after(&self, bytes: usize, time: Duration) -> Instant {
        self.line.now() + self.member.line_time(bytes, self.settings.baud) + time
    }

    fn expected(&self) -> &'static str {
        match self.settings.format {
            JobFormat::Opcode44 => "02000187a2",
            JobFormat::HexLine | JobFormat::HexLineMidstateFirst => "000187A2",
            _ if self.member.job_ids => "000187a205",
            _ => "000187a2",
        }
    }

    fn heard_or_nothing(&self) -> String {
        let heard = self.line.heard();
        match self.settings.format {
            _ if heard.is_empty() => {
                format!(
                    "nothing within {} ms",
                    self.settings.probe_timeout.as_millis()
                )
            }
            JobFormat::HexLine | JobFormat::HexLineMidstateFirst => {
                printable(&String::from_utf8_lossy(heard), 200)
            }
            _ => hex::encode(heard),
        }
    }
}

fn refusal(step: &'static str, expected: &str, got: String) -> BoardError {
    BoardError::Probe {
        step,
        expected: expected.to_owned(),
        got,
    }
}

/// The nonce without what the board adds to it.
pub(super) fn corrected(word: u32, offset: i64) -> u32 {
    word.wrapping_sub(offset as u32)
}

/// Whether a nonce ends the search of a board, so that it is answered by a new job at once.
pub(super) fn nonce_ends_search(after_find: AfterFind) -> bool {
    after_find != AfterFind::Continues
}
