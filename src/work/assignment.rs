//! A job in the hands of one board.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::unit::{Extranonce2, HashInput, Rolled, WorkUnit};
use super::{HeaderTemplate, Job, Place, Taken, Taking, Template};
use crate::units::Hash256;

/// A job in the hands of one board: makes the board's next pieces of work.
#[derive(Debug)]
pub struct Assignment {
    job: Arc<Job>,
    board_rolls_version: bool,
    /// See [`Taking::slice`].
    slice: Option<u64>,
    scratch: Vec<[u8; 64]>,
    /// Whether a piece was made: the first is wanted at once, and alone.
    is_begun: bool,
    /// The place after the last one and its merkle root, which was computed beside the last one's.
    spare: Option<(Place, Hash256)>,
}

/// The job's search space is used up for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the job's search space is used up")]
pub struct Dry {
    /// When ntime may move on and there is work again; `None`: never, wait for another job.
    pub again: Option<Instant>,
}

/// How soon a board looks again into a stock that is empty; its session is asking the pool for more.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Dry {
    fn soon(now: Instant) -> Self {
        Self {
            again: Some(now + LOOK_AGAIN),
        }
    }
}

impl Assignment {
    /// `job` for a board; when the board rolls the version by itself, it gets work with all versions to itself.
    pub fn new(job: Arc<Job>, board_rolls_version: bool) -> Self {
        let scratch = match &job.template {
            Template::Coinbase { coinbase, .. } => coinbase.scratch(),
            Template::Header(_) | Template::Blob(_) | Template::Stock(_) => Vec::new(),
        };
        Self {
            job,
            board_rolls_version,
            slice: None,
            scratch,
            is_begun: false,
            spare: None,
        }
    }

    /// From now on for a board that can be told where to stop: about `nonces` a piece, where a job's nonces are shared.
    pub fn set_slice(&mut self, nonces: Option<u64>) {
        self.slice = nonces;
    }

    /// The job.
    pub fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// The next piece of work, one that nobody else has or had.
    ///
    /// # Errors
    /// [`Dry`] when extranonce2, versions and the time that has passed since the job came are used up.
    pub fn next_work(&mut self, now: Instant) -> Result<WorkUnit, Dry> {
        if let Template::Stock(stock) = &self.job.template {
            let taken = stock.take(now);
            return taken
                .map(|taken| self.stocked(taken))
                .ok_or_else(|| Dry::soon(now));
        }
        if let Some((place, root)) = self.spare.take() {
            return Ok(self.unit(place, root));
        }
        let place = self.take(now)?;
        let root = self.root(&place, now);
        self.is_begun = true;
        Ok(self.unit(place, root))
    }

    fn take(&self, now: Instant) -> Result<Place, Dry> {
        let elapsed = now.saturating_duration_since(self.job.received).as_secs();
        let roll = u32::try_from(elapsed)
            .unwrap_or(u32::MAX)
            .min(self.job.max_ntime_roll);
        let ntime = self.job.template.header().map_or(0, |fixed| fixed.ntime);
        let latest = ntime.saturating_add(roll);
        let taken = self.job.space.take(ntime, latest, self.taking());
        taken.ok_or_else(|| self.dry(roll))
    }

    /// A piece of a stock: the header's number stands where other kinds of work have their extranonce2.
    fn stocked(&self, taken: Taken) -> WorkUnit {
        let version = taken.header.version;
        let header = taken.header.header(version, taken.ntime);
        WorkUnit {
            job: Arc::clone(&self.job),
            rolled: Rolled {
                extranonce2: Extranonce2::from_counter(taken.index.into(), 4),
                ntime: taken.ntime,
                version,
            },
            input: HashInput::from_header(header),
            nonces: 0..1 << 32,
            rolls: false,
        }
    }

    fn taking(&self) -> Taking {
        Taking {
            versions: 1 << self.job.version_mask.count_ones(),
            rolls: self.rolls(),
            slice: self.slice,
        }
    }

