//! What separates the members of the icarus class, as data: one row a member, read by the driver and by the emulator.
//!
//! Source of every figure: `classic-boards.md` sections 4.0 to 4.6; where a figure is a guess the row says so.

use std::time::Duration;

use super::frames::JobFormat;
use crate::board::OptionHelp;

/// One member of the class.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table row of independent yes-or-no facts"
)]
#[derive(Debug)]
pub(crate) struct Member {
    /// The model's name.
    pub(crate) name: &'static str,
    /// Line speed that its UART is built for.
    pub(crate) baud: u32,
    /// Whether bytes take time on a line of that speed; USB devices without a UART take none and any speed will do.
    pub(crate) uart: bool,
    /// How a job looks on the wire.
    pub(crate) format: JobFormat,
    /// How the device finds the job in the stream.
    pub(crate) receiver: Receiver,
    /// Into how many equal parts the device splits the nonces, unless told or measured.
    pub(crate) slices: u32,
    /// Whether boards of this member differ in that number.
    pub(crate) slices_vary: bool,
    /// What the device does once it has found a nonce.
    pub(crate) after_find: AfterFind,
    /// What it does at the end of the range.
    pub(crate) range_end: RangeEnd,
    /// Whether its nonce counter runs on when a new job comes.
    pub(crate) free_running: bool,
    /// Whether jobs carry a number that replies return.
    pub(crate) job_ids: bool,
    /// Seconds that the whole device takes for a hash.
    pub(crate) speed: Speed,
    /// How its clock is set.
    pub(crate) clock: Option<Clock>,
    /// The longest that one job is worked on, whatever the range.
    pub(crate) longest_work: Option<Duration>,
    /// How long the known-answer probe waits.
    pub(crate) probe_timeout: Duration,
    /// Whether the device answers the golden job from just below its solution.
    pub(crate) golden_shortcut: bool,
    /// Whether an incomplete reply is dropped when a new job goes out: bad hubs and voltage drops cut replies short (4.3).
    pub(crate) drops_partial: bool,
    /// Options that it takes.
    pub(crate) options: &'static [OptionHelp],
}

/// How a device finds the job in the stream of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// The last bytes are the job, and every byte restarts the search.
    Window,
    /// Counted and latched; the count resets when the line rests this long (`None`: never).
    Counted(Option<Duration>),
}

/// What a device does once it has found a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterFind {
    /// The slice that found it stops.
    SliceStops,
    /// Everything stops until the next job.
    DeviceStops,
    /// It goes on.
    Continues,
}

/// What a device does at the end of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeEnd {
    /// It idles and says nothing.
    Stops,
    /// It begins again.
    Wraps,
    /// It idles and says so.
    Reports,
}

/// Seconds that the whole device takes for a hash.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    /// Always this many.
    Fixed(f64),
    /// This many divided by the clock in MHz.
    PerMegahertz {
        /// Seconds times MHz.
        seconds: f64,
        /// The clock unless told otherwise.
        default_mhz: f64,
    },
}

impl Speed {
    /// Seconds for a hash at `mhz`, or at the default clock.
    pub(crate) fn hash_time(self, mhz: Option<f64>) -> f64 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::PerMegahertz {
                seconds,
                default_mhz,
            } => seconds / mhz.unwrap_or(default_mhz),
        }
    }

    /// The clock unless told otherwise, in MHz.
    pub(crate) fn default_mhz(self) -> Option<f64> {
        match self {
            Self::Fixed(_) => None,
            Self::PerMegahertz { default_mhz, .. } => Some(default_mhz),
        }
    }
}

/// How a clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// In-band command of the Cairnsmore1 (4.2).
    Cairnsmore,
    /// BM1380 PLL word (4.6).
    Bm1380,
    /// BM1382 PLL word from the table, and core voltage (4.6).
    Bm1382,
}

