//! The telemetry controller: two-byte commands, one-byte acknowledgements, readings by its version (section 13).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::bridge::Latch;
use super::setup::Setup;
use crate::chip::bm13xx::emulator::SharedChain;
use crate::transport::{Emulator, say_due};

/// From a command to its answer.
const LATENCY: Duration = Duration::from_millis(3);
/// A lone byte is forgotten after so long.
const FORGETS: Duration = Duration::from_millis(50);
/// The input, volts.
const INPUT: f64 = 5.0;
/// Turns a minute of a fan at full drive.
const FULL_RPM: f64 = 6000.0;
/// The part of the input's power that reaches the chips.
const EFFICIENCY: f64 = 0.88;
/// By how much a board's current is too high when it is.
const SURGE: f64 = 5.0;
/// What a converter's code 1 stands for, volts.
const REFERENCE: f64 = 2.048 / 255.0;

/// The controller.
pub(super) struct Controller {
    setup: Setup,
    chain: SharedChain,
    latch: Latch,
    half: Option<(u8, Instant)>,
    replies: VecDeque<(Instant, Vec<u8>)>,
    volts: f64,
    /// Whether the regulator's output is to fall still.
    will_slump: bool,
    fan: u8,
    begun: Option<Instant>,
    frozen: Option<Vec<u8>>,
    readings: u64,
}

impl Controller {
    pub(super) fn new(setup: Setup, chain: SharedChain, latch: Latch) -> Self {
        chain.lock().cut_core_voltage();
        Self {
            setup,
            chain,
            latch,
            will_slump: true,
            half: None,
            replies: VecDeque::new(),
            volts: 0.0,
            fan: 50,
            begun: None,
            frozen: None,
            readings: 0,
        }
    }

    fn age(&mut self, now: Instant) -> Duration {
        let begun = *self.begun.get_or_insert(now);
        now.saturating_duration_since(begun)
    }

    fn obey(&mut self, command: [u8; 2], now: Instant) {
        let age = self.age(now);
        if self.setup.mute.is_some_and(|mute| age >= mute) {
            return;
        }
        let answer = match command {
            [b'?', b'v'] => vec![self.setup.version],
            [b'M', b'.'] => vec![self.mask()],
            [b'G', b'.'] => self.readings(now),
            [b'L', letter @ (b'-' | b'H' | b'N' | b'O')] => vec![letter],
            command => match self.switch(command) {
                Some(acknowledgement) => vec![acknowledgement],
                None => return,
            },
        };
        self.slump(now);
        self.apply(now);
        self.replies.push_back((now + LATENCY, answer));
    }

    /// Voltage, regulator and fan.
    fn switch(&mut self, command: [u8; 2]) -> Option<u8> {
        match command {
            [b'V', step @ 0..=100] => self.volts = f64::from(step) * 0.005,
            [b'B', letter @ (b'O' | b'-')] => self.latch.switch_regulator(letter == b'O'),
            [b'F', percent @ 0..=100] if self.setup.has_fan => self.fan = percent,
            _ => return None,
        }
        Some(command[1])
    }

    /// Once, the regulator loses a third of its output.
    fn slump(&mut self, now: Instant) {
        let age = self.age(now);
        if self.will_slump && self.setup.slump.is_some_and(|at| age >= at) {
            self.will_slump = false;
            self.volts *= 2.0 / 3.0;
        }
    }

    /// What was commanded reaches the chips.
    fn apply(&mut self, now: Instant) {
        let on = self.latch.is_regulator_on();
        let fan = self.turning(now);
        let mut chain = self.chain.lock();
        chain.set_core_voltage(if on { self.volts } else { 0.0 }, now);
        if self.setup.has_fan {
            chain.set_fan(fan, now);
        }
    }

    /// What the fan really does, percent.
    fn turning(&mut self, now: Instant) -> f64 {
        let age = self.age(now);
        let stopped = self.setup.fan_stops.is_some_and(|stop| age >= stop);
        if stopped { 0.0 } else { f64::from(self.fan) }
    }

    /// Which fields it sends: bits VIN, IIN, VOUT, IOUT, T1, T2, TACH; bit 7: currents on the large scale.
    fn mask(&self) -> u8 {
        match self.setup.version {
            0x10..=0x1f => 0b0001_0101,
            0x20 => 0b1101_1111,
            0x21..=0x2f => 0b0111_0111,
            _ => 0b1111_1111,
        }
    }

    fn readings(&mut self, now: Instant) -> Vec<u8> {
        let age = self.age(now);
        let fresh = self.measure(now, age);
        if self.setup.frozen.is_some_and(|frozen| age >= frozen) {
            return self.frozen.get_or_insert(fresh).clone();
        }
        fresh
    }

    fn measure(&mut self, now: Instant, age: Duration) -> Vec<u8> {
        self.readings += 1;
        let fan = self.turning(now);
        let (celsius, watts, volts) = {
            let mut chain = self.chain.lock();
            let celsius = chain.temperature(now);
            let surges = self.setup.over_current.is_some_and(|surge| age >= surge);
            let factor = if surges { SURGE } else { 1.0 };
            (celsius, chain.power(now) * factor, chain.core_voltage())
        };
        // The lowest bit wavers, as it does on every converter.
        let noise = (self.readings % 3) as f64 * 0.4;
        let (input, ampere) = self.scales();
        let core_current = if volts > 0.0 { watts / volts } else { 0.0 };
        let fields = [
            INPUT / input,
            watts / EFFICIENCY / INPUT / ampere,
            volts / (REFERENCE / 2.0),
            core_current / ampere,
            (celsius + 50.0) * 218.0 / 175.0 + noise,
            (celsius + 47.0) * 218.0 / 175.0,
            fan / 100.0 * FULL_RPM / 30.0,
        ];
        let mask = self.mask();
        let sent = (0..7).filter(|bit| mask >> bit & 1 == 1);
        sent.map(|bit| fields[bit].round().clamp(0.0, 255.0) as u8)
            .collect()
    }

    /// What code 1 stands for: of the input in volts, of currents in amperes.
    fn scales(&self) -> (f64, f64) {
        let input = if self.setup.version < 0x20 {
            6.0 / 255.0
        } else {
            REFERENCE * 12.0
        };
        let large = self.mask() >> 7 == 1;
        (input, REFERENCE * if large { 20.0 } else { 3.125 })
    }
}

impl Emulator for Controller {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.age(now);
        for byte in bytes {
            let first = self.half.take();
            match first.filter(|(_, at)| now.saturating_duration_since(*at) < FORGETS) {
                Some((first, _)) => self.obey([first, *byte], now),
                None => self.half = Some((*byte, now)),
            }
        }
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        say_due(&mut self.replies, until, out).unwrap_or(until)
    }
}
