//! The board itself: parts on a bus, lines, chips, and the heat and the currents that they give each other.

use std::time::{Duration, Instant};

use super::setup::Setup;
use crate::board::Truth;
use crate::board::bitaxe::kind::{Kind, SupplyKind, ThermometerKind};
use crate::board::peripheral::emulated::{
    Ds4432u, Emc2101, Emc2103, Ina260, Part, Surroundings, Tmp451, Tmp1075, Tps546,
};
use crate::board::usb_control::emulator::Refusal;
use crate::chip::bm13xx::emulator::{ChainEmulator, Cooling, EmulatedChain, EmulatedChip};
use crate::transport::Emulator;

/// How often parts feel what is around them.
const FEEL: Duration = Duration::from_millis(50);
/// How far the control port may take the board's time along.
const AHEAD: Duration = Duration::from_secs(2);
/// A fan at full drive, turns a minute.
const FULL_RPM: f32 = 6000.0;
/// What a board without a fan of its own is cooled by: somebody else's, at this drive.
const FOREIGN_FAN: f32 = 0.6;
/// What part of the chips' heat above the air the circuit board has.
const BOARD_HEAT: f32 = 0.6;
/// What part of the input's power reaches the chips, and what the rest of the board draws, watts.
const EFFICIENCY: f32 = 0.9;
const REST_WATTS: f32 = 1.5;
/// What is left of the input's voltage when the supply sags.
const SAG: f32 = 0.85;
/// How far a thermometer wavers, kelvin.
const WAVER: f32 = 0.25;

/// An emulated board.
pub(in crate::board::bitaxe) struct Workbench {
    kind: &'static Kind,
    setup: Setup,
    chain: ChainEmulator,
    parts: Vec<Box<dyn Part>>,
    /// Lines 0, 1 and 2.
    lines: [bool; 3],
    begun: Option<Instant>,
    reached: Option<Instant>,
    felt: Option<Instant>,
    has_browned_out: bool,
    /// What thermometers stand at.
    frozen: Option<(f32, f32)>,
    fan: f32,
    /// What the controller drives the fan at by itself, 0 to 1.
    controller_fan: Option<f32>,
    volts: f32,
    light: [u8; 3],
}

impl Workbench {
    /// A board out of its box: chips in reset, no voltage, the fan standing.
    pub(super) fn new(kind: &'static Kind, setup: Setup) -> Self {
        let chain = ChainEmulator::new(chain_settings(kind, &setup));
        Self {
            parts: parts(kind, &setup),
            kind,
            setup,
            chain,
            lines: [false; 3],
            begun: None,
            reached: None,
            felt: None,
            has_browned_out: false,
            frozen: None,
            fan: 0.0,
            controller_fan: None,
            volts: 0.0,
            light: [0; 3],
        }
    }

    pub(super) fn shine(&mut self, colour: [u8; 3]) {
        self.light = colour;
    }

    /// The light's colour.
    #[cfg(test)]
    pub(in crate::board::bitaxe) fn light(&self) -> [u8; 3] {
        self.light
    }

    /// Bytes for the chips.
    pub(super) fn hear(&mut self, bytes: &[u8], now: Instant) {
        self.begin(now);
        self.chain.receive(bytes, now);
    }

