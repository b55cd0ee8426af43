//! What every core must do, whatever it is made of. Each function gets a transport to a fresh core.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::driver::Core;
use super::super::frames::{Command, Reply};
use super::super::settings::{DRIVER_OPTIONS, Settings};
use super::super::words::Range;
use super::host::{Host, header, hits};
use crate::board::{Board, BoardEvent, BoardOptions};
use crate::transport::Transport;
use crate::units::{Hash256, Target};
use crate::work::{
    Assignment, Checked, Header, HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template,
};

/// Headers of real blocks (heights 0, 1, 170 and 125552) up to the nonce, and their nonces as message words.
const BLOCKS: [(&str, u32); 4] = [
    (
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9f\
b8aa4b1e5e4a29ab5f49ffff001d",
        0x1dac_2b7c,
    ),
    (
        "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb6\
06e857233e0e61bc6649ffff001d",
        0x01e3_6299,
    ),
    (
        "0100000055bd840a78798ad0da853f68974f3d183e2bd1db6a842c1feecf222a00000000ff104ccb05421ab93e63f8c3ce5c2c2e9dbb37de2764b3a3175c\
8166562cac7d51b96a49ffff001d",
        0x283e_9e70,
    ),
    (
        "0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b1eb942ae710e951ed797f7affc88\
92b0f1fc122bc7f5d74df2b9441a",
        0x42a1_4695,
    ),
];

fn block(number: usize) -> (Header, u32) {
    let (text, nonce) = BLOCKS[number];
    let mut bytes = hex::decode(text).unwrap();
    bytes.extend([0; 4]);
    (Header::from_bytes(bytes.try_into().unwrap()), nonce)
}

/// Real blocks: from a little below to a little above the known nonce, which alone is found, by the core whose slice it is in.
pub(super) fn real_blocks_are_found(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    let slice = u32::MAX >> (32 - u32::from(host.told.slice_bits));
    for number in 0..BLOCKS.len() {
        let (header, nonce) = block(number);
        let core = nonce.checked_shr(host.told.slice_bits.into()).unwrap_or(0);
        if core >= u32::from(host.told.cores) {
            continue;
        }
        let range = Range {
            first: (nonce & slice) - 7,
            last: (nonce & slice) + 9,
            zero_bits: 32,
        };
        let id = 10 + number as u8;
        host.load(id, false, &header, range);
        assert_eq!(
            host.nonces_until_searched(id),
            [(id, nonce)],
            "block {number}"
        );
    }
}

/// Every nonce of small ranges, compared with software; the first and the last nonce of a range are among them.
pub(super) fn small_ranges_are_searched_without_gap(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    for seed in 1..=3 {
        let header = header(seed);
        let range = Range {
            first: 0x0012_3000 * u32::from(seed),
            last: 0x0012_3000 * u32::from(seed) + 20_000,
            zero_bits: 11,
        };
        let expected = hits(&header, range, &host.told);
        host.load(seed, false, &header, range);
        let mut found: Vec<u32> = Vec::new();
        for (id, word) in host.nonces_until_searched(seed) {
            assert_eq!(id, seed);
            found.push(word);
        }
        found.sort_unstable();
        assert_eq!(found, expected, "header {seed}");
        let (first, last) = (expected[0], expected[expected.len() - 1]);
        let narrow = Range {
            first: first.min(range.last),
            last: last.clamp(first, range.last),
            zero_bits: 11,
        };
        let expected = hits(&header, narrow, &host.told);
        host.load(seed + 100, false, &header, narrow);
        let again = host.nonces_until_searched(seed + 100);
        assert_eq!(again.len(), expected.len(), "from a hit to a hit");
    }
    assert_eq!(host.status().lost_nonces, 0);
}

