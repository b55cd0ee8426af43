//! The family against the published frames, and against emulated chains.

mod conversation;
mod rig;
mod vectors;
