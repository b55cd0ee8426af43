//! The emulated core: bytes in, real hashing, bytes out, to the letter of the tables in the module above.
//!
//! Written from the tables; it shares nothing with the driver. The header's tail is not on the wire, so it is worked out of the words
//! that are, and hashed in the standard's form; a job whose words do not fit each other finds nothing, as in the real core. Time comes in
//! as values; a byte takes as long as the line's speed says, and a wrong speed makes garbage of it.

mod job;
mod link;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use self::job::{Found, Search};
use self::link::{Heard, Link, framed};
use crate::board::{BoardError, BoardOptions, OptionHelp};
use crate::transport::{Emulator, say_due};

/// Hashes a second unless told otherwise.
const RATE: f64 = 1e6;
/// Nonces that wait for the line; one more is lost.
const NONCES: usize = 16;
/// The clock that it claims: `rate` at one hash a clock and core.
const LINE: u32 = 115_200;
/// Jobs that it holds at once.
const JOBS: usize = 3;

/// What an emulated core takes beside the driver's options.
pub(super) const EMULATOR_OPTIONS: [OptionHelp; 2] = [
    OptionHelp {
        key: "rate",
        about: "of an emulated core: hashes a second of all cores together, such as 2M; default 1M",
    },
    OptionHelp {
        key: "cores",
        about: "of an emulated core: how many cores share the nonces, 1 to 16; default 1",
    },
];

/// An emulated core.
pub(super) struct Device {
    baud: u32,
    host_baud: u32,
    cores: u8,
    clock_hz: u32,
    link: Link,
    /// The job that is searched first, then those that wait.
    jobs: VecDeque<Search>,
    last_id: u8,
    last_zero_bits: u8,
    replies: VecDeque<(Instant, Vec<u8>)>,
    sender_free: Option<Instant>,
    bad_frames: u16,
    lost_nonces: u16,
}

impl Device {
    /// A device with these options.
    ///
    /// # Errors
    /// [`BoardError::Option`].
    pub(super) fn new(options: &BoardOptions) -> Result<Self, BoardError> {
        let cores: u8 = options.within("cores", 1..=16, 1)?;
        let rate = options.rate("rate")?.unwrap_or(RATE);
        let baud = options.within("baud", 300..=12_000_000, LINE)?;
        Ok(Self {
            baud,
            host_baud: baud,
            cores,
            clock_hz: (rate / f64::from(cores)).clamp(1.0, 4e9) as u32,
            link: Link::default(),
            jobs: VecDeque::new(),
            last_id: 0,
            last_zero_bits: 0,
            replies: VecDeque::new(),
            sender_free: None,
            bad_frames: 0,
            lost_nonces: 0,
        })
    }

