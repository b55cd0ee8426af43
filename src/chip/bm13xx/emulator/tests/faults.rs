//! What goes wrong on purpose, and heat.

use std::collections::HashSet;
use std::time::Duration;

use super::host::{Host, header_job};
use crate::chip::bm13xx::emulator::crc::crc5;
use crate::chip::bm13xx::emulator::{ChainFaults, EmulatedChain, EmulatedChip};

fn host(chips: u16, faults: ChainFaults) -> Host {
    Host::new(EmulatedChain {
        zero_bits: Some(12),
        stock_clock: 525.0,
        seed: 5,
        rate: 1e6,
        faults,
        ..EmulatedChain::new(EmulatedChip::Bm1366, chips)
    })
}

fn mine(host: &mut Host, milliseconds: u64) -> Vec<u8> {
    host.write(&header_job(0x08, &[0x5a; 80]));
    host.wait(milliseconds)
}

#[test]
fn replies_are_bent_and_come_twice() {
    let mut bent = host(
        1,
        ChainFaults {
            flip: 0.5,
            ..ChainFaults::default()
        },
    );
    let frames: Vec<u8> = (0..40).flat_map(|_| bent.read_all(0)).collect();
    let wrong = frames
        .chunks(9)
        .filter(|frame| crc5(&frame[2..]) != 0)
        .count();
    assert!((5..35).contains(&wrong), "{wrong}");
    let mut twice = host(
        1,
        ChainFaults {
            duplicate: 1.0,
            ..ChainFaults::default()
        },
    );
    assert_eq!(twice.read_all(0).len(), 18);
    let mut lossy = host(
        4,
        ChainFaults {
            drop: 0.2,
            ..ChainFaults::default()
        },
    );
    let heard: usize = (0..20).map(|_| lossy.read_all(0).len()).sum();
    assert!(heard < 20 * 36 && heard > 0);
}

#[test]
fn chips_are_missing_die_and_come_back_unaddressed() {
    let mut host = host(
        4,
        ChainFaults {
            missing: 1,
            dies: Some((1, Duration::from_secs(1))),
            brown_out: Some(Duration::from_secs(3)),
            ..ChainFaults::default()
        },
    );
    assert_eq!(host.read_all(0).len(), 27);
    host.address(4);
    host.wait(1500);
    assert_eq!(host.read_all(0).len(), 18);
    assert_eq!(host.read_one(128, 0).len(), 9);
    host.wait(2000);
    assert_eq!(host.read_one(128, 0), [0; 0]);
    assert_eq!(host.read_all(0).len(), 18);
}

#[test]
fn a_stuck_chip_says_the_same_and_a_lying_core_lies() {
    let mut stuck = host(
        1,
        ChainFaults {
            stuck: Some(0),
            ..ChainFaults::default()
        },
    );
    stuck.bring_up(1);
    let replies = mine(&mut stuck, 300);
    let different: HashSet<&[u8]> = replies.chunks(11).collect();
    assert!(replies.len() > 55 && different.len() == 1);
    let truth = |lying_core| {
        let mut host = host(
            1,
            ChainFaults {
                lying_core,
                ..ChainFaults::default()
            },
        );
        host.bring_up(1);
        mine(&mut host, 400)
    };
    let (honest, lying) = (truth(None), truth(Some((0, 7))));
    assert_eq!(honest.len(), lying.len());
    for (honest, lying) in honest.chunks(11).zip(lying.chunks(11)) {
        assert_eq!(honest == lying, honest[2] >> 1 != 7);
    }
}

#[test]
fn heat_follows_work_fan_and_voltage() {
    let mut host = Host::new(EmulatedChain {
        rate: 1e5,
        stock_clock: 525.0,
        ..EmulatedChain::new(EmulatedChip::Bm1366, 1)
    });
    host.bring_up(1);
    let warm = |host: &mut Host, seconds: u64| {
        for _ in 0..4 * seconds {
            mine(host, 250);
        }
        host.chain.temperature(host.now)
    };
    let cold = host.chain.temperature(host.now);
    let working = warm(&mut host, 80);
    assert!(cold < 35.0 && working > cold + 10.0, "{cold} {working}");
    host.chain.set_fan(100.0, host.now);
    let cooled = warm(&mut host, 60);
    assert!(cooled + 5.0 < working, "{cooled} {working}");
    host.chain.set_fan(0.0, host.now);
    let (power, heated) = (host.chain.power(host.now), warm(&mut host, 20));
    assert!(heated > working, "{heated} {working}");
    host.chain.set_core_voltage(0.0, host.now);
    assert!(host.chain.power(host.now) < power / 5.0);
    assert!(mine(&mut host, 300).is_empty());
    host.wait(120_000);
    assert!(host.chain.temperature(host.now) < 30.0);
}

#[test]
fn a_clock_that_the_voltage_does_not_carry_makes_wrong_nonces() {
    let errors = |volts| {
        let mut host = host(1, ChainFaults::default());
        host.bring_up(1);
        host.chain.set_core_voltage(volts, host.now);
        host.set(0x3c, 0x8000_82aa);
        mine(&mut host, 300)
    };
    assert_eq!(errors(1.2), errors(1.25));
    assert_ne!(errors(1.2), errors(0.9));
}
