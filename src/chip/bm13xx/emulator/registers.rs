//! The registers of one chip, and what they mean: clock, line speed, ticket mask, sweep deadline, version rolling (sections 4 to 7).

use super::EmulatedChip;
use super::silicon::Dialect;

/// The crystal, Hz.
pub(super) const CRYSTAL: f64 = 25e6;
/// Out of reset, where no register says so (sections 0.1 and 13).
const FIXED_BAUD: f64 = 115_200.0;

const CHIP_ID: u8 = 0x00;
const HASH_RATE: u8 = 0x04;
const PLL: u8 = 0x08;
const PLL_BM1387: u8 = 0x0c;
const NONCE_OFFSET: u8 = 0x0c;
const HASH_COUNTING: u8 = 0x10;
const HASH_COUNTING_BM1387: u8 = 0x14;
const TICKET: u8 = 0x14;
const TICKET_BM1387: u8 = 0x18;
const MISC: u8 = 0x18;
const MISC_BM1387: u8 = 0x1c;
const FAST_UART: u8 = 0x28;
const PLL1: u8 = 0x60;
const PLL3: u8 = 0x68;
const TOTAL_COUNTER: u8 = 0x8c;
const VERSION_ROLLING: u8 = 0xa4;
const TEMPERATURE_CONTROL: u8 = 0xb0;
const TEMPERATURE: u8 = 0xb4;

/// The register file.
pub(super) struct Registers {
    kind: EmulatedChip,
    values: Box<[u32; 256]>,
    /// BM1384: the PLL word that the host wrote.
    pll_word: u16,
}

impl Registers {
    /// As out of reset.
    pub(super) fn new(kind: EmulatedChip) -> Self {
        let mut values = Box::new([0; 256]);
        let silicon = kind.silicon();
        values[usize::from(CHIP_ID)] = silicon.id;
        for (register, value) in silicon.power_on {
            values[usize::from(*register)] = *value;
        }
        let pll_word = 0;
        Self {
            kind,
            values,
            pll_word,
        }
    }

    fn dialect(&self) -> Dialect {
        self.kind.silicon().dialect
    }

    /// The raw value.
    pub(super) fn get(&self, register: u8) -> u32 {
        self.values[usize::from(register)]
    }

    /// Stores `value`; what it does is read from here when it matters.
    pub(super) fn set(&mut self, register: u8, value: u32) {
        self.values[usize::from(register)] = value;
    }

    /// The BM1384's clock.
    pub(super) fn set_pll_word(&mut self, word: u16) {
        self.pll_word = word;
    }

    /// Which register sets the clock.
    pub(super) fn is_pll(&self, register: u8) -> bool {
        match self.dialect() {
            Dialect::A => false,
            Dialect::B => register == PLL_BM1387,
            Dialect::C => register == PLL,
        }
    }

    /// What a read shows: `address` stands in the identity, bit 31 of a PLL that runs is set.
    pub(super) fn shown(&self, register: u8, address: u8, state: &Shown) -> u32 {
        let value = self.get(register);
        match (self.dialect(), register) {
            (_, CHIP_ID) => value & !0xff | u32::from(address),
            (Dialect::A, 0x04) => self.pll_reply_bm1384(),
            (Dialect::C, HASH_RATE) if state.hash_rate > 0.0 => {
                0x8000_0000 | (state.hash_rate / f64::from(1 << 20)) as u32 & 0x7fff_ffff
            }
            (Dialect::C, TOTAL_COUNTER) => (state.hashes / 4_294_967_296.0) as u64 as u32,
            (Dialect::C, TEMPERATURE) => self.temperature_code(state.temperature),
            _ if self.is_pll(register) && self.clock() > 0.0 => value | 0x8000_0000,
            _ => value,
        }
    }

    /// `T = code x 0.171342 - 299.5144`, once the sensor was switched on.
    fn temperature_code(&self, celsius: f64) -> u32 {
        if self.get(TEMPERATURE_CONTROL) == 0 {
            return 0;
        }
        ((celsius + 299.5144) / 0.171_342).round() as u32
    }

    /// `80`, multiplier, divider, power of two: what section 3.1's formula turns into the clock.
    fn pll_reply_bm1384(&self) -> u32 {
        let word = u32::from(self.pll_word);
        0x8000_0000 | (word >> 7 & 0x7f) << 16 | (word >> 2 & 0x0f) << 8 | word & 3
    }

