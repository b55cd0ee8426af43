//! A host for tests: frames of all dialects, and virtual time.

use std::time::{Duration, Instant};

use crate::chip::bm13xx::emulator::crc::{crc5, crc5_with, crc16};
use crate::chip::bm13xx::emulator::silicon::Dialect;
use crate::chip::bm13xx::emulator::{ChainEmulator, EmulatedChain, EmulatedChip};
use crate::transport::Emulator;

/// A host and the chain that it talks to.
pub(super) struct Host {
    pub(super) chain: ChainEmulator,
    pub(super) now: Instant,
    kind: EmulatedChip,
}

impl Host {
    pub(super) fn new(settings: EmulatedChain) -> Self {
        let kind = settings.chip;
        Self {
            chain: ChainEmulator::new(settings),
            now: Instant::now(),
            kind,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.chain.receive(bytes, self.now);
    }

    /// Everything that comes within `time`.
    pub(super) fn listen(&mut self, time: Duration) -> Vec<u8> {
        let end = self.now + time;
        let mut out = Vec::new();
        loop {
            let before = out.len();
            let reached = self.chain.advance(end, &mut out);
            assert!(reached <= end);
            if out.len() == before {
                self.now = end;
                return out;
            }
        }
    }

    pub(super) fn wait(&mut self, milliseconds: u64) -> Vec<u8> {
        self.listen(Duration::from_millis(milliseconds))
    }

    pub(super) fn ask(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.write(bytes);
        self.wait(40)
    }

    /// Writes a register of every chip.
    pub(super) fn set(&mut self, register: u8, value: u32) {
        let frame = match self.kind.silicon().dialect {
            Dialect::B => framed(0x58, 0, register, Some(value)),
            _ => with_preamble(framed(0x51, 0, register, Some(value))),
        };
        self.ask(&frame);
    }

    /// Writes a register of one chip.
    pub(super) fn set_one(&mut self, address: u8, register: u8, value: u32) {
        let frame = with_preamble(framed(0x41, address, register, Some(value)));
        self.ask(&frame);
    }

    /// Reads a register of every chip.
    pub(super) fn read_all(&mut self, register: u8) -> Vec<u8> {
        let frame = self.read_frame(None, register);
        self.ask(&frame)
    }

    pub(super) fn read_one(&mut self, address: u8, register: u8) -> Vec<u8> {
        let frame = self.read_frame(Some(address), register);
        self.ask(&frame)
    }

    fn read_frame(&self, address: Option<u8>, register: u8) -> Vec<u8> {
        let (chip, all) = (address.unwrap_or(0), address.is_none());
        match self.kind.silicon().dialect {
            Dialect::A => short(if all { 0x84 } else { 0x04 }, chip, register),
            Dialect::B => framed(if all { 0x54 } else { 0x44 }, chip, register, None),
            Dialect::C => {
                with_preamble(framed(if all { 0x52 } else { 0x42 }, chip, register, None))
            }
        }
    }

    /// Makes the chain inactive and hands out addresses.
    pub(super) fn address(&mut self, chips: u16) {
        let step = 256 / chips.max(1);
        let frames: Vec<Vec<u8>> = match self.kind.silicon().dialect {
            Dialect::A => addresses(chips, step, short(0x85, 0, 0), |chip| short(0x01, chip, 0)),
            Dialect::B => addresses(chips, step, framed(0x55, 0, 0, None), |chip| {
                framed(0x41, chip, 0, None)
            }),
            Dialect::C => addresses(
                chips,
                step,
                with_preamble(framed(0x53, 0, 0, None)),
                |chip| with_preamble(framed(0x40, chip, 0, None)),
            ),
        };
        for frame in frames {
            assert_eq!(self.ask(&frame), [0; 0]);
        }
    }

    /// Addresses, clock, cores: as little as it takes until jobs are hashed.
    pub(super) fn bring_up(&mut self, chips: u16) {
        self.address(chips);
        match self.kind {
            EmulatedChip::Bm1384 => {
                assert_eq!(self.ask(&short(0x82, 0x0b, 0x83)), [0; 0]);
                self.dummies(55, &bare_job(0x10, 0));
            }
            EmulatedChip::Bm1387 => {
                self.set(0x18, 0);
                self.set(0x0c, 0x0058_0221);
                self.set(0x1c, 0x4020_9a80);
                self.dummies(114, &midstate_job(0x10, &[[0; 32]], &[0xff; 12]));
                self.set(0x1c, 0x4020_1a80);
            }
            EmulatedChip::Bm1397 => {
                self.set(0x20, 1);
                self.set(0x3c, 0x8000_8074);
                self.set(0x08, 0x4066_0161);
            }
            _ => self.bring_up_late(),
        }
    }

    fn bring_up_late(&mut self) {
        self.set(0x18, 0xf000_c100);
        self.set(0x3c, 0x8000_82aa);
        self.set(0x08, 0x50d2_0240);
        self.set(0x10, 0x1000);
        self.set(0xa4, 0x9000_ffff);
    }

    fn dummies(&mut self, count: u32, job: &[u8]) {
        for _ in 0..count {
            self.write(job);
            self.wait(10);
        }
    }
}

fn addresses(
    chips: u16,
    step: u16,
    inactive: Vec<u8>,
    set: impl Fn(u8) -> Vec<u8>,
) -> Vec<Vec<u8>> {
    let sets = (0..chips).map(|chip| set((chip * step) as u8));
    std::iter::once(inactive).chain(sets).collect()
}

/// Dialect A.
pub(super) fn short(command: u8, one: u8, two: u8) -> Vec<u8> {
    vec![command, one, two, crc5_with(&[command, one, two], 0, 3)]
}

/// Dialects B and C without preamble.
pub(super) fn framed(header: u8, chip: u8, register: u8, value: Option<u32>) -> Vec<u8> {
    let mut frame = vec![header, 5, chip, register];
    if let Some(value) = value {
        frame[1] = 9;
        frame.extend(value.to_be_bytes());
    }
    frame.push(crc5(&frame));
    frame
}

pub(super) fn with_preamble(frame: Vec<u8>) -> Vec<u8> {
    [vec![0x55, 0xaa], frame].concat()
}

/// A BM1384's job with a zero midstate and a tail of ones.
pub(super) fn bare_job(id: u8, ticket: u8) -> Vec<u8> {
    let mut job = vec![0; 64];
    job[39] = ticket;
    job[51] = id;
    job[52..].fill(0xff);
    job
}

/// A midstate job without preamble.
pub(super) fn midstate_job(id: u8, midstates: &[[u8; 32]], tail: &[u8; 12]) -> Vec<u8> {
    let number = midstates.len() as u8;
    let mut job = vec![0x21, 22 + 32 * number, id, number, 0, 0, 0, 0];
    job.extend(tail);
    job.extend(midstates.as_flattened());
    job.extend(crc16(&job).to_be_bytes());
    job
}

/// A whole header's job.
pub(super) fn header_job(id: u8, header: &[u8; 80]) -> Vec<u8> {
    let mut job = vec![0x21, 0x56, id, 1];
    job.extend(header.rchunks_exact(4).flatten());
    job.extend(crc16(&job).to_be_bytes());
    with_preamble(job)
}
