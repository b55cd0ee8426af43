//! The driver against the emulated chain: every type, chains of all lengths, jobs of all kinds.

use std::time::Duration;

use super::rig::{POOL_MASK, Rig, TYPES, Tally, bring_up, settings};
use crate::chip::bm13xx::emulator::EmulatedChip;
use crate::chip::bm13xx::*;
use crate::units::Target;

const GAMMA: (&ChipType, EmulatedChip) = (&BM1370, EmulatedChip::Bm1370);
const EMBER: (&ChipType, EmulatedChip) = (&BM1362, EmulatedChip::Bm1362);
const STICK: (&ChipType, EmulatedChip) = (&BM1387, EmulatedChip::Bm1387);
const MAX: (&ChipType, EmulatedChip) = (&BM1397, EmulatedChip::Bm1397);

#[test]
fn every_type_in_chains_of_all_lengths_mines_without_a_fault() {
    for kind in TYPES {
        for chips in [1, 2, 12, 100] {
            let name = format!("{} x {chips}", kind.0.name);
            let (mut ours, theirs) = settings(kind, chips);
            if ours.addresses.step(chips).is_none() {
                continue;
            }
            ours.baud = ours.chip.line.raised.last().map(|line| line.host_baud);
            let rate = theirs.rate;
            let mut rig = bring_up(ours, theirs).unwrap_or_else(|error| panic!("{name}: {error}"));
            let seconds = 16.0;
            let expected = seconds * rate / rig.chain.threshold().expected_hashes();
            rig.order(1, POOL_MASK);
            let tally = rig.mine(seconds);
            assert_eq!(rig.chain.chips(), chips);
            let troubles = (tally.wrong, tally.repeated, tally.garbage);
            assert_eq!(troubles, (0, 0, 0), "{name}");
            assert!(tally.notices.is_empty(), "{name}: {:?}", tally.notices);
            let own = own_part(&rig, &tally, seconds);
            let mut faults = tally.faults.clone();
            if own < 1.0 {
                // What their neighbours have told already.
                faults.remove(fault::DUPLICATE);
            }
            assert!(faults.is_empty(), "{name}: {faults:?}");
            let (good, wanted) = (tally.good as f64, expected * own);
            let is_as_promised = (good - wanted).abs() < 3.5 * wanted.sqrt();
            assert!(is_as_promised, "{name}: {good} where {wanted:.0} are due");
            // A hundred BM1397 sweep their share in a seventh of a millisecond, faster than the line brings jobs.
            if (kind.0.name, chips) != ("BM1397", 100) {
                assert!(good / expected > 0.4, "{name}: {good} of {expected:.0}");
                assert!(tally.shares > 0, "{name}");
                let spread = usize::from(chips.min(6));
                assert!(tally.chips.len() >= spread, "{name}: {:?}", tally.chips);
            }
        }
    }
}

/// The part of its time that a chain has nonces of its own to search: long chains of chips that take midstates are through with them
/// before the line brings the next job, and run on into their neighbours' (section 11: a slice is 2^32 nonces by cores and by the
/// distance of two addresses).
fn own_part(rig: &Rig, tally: &Tally, seconds: f64) -> f64 {
    let chip = rig.chain.chip();
    let midstates = match chip.job {
        JobForm::Header => return 1.0,
        JobForm::Midstates(counts) => counts.iter().copied().max().unwrap_or(1),
        JobForm::Block => 1,
    };
    let at_once = f64::from(chip.sub_cores) / f64::from(midstates);
    let cores = f64::from(chip.cores.next_power_of_two());
    let step = f64::from(chip.addresses.step(rig.chain.chips()).unwrap_or(1));
    let clocks = 2f64.powi(32) / cores * step / 256.0 / at_once;
    let job = seconds / tally.refreshes.len() as f64;
    (clocks / rig.chain.clock_mhz() / 1e6 / job).min(1.0)
}

