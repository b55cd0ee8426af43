//! Numbers go round, replies find their own work.

use std::sync::Arc;

use super::*;
use crate::algorithm::sha256d::SHA256D;
use crate::units::{Hash256, Nonce};
use crate::work::{Assignment, HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template};

const ALL: [IdCoding; 5] = [
    IdCoding::LowFive,
    IdCoding::Plus,
    IdCoding::Quad,
    IdCoding::FiveBits,
    IdCoding::FourBits,
];

fn works(version: u32, count: usize) -> Vec<WorkUnit> {
    let template = HeaderTemplate {
        version,
        previous: Hash256::ZERO,
        merkle_root: Hash256::ZERO,
        ntime: 1000,
        nbits: 0x1703_4219,
    };
    let job = Arc::new(Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(bytes::Bytes::from_static(b"1")),
        algorithm: &SHA256D,
        hasher: crate::algorithm::sha256d::hasher(),
        template: Template::Header(template),
        target: Target::ZERO,
        network_target: None,
        version_mask: 0x1fff_e000,
        max_ntime_roll: 60_000,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(0, 0, 1000)),
    });
    let received = job.received;
    let mut assignment = Assignment::new(job, true);
    (0..count)
        .map(|second| {
            let now = received + Duration::from_secs(second as u64);
            assignment.next_work(now).expect("time goes on")
        })
        .collect()
}

/// The byte that comes back for a job byte, with the index of a midstate or the number of a sub-core.
fn reply_byte(coding: IdCoding, job: u8, extra: u8) -> u8 {
    match coding {
        IdCoding::LowFive => job & 0x1f,
        IdCoding::Plus => job + (extra & 3),
        IdCoding::Quad => job | (extra & 3),
        IdCoding::FiveBits => job | (extra & 7),
        IdCoding::FourBits => job << 1 | (extra & 15),
    }
}

fn reply(job: u8, nonce: u32, version: Option<u16>) -> NonceReply {
    NonceReply {
        nonce: Nonce::from_u32(nonce),
        job,
        rank: 0,
        version,
    }
}

fn ntimes(resolved: &Resolved) -> Vec<u32> {
    let Resolved::Nonce(_, works) = resolved else {
        panic!("a nonce, not {resolved:?}");
    };
    works.iter().map(|work| work.rolled().ntime).collect()
}

#[test]
fn published_numbers() {
    let four = IdCoding::FourBits.decode(0xd2).unwrap();
    assert_eq!(IdCoding::FourBits.byte(four.slot), 0x68);
    let quad = IdCoding::Quad.decode(0x1a).unwrap();
    assert_eq!((IdCoding::Quad.byte(quad.slot), quad.midstate), (0x18, 2));
    let five = IdCoding::FiveBits.decode(0xf2).unwrap();
    assert_eq!(five.slot, 30);
}

#[test]
fn every_reply_goes_to_its_own_work_through_three_rounds() {
    for coding in ALL {
        let rolls = matches!(coding, IdCoding::FiveBits | IdCoding::FourBits);
        let mut ring = Ring::new(coding);
        let start = Instant::now();
        for (index, work) in works(0x2000_0000, 3 * coding.count())
            .into_iter()
            .enumerate()
        {
            // Two seconds apart: whatever was replaced is forgotten.
            let now = start + Duration::from_secs(2 * index as u64);
            let byte = ring.next_byte();
            let versions = if rolls {
                Versions::OnChip(0xffff)
            } else {
                Versions::Midstates(&[1, 2, 3, 4])
            };
            ring.load(work.clone(), versions, now);
            for extra in 0..4 {
                let answer = reply_byte(coding, byte, extra);
                let said = reply(answer, 77, rolls.then_some(extra.into()));
                if coding == IdCoding::LowFive && extra > 0 {
                    continue;
                }
                let resolved = ring.resolve(&said, &Target::MAX, now);
                assert_eq!(ntimes(&resolved), [1000 + index as u32], "{coding:?}");
                let Resolved::Nonce(found, _) = &resolved else {
                    unreachable!()
                };
                let expected = if rolls {
                    0x2000_0000 | u32::from(extra) << 13
                } else {
                    u32::from(extra) + 1
                };
                assert_eq!(found.version, Some(expected));
                let again = ring.resolve(&said, &Target::MAX, now);
                assert!(matches!(again, Resolved::Duplicate));
            }
        }
    }
}

