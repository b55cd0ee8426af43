//! The ports of one USB device, told apart by the number of their interface: never by their names, which follow the order of plugging in.

use std::path::Path;

use super::Port;

/// The serial ports of one USB device, by interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePorts(Vec<Port>);

/// Two ports of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    /// Where work goes.
    pub data: &'a Port,
    /// Where the board's own parts are spoken to.
    pub control: &'a Port,
}

impl DevicePorts {
    /// The device among `ports` that has one at `path`, by whatever link; `None`: there is no such port, or it is not USB.
    pub fn at(ports: &[Port], path: &Path) -> Option<Self> {
        Self::of(ports, ports.iter().find(|port| port.is_at(path))?)
    }

    /// The device that `port` belongs to.
    pub fn of(ports: &[Port], port: &Port) -> Option<Self> {
        let bus = port.bus.as_ref().filter(|_| port.is_serial)?;
        let mut own: Vec<Port> = ports
            .iter()
            .filter(|other| other.is_serial && other.bus.as_ref() == Some(bus))
            .cloned()
            .collect();
        // Stable: where the system tells no interfaces, the order of the names remains.
        own.sort_by_key(|port| port.interface);
        Some(Self(own))
    }

    /// The ports that belong to the interfaces `data` and `control`. Where the system tells no interfaces, the first two ports stand in
    /// that order.
    pub fn pair(&self, data: u8, control: u8) -> Option<Pair<'_>> {
        let numbered = self.0.iter().any(|port| port.interface.is_some());
        let find = |interface: u8, rank: usize| {
            let by_number = |port: &&Port| port.interface == Some(interface);
            if numbered {
                self.0.iter().find(by_number)
            } else {
                self.0.get(rank)
            }
        };
        let data_first = usize::from(data > control);
        Some(Pair {
            data: find(data, data_first)?,
            control: find(control, 1 - data_first)?,
        })
    }

    /// The port of one interface; the first one where the system tells no interfaces.
    pub fn interface(&self, number: u8) -> Option<&Port> {
        let mut numbered = self.0.iter().filter(|port| port.interface.is_some());
        match numbered.clone().next() {
            Some(_) => numbered.find(|port| port.interface == Some(number)),
            None => self.0.first(),
        }
    }

    /// The device's place on the USB, as `1-1.2`.
    pub fn bus(&self) -> Option<&str> {
        self.0.first()?.bus.as_deref()
    }

    /// The device's serial number; not safe to show.
    pub fn serial_number(&self) -> Option<&str> {
        self.0.first()?.usb.as_ref()?.serial.as_deref()
    }
}

impl Port {
    /// Whether `path` leads to this port, by whatever link.
    pub fn is_at(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let own = self.node.as_deref().unwrap_or(Path::new(&self.path));
        own == path || real(own) == real(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::ports::{Access, UsbIdentity};

    fn port(path: &str, bus: Option<&str>, interface: Option<u8>) -> Port {
        Port {
            path: path.to_owned(),
            node: Some(path.into()),
            bus: bus.map(str::to_owned),
            interface,
            usb: bus.map(|bus| UsbIdentity {
                serial: Some(format!("serial of {bus}")),
                ..UsbIdentity::default()
            }),
            driver: None,
            is_serial: true,
            access: Access::Ok,
        }
    }

    fn paths(pair: Pair<'_>) -> (&str, &str) {
        (&pair.data.path, &pair.control.path)
    }

    #[test]
    fn ports_belong_together_by_their_device_and_not_by_their_names() {
        // Plugged in at once, the names of two boards interleave and stand the wrong way round.
        let ports = [
            port("/dev/ttyACM0", Some("1-1"), Some(2)),
            port("/dev/ttyACM1", Some("1-2"), Some(0)),
            port("/dev/ttyACM2", Some("1-1"), Some(0)),
            port("/dev/ttyACM3", Some("1-2"), Some(2)),
        ];
        let device = |path: &str| DevicePorts::at(&ports, Path::new(path)).unwrap();
        for either in ["/dev/ttyACM0", "/dev/ttyACM2"] {
            let device = device(either);
            let pair = device.pair(2, 0).unwrap();
            assert_eq!(paths(pair), ("/dev/ttyACM0", "/dev/ttyACM2"));
            assert_eq!(device.serial_number(), Some("serial of 1-1"));
            assert_eq!(device.bus(), Some("1-1"));
        }
        let other = device("/dev/ttyACM3");
        assert_eq!(
            paths(other.pair(2, 0).unwrap()),
            ("/dev/ttyACM3", "/dev/ttyACM1")
        );
        assert_eq!(other.interface(0).unwrap().path, "/dev/ttyACM1");
    }

    #[test]
    fn half_a_device_is_no_pair() {
        let ports = [port("/dev/ttyACM0", Some("1-1"), Some(0))];
        let device = DevicePorts::of(&ports, &ports[0]).unwrap();
        assert_eq!(device.pair(2, 0), None);
        assert_eq!(device.interface(2), None);
        assert_eq!(DevicePorts::at(&ports, Path::new("/dev/ttyACM1")), None);
        let plain = [port("/dev/ttyS0", None, None)];
        assert_eq!(DevicePorts::of(&plain, &plain[0]), None);
    }

    #[test]
    fn where_no_interfaces_are_told_the_order_of_the_names_stands_in() {
        let ports = [
            port("/dev/cu.usbmodem1", Some("20-1"), None),
            port("/dev/cu.usbmodem3", Some("20-1"), None),
        ];
        let device = DevicePorts::of(&ports, &ports[1]).unwrap();
        let pair = device.pair(2, 0).unwrap();
        assert_eq!(paths(pair), ("/dev/cu.usbmodem3", "/dev/cu.usbmodem1"));
    }
}
