//! The family against the published frames, and against emulated chains.

mod vectors;
