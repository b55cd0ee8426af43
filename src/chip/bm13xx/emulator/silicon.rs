//! The kinds of chips as data: sections 0.1, 4, 10 and 11 of the sheet.

/// A kind of BM13xx chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmulatedChip {
    /// BM1384: commands of four bytes.
    Bm1384,
    /// BM1387: no preamble.
    Bm1387,
    /// BM1397: midstates.
    Bm1397,
    /// BM1362.
    Bm1362,
    /// BM1366.
    Bm1366,
    /// BM1368.
    Bm1368,
    /// BM1370.
    Bm1370,
    /// BM1372 and its alias BM1373.
    Bm1373,
}

/// The three ways to say things (section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Four-byte commands, bare jobs, replies of five bytes.
    A,
    /// No preamble, replies of seven bytes.
    B,
    /// `55 AA` and `AA 55`.
    C,
}

/// How a job byte and a part of the chip make a reply's job byte (section 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdCoding {
    /// The low five bits.
    Low5,
    /// The midstate's index is added.
    PlusIndex,
    /// Two bits are the midstate's index.
    Index2,
    /// Five bits of id, three of sub-core.
    SubCore3,
    /// Four bits of id, four of sub-core.
    SubCore4,
}

/// What a board runs a chip at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stock {
    /// MHz.
    pub(super) clock: f64,
    /// Core voltage, volts.
    pub(super) volts: f64,
    /// Watts at both.
    pub(super) watts: f64,
}

/// One kind of chip.
#[derive(Debug, PartialEq)]
pub(super) struct Silicon {
    pub(super) dialect: Dialect,
    /// Register 0 out of reset.
    pub(super) id: u32,
    pub(super) cores: u16,
    pub(super) sub_cores: u16,
    /// Hashes of one clock, all cores together.
    pub(super) live: u16,
    /// Bits of a nonce that tell the core.
    pub(super) core_bits: u32,
    /// Whether the core stands in the low bits of the message word instead of the high ones.
    pub(super) core_low: bool,
    /// Whether its address says where its sweep starts; else CHIP_NONCE_OFFSET does.
    pub(super) address_starts: bool,
    pub(super) id_coding: IdCoding,
    /// Half bits in byte 6 instead of whole ones, or none.
    pub(super) surplus_scale: u32,
    pub(super) stock: Stock,
    /// Registers out of reset that are not zero.
    pub(super) power_on: &'static [(u8, u32)],
}

const BM1384: Silicon = Silicon {
    dialect: Dialect::A,
    id: 0x1384_0000,
    cores: 55,
    sub_cores: 1,
    live: 55,
    core_bits: 6,
    core_low: true,
    address_starts: true,
    id_coding: IdCoding::Low5,
    surplus_scale: 0,
    stock: Stock {
        clock: 150.0,
        volts: 0.7,
        watts: 3.0,
    },
    power_on: &[],
};

const BM1387: Silicon = Silicon {
    dialect: Dialect::B,
    id: 0x1387_9000,
    cores: 114,
    live: 114,
    core_bits: 7,
    id_coding: IdCoding::PlusIndex,
    stock: Stock {
        clock: 550.0,
        volts: 0.45,
        watts: 6.0,
    },
    power_on: &[(0x1c, 0x0000_1a00)],
    ..BM1384
};

const BM1397: Silicon = Silicon {
    dialect: Dialect::C,
    id: 0x1397_1800,
    cores: 168,
    sub_cores: 4,
    live: 672,
    core_bits: 8,
    core_low: false,
    id_coding: IdCoding::Index2,
    stock: Stock {
        clock: 425.0,
        volts: 1.4,
        watts: 12.0,
    },
    power_on: &[
        (0x04, 0x8000_0000),
        (0x08, 0xc060_0161),
        (0x18, 0x0000_3a01),
        (0x1c, 0x0100_0000),
        (0x20, 0x0000_ffff),
        (0x28, 0x0600_000f),
        (0x2c, 0x000f_0000),
        (0x3c, 0x0000_4000),
        (0x44, 0x0000_0100),
        (0x48, 0xff00_0000),
        (0x58, 0x0211_2111),
        (0x5c, 0x0000_ffff),
        (0x60, 0x0064_0111),
        (0x64, 0x0068_0111),
        (0x68, 0x0070_0111),
        (0x70, 0x0304_0607),
        (0x74, 0x0304_0506),
        (0x80, 0xd95c_8410),
        (0x84, 0xfb73_ea62),
    ],
    ..BM1384
};