#[test]
fn a_chain_with_missing_chips_runs_with_those_that_answer() {
    let (ours, mut theirs) = settings(EMBER, 12);
    theirs.faults.missing = 3;
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(1, POOL_MASK);
    let tally = rig.mine(5.0);
    assert_eq!(
        tally.notices,
        ["9 BM1362 answer where 12 are expected; running with those"]
    );
    assert!(
        rig.chain
            .details()
            .starts_with("9 of 12 BM1362 at 525.00 MHz")
    );
    assert_eq!((rig.chain.chips(), tally.wrong), (9, 0));
    assert!(tally.good > 10, "{tally:?}");
}

#[test]
fn no_chips_and_foreign_chips_are_errors_that_say_so() {
    let (ours, mut theirs) = settings(EMBER, 12);
    theirs.faults.missing = 12;
    let error = bring_up(ours, theirs).err().unwrap();
    assert_eq!(
        error.to_string(),
        "counting chips: expected 12 BM1362, none answered (heard nothing); check power, reset and the cable"
    );
    let (_, theirs) = settings((&BM1366, EmulatedChip::Bm1366), 1);
    let (ours, _) = settings(GAMMA, 1);
    let error = bring_up(ours, theirs).err().unwrap();
    assert_eq!(
        error.to_string(),
        "counting chips: chip 0 says it is a BM1366 (13660000), expected BM1370"
    );
}

#[test]
fn broken_replies_are_counted_and_the_others_come_through() {
    for kind in [GAMMA, MAX, STICK] {
        let (ours, mut theirs) = settings(kind, 2);
        theirs.faults.flip = 0.3;
        let mut rig = bring_up(ours, theirs).unwrap();
        rig.order(0, POOL_MASK);
        let tally = rig.mine(20.0);
        let name = kind.0.name;
        assert!(tally.fault(fault::CRC) > 5, "{name}: {:?}", tally.faults);
        assert!(tally.good > 20, "{name}: {}", tally.good);
        assert_eq!(tally.repeated, 0, "{name}");
        assert_eq!(rig.chain.counters().garbage, tally.garbage as u64);
        // Without a preamble a shifted frame passes the checksum once in a while; its hash tells.
        assert!(tally.wrong <= 2, "{name}: {}", tally.wrong);
    }
}

#[test]
fn lost_bytes_cost_little() {
    let (ours, mut theirs) = settings(GAMMA, 4);
    theirs.faults.drop = 0.003;
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let tally = rig.mine(40.0);
    assert!(tally.good > 80, "{}", tally.good);
    assert_eq!((tally.wrong, tally.repeated), (0, 0));
}

#[test]
fn what_is_said_twice_counts_once() {
    for kind in TYPES {
        let (ours, mut theirs) = settings(kind, 2);
        theirs.faults.duplicate = 0.5;
        let mut rig = bring_up(ours, theirs).unwrap();
        rig.order(0, POOL_MASK);
        let tally = rig.mine(20.0);
        let name = kind.0.name;
        assert!(
            tally.fault(fault::DUPLICATE) > 3,
            "{name}: {:?}",
            tally.faults
        );
        assert_eq!((tally.repeated, tally.wrong), (0, 0), "{name}");
        let counted: u64 = rig
            .chain
            .counters()
            .chips
            .iter()
            .map(|chip| chip.duplicates)
            .sum();
        assert_eq!(counted, tally.fault(fault::DUPLICATE));
    }
}

#[test]
fn a_chip_that_dies_is_told() {
    let (ours, mut theirs) = settings(EMBER, 4);
    theirs.faults.dies = Some((2, Duration::from_secs(20)));
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let tally = rig.mine(60.0);
    assert_eq!(tally.notices.len(), 1, "{:?}", tally.notices);
    assert!(tally.notices[0].starts_with("chip 2 has found nothing for "));
    assert!(tally.chips[&3] > tally.chips[&2] + 10, "{:?}", tally.chips);
}

#[test]
fn a_brown_out_is_noticed_within_seconds() {
    for kind in TYPES
        .into_iter()
        .filter(|(chip, _)| chip.name > "BM1387" || chip.name < "BM1380")
    {
        let (ours, mut theirs) = settings(kind, 3);
        theirs.faults.brown_out = Some(Duration::from_secs(15));
        let mut rig = bring_up(ours, theirs).unwrap();
        let up_at = rig.clock.now();
        rig.order(0, POOL_MASK);
        let error = rig.try_mine(&mut Tally::default(), 120.0).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("asking the silent chain for its clock: chip 0: expected "),
            "{text}"
        );
        let time = rig.clock.now() - up_at;
        assert!(time < Duration::from_secs(30), "{}: {time:?}", kind.0.name);
    }
}

