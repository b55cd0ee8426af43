//! What is at the far end: a core of ours that speaks this protocol and finds a known nonce.

use std::time::Duration;

use super::frames::{Command, Information, Reply};
use super::line::Line;
use super::settings::Settings;
use super::words::{Range, WORDS, job_words};
use crate::board::BoardError;
use crate::work::Header;

/// The version of the protocol that this driver speaks.
const VERSION: u8 = 2;
/// How often a question is asked.
const TRIES: usize = 3;
/// Id of the known job: none that mining begins with.
const KNOWN_ID: u8 = 0xf7;
/// Zero bits of the known nonce's hash, enough that nothing beside it is found.
const KNOWN_ZERO_BITS: u32 = 32;
/// Nonces that are searched before and after the known one.
const AROUND: u32 = 20;

/// The header of Bitcoin's first block.
const GENESIS: [u8; 80] = {
    let mut header = [0; 80];
    header[0] = 1;
    let rest = [
        0x3b, 0xa3, 0xed, 0xfd, 0x7a, 0x7b, 0x12, 0xb2, 0x7a, 0xc7, 0x2c, 0x3e, 0x67, 0x76, 0x8f,
        0x61, 0x7f, 0xc8, 0x1b, 0xc3, 0x88, 0x8a, 0x51, 0x32, 0x3a, 0x9f, 0xb8, 0xaa, 0x4b, 0x1e,
        0x5e, 0x4a, 0x29, 0xab, 0x5f, 0x49, 0xff, 0xff, 0x00, 0x1d, 0x1d, 0xac, 0x2b, 0x7c,
    ];
    let mut i = 0;
    while i < rest.len() {
        header[36 + i] = rest[i];
        i += 1;
    }
    header
};
/// Its nonce as message word.
const ANSWER: u32 = 0x1dac_2b7c;

/// Finds out what is there and whether it hashes right.
///
/// # Errors
/// Which step failed and what came instead.
pub(super) fn probe(line: &mut Line, settings: &Settings) -> Result<Information, BoardError> {
    let told = information(line, settings)?;
    check(&told)?;
    known_answer(line, settings, &told)?;
    Ok(told)
}

fn information(line: &mut Line, settings: &Settings) -> Result<Information, BoardError> {
    let patience = settings.patience + settings.line_time(64);
    let mut heard = None;
    for _ in 0..TRIES {
        line.resynchronise(patience)?;
        line.send(Command::Stop { id: 0 })?;
        line.send(Command::Information)?;
        let deadline = line.now() + patience;
        while let Some(reply) = line.reply(deadline)? {
            match reply {
                Reply::Information(told) => return Ok(told),
                Reply::Garbage(bytes) => heard = Some(format!("{bytes} bytes that make no frame")),
                _ => {}
            }
        }
    }
    Err(refusal(
        "asking the core what it is",
        "an information frame (85 ..)",
        heard.unwrap_or_else(|| nothing_within(patience)),
    ))
}

fn check(told: &Information) -> Result<(), BoardError> {
    let sound = told.version == VERSION
        && usize::from(told.words) == WORDS
        && told.cores > 0
        && told.clocks_per_turn > 0
        && told.nonces_per_turn > 0
        && told.clock_hz > 0
        && (1..=32).contains(&told.slice_bits);
    if sound {
        return Ok(());
    }
    Err(refusal(
        "asking the core what it is",
        "protocol version 2, 24 words a job",
        format!("{told:?}"),
    ))
}

/// Lets the core search around the nonce of Bitcoin's first block, and stops it.
fn known_answer(
    line: &mut Line,
    settings: &Settings,
    told: &Information,
) -> Result<(), BoardError> {
    let slice = u32::MAX >> (32 - u32::from(told.slice_bits));
    let core = ANSWER.checked_shr(told.slice_bits.into()).unwrap_or(0);
    let range = Range {
        first: (ANSWER & slice).saturating_sub(AROUND),
        last: (ANSWER & slice).saturating_add(AROUND),
        zero_bits: KNOWN_ZERO_BITS,
    };
    let words = job_words(&Header::from_bytes(GENESIS), range);
    line.send(Command::Job {
        id: KNOWN_ID,
        flush: true,
        zero_bits: KNOWN_ZERO_BITS as u8,
        words: &words,
    })?;
    let expected = Reply::Nonce {
        id: KNOWN_ID,
        core: core as u8,
        word: ANSWER,
    };
    // A core too many for the slices that exist searches other nonces.
    let is_searched = core < u32::from(told.cores);
    hear_answer(line, settings, told, is_searched.then_some(expected))
}

/// Waits for the end of the known range; before it `expected` must have come, and nothing else.
fn hear_answer(
    line: &mut Line,
    settings: &Settings,
    told: &Information,
    expected: Option<Reply>,
) -> Result<(), BoardError> {
    let clocks = told.clocks_per_nonce() * f64::from(2 * AROUND) + 1000.0;
    let search = Duration::from_secs_f64(clocks / f64::from(told.clock_hz));
    let patience = settings.patience + settings.line_time(300) + search;
    let mut deadline = line.now() + patience;
    let mut nonces: Vec<Reply> = Vec::new();
    while let Some(reply) = line.reply(deadline)? {
        match reply {
            Reply::Nonce { .. } if nonces.len() < 4 => nonces.push(reply),
            // The end may be told before the last nonce.
            Reply::Searched { id: KNOWN_ID } => {
                deadline = line.now() + settings.line_time(32) + settings.patience / 10;
            }
            _ => {}
        }
    }
    if nonces.iter().eq(expected.iter()) {
        return Ok(());
    }
    let got = if nonces.is_empty() {
        nothing_within(patience)
    } else {
        format!("{nonces:?}")
    };
    let wanted = expected.map_or("nothing".to_owned(), |reply| format!("{reply:?}"));
    Err(refusal("known-answer probe", &wanted, got))
}

fn nothing_within(patience: Duration) -> String {
    format!("nothing within {} ms", patience.as_millis())
}

fn refusal(step: &'static str, expected: &str, got: String) -> BoardError {
    BoardError::Probe {
        step,
        expected: expected.to_owned(),
        got,
    }
}
