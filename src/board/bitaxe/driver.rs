//! The driver: brings a board up, feeds its chain, and looks after it once a second on the same thread, whatever else hangs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bystander::Bystander;
use super::identify::identify;
use super::kind::{COMMON_MILLIVOLTS, Kind};
use super::parts::{Light, Parts};
use super::settings::Settings;
use super::tuning::Tuning;
use crate::board::chain::Mending;
use crate::board::safety::{FanControl, Guard, Level, Limits, Sense};
use crate::board::{Ability, Board, BoardError, BoardEvent, BoardOptions, Links};
use crate::chip::bm13xx::tuner::Point;
use crate::chip::bm13xx::{Chain, ChainSettings};
use crate::transport::{SharedTransport, Transport, TransportError};

/// How often the board is looked after.
pub(super) const CHECK: Duration = Duration::from_secs(1);
/// How long a start waits for a board to cool down, and for its thermometer.
const COOLING: Duration = Duration::from_secs(15);
/// The regulator's temperature above which the clock is lowered, degrees Celsius.
const BOARD_CELSIUS: f32 = 95.0;
/// A board gets its voltage back so many kelvin below the temperature that its fan keeps.
const RESUME: f32 = 5.0;

/// A board behind a bitaxe-raw control port.
pub(in crate::board) struct Bitaxe {
    /// What it may be; one once it is known.
    pub(super) kinds: &'static [&'static Kind],
    pub(super) settings: Settings,
    pub(super) parts: Parts,
    pub(super) chain: Option<Chain>,
    /// The data port, whoever has it besides.
    pub(super) port: SharedTransport,
    pub(super) guard: Guard,
    pub(super) fan: FanControl,
    pub(super) tuning: Option<Tuning>,
    /// Clock and voltage that are wanted.
    pub(super) point: Point,
    /// The voltage that was set last, millivolts.
    pub(super) millivolts: u32,
    pub(super) last_check: Option<Instant>,
    pub(super) next_check: Instant,
    pub(super) news: VecDeque<BoardEvent>,
    pub(super) chip: Sense,
    /// The chain searches: only then does silence tell the tuner anything.
    pub(super) has_work: bool,
    pub(super) mending: Mending,
    serial_number: Option<String>,
    /// The chips have reset and no voltage.
    pub(super) is_cut: bool,
}

