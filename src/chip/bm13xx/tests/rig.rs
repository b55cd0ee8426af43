//! A chain's driver and its emulator on virtual time, fed as an engine feeds a board.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::emulator::{EmulatedChain, EmulatedChip, SharedChain};
use super::super::*;
use crate::transport::{EmulatedTransport, Emulator, VirtualClock};
use crate::units::{Hash256, Target};
pub(super) use crate::work::testing::POOL_MASK;
use crate::work::testing::long_job;
use crate::work::{Assignment, Checked, SearchSpace, Template};

/// Each type of chip with its emulation.
pub(super) const TYPES: [(&ChipType, EmulatedChip); 8] = [
    (&BM1384, EmulatedChip::Bm1384),
    (&BM1387, EmulatedChip::Bm1387),
    (&BM1397, EmulatedChip::Bm1397),
    (&BM1362, EmulatedChip::Bm1362),
    (&BM1366, EmulatedChip::Bm1366),
    (&BM1368, EmulatedChip::Bm1368),
    (&BM1370, EmulatedChip::Bm1370),
    (&BM1372, EmulatedChip::Bm1373),
];

/// Hashes a second of an emulated chain: enough for a few dozen nonces a second of virtual time.
const RATE: f64 = 2e5;

/// What came of some mining.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Right nonces.
    pub(super) good: u64,
    /// Those that meet the job's target.
    pub(super) shares: u64,
    /// Nonces whose hash is wrong.
    pub(super) wrong: u64,
    /// Hashes that came more than once.
    pub(super) repeated: u64,
    pub(super) garbage: usize,
    pub(super) faults: BTreeMap<&'static str, u64>,
    pub(super) notices: Vec<String>,
    /// Versions of right nonces.
    pub(super) versions: HashSet<u32>,
    /// Right nonces by chip.
    pub(super) chips: BTreeMap<u16, u64>,
    /// Times between two jobs.
    pub(super) refreshes: Vec<Duration>,
    seen: HashSet<Hash256>,
}

impl Tally {
    pub(super) fn fault(&self, kind: &str) -> u64 {
        self.faults.get(kind).copied().unwrap_or(0)
    }
}

/// A chain that mines.
pub(super) struct Rig {
    pub(super) chain: Chain,
    pub(super) emulator: SharedChain,
    pub(super) clock: VirtualClock,
    assignment: Option<Assignment>,
    loaded: Option<Instant>,
}

/// The usual settings of both sides.
pub(super) fn settings(
    (chip, kind): (&'static ChipType, EmulatedChip),
    chips: u16,
) -> (ChainSettings, EmulatedChain) {
    let mut settings = ChainSettings::new(chip, chips);
    let emulated = EmulatedChain {
        rate: RATE,
        stock_clock: settings.clock_mhz,
        seed: u64::from(chips),
        ..EmulatedChain::new(kind, chips)
    };
    settings.zero_bits = emulated.zero_bits();
    // Steps of their own take no longer on virtual time, but each is a broadcast to every chip.
    settings.ramp.step_mhz = 50.0;
    (settings, emulated)
}

/// Brings a chain up.
pub(super) fn bring_up(
    settings: ChainSettings,
    emulated: EmulatedChain,
) -> Result<Rig, ChainError> {
    bring_up_behind(settings, emulated, u32::MAX)
}

/// Brings a chain up behind an adapter that only says that it runs at `deaf_at` baud or more.
pub(super) fn bring_up_behind(
    settings: ChainSettings,
    emulated: EmulatedChain,
    deaf_at: u32,
) -> Result<Rig, ChainError> {
    let clock = VirtualClock::new(Instant::now());
    let emulator = SharedChain::new(emulated);
    let adapter = Adapter {
        chain: emulator.clone(),
        deaf_at,
    };
    let port = EmulatedTransport::virtual_time("chain", Box::new(adapter), clock.clone());
    let mut reset = |asserted: bool| {
        emulator.lock().reset(asserted, clock.now());
        Ok(())
    };
    let chain = Chain::bring_up(Box::new(port), settings, &mut reset)?;
    Ok(Rig {
        chain,
        emulator,
        clock,
        assignment: None,
        loaded: None,
    })
}

/// A bridge that does not do every speed that it takes.
struct Adapter {
    chain: SharedChain,
    deaf_at: u32,
}

impl Emulator for Adapter {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.chain.receive(bytes, now);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.chain.advance(until, out)
    }

    fn set_baud(&mut self, baud: u32) {
        if baud < self.deaf_at {
            self.chain.set_baud(baud);
        }
    }
}

