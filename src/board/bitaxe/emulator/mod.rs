//! The emulated board: a bitaxe-raw controller on one port, a chain of emulated chips on the other, and the parts and the heat between.
//!
//! Both ports are hands on one [`Workbench`]. Time is the data port's: the control port may be ahead of it, and takes it along, but not
//! far, as a device that cannot keep up with the clock has lost time that nobody gets back.

mod setup;
mod workbench;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(in crate::board) use crate::board::usb_control::emulator::Firmware;
use crate::board::usb_control::emulator::{Circuit, Controller, Refusal};
use crate::board::{BoardError, BoardOptions, Emulated, Gauge};
use crate::transport::Emulator;

use super::kind::Kind;
use setup::Setup;
use workbench::Workbench;

/// An emulated board of `kind` whose controller has `firmware` unless the options name another.
///
/// # Errors
/// [`BoardError::Option`].
pub(in crate::board) fn emulate(
    kind: &'static Kind,
    firmware: Firmware,
    options: &BoardOptions,
) -> Result<Emulated, BoardError> {
    build(kind, firmware, options).map(|(emulated, _)| emulated)
}

/// As [`emulate`], with a hand on the board for who wants to see what truly happens to it.
pub(super) fn build(
    kind: &'static Kind,
    firmware: Firmware,
    options: &BoardOptions,
) -> Result<(Emulated, Hand), BoardError> {
    let setup = Setup::parse(kind, options)?;
    let firmware = setup.firmware.unwrap_or(firmware);
    let bench = Hand(Arc::new(Mutex::new(Workbench::new(kind, setup))));
    let gauged = bench.clone();
    let emulated = Emulated {
        gauge: Some(Gauge::new(move |time| gauged.lock().truth_after(time))),
        data: Box::new(bench.clone()),
        control: Some(Box::new(Controller::new(firmware, bench.clone()))),
        vendor: None,
    };
    Ok((emulated, bench))
}

/// A hand on the one board.
#[derive(Clone)]
pub(super) struct Hand(Arc<Mutex<Workbench>>);

impl Hand {
    pub(super) fn lock(&self) -> MutexGuard<'_, Workbench> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Emulator for Hand {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.lock().hear(bytes, now);
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.lock().advance(until, out)
    }

    fn set_baud(&mut self, baud: u32) {
        self.lock().set_baud(baud);
    }
}

impl Circuit for Hand {
    fn live(&mut self, now: Instant) {
        self.lock().live(now);
    }

    fn transfer(&mut self, address: u8, written: &[u8], wanted: usize) -> Result<Vec<u8>, Refusal> {
        self.lock().transfer(address, written, wanted)
    }

    fn set_line(&mut self, line: u8, high: bool) -> Result<(), Refusal> {
        self.lock().set_line(line, high)
    }

    fn line(&self, line: u8) -> Result<bool, Refusal> {
        self.lock().line(line)
    }

    fn set_fan(&mut self, percent: u8) -> Result<(), Refusal> {
        self.lock().set_fan(percent)
    }

    fn analogue(&mut self, channel: u8) -> Result<u16, Refusal> {
        self.lock().analogue(channel)
    }

    fn shine(&mut self, colour: [u8; 3]) {
        self.lock().shine(colour);
    }

    fn is_mute(&self) -> bool {
        self.lock().is_mute()
    }
}