/// Where every nonce is a hit, all that come at once are told, each once, and none beyond the range's end, wherever in a turn that is.
pub(super) fn hits_of_one_turn_are_all_told(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    for count in 1..=7 {
        let range = Range {
            first: 0x0765_4321,
            last: 0x0765_4320 + count,
            zero_bits: 0,
        };
        let header = header(count as u8);
        host.load(count as u8, false, &header, range);
        let nonces = host.nonces_until_searched(count as u8);
        let mut found: Vec<u32> = nonces.into_iter().map(|(_, word)| word).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            hits(&header, range, &host.told),
            "{count} nonces a core"
        );
    }
    assert_eq!(host.status().lost_nonces, 0);
}

/// A range may begin before the counter wraps and end after it, and may be one nonce long.
pub(super) fn ranges_wrap_and_shrink(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    let (header, nonce) = block(1);
    if nonce >> 1 >= u32::MAX >> (33 - u32::from(host.told.slice_bits)) {
        return;
    }
    let one = Range {
        first: nonce,
        last: nonce,
        zero_bits: 32,
    };
    host.load(1, false, &header, one);
    assert_eq!(host.nonces_until_searched(1), [(1, nonce)]);
}

/// A job that comes instead of another in the middle of its search: every nonce belongs to the job it is told for, and of the first
/// job nothing is missing up to where it stopped.
pub(super) fn a_swap_loses_no_nonce_and_credits_none_wrongly(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    let rate = f64::from(host.told.clock_hz) / host.told.clocks_per_nonce();
    let cut = Duration::from_secs_f64(20_000.0 / rate);
    let range = Range {
        first: 1000,
        last: 61_000,
        zero_bits: 12,
    };
    let mut told: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
    for id in 1..=4 {
        host.load(id, true, &header(id), range);
        let deadline = host.now() + cut;
        while let Some(reply) = host.line.reply(deadline).unwrap() {
            if let Reply::Nonce { id, word, .. } = reply {
                told.entry(id).or_default().push(word);
            }
        }
    }
    for (id, word) in host.nonces_until_searched(4) {
        told.entry(id).or_default().push(word);
    }
    for (id, mut found) in told {
        let expected = hits(&header(id), range, &host.told);
        found.sort_unstable();
        // The cores run in step: up to the same nonce of its slice, each has told all.
        let slice = u32::MAX >> (32 - u32::from(host.told.slice_bits));
        let reached = found.iter().map(|word| word & slice).max().unwrap_or(0);
        let prefix: Vec<u32> = expected
            .iter()
            .copied()
            .filter(|word| word & slice <= reached)
            .collect();
        assert_eq!(found, prefix, "job {id}");
        assert!(
            id != 4 || found == expected,
            "the last job is searched to its end"
        );
    }
}

/// One job runs and two wait; a fourth is refused; they are searched in order.
pub(super) fn the_queue_holds_two_beside_the_one_that_runs(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    // Long enough that the first still runs when the last is here.
    let nonces = (f64::from(host.told.clock_hz) / host.told.clocks_per_nonce() / 4.0) as u32;
    let range = Range {
        first: 5,
        last: 5 + nonces,
        zero_bits: 32,
    };
    for id in 1..=3 {
        host.load(id, false, &header(id), range);
        assert_eq!(host.reply(), Reply::Accepted { id });
    }
    host.load(4, false, &header(4), range);
    assert_eq!(host.reply(), Reply::Refused { id: 4, reason: 1 });
    let status = host.status();
    assert!(status.running && status.jobs == 3 && status.id == 1);
    for id in 1..=3 {
        assert_eq!(host.reply(), Reply::Searched { id });
    }
    host.load(5, false, &header(5), range);
    assert_eq!(host.reply(), Reply::Accepted { id: 5 });
    host.line.send(Command::Stop { id: 77 }).unwrap();
    assert_eq!(host.reply(), Reply::Accepted { id: 77 });
    host.reply_by(Duration::from_millis(20));
    let status = host.status();
    assert!(!status.running && status.jobs == 0);
}

