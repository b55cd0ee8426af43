//! The chips, one value each.

use super::super::bring_up::scripts;
use super::super::frames::Dialect;
use super::{
    AddressRule, ChipType, ClockLimits, Counting, Dividers, FastLine, IdCoding, JobForm,
    LineSpeeds, NonceLayout, PllCoding, PllFlag, PostDividers, Ticket,
};

/// Every chip, oldest first. The BM1373 is a name of the BM1372.
pub static CHIPS: &[&ChipType] = &[
    &BM1384, &BM1387, &BM1397, &BM1362, &BM1366, &BM1368, &BM1370, &BM1372,
];

const fn clock(min_mhz: f64, max_mhz: f64, pll_mhz: f64, stock_mhz: f64) -> ClockLimits {
    ClockLimits {
        min_mhz,
        max_mhz,
        pll_mhz,
        stock_mhz,
    }
}

const fn line(host_baud: u32, chip_baud: u32, writes: &'static [(u8, u32)]) -> FastLine {
    FastLine {
        host_baud,
        chip_baud,
        writes,
    }
}

/// The PLL of the BM1362 and later: register 08, post dividers less one.
const fn late_pll(lowest: u16, highest: u16) -> PllCoding {
    PllCoding::Dividers(Dividers {
        register: 0x08,
        feedback: (lowest, highest),
        post: PostDividers::Solved,
        minus_one: true,
        flag: PllFlag::ByVco,
        prelude: None,
    })
}

/// What the chips with register 28 can be raised to: 1 M as ESP-Miner does, 3 M as the factory does.
const LATE_LINE: LineSpeeds = LineSpeeds {
    reset_baud: 115_200,
    raised: &[
        line(1_000_000, 1_041_667, &[(0x28, 0x1130_0200)]),
        line(3_000_000, 3_125_000, &[(0x28, 0x1130_0000)]),
    ],
};

/// GekkoScience Compac, 2Pac and Terminus.
pub static BM1384: ChipType = ChipType {
    name: "BM1384",
    ids: &[0x1384],
    id_mask: 0xff00,
    dialect: Dialect::Bare,
    cores: 55,
    sub_cores: 1,
    hashes_per_clock: 55,
    nonces_per_clock: 1.0,
    job: JobForm::Block,
    ids_on_wire: IdCoding::LowFive,
    pll: PllCoding::Word,
    clock: clock(6.25, 350.0, 500.0, 150.0),
    line: LineSpeeds {
        reset_baud: 115_200,
        raised: &[],
    },
    ticket: Ticket::InJob,
    counting: Counting::InJob,
    layout: NonceLayout::FirstByte,
    addresses: AddressRule::Spread,
    address_shift: 0,
    script: &scripts::BM1384,
};

/// GekkoScience NewPac and R606, Antminer S9.
pub static BM1387: ChipType = ChipType {
    name: "BM1387",
    ids: &[0x1387],
    id_mask: 0xffff,
    dialect: Dialect::Counted,
    cores: 114,
    sub_cores: 1,
    hashes_per_clock: 114,
    nonces_per_clock: 1.0,
    job: JobForm::Midstates(&[1, 2, 4]),
    ids_on_wire: IdCoding::Plus,
    pll: PllCoding::Dividers(Dividers {
        register: 0x0c,
        feedback: (16, 250),
        post: PostDividers::Below(&[(400.0, (4, 1)), (f64::INFINITY, (2, 1))]),
        minus_one: false,
        flag: PllFlag::Fixed(0),
        prelude: None,
    }),
    clock: clock(50.0, 900.0, 1500.0, 550.0),
    line: LineSpeeds {
        reset_baud: 115_200,
        raised: &[line(1_500_000, 1_562_500, &[(0x1c, 0x4020_8180)])],
    },
    ticket: Ticket::Register(0x18),
    counting: Counting::None,
    layout: NonceLayout::FirstAndLast,
    addresses: AddressRule::Spread,
    address_shift: 0,
    script: &scripts::BM1387,
};

