//! Cuts a stream of bytes into replies, and finds its feet again after noise.
//!
//! In step, a frame follows a frame. Where none follows, step is lost, and the last few frames are in doubt too: noise that passes for a
//! frame covers the beginning of a good one. So every position is tried, from within the oldest of them on, until a frame ends
//! where no other has begun. Noise may bring forth a frame that nobody sent, which its hash betrays, but it
//! swallows none that was.

use arrayvec::ArrayVec;

use super::reply::{PREAMBLE, parse};
use super::{Dialect, Reply};

/// Bytes that are kept at most: what a caller feeds at once, and a few frames.
const ROOM: usize = 512;

/// How many frames are in doubt when step is lost: noise makes that many frames in a row once in millions of times.
const DOUBTFUL: usize = 6;

/// Noise is told when it ends, or when there is so much of it.
const LONG_NOISE: usize = 64;

/// What a stretch of bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoded {
    /// A frame.
    Reply(Reply),
    /// Bytes that belong to no frame.
    Noise {
        /// How many.
        bytes: usize,
        /// How many frames seem to have been broken in them.
        broken: usize,
    },
}

/// Cuts a stream of bytes into replies.
#[derive(Debug, Clone)]
pub struct Decoder {
    dialect: Dialect,
    /// Lengths of frames, longest first.
    lengths: &'static [usize],
    bytes: ArrayVec<u8, ROOM>,
    /// The next position to try.
    at: usize,
    /// Where the last frames begin that were taken in step.
    taken: ArrayVec<usize, DOUBTFUL>,
    /// The end of the bytes that belong to frames.
    covered: usize,
    in_step: bool,
    /// Whether nothing will follow what is there.
    quiet: bool,
    noise: usize,
    broken: usize,
}

enum Verdict {
    Frame(Reply, usize),
    More,
    Wrong { broken: bool },
}

impl Decoder {
    /// A decoder of `dialect`; `rolls_version`: of chips whose replies have eleven bytes once they do so, and nine before.
    pub fn new(dialect: Dialect, rolls_version: bool) -> Self {
        let lengths: &[usize] = match dialect {
            Dialect::Bare => &[5],
            Dialect::Counted => &[7],
            Dialect::Preambled if rolls_version => &[11, 9],
            Dialect::Preambled => &[9],
        };
        Self {
            dialect,
            lengths,
            bytes: ArrayVec::new(),
            at: 0,
            taken: ArrayVec::new(),
            covered: 0,
            in_step: true,
            quiet: false,
            noise: 0,
            broken: 0,
        }
    }

    /// Takes bytes, as many as there is room for; how many. All of them, if [`next`](Decoder::next) was called until `None` and they are
    /// no more than 256.
    pub fn feed(&mut self, bytes: &[u8]) -> usize {
        self.quiet = false;
        self.compact();
        let count = bytes.len().min(self.bytes.remaining_capacity());
        self.bytes.extend(bytes[..count].iter().copied());
        count
    }

    /// The line has fallen silent: what is there will not be completed.
    pub fn end(&mut self) {
        self.quiet = true;
    }

    /// Whether the beginning of a frame waits for its end.
    pub fn is_waiting(&self) -> bool {
        self.at < self.bytes.len() && !self.quiet
    }

    /// The next reply or stretch of noise; `None`: more bytes are needed.
    #[expect(
        clippy::should_implement_trait,
        reason = "it ends for now, not for good"
    )]
    pub fn next(&mut self) -> Option<Decoded> {
        loop {
            match self.judge() {
                Verdict::Frame(reply, length) => {
                    if let Some(noise) = self.told_noise() {
                        return Some(noise);
                    }
                    if self.step_over(length) {
                        return Some(Decoded::Reply(reply));
                    }
                }
                Verdict::Wrong { broken } => self.lose(broken),
                Verdict::More => return self.rest(),
            }
        }
    }

    /// What the bytes from the current position on are.
    fn judge(&self) -> Verdict {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Verdict::More;
        }
        if self.dialect == Dialect::Preambled && !PREAMBLE.iter().zip(rest).all(|(a, b)| a == b) {
            return Verdict::Wrong { broken: false };
        }
        for length in self.lengths {
            match rest.get(..*length) {
                None if !self.quiet => return Verdict::More,
                None => {}
                Some(frame) => {
                    if let Some(reply) = parse(self.dialect, frame) {
                        return Verdict::Frame(reply, *length);
                    }
                }
            }
        }
        Verdict::Wrong { broken: true }
    }

    /// A frame begins here; whether it is a new one. Out of step the next position is tried too: this one may be an accident.
    fn step_over(&mut self, length: usize) -> bool {
        self.covered = self.covered.max(self.at + length);
        if !self.in_step {
            let known = self.taken.contains(&self.at);
            self.at += 1;
            self.regain();
            return !known;
        }
        if self.taken.is_full() {
            self.taken.remove(0);
        }
        self.taken.push(self.at);
        self.at += length;
        true
    }

    /// No frame begins here. Where step is lost, the positions within the last frames are tried first.
    fn lose(&mut self, broken: bool) {
        if std::mem::take(&mut self.in_step)
            && let Some(oldest) = self.taken.first()
        {
            self.at = oldest + 1;
            return;
        }
        let uncovered = self.at >= self.covered;
        self.noise += usize::from(uncovered);
        self.broken += usize::from(uncovered && broken);
        self.at += 1;
        self.regain();
    }

    /// Step is regained where a frame ends and none of those tried goes on.
    fn regain(&mut self) {
        if self.at == self.covered {
            self.in_step = true;
            self.taken.clear();
        }
    }

    /// Nothing more can be cut out: what remains is told or forgotten.
    fn rest(&mut self) -> Option<Decoded> {
        if self.quiet && self.at >= self.bytes.len() {
            self.bytes.clear();
            self.taken.clear();
            (self.at, self.covered, self.in_step) = (0, 0, true);
            return self.told_noise();
        }
        if self.noise >= LONG_NOISE {
            return self.told_noise();
        }
        None
    }

    fn told_noise(&mut self) -> Option<Decoded> {
        if self.noise == 0 {
            return None;
        }
        // Without a preamble, how many frames were broken is anybody's guess.
        let broken = match self.dialect {
            Dialect::Preambled => self.broken,
            Dialect::Bare | Dialect::Counted => 1,
        };
        let bytes = self.noise;
        (self.noise, self.broken) = (0, 0);
        Some(Decoded::Noise { bytes, broken })
    }

    /// Forgets bytes that nothing can begin in any more.
    fn compact(&mut self) {
        let oldest = self.taken.first().copied().unwrap_or(self.at);
        let from = oldest.min(self.at);
        self.bytes.drain(..from);
        self.at -= from;
        self.covered = self.covered.saturating_sub(from);
        for start in &mut self.taken {
            *start -= from;
        }
    }
}

#[cfg(test)]
mod tests;
