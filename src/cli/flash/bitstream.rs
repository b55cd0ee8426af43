//! Which part a bitstream is for, by its identification or, where the format has none, by the shape of its configuration memory.
//!
//! ECP5: the command VERIFY_ID (0xe2) carries the part's IDCODE (prjtrellis `docs/`, Lattice FPGA-TN-02039). iCE40: the command "set bank
//! width" tells columns that no two sizes share (icestorm `icepack.cc`). Gowin: `.fs` is text whose first lines carry the command 0x06
//! with the IDCODE (apicula `doc/`, and the heads in its chip database). The last command of each wakes the part up or ends its
//! programming: 0x5e, 0x01 0x06, 0x08.

use std::fmt;

/// A part that a board of ours has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Ecp5_12,
    Ecp5_25,
    Ecp5_45,
    Ecp5_85,
    Up5k,
    Hx1k,
    Hx8k,
    Gw1nr9,
    Gw2ar18,
    /// A known family, another part: its IDCODE.
    OtherEcp5(u32),
    OtherGowin(u32),
    /// Its number of columns.
    OtherIce40(u16),
}

impl Part {
    /// The part that `bytes` are a bitstream for.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        ecp5(bytes)
            .or_else(|| ice40(bytes))
            .or_else(|| gowin(bytes))
    }

    /// Whether `bytes`, a bitstream for this part, have the end that such files have; one that was cut short has not.
    pub(super) fn ends_in(self, bytes: &[u8]) -> bool {
        let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
        match self {
            Self::Up5k | Self::Hx1k | Self::Hx8k | Self::OtherIce40(_) => {
                position(tail, &[0x01, 0x06]).is_some()
            }
            Self::Gw1nr9 | Self::Gw2ar18 | Self::OtherGowin(_) => {
                let command = format!("{:032b}", 0x0800_0000_u32);
                let mut lines = tail.split(u8::is_ascii_whitespace);
                lines.any(|line| line == command.as_bytes())
            }
            _ => position(tail, &[0x5e, 0x00, 0x00, 0x00]).is_some(),
        }
    }

    /// What files of its bitstreams are called.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Up5k | Self::Hx1k | Self::Hx8k | Self::OtherIce40(_) => "bin",
            Self::Gw1nr9 | Self::Gw2ar18 | Self::OtherGowin(_) => "fs",
            _ => "bit",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ecp5_12 => f.write_str("ECP5 LFE5U-12F"),
            Self::Ecp5_25 => f.write_str("ECP5 LFE5U-25F"),
            Self::Ecp5_45 => f.write_str("ECP5 LFE5U-45F"),
            Self::Ecp5_85 => f.write_str("ECP5 LFE5U-85F"),
            Self::Up5k => f.write_str("iCE40UP5K"),
            Self::Hx1k => f.write_str("iCE40 1K"),
            Self::Hx8k => f.write_str("iCE40HX8K"),
            Self::Gw1nr9 => f.write_str("GW1NR-9"),
            Self::Gw2ar18 => f.write_str("GW2AR-18"),
            Self::OtherEcp5(id) => write!(f, "another ECP5 (IDCODE {id:08x})"),
            Self::OtherGowin(id) => write!(f, "another Gowin part (IDCODE {id:08x})"),
            Self::OtherIce40(width) => write!(f, "another iCE40 ({width} columns)"),
        }
    }
}

/// How far into a file its head may reach.
const HEAD: usize = 4096;
/// How far from a file's end its last command may stand: some padding, or a few lines of text, come after it.
const TAIL: usize = 512;

fn ecp5(bytes: &[u8]) -> Option<Part> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let preamble = [0xff, 0xff, 0xbd, 0xb3];
    let start = position(head, &preamble)? + preamble.len();
    let commands = &head[start..];
    let at = position(commands, &[0xe2, 0x00, 0x00, 0x00])? + 4;
    let id = u32::from_be_bytes(commands.get(at..at + 4)?.try_into().ok()?);
    Some(match id {
        0x2111_1043 => Part::Ecp5_12,
        0x4111_1043 => Part::Ecp5_25,
        0x4111_2043 => Part::Ecp5_45,
        0x4111_3043 => Part::Ecp5_85,
        other => Part::OtherEcp5(other),
    })
}

