//! Real hashes where the layout allows them, as many as the rate says, and silence when there is nothing more to find.

use std::collections::HashSet;

use super::host::{Host, bare_job, header_job, midstate_job, with_preamble};
use crate::algorithm::sha256d::{Midstate, SHA256D};
use crate::chip::bm13xx::emulator::layout::Layout;
use crate::chip::bm13xx::emulator::{EmulatedChain, EmulatedChip};
use crate::units::Target;

fn host(kind: EmulatedChip, chips: u16) -> Host {
    let mut host = Host::new(EmulatedChain {
        zero_bits: Some(12),
        stock_clock: clock_of(kind),
        rate: 4e6,
        ..EmulatedChain::new(kind, chips)
    });
    host.bring_up(chips);
    host
}

/// What the tests' bring-up sets.
fn clock_of(kind: EmulatedChip) -> f64 {
    match kind {
        EmulatedChip::Bm1384 => 150.0,
        EmulatedChip::Bm1387 => 550.0,
        EmulatedChip::Bm1397 => 425.0,
        _ => 525.0,
    }
}

fn header() -> [u8; 80] {
    let mut header: [u8; 80] = std::array::from_fn(|at| (at as u8).wrapping_mul(29));
    header[..4].copy_from_slice(&0x2000_0000_u32.to_le_bytes());
    header
}

/// State words in order h..a.
fn wire(midstate: Midstate) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, word) in bytes.chunks_exact_mut(4).zip(midstate.words().iter().rev()) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// The header's job for `kind`, and the headers that it offers.
fn job(kind: EmulatedChip) -> (Vec<u8>, Vec<[u8; 80]>) {
    let header = header();
    let versions = [0x2000_0000_u32, 0x2000_2000, 0x2000_4000, 0x2000_6000];
    let headers: Vec<[u8; 80]> = versions
        .map(|version| {
            let mut header = header;
            header[..4].copy_from_slice(&version.to_le_bytes());
            header
        })
        .to_vec();
    let states: Vec<[u8; 32]> = headers
        .iter()
        .map(|header| wire(Midstate::of(header[..64].try_into().unwrap())))
        .collect();
    let mut tail = [0; 12];
    for (to, from) in tail
        .chunks_exact_mut(4)
        .zip(header[64..76].rchunks_exact(4))
    {
        to.copy_from_slice(from);
    }
    match kind {
        EmulatedChip::Bm1384 => {
            let mut job = bare_job(0x14, 0);
            job[..32].copy_from_slice(&states[0]);
            job[52..].copy_from_slice(&tail);
            (job, headers[..1].to_vec())
        }
        EmulatedChip::Bm1387 => (midstate_job(0x14, &states, &tail), headers),
        EmulatedChip::Bm1397 => (with_preamble(midstate_job(0x14, &states, &tail)), headers),
        _ => (header_job(0x18, &header), vec![header]),
    }
}

struct Said {
    word: u32,
    header: [u8; 80],
}

fn said(kind: EmulatedChip, reply: &[u8], headers: &[[u8; 80]]) -> Said {
    let at = if reply[0] == 0xaa && reply.len() > 7 {
        2
    } else {
        0
    };
    let nonce: [u8; 4] = reply[at..at + 4].try_into().unwrap();
    let mut header = match kind {
        EmulatedChip::Bm1384 => headers[0],
        EmulatedChip::Bm1387 => headers[usize::from(reply[5] - 0x14)],
        EmulatedChip::Bm1397 => headers[usize::from(reply[7] & 3)],
        _ => {
            let field = u32::from(reply[8]) << 8 | u32::from(reply[9]);
            let mut header = headers[0];
            let version = 0x2000_0000 | field << 13;
            header[..4].copy_from_slice(&version.to_le_bytes());
            header
        }
    };
    header[76..].copy_from_slice(&nonce);
    Said {
        word: u32::from_be_bytes(nonce),
        header,
    }
}

fn length(kind: EmulatedChip) -> usize {
    match kind {
        EmulatedChip::Bm1384 => 5,
        EmulatedChip::Bm1387 => 7,
        EmulatedChip::Bm1397 => 9,
        _ => 11,
    }
}

/// The job that opened the last core is searched until the first real one is there.
fn is_dummys(kind: EmulatedChip, reply: &[u8]) -> bool {
    match kind {
        EmulatedChip::Bm1384 => reply[4] == 0x90,
        EmulatedChip::Bm1387 => reply[5] < 0x14,
        _ => false,
    }
}

#[test]
fn every_kind_finds_true_nonces_in_its_layout_at_its_rate() {
    for kind in EmulatedChip::ALL {
        let mut host = host(kind, 1);
        let (job, headers) = job(kind);
        let mut replies = Vec::new();
        // Fresh work before any sweep ends; what is found twice is found for the same job.
        for _ in 0..12 {
            host.write(&job);
            replies.extend(host.wait(25));
        }
        assert_eq!(replies.len() % length(kind), 0, "{kind:?}");
        let limit = Target::from_zero_bits(12);
        let mut found = 0;
        for reply in replies.chunks(length(kind)) {
            if is_dummys(kind, reply) {
                continue;
            }
            let said = said(kind, reply, &headers);
            assert!(
                limit.is_met_by(&SHA256D.hash(&said.header)),
                "{kind:?}: {reply:x?}"
            );
            assert!(
                Layout::of(kind).core(said.word).is_some(),
                "{kind:?}: {reply:x?}"
            );
            found += 1;
        }
        // 0.3 s at 4 MH/s and one in 4096: 293, less what the line takes for each job.
        assert!((150..400).contains(&found), "{kind:?}: {found}");
        assert_eq!(host.chain.counts().bent_jobs, 0);
    }
}

