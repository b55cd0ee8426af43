//! What can go wrong with a device and its line, drawn from a seed.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Chances and limits; all zero or absent is a healthy device.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FaultSetup {
    pub(super) seed: u64,
    /// Chance that a byte is lost.
    pub(super) drop: f64,
    /// Chance that a byte comes twice.
    pub(super) double: f64,
    /// Chance that a new job is followed by a nonce of the one before.
    pub(super) late: f64,
    /// Chance that a nonce is reported twice.
    pub(super) duplicate: f64,
    /// Chance that a reported nonce is a lie.
    pub(super) wrong: f64,
    /// Locks up after so long without a byte from the host.
    pub(super) lock_up: Option<Duration>,
    /// Says nothing after so many replies.
    pub(super) silent_after: Option<u64>,
}

/// The faults of one device.
pub(super) struct Faults {
    setup: FaultSetup,
    rng: StdRng,
    said: u64,
    last_heard: Option<Instant>,
    locked: bool,
}

impl Faults {
    pub(super) fn new(setup: FaultSetup) -> Self {
        Self {
            rng: StdRng::seed_from_u64(setup.seed),
            setup,
            said: 0,
            last_heard: None,
            locked: false,
        }
    }

    /// Carries `bytes` over the line: some are lost or doubled, all are mangled at the wrong speed.
    pub(super) fn on_the_line(
        &mut self,
        bytes: &[u8],
        wrong_speed: bool,
        mut arrive: impl FnMut(u8),
    ) {
        for byte in bytes {
            let byte = if wrong_speed {
                self.rng.random()
            } else {
                *byte
            };
            if !self.strikes(self.setup.drop) {
                arrive(byte);
            }
            if self.strikes(self.setup.double) {
                arrive(byte);
            }
        }
    }

    /// Bytes come from the host: whether the device is locked up by now.
    pub(super) fn is_locked_up(&mut self, now: Instant) -> bool {
        let idle = self
            .last_heard
            .replace(now)
            .map(|last| now.saturating_duration_since(last));
        self.locked |= self
            .setup
            .lock_up
            .zip(idle)
            .is_some_and(|(limit, idle)| idle > limit);
        self.locked
    }

    /// The host opened the port anew, which frees a device that is locked up.
    pub(super) fn reopened(&mut self) {
        self.locked = false;
        self.last_heard = None;
    }

    /// Whether a reply is swallowed: locked up, or silent for good.
    pub(super) fn mute(&mut self) -> bool {
        let silent = self
            .setup
            .silent_after
            .is_some_and(|limit| self.said >= limit);
        self.said += 1;
        silent || self.locked
    }

    pub(super) fn late(&mut self) -> bool {
        self.strikes(self.setup.late)
    }

    pub(super) fn twice(&mut self) -> bool {
        self.strikes(self.setup.duplicate)
    }

    /// The nonce, or a lie.
    pub(super) fn lie(&mut self, word: u32) -> u32 {
        if self.strikes(self.setup.wrong) {
            self.rng.random()
        } else {
            word
        }
    }

    fn strikes(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.rng.random_bool(chance)
    }
}