    /// Runs the chips up to `until`, or to what they say next.
    pub(super) fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.begin(until);
        let next = self.felt.map_or(until, |felt| felt + FEEL);
        let reached = self
            .chain
            .advance(until.min(next.max(self.time(until))), out);
        self.reached = self.reached.max(Some(reached));
        if self.felt.is_none_or(|felt| reached >= felt + FEEL) {
            self.feel();
        }
        reached
    }

    pub(super) fn set_baud(&mut self, baud: u32) {
        self.chain.set_baud(baud);
    }

    /// The control port is at `now`.
    pub(super) fn live(&mut self, now: Instant) {
        self.begin(now);
        let time = self.time(now);
        self.reached = self.reached.max(Some(time));
        self.feel();
    }

    fn begin(&mut self, now: Instant) {
        if self.begun.is_none() {
            self.begun = Some(now);
            self.reached = Some(now);
            self.chain.reset(true, now);
            self.chain.set_core_voltage(0.0, now);
            // A chain by itself has some air; here it is the parts' business.
            self.chain.set_fan(0.0, now);
            self.feel();
        }
    }

    /// The board's time when a port says that it is `now`.
    fn time(&self, now: Instant) -> Instant {
        self.reached
            .map_or(now, |reached| now.clamp(reached, reached + AHEAD))
    }

    fn age(&self) -> Duration {
        let pair = self.reached.zip(self.begun);
        pair.map_or(Duration::ZERO, |(reached, begun)| {
            reached.saturating_duration_since(begun)
        })
    }

    fn is_on(&self, begins: Option<Duration>) -> bool {
        self.setup.mishaps.is_on(begins, self.age())
    }

    /// The controller says nothing.
    pub(super) fn is_mute(&self) -> bool {
        self.is_on(self.setup.mishaps.control_silent)
    }

    pub(super) fn transfer(
        &mut self,
        address: u8,
        written: &[u8],
        wanted: usize,
    ) -> Result<Vec<u8>, Refusal> {
        let thermometer = matches!(address, 0x2e | 0x49 | 0x4a | 0x4c);
        if thermometer && self.is_on(self.setup.mishaps.sensor_silent) {
            return Err(Refusal::Timeout);
        }
        let mut parts = self.parts.iter_mut();
        let part = parts
            .find(|part| part.address() == address)
            .ok_or(Refusal::Timeout)?;
        let answer = part.transfer(written, wanted);
        self.feel();
        Ok(answer)
    }

    pub(super) fn line(&self, line: u8) -> Result<bool, Refusal> {
        self.lines
            .get(usize::from(line))
            .copied()
            .ok_or(Refusal::Invalid)
    }

    /// The controller's own way to the fan, which only old firmware has.
    pub(super) fn set_fan(&mut self, percent: u8) -> Result<(), Refusal> {
        if !self.setup.has_fan_page {
            return Err(Refusal::Invalid);
        }
        self.controller_fan = Some(f32::from(percent) / 100.0);
        self.feel();
        Ok(())
    }

    /// The controller's supply, and the board's where it is wired; the scale is ours.
    pub(super) fn analogue(&mut self, channel: u8) -> Result<u16, Refusal> {
        let is_wired = self.kind.inputs.iter().any(|(wired, _)| *wired == channel);
        match channel {
            0x50 if is_wired => Ok(3300),
            0x51 if is_wired => Ok((self.input_volts() * 100.0) as u16),
            _ => Err(Refusal::Invalid),
        }
    }

    fn input_volts(&self) -> f32 {
        let full = if self.kind.chips > 1 { 12.0 } else { 5.0 };
        let sags = self.is_on(self.setup.mishaps.supply_sags);
        full * if sags { SAG } else { 1.0 }
    }

    pub(super) fn set_line(&mut self, line: u8, high: bool) -> Result<(), Refusal> {
        let level = self
            .lines
            .get_mut(usize::from(line))
            .ok_or(Refusal::Invalid)?;
        let before = std::mem::replace(level, high);
        if let (true, Some(now)) = (
            line == self.kind.lines.reset && before != high,
            self.reached,
        ) {
            self.chain.reset(!high, now);
        }
        self.feel();
        Ok(())
    }

    /// Parts act on the world, and the world on the parts.
    fn feel(&mut self) {
        let Some(now) = self.reached else { return };
        self.felt = Some(now);
        self.brown_out();
        self.act(now);
        let world = self.surroundings(now);
        self.parts.iter_mut().for_each(|part| part.feel(&world));
        self.act(now);
    }

    /// When the supply dips, the parts forget what they were told; the chips' emulator does that for itself. The controller lives on USB.
    fn brown_out(&mut self) {
        let dips = self
            .setup
            .chain
            .brown_out
            .is_some_and(|at| self.age() >= at);
        if dips && !self.has_browned_out {
            self.has_browned_out = true;
            self.parts = parts(self.kind, &self.setup);
        }
    }

    fn act(&mut self, now: Instant) {
        let volts = self.regulated();
        if (volts - self.volts).abs() > 1e-4 {
            self.volts = volts;
            self.chain.set_core_voltage(f64::from(volts), now);
        }
        let own = self.parts.iter().find_map(|part| part.fan());
        let own = self.controller_fan.or(own);
        let stands = self.is_on(self.setup.mishaps.fan_stops);
        let fan = if stands {
            0.0
        } else {
            own.unwrap_or(FOREIGN_FAN)
        };
        if (fan - self.fan).abs() > 1e-3 {
            self.fan = fan;
            self.chain.set_fan(f64::from(fan) * 100.0, now);
        }
    }

    /// What the regulator makes: nothing where a line holds it off, or the chips' inputs have no voltage.
    fn regulated(&self) -> f32 {
        let set = self.parts.iter().find_map(|part| part.core_volts());
        let lines = [self.kind.lines.power, self.kind.lines.io];
        let allowed = |line: &Option<u8>| line.is_none_or(|line| self.lines[usize::from(line)]);
        if lines.iter().all(allowed) {
            set.unwrap_or(0.0)
        } else {
            0.0
        }
    }

    fn surroundings(&mut self, now: Instant) -> Surroundings {
        let (chip, board) = self.felt_celsius(now);
        let surge = if self.is_on(self.setup.mishaps.over_current) {
            3.0
        } else {
            1.0
        };
        let watts = self.chain.power(now) as f32 * surge;
        let volts = self.volts;
        let input_volts = self.input_volts();
        Surroundings {
            chip,
            board,
            input_volts,
            input_amps: (watts / EFFICIENCY + REST_WATTS) / input_volts,
            core_volts: volts,
            core_amps: if volts > 0.1 { watts / volts } else { 0.0 },
            fan_rpm: (self.fan * FULL_RPM) as u32,
        }
    }

    /// Chip and circuit board as thermometers have them: wavering, or standing still.
    fn felt_celsius(&mut self, now: Instant) -> (f32, f32) {
        let chip = self.chain.temperature(now) as f32 + self.waver();
        let board = self.setup.ambient + BOARD_HEAT * (chip - self.setup.ambient);
        if !self.is_on(self.setup.mishaps.sensor_freezes) {
            self.frozen = None;
            return (chip, board);
        }
        *self.frozen.get_or_insert((chip, board))
    }

    /// What truly is when the board has lived on for `time`.
    pub(super) fn truth_after(&mut self, time: Duration) -> Truth {
        self.chain.live_on(time);
        self.truth()
    }

    /// What truly is, whatever thermometers say.
    pub(in crate::board::bitaxe) fn truth(&self) -> Truth {
        Truth {
            celsius: self.chain.celsius(),
            core_volts: f64::from(self.volts),
            in_reset: !self.lines[usize::from(self.kind.lines.reset)],
            clock_mhz: self.chain.clock(),
            watts: self.chain.watts(),
        }
    }

    /// What the fan does, 0 to 1.
    #[cfg(test)]
    pub(in crate::board::bitaxe) fn fan(&self) -> f32 {
        self.fan
    }

    /// A wavering of the readings that time and seed decide.
    fn waver(&self) -> f32 {
        let tick = self.age().as_millis() as u64 / 200;
        let mixed = (tick ^ self.setup.seed.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed >> 40) as f32 / (1_u64 << 24) as f32 - 0.5) * 2.0 * WAVER
    }
}

