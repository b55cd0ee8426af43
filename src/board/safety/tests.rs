//! The guard and the fan control, second by second.

use std::time::{Duration, Instant};

use super::*;

const LIMITS: Limits = Limits {
    chip: 75.0,
    board: 95.0,
    amps: 25.0,
    resume: 55.0,
};

fn at(chip: f32) -> Readings {
    Readings {
        chip: Sense::Value(chip),
        board: Sense::Value(60.0),
        amps: Sense::Value(15.0),
        rpm: Sense::Value(4000.0),
        fan_percent: 60,
        power_fault: None,
    }
}

/// A guard that is asked once a second, and what it said.
struct Watch {
    guard: Guard,
    now: Instant,
    notices: Vec<String>,
}

impl Watch {
    fn new() -> Self {
        Self {
            guard: Guard::new(LIMITS),
            now: Instant::now(),
            notices: Vec::new(),
        }
    }

    /// One that has run at full clock for a while.
    fn settled() -> Self {
        let mut watch = Self::new();
        watch.for_seconds(30, wavering);
        assert_eq!(watch.guard.level(), Level::Run(100));
        watch
    }

    fn ask(&mut self, readings: Readings) -> Judgement {
        self.now += Duration::from_secs(1);
        let judgement = self.guard.judge(&readings, self.now);
        self.notices.extend(judgement.notice.clone());
        judgement
    }

    fn for_seconds(&mut self, seconds: u64, readings: fn(u64) -> Readings) -> Judgement {
        let last = (1..seconds).map(readings).collect::<Vec<_>>();
        for readings in last {
            self.ask(readings);
        }
        self.ask(readings(seconds))
    }
}

/// A healthy thermometer never stands still.
fn wavering(second: u64) -> Readings {
    at(60.0 + (second % 2) as f32 * 0.125)
}

#[test]
fn a_board_climbs_to_its_clock_quickly_and_stays() {
    let mut watch = Watch::new();
    assert!(matches!(watch.guard.level(), Level::Run(share) if share < 100));
    watch.for_seconds(10, wavering);
    assert_eq!(watch.guard.level(), Level::Run(100));
    watch.for_seconds(600, wavering);
    assert_eq!(watch.guard.level(), Level::Run(100));
    assert!(watch.notices.is_empty(), "{:?}", watch.notices);
}

#[test]
fn heat_costs_clock_and_lasting_heat_the_voltage() {
    let mut watch = Watch::settled();
    let judgement = watch.ask(at(76.0));
    assert_eq!(judgement.level, Level::Run(85));
    assert!(judgement.full_fan);
    assert_eq!(watch.ask(at(76.5)).level, Level::Run(72));
    // Cooler, and the clock stays where it is until the board has been well for a while.
    watch.for_seconds(15, |second| at(68.0 + (second % 2) as f32));
    assert_eq!(watch.guard.level(), Level::Run(72));
    watch.for_seconds(300, |second| at(68.0 + (second % 2) as f32));
    assert_eq!(watch.guard.level(), Level::Run(100));
    watch.for_seconds(25, |second| at(76.0 + (second % 2) as f32));
    assert!(watch.guard.level().is_off());
}

#[test]
fn far_beyond_a_limit_the_voltage_goes_at_once() {
    let surge = Readings {
        amps: Sense::Value(31.0),
        ..at(60.0)
    };
    let fault = Readings {
        power_fault: Some("output over-current"),
        ..at(60.0)
    };
    let board = Readings {
        board: Sense::Value(100.5),
        ..at(60.0)
    };
    for readings in [at(80.5), surge, fault, board] {
        let mut watch = Watch::settled();
        assert!(watch.ask(readings).level.is_off(), "{readings:?}");
        assert_eq!(watch.notices.len(), 1, "{:?}", watch.notices);
    }
}

#[test]
fn the_worse_of_two_heats_decides() {
    let mut watch = Watch::new();
    watch.guard.judge(&at(60.0), watch.now);
    let both = Readings {
        board: Sense::Value(120.0),
        ..at(76.0)
    };
    let judgement = watch.guard.judge(&both, watch.now);
    assert!(judgement.level.is_off(), "{judgement:?}");
    assert!(
        judgement
            .notice
            .unwrap()
            .starts_with("regulator at 120.0 C")
    );
}

