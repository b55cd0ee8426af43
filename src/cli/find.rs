//! Boards that are plugged in and known for certain: what the program mines on when no board is named, or `auto` is.
//!
//! A shared bridge proves nothing, so nothing is written to it: it is left to `--board MODEL:PORT` and `--scan --probe`.

use std::time::Duration;

use tokio::sync::mpsc;

use super::fleet::{BoardPlan, Reach};
use crate::board::identity::identify;
use crate::board::{BoardOptions, Connection, model};
use crate::transport::ports::{self, Access, Port};

/// Looks for boards that were plugged in since, on a thread of its own (a look takes milliseconds), and sends what is there
/// every `interval` until nobody listens.
///
/// # Errors
/// When the system has no more threads.
pub(super) fn watch(interval: Duration) -> std::io::Result<mpsc::Receiver<Vec<BoardPlan>>> {
    let (send, found) = mpsc::channel(1);
    let look = move || {
        while !send.is_closed() {
            std::thread::sleep(interval);
            let boards = certain_boards();
            if !boards.is_empty() && send.blocking_send(boards).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("hot plug".to_owned())
        .spawn(look)?;
    Ok(found)
}

/// Every board that is plugged in, known for certain, and that we may open.
pub(super) fn certain_boards() -> Vec<BoardPlan> {
    ports::list().ports.iter().filter_map(plan).collect()
}

/// Boards that are plugged in and known, but that we may not open: a line each, for people.
pub(super) fn unusable_boards() -> Vec<String> {
    let listing = ports::list();
    let unusable = listing
        .ports
        .iter()
        .filter(|port| port.access != Access::Ok && model_of(port).is_some());
    unusable
        .map(|port| {
            format!(
                "{} at {}: {}; see `midstate --scan`",
                name_of(port),
                port.path,
                port.access.word()
            )
        })
        .collect()
}

fn plan(port: &Port) -> Option<BoardPlan> {
    let model = model(model_of(port)?).ok()?;
    let serial = matches!(model.connection, Connection::Serial { .. }) && port.is_serial;
    let node = port
        .node
        .clone()
        .filter(|_| serial && port.access == Access::Ok)?;
    Some(BoardPlan {
        model,
        reach: Reach::Port(node),
        options: BoardOptions::none(),
    })
}

fn name_of(port: &Port) -> &'static str {
    model_of(port).unwrap_or("a board")
}

/// The model that the port's USB identity proves.
fn model_of(port: &Port) -> Option<&'static str> {
    let usb = port.usb.as_ref()?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    identify(
        usb.vid,
        usb.pid,
        &text(&usb.manufacturer),
        &text(&usb.product),
    )
    .model
}
