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
        let elapsed = now.saturating_duration_since(self.job.received).as_secs();
        let roll = u32::try_from(elapsed)
            .unwrap_or(u32::MAX)
            .min(self.job.max_ntime_roll);
        let ntime = self.job.template.header().map_or(0, |fixed| fixed.ntime);
        let latest = ntime.saturating_add(roll);
        let place = self
            .job
            .space
            .take(ntime, latest, self.taking())
            .ok_or_else(|| self.dry(roll))?;
        Ok(self.unit(place))
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
        }
    }

    fn taking(&self) -> Taking {
        Taking {
            versions: 1 << self.job.version_mask.count_ones(),
            rolls: self.board_rolls_version,
            slice: self.slice,
        }
    }

    fn dry(&self, roll: u32) -> Dry {
        let next = self.job.received + Duration::from_secs(u64::from(roll) + 1);
        let rolls_time = self.job.template.header().is_some() && roll < self.job.max_ntime_roll;
        Dry {
            again: rolls_time.then_some(next),
        }
    }

    fn unit(&mut self, place: Place) -> WorkUnit {
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
            },
            Template::Coinbase { fixed, .. } | Template::Header(fixed) => {
                self.header_unit(*fixed, place)
            }
            Template::Stock(stock) => self.header_unit(*stock.first(), place),
        }
    }

    fn header_unit(&mut self, fixed: HeaderTemplate, place: Place) -> WorkUnit {
        let (extranonce2, merkle_root) = self.root(place.extranonce2, fixed.merkle_root);
        let version = fixed.version | spread(place.version_index, self.job.version_mask);
        let header = HeaderTemplate {
            merkle_root,
            ..fixed
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
        }
    }

    fn root(&mut self, counter: u64, fixed: Hash256) -> (Extranonce2, Hash256) {
        match &self.job.template {
            Template::Coinbase { coinbase, .. } => {
                let extranonce2 = Extranonce2::from_counter(counter, coinbase.extranonce2_size());
                let root = coinbase.merkle_root(extranonce2.as_padded(), &mut self.scratch);
                (extranonce2, root)
            }
            Template::Header(_) | Template::Blob(_) | Template::Stock(_) => {
                (Extranonce2::default(), fixed)
            }
        }
    }
}

/// Spreads the low bits of `index` over the set bits of `mask`, lowest first.
fn spread(index: u64, mask: u32) -> u32 {
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
