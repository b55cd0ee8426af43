//! Serial ports and USB devices from Linux's `/sys`, which everybody may read, with or without udevd.
//!
//! Everything is read through `std`, hence through libc: `umockdev` stands in for `/sys` in tests.

use std::fs;
use std::path::{Path, PathBuf};

use super::usb::Device;
use super::{Access, Port, UsbIdentity};

/// Every serial port with hardware behind it, by name.
pub(super) fn serial_ports(root: &Path) -> Vec<Port> {
    let mut names = entries(&root.join("sys/class/tty"));
    names.sort_by_key(|name| natural(name));
    names
        .iter()
        .filter_map(|name| serial_port(root, name))
        .collect()
}

/// Every USB device, hubs included.
pub(super) fn usb_devices(root: &Path) -> Vec<Device> {
    let folder = root.join("sys/bus/usb/devices");
    let mut names = entries(&folder);
    names.sort_by_key(|name| natural(name));
    names
        .iter()
        .filter(|name| !name.contains(':'))
        .filter_map(|name| usb_device(&folder.join(name)))
        .collect()
}

fn serial_port(root: &Path, name: &str) -> Option<Port> {
    let class = root.join("sys/class/tty").join(name);
    // Terminals without a device are virtual; type 0 is a slot of the driver without a chip.
    let device = class.join("device").canonicalize().ok()?;
    if text(&class, "type").is_some_and(|kind| kind == "0") {
        return None;
    }
    let parent = device
        .ancestors()
        .find(|path| path.join("idVendor").exists());
    let path = root.join("dev").join(name);
    Some(Port {
        path: path.to_string_lossy().into_owned(),
        node: Some(path),
        bus: parent.and_then(file_name),
        interface: interface(&device),
        usb: parent.and_then(identity),
        driver: port_driver(&device),
        is_serial: true,
        access: Access::Missing,
    })
}

fn usb_device(folder: &Path) -> Option<Device> {
    let number = |name| text(folder, name)?.parse().ok();
    Some(Device {
        bus: file_name(folder)?,
        usb: identity(folder)?,
        place: number("busnum").zip(number("devnum")),
        driver: driver(folder).filter(|name| name != "usb"),
        is_hub: text(folder, "bDeviceClass").is_some_and(|class| class == "09"),
    })
}

fn identity(folder: &Path) -> Option<UsbIdentity> {
    let id = |name| u16::from_str_radix(&text(folder, name)?, 16).ok();
    Some(UsbIdentity {
        vid: id("idVendor")?,
        pid: id("idProduct")?,
        manufacturer: text(folder, "manufacturer"),
        product: text(folder, "product"),
        serial: text(folder, "serial"),
    })
}

fn interface(device: &Path) -> Option<u8> {
    let number = device
        .ancestors()
        .take(3)
        .find_map(|path| text(path, "bInterfaceNumber"))?;
    u8::from_str_radix(&number, 16).ok()
}

fn driver(device: &Path) -> Option<String> {
    file_name(&fs::read_link(device.join("driver")).ok()?)
}

/// The driver of a port; the serial core puts two layers of its own, `port` and `ctrl`, below the one that has a name.
fn port_driver(device: &Path) -> Option<String> {
    let own = |name: &String| name == "port" || name == "ctrl";
    device
        .ancestors()
        .take(3)
        .find_map(|path| driver(path).filter(|name| !own(name)))
}

/// An attribute without its line end; texts of devices may be any bytes.
fn text(folder: &Path, name: &str) -> Option<String> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    Some(text.trim_end_matches('\n').to_owned())
}