/// A new job in the middle of a reply spoils neither.
pub(super) fn a_job_in_the_middle_of_a_reply(port: Box<dyn Transport>) {
    let mut host = Host::new(port);
    let (header, nonce) = block(0);
    let slice = u32::MAX >> (32 - u32::from(host.told.slice_bits));
    let range = Range {
        first: (nonce & slice) - 1,
        last: (nonce & slice) + 1,
        zero_bits: 32,
    };
    host.line.send(Command::Information).unwrap();
    host.load(1, true, &header, range);
    host.line.send(Command::Status).unwrap();
    let mut heard = Vec::new();
    while let Some(reply) = host.reply_by(Duration::from_millis(200)) {
        heard.push(reply);
    }
    assert!(heard.contains(&Reply::Information(host.told)), "{heard:?}");
    assert!(heard.contains(&Reply::Accepted { id: 1 }), "{heard:?}");
    assert!(heard.contains(&Reply::Searched { id: 1 }), "{heard:?}");
    let nonces = heard
        .iter()
        .filter(|reply| matches!(reply, Reply::Nonce { word, .. } if *word == nonce));
    assert_eq!(nonces.count(), 1, "{heard:?}");
    assert!(
        !heard.iter().any(|reply| matches!(reply, Reply::Garbage(_))),
        "{heard:?}"
    );
}

/// The driver: probes, keeps the core busy, and every nonce is right.
pub(super) fn the_driver_mines(port: Box<dyn Transport>, zero_bits: u32, nonces: usize) {
    let options = BoardOptions::none()
        .with("zero-bits", &zero_bits.to_string())
        .unwrap();
    let settings = Settings::parse(&options, &DRIVER_OPTIONS).unwrap();
    let mut board = Core::new(port, settings);
    let ability = board.start().unwrap();
    assert!(ability.nominal.get() > 0.0);
    let job = job(7);
    let threshold = Target::from_zero_bits(zero_bits);
    let mut assignment = Assignment::new(std::sync::Arc::clone(&job), false);
    let end = board.now() + Duration::from_secs(600);
    let mut right = 0;
    while right < nonces && board.now() < end {
        if board.wants_work() {
            let work = assignment.next_work(job.received).unwrap();
            board.load(work, false).unwrap();
        }
        match board.poll(end).unwrap() {
            Some(BoardEvent::Nonce { found, works, .. }) => {
                let checked = works[0].check(found, &threshold);
                assert!(!matches!(checked, Checked::Wrong(_)), "{found:?}");
                right += 1;
            }
            Some(BoardEvent::Telemetry(_)) | None => {}
            Some(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(right, nonces);
    board.stop().unwrap();
}

/// How many works the driver gives a core in a minute when each is to last `interval` seconds.
pub(super) fn works_loaded_in_a_minute(port: Box<dyn Transport>, interval: u32) -> usize {
    let options = BoardOptions::none()
        .with("work-interval", &interval.to_string())
        .unwrap();
    let settings = Settings::parse(&options, &DRIVER_OPTIONS).unwrap();
    let mut board = Core::new(port, settings);
    board.start().unwrap();
    let job = job(8);
    let mut assignment = Assignment::new(std::sync::Arc::clone(&job), false);
    let end = board.now() + Duration::from_secs(60);
    let mut works = 0;
    while board.now() < end {
        if board.wants_work() {
            let work = assignment.next_work(job.received).unwrap();
            board.load(work, false).unwrap();
            works += 1;
        }
        board.poll(end).unwrap();
    }
    works
}

fn job(seed: u8) -> std::sync::Arc<Job> {
    let header = HeaderTemplate {
        version: 0x2000_0000,
        previous: Hash256::from_internal([seed; 32]),
        merkle_root: Hash256::from_internal([seed ^ 0x5a; 32]),
        ntime: 1_700_000_000,
        nbits: 0x1703_4219,
    };
    std::sync::Arc::new(Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(bytes::Bytes::from_static(b"job")),
        algorithm: &crate::algorithm::sha256d::SHA256D,
        hasher: crate::algorithm::sha256d::hasher(),
        space: std::sync::Arc::new(SearchSpace::new(0, 0, header.ntime)),
        template: Template::Header(header),
        target: Target::from_zero_bits(40),
        network_target: None,
        version_mask: 0x1fff_e000,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: std::time::Instant::now(),
    })
}
