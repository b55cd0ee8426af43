//! Samples into medians and 99th percentiles, and the table of them.

use std::fmt;
use std::io::Write;
use std::time::Duration;

/// Times of one kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Samples(Vec<Duration>);

impl Samples {
    pub(super) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The value that `share` of the samples do not exceed, in microseconds.
    fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        sorted
            .get(at)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    }

    fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

impl Extend<Duration> for Samples {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, times: I) {
        self.0.extend(times);
    }
}

/// What a figure shall be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// At most this many of the row's unit.
    AtMost(f64),
    /// At most this many times the floor's median.
    TimesFloor(f64),
    /// It is shown for orientation.
    Open,
}

struct Row {
    what: String,
    goal: Goal,
    unit: &'static str,
    median: f64,
    p99: Option<f64>,
    floor: Option<(f64, Option<f64>)>,
}

/// Every figure of a run.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// A row of times.
    pub(super) fn times(
        &mut self,
        what: String,
        goal: Goal,
        ours: &Samples,
        floor: Option<&Samples>,
    ) {
        let p99 = |samples: &Samples| Some(samples.quantile(0.99));
        self.rows.push(Row {
            what,
            goal,
            unit: "us",
            median: ours.median(),
            p99: p99(ours),
            floor: floor.map(|floor| (floor.median(), p99(floor))),
        });
    }

    /// A row of one value.
    pub(super) fn value(
        &mut self,
        what: String,
        goal: Goal,
        unit: &'static str,
        ours: f64,
        floor: Option<f64>,
    ) {
        self.rows.push(Row {
            what,
            goal,
            unit,
            median: ours,
            p99: None,
            floor: floor.map(|floor| (floor, None)),
        });
    }
}

impl Row {
    fn goal(&self) -> String {
        match self.goal {
            Goal::AtMost(most) => format!("<= {}", number(most)),
            Goal::TimesFloor(times) => format!("<= {times} x floor"),
            Goal::Open => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        let met = match (self.goal, self.floor) {
            (Goal::AtMost(most), _) => self.median <= most,
            (Goal::TimesFloor(times), Some((floor, _))) => self.median <= times * floor,
            (Goal::TimesFloor(_), None) | (Goal::Open, _) => return "",
        };
        if met { "met" } else { "MISSED" }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_nothing = |value: Option<f64>| value.map_or_else(String::new, number);
        let (floor, floor_p99) = self
            .floor
            .map_or((None, None), |(median, p99)| (Some(median), p99));
        let ratio = floor.map_or_else(String::new, |floor| format!("{:.2}", self.median / floor));
        write!(
            f,
            "{:<44} {:>4} {:>14} {:>9} {:>9} {:>9} {:>9} {:>6}  {}",
            self.what,
            self.unit,
            self.goal(),
            number(self.median),
            or_nothing(self.p99),
            or_nothing(floor),
            or_nothing(floor_p99),
            ratio,
            self.verdict(),
        )
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<44} {:>4} {:>14} {:>9} {:>9} {:>9} {:>9} {:>6}",
            "figure", "unit", "goal", "median", "p99", "floor", "its p99", "ratio"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

/// Three figures or whole units.
fn number(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

/// Prints a line; nobody is left to tell when that fails.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