fn chain_settings(kind: &Kind, setup: &Setup) -> EmulatedChain {
    let chip = emulated_chip(kind);
    let slower = f64::from(32 - setup.zero_bits).exp2();
    let usual = EmulatedChain::new(chip, kind.chips);
    EmulatedChain {
        rate: setup.rate.unwrap_or(kind.nominal() / slower),
        zero_bits: Some(setup.zero_bits),
        seed: setup.seed,
        stock_clock: kind.mhz.stock,
        stock_voltage: f64::from(kind.millivolts.stock) / 1000.0,
        faults: setup.chain,
        cooling: Cooling {
            ambient: f64::from(setup.ambient),
            ..usual.cooling
        },
        ..usual
    }
}

fn emulated_chip(kind: &Kind) -> EmulatedChip {
    match kind.chip.name {
        "BM1397" => EmulatedChip::Bm1397,
        "BM1362" => EmulatedChip::Bm1362,
        "BM1366" => EmulatedChip::Bm1366,
        "BM1368" => EmulatedChip::Bm1368,
        _ => EmulatedChip::Bm1370,
    }
}

/// The parts that a board of `kind` carries: the newer supply on boards with a diode, the older on the others, unless `setup` has it
/// otherwise.
fn parts(kind: &Kind, setup: &Setup) -> Vec<Box<dyn Part>> {
    let mut parts = supply(kind, setup);
    match kind.thermometer {
        ThermometerKind::Pair { offset } => {
            parts.push(Box::new(Tmp451::new(0x49, -f32::from(offset))));
            parts.push(Box::new(Tmp1075::new(0x4a)));
        }
        _ if setup.has_emc2103 => parts.push(Box::new(Emc2103::new())),
        ThermometerKind::FanDriver { offset } => parts.push(Box::new(Emc2101::new(Some(offset)))),
        ThermometerKind::Diode { .. } => parts.push(Box::new(Emc2101::new(None))),
    }
    parts
}

fn supply(kind: &Kind, setup: &Setup) -> Vec<Box<dyn Part>> {
    let is_newer = matches!(kind.thermometer, ThermometerKind::Diode { .. });
    match kind.supply {
        SupplyKind::Either { .. } if setup.has_tps546.unwrap_or(is_newer) => {
            vec![Box::new(Tps546::new())]
        }
        SupplyKind::Either { .. } => vec![
            Box::new(Ds4432u::new(1.4584, 0.4699)),
            Box::new(Ina260::new()),
        ],
        // 3.6 V, and 202.9 microamperes through 3570 ohms.
        SupplyKind::Switched { .. } => vec![Box::new(Ds4432u::new(3.6, 0.7244))],
    }
}