const BM1366: Silicon = Silicon {
    id: 0x1366_0000,
    cores: 112,
    sub_cores: 8,
    live: 894,
    core_bits: 7,
    id_coding: IdCoding::SubCore3,
    surplus_scale: 1,
    stock: Stock {
        clock: 485.0,
        volts: 1.2,
        watts: 10.0,
    },
    power_on: &[
        (0x04, 0x0001_2a89),
        (0x08, 0xc054_0165),
        (0x18, 0x0000_c100),
        (0x20, 0x0000_0003),
        (0x28, 0x0130_1a00),
        (0x2c, 0x000f_0000),
        (0x30, 0x0000_0070),
        (0x40, 0x1eaf_5fbe),
        (0x58, 0x0001_2111),
        (0x5c, 0x0000_ffff),
        (0x60, 0x2050_0174),
        (0x9c, 0x00fd_0077),
        (0xa4, 0x0000_ffff),
        (0xa8, 0x0007_0000),
        (0xbc, 0x0000_3313),
        (0xc0, 0x0000_2000),
    ],
    ..BM1397
};

/// No dump of its registers is published: those of its nearest relative, with A8 as section 4 has it.
const BM1362: Silicon = Silicon {
    id: 0x1362_0300,
    cores: 65,
    live: 514,
    stock: Stock {
        clock: 300.0,
        volts: 0.3,
        watts: 5.0,
    },
    power_on: &[
        (0x08, 0xc054_0165),
        (0x18, 0x0000_c100),
        (0x28, 0x0130_1a00),
        (0x2c, 0x000f_0000),
        (0x58, 0x0001_2111),
        (0x5c, 0x0000_ffff),
        (0xa4, 0x0000_ffff),
    ],
    ..BM1366
};

const BM1370: Silicon = Silicon {
    id: 0x1370_0000,
    cores: 128,
    sub_cores: 16,
    live: 2040,
    address_starts: false,
    id_coding: IdCoding::SubCore4,
    surplus_scale: 2,
    stock: Stock {
        clock: 525.0,
        volts: 1.15,
        watts: 16.0,
    },
    power_on: &[
        (0x08, 0xc054_0165),
        (0x18, 0x0000_c100),
        (0x20, 0x0000_0007),
        (0x28, 0x0130_1a00),
        (0x2c, 0x000f_0000),
        (0x30, 0x0000_0080),
        (0x40, 0x0802_0100),
        (0x58, 0x0001_2111),
        (0x5c, 0x0000_ffff),
        (0x60, 0x2050_0174),
        (0x64, 0x2050_0174),
        (0x9c, 0x00f7_0073),
        (0xa4, 0x0000_ffff),
        (0xa8, 0x0007_0000),
        (0xb8, 0x2000_0000),
        (0xbc, 0x0000_3313),
        (0xc0, 0x0000_2000),
        (0xc4, 0x0000_b850),
    ],
    ..BM1366
};

const BM1368: Silicon = Silicon {
    id: 0x1368_0000,
    cores: 80,
    live: 1276,
    address_starts: true,
    stock: Stock {
        clock: 490.0,
        volts: 1.166,
        watts: 11.0,
    },
    ..BM1370
};

const BM1373: Silicon = Silicon {
    id: 0x1372_0000,
    stock: Stock {
        clock: 327.0,
        volts: 1.0,
        watts: 14.0,
    },
    ..BM1370
};

impl EmulatedChip {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Bm1384,
        Self::Bm1387,
        Self::Bm1397,
        Self::Bm1362,
        Self::Bm1366,
        Self::Bm1368,
        Self::Bm1370,
        Self::Bm1373,
    ];

    /// Hashes that one chip does in one clock (section 0.1).
    pub fn hashes_per_clock(self) -> f64 {
        f64::from(self.silicon().live)
    }

    pub(super) fn stock(self) -> Stock {
        self.silicon().stock
    }

    pub(super) const fn silicon(self) -> &'static Silicon {
        match self {
            Self::Bm1384 => &BM1384,
            Self::Bm1387 => &BM1387,
            Self::Bm1397 => &BM1397,
            Self::Bm1362 => &BM1362,
            Self::Bm1366 => &BM1366,
            Self::Bm1368 => &BM1368,
            Self::Bm1370 => &BM1370,
            Self::Bm1373 => &BM1373,
        }
    }

    /// Whether it takes whole headers and rolls versions by itself.
    pub(super) const fn takes_headers(self) -> bool {
        !matches!(self, Self::Bm1384 | Self::Bm1387 | Self::Bm1397)
    }
}
