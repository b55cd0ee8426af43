//! A chain of invented blocks: coinbases with their height (BIP34), branches, and a new previous hash with every block.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};

use super::job::ChainJob;
use crate::pool::EmulatorSettings;
use crate::units::{CompactTarget, Difficulty, Hash256, Target};

/// One block is worth this many shares of the first difficulty.
const SHARES_A_BLOCK: f64 = 1024.0;
/// The block version without rolled bits (BIP9).
const VERSION: u32 = 0x2000_0000;
/// The easiest network target that there is (regtest).
const EASIEST_NBITS: u32 = 0x207f_ffff;
/// What stands in the coinbase beside height and extranonces.
const TAG: &[u8] = b"/midstate/";
/// Size of every client's extranonce1 in bytes.
const EXTRANONCE1_SIZE: usize = 4;

/// The chain and its clock.
#[derive(Debug)]
pub(in crate::pool) struct Chain {
    random: StdRng,
    current: Arc<ChainJob>,
    fixed: bool,
    height: u32,
    /// Jobs made, for their ids.
    jobs: u64,
    /// Jobs made because it was time, for the pace of blocks.
    timed: u64,
    unix_time: u32,
    elapsed: Duration,
    clean_every: u64,
    branches: usize,
    extranonce2_size: usize,
    nbits: u32,
    /// The target of difficulty 1.
    one: Target,
}

impl Chain {
    pub(in crate::pool) fn new(settings: &EmulatorSettings) -> Self {
        let one = settings.algorithm.difficulty_one();
        let fixed = settings.fixed_job.as_ref().map(|fixed| fixed.job.clone());
        let mut chain = Self {
            random: StdRng::seed_from_u64(settings.seed),
            fixed: fixed.is_some(),
            current: Arc::new(fixed.unwrap_or_else(ChainJob::stand_in)),
            height: 840_000,
            jobs: 0,
            timed: 0,
            unix_time: settings.unix_time,
            elapsed: Duration::ZERO,
            clean_every: u64::from(settings.clean_every.max(1)),
            branches: settings.branches.min(32),
            extranonce2_size: settings.extranonce2_size,
            nbits: nbits_for(settings.difficulty, one),
            one,
        };
        chain.next_block(None);
        chain
    }

    pub(in crate::pool) fn first_extranonce1(&self) -> u32 {
        self.random.clone().next_u32()
    }

    pub(in crate::pool) fn set_time(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
    }

    /// The hardest difficulty that a client can be given.
    pub(in crate::pool) fn network_difficulty(&self) -> Difficulty {
        CompactTarget::from_consensus(self.current.nbits)
            .to_target()
            .unwrap_or(Target::DIFFICULTY_ONE)
            .to_difficulty_of_lossy(self.one)
    }

    /// The next job: every so often of a new block.
    pub(in crate::pool) fn next_job(&mut self) -> Arc<ChainJob> {
        self.timed += 1;
        if self.timed.is_multiple_of(self.clean_every) {
            self.next_block(None)
        } else {
            self.refreshed()
        }
    }

    /// The next job on the same block: other transactions, the time of the moment.
    pub(in crate::pool) fn refreshed(&mut self) -> Arc<ChainJob> {
        let previous = self.current.previous;
        self.make(previous, false)
    }

    /// The first job of a new block, on `previous` or on an invented one.
    pub(in crate::pool) fn next_block(&mut self, previous: Option<Hash256>) -> Arc<ChainJob> {
        self.height += 1;
        let invented = self.invented_hash();
        self.make(previous.map_or(invented, |hash| *hash.as_internal()), true)
    }

    fn make(&mut self, previous: [u8; 32], clean: bool) -> Arc<ChainJob> {
        if self.fixed {
            return Arc::clone(&self.current);
        }
        self.jobs += 1;
        let (prefix, suffix) = self.coinbase();
        let branch = (0..self.branches).map(|_| self.random.random()).collect();
        let elapsed = u32::try_from(self.elapsed.as_secs()).unwrap_or(u32::MAX);
        self.current = Arc::new(ChainJob {
            id: format!("{:x}", self.jobs),
            previous,
            prefix,
            suffix,
            branch,
            version: VERSION,
            nbits: self.nbits,
            ntime: self.unix_time.saturating_add(elapsed),
            clean,
            verbatim: None,
        });
        Arc::clone(&self.current)
    }

