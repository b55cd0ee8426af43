//! When jobs begin, on what, and with which target and extranonce.

use common_messages_sv2::ReconnectOwned;
use midstate::pool::{CloseReason, PoolEvent, SessionSettings};
use midstate::units::{Hash256, Target};
use midstate::work::Template;
use mining_sv2::{
    CloseChannelOwned, SetExtranoncePrefixOwned, SetGroupChannelOwned, SetNewPrevHashOwned,
    SetTargetOwned,
};

use crate::peer::{
    CHANNEL, GROUP, NTIME, Peer, easy_target, extended_job, prev_hash, standard_job, text,
};
use crate::{SECOND, at, client};

fn set_target(target: [u8; 32]) -> SetTargetOwned {
    SetTargetOwned {
        channel_id: CHANNEL,
        maximum_target: target.into(),
    }
}

fn set_prefix(prefix: &[u8]) -> SetExtranoncePrefixOwned {
    SetExtranoncePrefixOwned {
        channel_id: CHANNEL,
        extranonce_prefix: prefix.to_vec().try_into().unwrap(),
    }
}

/// The coinbase of a job with zeros for our part of the extranonce.
fn coinbase(job: &midstate::work::Job) -> Vec<u8> {
    match &job.template {
        Template::Coinbase { coinbase, .. } => coinbase.transaction(&[0; 4]),
        _ => panic!("another shape"),
    }
}

#[test]
fn a_future_job_waits_for_its_block() {
    let mut peer = Peer::ready(client());
    peer.tells(0x1f, extended_job(1, None));
    peer.tells(0x1f, extended_job(2, None));
    assert_eq!(peer.jobs(), 0);
    peer.tells(0x20, prev_hash(2, 7));
    assert_eq!(peer.jobs(), 1);
    let job = peer.job();
    let fixed = job.template.header().unwrap();
    assert_eq!(fixed.previous, Hash256::from_internal([7; 32]));
    assert_eq!(
        (fixed.ntime, fixed.nbits, fixed.version),
        (NTIME, 0x1702_f0f0, 0x2000_0000)
    );
    assert_eq!(&job.key.0[..], b"2");
    assert!(job.clean && job.voids);
    assert_eq!(job.target, Target::from_le_bytes(easy_target()));
    assert_eq!(
        coinbase(&job),
        [
            1, 0, 0, 0, 1, 8, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff
        ]
    );
    // The other future job went with the old block.
    let error = peer.tries(0x20, prev_hash(1, 9)).unwrap_err();
    assert!(
        error.to_string().contains("job 1, which is no future job"),
        "{error}"
    );
    assert_eq!(peer.jobs(), 1);
    // The running job is void, and there is no other: only a fresh connection helps.
    let reason = peer.close_reason().unwrap().to_string();
    assert!(reason.contains("no future job"), "{reason}");
}

#[test]
fn the_block_that_is_known_voids_nothing_when_its_job_is_named_again() {
    let mut peer = Peer::ready(client());
    peer.begins(1, 7);
    assert!(peer.tries(0x20, prev_hash(1, 7)).is_err());
    assert!(peer.close_reason().is_none());
}

#[test]
fn a_job_with_a_time_begins_at_once_and_voids_nothing() {
    let mut peer = Peer::ready(client());
    let error = peer.tries(0x1f, extended_job(5, Some(NTIME))).unwrap_err();
    assert!(error.to_string().contains("on no known block"), "{error}");
    let first = peer.begins(1, 7);
    peer.tells(0x1f, extended_job(6, Some(NTIME + 30)));
    let second = peer.job();
    assert_eq!(
        second.template.header().unwrap().previous,
        first.template.header().unwrap().previous
    );
    assert_eq!(second.template.header().unwrap().ntime, NTIME + 30);
    assert!(!second.clean && !second.voids);
    assert!(second.max_ntime_roll > 0, "time may run with the clock");
}