macro_rules! options {
    ($($key:literal: $about:literal),* $(,)?) => {
        &[
            option("baud", "line speed in baud; default: the board's own"),
            option("slices", "parts that the board splits the nonces into: 1, 2, 4, 8, or `probe` to measure"),
            option("hash-time", "nanoseconds that the whole board takes for a hash, instead of a measured value"),
            option("rate", "hashes a second of the whole board, such as 380M, instead of a measured value; an emulator runs at it (default 1M)"),
            option("probe-timeout", "milliseconds to wait for the known answer, 10 to 600000"),
            option("nonce-offset", "what the board adds to every nonce, -65536 to 65536; default: measured by the probe"),
            option("zero-bits", "zero bits of every hash that the board reports, 8 to 64; hardware 32, emulators 20"),
            option("after-find", "what the board does once it has found a nonce: `stop` or `continue`"),
            option("range-bits", "size of the nonce range as a power of two, 18 to 32; hardware 32"),
            option("work-interval", "milliseconds after which the board gets other work at the latest, 1 to 3600000"),
            option("seed", "emulator: number that its faults are drawn from"),
            option("start", "emulator: nonce (8 hex digits) at which every job but the golden one begins, in each slice"),
            option("fault-drop", "emulator: chance that a byte is lost, 0 to 1"),
            option("fault-double", "emulator: chance that a byte comes twice, 0 to 1"),
            option("fault-late", "emulator: chance that a new job is followed by a nonce of the one before, 0 to 1"),
            option("fault-duplicate", "emulator: chance that a nonce is reported twice, 0 to 1"),
            option("fault-wrong", "emulator: chance that a reported nonce is a lie, 0 to 1"),
            option("fault-lock-up", "emulator: locks up after this many milliseconds without a byte from the host"),
            option("fault-silent", "emulator: says nothing after this many replies"),
            $(option($key, $about)),*
        ]
    };
}

const fn option(key: &'static str, about: &'static str) -> OptionHelp {
    OptionHelp { key, about }
}

const PLAIN_OPTIONS: &[OptionHelp] = options!();
const CAIRNSMORE_OPTIONS: &[OptionHelp] = options!(
    "clock": "clock in MHz, 50 to 220 in steps of 2.5; default: left alone (150 after power-on)",
);
const U1_OPTIONS: &[OptionHelp] = options!(
    "clock": "clock in MHz, 50 to 400; default 200",
    "freq": "the same as clock",
);
const U3_OPTIONS: &[OptionHelp] = options!(
    "clock": "clock in MHz, 100 to 250, the nearest of the known steps is taken; default 225",
    "freq": "the same as clock",
    "voltage": "core voltage in mV, 725 to 850; default: left alone",
);
const LINE_OPTIONS: &[OptionHelp] = options!(
    "order": "which half of the line comes first: `tail` (default) or `midstate`",
);

const SECOND: Duration = Duration::from_secs(1);

/// Icarus: two Spartan-6 behind one UART (4.1).
pub(crate) const ICARUS: Member = Member {
    name: "icarus",
    baud: 115_200,
    uart: true,
    format: JobFormat::Reversed64,
    receiver: Receiver::Window,
    slices: 2,
    slices_vary: true,
    after_find: AfterFind::SliceStops,
    range_end: RangeEnd::Stops,
    free_running: false,
    job_ids: false,
    speed: Speed::Fixed(2.6316e-9),
    clock: None,
    longest_work: None,
    probe_timeout: SECOND,
    golden_shortcut: false,
    drops_partial: false,
    options: PLAIN_OPTIONS,
};

/// Lancelot, the Icarus' successor (4.1).
pub(crate) const LANCELOT: Member = Member {
    name: "lancelot",
    speed: Speed::Fixed(2.5e-9),
    ..ICARUS
};

/// Cairnsmore1: with the dynamic-clock bitstream one FPGA a port, with twin bitstreams an Icarus (4.2).
pub(crate) const CAIRNSMORE1: Member = Member {
    name: "cairnsmore1",
    slices: 1,
    speed: Speed::PerMegahertz {
        seconds: 1e-6,
        default_mhz: 150.0,
    },
    clock: Some(Clock::Cairnsmore),
    options: CAIRNSMORE_OPTIONS,
    ..ICARUS
};

/// Block Erupter, Emerald, Sapphire: one BE100 (4.3).
pub(crate) const BLOCK_ERUPTER: Member = Member {
    name: "block-erupter",
    slices: 1,
    slices_vary: false,
    after_find: AfterFind::Continues,
    speed: Speed::Fixed(2.9761e-9),
    drops_partial: true,
    ..ICARUS
};

