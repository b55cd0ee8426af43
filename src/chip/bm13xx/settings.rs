//! What a board says of its chain, checked before a byte is sent.

use std::time::{Duration, Instant};

use super::bring_up::Script;
use super::chips::{AddressRule, ChipType, FastLine};
use super::error::ChainError;
use crate::transport::TransportError;

/// What a board says of its chain. Make one with [`ChainSettings::new`] and change what differs.
#[derive(Debug, Clone)]
pub struct ChainSettings {
    /// The chips.
    pub chip: &'static ChipType,
    /// How many the model carries. A chain with fewer runs with what answers, and says so.
    pub expected_chips: u16,
    /// The clock to end at, MHz.
    pub clock_mhz: f64,
    /// How the clock is raised.
    pub ramp: Ramp,
    /// The host's line speed to change to once the chain is up; `None`: it stays at [`reset_baud`](ChainSettings::reset_baud).
    pub baud: Option<u32>,
    /// The host's line speed out of reset, as the transport was opened.
    pub reset_baud: u32,
    /// How chips are addressed.
    pub addresses: AddressRule,
    /// Chips of a voltage domain, where the board stacks several; `None`: one domain, nothing is written for it.
    pub chips_per_domain: Option<u16>,
    /// Replies a second that the ticket mask aims at.
    pub replies_per_second: f64,
    /// Zero bits that the chips demand by themselves. 32 but for emulated chains, which hash 2^(32 - this) times slower than real ones.
    pub zero_bits: u32,
    /// How many times slower than real ones emulated chips hash; `None`: as [`zero_bits`](ChainSettings::zero_bits) says.
    pub slower: Option<f64>,
    /// Whether the clock may go to the end of what the PLL makes.
    pub unsafe_limits: bool,
    /// The bring-up.
    pub script: &'static Script,
}

/// How the clock is raised: by steps with a pause after each, then to the exact value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp {
    /// Where it starts, MHz.
    pub start_mhz: f64,
    /// Steps, MHz.
    pub step_mhz: f64,
    /// The pause after each.
    pub pause: Duration,
}

impl Ramp {
    /// 50 MHz and up by 6.25 MHz every 100 ms, as ESP-Miner and factory firmware do (section 5).
    pub const GENTLE: Self = Self {
        start_mhz: 50.0,
        step_mhz: 6.25,
        pause: Duration::from_millis(100),
    };
}

impl ChainSettings {
    /// The usual settings of `expected_chips` of `chip` at their stock clock, on a line that stays at its reset speed.
    pub fn new(chip: &'static ChipType, expected_chips: u16) -> Self {
        Self {
            chip,
            expected_chips,
            clock_mhz: chip.clock.stock_mhz,
            ramp: Ramp::GENTLE,
            baud: None,
            reset_baud: chip.line.reset_baud,
            addresses: chip.addresses,
            chips_per_domain: None,
            replies_per_second: 4.0,
            zero_bits: 32,
            slower: None,
            unsafe_limits: false,
            script: chip.script,
        }
    }

    /// Whether all of this is possible, and together.
    ///
    /// # Errors
    /// [`ChainError::Setting`] with the chip, the value and the range.
    pub fn check(&self) -> Result<(), ChainError> {
        self.check_clock(self.clock_mhz)?;
        self.fast_line()?;
        self.check_number("chips", f64::from(self.expected_chips), 1.0, 256.0)?;
        if self.addresses.step(self.expected_chips).is_none() {
            let value = format!("{:?} for {} chips", self.addresses, self.expected_chips);
            return Err(self.refuse("address step", value, "at most 256 addresses".to_owned()));
        }
        self.check_number("zero-bits", f64::from(self.zero_bits), 1.0, 32.0)?;
        self.check_number("slowness", self.slower.unwrap_or(1.0), 1e-3, 1e15)?;
        self.check_number("replies a second", self.replies_per_second, 0.01, 1000.0)?;
        self.check_number("ramp step", self.ramp.step_mhz, 0.1, 1000.0)?;
        let domain = f64::from(self.chips_per_domain.unwrap_or(1));
        self.check_number("chips per domain", domain, 1.0, 256.0)
    }

    /// Whether the chips may run at `mhz`.
    ///
    /// # Errors
    /// [`ChainError::Setting`] with the range.
    pub fn check_clock(&self, mhz: f64) -> Result<(), ChainError> {
        let limits = self.chip.clock;
        let most = if self.unsafe_limits {
            limits.pll_mhz
        } else {
            limits.max_mhz
        };
        self.check_number("clock", mhz, limits.min_mhz, most)
    }

