//! The software board on virtual and on real time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Clock, Software};
use crate::algorithm::sha256d::{self, SHA256D};
use crate::board::{Board, BoardEvent, BoardOptions};
use crate::units::{Hash256, Target};
use crate::work::{
    Assignment, Checked, HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template, WorkUnit,
};

fn works(zero_bits: u32) -> Assignment {
    let header = HeaderTemplate {
        version: 0x2000_0000,
        previous: Hash256::from_internal([3; 32]),
        merkle_root: Hash256::from_internal([9; 32]),
        ntime: 1_700_000_000,
        nbits: 0x1703_4219,
    };
    let job = Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(bytes::Bytes::from_static(b"job")),
        algorithm: &SHA256D,
        hasher: sha256d::hasher(),
        template: Template::Header(header),
        target: Target::from_zero_bits(zero_bits),
        network_target: None,
        version_mask: 0x1fff_e000,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: Instant::now(),
        space: Arc::new(SearchSpace::new(0, 0, header.ntime)),
    };
    Assignment::new(Arc::new(job), false)
}

fn next(works: &mut Assignment) -> WorkUnit {
    works.next_work(Instant::now()).unwrap()
}

fn virtual_board(options: &str) -> Software {
    let clock = Clock::virtual_from(Instant::now(), 1e6);
    Software::new(&BoardOptions::parse(options).unwrap(), clock).unwrap()
}

#[test]
fn finds_shares_and_hashes_of_its_threshold_and_nothing_else() {
    let mut board = virtual_board("zero-bits=12");
    let ability = board.start().unwrap();
    board.load(next(&mut works(14)), true).unwrap();
    let (mut shares, mut weak) = (0, 0);
    let end = board.now() + Duration::from_millis(500);
    while board.now() < end {
        let Some(BoardEvent::Nonce { found, works, .. }) = board.poll(end).unwrap() else {
            continue;
        };
        match works[0].check(found, &ability.threshold) {
            Checked::Share(_) => shares += 1,
            Checked::Weak(_) => weak += 1,
            Checked::Wrong(hash) => panic!("{hash}"),
        }
    }
    // Half a million hashes: 30 shares and 92 others are expected.
    assert!((10..60).contains(&shares), "{shares}");
    assert!((50..140).contains(&weak), "{weak}");
}

#[test]
fn shares_easier_than_the_threshold_are_reported() {
    let mut board = virtual_board("zero-bits=32");
    board.load(next(&mut works(10)), true).unwrap();
    let end = board.now() + Duration::from_millis(100);
    let event = board.poll(end).unwrap();
    assert!(matches!(event, Some(BoardEvent::Nonce { .. })), "{event:?}");
}

#[test]
fn new_work_replaces_the_work_before() {
    let mut board = virtual_board("zero-bits=12");
    let mut works = works(12);
    let (first, second) = (next(&mut works), next(&mut works));
    board.load(first, false).unwrap();
    board.load(second.clone(), true).unwrap();
    let end = board.now() + Duration::from_secs(1);
    let Some(BoardEvent::Nonce { works, .. }) = board.poll(end).unwrap() else {
        panic!("a nonce comes within a million hashes");
    };
    assert_eq!(works.len(), 1);
    assert_eq!(works[0].rolled(), second.rolled());
}

#[test]
fn a_ring_before_the_search_ends_it_before_a_hash_is_done() {
    let mut board = virtual_board("zero-bits=64");
    board.load(next(&mut works(64)), true).unwrap();
    let begun = board.now();
    board.waker().wake();
    assert!(
        board
            .poll(begun + Duration::from_secs(9))
            .unwrap()
            .is_none()
    );
    assert_eq!(board.now(), begun, "not even one chunk");
    assert!(
        board
            .poll(begun + Duration::from_millis(50))
            .unwrap()
            .is_none()
    );
    assert!(
        board.now() >= begun + Duration::from_millis(50),
        "heard once"
    );
}

#[test]
fn between_two_looks_at_the_flag_lie_few_hashes() {
    let mut board = virtual_board("zero-bits=64");
    board.load(next(&mut works(64)), true).unwrap();
    let begun = board.now();
    let deadline = begun + Duration::from_millis(200);
    board.poll(deadline).unwrap();
    let late = board.now().saturating_duration_since(deadline);
    assert!(
        late <= Duration::from_micros(260),
        "a chunk's time: {late:?}"
    );
}

#[test]
fn an_idle_board_sleeps_until_it_is_rung() {
    let mut board = Software::new(&BoardOptions::none(), Clock::real()).unwrap();
    let waker = board.waker();
    let hour = board.now() + Duration::from_secs(3600);
    let ringer = std::thread::spawn(move || waker.wake());
    assert!(board.poll(hour).unwrap().is_none());
    assert!(board.now() < hour);
    ringer.join().unwrap();
}

#[test]
fn a_search_on_real_time_is_ended_by_a_ring() {
    let mut board =
        Software::new(&BoardOptions::parse("zero-bits=64").unwrap(), Clock::real()).unwrap();
    board.load(next(&mut works(64)), true).unwrap();
    let waker = board.waker();
    let hour = board.now() + Duration::from_secs(3600);
    let ringer = std::thread::spawn(move || waker.wake());
    while let Some(event) = board.poll(hour).unwrap() {
        assert!(matches!(event, BoardEvent::Rate(_)), "{event:?}");
    }
    assert!(board.now() < hour);
    ringer.join().unwrap();
}

#[test]
fn unknown_options_are_refused() {
    let options = BoardOptions::parse("threads=4").unwrap();
    assert!(Software::new(&options, Clock::real()).is_err());
}
