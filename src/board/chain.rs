//! What a board of BM13xx chips passes on: a chain's words as a board's; and the faults of emulated chains.

use super::{Ability, BoardError, BoardEvent, BoardOptions, OptionHelp, Origin};
use crate::chip::bm13xx::emulator::ChainFaults;
use crate::chip::bm13xx::{Chain, ChainError, ChainEvent};

impl From<ChainError> for BoardError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Transport(error) => Self::Transport(error),
            ChainError::Unsafe(why) => Self::Unsafe(why),
            error => Self::Chain(error),
        }
    }
}

impl From<ChainEvent> for BoardEvent {
    fn from(event: ChainEvent) -> Self {
        match event {
            ChainEvent::Nonce {
                found,
                works,
                chip,
                core,
            } => Self::Nonce {
                found,
                works,
                origin: chip.map(|chip| Origin { chip, core }),
            },
            ChainEvent::Garbage(bytes) => Self::Garbage(bytes),
            ChainEvent::Fault { chip, kind } => Self::Fault { chip, kind },
            ChainEvent::Rate(rate) => Self::Rate(rate),
            ChainEvent::Threshold(threshold) => Self::Threshold(threshold),
            ChainEvent::Notice(words) => Self::Notice(words),
        }
    }
}

/// How often a chain that finds too little is brought up anew before it is left as it is: it may be all that its chips can do.
const MENDINGS: u32 = 2;

/// Counts the bring-ups of chains that found too little.
#[derive(Debug, Default)]
pub(super) struct Mending(u32);

impl Mending {
    /// The words for another bring-up of `chain`, if it wants one and there were not too many.
    pub(super) fn of(&mut self, chain: &Chain) -> Option<String> {
        let part = chain.weakness().filter(|_| self.0 < MENDINGS)?;
        self.0 += 1;
        let percent = part * 100.0;
        Some(format!(
            "it finds {percent:.0}% of what its clock promises: brought up again"
        ))
    }
}

impl From<&Chain> for Ability {
    fn from(chain: &Chain) -> Self {
        Self {
            algorithms: &["sha256d"],
            // Midstate chips have their versions rolled by the chain's driver, which is the same to the engine.
            rolls_version: true,
            nominal: chain.nominal(),
            threshold: chain.threshold(),
            details: chain.details(),
        }
    }
}

/// Seed of an emulated chain, and its faults, as [`chain_faults`] reads them.
pub(super) const SEED: OptionHelp = emulated("seed", "emulator: seed of searches and faults");
pub(super) const DROP: OptionHelp = emulated(
    "fault-drop",
    "emulator: chance that a byte on the chips' line is lost",
);
pub(super) const FLIP: OptionHelp = emulated(
    "fault-flip",
    "emulator: chance that a reply has a bit inverted",
);
pub(super) const DUPLICATE: OptionHelp = emulated(
    "fault-duplicate",
    "emulator: chance that a reply comes twice",
);
pub(super) const MISSING: OptionHelp = emulated(
    "fault-missing",
    "emulator: so many chips of the chain's end are not there",
);
pub(super) const LIES: OptionHelp = emulated(
    "fault-lies",
    "emulator: CHIP@CORE, a core that reports wrong nonces",
);
pub(super) const STUCK: OptionHelp = emulated(
    "fault-stuck",
    "emulator: a chip that repeats its first nonce",
);
pub(super) const BROWN_OUT: OptionHelp = emulated(
    "fault-brown-out",
    "emulator: seconds after which the supply dips",
);

const fn emulated(key: &'static str, about: &'static str) -> OptionHelp {
    OptionHelp { key, about }
}

/// What goes wrong inside an emulated chain, by the options that all such boards take; when a chip dies each names in its own way.
///
/// # Errors
/// [`BoardError::Option`].
pub(super) fn chain_faults(options: &BoardOptions) -> Result<ChainFaults, BoardError> {
    let chance = |key| options.within(key, 0.0..=1.0, 0.0);
    Ok(ChainFaults {
        drop: chance("fault-drop")?,
        flip: chance("fault-flip")?,
        duplicate: chance("fault-duplicate")?,
        missing: options.within("fault-missing", 0..=128, 0)?,
        dies: None,
        lying_core: options.pair("fault-lies")?,
        stuck: options.get("fault-stuck")?,
        brown_out: options.seconds("fault-brown-out")?,
    })
}
