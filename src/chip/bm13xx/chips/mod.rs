//! The one table of chip types: everything in which the members of the family differ, as data.
//!
//! Numbers are those of the fact sheet `bm13xx-boards.md`; the section is named beside each field. Code elsewhere asks the table, never
//! for a chip's name.

mod table;

use super::bring_up::Script;
use super::error::ChainError;
use super::frames::Dialect;

pub use table::{BM1362, BM1366, BM1368, BM1370, BM1372, BM1384, BM1387, BM1397, CHIPS};

/// A type of chip.
#[derive(Debug)]
pub struct ChipType {
    /// Its name, such as `BM1370`.
    pub name: &'static str,
    /// What the upper half of register 0 holds, most significant byte first on the wire.
    pub ids: &'static [u16],
    /// Which bits of that half tell (the BM1384's second byte does not).
    pub id_mask: u16,
    /// How it frames what it says (section 1).
    pub dialect: Dialect,
    /// Cores (section 0.1).
    pub cores: u16,
    /// Sub-cores of a core that search different versions at once.
    pub sub_cores: u16,
    /// Hashes a clock, which the nominal rate is computed with (section 0.1).
    pub hashes_per_clock: u32,
    /// Nonces that a core visits a clock, at most: how soon a sweep may be over (sections 11 and 19).
    pub nonces_per_clock: f64,
    /// What its jobs look like (sections 8 and 9).
    pub job: JobForm,
    /// How a job's number travels (section 10).
    pub ids_on_wire: IdCoding,
    /// How its clock is set (section 5).
    pub pll: PllCoding,
    /// Clock limits and stock value, MHz.
    pub clock: ClockLimits,
    /// Line speed out of reset, and what it can be raised to (section 6).
    pub line: LineSpeeds,
    /// Where the ticket mask goes (section 7).
    pub ticket: Ticket,
    /// Where the number of a sweep's ticks goes (section 11).
    pub counting: Counting,
    /// What a nonce tells of the place where it was found (section 11).
    pub layout: NonceLayout,
    /// How chips are addressed when nothing else is asked for (section 12).
    pub addresses: AddressRule,
    /// By how many bits an address is shifted right in commands to one chip (section 12; BM1372 only).
    pub address_shift: u8,
    /// How it is brought up (section 12).
    pub script: &'static Script,
}

/// What a chip's jobs look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobForm {
    /// A bare 64-byte block with one midstate (BM1384).
    Block,
    /// One or several midstates of rolled versions; how many a job may carry.
    Midstates(&'static [u8]),
    /// A whole header; the chip rolls the version by itself.
    Header,
}

impl JobForm {
    /// Whether the chip rolls the version by itself.
    pub const fn rolls_version(self) -> bool {
        matches!(self, Self::Header)
    }
}

/// How a job's number travels: the byte in the job, and what comes back of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdCoding {
    /// BM1384: the byte as is; the reply's last byte holds the low five bits.
    LowFive,
    /// BM1387: the byte as is; the reply holds it with the index of the midstate added.
    Plus,
    /// BM1397: a multiple of four; the reply's low two bits are the index of the midstate.
    Quad,
    /// BM1362, BM1366: five bits from bit 3 on; the reply's low three bits are the sub-core.
    FiveBits,
    /// BM1368 and later: four bits from bit 3 on; they come back one place higher, and the low four bits are the sub-core.
    FourBits,
}

/// How a chip's clock is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PllCoding {
    /// BM1384: one 16-bit word by a formula.
    Word,
    /// Dividers in one register.
    Dividers(Dividers),
}

/// Dividers of a PLL: f = 25 MHz × feedback / (reference × post1 × post2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dividers {
    /// The register that they go to.
    pub register: u8,
    /// The feedback divider's range.
    pub feedback: (u16, u16),
    /// How the post dividers are chosen.
    pub post: PostDividers,
    /// What the post dividers' fields hold: the divider itself, or one less.
    pub minus_one: bool,
    /// The top byte of the register.
    pub flag: PllFlag,
    /// Register that is written (twice) before each change, and its value.
    pub prelude: Option<(u8, u32)>,
}

/// How post dividers are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PostDividers {
    /// Searched, with the reference divider: the least error, then the lowest VCO, then the smallest product.
    Solved,
    /// These, for frequencies below so many MHz (the last for all above), with reference divider 2.
    Below(&'static [(f64, (u16, u16))]),
}

