//! Registers as types: what a value means, and the bytes that it travels as (section 4 of the fact sheet).
//!
//! All of dialect C unless said otherwise. A value's bytes travel most significant first; [`Register::value`] is that number.

/// A register with a meaning.
pub trait Register: Sized {
    /// Its address.
    const ADDRESS: u8;

    /// Reads a value.
    fn from_value(value: u32) -> Self;

    /// The value.
    fn value(&self) -> u32;

    /// The bytes as they travel, most significant first.
    fn to_be_bytes(&self) -> [u8; 4] {
        self.value().to_be_bytes()
    }
}

/// Register 00: what the chip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChipId {
    /// The type, such as 1370 (hexadecimal).
    pub id: u16,
    /// The third byte, unexplained.
    pub revision: u8,
    /// The chip's address.
    pub address: u8,
}

impl Register for ChipId {
    const ADDRESS: u8 = 0x00;

    fn from_value(value: u32) -> Self {
        let [high, low, revision, address] = value.to_be_bytes();
        Self {
            id: u16::from_be_bytes([high, low]),
            revision,
            address,
        }
    }

    fn value(&self) -> u32 {
        let [high, low] = self.id.to_be_bytes();
        u32::from_be_bytes([high, low, self.revision, self.address])
    }
}

/// Register 0C: where the sweep starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonceOffset {
    /// Whether the offset counts.
    pub enabled: bool,
    /// The upper 16 of the counter's 25 bits.
    pub offset: u16,
}

impl Register for NonceOffset {
    const ADDRESS: u8 = 0x0c;

    fn from_value(value: u32) -> Self {
        Self {
            enabled: value >> 31 == 1,
            offset: value as u16,
        }
    }

    fn value(&self) -> u32 {
        u32::from(self.enabled) << 31 | u32::from(self.offset)
    }
}

/// Register 10: the deadline of a sweep in ticks of 25 MHz; 0 stops the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCounting(pub u32);

impl Register for HashCounting {
    const ADDRESS: u8 = 0x10;

    fn from_value(value: u32) -> Self {
        Self(value)
    }

    fn value(&self) -> u32 {
        self.0
    }
}

/// Register 14 (18 of the BM1387): how many zero bits a hash needs beyond those that the chip demands anyhow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketMask {
    /// The bits, 0 to 32.
    pub bits: u32,
}

impl Register for TicketMask {
    const ADDRESS: u8 = 0x14;

    fn from_value(value: u32) -> Self {
        Self {
            bits: value.count_ones(),
        }
    }

    /// 2^bits - 1, the bits of each byte reversed in place.
    fn value(&self) -> u32 {
        let mask = u32::MAX.checked_shr(32 - self.bits.min(32)).unwrap_or(0);
        u32::from_be_bytes(mask.to_be_bytes().map(u8::reverse_bits))
    }
}

/// Register 2C: a voltage domain's relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UartRelay {
    /// Gap count.
    pub gap: u16,
    /// Whether replies are relayed.
    pub replies: bool,
    /// Whether commands are relayed.
    pub commands: bool,
}

impl Register for UartRelay {
    const ADDRESS: u8 = 0x2c;

    fn from_value(value: u32) -> Self {
        Self {
            gap: (value >> 16) as u16,
            replies: value & 2 != 0,
            commands: value & 1 != 0,
        }
    }

    fn value(&self) -> u32 {
        u32::from(self.gap) << 16 | u32::from(self.replies) << 1 | u32::from(self.commands)
    }
}

/// Register 3C: the mailbox to the cores' own registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreControl {
    /// The core; `None`: all of them.
    pub core: Option<u8>,
    /// The core's register, 0 to 31.
    pub register: u8,
    /// The value to write; `None`: read it.
    pub write: Option<u8>,
}

impl Register for CoreControl {
    const ADDRESS: u8 = 0x3c;

    fn from_value(value: u32) -> Self {
        let [_, core, control, data] = value.to_be_bytes();
        Self {
            core: (value >> 31 == 0).then_some(core),
            register: control & 0x1f,
            write: (control & 0x80 != 0).then_some(data),
        }
    }

