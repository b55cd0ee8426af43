//! What a board of BM13xx chips passes on: a chain's words as a board's.

use super::{Ability, BoardError, BoardEvent, Origin};
use crate::chip::bm13xx::{Chain, ChainError, ChainEvent};

impl From<ChainError> for BoardError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Transport(error) => Self::Transport(error),
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
