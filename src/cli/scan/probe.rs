//! Asking ports what they are: writes to them, so only when the user says so.

use super::entry::Entry;
use crate::board::{BoardError, BoardOptions, Connection, MODELS, Model};
use crate::cli::links::Ways;
use crate::units::printable;

/// Asks the port at a path whether a model is behind it; what it told about itself if so.
pub type Probe<'a> = &'a dyn Fn(&str, &'static Model) -> Result<String, BoardError>;

/// Opens the port at `path`, the board's other port with it, and starts the board as `model`, then leaves it idle.
///
/// # Errors
/// The port's, or that something else answered, or nothing.
pub fn probe_board(path: &str, model: &'static Model) -> Result<String, BoardError> {
    if model.connection == Connection::Host {
        return Err(BoardError::ForeignWork("a model without a port and its"));
    }
    let options = BoardOptions::none();
    let links = Ways::to(model, path.as_ref())?.open(model, &options)?;
    let mut board = (model.open)(links, &options)?;
    let ability = board.start()?;
    board.stop()?;
    Ok(ability.details)
}

/// Asks the port of `entry` as each model that it could be, until one answers. With `strangers`, ports that say nothing about themselves too.
pub(super) fn settle(entry: &mut Entry, strangers: bool, probe: Probe<'_>) {
    if !entry.is_serial || !entry.is_open_to_us() || !(entry.has_identity || strangers) {
        return;
    }
    let mut refusals = Vec::new();
    for model in models(&entry.candidates) {
        match probe(&entry.path, model) {
            Ok(details) => return answered(entry, model, &details),
            Err(error) => refusals.push(format!("{}: {error}", model.name)),
        }
    }
    if !refusals.is_empty() {
        let refusals = printable(&refusals.join("; "), 600);
        entry.why = format!("{}; asked, and it is none of them ({refusals})", entry.why);
    }
}

/// The models of these names that have a port.
fn models(names: &[&'static str]) -> Vec<&'static Model> {
    let serial = |model: &&Model| model.connection != Connection::Host;
    names
        .iter()
        .filter_map(|name| MODELS.iter().copied().find(|model| model.name == *name))
        .filter(serial)
        .collect()
}

fn answered(entry: &mut Entry, model: &'static Model, details: &str) {
    entry.model = Some(model.name);
    entry.advice = None;
    entry.why = format!("it answered the probe ({})", printable(details, 200));
}