#[test]
fn a_bring_up_ends_above_any_limit_and_not_for_what_only_costs_clock() {
    let mut guard = Guard::new(LIMITS);
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(guard.alarm(&at(74.0), start), None);
    let hot = guard.alarm(&at(75.5), start).unwrap();
    assert_eq!(hot, "chip at 75.5 C, above 75 C");
    let surge = Readings {
        amps: Sense::Value(31.0),
        ..at(60.0)
    };
    assert!(guard.alarm(&surge, start).unwrap().contains("31.0 A"));
    let fault = Readings {
        power_fault: Some("output under-voltage"),
        ..at(60.0)
    };
    assert!(guard.alarm(&fault, start).is_some());
    let standing = |rpm| Readings {
        rpm: Sense::Value(rpm),
        ..at(60.0)
    };
    assert_eq!(guard.alarm(&standing(4000.0), start), None);
    for second in 0..12 {
        assert_eq!(guard.alarm(&standing(0.0), after(second)), None);
    }
    // A thermometer may be silent for as long as one of a running board.
    let silent = Readings {
        chip: Sense::Silent,
        ..at(60.0)
    };
    for second in 20..30 {
        assert_eq!(guard.alarm(&silent, after(second)), None);
    }
    assert!(guard.alarm(&silent, after(30)).unwrap().contains("silent"));
}

#[test]
fn over_current_is_borne_for_three_seconds() {
    let mut watch = Watch::settled();
    let high = Readings {
        amps: Sense::Value(26.0),
        ..at(60.0)
    };
    assert_eq!(watch.ask(high).level, Level::Run(85));
    assert!(!watch.ask(high).level.is_off());
    assert!(!watch.ask(high).level.is_off());
    assert!(watch.ask(high).level.is_off());
}

#[test]
fn silence_is_told_from_heat_and_ends_in_ten_seconds() {
    let mut watch = Watch::settled();
    let silent = Readings {
        chip: Sense::Silent,
        ..at(0.0)
    };
    for second in 0..=10 {
        let judgement = watch.ask(silent);
        assert_eq!(judgement.level.is_off(), second >= 10, "{second}");
    }
    assert!(
        watch.notices[0].contains("thermometer has been silent"),
        "{:?}",
        watch.notices
    );
    assert!(
        watch.notices.iter().all(|notice| !notice.contains(" C,")),
        "{:?}",
        watch.notices
    );
    // One lost reading is nothing.
    let mut watch = Watch::settled();
    assert_eq!(watch.ask(silent).level, Level::Run(100));
    assert_eq!(watch.ask(at(60.0)).level, Level::Run(100));
}

#[test]
fn a_current_meter_that_is_silent_is_no_better() {
    let mut watch = Watch::settled();
    watch.for_seconds(12, |second| Readings {
        amps: Sense::Silent,
        ..wavering(second)
    });
    assert!(watch.guard.level().is_off());
    assert!(
        watch.notices[0].contains("current meter has been silent"),
        "{:?}",
        watch.notices
    );
}

#[test]
fn a_standing_reading_is_tested_by_the_fan_and_then_by_the_clock() {
    let mut watch = Watch::settled();
    watch.for_seconds(19, |_| at(58.0));
    assert!(!watch.ask(at(58.0)).full_fan);
    assert!(watch.ask(at(58.0)).full_fan, "the test");
    // It notices: all is well, and it is left alone for longer.
    watch.for_seconds(5, |second| at(58.0 - second as f32 / 8.0));
    assert_eq!(watch.guard.level(), Level::Run(100));
    watch.for_seconds(100, |_| at(57.0));
    assert!(!watch.ask(at(57.0)).full_fan);
    // With the fan at its end, heat is taken away instead; what does not notice that is dead.
    let mut watch = Watch::settled();
    let full = |_| Readings {
        fan_percent: 100,
        ..at(58.0)
    };
    watch.for_seconds(64, full);
    assert!(matches!(watch.guard.level(), Level::Run(share) if share < 100));
    watch.for_seconds(60, full);
    assert!(watch.guard.level().is_off());
    assert!(
        watch.notices.last().unwrap().contains("stands still"),
        "{:?}",
        watch.notices
    );
    // Off, it must have noticed before it is believed again.
    watch.for_seconds(600, |_| at(58.0 - 30.0 + 30.0));
    assert!(watch.guard.level().is_off());
    watch.for_seconds(2, |_| at(40.0));
    assert!(!watch.guard.level().is_off());
}