    /// The line speed to raise to, if one is asked for.
    pub(super) fn fast_line(&self) -> Result<Option<&'static FastLine>, ChainError> {
        let Some(baud) = self.baud.filter(|baud| *baud != self.reset_baud) else {
            return Ok(None);
        };
        let raised = self.chip.line.raised;
        let found = raised.iter().find(|line| line.host_baud == baud);
        found.map(Some).ok_or_else(|| {
            let speeds = raised.iter().map(|line| line.host_baud.to_string());
            let possible: Vec<String> = [self.reset_baud.to_string()]
                .into_iter()
                .chain(speeds)
                .collect();
            self.refuse("baud", baud.to_string(), possible.join(", "))
        })
    }

    fn check_number(
        &self,
        name: &'static str,
        value: f64,
        least: f64,
        most: f64,
    ) -> Result<(), ChainError> {
        if (least..=most).contains(&value) {
            return Ok(());
        }
        Err(self.refuse(name, value.to_string(), format!("{least} to {most}")))
    }

    fn refuse(&self, name: &'static str, value: String, possible: String) -> ChainError {
        ChainError::Setting {
            chip: self.chip.name,
            name,
            value,
            possible,
        }
    }
}

/// What a board does for a chain that is brought up: its reset line, and a look at its sensors.
pub trait ResetLine {
    /// Asserts (chips stand still) or releases the line.
    ///
    /// # Errors
    /// What the board's control says; a [`TransportError`] inside is recognised.
    fn reset(&mut self, asserted: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Whether there is such a line: without one a chain cannot be brought back from a line speed that fails.
    fn is_there(&self) -> bool {
        true
    }

    /// Looks after the board while its chain is brought up: called in every pause, so the board decides how often it looks. A bring-up of
    /// many chips takes seconds, in which nobody else reads its sensors.
    ///
    /// # Errors
    /// [`ChainError::Unsafe`] ends the bring-up, and so does whatever else fails.
    fn look_after(&mut self, _now: Instant) -> Result<(), ChainError> {
        Ok(())
    }
}

/// Any function that moves the line.
impl<F> ResetLine for F
where
    F: FnMut(bool) -> Result<(), TransportError>,
{
    fn reset(&mut self, asserted: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self(asserted).map_err(Into::into)
    }
}

/// A board without a reset line.
#[derive(Debug, Clone, Copy)]
pub struct NoReset;

impl ResetLine for NoReset {
    fn reset(&mut self, _asserted: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }

    fn is_there(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::chips::{BM1370, BM1384};
    use super::*;

    fn refusal(change: impl FnOnce(&mut ChainSettings)) -> String {
        let mut settings = ChainSettings::new(&BM1370, 1);
        change(&mut settings);
        settings.check().unwrap_err().to_string()
    }

    #[test]
    fn every_chip_is_fine_as_it_ships() {
        for chip in super::super::CHIPS {
            ChainSettings::new(chip, 1).check().unwrap();
        }
        ChainSettings::new(&BM1384, 256).check().unwrap();
    }

    #[test]
    fn what_is_impossible_is_told_with_its_range() {
        assert_eq!(
            refusal(|settings| settings.clock_mhz = 2000.0),
            "BM1370: clock 2000 is not possible: 50 to 900"
        );
        assert_eq!(
            refusal(|settings| settings.clock_mhz = f64::NAN),
            "BM1370: clock NaN is not possible: 50 to 900"
        );
        assert_eq!(
            refusal(|settings| settings.baud = Some(12345)),
            "BM1370: baud 12345 is not possible: 115200, 1000000, 3000000"
        );
        assert_eq!(
            refusal(|settings| settings.expected_chips = 0),
            "BM1370: chips 0 is not possible: 1 to 256"
        );
        assert_eq!(
            refusal(|settings| {
                settings.expected_chips = 129;
                settings.addresses = AddressRule::Step(2);
            }),
            "BM1370: address step Step(2) for 129 chips is not possible: at most 256 addresses"
        );
        let mut daring = ChainSettings::new(&BM1370, 1);
        (daring.clock_mhz, daring.unsafe_limits) = (1000.0, true);
        daring.check().unwrap();
    }
}
