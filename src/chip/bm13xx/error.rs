//! What goes wrong with a chain of chips.

use crate::transport::TransportError;

/// What goes wrong with a chain of chips. Each error names the step, the chip and the bytes where there are any.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The line to the chain failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The board, whose sensors are looked at while the chain is brought up, wants it to end.
    #[error("not safe: {0}")]
    Unsafe(String),
    /// The board could not move the chain's reset line.
    #[error("chain reset line: {0}")]
    Reset(Box<dyn std::error::Error + Send + Sync>),
    /// Nothing on the line answers as a chip.
    #[error(
        "counting chips: expected {expected} {chip}, none answered (heard {heard}); check power, reset and the cable"
    )]
    NoChips {
        /// Which chips were expected.
        chip: &'static str,
        /// How many.
        expected: u16,
        /// What came instead, in hex, or "nothing".
        heard: String,
    },
    /// A chip has another identity than the table's, or than the board's model says.
    #[error("counting chips: chip {index} says it is {got}, expected {expected}")]
    WrongChip {
        /// Its place in the chain, counted from the host.
        index: u16,
        /// What the board's model carries.
        expected: &'static str,
        /// What its identity register holds.
        got: String,
    },
    /// A chip did not do what a step of the bring-up asked.
    #[error("{step}: chip {chip}: expected {expected}, got {got}")]
    Step {
        /// Which step.
        step: &'static str,
        /// Which chip, counted from the host; "all" for a broadcast.
        chip: String,
        /// What the step expects.
        expected: String,
        /// What came, in hex, or "nothing within N ms".
        got: String,
    },
    /// A setting is outside what the chip, or this program, can do.
    #[error("{chip}: {name} {value} is not possible: {possible}")]
    Setting {
        /// The chip.
        chip: &'static str,
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is possible.
        possible: String,
    },
    /// No chip of the table is called so, or has this identity.
    #[error(
        "there is no chip {0} (known: BM1384, BM1387, BM1397, BM1362, BM1366, BM1368, BM1370, BM1372, BM1373)"
    )]
    UnknownChip(String),
    /// The work is of an algorithm or shape that these chips cannot hash.
    #[error("the chain cannot hash {0} work")]
    ForeignWork(&'static str),
    /// The chips understand no such command.
    #[error("{chip} has no command for {what}")]
    NoCommand {
        /// The chip.
        chip: &'static str,
        /// What was wanted.
        what: String,
    },
}

impl ChainError {
    /// Whether the device has vanished, so that waiting for it to come back is what is left.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_gone(),
            Self::Reset(error) => error
                .downcast_ref::<TransportError>()
                .is_some_and(TransportError::is_gone),
            _ => false,
        }
    }

    /// Whether trying again cannot help: the settings are wrong, not the chain.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Setting { .. } | Self::UnknownChip(_))
    }
}
