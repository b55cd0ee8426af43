//! Chip families that many boards carry: their frames, their bring-up, the emulators of their chains.
//!
//! A chip knows its transport and the work; it knows no board: power, fans, resets and USB are a board's business.

pub mod bm13xx;
