//! A host of the tests' own over any transport: frames out, replies in, and what software says there is to find.

use std::time::{Duration, Instant};

use super::super::frames::{Command, END, Information, Reply, Status};
use super::super::line::Line;
use super::super::words::{Range, job_words};
use crate::algorithm::sha256d::SHA256D;
use crate::transport::Transport;
use crate::units::{Nonce, Target};
use crate::work::Header;

/// A device and what was heard of it.
pub(super) struct Host {
    pub(super) line: Line,
    pub(super) told: Information,
}

/// A header that `seed` makes unique.
pub(super) fn header(seed: u8) -> Header {
    let bytes: [u8; 80] =
        std::array::from_fn(|at| seed.wrapping_mul(31) ^ (at as u8).wrapping_mul(37));
    Header::from_bytes(bytes)
}

/// Core 0's nonces of `range`, and those of the other cores, whose hash with `header` passes: by the path that verifies shares.
pub(super) fn hits(header: &Header, range: Range, told: &Information) -> Vec<u32> {
    let target = Target::from_zero_bits(range.zero_bits);
    let cores = (0..u64::from(told.cores)).map(|core| core << told.slice_bits);
    let nonces = cores.flat_map(|offset| {
        let count = u64::from(range.last.wrapping_sub(range.first)) + 1;
        (0..count).map(move |at| (u64::from(range.first) + at + offset) as u32)
    });
    let passes = |word: &u32| {
        let header = header.with_nonce(Nonce::from_message_word(*word));
        let hash = SHA256D.hash(header.as_bytes());
        target.is_met_by(&hash)
    };
    let mut found: Vec<u32> = nonces.filter(passes).collect();
    found.sort_unstable();
    found
}

impl Host {
    /// Asks the device what it is, after whatever stood on its line.
    pub(super) fn new(port: Box<dyn Transport>) -> Self {
        let mut line = Line::new(port);
        line.resynchronise(Duration::from_millis(500)).unwrap();
        line.send(Command::Stop { id: 0 }).unwrap();
        line.send(Command::Information).unwrap();
        let deadline = line.now() + Duration::from_secs(1);
        let told = loop {
            let reply = line.reply(deadline).unwrap();
            if let Reply::Information(told) = reply.expect("the core says what it is") {
                break told;
            }
        };
        Self { line, told }
    }

    /// The next reply, which must come within a second of the device's time.
    pub(super) fn reply(&mut self) -> Reply {
        self.reply_by(Duration::from_secs(1))
            .expect("a reply within a second")
    }

    /// The next reply within `time`.
    pub(super) fn reply_by(&mut self, time: Duration) -> Option<Reply> {
        let deadline = self.line.now() + time;
        self.line.reply(deadline).unwrap()
    }

    pub(super) fn load(&mut self, id: u8, flush: bool, header: &Header, range: Range) {
        let words = job_words(header, range);
        self.line
            .send(Command::Job {
                id,
                flush,
                zero_bits: range.zero_bits as u8,
                words: &words,
            })
            .unwrap();
    }

    /// The device's status.
    pub(super) fn status(&mut self) -> Status {
        self.line.send(Command::Status).unwrap();
        loop {
            if let Reply::Status(status) = self.reply() {
                return status;
            }
        }
    }

    /// Everything said until job `id` is told to be searched, and shortly after: the nonces by job, in order.
    pub(super) fn nonces_until_searched(&mut self, id: u8) -> Vec<(u8, u32)> {
        let mut nonces = Vec::new();
        let mut deadline = self.line.now() + Duration::from_secs(60);
        while let Some(reply) = self.line.reply(deadline).unwrap() {
            match reply {
                Reply::Nonce { id, word, .. } => nonces.push((id, word)),
                Reply::Searched { id: searched } if searched == id => {
                    deadline = self.line.now() + Duration::from_millis(50);
                }
                _ => {}
            }
        }
        nonces
    }

    /// Raw bytes on the line.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.line.raw(bytes);
    }

    pub(super) fn end_frame(&mut self) {
        self.raw(&[END]);
    }

    pub(super) fn now(&self) -> Instant {
        self.line.now()
    }
}