#[test]
fn a_lying_core_is_told_by_its_chip_and_place() {
    let (ours, mut theirs) = settings(GAMMA, 2);
    theirs.faults.lying_core = Some((1, 5));
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let tally = rig.mine(60.0);
    assert!(tally.wrong > 0);
    let cores = &rig.chain.counters().chips[1].cores;
    assert!(u64::from(cores[5]) >= tally.wrong, "{cores:?}");
}

#[test]
fn only_bits_of_the_pools_mask_are_rolled() {
    for kind in TYPES {
        for mask in [0, 0x0000_2000, 0x0004_8000, 0x1fff_0000, 0xffff_ffff] {
            let (mut ours, theirs) = settings(kind, 1);
            ours.baud = ours.chip.line.raised.last().map(|line| line.host_baud);
            let mut rig = bring_up(ours, theirs).unwrap();
            rig.order(0, POOL_MASK);
            rig.mine(1.0);
            rig.order(0, mask);
            // Late replies of the job before have died out after a second.
            rig.mine(1.5);
            // Sub-cores without a version of their own stand still.
            let tally = rig.mine(if mask.count_ones() < 4 { 15.0 } else { 3.0 });
            let name = format!("{} {mask:08x}", kind.0.name);
            assert_eq!(tally.wrong, 0, "{name}");
            assert_eq!(tally.fault(fault::VERSION), 0, "{name}");
            assert!(tally.good > 0, "{name}: {tally:?}");
            let rolled = tally
                .versions
                .iter()
                .fold(0, |bits, version| bits | version);
            assert_eq!(rolled & !0x2000_0000 & !mask, 0, "{name}: {rolled:08x}");
        }
    }
}

#[test]
fn too_few_versions_are_told_once() {
    let (ours, theirs) = settings(GAMMA, 1);
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    assert!(rig.mine(1.0).notices.is_empty());
    rig.order(0, 0x6000);
    assert_eq!(
        rig.mine(1.0).notices,
        ["the pool lets 4 versions be rolled; BM1370 use all their sub-cores with 16 or more"]
    );
}

#[test]
fn other_scripts_and_address_steps_mine_as_well() {
    let compac = |chips| {
        let (mut ours, theirs) = settings(GAMMA, chips);
        ours.script = &scripts::BM1370_COMPAC;
        (ours, theirs)
    };
    let (mut ember, twelve) = settings(EMBER, 12);
    ember.addresses = AddressRule::Step(2);
    let (mut domains, six) = settings(EMBER, 6);
    (domains.chips_per_domain, domains.addresses) = (Some(2), AddressRule::PowerOfTwo);
    for (ours, theirs) in [compac(1), compac(2), (ember, twelve), (domains, six)] {
        let name = format!("{} x {}", ours.chip.name, ours.expected_chips);
        let chips = ours.expected_chips.min(6);
        let mut rig = bring_up(ours, theirs).unwrap();
        rig.order(0, POOL_MASK);
        let tally = rig.mine(8.0);
        assert!(tally.good > 15, "{name}: {tally:?}");
        assert!(
            tally.chips.len() >= usize::from(chips),
            "{name}: {:?}",
            tally.chips
        );
        let troubles = (tally.wrong, tally.repeated, tally.faults.len());
        assert_eq!(troubles, (0, 0, 0), "{name}: {:?}", tally.faults);
        assert!(tally.notices.is_empty(), "{name}: {:?}", tally.notices);
    }
}

