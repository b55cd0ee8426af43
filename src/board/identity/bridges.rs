//! USB ids that tell nothing about what is behind them.

/// An id that every kind of gadget may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// Vendor and product id.
    pub ids: (u16, u16),
    /// What has it.
    pub name: &'static str,
    /// Whether it is a plain UART, so that anything may be wired to it.
    pub uart: bool,
}

/// Ids of bridge chips and of firmware examples.
pub static SHARED: &[Shared] = &[
    uart(0x0403, 0x6001, "FTDI FT232R bridge"),
    uart(0x0403, 0x6010, "FTDI FT2232 bridge"),
    uart(0x0403, 0x6011, "FTDI FT4232 bridge"),
    uart(0x0403, 0x6014, "FTDI FT232H bridge"),
    uart(0x0403, 0x6015, "FTDI FT-X bridge"),
    uart(0x067b, 0x2303, "Prolific PL2303 bridge"),
    uart(0x10c4, 0xea60, "Silicon Labs CP210x bridge"),
    uart(0x10c4, 0xea70, "Silicon Labs CP2105 bridge"),
    uart(0x1a86, 0x7523, "WCH CH340 bridge"),
    firmware(0x0483, 0x5740, "STM32 virtual COM port"),
    firmware(0x04d8, 0x000a, "Microchip CDC example"),
    firmware(0x04d8, 0x00de, "Microchip MCP2210 bridge"),
    firmware(0x1cbe, 0x0003, "TI USB example"),
    firmware(0x1fc9, 0x0003, "NXP CDC example"),
    firmware(0xc0de, 0xcafe, "firmware without an id of its own"),
];

/// The entry of an id, if it is shared.
pub fn shared(vid: u16, pid: u16) -> Option<&'static Shared> {
    SHARED.iter().find(|shared| shared.ids == (vid, pid))
}

const fn uart(vid: u16, pid: u16, name: &'static str) -> Shared {
    let (ids, uart) = ((vid, pid), true);
    Shared { ids, name, uart }
}

const fn firmware(vid: u16, pid: u16, name: &'static str) -> Shared {
    let (ids, uart) = ((vid, pid), false);
    Shared { ids, name, uart }
}