    /// A coinbase transaction without witness, cut where the extranonces go: they are one push of its script.
    fn coinbase(&mut self) -> (Vec<u8>, Vec<u8>) {
        let height = height_push(self.height);
        let extranonces = EXTRANONCE1_SIZE + self.extranonce2_size;
        let script = height.len() + 1 + extranonces + 1 + TAG.len();
        let mut prefix = vec![1, 0, 0, 0, 1];
        prefix.extend([0; 32]);
        prefix.extend([0xff; 4]);
        prefix.push(script as u8);
        prefix.extend(height);
        prefix.push(extranonces as u8);
        let mut suffix = vec![TAG.len() as u8];
        suffix.extend(TAG);
        suffix.extend([0xff; 4]);
        suffix.push(1);
        let subsidy = 5_000_000_000_u64 >> (self.height / 210_000).min(63);
        let fees = self.random.random_range(0..10_000_000);
        suffix.extend((subsidy + fees).to_le_bytes());
        suffix.extend([25, 0x76, 0xa9, 20]);
        suffix.extend(self.random.random::<[u8; 20]>());
        suffix.extend([0x88, 0xac, 0, 0, 0, 0]);
        (prefix, suffix)
    }

    /// A hash that looks like a block's: its upper end is zero.
    fn invented_hash(&mut self) -> [u8; 32] {
        let mut hash = [0; 32];
        self.random.fill_bytes(&mut hash[..24]);
        hash
    }
}

/// A block's height as BIP34 wants it at the beginning of the coinbase script: a minimal push for heights above 16.
fn height_push(height: u32) -> Vec<u8> {
    let mut bytes = height.to_le_bytes().to_vec();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.last().is_some_and(|top| top & 0x80 != 0) {
        bytes.push(0);
    }
    bytes.insert(0, bytes.len() as u8);
    bytes
}

/// The compact form of the network target that is worth a number of shares.
pub(in crate::pool) fn nbits_for(difficulty: Difficulty, one: Target) -> u32 {
    let network = Difficulty::new(difficulty.get() * SHARES_A_BLOCK).unwrap_or(difficulty);
    let bytes = Target::from_difficulty_of(network, one).to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digit = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
    let (size, mantissa) = if digit(zeros) >= 0x80 {
        (33 - zeros, digit(zeros) << 8 | digit(zeros + 1))
    } else {
        let top = digit(zeros) << 16 | digit(zeros + 1) << 8;
        (32 - zeros, top | digit(zeros + 2))
    };
    match size {
        0..=3 => 0x0300_ffff,
        33.. => EASIEST_NBITS,
        _ => ((size as u32) << 24 | mantissa).min(EASIEST_NBITS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_pushed_as_in_bip34() {
        for (height, script) in [
            (17, "0111"),
            (127, "017f"),
            (128, "028000"),
            (255, "02ff00"),
            (256, "020001"),
            (25_096, "020862"),
            (32_768, "03008000"),
            (65_536, "03000001"),
            (8_388_608, "0400008000"),
            (924_634, "03da1b0e"),
        ] {
            assert_eq!(hex::encode(height_push(height)), script);
        }
    }

    #[test]
    fn network_targets_are_compact_and_near() {
        for difficulty in [1e-9, 0.001, 1.0, 7.5, 512.0, 1e6, 1e12] {
            let nbits = nbits_for(Difficulty::new(difficulty).unwrap(), Target::DIFFICULTY_ONE);
            let target = CompactTarget::from_consensus(nbits).to_target().unwrap();
            let wanted = (difficulty * SHARES_A_BLOCK).max(1e-9);
            let got = target.to_difficulty_lossy().get();
            assert!(
                (got / wanted - 1.0).abs() < 0.01 || nbits == EASIEST_NBITS,
                "{wanted} {got}"
            );
        }
        assert_eq!(
            nbits_for(Difficulty::new(1e-13).unwrap(), Target::DIFFICULTY_ONE),
            EASIEST_NBITS
        );
    }
}