#[test]
fn an_idle_chain_stands_still_and_goes_on() {
    let (ours, theirs) = settings(GAMMA, 1);
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    assert!(rig.mine(5.0).good > 0);
    rig.idle();
    rig.mine(0.2);
    let counts = rig.emulator.lock().counts().nonces;
    let tally = rig.mine(20.0);
    assert_eq!(rig.emulator.lock().counts().nonces, counts);
    assert_eq!((tally.good, tally.faults.len()), (0, 0));
    assert!(rig.chain.wants_work());
    rig.order(0, POOL_MASK);
    let again = rig.mine(5.0);
    assert!(again.good > 5, "{again:?}");
}

#[test]
fn a_halted_chain_finds_nothing_more() {
    for kind in TYPES
        .into_iter()
        .filter(|(chip, _)| chip.job.rolls_version())
    {
        let (ours, theirs) = settings(kind, 3);
        let mut rig = bring_up(ours, theirs).unwrap();
        rig.order(0, POOL_MASK);
        rig.mine(2.0);
        rig.chain.halt().unwrap();
        rig.idle();
        rig.mine(0.2);
        let counts = rig.emulator.lock().counts().nonces;
        rig.mine(10.0);
        assert_eq!(
            rig.emulator.lock().counts().nonces,
            counts,
            "{}",
            kind.0.name
        );
    }
}

#[test]
fn registers_are_read_in_a_burst_of_nonces_of_which_none_is_lost() {
    let (mut ours, mut theirs) = settings(GAMMA, 2);
    (ours.baud, ours.replies_per_second) = (Some(3_000_000), 400.0);
    theirs.rate = 4e5;
    theirs.zero_bits = Some(9);
    ours.zero_bits = 9;
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let mut tally = rig.mine(0.5);
    for _ in 0..50 {
        assert_eq!(rig.chain.read_register(1, 0).unwrap() >> 16, 0x1370);
        let dividers = rig.chain.read_register(0, 8).unwrap();
        assert_eq!(pll::frequency(&BM1370, dividers), Some(525.0));
        rig.mine_into(&mut tally, 0.01);
    }
    rig.idle();
    rig.mine_into(&mut tally, 1.0);
    assert_eq!(tally.good, rig.emulator.lock().counts().nonces);
    assert!(tally.good > 200, "{}", tally.good);
    assert_eq!(
        (tally.wrong, tally.faults.len()),
        (0, 0),
        "{:?}",
        tally.faults
    );
}

#[test]
fn a_chain_that_falls_silent_at_the_fast_speed_runs_at_the_slow_one() {
    let (mut ours, theirs) = settings(STICK, 12);
    ours.baud = Some(1_500_000);
    let mut rig = super::rig::bring_up_behind(ours, theirs, 1_500_000).unwrap();
    rig.order(0, POOL_MASK);
    let tally = rig.mine(10.0);
    assert_eq!(
        tally.notices,
        ["the chain fell silent at 1500000 baud; it runs at 115200 baud"]
    );
    assert_eq!((rig.chain.baud(), tally.wrong), (115_200, 0));
    assert!(tally.good > 5, "{tally:?}");
}

#[test]
fn the_clock_goes_up_and_down_and_the_rate_with_it() {
    let (ours, theirs) = settings(GAMMA, 1);
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let full = rig.chain.nominal().get();
    for (mhz, part) in [(262.5, 0.5), (525.0, 1.0)] {
        assert!((rig.chain.set_clock(mhz).unwrap() - mhz).abs() < 1e-9);
        assert!(
            (rig.chain.clock_mhz() - mhz).abs() > 100.0,
            "one step so far"
        );
        let shares = rig.mine(2.0).good;
        assert!(shares > 0, "there is work on the way");
        assert!((rig.emulator.lock().clock() - mhz).abs() < 0.01);
        let rate = rig.chain.nominal().get() / full;
        assert!((rate - part).abs() < 1e-9, "{rate}");
        let tally = rig.mine(20.0);
        let replies = rig.chain.nominal().get() / rig.chain.threshold().expected_hashes();
        assert!((4.0..8.0).contains(&replies), "{replies} a second");
        assert_eq!((tally.wrong, tally.repeated, tally.faults.len()), (0, 0, 0));
    }
    let error = rig.chain.set_clock(5000.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "BM1370: clock 5000 is not possible: 50 to 900"
    );
}