fn entries(folder: &Path) -> Vec<String> {
    let Ok(folder) = fs::read_dir(folder) else {
        return Vec::new();
    };
    folder
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn file_name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// `ttyUSB10` after `ttyUSB9`.
fn natural(name: &str) -> (String, u64) {
    let head = name.trim_end_matches(|character: char| character.is_ascii_digit());
    let number = name[head.len()..].parse().unwrap_or(0);
    (head.to_owned(), number)
}

/// The terminal that the kernel's messages go to, if any.
pub(super) fn console(root: &Path) -> Vec<PathBuf> {
    let active = text(&root.join("sys/class/tty/console"), "active").unwrap_or_default();
    active
        .split_whitespace()
        .map(|name| root.join("dev").join(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A `/sys` with one CDC board of two ports, an FTDI one, a UART with a chip, one without, and a virtual terminal.
    fn machine() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let sys = root.path().join("sys");
        let file = |path: &str, content: &str| {
            let path = sys.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        let usb = |name: &str, vid: &str, pid: &str, product: &str| {
            let folder = format!("devices/pci/usb1/{name}");
            file(&format!("{folder}/idVendor"), &format!("{vid}\n"));
            file(&format!("{folder}/idProduct"), &format!("{pid}\n"));
            file(&format!("{folder}/product"), &format!("{product}\n"));
            file(&format!("{folder}/busnum"), "1\n");
            file(&format!("{folder}/devnum"), "4\n");
            let link = sys.join("bus/usb/devices");
            fs::create_dir_all(&link).unwrap();
            symlink(sys.join(&folder), link.join(name)).unwrap();
        };
        usb("1-1", "c0de", "cafe", "Bitaxe");
        usb("1-2.3", "0403", "6001", "FT232R USB UART");
        file("devices/pci/usb1/1-1/1-1:1.0/bInterfaceNumber", "00\n");
        file("devices/pci/usb1/1-1/1-1:1.2/bInterfaceNumber", "02\n");
        file("devices/pci/usb1/1-2.3/1-2.3:1.0/bInterfaceNumber", "00\n");
        file(
            "devices/pci/usb1/1-2.3/1-2.3:1.0/ttyUSB0/port_number",
            "0\n",
        );
        file("devices/platform/serial8250/0:0/x", "");
        symlink(
            "bus/drivers/port",
            sys.join("devices/platform/serial8250/0:0/driver"),
        )
        .unwrap();
        symlink(
            "bus/drivers/of_serial",
            sys.join("devices/platform/serial8250/driver"),
        )
        .unwrap();
        let tty = |name: &str, device: Option<&str>, kind: &str| {
            file(&format!("class/tty/{name}/type"), kind);
            if let Some(device) = device {
                symlink(
                    sys.join(device),
                    sys.join(format!("class/tty/{name}/device")),
                )
                .unwrap();
            }
        };
        tty("ttyACM10", Some("devices/pci/usb1/1-1/1-1:1.2"), "");
        tty("ttyACM9", Some("devices/pci/usb1/1-1/1-1:1.0"), "");
        tty(
            "ttyUSB0",
            Some("devices/pci/usb1/1-2.3/1-2.3:1.0/ttyUSB0"),
            "",
        );
        tty("ttyS0", Some("devices/platform/serial8250/0:0"), "4\n");
        tty("ttyS1", Some("devices/platform/serial8250"), "0\n");
        tty("tty1", None, "");
        root
    }

    #[test]
    fn ports_with_hardware_are_found_with_their_usb_device() {
        let root = machine();
        let ports = serial_ports(root.path());
        let short = |port: &Port| {
            let name = port.path.rsplit('/').next().unwrap().to_owned();
            (name, port.bus.clone(), port.interface)
        };
        let found: Vec<_> = ports.iter().map(short).collect();
        let bus = |name: &str| Some(name.to_owned());
        let expected = [
            ("ttyACM9".to_owned(), bus("1-1"), Some(0)),
            ("ttyACM10".to_owned(), bus("1-1"), Some(2)),
            ("ttyS0".to_owned(), None, None),
            ("ttyUSB0".to_owned(), bus("1-2.3"), Some(0)),
        ];
        assert_eq!(found, expected);
        let usb = ports[0].usb.as_ref().unwrap();
        assert_eq!((usb.vid, usb.pid), (0xc0de, 0xcafe));
        assert_eq!(usb.product.as_deref(), Some("Bitaxe"));
        assert_eq!(usb.serial, None);
        assert_eq!(ports[2].driver.as_deref(), Some("of_serial"));
    }

    #[test]
    fn usb_devices_are_found_without_their_interfaces() {
        let root = machine();
        let devices = usb_devices(root.path());
        let found: Vec<_> = devices.iter().map(|device| device.bus.as_str()).collect();
        assert_eq!(found, ["1-1", "1-2.3"]);
        assert_eq!(devices[0].place, Some((1, 4)));
    }

    #[test]
    fn a_machine_without_sys_has_nothing() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(serial_ports(root.path()), []);
        assert!(usb_devices(root.path()).is_empty());
        assert!(console(root.path()).is_empty());
    }
}