#[test]
fn the_voltage_comes_back_late_cool_and_later_each_time() {
    let mut watch = Watch::settled();
    watch.ask(at(90.0));
    watch.for_seconds(120, |_| at(56.0));
    assert!(watch.guard.level().is_off(), "not yet cool");
    let judgement = watch.ask(at(54.0));
    assert!(!judgement.level.is_off());
    assert_eq!(judgement.notice.as_deref(), Some("core voltage on again"));
    for rest in [60, 120, 240, 480, 900, 900] {
        watch.ask(at(90.0));
        watch.for_seconds(rest - 1, |_| at(30.0));
        assert!(watch.guard.level().is_off(), "{rest}");
        watch.for_seconds(2, |_| at(30.0));
        assert!(!watch.guard.level().is_off(), "{rest}");
    }
}

#[test]
fn a_fan_that_stands_costs_clock_and_one_without_tachometer_nothing() {
    let standing = |second: u64| Readings {
        rpm: Sense::Value(0.0),
        ..wavering(second)
    };
    let mut watch = Watch::settled();
    watch.for_seconds(10, standing);
    assert!(matches!(watch.guard.level(), Level::Run(share) if share < 60));
    assert!(
        watch.notices[0].contains("fan stands"),
        "{:?}",
        watch.notices
    );
    let mut watch = Watch::new();
    watch.for_seconds(100, standing);
    assert_eq!(watch.guard.level(), Level::Run(100), "it never turned");
}

#[test]
fn a_board_without_a_sensor_is_not_blamed_for_it() {
    let mut watch = Watch::new();
    watch.for_seconds(200, |_| Readings::default());
    assert_eq!(watch.guard.level(), Level::Run(100));
    assert_eq!(watch.guard.objection(&Readings::default()), None);
}

#[test]
fn a_start_needs_a_thermometer_that_speaks_and_a_board_that_has_cooled() {
    let guard = Guard::new(LIMITS);
    assert_eq!(guard.objection(&at(64.0)), None);
    assert!(guard.objection(&at(66.0)).unwrap().contains("66 C"));
    let silent = Readings {
        chip: Sense::Silent,
        ..at(0.0)
    };
    assert!(guard.objection(&silent).is_some());
}

/// A board of first order: 26 to 78 K above 25 degrees, in 20 seconds.
fn plant(celsius: f32, fan: f32, heat: f32) -> f32 {
    let end = 25.0 + heat * (26.0 + 52.0 * (1.0 - fan).powi(2));
    celsius + (end - celsius) / 20.0
}

#[test]
fn the_fan_finds_its_drive_without_overshoot_and_swinging() {
    for heat in [0.7, 1.0, 1.3] {
        let mut fan = FanControl::new(60.0);
        let (mut celsius, mut drive) = (25.0, 1.0_f32);
        let mut history = Vec::new();
        for _ in 0..400 {
            drive = f32::from(fan.step(Some(celsius), Duration::from_secs(1))) / 100.0;
            celsius = plant(celsius, drive, heat);
            history.push(celsius);
        }
        let last = &history[300..];
        assert!(
            last.iter().all(|celsius| (celsius - 60.0).abs() < 3.0),
            "{heat}: {last:?}"
        );
        assert!(history.iter().all(|celsius| *celsius < 67.0), "{heat}");
        assert!((0.2..1.0).contains(&drive), "{heat}: {drive}");
    }
}

#[test]
fn the_fan_never_slows_down_on_a_reading_that_stands() {
    let mut fan = FanControl::new(60.0);
    let second = Duration::from_secs(1);
    let drives: Vec<u8> = (0..200).map(|_| fan.step(Some(45.0), second)).collect();
    assert!(drives[199] >= 50, "{drives:?}");
    assert_eq!(drives[199], drives[12]);
    assert_eq!(fan.step(None, second), 100);
    assert_eq!(fan.step(Some(95.0), second), 100);
}
