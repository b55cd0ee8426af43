//! Shares out, verdicts in: batches, refusals, and silence.

use midstate::pool::{PoolEvent, SubmitId};
use midstate::work::{Outcome, Reject};
use mining_sv2::{SubmitSharesErrorOwned, SubmitSharesSuccessOwned, UpdateChannelErrorOwned};

use crate::peer::{CHANNEL, Peer, number, prev_hash, standard_job, text};
use crate::support::work::{rolled_share, share, shares};
use crate::{SECOND, client};

fn success(last_sequence_number: u32) -> SubmitSharesSuccessOwned {
    SubmitSharesSuccessOwned {
        channel_id: CHANNEL,
        last_sequence_number,
        new_submits_accepted_count: 1,
        new_shares_sum: 1,
    }
}

fn error(sequence_number: u32, code: &str) -> SubmitSharesErrorOwned {
    SubmitSharesErrorOwned {
        channel_id: CHANNEL,
        sequence_number,
        error_code: text(code),
    }
}

/// A session that has handed in so many shares.
fn with_shares(count: usize) -> (Peer, Vec<SubmitId>) {
    let mut peer = Peer::ready(client());
    let job = peer.begins(1, 7);
    let shares = shares(&job, peer.now, count);
    let ids = shares.iter().map(|share| peer.submits(share)).collect();
    (peer, ids)
}

#[test]
fn extended_shares_carry_everything_that_was_rolled() {
    let mut peer = Peer::ready(client());
    let job = peer.begins(0xbf, 7);
    let share = rolled_share(&job, 0x0123_4000 & job.version_mask, peer.now);
    peer.submits(&share);
    let sent = peer.expects(0x1b);
    let numbers: Vec<u32> = (0..6).map(|at| number(&sent, 4 * at)).collect();
    let rolled = share.rolled();
    let nonce = share.nonce().to_u32_lossy();
    assert_eq!(
        numbers,
        [CHANNEL, 0, 0xbf, nonce, rolled.ntime, rolled.version]
    );
    assert_eq!(sent[24], 4);
    assert_eq!(&sent[25..], rolled.extranonce2.as_bytes());
}

#[test]
fn standard_shares_carry_no_extranonce() {
    let mut peer = Peer::standard();
    peer.tells(0x15, standard_job(9, None));
    peer.tells(0x20, prev_hash(9, 7));
    let share = share(&peer.job(), peer.now);
    peer.submits(&share);
    let sent = peer.expects(0x1a);
    assert_eq!(sent.len(), 24);
    assert_eq!(number(&sent, 8), 9);
}

#[test]
fn a_batch_accepts_all_that_has_no_verdict_up_to_its_last() {
    let (mut peer, ids) = with_shares(5);
    peer.tells(0x1d, error(1, "difficulty-too-low"));
    peer.tells(0x1c, success(3));
    let verdicts: Vec<_> = ids.iter().map(|id| peer.verdict(*id)).collect();
    let refused = Outcome::Rejected(Reject::LowDifficulty, "difficulty-too-low".to_owned());
    let accepted = Some(Outcome::Accepted);
    assert_eq!(
        verdicts,
        [
            accepted.clone(),
            Some(refused),
            accepted.clone(),
            accepted,
            None
        ]
    );
    // A verdict is final: what comes after it changes nothing, and what is for others neither.
    peer.tells(0x1d, error(0, "stale-share"));
    let foreign = SubmitSharesSuccessOwned {
        channel_id: 99,
        ..success(4)
    };
    peer.tells(0x1c, foreign);
    assert_eq!(peer.verdict(ids[0]), Some(Outcome::Accepted));
    assert_eq!(peer.verdict(ids[4]), None);
}

#[test]
fn refusals_are_classified_and_keep_the_pools_word() {
    for (code, class) in [
        ("stale-share", Reject::Stale),
        ("invalid-job-id", Reject::Stale),
        ("duplicate-share", Reject::Duplicate),
        ("difficulty-too-low", Reject::LowDifficulty),
        ("invalid-share", Reject::Other),
        ("bad-extranonce-size", Reject::Other),
        ("version-rolling-not-allowed", Reject::Other),
        ("invalid-channel-id", Reject::Other),
        ("my-own-\u{1b}[2Jword", Reject::Other),
    ] {
        let (mut peer, ids) = with_shares(1);
        peer.tells(0x1d, error(0, code));
        let (got, text) = peer.refusal(ids[0]);
        assert_eq!(got, class, "{code}");
        assert!(
            !text.contains('\u{1b}') && text.contains(&code[..5]),
            "{text}"
        );
    }
}

