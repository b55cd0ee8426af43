//! The walk to the best clock and voltage on one board, and what is remembered of it by the board's serial number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::kind::Kind;
use super::settings::Settings;
use crate::board::BoardEvent;
use crate::chip::bm13xx::tuner::{Ask, Bounds, Goal, Memory, Point, Sample, Tuner};
use crate::units::Target;
use crate::work::{Checked, WorkUnit};

/// How often the tuner is told.
const EVERY: Duration = Duration::from_secs(5);

/// A walk in progress, and its memory.
pub(in crate::board) struct Tuning {
    tuner: Tuner,
    store: Option<Store>,
    begun: Instant,
    good: u64,
    errors: u64,
    /// Bytes that the line has garbled.
    garbled: usize,
}

/// Bytes of a reply: what the line garbles would have been one.
const REPLY: f64 = 11.0;
/// Of so many bent replies one may pass the checksum of five bits, whose nonce is wrong: half of what chance wants.
const PASSES: f64 = 16.0;

impl Tuning {
    /// A walk on a board of `kind`, from what is remembered under `serial`.
    pub(super) fn new(
        kind: &Kind,
        settings: &Settings,
        start: Point,
        serial: Option<&str>,
        now: Instant,
    ) -> Option<Self> {
        let span = kind.millivolts;
        let bounds = Bounds {
            clock_mhz: (kind.mhz.least, kind.mhz.most),
            millivolts: (span.least, span.most),
            celsius: f64::from(settings.max_celsius - 3.0),
            watts: kind.watts,
        };
        let folder = settings.state_dir.as_deref();
        Some(Self::walk(
            settings.tune?,
            bounds,
            start,
            folder,
            serial,
            now,
        ))
    }

    /// A walk within `bounds`, from what is remembered under `serial` in `folder`.
    pub(in crate::board) fn walk(
        goal: Goal,
        bounds: Bounds,
        start: Point,
        folder: Option<&Path>,
        serial: Option<&str>,
        now: Instant,
    ) -> Self {
        let store = Store::of(folder, serial);
        let remembered = store.as_ref().and_then(Store::read);
        let memory = remembered.filter(|memory| memory.goal == goal);
        Self {
            tuner: Tuner::new(goal, bounds, start, memory),
            store,
            begun: now,
            good: 0,
            errors: 0,
            garbled: 0,
        }
    }

    /// Where the walk wants the board to be.
    pub(in crate::board) fn point(&self) -> Point {
        self.tuner.point()
    }

    /// Counts what the chain says: a nonce by its hash, as an error is what the walk goes by.
    pub(in crate::board) fn hear(&mut self, event: &BoardEvent, threshold: &Target) {
        match event {
            BoardEvent::Nonce { found, works, .. } => {
                let right =
                    |work: &WorkUnit| !matches!(work.check(*found, threshold), Checked::Wrong(_));
                if works.iter().any(right) {
                    self.good += 1;
                } else {
                    self.errors += 1;
                }
            }
            BoardEvent::Garbage(bytes) => self.garbled += bytes,
            _ => {}
        }
    }

    /// What was counted is void: the board did not run as it was told.
    pub(in crate::board) fn forget(&mut self, now: Instant) {
        self.garbled = 0;
        (self.begun, self.good, self.errors) = (now, 0, 0);
    }

    /// Tells the tuner, now and then; what it asks for, and words for people. `per_second`: right nonces that the clock promises.
    pub(in crate::board) fn ask(
        &mut self,
        celsius: Option<f32>,
        watts: Option<f32>,
        per_second: f64,
        now: Instant,
    ) -> Option<(Point, Option<String>)> {
        let time = now.saturating_duration_since(self.begun);
        if time < EVERY {
            return None;
        }
        let lost = self.garbled as f64 / REPLY;
        let sample = Sample {
            time,
            good: self.good,
            errors: self.errors.saturating_sub((lost / PASSES).ceil() as u64),
            expected: (per_second * time.as_secs_f64() - lost).max(0.0),
            celsius: celsius.map(f64::from),
            watts: watts.map(f64::from),
        };
        self.forget(now);
        let ask = self.tuner.observe(&sample);
        if ask != Ask::Stay {
            self.keep(ask);
        }
        let at = |point: Point| format!("{:.0} MHz at {} mV", point.clock_mhz, point.millivolts);
        match ask {
            Ask::Stay => None,
            Ask::Go(point) => Some((point, None)),
            Ask::Settled(point) => Some((point, Some(format!("tuned: {}", at(point))))),
            Ask::GaveUp(point) => {
                let words = "tuning given up: errors come at every clock and voltage; back to";
                Some((point, Some(format!("{words} {}", at(point)))))
            }
        }
    }