#[test]
fn an_epoch_ends_in_silence_and_a_new_job_ends_the_silence() {
    let mut host = host(EmulatedChip::Bm1370, 1);
    // 16 bits of version, 16 sub-cores, 4096 ticks: 0.67 s.
    let (job, _) = job(EmulatedChip::Bm1370);
    host.write(&job);
    assert!(!host.wait(660).is_empty());
    host.wait(60);
    assert!(host.wait(500).is_empty());
    host.write(&job);
    assert!(!host.wait(500).is_empty());
    host.wait(300);
    // With three bits there is one batch of eight: over after one window.
    host.set(0xa4, 0x9000_0007);
    host.write(&job);
    host.wait(30);
    assert!(host.wait(500).is_empty());
}

#[test]
fn what_halts_a_chip_halts_it() {
    type Halt = fn(&mut Host);
    let halts: [Halt; 5] = [
        |host| host.set(0x10, 0),
        |host| host.set(0x18, 0x0000_c100),
        |host| host.set(0x08, 0),
        |host| host.set(0xa8, 0x0007_01f0),
        |host| host.chain.set_core_voltage(0.0, host.now),
    ];
    for (number, halt) in halts.iter().enumerate() {
        let mut host = host(EmulatedChip::Bm1366, 1);
        let (job, _) = job(EmulatedChip::Bm1366);
        host.write(&job);
        assert!(!host.wait(100).is_empty());
        halt(&mut host);
        host.wait(20);
        host.write(&job);
        assert!(host.wait(200).is_empty(), "halt {number}");
    }
}

#[test]
fn nothing_is_hashed_before_the_cores_are_open_and_the_clock_is_set() {
    for kind in EmulatedChip::ALL {
        let mut host = Host::new(EmulatedChain {
            zero_bits: Some(8),
            ..EmulatedChain::new(kind, 1)
        });
        host.address(1);
        host.write(&job(kind).0);
        assert!(host.wait(100).is_empty(), "{kind:?}");
    }
}

#[test]
fn the_rate_follows_the_clock_and_the_ticket_mask() {
    let count = |pll: u32, mask: u32| {
        let mut host = host(EmulatedChip::Bm1368, 1);
        host.set(0x08, pll);
        host.set(0x14, mask);
        let mut bytes = 0;
        for _ in 0..4 {
            host.write(&job(EmulatedChip::Bm1368).0);
            bytes += host.wait(250).len();
        }
        bytes / 11
    };
    let (full, half) = (count(0x50d2_0240, 0), count(0x50d2_0241, 0));
    let eighth = count(0x50d2_0240, 0x0000_00e0);
    assert!((700..1200).contains(&full), "{full}");
    assert!((350..650).contains(&half), "{half}");
    assert!((70..190).contains(&eighth), "{eighth}");
}

#[test]
fn chips_share_the_nonces_out_by_address_or_offset() {
    let mut host = host(EmulatedChip::Bm1366, 4);
    host.write(&job(EmulatedChip::Bm1366).0);
    let replies = host.wait(200);
    let chips: HashSet<u8> = replies
        .chunks(11)
        .map(|reply| (u32::from_be_bytes(reply[2..6].try_into().unwrap()) >> 23 & 3) as u8)
        .collect();
    assert_eq!(chips.len(), 4);
    // Chips that were never told where to start search the same: what the second finds is no news.
    let unique = |offsets: &[u32]| {
        let mut host = self::host(EmulatedChip::Bm1370, 2);
        for (address, offset) in [0, 128].into_iter().zip(offsets) {
            host.set_one(address, 0x0c, *offset);
        }
        host.write(&job(EmulatedChip::Bm1370).0);
        let replies = host.wait(400);
        let all: Vec<&[u8]> = replies.chunks(11).collect();
        let unique: HashSet<&[u8]> = all.iter().copied().collect();
        (unique.len(), all.len())
    };
    let (different, all) = unique(&[0x8000_0000, 0x8000_8000]);
    assert_eq!(different, all);
    let (different, all) = unique(&[]);
    assert!(different < all, "{different} of {all}");
}

#[test]
fn a_bm1387_wants_its_switch_for_several_midstates() {
    let mut host = host(EmulatedChip::Bm1387, 2);
    let (job, _) = job(EmulatedChip::Bm1387);
    host.set(0x1c, 0x4020_1a00);
    host.write(&job);
    let replies = host.wait(50);
    assert!(
        replies
            .chunks(7)
            .all(|reply| is_dummys(EmulatedChip::Bm1387, reply))
    );
    host.set(0x1c, 0x4020_1a80);
    host.write(&job);
    host.wait(20);
    let replies = host.wait(50);
    assert!(
        !replies.is_empty()
            && !replies
                .chunks(7)
                .any(|reply| is_dummys(EmulatedChip::Bm1387, reply))
    );
}
