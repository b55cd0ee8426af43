//! What goes wrong with a part, or with the way to it.

use crate::transport::TransportError;

/// What goes wrong with a part, or with the way to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeripheralError {
    /// The port to the controller failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The controller does not answer.
    #[error("{step}: the controller said nothing within {waited_ms} ms")]
    Silent {
        /// What it was asked.
        step: String,
        /// How long it was waited for.
        waited_ms: u64,
    },
    /// The controller, or the part behind it, said no.
    #[error("{step}: refused, {why}")]
    Refused {
        /// What it was asked.
        step: String,
        /// Its code, in words.
        why: String,
    },
    /// What came is no reply.
    #[error("{step}: expected a reply of {expected}, got {got}")]
    Garbled {
        /// What it was asked.
        step: String,
        /// What such a reply is.
        expected: String,
        /// What came, in hex.
        got: String,
    },
    /// A part says what it cannot say.
    #[error("{part}: expected {expected}, got {got}")]
    Implausible {
        /// Which part.
        part: &'static str,
        /// What it should say.
        expected: String,
        /// What it says.
        got: String,
    },
    /// A part was to do what it cannot do.
    #[error("{part}: {value} is outside of {range}")]
    OutOfRange {
        /// Which part.
        part: &'static str,
        /// What was asked, with its unit.
        value: String,
        /// What is possible, with its unit.
        range: String,
    },
}

impl PeripheralError {
    /// Whether the device has vanished.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Transport(error) if error.is_gone())
    }

    /// Whether the way to all parts is broken, not one part.
    pub fn is_of_the_bus(&self) -> bool {
        matches!(
            self,
            Self::Transport(_) | Self::Silent { .. } | Self::Garbled { .. }
        )
    }
}
