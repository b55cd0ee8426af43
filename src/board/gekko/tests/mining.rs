//! Every stick from reset to right nonces, with what goes wrong on the way.

use std::time::{Duration, Instant};

use super::rig::Rig;
use crate::board::gekko::{
    GEKKO_2PAC, GEKKO_COMPAC, GEKKO_COMPAC_A1, GEKKO_COMPAC_A2, GEKKO_COMPACF, GEKKO_NEWPAC,
    GEKKO_R606, GEKKO_R909, GEKKO_TERMINUS, GEKKO_TERMINUS_A1, GEKKO_TERMINUS_A2,
};
use crate::board::{BoardError, BoardOptions, Model};
use crate::transport::{Emulator, Parity, VirtualClock};

const SECOND: Duration = Duration::from_secs(1);

const ALL: [&Model; 11] = [
    &GEKKO_COMPAC,
    &GEKKO_2PAC,
    &GEKKO_TERMINUS,
    &GEKKO_NEWPAC,
    &GEKKO_R606,
    &GEKKO_COMPACF,
    &GEKKO_R909,
    &GEKKO_COMPAC_A1,
    &GEKKO_TERMINUS_A1,
    &GEKKO_COMPAC_A2,
    &GEKKO_TERMINUS_A2,
];

#[test]
fn every_stick_mines_right_nonces_and_no_others() {
    for model in ALL {
        let name = model.name;
        let mut rig = Rig::new(model, "rate=500k");
        let ability = rig
            .start()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let told = rig.mine(15 * SECOND).unwrap();
        // About four replies a second are what the ticket aims at.
        assert!(
            (20..200).contains(&told.good),
            "{name}: {} {}",
            told.good,
            ability.details
        );
        // Dummy jobs open the cores of the older chips; what these still find of the last one is nobody's work.
        told.faults.retain(|fault| *fault != "unknown-job");
        let bad = (told.wrong, told.twice, told.garbage, told.faults.len());
        assert_eq!(bad, (0, 0, 0, 0), "{name}: {told:?}");
        let told_clock = told.telemetry.last().and_then(|(_, values)| values.clock);
        assert!(
            told_clock.is_some_and(|mhz| mhz > 90.0),
            "{name}: {told_clock:?}"
        );
    }
}

#[test]
fn every_chip_of_a_chain_finds_something() {
    for (model, chips) in [(&GEKKO_2PAC, 2), (&GEKKO_R606, 12), (&GEKKO_R909, 6)] {
        let mut rig = Rig::new(model, "rate=500k");
        rig.start().unwrap();
        let told = rig.mine(25 * SECOND).unwrap();
        assert_eq!(told.chips.len(), chips, "{}: {:?}", model.name, told.chips);
    }
}

#[test]
fn a_rate_is_what_the_clock_makes_of_it() {
    let rate = |options: &str| {
        let mut rig = Rig::new(&GEKKO_COMPACF, options);
        rig.start().unwrap().nominal.get()
    };
    let (slow, fast) = (rate("rate=500k,freq=200"), rate("rate=500k,freq=400"));
    assert!((fast / slow - 2.0).abs() < 0.02, "{slow} {fast}");
}

#[test]
fn a_missing_chip_is_told_and_the_others_mine() {
    let mut rig = Rig::new(&GEKKO_R606, "rate=500k,fault-missing=2");
    let ability = rig.start().unwrap();
    let told = rig.mine(5 * SECOND).unwrap();
    assert!(
        told.said("10 BM1387 answer where 12 are expected"),
        "{:?}",
        told.notices
    );
    assert!(
        told.good > 5 && ability.details.starts_with("10 of 12"),
        "{}",
        ability.details
    );
}

#[test]
fn no_chip_at_all_is_an_error_that_says_what_to_look_at() {
    let mut rig = Rig::new(&GEKKO_NEWPAC, "fault-missing=2");
    let error = rig.start().unwrap_err().to_string();
    assert!(
        error.contains("expected 2 BM1387, none answered"),
        "{error}"
    );
}

