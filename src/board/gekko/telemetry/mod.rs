//! The telemetry controller of the A1 and A2: two-byte commands at the CP2105's second port (section 13).

mod fields;
mod line;

pub(super) use fields::Reading;
pub(super) use line::{Heard, Telemetry};
