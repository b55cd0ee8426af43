//! Which work a reply belongs to: job numbers, their generations, and what was said of each already. Pure; time comes in.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::chips::IdCoding;
use super::event::Candidates;
use super::frames::NonceReply;
use crate::units::Target;
use crate::work::{Found, WorkUnit};

/// How long after a job was replaced its number rests, so that replies on their way (a USB adapter's latency timer, a few frames)
/// have come.
const REST: Duration = Duration::from_millis(20);
/// How long after a job was replaced a reply may still be meant for it.
const LATE: Duration = Duration::from_secs(1);
/// Generations of a number that are kept.
const GENERATIONS: usize = 4;
/// Nonces of a work that are remembered.
const REMEMBERED: usize = 64;

/// Versions that a job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions<'a> {
    /// One for each midstate.
    Midstates(&'a [u32]),
    /// The chip rolls these bits, in units of 2^13.
    OnChip(u16),
}

/// One use of a number.
#[derive(Debug)]
struct Generation {
    work: WorkUnit,
    versions: ArrayVec<u32, 4>,
    /// Bits that the chip rolls.
    mask: u16,
    replaced: Option<Instant>,
    /// Whether nobody wants its nonces any more.
    is_void: bool,
    /// The newest nonces, with what tells their versions.
    said: ArrayVec<(u32, u16), REMEMBERED>,
}

/// What a reply is.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a nonce carries its works in place: nothing is allocated on its way"
)]
pub(super) enum Resolved {
    /// A nonce for one of these.
    Nonce(Found, Candidates),
    /// It was said before.
    Duplicate,
    /// No job has this number.
    UnknownJob,
    /// The version has bits that no job of this number allows.
    ForbiddenVersion,
}

/// The numbers of a chain's jobs.
#[derive(Debug)]
pub(super) struct Ring {
    coding: IdCoding,
    slots: Vec<ArrayVec<Generation, GENERATIONS>>,
    /// The slot of the job that is searched.
    current: Option<usize>,
}

/// Where a number lies and what else the byte tells.
struct Decoded {
    slot: usize,
    midstate: usize,
}

impl IdCoding {
    /// How many numbers there are.
    fn count(self) -> usize {
        match self {
            Self::LowFive | Self::FourBits => 16,
            Self::Plus => 28,
            Self::Quad | Self::FiveBits => 32,
        }
    }

    /// The byte of number `slot` in a job.
    fn byte(self, slot: usize) -> u8 {
        let slot = slot as u8;
        match self {
            Self::LowFive => 0x10 + slot,
            // By fours, so that adding the midstate's index leads to no other job.
            Self::Plus => 0x10 + 4 * slot,
            Self::Quad => slot << 2,
            Self::FiveBits | Self::FourBits => slot << 3,
        }
    }

    /// What a reply's byte tells.
    fn decode(self, byte: u8) -> Option<Decoded> {
        let (slot, midstate) = match self {
            Self::LowFive => (byte.checked_sub(0x10)?, 0),
            Self::Plus => (byte.checked_sub(0x10)? >> 2, byte & 3),
            Self::Quad => (byte >> 2, byte & 3),
            Self::FiveBits => (byte >> 3, 0),
            Self::FourBits => (byte >> 4, 0),
        };
        Some(Decoded {
            slot: slot.into(),
            midstate: midstate.into(),
        })
    }
}

impl Ring {
    pub(super) fn new(coding: IdCoding) -> Self {
        Self {
            coding,
            slots: (0..coding.count()).map(|_| ArrayVec::new()).collect(),
            current: None,
        }
    }

    /// From when on the next number may be used.
    pub(super) fn rested(&self) -> Option<Instant> {
        let newest = self.slots[self.next()].first()?;
        newest.replaced.map(|replaced| replaced + REST)
    }

    /// The byte that the next job carries.
    pub(super) fn next_byte(&self) -> u8 {
        self.coding.byte(self.next())
    }

    /// Gives the next number to `work`, which replaces the job that is searched.
    pub(super) fn load(&mut self, work: WorkUnit, versions: Versions<'_>, now: Instant) {
        self.replace(now);
        let next = self.next();
        let slot = &mut self.slots[next];
        if slot.is_full() {
            slot.pop();
        }
        let (versions, mask) = match versions {
            Versions::Midstates(versions) => (versions.iter().copied().take(4).collect(), 0),
            Versions::OnChip(mask) => (ArrayVec::new(), mask),
        };
        let generation = Generation {
            work,
            versions,
            mask,
            replaced: None,
            is_void: false,
            said: ArrayVec::new(),
        };
        slot.insert(0, generation);
        self.current = Some(next);
    }

