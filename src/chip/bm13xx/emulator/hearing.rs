//! What the host says, taken from bytes (sections 1, 8 and 9). Bad checksums are dropped and counted; after noise the next frame is found.

use std::time::{Duration, Instant};

use super::crc::{crc5, crc5_with, crc16};
use super::job::{BARE_JOB, HEADER_FRAME, Job};
use super::silicon::Dialect;

/// A BM1384 forgets half a message after so long: nothing else shows it where the next one begins.
const BREATH: Duration = Duration::from_millis(5);

/// What the host said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// The next chip without address takes this one.
    SetAddress(u8),
    /// Every chip forgets its address.
    Inactive,
    /// One chip, or all, shall tell a register.
    Read { address: Option<u8>, register: u8 },
    /// One chip, or all, shall set a register.
    Write {
        address: Option<u8>,
        register: u8,
        value: u32,
    },
    /// BM1384: the clock.
    PllWord(u16),
    /// Work.
    Job(Box<Job>),
}

/// What was heard and not understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Misheard {
    /// Commands with a wrong checksum.
    pub(super) commands: u64,
    /// Jobs with a wrong checksum.
    pub(super) jobs: u64,
    /// Bytes that belong to no frame.
    pub(super) bytes: u64,
}

/// The receiver.
pub(super) struct Hearing {
    dialect: Dialect,
    buffer: Vec<u8>,
    last: Option<Instant>,
    /// Whether what stands in the buffer was the end of what the host wrote at once.
    end: bool,
    /// Whether a frame was taken and what follows it was not looked at yet.
    more: bool,
    pub(super) misheard: Misheard,
}

/// What the front of the buffer is.
enum Front {
    /// Not enough bytes to know.
    Wait,
    /// No frame begins here.
    Noise,
    /// So many bytes are a frame with a wrong checksum, if they are one.
    Bent { job: bool },
    /// So many bytes were understood.
    Frame(usize, Heard),
}

impl Hearing {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            buffer: Vec::with_capacity(256),
            last: None,
            end: false,
            more: false,
            misheard: Misheard::default(),
        }
    }

    /// Takes a byte that came at `at`; `headers`: jobs are whole headers now.
    pub(super) fn take(
        &mut self,
        byte: u8,
        end: bool,
        at: Instant,
        headers: bool,
    ) -> Option<Heard> {
        let last = self.last.replace(at);
        let rest = last.map(|last| at.saturating_duration_since(last));
        if self.dialect == Dialect::A && rest.is_some_and(|rest| rest > BREATH) {
            self.misheard.bytes += self.buffer.len() as u64;
            self.buffer.clear();
        }
        self.buffer.push(byte);
        self.end = end;
        self.understand(headers)
    }

    /// What else was said behind the last thing that was heard.
    pub(super) fn more(&mut self, headers: bool) -> Option<Heard> {
        if self.more {
            self.understand(headers)
        } else {
            None
        }
    }

    fn understand(&mut self, headers: bool) -> Option<Heard> {
        self.more = false;
        while !self.buffer.is_empty() {
            match self.front(headers) {
                Front::Wait => return None,
                Front::Noise => self.misheard.bytes += 1,
                Front::Bent { job: true } => self.misheard.jobs += 1,
                Front::Bent { job: false } => self.misheard.commands += 1,
                Front::Frame(length, heard) => {
                    self.buffer.drain(..length);
                    self.more = true;
                    return Some(heard);
                }
            }
            self.buffer.remove(0);
        }
        None
    }

    fn front(&self, headers: bool) -> Front {
        match self.dialect {
            Dialect::A => front_a(&self.buffer, self.end),
            Dialect::B => front_framed(&self.buffer, command_b, false),
            Dialect::C => match self.buffer.as_slice() {
                [0x55] => Front::Wait,
                [0x55, 0xaa, rest @ ..] => match front_framed(rest, command_c, headers) {
                    Front::Frame(length, heard) => Front::Frame(length + 2, heard),
                    other => other,
                },
                _ => Front::Noise,
            },
        }
    }
}

/// Dialect A: commands and jobs have no frame. A job is known by its zeros; a command stands alone at the `end` of what came, or
/// before other commands.
fn front_a(bytes: &[u8], end: bool) -> Front {
    if let Some(bytes) = bytes.first_chunk::<BARE_JOB>()
        && bytes[32..39] == [0; 7]
        && bytes[44..51] == [0; 7]
    {
        return Front::Frame(BARE_JOB, Heard::Job(Box::new(Job::bare(bytes))));
    }
    match (bytes.first_chunk::<4>().copied().and_then(command_a), end) {
        (_, false) if bytes.len() < BARE_JOB => Front::Wait,
        (Some(heard), _) => Front::Frame(4, heard),
        // A job of which bytes were lost: its data would be read as commands.
        (None, true) if (BARE_JOB / 2..BARE_JOB).contains(&bytes.len()) => Front::Wait,
        (None, true) if bytes.len() < 4 => Front::Wait,
        (None, _) => Front::Noise,
    }
}

