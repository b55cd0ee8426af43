//! The two checksums of the family (section 2 of the fact sheet). Pure.

/// x^5 + x^2 + 1, shifted to the top of a byte.
const POLYNOMIAL_5: u8 = 0x05 << 3;
/// x^16 + x^12 + x^5 + 1.
const POLYNOMIAL_16: u16 = 0x1021;

const TABLE_5: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = shifted_5(byte as u8, 8);
        byte += 1;
    }
    table
};

const TABLE_16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut rest = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest >> 15 == 1 {
                rest << 1 ^ POLYNOMIAL_16
            } else {
                rest << 1
            };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
};

/// The remainder, at the top of a byte, after `bits` more bits, which stand at its top too.
const fn shifted_5(mut rest: u8, bits: u32) -> u8 {
    let mut bit = 0;
    while bit < bits {
        rest = if rest >> 7 == 1 {
            rest << 1 ^ POLYNOMIAL_5
        } else {
            rest << 1
        };
        bit += 1;
    }
    rest
}

fn remainder_5(bytes: &[u8]) -> u8 {
    let start = 0x1f << 3;
    bytes
        .iter()
        .fold(start, |rest, byte| TABLE_5[usize::from(rest ^ byte)])
}

/// CRC5 of `bytes`: start 1F, most significant bit first. Zero over a whole reply whose checksum is right.
pub(super) fn crc5(bytes: &[u8]) -> u8 {
    remainder_5(bytes) >> 3
}

/// CRC5 of `bytes` and the upper three bits of `last`: what the low five bits of a reply's last byte, or of a BM1384's command, are.
pub(super) fn crc5_and_three_bits(bytes: &[u8], last: u8) -> u8 {
    shifted_5(remainder_5(bytes) ^ (last & 0xe0), 3) >> 3
}

/// CRC16 of `bytes`: start FFFF, most significant bit first (CCITT-FALSE). Travels big-endian.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |rest, byte| {
        rest << 8 ^ TABLE_16[usize::from((rest >> 8) as u8 ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_checksums() {
        assert_eq!(crc5(&[0x52, 5, 0, 0]), 0x0a);
        assert_eq!(crc5(&[0x53, 5, 0, 0]), 0x03);
        assert_eq!(crc5(&[0x40, 5, 0, 0]), 0x1c);
        assert_eq!(crc5(&[0x51, 9, 0, 0xa4, 0x90, 0, 0xff, 0xff]), 0x1c);
        assert_eq!(crc5(&[0x58, 9, 0, 0x1c, 0, 0x20, 7, 0]), 0x19);
        assert_eq!(crc5_and_three_bits(&[0x84, 0, 0], 0), 0x11);
        assert_eq!(crc16(b"123456789"), 0x29b1);
    }

    #[test]
    fn a_right_reply_leaves_nothing() {
        let reply = [0x4c, 0x03, 0x52, 0x75, 0x0c, 0xd2, 0x05, 0xa2, 0x9c];
        assert_eq!(crc5(&reply), 0);
        let (last, bytes) = reply.split_last().unwrap();
        assert_eq!(crc5_and_three_bits(bytes, *last), last & 0x1f);
        for bit in 0..72 {
            let mut wrong = reply;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(crc5(&wrong), 0, "bit {bit}");
        }
    }
}
