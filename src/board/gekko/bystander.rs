//! What a stick does while its chain is brought up, which takes seconds: it moves the reset line, and looks at its sensors.

use std::error::Error;
use std::time::Instant;

use super::bridge::Bridge;
use super::telemetry::{Heard, Telemetry};
use super::watch::Watch;
use crate::chip::bm13xx::{ChainError, ResetLine};

/// A board that stands by its chain while that is brought up, which takes seconds.
pub(super) struct Bystander<'a> {
    pub(super) bridge: &'a mut Bridge,
    pub(super) sensors: Option<(&'a mut Telemetry, &'a mut Watch)>,
}

impl ResetLine for Bystander<'_> {
    fn reset(&mut self, asserted: bool) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.bridge.reset(asserted)
    }

    fn is_there(&self) -> bool {
        self.bridge.is_there()
    }

    fn look_after(&mut self, now: Instant) -> Result<(), ChainError> {
        let Some((telemetry, watch)) = &mut self.sensors else {
            return Ok(());
        };
        if let Some(Heard::Reading(reading)) = telemetry.turn()? {
            watch.heard(reading, now);
        }
        if now < watch.due() {
            return Ok(());
        }
        telemetry.request_reading();
        watch
            .alarm(now)
            .map_or(Ok(()), |why| Err(ChainError::Unsafe(why)))
    }
}
