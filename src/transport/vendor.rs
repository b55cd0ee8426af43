//! Vendor requests through libusb, beside the system's serial driver.
//!
//! A request to the device itself needs no interface, so the system's driver keeps the ports.

use std::time::Duration;

use rusb::{Context, DeviceHandle, UsbContext};

use super::ports::DevicePorts;
use super::{TransportError, VendorRequests};

/// How long a device may take to acknowledge a request.
const PATIENCE: Duration = Duration::from_millis(500);

/// The USB device behind a port, for control requests.
#[derive(Debug)]
pub struct UsbRequests {
    name: String,
    handle: DeviceHandle<Context>,
}

impl UsbRequests {
    /// Opens the USB device that `ports` belong to.
    ///
    /// # Errors
    /// [`TransportError::NotFound`] when it is gone, [`TransportError::Denied`] when its node may not be written, else
    /// [`TransportError::Io`].
    pub fn open(ports: &DevicePorts) -> Result<Self, TransportError> {
        let name = ports.bus().unwrap_or_default().to_owned();
        let error = |error| usb_error(&name, "opening the USB device", error);
        let devices = Context::new().and_then(|context| context.devices());
        let device = devices
            .map_err(error)?
            .iter()
            .find(|device| super::ports::bus_path(device) == name)
            .ok_or(rusb::Error::NotFound)
            .map_err(error)?;
        let handle = device.open().map_err(error)?;
        Ok(Self { name, handle })
    }
}

impl VendorRequests for UsbRequests {
    fn write_control(
        &mut self,
        request_type: u8,
        request: u8,
        value: u16,
        index: u16,
        data: &[u8],
    ) -> Result<(), TransportError> {
        self.handle
            .write_control(request_type, request, value, index, data, PATIENCE)
            .map(|_| ())
            .map_err(|error| usb_error(&self.name, "a vendor request", error))
    }
}

fn usb_error(name: &str, step: &'static str, error: rusb::Error) -> TransportError {
    let port = format!("USB device {name}");
    match error {
        rusb::Error::NoDevice => TransportError::Gone { port, step },
        rusb::Error::NotFound => TransportError::NotFound(port.into()),
        rusb::Error::Access => TransportError::Denied(port.into()),
        other => TransportError::Io {
            port,
            step,
            source: std::io::Error::other(other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_become_ours() {
        let error = |error| usb_error("1-1", "a vendor request", error);
        assert!(error(rusb::Error::NoDevice).is_gone());
        assert!(error(rusb::Error::NotFound).is_gone());
        let denied = error(rusb::Error::Access).to_string();
        assert_eq!(denied, "permission denied on USB device 1-1");
        let other = error(rusb::Error::Pipe).to_string();
        assert!(
            other.starts_with("USB device 1-1: a vendor request: "),
            "{other}"
        );
    }
}