    fn line_time(&self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 * 10.0 / f64::from(self.baud))
    }

    /// log2 of each core's slice.
    fn slice_bits(&self) -> u8 {
        32 - self.cores.next_power_of_two().trailing_zeros() as u8
    }

    /// Carries out a command at the time when its last byte is here.
    fn act(&mut self, heard: &Heard, at: Instant) {
        match heard {
            Heard::Bad => self.bad_frames = self.bad_frames.wrapping_add(1),
            Heard::Good(frame) => match frame[..] {
                [0x01, id, flags, zero_bits, ..] if frame.len() == 100 => {
                    self.job(id, flags, zero_bits, &frame[4..], at);
                }
                [0x02, _, _, _] => self.information(at),
                [0x03, _, _, _] => self.status(at),
                [0x04, id, _, _] => {
                    self.jobs.clear();
                    self.answer(0x82, id, 0, at);
                }
                [0x01..=0x04, id, ..] => self.answer(0x83, id, 2, at),
                [_, ref rest @ ..] => {
                    let id = rest.first().copied().unwrap_or(0);
                    self.answer(0x83, id, 3, at);
                }
                [] => {}
            },
        }
    }

    fn job(&mut self, id: u8, flags: u8, zero_bits: u8, words: &[u8], at: Instant) {
        let flush = flags & 1 != 0;
        if self.jobs.len() >= JOBS && !flush {
            return self.answer(0x83, id, 1, at);
        }
        if flush {
            self.jobs.clear();
        }
        let search = Search::new(id, zero_bits, words, self.cores, self.slice_bits());
        self.jobs.push_back(search);
        if self.jobs.len() == 1 {
            self.begin(at);
        }
        self.answer(0x82, id, 0, at);
    }

    /// The first job of the queue begins.
    fn begin(&mut self, at: Instant) {
        if let Some(search) = self.jobs.front_mut() {
            search.begin(at, self.clock_hz);
            self.last_id = search.id();
            self.last_zero_bits = search.zero_bits();
        }
    }

    fn answer(&mut self, kind: u8, id: u8, reason: u8, at: Instant) {
        let jobs = self.jobs.len() as u8;
        self.say(&[kind, id, reason, jobs], at);
    }

    fn information(&mut self, at: Instant) {
        let mut bytes = vec![0x85, 2, 0, self.cores, self.slice_bits(), 0, 1];
        bytes.extend(self.clock_hz.to_be_bytes());
        bytes.extend([2, 24, 1]);
        self.say(&bytes, at);
    }

    fn status(&mut self, at: Instant) {
        let running = if self.jobs.is_empty() { 0 } else { 0x80 };
        let state = running | self.jobs.len() as u8;
        let mut bytes = vec![0x86, self.last_id, state, self.last_zero_bits];
        bytes.extend(self.bad_frames.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.lost_nonces.to_be_bytes());
        bytes.extend([0x80, 0, 2]);
        self.say(&bytes, at);
    }

    fn say(&mut self, frame: &[u8], at: Instant) {
        let bytes = framed(frame);
        let begin = self.sender_free.map_or(at, |free| free.max(at));
        let end = begin + self.line_time(bytes.len());
        self.sender_free = Some(end);
        self.replies.push_back((end, bytes));
    }

    fn say_nonce(&mut self, id: u8, core: u8, word: u32, at: Instant) {
        if self.replies.len() >= NONCES {
            self.lost_nonces = self.lost_nonces.wrapping_add(1);
            return;
        }
        let mut frame = vec![0x81, id, core];
        frame.extend(word.to_be_bytes());
        self.say(&frame, at);
    }

    /// Runs the search up to `until`; with `to_reply` only up to when the next reply is out, if that is earlier.
    fn run(&mut self, until: Instant, to_reply: bool) {
        while let Some(search) = self.jobs.front_mut() {
            let due = self.replies.front().map(|(due, _)| *due);
            let horizon = due.filter(|_| to_reply).map_or(until, |due| due.min(until));
            let id = search.id();
            match search.run(horizon) {
                (at, Found::Nonce { core, word }) => self.say_nonce(id, core, word, at),
                (at, Found::End) => self.searched(id, at),
                (_, Found::Nothing) => return,
            }
        }
    }

    fn searched(&mut self, id: u8, at: Instant) {
        self.jobs.pop_front();
        self.begin(at);
        let jobs = self.jobs.len() as u8;
        self.say(&[0x84, id, jobs], at);
    }
}

impl Emulator for Device {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.run(now, false);
        let mut at = now;
        for byte in bytes {
            at += self.line_time(1);
            // At a wrong speed bits are read in wrong places.
            let byte = if self.host_baud.abs_diff(self.baud) * 100 <= self.baud * 3 {
                *byte
            } else {
                byte.rotate_left(3) ^ 0x5a
            };
            if let Some(heard) = self.link.take(byte) {
                self.act(&heard, at);
            }
        }
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.run(until, true);
        say_due(&mut self.replies, until, out).unwrap_or(until)
    }

    fn set_baud(&mut self, baud: u32) {
        self.host_baud = baud;
    }
}