    fn keep(&self, ask: Ask) {
        let Some(store) = &self.store else {
            return;
        };
        let kept = match (ask, self.tuner.memory()) {
            (Ask::GaveUp(_), _) => store.forget(),
            (_, Some(memory)) => store.write(&memory),
            (_, None) => Ok(()),
        };
        if let Err(error) = kept {
            tracing::warn!(file = %store.0.display(), %error, "the tuner's result could not be kept");
        }
    }
}

/// The file of one board.
#[derive(Debug)]
struct Store(PathBuf);

impl Store {
    /// `None`: there is no folder, or the board has no serial number that could be a file's name.
    fn of(folder: Option<&Path>, serial: Option<&str>) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let serial = serial
            .filter(|serial| (1..=64).contains(&serial.len()) && serial.bytes().all(plain))?;
        Some(Self(folder?.join("tuning").join(format!("{serial}.json"))))
    }

    /// What was kept, if it can be read; a spoilt file is no reason not to mine.
    fn read(&self) -> Option<Memory> {
        let bytes = fs::read(&self.0).ok()?;
        let told = |error: &serde_json::Error| {
            let file = self.0.display();
            tracing::warn!(%file, %error, "what the tuner kept cannot be read: the walk begins anew");
        };
        serde_json::from_slice(&bytes).inspect_err(told).ok()
    }

    /// Removes the file, if there is one.
    fn forget(&self) -> io::Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Replaces the file whole.
    fn write(&self, memory: &Memory) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = self.0.with_extension("new");
        fs::write(&new, serde_json::to_vec_pretty(memory)?)?;
        fs::rename(&new, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_by_the_serial_number_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = |serial| Store::of(Some(folder.path()), Some(serial));
        let memory = Memory {
            goal: Goal::Efficiency,
            best: Point {
                clock_mhz: 500.0,
                millivolts: 1100,
            },
            settled: true,
        };
        assert_eq!(store("B310CC52").unwrap().read(), None);
        store("B310CC52").unwrap().write(&memory).unwrap();
        assert_eq!(store("B310CC52").unwrap().read(), Some(memory));
        assert_eq!(store("B310CC53").unwrap().read(), None);
        store("B310CC52").unwrap().forget().unwrap();
        assert_eq!(store("B310CC52").unwrap().read(), None);
        store("B310CC52").unwrap().forget().unwrap();
        fs::write(folder.path().join("tuning/B310CC53.json"), "{").unwrap();
        assert_eq!(store("B310CC53").unwrap().read(), None);
    }

    /// A line that bends a third of a board's replies, and lets some of these pass.
    #[test]
    fn a_line_that_garbles_is_no_reason_for_more_voltage() {
        let start = Point {
            clock_mhz: 525.0,
            millivolts: 1150,
        };
        let bounds = Bounds {
            clock_mhz: (300.0, 650.0),
            millivolts: (1000, 1300),
            celsius: 75.0,
            watts: 25.0,
        };
        let mut now = Instant::now();
        let mut tuning = Tuning::walk(Goal::Hashrate, bounds, start, None, None, now);
        let mut told = Vec::new();
        for second in 0..3000_u64 {
            now += Duration::from_secs(1);
            tuning.good += 20;
            tuning.hear(&BoardEvent::Garbage(110), &Target::MAX);
            tuning.errors += u64::from(second % 4 == 0);
            told.extend(tuning.ask(Some(50.0), Some(15.0), 30.0, now));
            assert_eq!(tuning.point().millivolts, 1150, "{told:?}");
        }
        let (_, words) = told.last().unwrap();
        assert_eq!(words.as_deref(), Some("tuned: 650 MHz at 1150 mV"));
    }

    #[test]
    fn a_serial_number_leads_out_of_no_folder() {
        let folder = Path::new("/state");
        for serial in ["", "../../etc/passwd", "a/b", "a\0b", "ü", &"x".repeat(65)] {
            assert!(Store::of(Some(folder), Some(serial)).is_none(), "{serial}");
        }
        assert!(Store::of(None, Some("A1")).is_none());
        assert!(Store::of(Some(folder), None).is_none());
    }
}
