//! A witness beside an emulated board: it sees the bytes, counts, by its own arithmetic, the shares that the board finds, and
//! remembers every piece of work that any board was given.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use midstate::algorithm::sha256d::{Midstate, Scanner};
use midstate::transport::Emulator;
use midstate::units::Target;

/// The golden job of the Icarus family, as it stands on the wire (classic-boards.md section 4.1): its answers are no shares.
const GOLDEN: &str = "4679ba4ec99876bf4bfe086082b400254df6c356451471139a3afa71e48f544a";

/// What the witnesses of all boards have seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// Shares on the wire.
    pub(crate) found: AtomicU64,
    /// Pieces of work, as they stood on the wire.
    works: Mutex<HashSet<Vec<u8>>>,
    /// Pieces of work that were given out again.
    pub(crate) repeated: AtomicU64,
}

impl Seen {
    /// How many different pieces of work were given out.
    pub(crate) fn works(&self) -> usize {
        self.works.lock().expect("no test panics with it").len()
    }

    fn work(&self, job: &[u8]) {
        let fresh = self
            .works
            .lock()
            .expect("no test panics with it")
            .insert(job.to_vec());
        self.repeated
            .fetch_add(u64::from(!fresh), Ordering::Relaxed);
    }
}

/// An emulator of an Icarus-type board with plain 64-byte jobs and 4-byte replies, watched.
pub(crate) struct Witness {
    inner: Box<dyn Emulator>,
    /// The last 64 bytes from the host: the job.
    window: Vec<u8>,
    reply: Vec<u8>,
    target: Target,
    seen: Arc<Seen>,
}

impl Witness {
    /// Tells `seen` of the replies whose hash meets `target`, and of every job.
    pub(crate) fn new(inner: Box<dyn Emulator>, target: Target, seen: Arc<Seen>) -> Self {
        Self {
            inner,
            window: Vec::new(),
            reply: Vec::new(),
            target,
            seen,
        }
    }

    fn judge(&mut self, nonce: [u8; 4]) {
        let Ok(job) = <[u8; 64]>::try_from(self.window.as_slice()) else {
            return;
        };
        if hex::encode(&job[..32]) == GOLDEN {
            return;
        }
        let mut midstate: [u8; 32] = job[..32].try_into().expect("32 bytes");
        midstate.reverse();
        let mut tail: [u8; 12] = job[52..].try_into().expect("12 bytes");
        tail.reverse();
        // Reversed getwork order is nbits, ntime, merkle word in header order; undo the order of the words.
        tail.chunks_exact_mut(4).for_each(<[u8]>::reverse);
        let scanner = Scanner::new(Midstate::from_le_bytes(midstate), tail, Target::MAX);
        let hash = scanner.hash_of_word(u32::from_be_bytes(nonce));
        self.seen
            .found
            .fetch_add(u64::from(self.target.is_met_by(&hash)), Ordering::Relaxed);
    }
}

impl Emulator for Witness {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.window.extend_from_slice(bytes);
        self.window.drain(..self.window.len().saturating_sub(64));
        if bytes.len() == 64 && hex::encode(&bytes[..32]) != GOLDEN {
            self.seen.work(bytes);
        }
        self.inner.receive(bytes, now);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        let before = out.len();
        let reached = self.inner.advance(until, out);
        self.reply.extend_from_slice(&out[before..]);
        while self.reply.len() >= 4 {
            let nonce: Vec<u8> = self.reply.drain(..4).collect();
            self.judge(nonce.try_into().expect("4 bytes"));
        }
        reached
    }

    fn set_baud(&mut self, baud: u32) {
        self.inner.set_baud(baud);
    }
}
