//! Opens what leads to a board: its port, or the ports and requests of its USB device.

use std::path::{Path, PathBuf};

use crate::board::{BoardError, BoardOptions, Connection, Links, Model, UsbLinks};
use crate::transport::ports::{self, DevicePorts, Port};
use crate::transport::{SerialTransport, Transport, TransportError, UsbRequests, VendorRequests};

/// What an emulated board's control port is called, beside its data port.
pub(super) const CONTROL: &str = ".control";

/// The ways to a board: the nodes to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ways {
    /// Where work goes.
    pub(super) data: PathBuf,
    /// The second port, where the model has one.
    pub(super) control: Option<PathBuf>,
    device: Option<DevicePorts>,
}

impl Ways {
    /// The ways to the board of `model` that has a port at `path`; either of its ports will do.
    ///
    /// # Errors
    /// [`TransportError::NotFound`] when the device at `path` lacks a port that the model has.
    pub(super) fn to(model: &Model, path: &Path) -> Result<Self, TransportError> {
        match model.connection {
            Connection::Usb(links) => Self::among(&ports::serial(), links, path),
            Connection::Serial { .. } | Connection::Host => Ok(Self::plain(path.to_owned(), None)),
        }
    }

    fn plain(data: PathBuf, control: Option<PathBuf>) -> Self {
        let device = None;
        Self {
            data,
            control,
            device,
        }
    }

    fn among(ports: &[Port], links: UsbLinks, path: &Path) -> Result<Self, TransportError> {
        let Some(device) = DevicePorts::at(ports, path) else {
            return Ok(Self::beside(links, path));
        };
        let (data, control) = ports_of(&device, links, path)?;
        let node = |port: &Port| {
            port.node
                .clone()
                .unwrap_or_else(|| port.path.clone().into())
        };
        Ok(Self {
            data: node(data),
            control: control.map(node),
            device: Some(device),
        })
    }

    /// A port without a USB identity, such as a pseudo-terminal of `midstate emulate`: its control port has its name and an ending.
    fn beside(links: UsbLinks, path: &Path) -> Self {
        let text = path.to_string_lossy();
        let data = text.strip_suffix(CONTROL).unwrap_or(&text);
        let control = links.control.map(|_| format!("{data}{CONTROL}").into());
        Self::plain(data.into(), control)
    }

    /// Opens them. The board is not spoken to yet.
    ///
    /// # Errors
    /// The ports', or [`BoardError::Option`] for an impossible line speed.
    pub(super) fn open(&self, model: &Model, options: &BoardOptions) -> Result<Links, BoardError> {
        let usual = model.connection.baud().unwrap_or(115_200);
        let Connection::Usb(links) = model.connection else {
            let baud = options.within("baud", 300..=12_000_000, usual)?;
            return Ok(Links::port(serial(&self.data, baud)?));
        };
        let data = serial(&self.data, usual)?;
        let speed = links.control.map_or(usual, |(_, baud)| baud);
        let control = self.control.as_ref().map(|path| serial(path, speed));
        Ok(Links {
            data: Some(data),
            control: control.transpose()?,
            vendor: self.vendor(links)?,
            serial_number: self.serial_number(),
        })
    }

    fn vendor(&self, links: UsbLinks) -> Result<Option<Box<dyn VendorRequests>>, TransportError> {
        let device = self.device.as_ref().filter(|_| links.vendor);
        let open = |device| UsbRequests::open(device).map(|requests| Box::new(requests) as _);
        device.map(open).transpose()
    }

    fn serial_number(&self) -> Option<String> {
        Some(self.device.as_ref()?.serial_number()?.to_owned())
    }
}

/// The data port, and the control port where the model has one.
fn ports_of<'a>(
    device: &'a DevicePorts,
    links: UsbLinks,
    path: &Path,
) -> Result<(&'a Port, Option<&'a Port>), TransportError> {
    let missing = |what: &str, interface: u8| {
        let at = path.display();
        let text = format!("{what} port (USB interface {interface}) of the board at {at}");
        TransportError::NotFound(text.into())
    };
    let data = links.data_interface;
    let Some((control, _)) = links.control else {
        let port = device
            .interface(data)
            .ok_or_else(|| missing("data", data))?;
        return Ok((port, None));
    };
    if let Some(pair) = device.pair(data, control) {
        return Ok((pair.data, Some(pair.control)));
    }
    Err(match device.interface(control) {
        Some(_) => missing("data", data),
        None => missing("control", control),
    })
}

fn serial(path: &Path, baud: u32) -> Result<Box<dyn Transport>, TransportError> {
    let line = SerialTransport::open(&path.to_string_lossy(), baud)?;
    Ok(Box::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::ports::Access;

    const TWO: UsbLinks = UsbLinks {
        baud: 115_200,
        data_interface: 2,
        control: Some((0, 115_200)),
        vendor: false,
    };

    fn port(path: &str, bus: &str, interface: u8) -> Port {
        Port {
            path: path.to_owned(),
            node: Some(path.into()),
            bus: Some(bus.to_owned()),
            interface: Some(interface),
            usb: None,
            driver: None,
            is_serial: true,
            access: Access::Ok,
        }
    }

    #[test]
    fn either_port_leads_to_both_and_half_a_board_is_named() {
        let ports = [port("/x/ttyACM7", "1-1", 0), port("/x/ttyACM3", "1-1", 2)];
        for path in ["/x/ttyACM7", "/x/ttyACM3"] {
            let ways = Ways::among(&ports, TWO, Path::new(path)).unwrap();
            assert_eq!(ways.data, Path::new("/x/ttyACM3"));
            assert_eq!(ways.control.as_deref(), Some(Path::new("/x/ttyACM7")));
        }
        let half = |port: &Port, words: &str| {
            let error = Ways::among(std::slice::from_ref(port), TWO, Path::new(&port.path));
            let error = error.unwrap_err();
            assert!(error.is_gone(), "{error}");
            assert_eq!(error.to_string(), format!("there is no {words}"));
        };
        half(
            &ports[0],
            "data port (USB interface 2) of the board at /x/ttyACM7",
        );
        half(
            &ports[1],
            "control port (USB interface 0) of the board at /x/ttyACM3",
        );
    }

    #[test]
    fn a_terminal_without_usb_has_its_control_port_beside_it() {
        for path in ["/tmp/board", "/tmp/board.control"] {
            let ways = Ways::among(&[], TWO, Path::new(path)).unwrap();
            assert_eq!(ways.data, Path::new("/tmp/board"));
            let control = ways.control.as_deref();
            assert_eq!(control, Some(Path::new("/tmp/board.control")));
            assert_eq!(ways.serial_number(), None);
        }
    }
}
