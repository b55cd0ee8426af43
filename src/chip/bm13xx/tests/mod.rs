//! The family against the published frames, and against emulated chains.

mod conversation;
mod counting;
mod rig;
mod sections;
mod vectors;
