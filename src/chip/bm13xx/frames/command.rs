//! What the host says to chips, jobs apart.

use arrayvec::ArrayVec;

use super::Dialect;
use crate::chip::bm13xx::crc::{crc5, crc5_and_three_bits};

/// A command's bytes, preamble and checksum included.
pub type CommandFrame = ArrayVec<u8, 11>;

/// Whom a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Every chip of the chain.
    All,
    /// The chip with this address.
    Chip(u8),
}

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Gives the next chip without one its address.
    SetAddress(u8),
    /// Tells the chain to stop forwarding until addressed.
    ChainInactive,
    /// Asks for a register.
    Read {
        /// Whose.
        to: To,
        /// Its address.
        register: u8,
    },
    /// Writes a register. The BM1384 has only its PLL, register 4 of all chips, whose low 16 bits are sent.
    Write {
        /// Whose.
        to: To,
        /// Its address.
        register: u8,
        /// Its value; travels most significant byte first.
        value: u32,
    },
}

/// The PLL's register of the BM1384.
pub const BARE_PLL: u8 = 4;

impl Command {
    /// The bytes in `dialect`; `None`: it has no such command.
    pub fn encode(self, dialect: Dialect) -> Option<CommandFrame> {
        match dialect {
            Dialect::Bare => self.bare().map(|bytes| bytes.into_iter().collect()),
            Dialect::Counted => Some(with_crc5(&[], &self.body(&COUNTED))),
            Dialect::Preambled => Some(with_crc5(&[0x55, 0xaa], &self.body(&PREAMBLED))),
        }
    }

    fn bare(self) -> Option<[u8; 4]> {
        let [first, second, third] = match self {
            Self::SetAddress(address) => [0x01, address, 0],
            Self::ChainInactive => [0x85, 0, 0],
            Self::Read { to, register } => match to {
                To::All => [0x84, 0, register],
                To::Chip(address) => [0x04, address, register],
            },
            Self::Write {
                to: To::All,
                register: BARE_PLL,
                value,
            } => {
                let [.., high, low] = value.to_be_bytes();
                [0x82, high, low]
            }
            Self::Write { .. } => return None,
        };
        let crc = crc5_and_three_bits(&[first, second, third], 0);
        Some([first, second, third, crc])
    }

    /// Header to last data byte.
    fn body(self, headers: &Headers) -> ArrayVec<u8, 8> {
        match self {
            Self::SetAddress(address) => short(headers.set_address, address, 0),
            Self::ChainInactive => short(headers.inactive, 0, 0),
            Self::Read { to, register } => {
                let (header, address) = headers.read.of(to);
                short(header, address, register)
            }
            Self::Write {
                to,
                register,
                value,
            } => {
                let (header, address) = headers.write.of(to);
                let [a, b, c, d] = value.to_be_bytes();
                ArrayVec::from([header, 9, address, register, a, b, c, d])
            }
        }
    }
}

fn short(header: u8, address: u8, register: u8) -> ArrayVec<u8, 8> {
    [header, 5, address, register].into_iter().collect()
}

fn with_crc5(preamble: &[u8], body: &[u8]) -> CommandFrame {
    let bytes = preamble.iter().chain(body).copied();
    bytes.chain([crc5(body)]).collect()
}

/// The header bytes of a dialect with length bytes (section 1).
struct Headers {
    set_address: u8,
    inactive: u8,
    read: Pair,
    write: Pair,
}

struct Pair {
    all: u8,
    one: u8,
}

impl Pair {
    fn of(&self, to: To) -> (u8, u8) {
        match to {
            To::All => (self.all, 0),
            To::Chip(address) => (self.one, address),
        }
    }
}

const COUNTED: Headers = Headers {
    set_address: 0x41,
    inactive: 0x55,
    read: Pair {
        all: 0x54,
        one: 0x44,
    },
    write: Pair {
        all: 0x58,
        one: 0x48,
    },
};

const PREAMBLED: Headers = Headers {
    set_address: 0x40,
    inactive: 0x53,
    read: Pair {
        all: 0x52,
        one: 0x42,
    },
    write: Pair {
        all: 0x51,
        one: 0x41,
    },
};