/// GekkoScience Compac F and R909, Bitaxe Max.
pub static BM1397: ChipType = ChipType {
    name: "BM1397",
    ids: &[0x1397],
    id_mask: 0xffff,
    dialect: Dialect::Preambled,
    cores: 168,
    sub_cores: 4,
    hashes_per_clock: 672,
    nonces_per_clock: 2.0,
    job: JobForm::Midstates(&[1, 4]),
    ids_on_wire: IdCoding::Quad,
    pll: PllCoding::Dividers(Dividers {
        register: 0x08,
        feedback: (60, 200),
        post: PostDividers::Solved,
        minus_one: false,
        flag: PllFlag::Fixed(0x40),
        prelude: Some((0x70, 0x0f0f_0f00)),
    }),
    clock: clock(50.0, 800.0, 1500.0, 425.0),
    line: LineSpeeds {
        reset_baud: 115_200,
        raised: &[
            line(1_500_000, 1_562_500, &[(0x18, 0x0000_6131)]),
            line(3_000_000, 3_125_000, &[(0x18, 0x0000_6031)]),
        ],
    },
    ticket: Ticket::Register(0x14),
    counting: Counting::None,
    layout: NonceLayout::CoreByte,
    addresses: AddressRule::Spread,
    address_shift: 0,
    script: &scripts::BM1397,
};

/// GekkoScience Compac A1, EmberOne00, Antminer S19j Pro.
pub static BM1362: ChipType = ChipType {
    name: "BM1362",
    ids: &[0x1362],
    cores: 65,
    sub_cores: 8,
    hashes_per_clock: 514,
    ids_on_wire: IdCoding::FiveBits,
    pll: late_pll(160, 239),
    clock: clock(50.0, 700.0, 1400.0, 525.0),
    layout: NonceLayout::CoreAndAddress,
    script: &scripts::BM1362,
    ..LATE
};

/// Bitaxe Ultra, Antminer S19k Pro and S19 XP.
pub static BM1366: ChipType = ChipType {
    name: "BM1366",
    ids: &[0x1366],
    cores: 112,
    sub_cores: 8,
    hashes_per_clock: 894,
    ids_on_wire: IdCoding::FiveBits,
    pll: late_pll(144, 235),
    clock: clock(50.0, 700.0, 1400.0, 485.0),
    layout: NonceLayout::CoreAndAddress,
    script: &scripts::BM1366,
    ..LATE
};

/// Bitaxe Supra, Antminer S21.
pub static BM1368: ChipType = ChipType {
    name: "BM1368",
    ids: &[0x1368],
    cores: 80,
    sub_cores: 16,
    hashes_per_clock: 1276,
    pll: late_pll(144, 235),
    clock: clock(50.0, 700.0, 1400.0, 490.0),
    layout: NonceLayout::CoreAndAddress,
    script: &scripts::BM1368,
    ..LATE
};

/// Bitaxe Gamma, GekkoScience Compac A2, Antminer S21 Pro and S21 XP.
pub static BM1370: ChipType = LATE;

/// BM1372 and BM1373. How many sub-cores are alive is disputed (section 19); the lower number is taken.
pub static BM1372: ChipType = ChipType {
    name: "BM1372",
    ids: &[0x1372, 0x1373],
    clock: clock(50.0, 700.0, 1400.0, 327.0),
    line: LineSpeeds {
        reset_baud: 115_200,
        raised: &[line(
            3_000_000,
            3_000_000,
            &[(0xc4, 0), (0x28, 0x8000_0000)],
        )],
    },
    addresses: AddressRule::Step(0x10),
    address_shift: 2,
    script: &scripts::BM1372,
    ..LATE
};

/// The BM1370, and what all chips that take whole headers have of it.
const LATE: ChipType = ChipType {
    name: "BM1370",
    ids: &[0x1370],
    id_mask: 0xffff,
    dialect: Dialect::Preambled,
    cores: 128,
    sub_cores: 16,
    hashes_per_clock: 2040,
    nonces_per_clock: 2.0,
    job: JobForm::Header,
    ids_on_wire: IdCoding::FourBits,
    pll: late_pll(160, 239),
    clock: clock(50.0, 900.0, 1400.0, 525.0),
    line: LATE_LINE,
    ticket: Ticket::Register(0x14),
    counting: Counting::Register,
    layout: NonceLayout::CoreAndOffset,
    addresses: AddressRule::Spread,
    address_shift: 0,
    script: &scripts::BM1370,
};