    /// No work that was given so far is wanted any more.
    pub(super) fn void(&mut self) {
        let all = self.slots.iter_mut().flatten();
        all.for_each(|generation| generation.is_void = true);
    }

    /// Whether a reply under this number can only be meant for work that is void.
    pub(super) fn is_void(&self, job: u8) -> bool {
        let slot = self.coding.decode(job).map(|decoded| decoded.slot);
        let slot = slot.and_then(|slot| self.slots.get(slot));
        slot.is_some_and(|slot| slot.iter().all(|generation| generation.is_void))
    }

    /// The job that is searched is replaced.
    pub(super) fn replace(&mut self, now: Instant) {
        let current = self.current.and_then(|slot| self.slots[slot].first_mut());
        if let Some(generation) = current {
            generation.replaced.get_or_insert(now);
        }
    }

    /// What `reply` is. `threshold`, which every right nonce meets, tells generations apart that differ in their versions.
    pub(super) fn resolve(
        &mut self,
        reply: &NonceReply,
        threshold: &Target,
        now: Instant,
    ) -> Resolved {
        let Some(decoded) = self.coding.decode(reply.job) else {
            return Resolved::UnknownJob;
        };
        let Some(slot) = self.slots.get_mut(decoded.slot) else {
            return Resolved::UnknownJob;
        };
        // A superseded work is done with once its replies have died out.
        let is_alive = |replaced: Option<Instant>| replaced.is_none_or(|then| now < then + LATE);
        slot.retain(|generation| is_alive(generation.replaced));
        if slot.is_empty() {
            return Resolved::UnknownJob;
        }
        let key = (
            reply.nonce.to_u32_lossy(),
            reply.version.unwrap_or(decoded.midstate as u16),
        );
        if slot.iter().any(|generation| generation.said.contains(&key)) {
            return Resolved::Duplicate;
        }
        remember(&mut slot[0].said, key);
        candidates(slot, reply, decoded.midstate, threshold)
    }

    fn next(&self) -> usize {
        self.current.map_or(0, |slot| (slot + 1) % self.slots.len())
    }
}

fn remember(said: &mut ArrayVec<(u32, u16), REMEMBERED>, key: (u32, u16)) {
    if said.is_full() {
        said.remove(0);
    }
    said.push(key);
}

impl Generation {
    /// The version that a reply means for this work; `None`: not one that it has.
    fn version(&self, reply: &NonceReply, midstate: usize) -> Option<u32> {
        match reply.version {
            Some(field) => {
                let rolled = self.work.rolled().version | u32::from(field) << 13;
                (field & !self.mask == 0).then_some(rolled)
            }
            None if self.versions.is_empty() => Some(self.work.rolled().version),
            None => self.versions.get(midstate).copied(),
        }
    }
}

fn candidates(
    slot: &[Generation],
    reply: &NonceReply,
    midstate: usize,
    threshold: &Target,
) -> Resolved {
    let versions: ArrayVec<(u32, &WorkUnit), GENERATIONS> = slot
        .iter()
        .filter_map(|generation| Some((generation.version(reply, midstate)?, &generation.work)))
        .collect();
    let Some((first, _)) = versions.first() else {
        return Resolved::ForbiddenVersion;
    };
    let found = |version: u32| Found {
        nonce: reply.nonce,
        version: Some(version),
    };
    let version = if versions.iter().all(|(version, _)| version == first) {
        *first
    } else {
        // A nonce names one version. Which of them is a matter of the hash, as it is for whoever checks the nonce.
        let is_right = |(version, work): &&(u32, &WorkUnit)| {
            let checked = work.check(found(*version), threshold);
            !matches!(checked, crate::work::Checked::Wrong(_))
        };
        versions
            .iter()
            .find(is_right)
            .map_or(*first, |(version, _)| *version)
    };
    let works = versions
        .into_iter()
        .filter(|(other, _)| *other == version)
        .map(|(_, work)| work.clone())
        .collect();
    Resolved::Nonce(found(version), works)
}

#[cfg(test)]
mod tests;
