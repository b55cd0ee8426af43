//! The two checksums (section 2), as shift registers.

/// CRC5 of `bytes`, then of the top `bits` bits of `last`: polynomial 0x05, all ones at first, most significant bit first.
pub(super) fn crc5_with(bytes: &[u8], last: u8, bits: u32) -> u8 {
    let mut register = 0x1f;
    let mut shift = |bit: u8| {
        let feedback = (register >> 4) ^ bit;
        register = (register << 1) & 0x1f ^ if feedback & 1 == 1 { 0x05 } else { 0 };
    };
    for byte in bytes {
        (0..8).rev().for_each(|at| shift(byte >> at & 1));
    }
    (0..bits).for_each(|at| shift(last >> (7 - at) & 1));
    register
}

/// CRC5 of whole bytes.
pub(super) fn crc5(bytes: &[u8]) -> u8 {
    crc5_with(bytes, 0, 0)
}

/// CRC16: polynomial 0x1021, all ones at first, most significant bit first.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            let carry = crc & 0x8000 != 0;
            crc << 1 ^ if carry { 0x1021 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheets_examples() {
        assert_eq!(crc5(&[0x52, 5, 0, 0]), 0x0a);
        assert_eq!(crc5(&[0x53, 5, 0, 0]), 0x03);
        assert_eq!(crc5(&[0x40, 5, 0, 0]), 0x1c);
        assert_eq!(crc5(&[0x51, 9, 0, 0xa4, 0x90, 0, 0xff, 0xff]), 0x1c);
        assert_eq!(crc5_with(&[0x84, 0, 0], 0, 3), 0x11);
        assert_eq!(crc5_with(&[0x82, 0x0b, 0x83], 0, 3), 0x19);
        assert_eq!(crc16(b"123456789"), 0x29b1);
    }
}