    /// The hash clock, MHz; 0: the PLL does not run.
    pub(super) fn clock(&self) -> f64 {
        let word = match self.dialect() {
            Dialect::A => return clock_bm1384(self.pll_word),
            Dialect::B => self.get(PLL_BM1387),
            Dialect::C => self.get(PLL),
        };
        let less_one = u32::from(self.kind.takes_headers());
        pll_mhz(word, less_one)
    }

    /// The line speed (section 6).
    pub(super) fn baud(&self) -> f64 {
        match self.kind {
            EmulatedChip::Bm1384 => FIXED_BAUD,
            EmulatedChip::Bm1387 => divided(CRYSTAL, self.get(MISC_BM1387) >> 8 & 0x1f),
            EmulatedChip::Bm1397 => self.baud_bm1397(),
            EmulatedChip::Bm1373 => self.baud_bm1373(),
            _ => self.baud_by_fast_uart(),
        }
    }

    fn baud_bm1397(&self) -> f64 {
        let misc = self.get(MISC);
        let divider = misc >> 8 & 0x1f;
        if misc & 1 << 16 == 0 {
            return divided(CRYSTAL, divider);
        }
        let pll3 = pll_mhz(self.get(PLL3), 0) * 1e6;
        divided(
            pll3 / f64::from((self.get(FAST_UART) >> 24 & 0xf) + 1),
            divider,
        )
    }

    fn baud_bm1373(&self) -> f64 {
        match self.get(FAST_UART) {
            0x8000_0000 => 3e6,
            _ => FIXED_BAUD,
        }
    }

    /// Bit 26 feeds the UART from PLL1's oscillator, whose divider stands in bits 23 to 20; else it is the crystal.
    fn baud_by_fast_uart(&self) -> f64 {
        let value = self.get(FAST_UART);
        let divider = value >> 8 & 0xff;
        if value & 1 << 26 == 0 {
            return divided(CRYSTAL, divider);
        }
        let pll1 = oscillator_mhz(self.get(PLL1)) * 1e6;
        divided(pll1 / f64::from((value >> 20 & 0xf) + 1), divider)
    }

    /// The ticket mask with its bits back in order: `2^N - 1` for difficulty `2^N`.
    pub(super) fn ticket_mask(&self) -> u32 {
        let register = match self.dialect() {
            Dialect::A => return 0,
            Dialect::B => TICKET_BM1387,
            Dialect::C => TICKET,
        };
        unreversed(self.get(register))
    }

    /// The sweep's deadline in ticks of the crystal.
    pub(super) fn hash_counting(&self) -> u32 {
        match self.dialect() {
            Dialect::A => 0,
            Dialect::B => self.get(HASH_COUNTING_BM1387),
            Dialect::C => self.get(HASH_COUNTING),
        }
    }

    /// Whether nonces are reported at all: bits 31 to 28 of MISC_CONTROL on the chips that have them.
    pub(super) fn reports(&self) -> bool {
        !self.kind.takes_headers() || self.get(MISC) >> 28 != 0
    }

    /// Whether it makes its versions by itself.
    pub(super) fn rolls_versions(&self) -> bool {
        self.kind.takes_headers() && self.get(VERSION_ROLLING) >> 31 == 1
    }

    /// Which of the sixteen version bits it may roll.
    pub(super) fn version_mask(&self) -> u16 {
        self.get(VERSION_ROLLING) as u16
    }

    /// Where a sweep starts whose start no address gives: 512 nonces a step.
    pub(super) fn nonce_offset(&self) -> u64 {
        let value = self.get(NONCE_OFFSET);
        if value >> 31 == 1 {
            u64::from(value & 0xffff) << 9
        } else {
            0
        }
    }

    /// BM1387: whether jobs may carry several midstates.
    pub(super) fn takes_midstates(&self) -> bool {
        self.dialect() != Dialect::B || self.get(MISC_BM1387) >> 7 & 1 == 1
    }

    /// BM1387: whether dummy jobs open cores.
    pub(super) fn opens_cores_by_jobs(&self) -> bool {
        match self.dialect() {
            Dialect::A => true,
            Dialect::B => self.get(MISC_BM1387) >> 15 & 1 == 1,
            Dialect::C => false,
        }
    }
}

/// What a chip measures about itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    /// Hashes a second, on the real chip's scale.
    pub(super) hash_rate: f64,
    /// Hashes since reset, on the real chip's scale.
    pub(super) hashes: f64,
    /// Degrees Celsius.
    pub(super) temperature: f64,
}

