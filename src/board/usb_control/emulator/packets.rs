//! The controller's side of the packets.

use super::Refusal;

/// A request as the firmware reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) id: u8,
    pub(super) page: u8,
    pub(super) code: u8,
    pub(super) data: Vec<u8>,
    pub(super) is_malformed: bool,
}

/// What the firmware has to say to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Payload(Vec<u8>),
    Error(u8),
}

impl Answer {
    pub(super) fn of(result: Result<Vec<u8>, Refusal>) -> Self {
        match result {
            Ok(payload) => Self::Payload(payload),
            Err(Refusal::Timeout) => Self::Error(0x10),
            Err(Refusal::Invalid) => Self::Error(0x11),
        }
    }
}

/// Whose firmware it is, which tells how replies look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Firmware {
    /// bitaxe-raw.
    V0,
    /// The Bonanza bridge's.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "its boards carry other chips; the rule is tested")
    )]
    Bonanza,
    /// EmberOne from minor 1 on, RHAP-D.
    V1,
}

impl Firmware {
    /// A reply's bytes.
    pub(super) fn reply(self, id: u8, answer: Answer) -> Vec<u8> {
        let packet = |length: usize, middle: &[u8], rest: &[u8]| {
            let length = (length as u16).to_le_bytes();
            [&length[..], middle, rest].concat()
        };
        match (self, answer) {
            (Self::V0, Answer::Payload(payload)) => packet(payload.len(), &[id], &payload),
            (Self::Bonanza, Answer::Payload(payload)) => packet(payload.len() + 3, &[id], &payload),
            (Self::V1, Answer::Payload(payload)) => packet(payload.len() + 4, &[id, 0], &payload),
            (_, Answer::Error(code)) => packet(4, &[id, code], &[]),
        }
    }
}

/// The first request in `bytes` and its length; `None`: it is not whole yet.
pub(super) fn parse(bytes: &[u8]) -> Option<(usize, Command)> {
    let length = usize::from(u16::from_le_bytes([*bytes.first()?, *bytes.get(1)?]));
    if !(6..=64).contains(&length) {
        let command = Command {
            id: 0xff,
            page: 0,
            code: 0,
            data: Vec::new(),
            is_malformed: true,
        };
        return Some((bytes.len(), command));
    }
    let packet = bytes.get(..length)?;
    let command = Command {
        id: packet[2],
        page: packet[4],
        code: packet[5],
        data: packet[6..].to_vec(),
        is_malformed: false,
    };
    Some((length, command))
}
