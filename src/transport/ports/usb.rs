//! USB devices: libusb's list, with the texts that the system has already read from them.

use rusb::{Context, UsbContext};

use super::{Access, Port, UsbIdentity};

/// A USB device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    /// Bus and ports, as `1-1.2`; a root hub is `usb1`.
    pub(super) bus: String,
    pub(super) usb: UsbIdentity,
    /// Bus number and address on it.
    pub(super) place: Option<(u8, u8)>,
    pub(super) driver: Option<String>,
    pub(super) is_hub: bool,
}

impl Device {
    pub(super) fn into_port(self) -> Port {
        let node = |(bus, address)| format!("/dev/bus/usb/{bus:03}/{address:03}").into();
        Port {
            path: self.bus.clone(),
            node: self.place.map(node),
            bus: Some(self.bus),
            interface: None,
            usb: Some(self.usb),
            driver: self.driver,
            is_serial: false,
            access: Access::Ok,
        }
    }
}

/// All devices, and plain sentences about what could not be asked.
///
/// A context of our own for each look: the global one panics where there is no USB, and an old one may have missed news.
pub(super) fn devices() -> (Vec<Device>, Vec<String>) {
    let mut devices = known_to_system();
    let mut problems = Vec::new();
    match listed_by_libusb() {
        Ok(listed) => {
            for device in listed {
                if !devices.iter().any(|known| known.bus == device.bus) {
                    devices.push(device);
                }
            }
        }
        Err(error) => problems.push(no_usb(error, devices.is_empty())),
    }
    if devices.is_empty() && problems.is_empty() {
        // Not even a root hub.
        problems.push("this machine has no USB, or it is not visible here".to_owned());
    }
    (devices, problems)
}

fn no_usb(error: rusb::Error, nothing_else: bool) -> String {
    if nothing_else {
        format!("this machine has no USB, or it is not visible here (libusb: {error})")
    } else {
        format!("USB devices are seen but cannot be used from here (libusb: {error})")
    }
}

#[cfg(target_os = "linux")]
fn known_to_system() -> Vec<Device> {
    super::sysfs::usb_devices(std::path::Path::new("/"))
}

#[cfg(not(target_os = "linux"))]
fn known_to_system() -> Vec<Device> {
    Vec::new()
}

fn listed_by_libusb() -> rusb::Result<Vec<Device>> {
    let context = Context::new()?;
    let devices = context.devices()?;
    // One that vanishes while we ask is not there any more.
    Ok(devices
        .iter()
        .filter_map(|device| describe(&device))
        .collect())
}

fn describe(device: &rusb::Device<Context>) -> Option<Device> {
    let descriptor = device.device_descriptor().ok()?;
    let mut usb = UsbIdentity {
        vid: descriptor.vendor_id(),
        pid: descriptor.product_id(),
        ..UsbIdentity::default()
    };
    read_texts(device, &descriptor, &mut usb);
    Some(Device {
        bus: bus_path(device),
        usb,
        place: Some((device.bus_number(), device.address())),
        driver: None,
        is_hub: descriptor.class_code() == rusb::constants::LIBUSB_CLASS_HUB,
    })
}

/// As Linux names it.
pub(in super::super) fn bus_path(device: &rusb::Device<Context>) -> String {
    let bus = device.bus_number();
    let ports = device.port_numbers().unwrap_or_default();
    let ports: Vec<String> = ports.iter().map(u8::to_string).collect();
    if ports.is_empty() {
        format!("usb{bus}")
    } else {
        format!("{bus}-{}", ports.join("."))
    }
}

/// Asks the device itself, if we may open it; without its texts it is still listed.
fn read_texts(
    device: &rusb::Device<Context>,
    descriptor: &rusb::DeviceDescriptor,
    usb: &mut UsbIdentity,
) {
    // Linux has them in /sys already, and opening a device that sleeps would wake it.
    if cfg!(target_os = "linux") {
        return;
    }
    let Ok(handle) = device.open() else {
        return;
    };
    usb.manufacturer = handle.read_manufacturer_string_ascii(descriptor).ok();
    usb.product = handle.read_product_string_ascii(descriptor).ok();
    usb.serial = handle.read_serial_number_string_ascii(descriptor).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_usb_gives_a_plain_sentence_and_no_panic() {
        let (devices, problems) = devices();
        assert_eq!(
            devices.is_empty(),
            !problems.is_empty(),
            "{devices:?} {problems:?}"
        );
        let sentence = no_usb(rusb::Error::NotSupported, true);
        assert!(sentence.starts_with("this machine has no USB"));
    }
}