    /// Whether the board gets all versions of a place. Of a fixed root there is one place a second, so a board that can be told takes
    /// its versions one by one and leaves the others to others.
    fn rolls(&self) -> bool {
        let many_places = self.job.template.extranonce2_size() > 0;
        self.board_rolls_version && (many_places || self.slice.is_none())
    }

    fn dry(&self, roll: u32) -> Dry {
        let next = self.job.received + Duration::from_secs(u64::from(roll) + 1);
        let rolls_time = self.job.template.header().is_some() && roll < self.job.max_ntime_roll;
        Dry {
            again: rolls_time.then_some(next),
        }
    }

    fn unit(&self, place: Place, merkle_root: Hash256) -> WorkUnit {
        match &self.job.template {
            Template::Blob(blob) => WorkUnit {
                job: Arc::clone(&self.job),
                rolled: Rolled {
                    extranonce2: Extranonce2::default(),
                    ntime: 0,
                    version: 0,
                },
                input: *blob.input(),
                nonces: place.nonces,
                rolls: false,
            },
            Template::Coinbase { fixed, .. } | Template::Header(fixed) => {
                self.header_unit(fixed, place, merkle_root)
            }
            Template::Stock(stock) => self.header_unit(stock.first(), place, merkle_root),
        }
    }

    fn header_unit(&self, fixed: &HeaderTemplate, place: Place, root: Hash256) -> WorkUnit {
        let size = self.job.template.extranonce2_size();
        let extranonce2 = Extranonce2::from_counter(place.extranonce2, size);
        let version = fixed.version | spread(place.version_index, self.job.version_mask);
        let header = HeaderTemplate {
            merkle_root: root,
            ..*fixed
        }
        .header(version, place.ntime);
        WorkUnit {
            job: Arc::clone(&self.job),
            rolled: Rolled {
                extranonce2,
                ntime: place.ntime,
                version,
            },
            input: HashInput::from_header(header),
            nonces: place.nonces,
            rolls: self.rolls(),
        }
    }

    /// The merkle root of `place`; from the second piece on together with the one that comes next, for two cost little more than one.
    fn root(&mut self, place: &Place, now: Instant) -> Hash256 {
        let coinbase = match &self.job.template {
            Template::Coinbase { coinbase, .. } => coinbase,
            Template::Header(fixed) => return fixed.merkle_root,
            Template::Blob(_) | Template::Stock(_) => return Hash256::ZERO,
        };
        let size = coinbase.extranonce2_size();
        let extranonce2 = Extranonce2::from_counter(place.extranonce2, size);
        // A small space is not taken in advance, and boards that roll versions want the next place too late.
        let is_plenty = self.is_begun && size > 1 && !self.rolls();
        let Some(next) = is_plenty.then(|| self.take(now).ok()).flatten() else {
            return coinbase.merkle_root(extranonce2.as_padded(), &mut self.scratch);
        };
        let after = Extranonce2::from_counter(next.extranonce2, size);
        let both = [&extranonce2.as_padded()[..], after.as_padded()];
        let [root, other] = coinbase.merkle_roots(both, &mut self.scratch);
        self.spare = Some((next, other));
        root
    }
}

/// Spreads the low bits of `index` over the set bits of `mask`, lowest first.
pub(super) fn spread(index: u64, mask: u32) -> u32 {
    let mut left = mask;
    let mut index = index;
    let mut spread = 0;
    while left != 0 && index != 0 {
        let bit = left & left.wrapping_neg();
        spread |= if index & 1 == 1 { bit } else { 0 };
        left ^= bit;
        index >>= 1;
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_spread_over_the_mask_lowest_first() {
        assert_eq!(spread(0, 0x1fff_e000), 0);
        assert_eq!(spread(1, 0x1fff_e000), 0x2000);
        assert_eq!(spread(0xffff, 0x1fff_e000), 0x1fff_e000);
        assert_eq!(spread(0b101, 0b1011_0000), 0b1001_0000);
    }
}
