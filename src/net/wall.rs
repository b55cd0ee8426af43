//! The time of day, which certificates are checked against. It is read for each connection: a machine without a battery for its clock
//! learns the time when it is already mining, and one that slept has instants that lag behind.

use std::time::{SystemTime, UNIX_EPOCH};

use super::now;
use crate::pool::WallTime;

/// Where a link reads the time of day, in Unix seconds; the system's clock unless tests say otherwise.
#[derive(Debug, Clone, Copy)]
pub struct WallClock(pub fn() -> u64);

impl Default for WallClock {
    fn default() -> Self {
        Self(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or(0, |since| since.as_secs())
        })
    }
}

impl WallClock {
    pub(super) fn read(self) -> WallTime {
        WallTime {
            at: now(),
            unix: (self.0)(),
        }
    }
}
