//! A device made of software behind the same seam as a port, on the clock or on virtual time.
//!
//! On the clock the device is paced: it does not answer before its time. On virtual time nothing ever waits: a read runs the device straight
//! to its next output and moves the clock there.

mod clock;
mod outbox;
mod plug;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use super::pace::{Pace, TICK};
use super::{Emulator, Parity, Transport, TransportError, Waker};
pub use clock::VirtualClock;
pub use outbox::say_due;
pub use plug::Plug;

/// What a device may have said that nobody has read; beyond it bytes are lost, as in a terminal's buffer.
const BACKLOG: usize = 64 * 1024;

/// How long a device that is behind the clock may live when somebody only looks whether it has spoken: those who never wait would
/// otherwise not let it answer before their patience is over.
const GLANCE: Duration = Duration::from_millis(1);

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
    Virtual {
        clock: VirtualClock,
        /// The device's time: behind the clock when another user has moved that on.
        reached: Instant,
    },
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
        let reached = clock.now();
        let time = Time::Virtual { clock, reached };
        Self::new(name.into(), emulator, time, Plug::new())
    }

    fn new(name: String, mut emulator: Box<dyn Emulator>, time: Time, plug: Plug) -> Self {
        // As a port is opened.
        emulator.set_parity(Parity::None);
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
        let began = Instant::now();
        loop {
            let caught_up = self.live();
            self.check("reading")?;
            if !self.pending.is_empty() || self.plug.take_wake() {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() && (caught_up || began.elapsed() >= GLANCE) {
                return Ok(());
            }
            if caught_up {
                self.plug.wait(left.min(TICK));
            }
        }
    }

    /// Runs the device to its next output, or to `until`, and moves the clock there. A device that stands still does not hold it.
    fn run_virtual(&mut self, until: Instant) {
        let Time::Virtual { clock, reached } = &mut self.time else {
            return;
        };
        let until = until.max(clock.now());
        loop {
            let before = *reached;
            *reached = self
                .emulator
                .advance(until, &mut self.out)
                .clamp(before, until.max(before));
            let silent = self.out.is_empty();
            let stuck = silent && *reached <= before;
            clock.advance_to(if stuck { until } else { *reached });
            if !silent || stuck || *reached >= until {
                break;
            }
        }
        self.keep();
    }

    /// Lets the device live up to the clock's time, before something happens to it at that time.
    fn catch_up(&mut self) {
        while let Time::Virtual { clock, reached } = &self.time {
            let (now, before) = (clock.now(), *reached);
            if before >= now {
                return;
            }
            self.run_virtual(now);
            if self.device_time() <= before {
                return;
            }
        }
    }

    fn device_time(&self) -> Instant {
        match &self.time {
            Time::Real(pace) => pace.reached(),
            Time::Virtual { reached, .. } => *reached,
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

    fn sleep_virtual(&mut self, deadline: Instant) {
        while self.now() < deadline {
            let before = self.device_time();
            self.run_virtual(deadline);
            // Output without end at one moment: nothing that sleep could wait for.
            if self.device_time() <= before
                && let Time::Virtual { clock, .. } = &self.time
            {
                clock.advance_to(deadline);
            }
        }
    }
}

impl Transport for EmulatedTransport {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.check("writing")?;
        self.catch_up();
        let now = match &mut self.time {
            Time::Real(pace) => {
                pace.startle();
                pace.reached()
            }
            Time::Virtual { clock, .. } => clock.now(),
        };
        self.emulator.receive(bytes, now);
        Ok(())
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.check("reading")?;
        if self.pending.is_empty() {
            match &self.time {
                Time::Real(_) => self.wait_real(deadline)?,
                Time::Virtual { .. } => self.run_virtual(deadline),
            }
        }
        Ok(self.take(buf))
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.check("setting the line speed")?;
        self.emulator.set_baud(baud);
        Ok(())
    }

    fn set_parity(&mut self, parity: Parity) -> Result<(), TransportError> {
        self.check("setting the line's format")?;
        self.emulator.set_parity(parity);
        Ok(())
    }

    fn now(&self) -> Instant {
        match &self.time {
            Time::Real(_) => Instant::now(),
            Time::Virtual { clock, .. } => clock.now(),
        }
    }

    fn sleep(&mut self, time: Duration) {
        match &self.time {
            Time::Real(_) => self.sleep_real(time),
            Time::Virtual { clock, .. } => self.sleep_virtual(clock.now() + time),
        }
    }

    fn waker(&self) -> Waker {
        match &self.time {
            Time::Real(_) => self.plug.waker(),
            Time::Virtual { .. } => Waker::none(),
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
