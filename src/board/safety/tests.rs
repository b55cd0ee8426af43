//! The guard and the fan control.