fn command_a([command, one, two, seal]: [u8; 4]) -> Option<Heard> {
    if crc5_with(&[command, one, two], 0, 3) != seal & 0x1f {
        return None;
    }
    let address = (command & 0x80 == 0).then_some(one);
    match command {
        0x01 => Some(Heard::SetAddress(one)),
        0x85 => Some(Heard::Inactive),
        0x84 | 0x04 => Some(Heard::Read {
            address,
            register: two,
        }),
        0x82 => Some(Heard::PllWord(u16::from_be_bytes([one, two]))),
        0x86 => Some(Heard::Write {
            address: None,
            register: 0x86,
            value: u32::from(two),
        }),
        _ => None,
    }
}

/// What a header byte of a command means.
#[derive(Clone, Copy)]
enum Command {
    SetAddress,
    Inactive,
    Read { all: bool },
    Write { all: bool },
}

fn command_b(header: u8) -> Option<Command> {
    match header {
        0x41 => Some(Command::SetAddress),
        0x55 => Some(Command::Inactive),
        0x44 => Some(Command::Read { all: false }),
        0x54 => Some(Command::Read { all: true }),
        0x48 => Some(Command::Write { all: false }),
        0x58 => Some(Command::Write { all: true }),
        _ => None,
    }
}

fn command_c(header: u8) -> Option<Command> {
    match header {
        0x40 => Some(Command::SetAddress),
        0x53 => Some(Command::Inactive),
        0x42 => Some(Command::Read { all: false }),
        0x52 => Some(Command::Read { all: true }),
        0x41 => Some(Command::Write { all: false }),
        0x51 => Some(Command::Write { all: true }),
        _ => None,
    }
}

/// Dialects B and C: header, length, data, checksum.
fn front_framed(bytes: &[u8], command: fn(u8) -> Option<Command>, headers: bool) -> Front {
    match bytes {
        [] => Front::Wait,
        [0x21, ..] => front_job(bytes, headers),
        [header, ..] => match command(*header) {
            Some(command) => front_command(bytes, command),
            None => Front::Noise,
        },
    }
}

fn front_command(bytes: &[u8], command: Command) -> Front {
    let length = if matches!(command, Command::Write { .. }) {
        9
    } else {
        5
    };
    if bytes
        .get(1)
        .is_some_and(|told| usize::from(*told) != length)
    {
        return Front::Noise;
    }
    let Some((seal, body)) = bytes.get(..length).and_then(<[u8]>::split_last) else {
        return Front::Wait;
    };
    if crc5(body) != *seal {
        return Front::Bent { job: false };
    }
    Front::Frame(length, said(body, command))
}

fn said(body: &[u8], command: Command) -> Heard {
    let (chip, register) = (body[2], body[3]);
    match command {
        Command::SetAddress => Heard::SetAddress(chip),
        Command::Inactive => Heard::Inactive,
        Command::Read { all } => Heard::Read {
            address: (!all).then_some(chip),
            register,
        },
        Command::Write { all } => Heard::Write {
            address: (!all).then_some(chip),
            register,
            value: body[4..8]
                .iter()
                .fold(0, |value, byte| value << 8 | u32::from(*byte)),
        },
    }
}

/// The length byte of a whole header is told in three ways (36, 56, FF); the chip goes by its mode.
fn front_job(bytes: &[u8], headers: bool) -> Front {
    let length = match bytes {
        [_, 0x36 | 0x56 | 0xff, ..] if headers => HEADER_FRAME,
        [_, _, ..] if headers => return Front::Noise,
        [_, told, _, number @ (1 | 2 | 4), ..] if *told == 22 + 32 * number => usize::from(*told),
        [_, _, _, _, ..] => return Front::Noise,
        _ => return Front::Wait,
    };
    let Some(frame) = bytes.get(..length) else {
        return Front::Wait;
    };
    let (body, seal) = frame.split_at(length - 2);
    if crc16(body).to_be_bytes() != seal {
        return Front::Bent { job: true };
    }
    let job = if headers {
        Job::of_header(frame)
    } else {
        Job::of_midstates(frame)
    };
    Front::Frame(length, Heard::Job(Box::new(job)))
}
