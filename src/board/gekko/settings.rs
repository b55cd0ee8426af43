//! A stick's options, checked against its limits before a byte is sent.

use super::driver::VOLTAGE_STEP;
use super::member::Member;
use crate::board::bitaxe::goal;
use crate::board::options::problem;
use crate::board::span::{Limit, Span};
use crate::board::{BoardError, BoardOptions};
use crate::chip::bm13xx::emulator::EmulatedChain;
use crate::chip::bm13xx::tuner::Goal;
use crate::chip::bm13xx::{ChainSettings, Ramp};

use std::path::PathBuf;
use std::time::Duration;

/// The highest `max-temp`: chips five kelvin above it are switched off at once, which the overheat rule of section 13 wants at 110.
const HOTTEST: f32 = 105.0;
/// The temperature that the fan aims at, degrees Celsius; lower where the limit is.
const TARGET: f32 = 65.0;
/// What the regulator can be told at most, millivolts.
const REGULATOR: u32 = 500;

/// What the user wants of a stick, defaults filled in.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) chain: ChainSettings,
    pub(super) millivolts: Option<u32>,
    /// The fan's drive in percent; `None`: by temperature.
    pub(super) fan: Option<u8>,
    pub(super) target_celsius: f32,
    pub(super) max_celsius: f32,
    pub(super) tune: Option<Goal>,
    pub(super) state_dir: Option<PathBuf>,
}

impl Settings {
    /// Reads `options` for `member`.
    ///
    /// # Errors
    /// [`BoardError::Option`] that names the value and the range.
    pub(super) fn parse(member: &Member, options: &BoardOptions) -> Result<Self, BoardError> {
        options.only(member.options.iter().map(|option| option.key))?;
        let lifted = options.flag("unsafe-limits", false)?;
        let max_celsius = options.within("max-temp", 40.0..=HOTTEST, 90.0)?;
        let usual = TARGET.min(max_celsius - 10.0);
        let target_celsius = options.within("target-temp", 30.0..=100.0, usual)?;
        if target_celsius >= max_celsius {
            let value = target_celsius.to_string();
            let text = format!("must be below max-temp={max_celsius}");
            return Err(problem("target-temp", &value, &text));
        }
        let chain = chain(member, options, lifted)?;
        Ok(Self {
            chain,
            millivolts: millivolts(member, options, lifted)?,
            fan: options.fan(0)?,
            tune: goal(options)?,
            state_dir: options.text("state-dir").map(PathBuf::from),
            target_celsius,
            max_celsius,
        })
    }
}

fn chain(
    member: &Member,
    options: &BoardOptions,
    lifted: bool,
) -> Result<ChainSettings, BoardError> {
    let raise = options.flag("raise-baud", true)?;
    let is_emulated = options.text("rate").is_some() || options.text("zero-bits").is_some();
    let emulated = is_emulated.then(|| emulated(member, options)).transpose()?;
    let usual = ChainSettings::new(member.chip, chips(member, options)?);
    let settings = ChainSettings {
        clock_mhz: clock(member, lifted).read(options)?,
        ramp: Ramp {
            start_mhz: 50.0,
            step_mhz: 25.0,
            pause: Duration::from_millis(50),
        },
        baud: member.fast_baud.filter(|_| raise),
        reset_baud: options.within("baud", 300..=12_000_000, 115_200)?,
        zero_bits: emulated.as_ref().map_or(32, EmulatedChain::zero_bits),
        slower: emulated.map(|chain| chain.nominal() / chain.rate),
        unsafe_limits: lifted,
        script: member.script.unwrap_or(usual.script),
        ..usual
    };
    settings.check().map_err(BoardError::from)?;
    Ok(settings)
}

/// How many chips the board carries.
pub(super) fn chips(member: &Member, options: &BoardOptions) -> Result<u16, BoardError> {
    options.within("chips", 1..=128, member.chips)
}

