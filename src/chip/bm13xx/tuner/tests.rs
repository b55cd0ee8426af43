//! Walks on the curve of a chip made of formulas: more volts stand more clock, both draw power and heat.

use proptest::prelude::*;

use super::*;

/// A BM1370-like chip: 525 MHz need 1.1 V, and 0.8 mV more for each MHz.
struct Chip {
    point: Point,
    dice: u64,
    hottest: f64,
    ambient: f64,
    leak: f64,
}

const BOUNDS: Bounds = Bounds {
    clock_mhz: (300.0, 800.0),
    millivolts: (950, 1300),
    celsius: 75.0,
    watts: 40.0,
};

const START: Point = Point {
    clock_mhz: 525.0,
    millivolts: 1150,
};

impl Chip {
    fn new() -> Self {
        Self {
            point: START,
            dice: 7,
            hottest: 0.0,
            ambient: 25.0,
            leak: 2.0,
        }
    }

    /// The fastest clock without errors at a voltage.
    fn edge(millivolts: u32) -> f64 {
        525.0 + (f64::from(millivolts) - 1100.0) / 0.8
    }

    fn watts(&self) -> f64 {
        let volts = f64::from(self.point.millivolts) / 1000.0;
        self.leak + 15.0 * self.point.clock_mhz / 525.0 * volts * volts / 1.3
    }

    fn celsius(&self) -> f64 {
        self.ambient + 1.5 * self.watts()
    }

    fn chance(&mut self) -> f64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.dice >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A second of mining at about four nonces.
    fn second(&mut self) -> Sample {
        let over = (self.point.clock_mhz - Self::edge(self.point.millivolts)).max(0.0);
        let wrong = (over / 100.0).min(0.9);
        let expected = 4.0 * self.point.clock_mhz / 525.0;
        let tries = (0..20).filter(|_| self.chance() < expected / 20.0).count();
        let errors = (0..tries).filter(|_| self.chance() < wrong).count();
        self.hottest = self.hottest.max(self.celsius());
        Sample {
            time: Duration::from_secs(1),
            good: (tries - errors) as u64,
            errors: errors as u64,
            expected,
            celsius: Some(self.celsius()),
            watts: Some(self.watts()),
        }
    }
}

fn run(tuner: &mut Tuner, chip: &mut Chip, seconds: u32) -> Option<Point> {
    let mut end = None;
    for _ in 0..seconds {
        let sample = chip.second();
        match tuner.observe(&sample) {
            Ask::Stay => {}
            Ask::Go(point) => chip.point = point,
            Ask::Settled(point) | Ask::GaveUp(point) => (chip.point, end) = (point, Some(point)),
        }
        assert_eq!(chip.point, tuner.point());
    }
    end
}

#[test]
fn the_most_hashes_lie_at_the_edge_of_the_highest_voltage_that_stays_cool() {
    let (mut tuner, mut chip) = (Tuner::new(Goal::Hashrate, BOUNDS, START, None), Chip::new());
    let point = run(&mut tuner, &mut chip, 20_000).expect("the walk ends");
    assert!(point.clock_mhz >= 600.0, "{point:?}");
    assert!(
        point.clock_mhz <= Chip::edge(point.millivolts) + 15.0,
        "{point:?}"
    );
    assert!(chip.hottest < BOUNDS.celsius + 4.0, "{}", chip.hottest);
    assert!(chip.celsius() <= BOUNDS.celsius);
}

#[test]
fn heat_holds_the_walk_back() {
    let mut chip = Chip::new();
    chip.ambient = 45.0;
    let mut tuner = Tuner::new(Goal::Hashrate, BOUNDS, START, None);
    let point = run(&mut tuner, &mut chip, 20_000).expect("the walk ends");
    assert!(
        chip.celsius() <= BOUNDS.celsius,
        "{point:?}: {}",
        chip.celsius()
    );
}

#[test]
fn the_fewest_joules_lie_below_the_start() {
    let (mut tuner, mut chip) = (
        Tuner::new(Goal::Efficiency, BOUNDS, START, None),
        Chip::new(),
    );
    let before = chip.watts() / START.clock_mhz;
    let point = run(&mut tuner, &mut chip, 40_000).expect("the walk ends");
    let after = chip.watts() / point.clock_mhz;
    assert!(after < 0.9 * before, "{point:?}: {after} against {before}");
    assert!(
        point.clock_mhz <= Chip::edge(point.millivolts) + 15.0,
        "{point:?}"
    );
}

#[test]
fn a_board_without_a_voltage_walks_its_clock() {
    let bounds = Bounds {
        millivolts: (1150, 1150),
        ..BOUNDS
    };
    let (mut tuner, mut chip) = (Tuner::new(Goal::Hashrate, bounds, START, None), Chip::new());
    let point = run(&mut tuner, &mut chip, 20_000).expect("the walk ends");
    let edge = Chip::edge(1150);
    assert!(
        (edge - 15.0..edge + 15.0).contains(&point.clock_mhz),
        "{point:?}"
    );
}

