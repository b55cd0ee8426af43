//! Which Bitaxe it is: their USB texts are the same, so the chip is asked, at a voltage that every one of them takes.

use std::time::Duration;

use super::kind::Kind;
use crate::board::BoardError;
use crate::chip::bm13xx::{ResetLine, chip_by_id};
use crate::transport::Transport;

/// Reads register 0 of all chips (`bm13xx-boards.md` section 2 has these bytes).
const ASK: [u8; 7] = [0x55, 0xaa, 0x52, 0x05, 0x00, 0x00, 0x0a];
/// What every reply begins with.
const PREAMBLE: [u8; 2] = [0xaa, 0x55];
/// How long reset is held, and how long a chip takes to come out of it.
const RESET: Duration = Duration::from_millis(100);
/// The BM1397 takes longest.
const SETTLE: Duration = Duration::from_secs(1);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(200);
const TRIES: u32 = 3;

/// The one of `kinds` whose chip is on the line. Chips have power; they are left in reset.
///
/// # Errors
/// No answer, or a chip that none of them has.
pub(super) fn identify(
    kinds: &[&'static Kind],
    port: &mut dyn Transport,
    line: &mut dyn ResetLine,
) -> Result<&'static Kind, BoardError> {
    let mut reset = |port: &mut dyn Transport, asserted, time| {
        line.reset(asserted)
            .map_err(crate::chip::bm13xx::ChainError::Reset)?;
        port.sleep(time);
        Ok::<(), BoardError>(line.look_after(port.now())?)
    };
    reset(port, true, RESET)?;
    reset(port, false, SETTLE)?;
    let mut heard = Vec::new();
    for _ in 0..TRIES {
        heard = ask(port)?;
        if let Some(id) = find_id(&heard) {
            reset(port, true, Duration::ZERO)?;
            return kind_of(kinds, id, &heard);
        }
    }
    Err(refusal("an answer to 55aa520500000a", &heard))
}

fn ask(port: &mut dyn Transport) -> Result<Vec<u8>, BoardError> {
    port.write(&ASK)?;
    let deadline = port.now() + PATIENCE;
    let mut heard = Vec::new();
    while port.now() < deadline && heard.len() < 64 {
        let mut buf = [0; 64];
        let count = port.read(&mut buf, deadline)?;
        heard.extend_from_slice(&buf[..count]);
    }
    Ok(heard)
}

/// The first two bytes of register 0 behind a preamble.
fn find_id(heard: &[u8]) -> Option<u16> {
    let mut replies = heard
        .windows(9)
        .filter(|reply| reply.starts_with(&PREAMBLE));
    replies.find_map(|reply| {
        let id = u16::from_be_bytes([reply[2], reply[3]]);
        chip_by_id(id).is_ok().then_some(id)
    })
}

fn kind_of(kinds: &[&'static Kind], id: u16, heard: &[u8]) -> Result<&'static Kind, BoardError> {
    let kind = kinds.iter().find(|kind| kind.chip.is_id(id));
    kind.copied().ok_or_else(|| {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.chip.name).collect();
        refusal(&names.join(" or "), heard)
    })
}

fn refusal(expected: &str, heard: &[u8]) -> BoardError {
    BoardError::Probe {
        step: "asking the chip what it is",
        expected: expected.to_owned(),
        got: if heard.is_empty() {
            format!("nothing within {} ms", PATIENCE.as_millis())
        } else {
            hex::encode(&heard[..heard.len().min(22)])
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::bitaxe::kind::{BITAXES, GAMMA};

    #[test]
    fn identities_are_found_in_replies_of_both_lengths_and_behind_noise() {
        let id = |text: &str| find_id(&hex::decode(text).unwrap());
        assert_eq!(id("aa551397180000000006"), Some(0x1397));
        assert_eq!(id("00aa55137000000000000010"), Some(0x1370));
        assert_eq!(id("aa55aa551366000000000000001e"), Some(0x1366));
        assert_eq!(id("aa55ffff1800000006"), None);
        assert_eq!(id(""), None);
    }

    #[test]
    fn a_chip_that_none_has_is_named() {
        let kind = kind_of(BITAXES, 0x1370, &[]).unwrap();
        assert_eq!(kind.name, GAMMA.name);
        let error = kind_of(&[&GAMMA], 0x1366, &[0xaa, 0x55])
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "asking the chip what it is: expected BM1370, got aa55"
        );
    }
}