/// An emulated board of this member, as both ends work it out of the same options: `rate` or `zero-bits` give it away to the driver.
pub(super) fn emulated(
    member: &Member,
    options: &BoardOptions,
) -> Result<EmulatedChain, BoardError> {
    let rate = options.rate("rate")?.unwrap_or(EmulatedChain::RATE);
    let stock = member.mhz.stock * 1e6;
    if rate > stock {
        let text = format!(
            "an emulated {} hashes at most {stock} a second",
            member.name
        );
        return Err(problem("rate", &rate.to_string(), &text));
    }
    let zero_bits = match options.text("zero-bits") {
        Some(_) => Some(options.within("zero-bits", 1..=32, 32)?),
        None => None,
    };
    let chain = EmulatedChain::new(member.emulated, chips(member, options)?);
    Ok(EmulatedChain {
        rate,
        zero_bits,
        stock_clock: member.mhz.stock,
        ..chain
    })
}

fn millivolts(
    member: &Member,
    options: &BoardOptions,
    is_lifted: bool,
) -> Result<Option<u32>, BoardError> {
    let Some(span) = member.millivolts() else {
        return Ok(None);
    };
    let lifted = Span {
        least: VOLTAGE_STEP,
        most: REGULATOR,
        ..span
    };
    let limit = Limit {
        board: member.name,
        key: "voltage",
        unit: "mV",
        span: if is_lifted { lifted } else { span },
        is_lifted,
    };
    limit.read(options).map(Some)
}

/// What the clock of a `member` may be.
fn clock(member: &Member, is_lifted: bool) -> Limit<'_, f64> {
    let chip = member.chip.clock;
    let lifted = Span {
        least: chip.min_mhz,
        most: chip.pll_mhz,
        ..member.mhz
    };
    Limit {
        board: member.name,
        key: "freq",
        unit: "MHz",
        span: if is_lifted { lifted } else { member.mhz },
        is_lifted,
    }
}

#[cfg(test)]
mod tests {
    use super::super::member;
    use super::*;

    fn refusal(member: &Member, text: &str) -> String {
        let options = BoardOptions::parse(text).unwrap();
        Settings::parse(member, &options).unwrap_err().to_string()
    }

    #[test]
    fn limits_are_named_and_only_passed_on_purpose() {
        let text = refusal(&member::R606, "freq=750");
        let words = "option freq=750: a gekko-r606 takes 50 to 700 MHz";
        let how = "(unsafe-limits=yes lifts this, at your risk)";
        assert_eq!(text, format!("{words} {how}"));
        let text = refusal(&member::R606, "freq=2000,unsafe-limits=yes");
        assert!(
            text.contains("takes 50 to 1500 MHz, which is all"),
            "{text}"
        );
        let lifted = BoardOptions::parse("freq=750,unsafe-limits=yes").unwrap();
        let settings = Settings::parse(&member::R606, &lifted).unwrap();
        assert!((settings.chain.clock_mhz - 750.0).abs() < 1e-9);
        assert!(refusal(&member::COMPAC_A2, "voltage=400").contains("takes 230 to 320 mV"));
        assert!(refusal(&member::COMPAC_A2, "max-temp=120").contains("within 40 to 105"));
        assert!(refusal(&member::COMPAC_A2, "target-temp=90").contains("below max-temp=90"));
        assert!(refusal(&member::COMPAC_A2, "fan=200%").contains("0% to 100%"));
        assert!(refusal(&member::COMPAC, "voltage=300").contains("voltage"));
        for both in ["tune=hashrate,freq=300", "voltage=270,tune=efficiency"] {
            let text = refusal(&member::COMPAC_A2, both);
            assert!(
                text.contains("tune walks clock and voltage by itself"),
                "{text}"
            );
        }
        assert!(refusal(&member::NEWPAC, "chips=0").contains("within 1 to 128"));
        assert!(refusal(&member::NEWPAC, "unsafe-limits=perhaps").contains("yes or no"));
    }

    #[test]
    fn hardware_has_32_zero_bits_and_an_emulated_board_fewer() {
        let bits = |text: &str| {
            let options = BoardOptions::parse(text).unwrap();
            Settings::parse(&member::R606, &options)
                .unwrap()
                .chain
                .zero_bits
        };
        assert_eq!(bits(""), 32);
        // 752 GH/s against 2 MH/s: 2^18.5.
        assert_eq!(bits("rate=2M"), 13);
        assert_eq!(bits("rate=2M,zero-bits=20"), 20);
    }
}
