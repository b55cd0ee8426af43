//! What chips say, one frame at a time.

use super::Dialect;
use crate::chip::bm13xx::crc::crc5;
use crate::units::Nonce;

/// What a chip says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A register's value.
    Register(RegisterReply),
    /// A nonce.
    Nonce(NonceReply),
}

/// A register's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterReply {
    /// The value; travelled most significant byte first.
    pub value: u32,
    /// Address of the chip, where the reply tells.
    pub chip_address: Option<u8>,
    /// Address of the register, where the reply tells.
    pub register: Option<u8>,
}

/// A nonce as the chip says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonceReply {
    /// The nonce.
    pub nonce: Nonce,
    /// The byte with the job's number, as it travelled; of the BM1384 the low five bits of the last byte.
    pub job: u8,
    /// The byte before it: how far above the ticket (BM1362 and later), of no known meaning in older chips.
    pub rank: u8,
    /// Bits that the chip rolled, in units of 2^13.
    pub version: Option<u16>,
}

/// The bytes that begin a reply of dialect C.
pub(super) const PREAMBLE: [u8; 2] = [0xaa, 0x55];

/// The reply that `frame` is, all of it: length, preamble, type bits and checksum are right.
pub(super) fn parse(dialect: Dialect, frame: &[u8]) -> Option<Reply> {
    match dialect {
        Dialect::Bare => bare(frame.try_into().ok()?),
        Dialect::Counted => counted(frame.try_into().ok()?),
        Dialect::Preambled => preambled(frame.strip_prefix(&PREAMBLE)?),
    }
}

/// What the three top bits of the last byte say.
enum Kind {
    Register,
    Nonce,
}

fn kind(last: u8) -> Option<Kind> {
    match last >> 5 {
        0b000 => Some(Kind::Register),
        0b100 => Some(Kind::Nonce),
        _ => None,
    }
}

/// Nonces of the BM1384 carry no checksum; that of its registers covers the type bits, as cgminer checks it.
fn bare(frame: [u8; 5]) -> Option<Reply> {
    let [a, b, c, d, last] = frame;
    match kind(last)? {
        Kind::Nonce => Some(nonce([a, b, c, d], last & 0x1f, 0, None)),
        Kind::Register => (crc5(&frame) == 0).then(|| register([a, b, c, d], None, None)),
    }
}

fn counted(frame: [u8; 7]) -> Option<Reply> {
    if crc5(&frame) != 0 {
        return None;
    }
    let [a, b, c, d, rank, job, last] = frame;
    Some(match kind(last)? {
        Kind::Nonce => nonce([a, b, c, d], job, rank, None),
        Kind::Register => register([a, b, c, d], None, None),
    })
}

fn preambled(body: &[u8]) -> Option<Reply> {
    let (value, [first, second], version, last) = match *body {
        [v0, v1, v2, v3, first, second, last] => ([v0, v1, v2, v3], [first, second], None, last),
        [v0, v1, v2, v3, first, second, high, low, last] => {
            let version = u16::from_be_bytes([high, low]);
            ([v0, v1, v2, v3], [first, second], Some(version), last)
        }
        _ => return None,
    };
    if crc5(body) != 0 {
        return None;
    }
    Some(match kind(last)? {
        Kind::Nonce => nonce(value, second, first, version),
        Kind::Register => register(value, Some(first), Some(second)),
    })
}

fn nonce(bytes: [u8; 4], job: u8, rank: u8, version: Option<u16>) -> Reply {
    Reply::Nonce(NonceReply {
        nonce: Nonce::from_u32(u32::from_le_bytes(bytes)),
        job,
        rank,
        version,
    })
}

fn register(bytes: [u8; 4], chip_address: Option<u8>, register: Option<u8>) -> Reply {
    Reply::Register(RegisterReply {
        value: u32::from_be_bytes(bytes),
        chip_address,
        register,
    })
}
