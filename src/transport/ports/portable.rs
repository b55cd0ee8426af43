//! Serial ports where there is no sysfs: what `serialport` finds, put together with libusb's list by ids and serial number.

use serialport::{SerialPortInfo, SerialPortType, UsbPortInfo};

use super::usb::Device;
use super::{Access, Port, UsbIdentity};

pub(super) fn serial_ports(devices: &[Device]) -> Vec<Port> {
    let found = serialport::available_ports().unwrap_or_default();
    let mut ports: Vec<Port> = found
        .into_iter()
        // macOS lists every port twice; the "tty" one waits for a carrier that no board gives.
        .filter(|info| !info.port_name.starts_with("/dev/tty."))
        .map(|info| port(info, devices))
        .collect();
    ports.sort_by(|a, b| a.path.cmp(&b.path));
    ports
}

fn port(info: SerialPortInfo, devices: &[Device]) -> Port {
    let usb = match info.port_type {
        SerialPortType::UsbPort(usb) => Some(identity(usb)),
        _ => None,
    };
    let same = |device: &&Device| Some(&device.usb) == usb.as_ref();
    Port {
        node: std::path::Path::new(&info.port_name)
            .is_absolute()
            .then(|| info.port_name.clone().into()),
        path: info.port_name,
        bus: devices.iter().find(same).map(|device| device.bus.clone()),
        interface: None,
        usb,
        driver: None,
        is_serial: true,
        access: Access::Ok,
    }
}

fn identity(usb: UsbPortInfo) -> UsbIdentity {
    UsbIdentity {
        vid: usb.vid,
        pid: usb.pid,
        manufacturer: usb.manufacturer,
        product: usb.product,
        serial: usb.serial_number,
    }
}