/// The makomk/teknohog core on a UART (4.4). The speed is that of a DE2-115, a guess for other boards.
///
/// Its counter runs free, so the golden answer may take a whole range: hence the long probe.
pub(crate) const FPGA_SERIAL: Member = Member {
    name: "fpga-serial",
    receiver: Receiver::Counted(None),
    slices: 1,
    after_find: AfterFind::Continues,
    range_end: RangeEnd::Wraps,
    free_running: true,
    speed: Speed::Fixed(1.25e-8),
    probe_timeout: Duration::from_secs(60),
    ..ICARUS
};

/// The kramble core (4.4). The speed is a guess for its small FPGAs; the pause is 2^23 clocks at 100 MHz.
pub(crate) const FPGA_KRAMBLE: Member = Member {
    name: "fpga-kramble",
    baud: 4800,
    format: JobFormat::Reversed44,
    receiver: Receiver::Counted(Some(Duration::from_millis(84))),
    free_running: false,
    speed: Speed::Fixed(4e-8),
    probe_timeout: SECOND,
    ..FPGA_SERIAL
};

/// SimpleRS232, the VHDL Xilinx port (4.4). The speed is a guess.
pub(crate) const FPGA_SIMPLERS232: Member = Member {
    name: "fpga-simplers232",
    format: JobFormat::Opcode44,
    receiver: Receiver::Counted(None),
    range_end: RangeEnd::Reports,
    speed: Speed::Fixed(1e-8),
    ..FPGA_KRAMBLE_AT_115200
};

const FPGA_KRAMBLE_AT_115200: Member = Member {
    baud: 115_200,
    ..FPGA_KRAMBLE
};

/// KC705, VC707 and other Kintex-7 cores that speak lines of text (4.4). The speed is a guess.
pub(crate) const FPGA_KC705: Member = Member {
    name: "fpga-kc705",
    format: JobFormat::HexLine,
    receiver: Receiver::Counted(None),
    range_end: RangeEnd::Stops,
    speed: Speed::Fixed(2.5e-9),
    options: LINE_OPTIONS,
    ..FPGA_KRAMBLE_AT_115200
};

/// Avalon Nano 1.0 (4.5): one nonce, then it waits; it powers down after 2 s without a nonce, hence the longest work.
pub(crate) const AVALON_NANO: Member = Member {
    name: "avalon-nano",
    uart: false,
    receiver: Receiver::Counted(Some(Duration::from_millis(80))),
    slices: 1,
    slices_vary: false,
    after_find: AfterFind::DeviceStops,
    speed: Speed::Fixed(0.22e-9),
    longest_work: Some(Duration::from_millis(1500)),
    golden_shortcut: true,
    ..ICARUS
};

/// Antminer U1, one BM1380 (4.6). How the chip finds the start of a job is not published: a rest of the line is taken.
pub(crate) const ANTMINER_U1: Member = Member {
    name: "antminer-u1",
    receiver: Receiver::Counted(Some(Duration::from_millis(20))),
    job_ids: true,
    speed: Speed::PerMegahertz {
        seconds: 1.25e-7,
        default_mhz: 200.0,
    },
    clock: Some(Clock::Bm1380),
    drops_partial: false,
    options: U1_OPTIONS,
    ..BLOCK_ERUPTER
};

/// Antminer U2 and U2+ (4.6).
pub(crate) const ANTMINER_U2: Member = Member {
    name: "antminer-u2",
    ..ANTMINER_U1
};

/// Antminer U3, BM1382 (4.6).
pub(crate) const ANTMINER_U3: Member = Member {
    name: "antminer-u3",
    speed: Speed::PerMegahertz {
        seconds: 3.2e-9,
        default_mhz: 225.0,
    },
    clock: Some(Clock::Bm1382),
    options: U3_OPTIONS,
    ..ANTMINER_U1
};

impl Member {
    /// How long `bytes` take on the line at `baud`: ten bits each.
    pub(crate) fn line_time(&self, bytes: usize, baud: u32) -> Duration {
        if self.uart {
            Duration::from_secs_f64(bytes as f64 * 10.0 / f64::from(baud.max(1)))
        } else {
            Duration::ZERO
        }
    }
}