#[test]
fn a_late_reply_is_offered_to_the_works_before_newest_first() {
    let mut ring = Ring::new(IdCoding::FourBits);
    let start = Instant::now();
    let units = works(0x2000_0000, 33);
    for (index, work) in units.into_iter().enumerate() {
        let now = start + Duration::from_millis(10 * index as u64);
        ring.load(work, Versions::OnChip(0xffff), now);
    }
    let now = start + Duration::from_millis(330);
    let resolved = ring.resolve(&reply(0x02, 5, Some(9)), &Target::MAX, now);
    assert_eq!(ntimes(&resolved), [1032, 1016, 1000]);
    let later = ring.resolve(&reply(0x02, 6, Some(9)), &Target::MAX, now + LATE);
    assert_eq!(ntimes(&later), [1032]);
}

#[test]
fn a_number_rests_after_its_job_was_replaced() {
    let mut ring = Ring::new(IdCoding::FourBits);
    let start = Instant::now();
    assert_eq!(ring.rested(), None);
    for work in works(0x2000_0000, 17) {
        ring.load(work, Versions::OnChip(0xffff), start);
    }
    assert_eq!(ring.rested(), Some(start + REST));
}

#[test]
fn unknown_numbers_and_forbidden_versions_are_told() {
    let mut ring = Ring::new(IdCoding::FourBits);
    let now = Instant::now();
    let unit = works(0x2000_0000, 1).remove(0);
    let unknown = ring.resolve(&reply(0x12, 1, Some(0)), &Target::MAX, now);
    assert!(matches!(unknown, Resolved::UnknownJob));
    ring.load(unit, Versions::OnChip(0x00ff), now);
    let forbidden = ring.resolve(&reply(0x02, 1, Some(0x0100)), &Target::MAX, now);
    assert!(matches!(forbidden, Resolved::ForbiddenVersion));
    let mut quad = Ring::new(IdCoding::Quad);
    quad.load(works(4, 1).remove(0), Versions::Midstates(&[4]), now);
    let slot = quad.resolve(&reply(0x01, 1, None), &Target::MAX, now);
    assert!(matches!(slot, Resolved::ForbiddenVersion));
    let beyond = quad.resolve(&reply(0xff, 1, None), &Target::MAX, now);
    assert!(matches!(beyond, Resolved::UnknownJob));
}

#[test]
fn generations_with_other_versions_are_told_apart_by_the_hash() {
    let now = Instant::now();
    let older = works(0x2000_0000, 1).remove(0);
    let newer = works(0x3000_0000, 1).remove(0);
    // One in 256 hashes has eight zero bits.
    let threshold = Target::from_zero_bits(8);
    let is_right = |work: &WorkUnit, version: u32, nonce: u32| {
        let found = Found {
            nonce: Nonce::from_u32(nonce),
            version: Some(version | 3 << 13),
        };
        let checked = work.check(found, &threshold);
        !matches!(checked, crate::work::Checked::Wrong(_))
    };
    let only_older = (0..=u32::MAX)
        .find(|nonce| {
            is_right(&older, 0x2000_0000, *nonce) && !is_right(&newer, 0x3000_0000, *nonce)
        })
        .unwrap();
    let mut ring = Ring::new(IdCoding::FourBits);
    ring.load(older, Versions::OnChip(0xffff), now);
    for work in works(0x2000_0000, 15) {
        ring.load(work, Versions::OnChip(0xffff), now);
    }
    ring.load(newer, Versions::OnChip(0xffff), now);
    let Resolved::Nonce(found, works) =
        ring.resolve(&reply(0, only_older, Some(3)), &threshold, now)
    else {
        panic!("a nonce");
    };
    assert_eq!(found.version, Some(0x2000_6000));
    assert_eq!(works.len(), 1);
    assert_eq!(works[0].rolled().version, 0x2000_0000);
}

#[test]
fn idle_time_ends_a_work() {
    let mut ring = Ring::new(IdCoding::Quad);
    let now = Instant::now();
    ring.load(works(4, 1).remove(0), Versions::Midstates(&[4]), now);
    ring.replace(now);
    let late = ring.resolve(&reply(0, 1, None), &Target::MAX, now + REST);
    assert!(matches!(late, Resolved::Nonce(..)));
    let too_late = ring.resolve(&reply(0, 2, None), &Target::MAX, now + LATE);
    assert!(matches!(too_late, Resolved::UnknownJob));
}
