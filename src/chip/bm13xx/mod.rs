//! Bitmain's BM13xx chips, BM1384 to BM1373, as chains on a serial line.
//!
//! Facts are those of the sheet `bm13xx-boards.md`; sections are named where they are used. What a member of the family does differently is
//! data in [`CHIPS`]; [`Chain`] is what boards drive.

mod bring_up;
mod chain;
mod chips;
mod crc;
pub mod emulator;
mod error;
mod event;
pub mod frames;
mod layout;
mod line;
pub mod pll;
pub mod registers;
mod ring;
mod settings;
mod sweep;
mod ticket;
pub mod tuner;
mod versions;
mod watch;

#[cfg(test)]
mod tests;

pub use bring_up::{Script, Step, scripts};
pub use chain::Chain;
pub use chips::{
    AddressRule, BM1362, BM1366, BM1368, BM1370, BM1372, BM1384, BM1387, BM1397, CHIPS, ChipType,
    ClockLimits, Counting, Dividers, FastLine, IdCoding, JobForm, LineSpeeds, NonceLayout,
    PllCoding, PllFlag, PostDividers, Ticket, chip_by_id, chip_by_name,
};
pub use error::ChainError;
pub use event::{Candidates, ChainCounters, ChainEvent, ChipCounters, fault};
pub use settings::{ChainSettings, NoReset, Ramp, ResetLine};