#[test]
fn without_an_answer_nothing_is_known() {
    let (mut peer, ids) = with_shares(2);
    peer.waits(59 * SECOND);
    assert_eq!(peer.verdict(ids[0]), None);
    peer.waits(SECOND);
    assert_eq!(peer.verdict(ids[0]), Some(Outcome::Unknown));

    let (mut peer, ids) = with_shares(2);
    peer.reconnects();
    for id in ids {
        assert_eq!(peer.verdict(id), Some(Outcome::Unknown));
    }
}

#[test]
fn shares_that_the_pool_cannot_count_are_not_sent() {
    let mut peer = Peer::ready(client());
    let job = peer.begins(1, 7);
    let old = share(&job, peer.now);
    let rolled = rolled_share(&job, 0x10, peer.now);
    let id = peer.submits(&rolled);
    let (class, text) = peer.refusal(id);
    assert_eq!(class, Reject::Other);
    assert!(text.contains("version bits 00000010"), "{text}");
    // The pool gives the number to another job.
    let other = peer.begins(1, 9);
    assert!(other.clean);
    let id = peer.submits(&old);
    let (class, text) = peer.refusal(id);
    assert!(
        class == Reject::Stale && text.contains("number to another"),
        "{text}"
    );
    peer.reconnects();
    let id = peer.submits(&share(&other, peer.now));
    let (class, text) = peer.refusal(id);
    assert!(
        class == Reject::Stale && text.contains("connection"),
        "{text}"
    );
    peer.expects(0x00);
    peer.expects_nothing();
}

/// A share of a job that a new block has ended is sent if the program wants that: the pool decides.
#[test]
fn late_shares_are_the_pools_to_judge() {
    let mut peer = Peer::ready(client());
    let job = peer.begins(1, 7);
    peer.begins(2, 8);
    peer.submits(&share(&job, peer.now));
    assert_eq!(number(&peer.expects(0x1b), 8), 1);
}

#[test]
fn the_pool_hears_when_we_are_slower_than_it_was_told() {
    let (mut peer, _) = with_shares(10);
    while peer.next_message().is_some() {}
    peer.waits(2 * SECOND);
    let update = peer.expects(0x16);
    assert_eq!(number(&update, 0), CHANNEL);
    let rate = f32::from_bits(number(&update, 4));
    assert!(
        (rate - 10.0 * 256.0 / 2.0).abs() < 200.0,
        "{rate} hashes a second"
    );
    assert_eq!(update[8..], [0xff; 32]);
    peer.waits(300 * SECOND);
    peer.expects_nothing();
    let error = UpdateChannelErrorOwned {
        channel_id: CHANNEL,
        error_code: text("max-target-out-of-range"),
    };
    peer.tells(0x17, error);
    assert!(peer.words().contains("max-target-out-of-range"));
    // It is remembered.
    peer.reconnects();
    peer.expects(0x00);
    peer.sets_up(0);
    let open = peer.expects(0x13);
    assert!((f32::from_bits(number(&open, 11)) - rate).abs() < 1.0);
}

#[test]
fn too_few_shares_make_no_estimate_until_there_are_more() {
    let (mut peer, _) = with_shares(7);
    while peer.next_message().is_some() {}
    peer.waits(10 * SECOND);
    peer.expects_nothing();
    let job = peer.job();
    peer.submits(&share(&job, peer.now));
    peer.expects(0x1b);
    peer.waits(2 * SECOND);
    let rate = f32::from_bits(number(&peer.expects(0x16), 4));
    assert!(
        (rate - 8.0 * 256.0 / 12.0).abs() < 30.0,
        "{rate} hashes a second"
    );
}

#[test]
fn latencies_are_told() {
    let (mut peer, ids) = with_shares(1);
    peer.waits(2 * SECOND);
    peer.tells(0x1c, success(0));
    let latency = peer.events.iter().find_map(|event| match event {
        PoolEvent::Verdict { id, latency, .. } if *id == ids[0] => *latency,
        _ => None,
    });
    assert_eq!(latency, Some(2 * SECOND));
}
