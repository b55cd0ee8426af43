//! The BM138x' four-byte commands, as the chip takes them (4.6).

/// A command with a right checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Register {
    /// Sets the PLL word.
    Pll(u16),
    /// Reads a register.
    Read,
    /// Sets the core voltage: nothing that the bus shows.
    Voltage,
}

/// The command that `bytes` are, if they are one.
pub(super) fn parse(bytes: &[u8]) -> Option<Register> {
    let [command, high, low, seal] = *bytes else {
        return None;
    };
    // The three bits beside the checksum count as zero in it, also where a voltage command sets two of them.
    if checksum(&bits(&[command, high, low, 0], 27)) != seal & 0x1f {
        return None;
    }
    match command {
        0x82 => Some(Register::Pll(u16::from_be_bytes([high, low]))),
        0x84 => Some(Register::Read),
        0xaa => Some(Register::Voltage),
        _ => None,
    }
}

/// A register's answer: four bytes of value and their checksum.
pub(super) fn answer(value: [u8; 4]) -> [u8; 5] {
    let [a, b, c, d] = value;
    [a, b, c, d, checksum(&bits(&value, 32))]
}

/// The clock that a PLL word gives a BM1380, in MHz: `25 * (m+1) / ((n+1) * 2^od)`.
pub(super) fn pll_mhz(word: u16) -> f64 {
    let m = word >> 7 & 0x7f;
    let n = word >> 2 & 0x1f;
    let od = word & 0x3;
    25.0 * f64::from(m + 1) / (f64::from(n + 1) * f64::from(1u16 << od))
}

fn bits(bytes: &[u8], count: usize) -> Vec<bool> {
    let all = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1 == 1));
    all.take(count).collect()
}

/// The shift register of the standard's figure: five flip-flops, all set at first.
fn checksum(bits: &[bool]) -> u8 {
    let mut flops = [true; 5];
    for bit in bits {
        let feedback = flops[4] ^ bit;
        flops = [feedback, flops[0], flops[1] ^ feedback, flops[2], flops[3]];
    }
    flops
        .iter()
        .enumerate()
        .fold(0, |crc, (at, flop)| crc | u8::from(*flop) << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_commands_are_understood_and_broken_ones_are_not() {
        assert_eq!(
            parse(&[0x82, 0x07, 0x82, 0x11]),
            Some(Register::Pll(0x0782))
        );
        assert_eq!(parse(&[0x84, 0x00, 0x04, 0x00]), Some(Register::Read));
        assert_eq!(parse(&[0xaa, 0xb7, 0x75, 0xde]), Some(Register::Voltage));
        assert_eq!(parse(&[0x82, 0x07, 0x82, 0x10]), None);
        assert_eq!(parse(&[0x82, 0x07, 0x82]), None);
    }

    #[test]
    fn words_of_the_sheet_give_its_clocks() {
        assert!((pll_mhz(0x0380) - 200.0).abs() < 1e-9);
        assert!((pll_mhz(0x0882) * 2.0 - 225.0).abs() < 1e-9);
        assert!((pll_mhz(0x0f03) * 2.0 - 193.75).abs() < 1e-9);
    }
}
