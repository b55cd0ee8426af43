//! Boards against their emulators.
