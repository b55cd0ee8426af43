//! Setup and opening: every answer that a pool may give, and none.

use common_messages_sv2::{SetupConnectionErrorOwned, SetupConnectionSuccessOwned};
use midstate::pool::{CloseReason, SessionSettings};
use midstate::units::Difficulty;
use mining_sv2::OpenExtendedMiningChannelSuccessOwned;

use crate::peer::{CHANNEL, Peer, frame, number, text};
use crate::{SECOND, at, client};

const STANDARD_JOBS: u32 = 1;
const VERSION_ROLLING: u32 = 4;

/// The flags of a `SetupConnection`.
fn flags(setup: &[u8]) -> u32 {
    number(setup, 5)
}

#[test]
fn the_connection_is_set_up_and_an_extended_channel_opened() {
    let mut peer = Peer::connected(client());
    let setup = peer.expects(0x00);
    assert_eq!(setup[..5], [0, 2, 0, 2, 0], "mining protocol, version 2");
    assert_eq!(flags(&setup), VERSION_ROLLING);
    let rest = String::from_utf8_lossy(&setup[9..]).into_owned();
    assert!(
        rest.contains("127.0.0.1") && rest.contains("midstate"),
        "{rest}"
    );
    peer.sets_up(0);
    let open = peer.expects(0x13);
    assert_eq!(&open[4..11], b"\x06worker");
    assert_eq!(
        open[open.len() - 34..open.len() - 2],
        [0xff; 32],
        "any target"
    );
    assert_eq!(open[open.len() - 2..], [4, 0], "bytes of extranonce");
    assert!(!peer.is_ready());
    peer.opens_with(&open, 4);
    assert!(peer.is_ready());
    peer.expects_nothing();
    assert!(
        peer.words()
            .contains("nothing on this connection is encrypted")
    );
}

#[test]
fn no_version_rolling_is_asked_for_when_none_is_wanted() {
    let settings = SessionSettings {
        version_mask: 0,
        ..client()
    };
    let mut peer = Peer::connected(settings);
    assert_eq!(flags(&peer.expects(0x00)), 0);
}

#[test]
fn a_difficulty_that_is_asked_for_becomes_a_hashrate() {
    let settings = SessionSettings {
        suggest_difficulty: Some(Difficulty::new(1000.0).unwrap()),
        ..client()
    };
    let mut peer = Peer::set_up(settings, 0);
    let open = peer.expects(0x13);
    let rate = f32::from_bits(number(&open, 11));
    let expected = 1000.0 * 4_294_967_296.0 / 10.0;
    assert!((rate / expected - 1.0).abs() < 0.001, "{rate}");
}

#[test]
fn a_wish_that_is_refused_is_left_out_next_time() {
    let mut peer = Peer::connected(client());
    peer.expects(0x00);
    let error = SetupConnectionErrorOwned {
        flags: VERSION_ROLLING,
        error_code: text("unsupported-feature-flags"),
    };
    peer.tells(0x02, error);
    let reason = peer.close_reason().unwrap().to_string();
    assert!(
        reason.contains("SetupConnection") && reason.contains("unsupported-feature"),
        "{reason}"
    );
    for _ in 0..2 {
        peer.reconnects();
        assert_eq!(flags(&peer.expects(0x00)), 0);
        peer.sets_up(0); // That it works without the wish does not mean that it would work with it.
        peer.opens();
    }
}

#[test]
fn another_version_of_the_protocol_is_none() {
    let mut peer = Peer::connected(client());
    peer.expects(0x00);
    let (used_version, flags) = (3, 0);
    let success = SetupConnectionSuccessOwned {
        used_version,
        flags,
    };
    peer.tells(0x01, success);
    assert!(
        peer.close_reason()
            .unwrap()
            .to_string()
            .contains("version 3")
    );
    peer.expects_nothing();
}

#[test]
fn an_unknown_worker_is_refused_and_no_other_channel_tried() {
    for code in ["unknown-user", "invalid-user-identity"] {
        let mut peer = Peer::set_up(client(), 0);
        let request = peer.expects(0x13);
        peer.refuses(&request, code);
        let reason = peer.close_reason().unwrap();
        assert!(matches!(reason, CloseReason::Refused { .. }), "{reason}");
        assert!(reason.to_string().contains(code), "{reason}");
        peer.expects_nothing();
    }
}

#[test]
fn where_no_extended_channel_is_to_be_had_a_standard_one_is_opened() {
    let mut peer = Peer::set_up(client(), 0);
    let request = peer.expects(0x13);
    peer.refuses(&request, "min-extranonce-size-too-large");
    let request = peer.expects(0x10);
    peer.opens_standard(&request);
    assert!(peer.is_ready());
    assert!(peer.words().contains("a standard one is asked for"));
    peer.reconnects();
    let setup = peer.expects(0x00);
    assert_eq!(
        flags(&setup),
        STANDARD_JOBS | VERSION_ROLLING,
        "it is remembered"
    );
    peer.sets_up(0);
    peer.expects(0x10);
}

#[test]
fn an_extranonce_that_cannot_be_rolled_leads_to_a_standard_channel() {
    for size in [0, 17, 32] {
        let mut peer = Peer::set_up(client(), 0);
        let request = peer.expects(0x13);
        peer.opens_with(&request, size);
        assert!(!peer.is_ready());
        peer.expects(0x10);
    }
}

