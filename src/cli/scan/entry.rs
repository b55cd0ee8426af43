//! One line of the scan: a port, and what we think of it.

use std::io::{self, Write};

use serde::Serialize;

use super::advice;
use crate::board::identity::{self, Verdict};
use crate::transport::ports::{Access, Port, UsbIdentity};
use crate::units::printable;

/// How much of a device's text is shown.
const TEXT: usize = 200;

/// A port and what it is taken for. Everything in it is safe to show; the names are those of the JSON.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    pub(super) path: String,
    /// The control port of a board that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<String>,
    bus: Option<String>,
    interface: Option<u8>,
    vid: Option<String>,
    pid: Option<String>,
    manufacturer: Option<String>,
    product: Option<String>,
    serial: Option<String>,
    driver: Option<String>,
    pub(super) model: Option<&'static str>,
    family: Option<&'static str>,
    pub(super) candidates: Vec<&'static str>,
    pub(super) why: String,
    access: &'static str,
    pub(super) advice: Option<String>,
    #[serde(skip)]
    pub(super) is_serial: bool,
    #[serde(skip)]
    pub(super) has_identity: bool,
}

impl Entry {
    pub(super) fn new(port: &Port, control: Option<&Port>) -> Self {
        let verdict = judge(port);
        // A board is as far away as the port of its that we can open least.
        let weakest = control
            .filter(|control| control.access != Access::Ok && port.access == Access::Ok)
            .unwrap_or(port);
        let usb = port.usb.as_ref();
        let text = |get: fn(&UsbIdentity) -> Option<&String>| {
            usb.and_then(get).map(|text| printable(text.trim(), TEXT))
        };
        Self {
            path: printable(&port.path, TEXT),
            control: control.map(|control| printable(&control.path, TEXT)),
            bus: port.bus.as_deref().map(|bus| printable(bus, TEXT)),
            interface: port.interface,
            vid: usb.map(|usb| format!("{:04x}", usb.vid)),
            pid: usb.map(|usb| format!("{:04x}", usb.pid)),
            manufacturer: text(|usb| usb.manufacturer.as_ref()),
            product: text(|usb| usb.product.as_ref()),
            serial: text(|usb| usb.serial.as_ref()),
            driver: port.driver.as_deref().map(|name| printable(name, TEXT)),
            model: verdict.model,
            family: verdict.family,
            access: weakest.access.word(),
            advice: advice::advice(weakest, &verdict),
            candidates: verdict.candidates,
            why: verdict.why,
            is_serial: port.is_serial,
            has_identity: usb.is_some(),
        }
    }

    /// Whether it could be a board: every serial port could, a USB device only by its identity.
    pub(super) fn is_of_interest(&self) -> bool {
        self.is_serial || self.family.is_some() || !self.candidates.is_empty()
    }

    pub(super) fn is_open_to_us(&self) -> bool {
        self.access == Access::Ok.word()
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        let what = self.model.map_or("taken for", |_| "model    ");
        let model = self
            .model
            .map(|model| format!("{model}: "))
            .unwrap_or_default();
        writeln!(out, "    {what}   {model}{}", self.why)?;
        if self.model.is_none() && !self.candidates.is_empty() {
            writeln!(out, "    candidates  {}", self.candidates.join(", "))?;
        }
        writeln!(out, "    access      {}", self.access)?;
        if let Some(advice) = &self.advice {
            writeln!(out, "    do          {advice}")?;
        }
        Ok(())
    }

    fn headline(&self) -> String {
        let ids = self.vid.as_ref().zip(self.pid.as_ref());
        let quoted = |text: &Option<String>| text.as_ref().map(|text| format!("\"{text}\""));
        let parts = [
            Some(self.path.clone()),
            self.control
                .as_ref()
                .map(|path| format!("(control {path})")),
            ids.map(|(vid, pid)| format!("{vid}:{pid}")),
            quoted(&self.manufacturer),
            quoted(&self.product),
            self.serial
                .as_ref()
                .map(|serial| format!("serial {serial}")),
            self.driver.as_ref().map(|driver| format!("({driver})")),
            self.bus
                .as_ref()
                .filter(|bus| **bus != self.path)
                .map(|bus| format!("on USB {bus}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
    }
}

pub(super) fn judge(port: &Port) -> Verdict {
    match &port.usb {
        None => identity::plain_port(),
        Some(usb) => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let (manufacturer, product) = (text(&usb.manufacturer), text(&usb.product));
            identity::identify(usb.vid, usb.pid, &manufacturer, &product)
        }
    }
}
