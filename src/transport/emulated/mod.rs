//! A device made of software behind the same seam as a port, on the clock or on virtual time.
//!
//! On the clock the device is paced: it does not answer before its time. On virtual time nothing ever waits: a read runs the device straight
//! to its next output and moves the clock there.

mod clock;
mod plug;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use super::pace::{Pace, TICK};
use super::{Emulator, Transport, TransportError, Waker};
pub use clock::VirtualClock;
pub use plug::Plug;

/// What a device may have said that nobody has read; beyond it bytes are lost, as in a terminal's buffer.
const BACKLOG: usize = 64 * 1024;

/// The line to an emulated device.
pub struct EmulatedTransport {
    name: String,
    emulator: Box<dyn Emulator>,
    time: Time,
    /// Said by the device, not read yet.
    pending: VecDeque<u8>,
    /// Reused for the device's output.
    out: Vec<u8>,
    plug: Plug,
}

#[derive(Debug)]
enum Time {
    Real(Pace),
    Virtual(VirtualClock),
}

impl EmulatedTransport {
    /// A device in real time. `name` stands for the port in errors.
    pub fn real(name: impl Into<String>, emulator: Box<dyn Emulator>) -> Self {
        Self::new(
            name.into(),
            emulator,
            Time::Real(Pace::new(Instant::now())),
            Plug::new(),
        )
    }

    /// A device on virtual time. A clock may be shared; each user moves it on, none moves it back.
    pub fn virtual_time(
        name: impl Into<String>,
        emulator: Box<dyn Emulator>,
        clock: VirtualClock,
    ) -> Self {
        Self::new(name.into(), emulator, Time::Virtual(clock), Plug::new())
    }

    fn new(name: String, emulator: Box<dyn Emulator>, time: Time, plug: Plug) -> Self {
        Self {
            name,
            emulator,
            time,
            pending: VecDeque::new(),
            out: Vec::new(),
            plug,
        }
    }

    /// The switch that pulls the device out.
    pub fn plug(&self) -> Plug {
        self.plug.clone()
    }

    fn check(&self, step: &'static str) -> Result<(), TransportError> {
        if self.plug.is_in() {
            return Ok(());
        }
        let port = self.name.clone();
        Err(TransportError::Gone { port, step })
    }

    /// Moves what the device said to where it is read from.
    fn keep(&mut self) {
        let room = BACKLOG - self.pending.len().min(BACKLOG);
        self.out.truncate(room);
        self.pending.extend(self.out.drain(..));
    }

    fn take(&mut self, buf: &mut [u8]) -> usize {
        let count = buf.len().min(self.pending.len());
        for (slot, byte) in buf.iter_mut().zip(self.pending.drain(..count)) {
            *slot = byte;
        }
        count
    }

    /// One piece of the device's life on the clock; whether it has caught up.
    fn live(&mut self) -> bool {
        let Time::Real(pace) = &mut self.time else {
            return true;
        };
        let caught_up = pace.run(self.emulator.as_mut(), Instant::now(), &mut self.out);
        self.keep();
        caught_up
    }

    /// Waits on the clock until the device has said something, `deadline`, or a wake (which is consumed).
    fn wait_real(&mut self, deadline: Instant) -> Result<(), TransportError> {
        loop {
            let caught_up = self.live();
            self.check("reading")?;
            if !self.pending.is_empty() || self.plug.take_wake() {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            if caught_up {
                self.plug.wait(left.min(TICK));
            }
        }
    }

    /// Runs the device to its next output, or to `deadline`.
    fn run_virtual(&mut self, clock: &VirtualClock, deadline: Instant) {
        let until = deadline.max(clock.now());
        loop {
            let before = clock.now();
            let reached = self.emulator.advance(until, &mut self.out).min(until);
            let silent = self.out.is_empty();
            self.keep();
            // A device that stands still and says nothing would hold us here for ever.
            let stuck = silent && reached <= before;
            clock.advance_to(if stuck { until } else { reached });
            if !silent || clock.now() >= until {
                return;
            }
        }
    }

    fn sleep_real(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        loop {
            let caught_up = self.live();
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            if caught_up {
                std::thread::sleep(left.min(TICK));
            }
        }
    }

    fn sleep_virtual(&mut self, clock: &VirtualClock, time: Duration) {
        let deadline = clock.now() + time;
        while clock.now() < deadline {
            let before = (clock.now(), self.pending.len());
            self.run_virtual(clock, deadline);
            // Output without end at one moment: nothing that sleep could wait for.
            if (clock.now(), self.pending.len()) == before {
                clock.advance_to(deadline);
            }
        }
    }

    fn device_now(&self) -> Instant {
        match &self.time {
            Time::Real(pace) => pace.reached(),
            Time::Virtual(clock) => clock.now(),
        }
    }
}

impl Transport for EmulatedTransport {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.check("writing")?;
        let now = self.device_now();
        self.emulator.receive(bytes, now);
        Ok(())
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.check("reading")?;
        if self.pending.is_empty() {
            match &self.time {
                Time::Real(_) => self.wait_real(deadline)?,
                Time::Virtual(clock) => {
                    let clock = clock.clone();
                    self.run_virtual(&clock, deadline);
                }
            }
        }
        Ok(self.take(buf))
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.check("setting the line speed")?;
        self.emulator.set_baud(baud);
        Ok(())
    }

    fn now(&self) -> Instant {
        match &self.time {
            Time::Real(_) => Instant::now(),
            Time::Virtual(clock) => clock.now(),
        }
    }

    fn sleep(&mut self, time: Duration) {
        match &self.time {
            Time::Real(_) => self.sleep_real(time),
            Time::Virtual(clock) => {
                let clock = clock.clone();
                self.sleep_virtual(&clock, time);
            }
        }
    }

    fn waker(&self) -> Waker {
        match &self.time {
            Time::Real(_) => self.plug.waker(),
            Time::Virtual(_) => Waker::none(),
        }
    }
}

impl fmt::Debug for EmulatedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatedTransport")
            .field("name", &self.name)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
