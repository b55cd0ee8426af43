//! What the miner says: console, log lines, JSON. Reads snapshots and notices; changes nothing.
//!
//! Every line goes through one [`Screen`], so that log lines stand above the live status and nothing from outside can move the cursor.

mod background;
mod console;
mod fields;
mod fold;
mod header;
mod json;
mod keys;
mod live;
mod log;
mod notices;
mod numbers;
mod screen;
mod summary;
mod table;

pub use console::{Console, ConsoleSettings, SummaryForm};
pub use header::StartInfo;
pub use json::{json_text, summary_json};
pub use live::{live_lines, status_line};
pub use log::{LogError, LogFormat, LogSettings, init_logging};
pub use screen::{Output, Screen};
pub use summary::summary_text;
