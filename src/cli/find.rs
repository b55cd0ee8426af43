//! Boards that are plugged in and known for certain: what the program mines on when no board is named, or `auto` is.
//!
//! A shared bridge proves nothing, so nothing is written to it: it is left to `--board MODEL:PORT` and `--scan --probe`.

use std::time::Duration;

use tokio::sync::mpsc;

use super::fleet::{BoardPlan, Reach};
use crate::board::identity::identify;
use crate::board::{BoardOptions, Connection, Model, UsbLinks, model};
use crate::transport::ports::{self, Access, DevicePorts, Port};

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
    let ports = ports::list().ports;
    ports.iter().filter_map(|port| plan(port, &ports)).collect()
}

/// Those of `boards` that can be a `model`, which was named without a port: they show the same USB identity.
pub(super) fn of_model(
    model: &'static Model,
    options: &BoardOptions,
    boards: Vec<BoardPlan>,
) -> Vec<BoardPlan> {
    let shows_the_same = |board: &BoardPlan| board.model.usb == model.usb;
    let as_named = |board| BoardPlan {
        model,
        options: options.clone(),
        found: false,
        ..board
    };
    boards
        .into_iter()
        .filter(shows_the_same)
        .map(as_named)
        .collect()
}

/// Boards that are plugged in and known, but that we may not open: a line each, for people.
pub(super) fn unusable_boards() -> Vec<String> {
    unusable(&ports::list().ports)
}

fn unusable(ports: &[Port]) -> Vec<String> {
    let mut named: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for port in ports {
        let place = port.bus.as_deref().unwrap_or(&port.path);
        if port.access == Access::Ok || model_of(port).is_none() || named.contains(&place) {
            continue;
        }
        named.push(place);
        let (name, word) = (name_of(port), port.access.word());
        lines.push(format!(
            "{name} at {}: {word}; see `midstate --scan`",
            port.path
        ));
    }
    lines
}

/// The board behind a port: told once, by the port that work goes to, when all its ports are there and open to us.
fn plan(port: &Port, ports: &[Port]) -> Option<BoardPlan> {
    let model = model(model_of(port)?).ok()?;
    let usable = |port: &Port| port.is_serial && port.access == Access::Ok;
    let whole = match model.connection {
        Connection::Serial { .. } => true,
        Connection::Usb(links) => is_whole(port, ports, links, usable),
        Connection::Host => false,
    };
    let node = port.node.clone().filter(|_| whole && usable(port))?;
    Some(BoardPlan {
        model,
        reach: Reach::Port(node),
        options: BoardOptions::none(),
        found: true,
    })
}

/// Whether `port` is the data port of a board whose control port, if it has one, is there too.
fn is_whole(port: &Port, ports: &[Port], links: UsbLinks, usable: fn(&Port) -> bool) -> bool {
    let Some(device) = DevicePorts::of(ports, port) else {
        return false;
    };
    match links.control {
        Some((control, _)) => device
            .pair(links.data_interface, control)
            .is_some_and(|pair| pair.data == port && usable(pair.control)),
        None => device.interface(links.data_interface) == Some(port),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::ports::UsbIdentity;

    fn port(path: &str, bus: &str, interface: u8, ids: (u16, u16), texts: (&str, &str)) -> Port {
        Port {
            path: path.to_owned(),
            node: Some(path.into()),
            bus: Some(bus.to_owned()),
            interface: Some(interface),
            usb: Some(UsbIdentity {
                vid: ids.0,
                pid: ids.1,
                manufacturer: Some(texts.0.to_owned()),
                product: Some(texts.1.to_owned()),
                serial: None,
            }),
            driver: None,
            is_serial: true,
            access: Access::Ok,
        }
    }

    fn bitaxe(path: &str, bus: &str, interface: u8) -> Port {
        port(path, bus, interface, (0xc0de, 0xcafe), ("OSMU", "Bitaxe"))
    }

    fn found(ports: &[Port]) -> Vec<String> {
        let plans = ports.iter().filter_map(|port| plan(port, ports));
        plans.map(|plan| plan.described()).collect()
    }

    #[test]
    fn a_board_of_two_ports_is_found_once_and_whole() {
        let mut ports = vec![bitaxe("/x/ttyACM1", "1-1", 0)];
        assert_eq!(found(&ports), [""; 0], "its data port is not there yet");
        ports.push(bitaxe("/x/ttyACM0", "1-1", 2));
        assert_eq!(found(&ports), ["bitaxe at /x/ttyACM0"]);
        ports.push(bitaxe("/x/ttyACM2", "1-2", 2));
        ports.push(bitaxe("/x/ttyACM3", "1-2", 0));
        assert_eq!(
            found(&ports),
            ["bitaxe at /x/ttyACM0", "bitaxe at /x/ttyACM2"]
        );
    }

    #[test]
    fn a_model_without_a_port_is_every_board_that_shows_its_identity() {
        let ports = [
            bitaxe("/x/ttyACM0", "1-1", 0),
            bitaxe("/x/ttyACM1", "1-1", 2),
            port(
                "/x/ttyUSB0",
                "1-3",
                0,
                (0x10c4, 0xea60),
                ("Silicon Labs", "ASICMINER Block Erupter"),
            ),
        ];
        let all = || ports.iter().filter_map(|port| plan(port, &ports)).collect();
        let options = BoardOptions::parse("freq=450").unwrap();
        for (name, found) in [
            ("bitaxe-gamma", &["bitaxe-gamma at /x/ttyACM1"][..]),
            ("bitaxe", &["bitaxe at /x/ttyACM1"]),
            ("bitaxe-gamma-rhapd", &[]),
        ] {
            let boards = of_model(model(name).unwrap(), &options, all());
            let named: Vec<String> = boards.iter().map(BoardPlan::described).collect();
            assert_eq!(named, found);
            assert!(
                boards
                    .iter()
                    .all(|board| board.options.text("freq") == Some("450"))
            );
        }
    }

    #[test]
    fn a_board_one_of_whose_ports_is_closed_to_us_is_told_once() {
        let mut ports = [
            bitaxe("/x/ttyACM0", "1-1", 0),
            bitaxe("/x/ttyACM1", "1-1", 2),
        ];
        ports[0].access = Access::Denied(None);
        assert_eq!(found(&ports), [""; 0]);
        let line = "bitaxe at /x/ttyACM0: denied; see `midstate --scan`";
        assert_eq!(unusable(&ports), [line]);
        ports[1].access = Access::Denied(None);
        assert_eq!(unusable(&ports), [line]);
    }

    #[test]
    fn a_board_of_one_port_needs_no_other() {
        let erupter = port(
            "/x/ttyUSB0",
            "1-3",
            0,
            (0x10c4, 0xea60),
            ("Silicon Labs", "ASICMINER Block Erupter"),
        );
        assert_eq!(found(&[erupter]), ["block-erupter at /x/ttyUSB0"]);
    }
}