fn divided(clock: f64, divider: u32) -> f64 {
    clock / (8.0 * f64::from(divider + 1))
}

/// Each byte's bits turned round.
pub(super) fn unreversed(mask: u32) -> u32 {
    u32::from_be_bytes(mask.to_be_bytes().map(u8::reverse_bits))
}

fn oscillator_mhz(word: u32) -> f64 {
    let (multiplier, divider) = (word >> 16 & 0xff, word >> 8 & 0x3f);
    if divider == 0 {
        return 0.0;
    }
    25.0 * f64::from(multiplier) / f64::from(divider)
}

/// `25 MHz x fb / (ref x pd1 x pd2)`; where the post dividers are coded less one, `less_one` is 1.
fn pll_mhz(word: u32, less_one: u32) -> f64 {
    let post = ((word >> 4 & 7) + less_one) * ((word & 7) + less_one);
    if post == 0 {
        return 0.0;
    }
    oscillator_mhz(word) / f64::from(post)
}

/// `50 MHz x (m+1) / ((n+1) x 2^od)` with `m` in bits 13 to 7, `n` in bits 6 to 2, `od` in bits 1 and 0: what every word of the sheet's
/// table comes to.
fn clock_bm1384(word: u16) -> f64 {
    if word == 0 {
        return 0.0;
    }
    let m = f64::from(word >> 7 & 0x7f);
    let n = f64::from(word >> 2 & 0x1f);
    50.0 * (m + 1.0) / ((n + 1.0) * f64::from(1 << (word & 3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(kind: EmulatedChip, writes: &[(u8, u32)]) -> Registers {
        let mut registers = Registers::new(kind);
        for (register, value) in writes {
            registers.set(*register, *value);
        }
        registers
    }

    #[track_caller]
    fn close(got: f64, expected: f64) {
        assert!((got / expected - 1.0).abs() < 1e-3, "{got} for {expected}");
    }

    #[test]
    fn clocks() {
        close(
            with(EmulatedChip::Bm1370, &[(8, 0x40af_0264)]).clock(),
            62.5,
        );
        close(
            with(EmulatedChip::Bm1370, &[(8, 0x50d2_0240)]).clock(),
            525.0,
        );
        close(
            with(EmulatedChip::Bm1362, &[(8, 0x40a2_0255)]).clock(),
            56.25,
        );
        close(
            with(EmulatedChip::Bm1387, &[(12, 0x0050_0241)]).clock(),
            250.0,
        );
        close(
            with(EmulatedChip::Bm1397, &[(8, 0x4054_0261)]).clock(),
            175.0,
        );
        close(with(EmulatedChip::Bm1370, &[]).clock(), 50.0);
        assert!(with(EmulatedChip::Bm1387, &[]).clock() <= 0.0);
    }

    #[test]
    fn bauds() {
        close(with(EmulatedChip::Bm1384, &[]).baud(), 115_200.0);
        for kind in [
            EmulatedChip::Bm1387,
            EmulatedChip::Bm1397,
            EmulatedChip::Bm1362,
            EmulatedChip::Bm1366,
            EmulatedChip::Bm1370,
        ] {
            close(with(kind, &[]).baud(), 115_740.0);
        }
        close(
            with(EmulatedChip::Bm1387, &[(0x1c, 0x4020_8180)]).baud(),
            1_562_500.0,
        );
        for (value, baud) in [
            (0x7a31, 115_740.0),
            (0x6131, 1_562_500.0),
            (0x6031, 3_125_000.0),
        ] {
            close(with(EmulatedChip::Bm1397, &[(0x18, value)]).baud(), baud);
        }
        let fast = [
            (0x68, 0xc070_0111),
            (0x28, 0x0600_000f),
            (0x18, 0x0001_6731),
        ];
        close(with(EmulatedChip::Bm1397, &fast).baud(), 6_250_000.0);
        for (value, baud) in [
            (0x1130_0200, 1_041_667.0),
            (0x1130_0000, 3_125_000.0),
            (0x0130_0000, 3_125_000.0),
        ] {
            close(with(EmulatedChip::Bm1370, &[(0x28, value)]).baud(), baud);
        }
        let fast = [(0x60, 0xc070_0111), (0x28, 0x1560_0700)];
        close(with(EmulatedChip::Bm1366, &fast).baud(), 6_250_000.0);
        close(
            with(EmulatedChip::Bm1373, &[(0xc4, 0), (0x28, 0x8000_0000)]).baud(),
            3e6,
        );
    }
}