#[test]
fn a_pool_with_extended_channels_only_is_not_asked_for_others() {
    let url = "stratum2+tcp://127.0.0.1:3336/?channel=standard";
    let mut peer = Peer::set_up(at(url), 2);
    let request = peer.expects(0x13);
    peer.refuses(&request, "channel-capacity-exhausted");
    let reason = peer.close_reason().unwrap().to_string();
    assert!(reason.contains("channel-capacity-exhausted"), "{reason}");
    peer.expects_nothing();
}

#[test]
fn the_url_can_ask_for_a_standard_channel() {
    let mut peer = Peer::standard();
    assert!(peer.is_ready());
    peer.reconnects();
    assert_eq!(flags(&peer.expects(0x00)) & STANDARD_JOBS, STANDARD_JOBS);
}

#[test]
fn a_pool_that_does_not_answer_a_step_is_given_up() {
    let mut peer = Peer::connected(client());
    peer.waits(14 * SECOND);
    assert_eq!(peer.close_reason(), None);
    peer.waits(SECOND);
    let step = "SetupConnection";
    let after = 15 * SECOND;
    let reason = Some(CloseReason::Timeout { step, after });
    assert_eq!(peer.close_reason(), reason);

    let mut peer = Peer::set_up(client(), 0);
    peer.waits(15 * SECOND);
    let step = "OpenExtendedMiningChannel";
    let reason = Some(CloseReason::Timeout { step, after });
    assert_eq!(peer.close_reason(), reason);
}

#[test]
fn answers_that_nobody_waits_for_are_errors_without_effect() {
    let mut peer = Peer::set_up(client(), 0);
    let request = peer.expects(0x13);
    let success = OpenExtendedMiningChannelSuccessOwned {
        request_id: number(&request, 0) + 1,
        channel_id: CHANNEL,
        target: [0xff; 32].into(),
        extranonce_size: 4,
        extranonce_prefix: vec![].try_into().unwrap(),
        group_channel_id: 1,
    };
    let error = peer.tries(0x14, success).unwrap_err();
    assert!(error.to_string().contains("nobody asked"), "{error}");
    assert!(!error.is_fatal() && !peer.is_ready());
    peer.opens_with(&request, 4);
    assert!(peer.is_ready());
}

#[test]
fn a_target_of_zero_opens_nothing() {
    let mut peer = Peer::set_up(client(), 0);
    let request = peer.expects(0x13);
    let success = OpenExtendedMiningChannelSuccessOwned {
        request_id: number(&request, 0),
        channel_id: CHANNEL,
        target: [0; 32].into(),
        extranonce_size: 4,
        extranonce_prefix: vec![].try_into().unwrap(),
        group_channel_id: 1,
    };
    let error = peer.tries(0x14, success).unwrap_err();
    assert!(error.to_string().contains("target of zero"), "{error}");
    assert!(!peer.is_ready());
    let reason = peer.close_reason().unwrap().to_string();
    assert!(reason.contains("target of zero"), "{reason}");
}

#[test]
fn the_third_unusable_message_in_a_row_ends_the_connection() {
    let bad = frame(0x21, &[8, 0, 0, 0, 1, 2, 3]);
    let mut peer = Peer::ready(client());
    for round in 0..3 {
        for _ in 0..2 {
            assert!(!peer.says(&bad).unwrap_err().is_fatal(), "round {round}");
        }
        peer.begins(round, round as u8);
    }
    assert_eq!(peer.close_reason(), None);
    // All in one read.
    assert!(peer.says(&bad.repeat(3)).is_err());
    assert_eq!(peer.close_reason(), Some(CloseReason::Garbage(3)));
    assert_eq!(peer.says(&bad), Ok(()), "what comes after that is ignored");
}

#[test]
fn messages_for_pools_are_unusable_and_unknown_ones_ignored() {
    let mut peer = Peer::ready(client());
    let (used_version, flags) = (2, 0);
    let success = SetupConnectionSuccessOwned {
        used_version,
        flags,
    };
    assert!(peer.tries(0x01, success).is_err());
    peer.says(&frame(0x6f, b"whatever")).unwrap();
    let mut extension = frame(0x21, b"whatever");
    extension[0] = 2;
    peer.says(&extension).unwrap();
    let error = peer.says(&frame(0x1a, &[0; 24])).unwrap_err();
    assert!(error.to_string().contains("not to send"), "{error}");
}

#[test]
fn a_frame_that_dribbles_in_or_is_beyond_every_bound_ends_the_connection() {
    let mut peer = Peer::ready(client());
    peer.says(&[0, 0, 0x21]).unwrap();
    peer.waits(29 * SECOND);
    assert_eq!(peer.close_reason(), None);
    peer.waits(SECOND);
    let reason = peer.close_reason().unwrap().to_string();
    assert!(reason.contains("more than 30 s"), "{reason}");

    let mut peer = Peer::ready(client());
    let error = peer.says(&[0, 0, 0x1f, 0xff, 0xff, 0xff]).unwrap_err();
    assert!(error.is_fatal());
    assert!(error.to_string().contains("16777215 bytes"), "{error}");
}

#[test]
fn an_unchecked_url_without_key_is_refused_before_anything_is_sent() {
    let mut settings = client();
    settings.endpoint.host = "pool.example".to_owned();
    let mut peer = Peer::connected(settings);
    peer.expects_nothing();
    let reason = peer.close_reason().unwrap().to_string();
    assert!(reason.contains("authority key is missing"), "{reason}");
}
