//! Addresses, registers, line speed: the chain as a conversation.

use super::host::{Host, framed, with_preamble};
use crate::chip::bm13xx::emulator::{EmulatedChain, EmulatedChip};
use crate::transport::Emulator;

fn host(kind: EmulatedChip, chips: u16) -> Host {
    Host::new(EmulatedChain::new(kind, chips))
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn unaddressed_chips_all_answer_and_an_inactive_chain_stops_at_the_first() {
    let mut host = host(EmulatedChip::Bm1370, 3);
    assert_eq!(host.read_all(0), hex("aa5513700000000006").repeat(3));
    assert_eq!(host.ask(&hex("55aa5305000003")), [0; 0]);
    assert_eq!(host.read_all(0), hex("aa5513700000000006"));
    host.address(3);
    let replies = host.read_all(0);
    let addresses: Vec<u8> = replies.chunks(9).map(|reply| reply[6]).collect();
    assert_eq!(addresses, [0, 85, 170]);
    assert_eq!(host.read_one(85, 0), &replies[9..18]);
    assert_eq!(host.read_one(86, 0), [0; 0]);
}

#[test]
fn power_on_values_and_the_longer_reply() {
    let mut host = host(EmulatedChip::Bm1370, 1);
    assert_eq!(host.read_all(0x18), hex("aa550000c100001802"));
    host.set(0xa4, 0x9000_ffff);
    assert_eq!(host.read_all(0), hex("aa55137000000000000010"));
    host.set(0xa4, 0);
    assert_eq!(host.read_all(0), hex("aa5513700000000006"));
    host.set(0x54, 3);
    assert_eq!(host.read_all(0x54)[2..6], [0, 0, 0, 3]);
    host.chain.reset(true, host.now);
    assert_eq!(host.read_all(0x54), [0; 0]);
    host.chain.reset(false, host.now);
    assert_eq!(host.read_all(0x54)[2..6], [0; 4]);
}

#[test]
fn older_chips_answer_in_their_forms() {
    let mut old = host(EmulatedChip::Bm1384, 2);
    assert_eq!(
        old.read_all(0)
            .chunks(5)
            .map(|reply| reply[..2].to_vec())
            .collect::<Vec<_>>(),
        [[0x13, 0x84]; 2]
    );
    old.address(2);
    assert_eq!(old.read_one(128, 0).len(), 5);
    let mut newer = host(EmulatedChip::Bm1387, 12);
    let replies = newer.read_all(0);
    assert_eq!(replies.len(), 7 * 12);
    assert!(
        replies
            .chunks(7)
            .all(|reply| reply.starts_with(&[0x13, 0x87, 0x90]) && reply[6] <= 0x1f)
    );
    newer.set(0x0c, 0x0050_0241);
    assert_eq!(newer.read_all(0x0c)[..4], [0x80, 0x50, 0x02, 0x41]);
}

#[test]
fn the_line_speed_changes_with_the_register_and_a_wrong_one_makes_garbage() {
    let mut host = host(EmulatedChip::Bm1387, 2);
    host.address(2);
    let right = host.read_all(0);
    host.set(0x1c, 0x0020_0100);
    let garbage = host.read_all(0);
    assert_ne!(garbage, right);
    host.chain.set_baud(1_500_000);
    assert_eq!(host.read_all(0), right);
    host.chain.brown_out(host.now);
    assert_ne!(host.read_all(0), right);
    host.chain.set_baud(115_200);
    assert_eq!(host.read_all(0).len(), 14);
}

#[test]
fn a_frame_behind_noise_is_heard_and_a_bent_one_is_counted() {
    let mut host = host(EmulatedChip::Bm1397, 1);
    let mut noisy = hex("5555aa4100550055aa51090014000000ff09");
    noisy.extend(with_preamble(framed(0x52, 0, 0, None)));
    assert_eq!(host.ask(&noisy), hex("aa5513971800000006"));
    assert_eq!(host.chain.counts().bent_commands, 1);
    // What a miner of the field sends to a BM1370: a write with the header of another command.
    assert_eq!(
        host.ask(&hex("5305001 8f000c100".replace(' ', "").as_ref())),
        [0; 0]
    );
    assert_eq!(host.read_all(0), hex("aa5513971800000006"));
}

#[test]
fn replies_take_their_time_on_the_line() {
    let mut host = host(EmulatedChip::Bm1397, 100);
    let frame = with_preamble(framed(0x52, 0, 0, None));
    host.write(&frame);
    // 7 bytes there and 900 back at 115740 baud: 78 ms.
    assert!(host.wait(40).len() < 500);
    assert!(host.wait(30).len() < 400);
    assert!(!host.wait(20).is_empty());
    assert!(host.wait(100).is_empty());
}