fn ice40(bytes: &[u8]) -> Option<Part> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let preamble = [0x7e, 0xaa, 0x99, 0x7e];
    let mut rest = &head[position(head, &preamble)? + preamble.len()..];
    loop {
        let (command, after) = rest.split_first()?;
        // The low half of a command says how many bytes follow it.
        let length = usize::from(command & 0x0f);
        if *command == 0x62 {
            let width = u16::from_be_bytes(after.get(..2)?.try_into().ok()?) + 1;
            return Some(match width {
                332 => Part::Hx1k,
                692 => Part::Up5k,
                872 => Part::Hx8k,
                other => Part::OtherIce40(other),
            });
        }
        rest = after.get(length..)?;
    }
}

fn gowin(bytes: &[u8]) -> Option<Part> {
    let head = std::str::from_utf8(&bytes[..bytes.len().min(HEAD)])
        .or_else(|error| std::str::from_utf8(&bytes[..error.valid_up_to()]))
        .ok()?;
    let lines = head.lines().filter(|line| !line.starts_with("//")).take(8);
    let command = lines.filter(|line| line.len() == 64).find_map(|line| {
        u64::from_str_radix(line, 2)
            .ok()
            .filter(|bits| bits >> 56 == 0x06)
    })?;
    Some(match command as u32 {
        0x1100_481b => Part::Gw1nr9,
        0x0000_081b => Part::Gw2ar18,
        other => Part::OtherGowin(other),
    })
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Heads of bitstreams that icepack made of one design for three parts.
    #[test]
    fn ice40_by_the_width_of_its_banks() {
        let part = |hex: &str| Part::of(&hex::decode(hex).unwrap());
        assert_eq!(
            part("ff0000ff7eaa997e51000105920020620367720110820000110001"),
            Some(Part::Hx8k)
        );
        assert_eq!(
            part("ff0000ff7eaa997e5100010592002062014b720090820000110001"),
            Some(Part::Hx1k)
        );
        assert_eq!(
            part("ff0000ff7eaa997e510001059200206202b3820000720150110001"),
            Some(Part::Up5k)
        );
    }

    #[test]
    fn ecp5_by_its_idcode() {
        let file = |id: u32| {
            let mut bytes = b"\xff\0Part: LFE5U-85F-6CABGA381\0\xff\xff\xff\xbd\xb3\xff\xff\xff\xff\x3b\0\0\0\xe2\0\0\0".to_vec();
            bytes.extend(id.to_be_bytes());
            Part::of(&bytes)
        };
        assert_eq!(file(0x4111_3043), Some(Part::Ecp5_85));
        assert_eq!(file(0x4111_1043), Some(Part::Ecp5_25));
        assert_eq!(file(0x0111_3043), Some(Part::OtherEcp5(0x0111_3043)));
    }

    #[test]
    fn gowin_by_the_idcode_in_its_text() {
        let line = |bits: u64| format!("{bits:064b}\n");
        let part = |id: u64| {
            let head = "1".repeat(160);
            let text = format!("//Copyright\n{head}\n{}", line(0x0600_0000 << 32 | id));
            Part::of(text.as_bytes())
        };
        assert_eq!(part(0x1100_481b), Some(Part::Gw1nr9));
        assert_eq!(part(0x0000_081b), Some(Part::Gw2ar18));
        assert_eq!(part(0x0900_281b), Some(Part::OtherGowin(0x0900_281b)));
    }

    /// Ends as ecppack, icepack and gowin_pack write them.
    #[test]
    fn a_file_without_its_end_is_known() {
        let ecp5 = b"\x5e\0\0\0\xff\xff\xff\xff".as_slice();
        let ice40 = b"\0\0\x22\x61\xf5\x01\x06\x00".as_slice();
        let ones = "1".repeat(64);
        let gowin = format!(
            "{ones}\n00001000{}\n{ones}\n{}\n",
            "0".repeat(24),
            "1".repeat(16)
        );
        for (part, end) in [
            (Part::Ecp5_85, ecp5),
            (Part::Up5k, ice40),
            (Part::Gw2ar18, gowin.as_bytes()),
        ] {
            let middle = vec![if part == Part::Gw2ar18 { b'1' } else { 0x55 }; 2000];
            assert!(part.ends_in(&[&middle[..], b"\n", end].concat()), "{part}");
            assert!(!part.ends_in(&middle), "{part}");
            assert!(!part.ends_in(b""), "{part}");
        }
    }

    #[test]
    fn what_is_cut_or_something_else_is_nothing() {
        let whole = hex::decode("ff0000ff7eaa997e51000105920020620367").unwrap();
        for end in 0..whole.len() {
            assert_eq!(Part::of(&whole[..end]), None, "{end} bytes");
        }
        assert_eq!(Part::of(b"\x7fELF and so on"), None);
        assert_eq!(Part::of(&[0x62; 10_000]), None);
    }
}
