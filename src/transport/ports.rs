//! Which serial ports and USB devices there are.
