//! Heat, sensors, switches.