impl Rig {
    /// A new job, whose target is `bits` zero bits harder than the chips' own.
    pub(super) fn order(&mut self, bits: u32, version_mask: u32) {
        let zero_bits = self.chain.threshold();
        let own = (0..=64)
            .take_while(|bits| Target::from_zero_bits(*bits) >= zero_bits)
            .last();
        self.order_target(
            Target::from_zero_bits(own.unwrap_or(0) + bits),
            version_mask,
        );
    }

    /// A new job with this target.
    pub(super) fn order_target(&mut self, target: Target, version_mask: u32) {
        let job = long_job(target, version_mask, self.clock.now());
        self.assignment = Some(Assignment::new(job, true));
        self.load(true);
    }

    /// There is no work any more.
    pub(super) fn idle(&mut self) {
        self.assignment = None;
        self.loaded = None;
        self.chain.idle().unwrap();
    }

    fn load(&mut self, flush: bool) {
        let assignment = self.assignment.as_mut().expect("an order was given");
        // Without a coinbase there is one piece of work a second at most.
        if let Ok(work) = assignment.next_work(self.clock.now()) {
            self.chain.load(work, flush).unwrap();
            self.loaded = Some(self.clock.now());
        }
    }

    /// A new job whose merkle root is fixed, with all versions of so many time stamps.
    pub(super) fn order_fixed_root(&mut self, version_mask: u32, max_ntime_roll: u32) {
        let job = long_job(self.chain.threshold(), version_mask, self.clock.now());
        let mut job = Arc::into_inner(job).expect("nobody else has it");
        let fixed = *job.template.header().expect("a header");
        job.template = Template::Header(fixed);
        job.max_ntime_roll = max_ntime_roll;
        job.space = Arc::new(SearchSpace::new(0, 0, fixed.ntime));
        self.assignment = Some(Assignment::new(Arc::new(job), true));
        self.load(true);
    }

    /// Feeds the chain and listens for so many seconds.
    pub(super) fn mine(&mut self, seconds: f64) -> Tally {
        let mut tally = Tally::default();
        self.mine_into(&mut tally, seconds);
        tally
    }

    pub(super) fn mine_into(&mut self, tally: &mut Tally, seconds: f64) {
        self.try_mine(tally, seconds).unwrap();
    }

    /// As [`mine`](Rig::mine), for chains that fail.
    pub(super) fn try_mine(&mut self, tally: &mut Tally, seconds: f64) -> Result<(), ChainError> {
        let end = self.clock.now() + Duration::from_secs_f64(seconds);
        while self.clock.now() < end {
            if self.assignment.is_some() && self.chain.wants_work() {
                let now = self.clock.now();
                tally
                    .refreshes
                    .extend(self.loaded.replace(now).map(|then| now - then));
                self.load(false);
            }
            if let Some(event) = self.chain.poll(end)? {
                self.take(tally, event);
            }
        }
        Ok(())
    }

    fn take(&self, tally: &mut Tally, event: ChainEvent) {
        match event {
            ChainEvent::Nonce {
                found, works, chip, ..
            } => {
                let threshold = self.chain.threshold();
                let checked = works.iter().map(|work| work.check(found, &threshold));
                let right = checked
                    .into_iter()
                    .find(|it| !matches!(it, Checked::Wrong(_)));
                let hash = match right {
                    None => return tally.wrong += 1,
                    Some(Checked::Share(share)) => {
                        tally.shares += 1;
                        *share.hash()
                    }
                    Some(Checked::Weak(hash) | Checked::Wrong(hash)) => hash,
                };
                tally.good += 1;
                tally.versions.extend(found.version);
                tally.repeated += u64::from(!tally.seen.insert(hash));
                *tally.chips.entry(chip.expect("a chip")).or_default() += 1;
            }
            ChainEvent::Garbage(bytes) => tally.garbage += bytes,
            ChainEvent::Fault { kind, .. } => *tally.faults.entry(kind).or_default() += 1,
            ChainEvent::Rate(_) | ChainEvent::Threshold(_) => {}
            ChainEvent::Notice(words) => tally.notices.push(words),
        }
    }
}
