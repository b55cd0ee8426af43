//! Which serial ports and USB devices there are, what they say about themselves, and whether we may open them.
//!
//! Nothing is opened and nothing is written: the system is asked. What a device is taken for is not decided here.

mod access;
mod device;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod sysfs;
mod usb;

use std::path::PathBuf;

pub use access::{Access, Holder};
pub use device::{DevicePorts, Pair};
pub(super) use usb::bus_path;

/// Ids and texts of a USB device, as it gives them: not safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsbIdentity {
    /// Vendor id.
    pub vid: u16,
    /// Product id.
    pub pid: u16,
    /// Manufacturer text.
    pub manufacturer: Option<String>,
    /// Product text.
    pub product: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

/// A serial port, or a USB device that has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// How it is called: the port's path (`/dev/ttyUSB0`, `COM3`), or the place on the bus (`1-1.2`).
    pub path: String,
    /// The file that is opened to use it, where there is one.
    pub node: Option<PathBuf>,
    /// Its place on the USB, bus and ports (`1-1.2`): stays when the port's number changes.
    pub bus: Option<String>,
    /// The USB interface of the port (a board may have several).
    pub interface: Option<u8>,
    /// What the USB device says about itself; `None`: not USB.
    pub usb: Option<UsbIdentity>,
    /// The system's driver.
    pub driver: Option<String>,
    /// Whether it is a serial port.
    pub is_serial: bool,
    /// Whether we may open it.
    pub access: Access,
}

/// What is plugged in, and what could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Serial ports by name, then USB devices without one by place. Hubs are left out.
    pub ports: Vec<Port>,
    /// Plain sentences, such as that the machine has no USB.
    pub problems: Vec<String>,
}

/// Looks at what is plugged in now. Costs some milliseconds.
pub fn list() -> Listing {
    let (devices, problems) = usb::devices();
    let mut ports = serial_ports(&devices);
    let taken: Vec<String> = ports.iter().filter_map(|port| port.bus.clone()).collect();
    let free = devices
        .into_iter()
        .filter(|device| !device.is_hub && !taken.contains(&device.bus));
    ports.extend(free.map(usb::Device::into_port));
    access::ask(&mut ports);
    Listing { ports, problems }
}

/// The serial ports alone, without asking who has them: for a look at one of them, which costs little.
pub fn serial() -> Vec<Port> {
    if cfg!(target_os = "linux") {
        return serial_ports(&[]);
    }
    serial_ports(&usb::devices().0)
}

#[cfg(target_os = "linux")]
fn serial_ports(_devices: &[usb::Device]) -> Vec<Port> {
    sysfs::serial_ports(std::path::Path::new("/"))
}

#[cfg(not(target_os = "linux"))]
fn serial_ports(devices: &[usb::Device]) -> Vec<Port> {
    portable::serial_ports(devices)
}
