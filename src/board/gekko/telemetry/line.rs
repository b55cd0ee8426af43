//! The conversation with the controller: one command at a time, a pause after each, silence counted.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::fields::{Layout, Reading};
use crate::board::BoardError;
use crate::transport::{Transport, TransportError};

/// Between two commands (section 13).
const PAUSE: Duration = Duration::from_millis(100);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(400);
/// How soon to look for an answer again.
const GLANCE: Duration = Duration::from_millis(4);
/// How often a command is tried at the start.
const TRIES: u32 = 3;
/// The most commands that wait; of one kind only the newest matters.
const WAITING: usize = 8;

const VERSION: [u8; 2] = *b"?v";
const MASK: [u8; 2] = *b"M.";
const FIELDS: [u8; 2] = *b"G.";

/// What came of a command.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::board::gekko) enum Heard {
    /// A reading.
    Reading(Reading),
    /// A command was obeyed.
    Done,
    /// A command was not answered.
    Nothing,
}

struct Asked {
    command: [u8; 2],
    until: Instant,
    /// When to look for its answer.
    look: Instant,
    got: ArrayVec<u8, 8>,
}

/// The controller at its port.
pub(in crate::board::gekko) struct Telemetry {
    line: Box<dyn Transport>,
    layout: Layout,
    waiting: VecDeque<[u8; 2]>,
    asked: Option<Asked>,
    free_at: Instant,
}

impl Telemetry {
    /// Asks the controller who it is.
    ///
    /// # Errors
    /// [`BoardError::Probe`] when it does not answer.
    pub(in crate::board::gekko) fn start(line: Box<dyn Transport>) -> Result<Self, BoardError> {
        let free_at = line.now();
        let mut telemetry = Self {
            line,
            layout: Layout::told(0x30, 0),
            waiting: VecDeque::new(),
            asked: None,
            free_at,
        };
        let version = telemetry.ask(
            VERSION,
            1,
            "asking the telemetry controller for its version",
        )?[0];
        telemetry.layout = if let Some(layout) = Layout::known(version) {
            layout
        } else {
            let step = "asking the telemetry controller for its fields";
            Layout::told(version, telemetry.ask(MASK, 1, step)?[0])
        };
        Ok(telemetry)
    }

    /// A reading, waited for.
    pub(in crate::board::gekko) fn read(&mut self) -> Result<Reading, BoardError> {
        let length = self.layout.length();
        let raw = self.ask(FIELDS, length, "reading telemetry")?;
        Ok(self.layout.read(&raw))
    }

    /// Sends a command and waits until it is acknowledged.
    pub(in crate::board::gekko) fn command(&mut self, command: [u8; 2]) -> Result<(), BoardError> {
        self.ask(command, 1, "a command to the telemetry controller")
            .map(|_| ())
    }

    /// Sends a command once and does not wait: for the end, when somebody must not be kept waiting by a dead controller.
    pub(in crate::board::gekko) fn shout(
        &mut self,
        command: [u8; 2],
    ) -> Result<(), TransportError> {
        self.rest();
        self.free_at = self.line.now() + PAUSE;
        self.line.write(&command)
    }

    /// Puts a command into the queue, in the place of one of its kind.
    pub(in crate::board::gekko) fn request(&mut self, command: [u8; 2]) {
        let has_room = self.waiting.len() < WAITING;
        let same = self
            .waiting
            .iter_mut()
            .find(|waiting| waiting[0] == command[0]);
        match same {
            Some(waiting) => *waiting = command,
            None if has_room => self.waiting.push_back(command),
            None => {}
        }
    }

    /// Puts a reading into the queue.
    pub(in crate::board::gekko) fn request_reading(&mut self) {
        self.request(FIELDS);
    }

    /// When [`turn`](Telemetry::turn) has something to do.
    pub(in crate::board::gekko) fn due(&self) -> Option<Instant> {
        match &self.asked {
            Some(asked) => Some(asked.look),
            None => (!self.waiting.is_empty()).then_some(self.free_at),
        }
    }

    /// Goes on with the queue without waiting for anything.
    pub(in crate::board::gekko) fn turn(&mut self) -> Result<Option<Heard>, TransportError> {
        let now = self.line.now();
        if let Some(asked) = self.asked.take() {
            return self.listen(asked, now);
        }
        if now >= self.free_at
            && let Some(command) = self.waiting.pop_front()
        {
            self.drain()?;
            self.line.write(&command)?;
            self.asked = Some(Asked {
                command,
                until: now + PATIENCE,
                look: now + GLANCE,
                got: ArrayVec::new(),
            });
        }
        Ok(None)
    }

    fn listen(&mut self, mut asked: Asked, now: Instant) -> Result<Option<Heard>, TransportError> {
        let wanted = self.wanted(asked.command);
        let mut buf = [0; 8];
        let room = wanted - asked.got.len().min(wanted);
        let count = self.line.read(&mut buf[..room], now)?;
        asked.got.extend(buf[..count].iter().copied());
        if asked.got.len() < wanted && now < asked.until {
            asked.look = now + GLANCE;
            self.asked = Some(asked);
            return Ok(None);
        }
        // An answer that is late must not be taken for the next one's: it is given the same time again, and thrown away.
        let is_late = asked.got.len() < wanted;
        self.free_at = now + if is_late { PATIENCE } else { PAUSE };
        Ok(Some(match asked.command {
            _ if is_late => Heard::Nothing,
            FIELDS => Heard::Reading(self.layout.read(&asked.got)),
            _ => Heard::Done,
        }))
    }

    fn wanted(&self, command: [u8; 2]) -> usize {
        if command == FIELDS {
            self.layout.length()
        } else {
            1
        }
    }

    fn ask(
        &mut self,
        command: [u8; 2],
        wanted: usize,
        step: &'static str,
    ) -> Result<ArrayVec<u8, 8>, BoardError> {
        self.asked = None;
        let mut got = ArrayVec::new();
        for _ in 0..TRIES {
            self.rest();
            self.drain()?;
            self.line.write(&command)?;
            got = self.collect(wanted)?;
            self.free_at = self.line.now() + PAUSE;
            if got.len() == wanted {
                return Ok(got);
            }
        }
        let got = if got.is_empty() {
            format!("nothing within {} ms", PATIENCE.as_millis())
        } else {
            hex::encode(&got)
        };
        Err(BoardError::Probe {
            step,
            expected: format!("{wanted} bytes"),
            got,
        })
    }

    fn collect(&mut self, wanted: usize) -> Result<ArrayVec<u8, 8>, TransportError> {
        let (mut got, mut buf) = (ArrayVec::new(), [0; 8]);
        let deadline = self.line.now() + PATIENCE;
        while got.len() < wanted {
            let count = self.line.read(&mut buf[..wanted - got.len()], deadline)?;
            if count == 0 && self.line.now() >= deadline {
                break;
            }
            got.extend(buf[..count].iter().copied());
        }
        Ok(got)
    }

    fn rest(&mut self) {
        let pause = self.free_at.saturating_duration_since(self.line.now());
        self.line.sleep(pause);
    }

    fn drain(&mut self) -> Result<(), TransportError> {
        let (mut buf, now) = ([0; 64], self.line.now());
        while self.line.read(&mut buf, now)? > 0 {}
        Ok(())
    }
}
