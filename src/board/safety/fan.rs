//! A fan driven to a temperature: proportional and integral, gentle downwards, and never slower on a reading that does not move.

use std::time::Duration;

/// Percent for a kelvin above the target.
const PROPORTIONAL: f32 = 4.0;
/// Percent a second for a kelvin above the target.
const INTEGRAL: f32 = 0.2;
/// The slowest drive: below it many fans stand.
const LEAST: f32 = 20.0;
const MOST: f32 = 100.0;
/// How fast the drive may fall, percent a second.
const FALL: f32 = 5.0;
/// A reading that stands this long may be a dead sensor's.
const STANDS: Duration = Duration::from_secs(10);

/// Drives a fan.
#[derive(Debug, Clone)]
pub struct FanControl {
    target: f32,
    /// The integral's part, percent.
    integral: f32,
    drive: f32,
    last: Option<f32>,
    /// How long the reading has not moved.
    stood: Duration,
}

impl FanControl {
    /// A fan at full speed that is to keep `target` degrees Celsius.
    pub fn new(target: f32) -> Self {
        Self {
            target,
            integral: MOST,
            drive: MOST,
            last: None,
            stood: Duration::ZERO,
        }
    }

    /// The drive `time` after the last one, percent. Without a temperature it is full.
    pub fn step(&mut self, celsius: Option<f32>, time: Duration) -> u8 {
        let Some(celsius) = celsius else {
            self.full();
            return 100;
        };
        self.watch(celsius, time);
        let seconds = time.as_secs_f32();
        let error = celsius - self.target;
        self.integral = (self.integral + INTEGRAL * error * seconds).clamp(LEAST, MOST);
        let wish = (self.integral + PROPORTIONAL * error).clamp(LEAST, MOST);
        let floor = if self.stood >= STANDS {
            self.drive
        } else {
            self.drive - FALL * seconds
        };
        self.drive = wish.max(floor);
        self.drive.round() as u8
    }

    /// Full speed from now on, until the temperature says otherwise.
    pub fn full(&mut self) {
        self.drive = MOST;
        self.integral = MOST;
    }

    fn watch(&mut self, celsius: f32, time: Duration) {
        if self.last == Some(celsius) {
            self.stood += time;
        } else {
            self.stood = Duration::ZERO;
            self.last = Some(celsius);
        }
    }
}
