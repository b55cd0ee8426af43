//! What goes wrong with a board.

use super::peripheral::PeripheralError;
use crate::chip::bm13xx::ChainError;
use crate::transport::TransportError;

/// What goes wrong with a board.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardError {
    /// Its transport failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A part of it, or the way to its parts, failed.
    #[error(transparent)]
    Peripheral(#[from] PeripheralError),
    /// Its chain of chips failed.
    #[error(transparent)]
    Chain(ChainError),
    /// Starting it, or running it on, would harm it.
    #[error("not safe: {0}")]
    Unsafe(String),
    /// It did not answer the known-answer probe as such a board does.
    #[error("{step}: expected {expected}, got {got}")]
    Probe {
        /// Which step.
        step: &'static str,
        /// What such a board answers.
        expected: String,
        /// What came, in hex, or "nothing within N ms".
        got: String,
    },
    /// An option of `--board` or `--simulate` does not exist or has an impossible value.
    #[error("option {key}={value}: {problem}")]
    Option {
        /// The option.
        key: String,
        /// Its value.
        value: String,
        /// What is wrong and what is possible.
        problem: String,
    },
    /// No model is called so.
    #[error("there is no board model {0:?} (see `midstate models`)")]
    UnknownModel(String),
    /// The work is of an algorithm or shape that the board cannot hash.
    #[error("the board cannot hash {0} work")]
    ForeignWork(&'static str),
    /// The model has no emulator.
    #[error("model {0} cannot be simulated")]
    NoEmulator(&'static str),
    /// The simulated hardware cannot be built or started; the text says what to try.
    #[error("{0}")]
    Simulation(String),
}

impl BoardError {
    /// Whether the device has vanished.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_gone(),
            Self::Peripheral(error) => error.is_gone(),
            Self::Chain(error) => error.is_gone(),
            _ => false,
        }
    }

    /// Whether nothing went wrong but that the end was asked for.
    pub fn is_stop(&self) -> bool {
        match self {
            Self::Transport(error) | Self::Chain(ChainError::Transport(error)) => error.is_stop(),
            _ => false,
        }
    }

    /// Whether the board was kept from running because of its sensors: it may be well in a while, and nobody has to come for that.
    pub fn is_unsafe(&self) -> bool {
        matches!(self, Self::Unsafe(_))
    }

    /// What a person may try, where the words of the error do not say it.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Transport(TransportError::Denied(_)) => {
                Some("`midstate --scan` prints the line that fixes it")
            }
            Self::Transport(TransportError::Busy(_)) => {
                Some("`midstate --scan` shows which one, as far as it is known; end it")
            }
            Self::Probe { .. } => {
                Some("is it this model? `midstate --scan --probe` asks what is there")
            }
            _ => None,
        }
    }

    /// Its words, with what to try.
    pub fn with_advice(&self) -> String {
        match self.advice() {
            Some(advice) => format!("{self} ({advice})"),
            None => self.to_string(),
        }
    }

    /// Whether trying again cannot help: the options are wrong, not the board.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Chain(error) => error.is_final(),
            Self::Option { .. }
            | Self::UnknownModel(_)
            | Self::NoEmulator(_)
            | Self::Simulation(_) => true,
            _ => false,
        }
    }
}