#[test]
fn a_target_holds_for_jobs_that_begin_after_it() {
    let mut peer = Peer::ready(client());
    let first = peer.begins(1, 7);
    peer.tells(0x1f, extended_job(2, None));
    let harder = Target::from_zero_bits(20).to_le_bytes();
    peer.tells(0x21, set_target(harder));
    assert_eq!(peer.jobs(), 1, "the running job goes on");
    assert_eq!(first.target, Target::from_le_bytes(easy_target()));
    let told = peer.events.iter().rev().find_map(|event| match event {
        PoolEvent::Difficulty(difficulty) => Some(*difficulty),
        _ => None,
    });
    assert_eq!(
        told,
        Some(Target::from_le_bytes(harder).to_difficulty_lossy())
    );
    peer.tells(0x1f, extended_job(3, Some(NTIME)));
    assert_eq!(peer.job().target, Target::from_le_bytes(harder));
    peer.tells(0x20, prev_hash(2, 8));
    assert_eq!(
        peer.job().target,
        Target::from_le_bytes(harder),
        "for the future job too"
    );
    assert!(peer.tries(0x21, set_target([0; 32])).is_err());
}

#[test]
fn a_prefix_holds_for_jobs_that_come_after_it() {
    let mut peer = Peer::ready(client());
    peer.begins(1, 7);
    peer.tells(0x1f, extended_job(2, None));
    peer.tells(0x19, set_prefix(&[0xa, 0xb, 0xc]));
    peer.tells(0x1f, extended_job(3, Some(NTIME)));
    assert_eq!(coinbase(&peer.job())[5..8], [0xa, 0xb, 0xc]);
    peer.tells(0x20, prev_hash(2, 8));
    assert_eq!(coinbase(&peer.job())[5..9], [8, 0, 0, 2], "it came before");
}

#[test]
fn the_groups_name_means_us_and_other_channels_do_not() {
    let mut peer = Peer::ready(client());
    let mut job = extended_job(1, None);
    job.channel_id = GROUP;
    peer.tells(0x1f, job);
    let to = |channel_id| SetNewPrevHashOwned {
        channel_id,
        ..prev_hash(1, 7)
    };
    peer.tells(0x20, to(99));
    assert_eq!(peer.jobs(), 0, "a channel that is not ours");
    peer.tells(0x20, to(GROUP));
    assert_eq!(peer.jobs(), 1);

    let regroup = |group_channel_id, channel: u32| SetGroupChannelOwned {
        group_channel_id,
        channel_ids: vec![3, channel].try_into().unwrap(),
    };
    peer.tells(0x25, regroup(77, 5));
    peer.tells(0x25, regroup(55, CHANNEL));
    for (group, jobs) in [(77, 1), (GROUP, 1), (55, 2)] {
        let mut job = extended_job(4, Some(NTIME));
        job.channel_id = group;
        peer.tells(0x1f, job);
        assert_eq!(peer.jobs(), jobs, "group {group}");
    }
}

#[test]
fn standard_channels_get_their_merkle_root() {
    let mut peer = Peer::standard();
    peer.tells(0x15, standard_job(9, None));
    peer.tells(0x20, prev_hash(9, 7));
    let job = peer.job();
    let Template::Header(header) = &job.template else {
        panic!("a coinbase");
    };
    assert_eq!(header.merkle_root, Hash256::from_internal([9; 32]));
    assert_eq!(job.version_mask, 0x1fff_e000);
}

/// A pool may give a group of standard channels one extended job: the channel's prefix is the whole extranonce.
#[test]
fn standard_channels_can_work_on_the_groups_extended_job() {
    let mut peer = Peer::standard();
    let mut job = extended_job(9, None);
    job.channel_id = GROUP;
    peer.tells(0x1f, job);
    peer.tells(0x20, prev_hash(9, 7));
    let Template::Header(header) = peer.job().template.clone() else {
        panic!("a coinbase");
    };
    let coinbase = [
        1, 0, 0, 0, 1, 8, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff,
    ];
    let double = |bytes: &[u8]| {
        use sha2::{Digest, Sha256};
        <[u8; 32]>::from(Sha256::digest(Sha256::digest(bytes)))
    };
    let root = double(&[double(&coinbase), [9; 32]].concat());
    assert_eq!(header.merkle_root, Hash256::from_internal(root));
}

#[test]
fn standard_jobs_are_not_for_extended_channels() {
    let mut peer = Peer::ready(client());
    assert!(peer.tries(0x15, standard_job(9, None)).is_err());
}