#[test]
fn bent_and_repeated_replies_are_counted_and_cost_nothing_else() {
    let mut rig = Rig::new(
        &GEKKO_R606,
        "rate=500k,fault-flip=0.1,fault-duplicate=0.2,seed=3",
    );
    rig.start().unwrap();
    let told = rig.mine(20 * SECOND).unwrap();
    assert!(told.good > 20, "{told:?}");
    assert_eq!(told.twice, 0, "{told:?}");
    assert!(told.faults.contains(&"duplicate"), "{:?}", told.faults);
    assert!(told.garbage > 0 || told.faults.contains(&"crc"), "{told:?}");
}

/// A chain that does not hear some of the jobs which open its cores.
struct HardOfHearing {
    chain: Box<dyn Emulator>,
    misses: u32,
}

impl Emulator for HardOfHearing {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        let is_job = bytes.len() == 64;
        if is_job && self.misses > 0 {
            self.misses -= 1;
        } else {
            self.chain.receive(bytes, now);
        }
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.chain.advance(until, out)
    }

    fn set_baud(&mut self, baud: u32) {
        self.chain.set_baud(baud);
    }

    fn set_parity(&mut self, parity: Parity) {
        self.chain.set_parity(parity);
    }
}

/// Found by the matrix of models and faults: one lost byte of a bring-up left a chain with a tenth of its rate for good, and nobody said so.
#[test]
fn a_chain_most_of_whose_cores_sleep_is_brought_up_again() {
    for (misses, mendings) in [(50, 1), (1000, 2)] {
        let options = BoardOptions::parse("rate=20k").unwrap();
        let mut emulated = (GEKKO_COMPAC.emulate.unwrap())(&options).unwrap();
        emulated.data = Box::new(HardOfHearing {
            chain: emulated.data,
            misses,
        });
        let clock = VirtualClock::new(Instant::now());
        let links = emulated.virtual_time("stick", &clock);
        let mut rig = Rig::over((GEKKO_COMPAC.open)(links, &options).unwrap());
        rig.start().unwrap();
        let told = rig.mine(150 * SECOND).unwrap();
        let words = "of what its clock promises: brought up again";
        let count = told.notices.iter().filter(|notice| notice.contains(words));
        assert_eq!(count.count(), mendings, "{misses}: {:?}", told.notices);
        let before = told.good;
        let good = rig.mine(60 * SECOND).unwrap().good - before;
        // 2.4 a second.
        assert_eq!(good > 100, mendings == 1, "{misses}: {good}");
    }
}

#[test]
fn a_lying_core_is_seen_by_its_nonces() {
    let mut rig = Rig::new(&GEKKO_COMPACF, "rate=500k,fault-lies=0@3");
    rig.start().unwrap();
    let told = rig.mine(120 * SECOND).unwrap();
    assert!(
        told.good > 100 && told.wrong > 0,
        "{} {}",
        told.good,
        told.wrong
    );
}

#[test]
fn work_of_another_algorithm_is_refused() {
    let options = crate::board::BoardOptions::parse("voltage=300").unwrap();
    let open = (GEKKO_R606.open)(crate::board::Links::default(), &options);
    assert!(matches!(open, Err(BoardError::Option { .. })));
    let none = crate::board::BoardOptions::none();
    let open = (GEKKO_R606.open)(crate::board::Links::default(), &none);
    assert!(open.is_err_and(|error| error.is_gone()));
}

#[test]
fn the_walk_of_a_stick_whose_voltage_the_host_sets_ends_at_less_of_it() {
    let mut rig = Rig::new(&GEKKO_COMPAC_A2, "rate=20k,tune=efficiency");
    rig.start().unwrap();
    for _ in 0..60 {
        rig.mine(120 * SECOND).unwrap();
        if rig.told.said("tuned: ") {
            break;
        }
    }
    let (good, wrong) = (rig.told.good, rig.told.wrong);
    let told = rig.mine(60 * SECOND).unwrap();
    assert!(told.said("tuned: "), "{:?}", told.notices);
    assert!(!told.said("switched off"), "{:?}", told.notices);
    let (_, last) = told.telemetry.last().unwrap();
    let volts = last.core_voltage.unwrap();
    assert!((0.225..0.265).contains(&volts), "{volts}");
    // On the way there it has seen where errors begin.
    let (good, wrong) = (told.good - good, told.wrong - wrong);
    assert!(good > 50 && wrong <= good / 20, "{good} {wrong}");
}