/// The top byte of a PLL register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PllFlag {
    /// Always this.
    Fixed(u8),
    /// 0x50 when the VCO runs at 2400 MHz or more, else 0x40.
    ByVco,
}

/// Clock limits and stock value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockLimits {
    /// The slowest that is accepted, MHz.
    pub min_mhz: f64,
    /// The fastest that is accepted unless limits are lifted, MHz.
    pub max_mhz: f64,
    /// The fastest that the PLL makes, MHz.
    pub pll_mhz: f64,
    /// What boards ship with, MHz.
    pub stock_mhz: f64,
}

/// Line speeds of a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSpeeds {
    /// The host's side out of reset.
    pub reset_baud: u32,
    /// What it can be raised to.
    pub raised: &'static [FastLine],
}

/// A line speed above the one out of reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FastLine {
    /// What the host's side is set to.
    pub host_baud: u32,
    /// What the chip makes of it.
    pub chip_baud: u32,
    /// Registers that are written to all chips, in this order, at the old speed.
    pub writes: &'static [(u8, u32)],
}

/// Where the ticket mask goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticket {
    /// A register.
    Register(u8),
    /// Byte 39 of each job (BM1384).
    InJob,
}

/// Where the deadline of a sweep goes, the hash counting number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Register 10, in ticks of 25 MHz; 0 stops the chip.
    Register,
    /// Bytes 40..44 of each job (BM1384): how many nonces a chip sweeps.
    InJob,
    /// Nowhere: the chip sweeps its share and idles.
    None,
}

/// What the four nonce bytes tell of the place where they were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceLayout {
    /// BM1384: the first byte tells the chip.
    FirstByte,
    /// BM1387: the first byte tells the chip, the last one's low seven bits the core.
    FirstAndLast,
    /// BM1397: bits 31-24 are the core, 23-17 the chip.
    CoreByte,
    /// BM1362, BM1366, BM1368: bits 31-25 are the core, 24-18 the upper bits of the chip's address.
    CoreAndAddress,
    /// BM1370 and later: bits 31-25 are the core, the rest a counter that starts where the chip's offset register says.
    CoreAndOffset,
}

/// How chips are addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRule {
    /// 256 divided by the number of chips, rounded down.
    Spread,
    /// 256 divided by the next power of two.
    PowerOfTwo,
    /// This step.
    Step(u8),
}

impl AddressRule {
    /// The step between the addresses of `chips` chips; `None` when that many have no room.
    pub fn step(self, chips: u16) -> Option<u8> {
        let chips = chips.max(1);
        let step = match self {
            Self::Spread => 256 / chips,
            Self::PowerOfTwo => 256 / chips.checked_next_power_of_two()?,
            Self::Step(step) => u16::from(step),
        };
        // A single chip has address 0 whatever the step.
        let step = u8::try_from(step).unwrap_or(u8::MAX);
        let fits = chips == 1 || (step > 0 && usize::from(step) * usize::from(chips - 1) <= 255);
        fits.then_some(step)
    }
}

impl ChipType {
    /// Whether the upper half of register 0 is this chip's.
    pub fn is_id(&self, id: u16) -> bool {
        self.ids
            .iter()
            .any(|own| own & self.id_mask == id & self.id_mask)
    }
}

/// The chip called `name`, in any case.
///
/// # Errors
/// [`ChainError::UnknownChip`].
pub fn chip_by_name(name: &str) -> Result<&'static ChipType, ChainError> {
    let alias = name.eq_ignore_ascii_case("BM1373").then_some("BM1372");
    let name = alias.unwrap_or(name);
    let called = |chip: &&&ChipType| chip.name.eq_ignore_ascii_case(name);
    CHIPS
        .iter()
        .find(called)
        .copied()
        .ok_or_else(|| ChainError::UnknownChip(crate::units::printable(name, 40)))
}

/// The chip whose register 0 begins with `id`.
///
/// # Errors
/// [`ChainError::UnknownChip`].
pub fn chip_by_id(id: u16) -> Result<&'static ChipType, ChainError> {
    CHIPS
        .iter()
        .find(|chip| chip.ids.contains(&id))
        .copied()
        .ok_or_else(|| ChainError::UnknownChip(format!("with identity {id:04x}")))
}