#[test]
fn the_version_is_rolled_only_as_far_as_everybody_agrees() {
    let mask_of = |settings: SessionSettings, flags: u32, allowed: bool, version: u32| {
        let mut peer = Peer::set_up(settings, flags);
        peer.opens();
        let mut job = extended_job(1, None);
        (job.version_rolling_allowed, job.version) = (allowed, version);
        peer.tells(0x1f, job);
        peer.tells(0x20, prev_hash(1, 7));
        peer.job().version_mask
    };
    let wide = || SessionSettings {
        version_mask: 0xffff_ffff,
        ..client()
    };
    let url = "stratum2+tcp://127.0.0.1:3336/?mask=1fffffe0";
    let version = 0x2000_0000;
    assert_eq!(mask_of(client(), 0, true, version), 0x1fff_e000);
    assert_eq!(
        mask_of(wide(), 0, true, version),
        0x1fff_ffe0,
        "never more than BIP323"
    );
    assert_eq!(mask_of(at(url), 0, true, version), 0x1fff_ffe0);
    assert_eq!(
        mask_of(client(), 0, true, 0x2000_6000),
        0x1fff_8000,
        "not what the job has set"
    );
    assert_eq!(mask_of(client(), 0, false, version), 0);
    assert_eq!(
        mask_of(client(), 1, true, version),
        0,
        "REQUIRES_FIXED_VERSION"
    );
    let none = SessionSettings {
        version_mask: 0,
        ..at(url)
    };
    assert_eq!(mask_of(none, 0, true, version), 0);
}

#[test]
fn a_job_that_is_sent_again_goes_on_where_it_stood() {
    let mut peer = Peer::ready(client());
    let first = peer.begins(1, 7);
    first
        .space
        .take(NTIME, NTIME, midstate::work::Taking::each_of(1))
        .unwrap();
    peer.reconnects();
    peer.expects(0x00);
    peer.sets_up(0);
    peer.opens();
    let mut again = extended_job(1, None);
    again.job_id = 50;
    peer.tells(0x1f, again);
    peer.tells(0x20, prev_hash(50, 7));
    let second = peer.job();
    assert!(second.session > first.session);
    assert!(std::sync::Arc::ptr_eq(&first.space, &second.space));
    let third = peer.begins(2, 7);
    assert!(
        !std::sync::Arc::ptr_eq(&third.space, &second.space),
        "another merkle path"
    );
}

#[test]
fn unusable_jobs_have_no_effect() {
    let mut peer = Peer::ready(client());
    peer.begins(1, 7);
    let mut deep = extended_job(2, Some(NTIME));
    deep.merkle_path = binary_sv2::Seq0255Owned::new(vec![[0; 32].into(); 33]).unwrap();
    let error = peer.tries(0x1f, deep).unwrap_err();
    assert!(error.to_string().contains("at most 32 steps"), "{error}");
    peer.tells(0x1f, extended_job(3, None));
    let mut impossible = prev_hash(3, 8);
    impossible.nbits = 0;
    assert!(peer.tries(0x20, impossible).is_err());
    peer.tells(0x20, prev_hash(3, 8));
    assert_eq!(peer.jobs(), 2);
}

#[test]
fn a_closed_channel_is_the_end_of_the_connection() {
    let mut peer = Peer::ready(client());
    let close = |channel_id| CloseChannelOwned {
        channel_id,
        reason_code: text("shutdown"),
    };
    peer.tells(0x18, close(99));
    assert_eq!(peer.close_reason(), None);
    peer.tells(0x18, close(CHANNEL));
    let reason = peer.close_reason().unwrap();
    assert!(matches!(reason, CloseReason::Handshake { .. }));
    assert!(reason.to_string().contains("shutdown"), "{reason}");
}

#[test]
fn the_pool_may_send_us_elsewhere() {
    for (host, port, expected) in [
        ("", 0, (None, None)),
        (
            "b.pool.example",
            3337,
            (Some("b.pool.example".to_owned()), Some(3337)),
        ),
    ] {
        let mut peer = Peer::ready(client());
        let message = ReconnectOwned {
            new_host: text(host),
            new_port: port,
        };
        peer.tells(0x04, message);
        let redirect = peer.events.iter().find_map(|event| match event {
            PoolEvent::Redirect { host, port, .. } => Some((host.clone(), *port)),
            _ => None,
        });
        assert_eq!(redirect, Some(expected));
    }
}

#[test]
fn the_clock_bounds_the_time_of_shares() {
    let mut peer = Peer::ready(client());
    let job = peer.begins(1, 7);
    peer.waits(5 * SECOND);
    let mut assignment = midstate::work::Assignment::new(job, false);
    let unit = assignment.next_work(peer.now).unwrap();
    assert!((NTIME..=NTIME + 5).contains(&unit.rolled().ntime));
}
