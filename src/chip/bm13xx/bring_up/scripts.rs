//! The scripts: section 12 of the fact sheet, as data.
//!
//! Where two sources differ the chip's open-firmware order is taken. Line speeds are raised after bring-up, whatever the source does.

use std::time::Duration;

use super::script::Script;
use super::script::Step::{
    self, Address, Count, Counting, Domains, Inactive, OpenCores, Ramp, Ticket, Versions, Wait,
    Write, WriteEach, WriteFirst,
};

const fn script(settle: u64, steps: &'static [Step]) -> Script {
    Script {
        reset: Duration::from_millis(100),
        settle: Duration::from_millis(settle),
        pace: Duration::from_millis(10),
        steps,
    }
}

/// BM1384 as GekkoScience boards have it. The line carries no reset.
pub static BM1384: Script = script(100, &[Count, Ramp, Inactive(1, 10), Address, OpenCores(55)]);

/// BM1387 as GekkoScience boards have it: gate block and several midstates, cores opened, then the clock.
pub static BM1387: Script = script(
    200,
    &[
        Count,
        Inactive(3, 5),
        Address,
        Write(0x1c, 0x4020_9a80),
        Wait(10),
        OpenCores(114),
        Ramp,
        Ticket,
    ],
);

/// BM1397, ESP-Miner's registers with cgminer's pauses.
pub static BM1397: Script = script(
    1000,
    &[
        Count,
        Inactive(3, 100),
        Address,
        Write(0x80, 0),
        Write(0x84, 0),
        Wait(90),
        Write(0x20, 1),
        Wait(40),
        Write(0x3c, 0x8000_8074),
        Wait(90),
        Ticket,
        Write(0x68, 0xc070_0111),
        Wait(40),
        Write(0x68, 0xc070_0111),
        Wait(40),
        Write(0x28, 0x0600_000f),
        Wait(90),
        Write(0x18, 0x0000_7a31),
        Ramp,
    ],
);

/// BM1362: the order of the Compac A1, with the first writes of the S19j Pro.
pub static BM1362: Script = script(
    100,
    &[
        Versions,
        Count,
        Versions,
        Versions,
        Write(0xa8, 0),
        Write(0x18, 0xb000_c100),
        Inactive(1, 100),
        Address,
        Write(0x3c, 0x8000_8540),
        Write(0x3c, 0x8000_8008),
        Wait(90),
        Ticket,
        Write(0x54, 3),
        Wait(40),
        Write(0x58, 0x0001_1111),
        Wait(90),
        Domains(0x0001_f111),
        Ramp,
        WriteEach(&[
            (0xa8, 2),
            (0x18, 0xb000_c100),
            (0x3c, 0x8000_8540),
            (0x3c, 0x8000_8008),
            (0x3c, 0x8000_82aa),
        ]),
        Counting,
        Versions,
    ],
);

/// BM1366, ESP-Miner.
pub static BM1366: Script = script(
    100,
    &[
        Versions,
        Versions,
        Versions,
        Count,
        Write(0xa8, 0x0007_0000),
        Write(0x18, 0xff0f_c100),
        Inactive(1, 10),
        Address,
        Write(0x3c, 0x8000_8540),
        Write(0x3c, 0x8000_8020),
        Ticket,
        Write(0x54, 3),
        Write(0x58, 0x0211_1111),
        WriteFirst(0x2c, 0x007c_0003),
        Domains(0x0211_f111),
        WriteEach(&[
            (0xa8, 0x0007_01f0),
            (0x18, 0xf000_c100),
            (0x3c, 0x8000_8540),
            (0x3c, 0x8000_8020),
            (0x3c, 0x8000_82aa),
        ]),
        Ramp,
        Counting,
        Versions,
    ],
);

/// BM1368, ESP-Miner.
pub static BM1368: Script = script(
    100,
    &[
        Versions,
        Versions,
        Versions,
        Versions,
        Count,
        Inactive(1, 10),
        Write(0xa8, 0x0007_0000),
        Write(0x18, 0xff0f_c100),
        Write(0x3c, 0x8000_8b00),
        Write(0x3c, 0x8000_8018),
        Write(0x14, 0x0000_00ff),
        Write(0x54, 3),
        Write(0x58, 0x0211_1111),
        Address,
        Domains(0x0211_f111),
        WriteEach(&[
            (0xa8, 0x0007_01f0),
            (0x18, 0xf000_c100),
            (0x3c, 0x8000_8b00),
            (0x3c, 0x8000_8018),
            (0x3c, 0x8000_82aa),
        ]),
        Wait(500),
        Ticket,
        Ramp,
        Counting,
        Versions,
    ],
);

/// BM1370, ESP-Miner.
pub static BM1370: Script = script(
    100,
    &[
        Versions,
        Versions,
        Versions,
        Count,
        Versions,
        Write(0xa8, 0x0007_0000),
        Write(0x18, 0xf000_c100),
        Inactive(1, 10),
        Address,
        Write(0x3c, 0x8000_8b00),
        Write(0x3c, 0x8000_800c),
        Ticket,
        Write(0x58, 0x0001_1111),
        Domains(0x0001_f111),
        WriteEach(&[
            (0xa8, 0x0007_01f0),
            (0x18, 0xf000_c100),
            (0x3c, 0x8000_8b00),
            (0x3c, 0x8000_800c),
            (0x3c, 0x8000_82aa),
        ]),
        Write(0xb9, 0x0000_4480),
        Write(0x54, 2),
        Write(0xb9, 0x0000_4480),
        Write(0x3c, 0x8000_8dee),
        Ramp,
        Counting,
        Versions,
    ],
);

/// BM1370 as the Compac A2 has it. One write of the published driver travels under a wrong header and does nothing; it is left out.
pub static BM1370_COMPAC: Script = script(
    100,
    &[
        Versions,
        Count,
        Write(0xa8, 0x0007_0000),
        Wait(100),
        Inactive(1, 100),
        Address,
        Write(0x3c, 0x8000_8d04),
        Write(0x3c, 0x8000_800e),
        Ticket,
        Write(0x58, 0x0001_1111),
        WriteEach(&[(0x58, 0x0001_f111)]),
        Ramp,
        Write(0x68, 0x5aa5_5aa5),
        Counting,
        Write(0x2c, 0x0013_0007),
        Write(0xa8, 0x0007_01f0),
        Write(0x18, 0xf000_c100),
        Write(0x18, 0xf000_c100),
        Write(0x3c, 0x8000_8b00),
        Write(0x3c, 0x8000_800e),
        Write(0x3c, 0x8000_82aa),
        Write(0x54, 3),
        Versions,
    ],
);

/// BM1372 and BM1373, ESP-Miner.
pub static BM1372: Script = script(
    100,
    &[
        Count,
        Inactive(1, 10),
        Address,
        Write(0x3c, 0x8000_8d04),
        Ticket,
        Write(0x58, 0x0001_1111),
        Domains(0x0001_f111),
        Write(0x68, 0x5aa5_5aa5),
        Write(0xa8, 0xf007_01f0),
        Wait(10),
        Write(0x18, 0xff00_c100),
        Write(0x19, 0),
        Write(0x3c, 0x8000_8b00),
        Write(0x3c, 0x8000_805a),
        Write(0x3c, 0x8000_82aa),
        Write(0x54, 2),
        Ramp,
        Counting,
        Versions,
    ],
);
