//! Commands that set clocks and voltages: BM138x registers (4.6) and the Cairnsmore1's in-band command (4.2).
//!
//! Pure codecs: no I/O, no clock.

/// Clock range of the BM1380, in MHz.
pub(crate) const BM1380_MHZ: std::ops::RangeInclusive<f64> = 50.0..=400.0;
/// Clock range of the BM1382, in MHz.
pub(crate) const BM1382_MHZ: std::ops::RangeInclusive<f64> = 100.0..=250.0;
/// Clock range of the Cairnsmore1, in MHz.
pub(crate) const CAIRNSMORE_MHZ: std::ops::RangeInclusive<f64> = 50.0..=220.0;
/// Core voltage range of the U3, in mV.
pub(crate) const U3_MILLIVOLTS: std::ops::RangeInclusive<u16> = 725..=850;

/// CRC-5 of the first `bits` bits of `data`, most significant bit first: polynomial x^5+x^2+1, start `1f`, no final inversion.
pub(crate) fn crc5(data: &[u8], bits: usize) -> u8 {
    let bit = |at: usize| data[at / 8] >> (7 - at % 8) & 1;
    (0..bits).fold(0x1f, |crc, at| {
        let feedback = (crc >> 4 & 1) ^ bit(at);
        (crc << 1 & 0x1f) ^ if feedback == 1 { 0b00101 } else { 0 }
    })
}

/// Three bytes and the CRC of the first 27 bits; the three bits beside it count as zero.
fn sealed([command, high, low]: [u8; 3]) -> [u8; 4] {
    [command, high, low, crc5(&[command, high, low, 0], 27)]
}

/// Sets the PLL word.
pub(crate) fn set_pll(word: u16) -> [u8; 4] {
    let [high, low] = word.to_be_bytes();
    sealed([0x82, high, low])
}

/// Sets the core voltage of a U3.
pub(crate) fn set_voltage(millivolts: u16) -> [u8; 4] {
    let decimal = |digit: u16| (digit % 10) as u8;
    let low = decimal(millivolts / 10) << 4 | decimal(millivolts);
    let mut bytes = sealed([0xaa, 0xb0 | decimal(millivolts / 100), low]);
    bytes[3] |= 0xc0;
    bytes
}

/// A PLL word and the clock that it gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pll {
    /// `bs<<14 | m<<7 | n<<2 | od`.
    pub(crate) word: u16,
    /// What the chip runs at, in MHz.
    pub(crate) mhz: f64,
}

/// The BM1380 word nearest to `mhz`: the first in the order of output divider, reference divider, multiplier.
pub(crate) fn bm1380_pll(mhz: f64) -> Pll {
    let candidates = (0..4u16)
        .flat_map(|od| (0..16u16).flat_map(move |n| (0..64u16).map(move |m| (od, n, m))))
        .map(|(od, n, m)| bm1380_candidate(od, n, m));
    let distance = |pll: &Pll| (pll.mhz - mhz).abs();
    candidates
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(Pll {
            word: 0x0380,
            mhz: 200.0,
        })
}

fn bm1380_candidate(od: u16, n: u16, m: u16) -> Pll {
    let oscillator = 25.0 * f64::from(m + 1) / f64::from(n + 1);
    let fast = u16::from((500.0..=1000.0).contains(&oscillator));
    Pll {
        word: fast << 14 | m << 7 | n << 2 | od,
        mhz: oscillator / f64::from(1u16 << od),
    }
}

/// The BM1382 word of the known step nearest to `mhz`.
pub(crate) fn bm1382_pll(mhz: f64) -> Pll {
    let distance = |pll: &Pll| (pll.mhz - mhz).abs();
    BM1382_STEPS
        .iter()
        .map(|(mhz, word)| Pll {
            word: *word,
            mhz: *mhz,
        })
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(Pll {
            word: 0x0882,
            mhz: 225.0,
        })
}

/// The U3's steps (4.6).
const BM1382_STEPS: [(f64, u16); 14] = [
    (100.0, 0x0783),
    (125.0, 0x0983),
    (150.0, 0x0b83),
    (175.0, 0x0d83),
    (193.75, 0x0f03),
    (196.88, 0x1f07),
    (200.0, 0x0782),
    (206.25, 0x1006),
    (212.5, 0x1086),
    (218.75, 0x1106),
    (225.0, 0x0882),
    (237.5, 0x1286),
    (243.75, 0x1306),
    (250.0, 0x0982),
];

/// A command of the Cairnsmore1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cairnsmore {
    /// Clock multiplier, in units of 2.5 MHz.
    Clock(u8),
    /// Whether the board understands commands: one that does not finds nonce `00949a6f`.
    FeatureTest,
}

impl Cairnsmore {
    /// The 64 bytes: a job that cannot be, with an all-zero midstate and an ntime of all ones.
    pub(crate) fn encode(self) -> [u8; 64] {
        let (command, data) = match self {
            Self::Clock(multiplier) => (0, multiplier),
            Self::FeatureTest => (0, 1),
        };
        let mut bytes = [0; 64];
        bytes[32..36].copy_from_slice(&[data ^ command ^ 0xb7 ^ 0x6d, data, command, 0xb7]);
        bytes[56..60].fill(0xff);
        if self == Self::FeatureTest {
            bytes[52..56].copy_from_slice(b"bfg0");
            bytes[60..62].copy_from_slice(&[0xb5, 0x01]);
        }
        bytes
    }

    /// Whether a job would be taken for a command.
    pub(crate) fn looks_like(job: &[u8]) -> bool {
        job.len() == 64 && job[..32] == [0; 32] && job[56..60] == [0xff; 4]
    }
}