#[test]
fn the_result_is_remembered_and_watched() {
    let (mut tuner, mut chip) = (Tuner::new(Goal::Hashrate, BOUNDS, START, None), Chip::new());
    let point = run(&mut tuner, &mut chip, 20_000).expect("the walk ends");
    let text = serde_json::to_string(&tuner.memory().unwrap()).unwrap();
    let memory: Memory = serde_json::from_str(&text).unwrap();
    assert_eq!((memory.best, memory.settled), (point, true));
    let mut again = Tuner::new(Goal::Hashrate, BOUNDS, START, Some(memory));
    assert_eq!(again.point(), point);
    assert_eq!(run(&mut again, &mut chip, 2000), None, "it stays");
    // A hot summer: the point is left for a slower one, however long it takes.
    chip.ambient += 20.0;
    let cooler = run(&mut again, &mut chip, 2000).expect("it moves");
    assert!(cooler.clock_mhz < point.clock_mhz);
    assert!(chip.celsius() <= BOUNDS.celsius);
    let other = Tuner::new(Goal::Efficiency, BOUNDS, START, Some(memory));
    assert_eq!(other.point(), START, "another goal is another walk");
    let narrow = Bounds {
        clock_mhz: (300.0, 500.0),
        ..BOUNDS
    };
    let held = Tuner::new(Goal::Hashrate, narrow, START, Some(memory));
    assert_eq!((held.point().clock_mhz, held.memory()), (500.0, None));
}

/// A chip of which half of the answers are wrong, whatever clock and voltage.
fn hopeless(expected: f64) -> Sample {
    Sample {
        time: Duration::from_secs(15),
        good: 20,
        errors: 20,
        expected,
        celsius: Some(50.0),
        watts: Some(15.0),
    }
}

#[test]
fn errors_that_no_voltage_mends_end_where_it_began_and_are_not_remembered() {
    for goal in [Goal::Hashrate, Goal::Efficiency] {
        let mut tuner = Tuner::new(goal, BOUNDS, START, None);
        let mut highest = 0;
        let asked: Vec<Ask> = (0..2000)
            .map(|_| {
                let ask = tuner.observe(&hopeless(40.0));
                highest = highest.max(tuner.point().millivolts);
                assert_eq!(tuner.memory(), None);
                ask
            })
            .filter(|ask| *ask != Ask::Stay)
            .collect();
        assert_eq!(asked.last(), Some(&Ask::GaveUp(START)), "{goal:?}");
        assert!(asked.len() < 10, "{goal:?}: {asked:?}");
        assert!(highest < 1250, "{goal:?}: {highest}");
        assert_eq!(tuner.point(), START);
    }
}

#[test]
fn a_point_that_turns_bad_for_another_reason_is_not_lowered_for_ever() {
    let (mut tuner, mut chip) = (Tuner::new(Goal::Hashrate, BOUNDS, START, None), Chip::new());
    run(&mut tuner, &mut chip, 20_000).expect("the walk ends");
    let asked: Vec<Ask> = (0..2000)
        .map(|_| tuner.observe(&hopeless(40.0)))
        .filter(|ask| *ask != Ask::Stay)
        .collect();
    assert_eq!(asked.last(), Some(&Ask::GaveUp(START)), "{asked:?}");
    assert!(asked.len() < 10, "{asked:?}");
    assert_eq!(tuner.memory(), None);
    // Heat still counts.
    let hot = Sample {
        celsius: Some(80.0),
        ..hopeless(40.0)
    };
    let cooler = (0..10).find_map(|_| match tuner.observe(&hot) {
        Ask::Settled(point) => Some(point),
        _ => None,
    });
    assert!(cooler.is_some_and(|point| point.clock_mhz < START.clock_mhz));
}

#[test]
fn without_work_nothing_moves() {
    let mut tuner = Tuner::new(Goal::Hashrate, BOUNDS, START, None);
    let idle = Sample {
        time: Duration::from_secs(60),
        ..Sample::default()
    };
    assert!((0..1000).all(|_| tuner.observe(&idle) == Ask::Stay));
}

proptest! {
    #[test]
    fn no_board_leads_the_walk_out_of_its_bounds(
        goal in prop_oneof![Just(Goal::Hashrate), Just(Goal::Efficiency)],
        samples in proptest::collection::vec((0..20u64, 0..20u64, 20.0..90.0f64, 0.0..60.0f64), 1..400),
        clock in 0.0..2000.0f64,
        millivolts in 0..3000u32,
    ) {
        let start = Point { clock_mhz: clock, millivolts };
        let mut tuner = Tuner::new(goal, BOUNDS, start, None);
        for (good, errors, celsius, watts) in samples {
            tuner.observe(&Sample {
                time: Duration::from_secs(15),
                good,
                errors,
                expected: 10.0,
                celsius: Some(celsius),
                watts: Some(watts),
            });
            let at = tuner.point();
            prop_assert!((300.0..=800.0).contains(&at.clock_mhz), "{at:?}");
            prop_assert!((950..=1300).contains(&at.millivolts), "{at:?}");
        }
    }
}