impl Bitaxe {
    /// The driver of a board that is one of `kinds`.
    ///
    /// # Errors
    /// [`BoardError::Option`]; a missing port.
    pub(in crate::board) fn open(
        kinds: &'static [&'static Kind],
        links: Links,
        options: &BoardOptions,
    ) -> Result<Self, BoardError> {
        let settings = Settings::parse(kinds, options)?;
        let missing =
            |name: &str| TransportError::NotFound(format!("{name} port of the board").into());
        let port = links.data.ok_or_else(|| missing("data"))?;
        let control = links.control.ok_or_else(|| missing("control"))?;
        Ok(Self {
            guard: Guard::new(limits(&settings, f32::INFINITY)),
            fan: FanControl::new(settings.target_celsius),
            kinds,
            settings,
            parts: Parts::new(control),
            chain: None,
            tuning: None,
            point: Point {
                clock_mhz: 0.0,
                millivolts: COMMON_MILLIVOLTS,
            },
            millivolts: COMMON_MILLIVOLTS,
            last_check: None,
            next_check: port.now(),
            news: VecDeque::new(),
            chip: Sense::Absent,
            has_work: false,
            mending: Mending::default(),
            serial_number: links.serial_number,
            port: SharedTransport::new(port),
            is_cut: true,
        })
    }

    /// The kind of board, as far as it is known.
    pub(super) fn kind(&self) -> &'static Kind {
        self.kinds[0]
    }

    /// Fan up, sensors read, voltage on, chips in reset; which kind it is.
    fn power_up(&mut self) -> Result<(), BoardError> {
        self.is_cut = false;
        let kind = self.kind();
        self.parts.find(kind)?;
        self.wait_until_cool()?;
        if self.kinds.len() > 1 {
            self.find_out()?;
        }
        let (clock_mhz, millivolts) = self.settings.point(self.kind())?;
        self.point = Point {
            clock_mhz,
            millivolts,
        };
        Ok(())
    }

    /// A board that is too warm gets some time under full fan.
    fn wait_until_cool(&mut self) -> Result<(), BoardError> {
        let patience = self.now() + COOLING;
        loop {
            let measured = self.parts.measure()?;
            self.chip = measured.readings.chip;
            match self.guard.objection(&measured.readings) {
                None => return Ok(()),
                Some(objection) if self.now() >= patience => {
                    return Err(BoardError::Unsafe(objection));
                }
                Some(_) => self.rest(self.now() + CHECK)?,
            }
        }
    }

    /// Asks the chip which board this is, and looks for that board's parts.
    fn find_out(&mut self) -> Result<(), BoardError> {
        self.set_voltage(COMMON_MILLIVOLTS)?;
        self.port.set_baud(115_200)?;
        let (kinds, mut port) = (self.kinds, self.port.clone());
        let kind = identify(kinds, &mut port, &mut self.bystander())?;
        self.kinds = only(kind);
        self.parts.find(kind)?;
        Ok(())
    }

    pub(super) fn set_voltage(&mut self, millivolts: u32) -> Result<(), BoardError> {
        self.millivolts = millivolts;
        let port = &mut self.port;
        let mut wait = |time| port.sleep(time);
        Ok(self.parts.power(millivolts, &mut wait)?)
    }

    /// Brings the chips up at the share of their clock that the guard allows. The voltage goes on before reset is let go.
    pub(super) fn start_chain(&mut self) -> Result<Chain, BoardError> {
        self.is_cut = false;
        self.set_voltage(self.point.millivolts)?;
        let settings = self.chain_settings()?;
        self.port.set_baud(settings.reset_baud)?;
        let (port, clock) = (self.port.clone(), self.port.clone());
        let mut bystander = self.bystander();
        let chain = Chain::bring_up(Box::new(port), settings, &mut bystander)
            .map_err(|error| bystander.explain(error, clock.now()))?;
        self.parts.light(Light::Mining);
        Ok(chain)
    }

    /// The board as it stands by its chain.
    fn bystander(&mut self) -> Bystander<'_> {
        Bystander {
            kind: self.kind(),
            millivolts: self.millivolts,
            next_look: self.now(),
            parts: &mut self.parts,
            guard: &mut self.guard,
        }
    }

    fn chain_settings(&self) -> Result<ChainSettings, BoardError> {
        let kind = self.kind();
        Ok(ChainSettings {
            clock_mhz: self.allowed_mhz(),
            baud: Some(self.settings.line_speed(kind)?),
            chips_per_domain: kind.chips_per_domain,
            zero_bits: self.settings.zero_bits,
            slower: self.settings.rate.map(|rate| kind.nominal() / rate),
            unsafe_limits: self.settings.unsafe_limits,
            ..ChainSettings::new(kind.chip, kind.chips)
        })
    }

    /// The clock that the guard allows now, MHz.
    pub(super) fn allowed_mhz(&self) -> f64 {
        let share = match self.guard.level() {
            Level::Run(share) => f64::from(share) / 100.0,
            Level::Off => 0.0,
        };
        (self.point.clock_mhz * share).max(self.kind().chip.clock.min_mhz)
    }

    /// Takes clock, reset and voltage away, in this order; each is tried whatever the others say.
    pub(super) fn cut(&mut self) -> Result<(), BoardError> {
        let halted = self.chain.as_mut().map_or(Ok(()), Chain::halt);
        let cut = self.parts.cut(self.kind());
        self.is_cut = cut.is_ok();
        self.chain = None;
        halted
            .map_err(BoardError::from)
            .and(cut.map_err(Into::into))
    }

    /// Cuts, and leaves the fan as the heat wants it.
    pub(super) fn make_safe(&mut self) -> Result<(), BoardError> {
        let cut = self.cut();
        let fan = self.parts.leave_fan(self.chip);
        if fan.is_ok() {
            self.parts.light(Light::Dark);
        }
        cut.and(fan.map_err(Into::into))
    }

    /// Between chains the port says nothing that matters.
    pub(super) fn rest(&mut self, deadline: Instant) -> Result<(), BoardError> {
        self.port.read(&mut [0; 64], deadline)?;
        Ok(())
    }

    /// Counts a nonce for the tuner.
    pub(super) fn count(&mut self, event: &BoardEvent) {
        if let (Some(tuning), Some(chain)) = (&mut self.tuning, &self.chain) {
            // What was to be expected so far was something else.
            if matches!(event, BoardEvent::Threshold(_)) {
                tuning.forget(chain.now());
            }
            tuning.hear(event, &chain.threshold());
        }
    }

    fn ability(&self, chain: &Chain) -> Ability {
        let mut ability = Ability::from(chain);
        let Point {
            clock_mhz,
            millivolts,
        } = self.point;
        ability.details = format!(
            "{}, {}, up to {clock_mhz:.0} MHz at {millivolts} mV, {}",
            self.kind().name,
            self.parts.controller(),
            ability.details
        );
        ability
    }

    pub(super) fn try_start(&mut self) -> Result<Ability, BoardError> {
        self.power_up()?;
        let limits = limits(&self.settings, self.parts.current_limit());
        self.guard = Guard::new(limits);
        let (kind, serial) = (self.kind(), self.serial_number.as_deref());
        let now = self.now();
        self.tuning = Tuning::new(kind, &self.settings, self.point, serial, now);
        if let Some(tuning) = &self.tuning {
            self.point = tuning.point();
        }
        let chain = self.start_chain()?;
        let ability = self.ability(&chain);
        self.chain = Some(chain);
        self.next_check = self.now();
        Ok(ability)
    }
}

fn limits(settings: &Settings, amps: f32) -> Limits {
    Limits {
        chip: settings.max_celsius,
        board: BOARD_CELSIUS,
        amps,
        resume: settings.target_celsius - RESUME,
    }
}

fn only(kind: &'static Kind) -> &'static [&'static Kind] {
    let all = super::kind::BITAXES;
    let at = all.iter().position(|other| std::ptr::eq(*other, kind));
    at.map_or(all, |at| &all[at..=at])
}
