//! What every core must do with bad input: frames that are none, bytes that broke, a line that is off, more hits than the line carries.

use std::time::Duration;

use super::super::frames::{Command, Reply};
use super::super::words::{Range, WORDS};
use super::host::{Host, header, hits};
use crate::transport::Transport;

/// Cut, bent, endless and foreign frames: each is counted and has no other effect, and the next good frame is understood.
pub(super) fn bad_frames_are_counted_and_cost_one_frame(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    let words = [0x0102_0304; WORDS];
    let good = Command::Job {
        id: 9,
        flush: false,
        zero_bits: 32,
        words: &words,
    }
    .encode();
    let before = host.status().bad_frames;
    let mut bent = good.clone();
    bent[20] ^= 0x10;
    let cut = &good[..50];
    let endless = [0x55u8; 300];
    let escape = [0xc0, 0x02, 0xdb, 0x00, 0x00, 0x00, 0xc0];
    let icarus = [0x5au8; 64];
    for bytes in [&bent[..], cut, &endless, &escape, &icarus] {
        host.raw(bytes);
        host.end_frame();
        host.line.send(Command::Information).unwrap();
        assert_eq!(host.reply(), Reply::Information(host.told));
    }
    let status = host.status();
    assert_eq!(status.bad_frames.wrapping_sub(before), 5);
    assert_eq!((status.running, status.jobs), (false, 0));
}

/// Good frames that mean nothing are refused by name.
pub(super) fn unknown_and_misshapen_frames_are_refused(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    // Type 7; a job of four bytes. CRCs by the catalogued definition.
    for (frame, reason) in [([7u8, 42, 0, 0], 3), ([1, 43, 0, 0], 2)] {
        let crc = frame.iter().fold(0xffffu16, |crc, byte| {
            (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
                crc << 1 ^ if crc >> 15 == 1 { 0x1021 } else { 0 }
            })
        });
        host.raw(&[0xc0]);
        host.raw(&frame);
        host.raw(&crc.to_be_bytes());
        host.raw(&[0xc0]);
        let id = frame[1];
        assert_eq!(host.reply(), Reply::Refused { id, reason });
    }
}

/// A line speed that is 3 percent off is understood; one that is far off is not, and does no harm.
pub(super) fn a_line_off_by_three_percent(port: Box<dyn Transport>, baud: u32) {
    let mut host = Host::new(port);
    for percent in [97, 103] {
        host.line.set_baud(baud * percent / 100);
        host.line.resynchronise(Duration::from_millis(200)).unwrap();
        host.line.send(Command::Information).unwrap();
        assert_eq!(
            host.reply(),
            Reply::Information(host.told),
            "{percent} percent"
        );
    }
    host.line.set_baud(baud * 2);
    host.line.send(Command::Information).unwrap();
    while let Some(reply) = host.reply_by(Duration::from_millis(100)) {
        assert_ne!(reply, Reply::Information(host.told));
    }
    host.line.set_baud(baud);
    host.line.resynchronise(Duration::from_millis(500)).unwrap();
    host.line.send(Command::Information).unwrap();
    assert_eq!(host.reply(), Reply::Information(host.told));
}

/// A byte whose stop bit is missing voids the frame that it stands in and is counted; the next frame is understood.
pub(super) fn a_broken_byte_costs_one_frame(port: Box<dyn Transport>, baud: u32) {
    let mut host = Host::new(port);
    let before = host.status();
    let frame = Command::Information.encode();
    host.raw(&frame[..3]);
    let pause = Duration::from_millis(20);
    assert_eq!(host.reply_by(pause), None);
    // At half the speed a zero is low for 18 of the core's bits.
    host.line.set_baud(baud / 2);
    host.raw(&[0]);
    assert_eq!(host.reply_by(pause), None);
    host.line.set_baud(baud);
    host.raw(&frame[3..]);
    assert_eq!(host.reply_by(pause), None, "the frame has a hole");
    host.line.send(Command::Information).unwrap();
    assert_eq!(host.reply(), Reply::Information(host.told));
    let status = host.status();
    assert_ne!(status.lost_bytes, before.lost_bytes);
    assert_eq!(status.bad_frames.wrapping_sub(before.bad_frames), 1);
}

/// Where every nonce is a hit, the line cannot carry them: each is told under its job, or counted as lost, and the next job suffers nothing.
pub(super) fn an_overrun_of_nonces_is_counted(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    let header = header(3);
    let all = Range {
        first: 0x0100_0000,
        last: 0x0100_0000 + 299,
        zero_bits: 0,
    };
    host.load(3, false, &header, all);
    let mut told = host.nonces_until_searched(3);
    let lost = host.status().lost_nonces;
    assert!(lost > 0 && !told.is_empty(), "{lost} lost");
    assert_eq!(told.len() + usize::from(lost), 300);
    told.dedup();
    assert_eq!(told.len() + usize::from(lost), 300, "one came twice");
    let right = |(id, word): &(u8, u32)| *id == 3 && (all.first..=all.last).contains(word);
    assert!(told.iter().all(right), "{told:?}");
    let few = Range {
        last: all.last + 4000,
        zero_bits: 10,
        ..all
    };
    host.load(4, false, &header, few);
    let found: Vec<u32> = host
        .nonces_until_searched(4)
        .into_iter()
        .map(|(_, word)| word)
        .collect();
    assert_eq!(found, hits(&header, few, &host.told));
    assert_eq!(host.status().lost_nonces, lost);
}
