//! File, environment and flags into checked settings. Reads files of settings and passwords; opens no device and connects nowhere.
//!
//! Most binding first: flag, environment (`MIDSTATE_*`), the user's file or `--config FILE`, the system's file, default.
//! Single settings are laid over each other one by one; the pools, the boards and the simulated boards each as a whole list. A key that does
//! not exist or a value that cannot be stops the start.

mod boards;
mod environment;
mod error;
mod file;
mod flags;
mod keys;
mod layer;
mod origin;
mod pools;
mod print;
mod proxy;
mod settings;
mod sources;

pub use boards::{BoardChoice, BoardSpec, SimSpec, without_limits};
pub use error::ConfigError;
pub use flags::Flags;
pub use origin::{Origin, Sourced};
pub use pools::{PoolSettings, RawPool, split_userpass};
pub use settings::{ColorChoice, LogChoices, LogFormat, Settings, Timeouts};
pub use sources::{Effective, Sources};