#[test]
fn an_easy_job_makes_the_ticket_easier() {
    let (mut ours, theirs) = settings(GAMMA, 1);
    ours.replies_per_second = 0.5;
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let usual = rig.chain.threshold();
    rig.order_target(Target::from_zero_bits(12), POOL_MASK);
    assert!(rig.chain.threshold() > usual);
    let tally = rig.mine(5.0);
    assert!(tally.shares > 10, "{tally:?}");
    assert_eq!((tally.wrong, tally.repeated), (0, 0));
}

#[test]
fn the_ticket_follows_the_jobs_both_ways_and_no_late_reply_is_wrong() {
    for kind in TYPES {
        let name = kind.0.name;
        let (mut ours, theirs) = settings(kind, 2);
        ours.replies_per_second = 0.25;
        let mut rig = bring_up(ours, theirs).unwrap();
        rig.order(0, POOL_MASK);
        let usual = rig.chain.threshold();
        rig.order_target(easier(usual, 4.0), POOL_MASK);
        let easy = rig.chain.threshold();
        assert!(easy >= easier(usual, 4.0), "{name}: no share is kept back");
        let tally = rig.mine(8.0);
        assert!(tally.shares > 2, "{name}: {tally:?}");
        assert_eq!((tally.wrong, tally.repeated), (0, 0), "{name}");
        rig.order_target(usual, POOL_MASK);
        assert_eq!(rig.chain.threshold(), easy, "{name}: late replies may come");
        let tally = rig.mine(1.5);
        assert_eq!(rig.chain.threshold(), usual, "{name}");
        assert_eq!((tally.wrong, tally.repeated), (0, 0), "{name}");
        let tally = rig.mine(30.0);
        assert_eq!((tally.wrong, tally.repeated), (0, 0), "{name}");
        assert!(tally.good > 2, "{name}: {tally:?}");
    }
}

/// A target that `times` as many hashes meet.
fn easier(target: Target, times: f64) -> Target {
    let bits = target.expected_hashes().log2() - times.log2();
    Target::from_zero_bits(bits.round() as u32)
}

/// Chips that did not hear of the harder mask, because the line spoilt it, hear of it again.
#[test]
fn a_harder_ticket_is_told_twice() {
    let (mut ours, theirs) = settings(GAMMA, 1);
    ours.replies_per_second = 0.5;
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let usual = rig.chain.threshold();
    rig.order_target(easier(usual, 8.0), POOL_MASK);
    rig.mine(1.0);
    rig.order_target(usual, POOL_MASK);
    // As if it had not been heard.
    rig.chain.write_register(0x14, 0).unwrap();
    rig.mine(1.5);
    let tally = rig.mine(60.0);
    assert_eq!(tally.wrong, 0, "{tally:?}");
}

#[test]
fn work_is_replaced_before_it_is_used_up() {
    for (kind, chips) in [(MAX, 1), (STICK, 12), (GAMMA, 12), (EMBER, 100)] {
        let (mut ours, theirs) = settings(kind, chips);
        ours.baud = ours.chip.line.raised.last().map(|line| line.host_baud);
        let mut rig = bring_up(ours, theirs).unwrap();
        rig.order(0, POOL_MASK);
        let tally = rig.mine(3.0);
        let longest = tally.refreshes.iter().max().copied().unwrap_or_default();
        let shortest = tally.refreshes.iter().min().copied().unwrap_or_default();
        let name = kind.0.name;
        assert!(longest <= Duration::from_secs(2), "{name}: {longest:?}");
        assert!(
            longest <= shortest + Duration::from_millis(1),
            "{name}: {shortest:?}"
        );
        assert_eq!(tally.fault(fault::DUPLICATE), 0, "{name}");
    }
}