    fn value(&self) -> u32 {
        let direction = if self.write.is_some() { 0x80 } else { 0x40 };
        u32::from_be_bytes([
            u8::from(self.core.is_none()) << 7,
            self.core.unwrap_or(0),
            direction | (self.register & 0x1f),
            self.write.unwrap_or(0),
        ])
    }
}

/// Register 58: how strongly the chip drives its pins, 0 to 15 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoDrivers {
    /// Bits above those that are known, kept as they are.
    pub upper: u16,
    /// Reply line.
    pub reply: u8,
    /// Clock out.
    pub clock: u8,
    /// Reset out.
    pub reset: u8,
    /// Busy out.
    pub busy: u8,
    /// Command out.
    pub command: u8,
}

impl Register for IoDrivers {
    const ADDRESS: u8 = 0x58;

    fn from_value(value: u32) -> Self {
        let field = |shift: u32| (value >> shift & 0xf) as u8;
        Self {
            upper: (value >> 20) as u16,
            reply: field(16),
            clock: field(12),
            reset: field(8),
            busy: field(4),
            command: field(0),
        }
    }

    fn value(&self) -> u32 {
        let field = |value: u8, shift: u32| u32::from(value & 0xf) << shift;
        u32::from(self.upper) << 20
            | field(self.reply, 16)
            | field(self.clock, 12)
            | field(self.reset, 8)
            | field(self.busy, 4)
            | field(self.command, 0)
    }
}

/// Register A4: which bits of the version the chip rolls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRolling {
    /// The bits, in units of 2^13.
    pub mask: u16,
}

impl VersionRolling {
    /// The part of a pool's mask that a chip can roll.
    pub const fn of_pool_mask(mask: u32) -> Self {
        Self {
            mask: (mask >> 13) as u16,
        }
    }
}

impl Register for VersionRolling {
    const ADDRESS: u8 = 0xa4;

    fn from_value(value: u32) -> Self {
        Self { mask: value as u16 }
    }

    /// Automatic, generation 1. Without any mask bit the chip still takes whole headers and answers with eleven bytes.
    fn value(&self) -> u32 {
        0x9000_0000 | u32::from(self.mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<R: Register>(values: &[u32]) {
        for value in values {
            let register = R::from_value(*value);
            assert_eq!(register.value(), *value, "register {:02x}", R::ADDRESS);
            assert_eq!(register.to_be_bytes(), value.to_be_bytes());
        }
    }

    #[test]
    fn published_values_survive() {
        round_trip::<ChipId>(&[0x1397_1800, 0x1362_0300, 0x1370_0004]);
        round_trip::<NonceOffset>(&[0x8000_03f1, 0x8000_0fc1, 0]);
        round_trip::<HashCounting>(&[0x1eb5, 0]);
        round_trip::<TicketMask>(&[0, 0x80, 0xc0, 0xff, 0x80ff, 0xe0ff, 0xffff, 0xffff_ffff]);
        round_trip::<UartRelay>(&[0x007c_0003, 0x0018_0003, 0x000f_0000]);
        round_trip::<CoreControl>(&[0x8000_8540, 0x8000_82aa, 0x8000_8dee, 0x0000_4000 | 0x600]);
        round_trip::<IoDrivers>(&[0x0001_1111, 0x0211_f111, 0x0001_3111, 0x0211_1111]);
        round_trip::<VersionRolling>(&[0x9000_ffff, 0x9000_0000, 0x9000_00ff]);
    }

    #[test]
    fn only_the_middle_of_a_pool_mask_is_rolled_on_the_chip() {
        assert_eq!(VersionRolling::of_pool_mask(0x1fff_e000).mask, 0xffff);
        assert_eq!(VersionRolling::of_pool_mask(0xe000_1fff).mask, 0);
        assert_eq!(VersionRolling::of_pool_mask(0x0000_6000).mask, 3);
    }
}
