//! The running program as an emulator: requests in, clocks and bytes out.

use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::{RtlError, RtlSettings, build};
use crate::transport::Emulator;

/// What the program says first.
const HELLO: &[u8; 5] = b"MSIM\x02";
/// Bytes of its hello.
const HELLO_LEN: usize = 26;
/// Bytes that one request can carry.
const LONGEST_SEND: usize = 4096;

/// The Verilated core, running.
pub struct RtlDevice {
    program: PathBuf,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    clock_hz: u32,
    cycle: u64,
    /// The device's clock 0, known when time is told first.
    base: Option<Instant>,
    /// The program has ended, or does not speak as it should: the device is mute from now on.
    broken: bool,
}

impl RtlDevice {
    /// Builds the program if need be, and starts it.
    ///
    /// # Errors
    /// What is missing or failed, and what to try.
    pub fn start(settings: &RtlSettings) -> Result<Self, RtlError> {
        let program = build::program(settings)?;
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| trouble(&program, &error.to_string()))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(trouble(&program, "it has no standard input or output"));
        };
        let mut device = Self {
            from: BufReader::new(from),
            program,
            child,
            to,
            clock_hz: settings.clock_hz,
            cycle: 0,
            base: None,
            broken: false,
        };
        device.check_hello(settings)?;
        Ok(device)
    }

    /// Clocks since the reset.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// Runs so many clocks; what the device says meanwhile is lost.
    pub fn run_for(&mut self, clocks: u64) {
        let end = self.cycle + clocks;
        let mut lost = Vec::new();
        while !self.broken && self.cycle < end {
            self.run_or_break(end, &mut lost);
        }
    }

    fn check_hello(&mut self, settings: &RtlSettings) -> Result<(), RtlError> {
        let mut hello = [0; HELLO_LEN];
        self.from
            .read_exact(&mut hello)
            .map_err(|error| trouble(&self.program, &error.to_string()))?;
        let number = |at: usize| {
            u32::from_le_bytes([hello[at], hello[at + 1], hello[at + 2], hello[at + 3]])
        };
        let told = [5, 9, 13, 17, 21].map(number);
        let wanted = [
            settings.clock_hz,
            settings.baud,
            settings.structure.stages(),
            settings.structure.units(),
            settings.cores,
        ];
        if hello[..5] == *HELLO && told == wanted {
            return Ok(());
        }
        Err(trouble(&self.program, "it was built with other parameters"))
    }

    /// The clock that begins at or before `time`.
    fn cycle_at(&mut self, time: Instant) -> u64 {
        let base = *self.base.get_or_insert(time);
        let nanoseconds = time.saturating_duration_since(base).as_nanos();
        let cycles = nanoseconds * u128::from(self.clock_hz) / 1_000_000_000;
        u64::try_from(cycles).unwrap_or(u64::MAX)
    }

    /// The moment at which a clock has begun for certain: rounded up, so that [`RtlDevice::cycle_at`] comes back to it.
    fn time_at(&self, cycle: u64, otherwise: Instant) -> Instant {
        let nanoseconds = (u128::from(cycle) * 1_000_000_000).div_ceil(self.clock_hz.into());
        let since = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.base.map_or(otherwise, |base| base + since)
    }

    /// Runs the device up to `cycle`, or until it has said a byte.
    fn run(&mut self, cycle: u64, out: &mut Vec<u8>) -> std::io::Result<()> {
        let mut request = [b'R'; 9];
        request[1..].copy_from_slice(&cycle.to_le_bytes());
        self.to.write_all(&request)?;
        let mut answer = [0; 9];
        self.from.read_exact(&mut answer)?;
        let (reached, count) = answer.split_at(8);
        self.cycle = u64::from_le_bytes(reached.try_into().unwrap_or_default());
        let mut bytes = [0; 255];
        let bytes = &mut bytes[..usize::from(count[0])];
        self.from.read_exact(bytes)?;
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn run_or_break(&mut self, cycle: u64, out: &mut Vec<u8>) {
        if self.broken || self.cycle >= cycle {
            return;
        }
        if let Err(error) = self.run(cycle, out) {
            self.give_up(&error);
        }
    }

    fn request(&mut self, request: &[u8]) {
        if !self.broken
            && let Err(error) = self.to.write_all(request)
        {
            self.give_up(&error);
        }
    }

    fn give_up(&mut self, error: &std::io::Error) {
        self.broken = true;
        tracing::error!(program = %self.program.display(), %error, "the simulated core has ended");
    }
}

impl Emulator for RtlDevice {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        // The base must be known before time goes on from it.
        self.cycle_at(now);
        for piece in bytes.chunks(LONGEST_SEND) {
            let mut request = Vec::with_capacity(3 + piece.len());
            request.push(b'S');
            request.extend((piece.len() as u16).to_le_bytes());
            request.extend_from_slice(piece);
            self.request(&request);
        }
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        let cycle = self.cycle_at(until);
        let before = out.len();
        self.run_or_break(cycle, out);
        if out.len() == before {
            return until;
        }
        self.time_at(self.cycle, until).min(until)
    }

    fn set_baud(&mut self, baud: u32) {
        let mut request = [b'B'; 5];
        request[1..].copy_from_slice(&baud.to_le_bytes());
        self.request(&request);
    }
}

impl Drop for RtlDevice {
    fn drop(&mut self) {
        // The program ends with its input; it is waited for, so that none is left behind.
        let _ = self.to.write_all(b"Q");
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn trouble(program: &Path, problem: &str) -> RtlError {
    RtlError::Program {
        program: program.to_owned(),
        problem: problem.to_owned(),
    }
}