#[test]
fn a_fixed_root_keeps_chips_busy_that_roll_no_versions() {
    let solo: (&ChipType, EmulatedChip) = (&BM1384, EmulatedChip::Bm1384);
    for (kind, chips) in [(MAX, 6), (STICK, 2), (solo, 1)] {
        let (mut ours, theirs) = settings(kind, chips);
        ours.baud = ours.chip.line.raised.last().map(|line| line.host_baud);
        let rate = theirs.rate;
        let mut rig = bring_up(ours, theirs).unwrap();
        let expected = 10.0 * rate / rig.chain.threshold().expected_hashes();
        // With one time stamp there is one piece of work, and with many there is one a second.
        for seconds in [0, 7200] {
            rig.order_fixed_root(POOL_MASK, seconds);
            let mut tally = rig.mine(10.0);
            // Of the order before.
            tally.faults.remove(fault::STALE);
            let name = format!("{} {seconds}: {tally:?}", kind.0.name);
            assert!(tally.good as f64 > 0.5 * expected, "{expected:.0}, {name}");
            assert!(tally.versions.len() > 4, "{name}");
            let troubles = (tally.wrong, tally.repeated, tally.faults.len());
            assert_eq!(troubles, (0, 0, 0), "{name}");
        }
    }
}

#[test]
fn versions_of_a_fixed_root_are_used_up_and_not_repeated() {
    let (ours, theirs) = settings(STICK, 2);
    let mut rig = bring_up(ours, theirs).unwrap();
    let jobs = rig.chain.counters().jobs;
    rig.order_fixed_root(0x0000_e000, 0);
    rig.mine(20.0);
    assert_eq!(rig.chain.counters().jobs - jobs, 2, "four midstates each");
    assert!(rig.chain.wants_work());
}

#[test]
fn a_sweep_ends_by_the_clock_that_the_dividers_make() {
    let (ours, theirs) = settings(GAMMA, 1);
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    for (mhz, made) in [(441.0, 441.666_667), (525.0, 525.0), (440.0, 440.0)] {
        assert!(
            (rig.chain.set_clock(mhz).unwrap() - made).abs() < 1e-3,
            "{mhz}"
        );
        assert_eq!(rig.mine(3.0).repeated, 0);
        // 2^25 nonces a core at two a clock, in ticks of 25 MHz, less the guard.
        let ticks = 2f64.powi(25) * 25.0 / (2.0 * rig.emulator.lock().clock());
        let counting = rig.chain.read_register(0, 0x10).unwrap();
        assert!(
            f64::from(counting) <= ticks - 199.0,
            "{mhz}: {counting} {ticks}"
        );
        assert!(
            f64::from(counting) > ticks - 202.0,
            "{mhz}: {counting} {ticks}"
        );
    }
}

#[test]
fn what_is_found_in_void_work_is_counted_by_chip() {
    let (mut ours, mut theirs) = settings(GAMMA, 2);
    (ours.baud, ours.replies_per_second) = (Some(3_000_000), 400.0);
    (theirs.rate, theirs.zero_bits) = (4e5, Some(9));
    ours.zero_bits = 9;
    let mut rig = bring_up(ours, theirs).unwrap();
    rig.order(0, POOL_MASK);
    let mut tally = rig.mine(1.0);
    assert_eq!(tally.fault(fault::STALE), 0, "replaced is not void");
    for _ in 0..200 {
        // Found, but on its way.
        rig.clock
            .advance_to(rig.clock.now() + Duration::from_millis(3));
        rig.order(0, POOL_MASK);
        rig.mine_into(&mut tally, 0.01);
    }
    let stale: u64 = rig
        .chain
        .counters()
        .chips
        .iter()
        .map(|chip| chip.stale)
        .sum();
    assert!(stale > 20, "{stale}");
    assert_eq!(tally.fault(fault::STALE), stale);
    assert_eq!(tally.wrong, 0);
}

#[test]
fn a_faster_line_is_what_a_chain_without_versions_to_roll_needs() {
    let good = |baud| {
        let (mut ours, theirs) = settings(EMBER, 12);
        (ours.clock_mhz, ours.baud) = (400.0, baud);
        let mut rig = bring_up(ours, theirs).unwrap();
        rig.order(0, 0);
        let tally = rig.mine(150.0);
        assert_eq!((tally.wrong, tally.repeated), (0, 0), "{baud:?}");
        tally.good
    };
    let (slow, fast) = (good(None), good(Some(1_000_000)));
    assert!(fast > 2 * slow && fast > 30, "{fast} against {slow}");
}
