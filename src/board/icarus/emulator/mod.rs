//! The emulated device: bytes in, real hashing, bytes out, to the letter of `classic-boards.md` section 4.
//!
//! It takes the wire apart by itself and shares nothing with the driver but the table of members. Time comes in as values; a job's
//! bytes and a reply's take as long as the line's speed says. Options and faults: [`setup`].

mod core;
mod faults;
mod link;
mod registers;
mod setup;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use self::core::{Core, Milestone};
use self::faults::Faults;
use self::link::{Heard, Link};
use self::registers::Register;
use self::setup::Setup;
use super::params::{Clock, Member, RangeEnd};
use arrayvec::ArrayVec;

use crate::board::{BoardError, BoardOptions};
use crate::transport::{Emulator, say_due};

/// Bytes of one reply.
type ReplyBytes = ArrayVec<u8, 16>;

/// A UART that is not read loses what comes after so many replies.
const QUEUE: usize = 1024;
/// How often a KC705 reports its temperature.
const TEMPERATURE_EVERY: Duration = Duration::from_secs(4);
/// What it reports: 40.0 degrees Celsius.
const TEMPERATURE_LINE: &[u8] = b"9F11\n";

/// An emulated device.
pub(crate) struct Device {
    member: &'static Member,
    setup: Setup,
    core: Core,
    link: Link,
    faults: Faults,
    replies: VecDeque<(Instant, ReplyBytes)>,
    /// When the device's transmitter has sent what it was given.
    sender_free: Option<Instant>,
    next_temperature: Option<Instant>,
    job_id: u8,
    /// The PLL word or clock multiplier set last.
    clock_word: u16,
    host_baud: u32,
}

impl Device {
    /// A device of `member`.
    ///
    /// # Errors
    /// [`BoardError::Option`].
    pub(crate) fn new(member: &'static Member, options: &BoardOptions) -> Result<Self, BoardError> {
        let setup = Setup::parse(member, options)?;
        Ok(Self {
            core: Core::new(member, &setup),
            link: Link::new(member, &setup),
            faults: Faults::new(setup.faults),
            replies: VecDeque::new(),
            sender_free: None,
            next_temperature: None,
            job_id: 0,
            clock_word: 0,
            host_baud: setup.baud,
            member,
            setup,
        })
    }

    fn line_time(&self, bytes: usize) -> Duration {
        self.member.line_time(bytes, self.setup.baud)
    }

    fn wrong_speed(&self) -> bool {
        self.member.uart && self.host_baud != self.setup.baud
    }

    /// What the host's bytes mean, at the time when their last one is here.
    fn act(&mut self, heard: Heard, at: Instant) {
        match heard {
            Heard::Job { job, id } => {
                self.late_nonce(at);
                self.core.begin(job, at);
                self.job_id = id;
                self.next_temperature.get_or_insert(at + TEMPERATURE_EVERY);
                if self.member.range_end == RangeEnd::Reports {
                    self.say(&[0x01], at);
                }
            }
            Heard::Ping => self.say(&[0x00], at),
            Heard::Register(register) => self.register(register, at),
            Heard::Multiplier(multiplier) => {
                self.clock_word = u16::from(multiplier);
                self.clock(f64::from(multiplier) * 2.5);
            }
            Heard::NoJob => self.core.halt(),
        }
    }

    fn register(&mut self, register: Register, at: Instant) {
        match register {
            Register::Pll(word) => {
                self.clock_word = word;
                let doubled = f64::from(1 + u8::from(self.member.clock == Some(Clock::Bm1382)));
                self.clock(registers::pll_mhz(word) * doubled);
            }
            Register::Read => {
                let [high, low] = self.clock_word.to_be_bytes();
                self.say(&registers::answer([high, low, 0, 0]), at);
            }
            Register::Voltage => {}
        }
    }

    fn clock(&mut self, mhz: f64) {
        let default = self.member.speed.default_mhz().unwrap_or(mhz);
        self.core.set_rate(self.setup.rate * mhz / default);
    }

    /// With bad luck the job before still finds something when the next one is here.
    fn late_nonce(&mut self, at: Instant) {
        if self.faults.late()
            && let Some(word) = self.core.straggler()
        {
            self.say_nonce(word, at);
        }
    }

    fn say_nonce(&mut self, word: u32, at: Instant) {
        let word = self
            .faults
            .lie(word)
            .wrapping_add(self.setup.nonce_offset as u32);
        let copies = 1 + u32::from(self.faults.twice());
        for _ in 0..copies {
            let bytes = link::nonce(self.member, word, self.job_id);
            self.say(&bytes, at);
        }
    }

    fn say(&mut self, bytes: &[u8], at: Instant) {
        if self.replies.len() >= QUEUE || self.faults.mute() {
            return;
        }
        let begin = self.sender_free.map_or(at, |free| free.max(at));
        let end = begin + self.line_time(bytes.len());
        self.sender_free = Some(end);
        let mut sent = ReplyBytes::new();
        let wrong_speed = self.wrong_speed();
        self.faults.on_the_line(bytes, wrong_speed, |byte| {
            let _ = sent.try_push(byte);
        });
        self.replies.push_back((end, sent));
    }

    /// Runs the device itself up to `until`, or to its next reply if that is earlier.
    fn run(&mut self, until: Instant) {
        loop {
            let due = self.replies.front().map(|(due, _)| *due);
            let horizon = [due, self.next_temperature]
                .into_iter()
                .flatten()
                .fold(until, Instant::min);
            match self.core.run(horizon) {
                Some((at, Milestone::Found(word))) => self.say_nonce(word, at),
                Some((at, Milestone::Exhausted)) => self.say(&[0x03], at),
                None if self.next_temperature == Some(horizon) => self.temperature(horizon),
                None => return,
            }
        }
    }

    fn temperature(&mut self, at: Instant) {
        self.next_temperature = Some(at + TEMPERATURE_EVERY);
        if link::speaks_lines(self.member) {
            self.say(TEMPERATURE_LINE, at);
        }
    }
}

impl Emulator for Device {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.run(now);
        if self.faults.is_locked_up(now) {
            return;
        }
        let wrong_speed = self.wrong_speed();
        let mut at = self.link.begin(now);
        for byte in bytes {
            at += self.line_time(1);
            let (faults, link) = (&mut self.faults, &mut self.link);
            let mut meant = ArrayVec::<Heard, 2>::new();
            faults.on_the_line(&[*byte], wrong_speed, |byte| meant.extend(link.take(byte)));
            meant.into_iter().for_each(|heard| self.act(heard, at));
        }
        if let Some(heard) = self.link.end(at) {
            self.act(heard, at);
        }
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.run(until);
        say_due(&mut self.replies, until, out).unwrap_or(until)
    }

    fn set_baud(&mut self, baud: u32) {
        self.host_baud = baud;
        self.faults.reopened();
    }
}
