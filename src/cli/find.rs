//! Boards that are plugged in and known for certain: what `--board auto` mines on.

use super::fleet::BoardPlan;
use crate::config::Settings;

/// What finds new boards, if the settings want that.
pub(super) fn finder(_settings: &Settings) -> Option<Box<dyn FnMut() -> Vec<BoardPlan>>> {
    None
}
