//! The conversation: one request in flight, its reply waited for, retried when the line garbles it.

use std::time::{Duration, Instant};

use super::frames::{
    Decoded, Dialect, Expected, LONGEST, NOBODY, Packet, Page, decode, detect, request,
};
use crate::board::peripheral::{Gpio, I2c, PeripheralError};
use crate::transport::{Transport, TransportError, read_until_quiet};

/// How long a reply may take: transfers on the bus are done in a few milliseconds.
const PATIENCE: Duration = Duration::from_millis(150);
/// A reply is one USB packet: what has not come this long after its beginning does not come.
const QUIET: Duration = Duration::from_millis(15);
/// How often a request is sent until it counts as unanswered.
const TRIES: u32 = 3;
/// How long a controller that talks without being asked is listened to.
const LONGEST_NOISE: Duration = Duration::from_millis(200);

/// A board's controller.
pub struct UsbControl {
    line: Box<dyn Transport>,
    dialect: Option<Dialect>,
    id: u8,
}

impl UsbControl {
    /// The controller at the other end of `line`. Nothing is sent.
    pub fn new(line: Box<dyn Transport>) -> Self {
        Self {
            line,
            dialect: None,
            id: 0,
        }
    }

    /// Finds out which dialect the controller speaks, by reading line 0, which every board has.
    ///
    /// # Errors
    /// [`PeripheralError::Silent`] or [`Garbled`](PeripheralError::Garbled) when no such controller is there.
    pub fn connect(&mut self) -> Result<Dialect, PeripheralError> {
        let step = "asking the controller for its dialect";
        let mut heard = Packet::new();
        for _ in 0..TRIES {
            self.resynchronise()?;
            let packet = self.next_request(Page::Gpio, 0, &[], step)?;
            self.line.write(&packet)?;
            heard = self.listen(|_| false)?;
            let id = heard.get(2);
            if let Some(dialect) = detect(&heard).filter(|_| id == Some(&self.id)) {
                self.dialect = Some(dialect);
                return Ok(dialect);
            }
        }
        Err(unusable(step, "a line's level", &heard))
    }

    /// The dialect that was found.
    pub fn dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// The time on the control port.
    pub fn now(&self) -> Instant {
        self.line.now()
    }

    /// Sets the bus's clock, hertz.
    ///
    /// # Errors
    /// The controller's.
    pub fn set_bus_clock(&mut self, hertz: u32) -> Result<(), PeripheralError> {
        let expected = Expected { least: 0, most: 1 };
        let data = hertz.to_le_bytes();
        self.ask(Page::I2c, 0x10, &data, expected, "setting the bus's clock")?;
        Ok(())
    }

    /// Reads an analogue input: 0x50 is the controller's supply, 0x51 the board's where it has that. The number is as the firmware
    /// has it; no source tells its scale.
    ///
    /// # Errors
    /// The controller's.
    pub fn analogue(&mut self, channel: u8) -> Result<u16, PeripheralError> {
        let step = "reading an analogue input";
        let payload = self.ask(Page::Adc, channel, &[], Expected::exactly(2), step)?;
        Ok(u16::from_le_bytes([payload[0], payload[1]]))
    }

    /// Sets the colour of the board's light: red, green, blue.
    ///
    /// # Errors
    /// The controller's; boards without a light refuse.
    pub fn set_light(&mut self, colour: [u8; 3]) -> Result<(), PeripheralError> {
        let expected = Expected { least: 0, most: 3 };
        self.ask(Page::Led, 0x10, &colour, expected, "setting the light")?;
        Ok(())
    }

    /// Drives the fan at `percent`, for controllers that do it themselves (old Gamma firmware).
    ///
    /// # Errors
    /// The controller's; newer ones refuse.
    pub fn set_fan(&mut self, percent: u8) -> Result<(), PeripheralError> {
        let expected = Expected { least: 0, most: 1 };
        let percent = [percent.min(100)];
        self.ask(Page::Fan, 0x10, &percent, expected, "setting the fan")?;
        Ok(())
    }

    /// Sends a request until it is answered; what it returns.
    fn ask(
        &mut self,
        page: Page,
        command: u8,
        data: &[u8],
        expected: Expected,
        step: &str,
    ) -> Result<Packet, PeripheralError> {
        let dialect = match self.dialect {
            Some(dialect) => dialect,
            None => self.connect()?,
        };
        let mut heard = Packet::new();
        for _ in 0..TRIES {
            let packet = self.next_request(page, command, data, step)?;
            self.line.write(&packet)?;
            let whole = |bytes: &[u8]| {
                !matches!(decode(dialect, bytes, expected, false), Decoded::Incomplete)
            };
            heard = self.listen(whole)?;
            match decode(dialect, &heard, expected, true) {
                Decoded::Done { id, payload } if id == self.id => return Ok(payload),
                Decoded::Refused { id, why } if id == self.id || id == NOBODY => {
                    let step = described(step, data);
                    return Err(PeripheralError::Refused { step, why });
                }
                _ => self.resynchronise()?,
            }
        }
        let expected = format!("{} bytes", expected.most);
        Err(unusable(&described(step, data), &expected, &heard))
    }

    fn next_request(
        &mut self,
        page: Page,
        command: u8,
        data: &[u8],
        step: &str,
    ) -> Result<Packet, PeripheralError> {
        // 0 is what boards' examples use; FF stands for nobody.
        self.id = if self.id >= NOBODY - 1 {
            1
        } else {
            self.id + 1
        };
        request(self.id, page, command, data).ok_or_else(|| PeripheralError::OutOfRange {
            part: "controller",
            value: format!("{step} with {} bytes", data.len()),
            range: format!("{} bytes", LONGEST - 6),
        })
    }

    /// Reads a reply: until it is `whole`, or nothing more comes.
    fn listen(&mut self, whole: impl Fn(&[u8]) -> bool) -> Result<Packet, TransportError> {
        let mut heard = Packet::new();
        let mut deadline = self.line.now() + PATIENCE;
        while !whole(&heard) && !heard.is_full() {
            let mut buf = [0; LONGEST];
            let room = heard.remaining_capacity();
            let count = self.line.read(&mut buf[..room], deadline)?;
            if count > 0 {
                heard.extend(buf[..count].iter().copied());
                deadline = self.line.now() + QUIET;
            } else if self.line.now() >= deadline {
                break;
            }
        }
        Ok(heard)
    }

    /// Lets the controller drop half a request, and drops what it says late.
    fn resynchronise(&mut self) -> Result<(), TransportError> {
        read_until_quiet(self.line.as_mut(), QUIET, LONGEST_NOISE)
    }
}

impl I2c for UsbControl {
    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), PeripheralError> {
        let mut data = Packet::new();
        data.push(address);
        data.try_extend_from_slice(bytes)
            .map_err(|_| too_long(bytes))?;
        // The firmwares return how many bytes were written, or nothing.
        let expected = Expected { least: 0, most: 1 };
        self.ask(Page::I2c, 0x20, &data, expected, "writing to the bus")?;
        Ok(())
    }

    fn write_read(
        &mut self,
        address: u8,
        bytes: &[u8],
        into: &mut [u8],
    ) -> Result<(), PeripheralError> {
        let count = u8::try_from(into.len()).map_err(|_| too_long(into))?;
        let mut data = Packet::new();
        data.push(address);
        data.try_extend_from_slice(bytes)
            .map_err(|_| too_long(bytes))?;
        data.try_push(count).map_err(|_| too_long(bytes))?;
        let command = if bytes.is_empty() { 0x30 } else { 0x40 };
        let expected = Expected::exactly(into.len());
        let payload = self.ask(Page::I2c, command, &data, expected, "reading from the bus")?;
        into.copy_from_slice(&payload);
        Ok(())
    }
}

impl Gpio for UsbControl {
    fn set_line(&mut self, line: u8, high: bool) -> Result<(), PeripheralError> {
        let level = [u8::from(high)];
        let expected = Expected { least: 0, most: 1 };
        self.ask(Page::Gpio, line, &level, expected, "driving a line")?;
        Ok(())
    }

    fn line(&mut self, line: u8) -> Result<bool, PeripheralError> {
        let expected = Expected::exactly(1);
        let payload = self.ask(Page::Gpio, line, &[], expected, "reading a line")?;
        Ok(payload[0] != 0)
    }
}

impl std::fmt::Debug for UsbControl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UsbControl")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

fn described(step: &str, data: &[u8]) -> String {
    format!("{step} ({})", hex::encode(data))
}

/// No usable reply: silence, or something else.
fn unusable(step: &str, expected: &str, heard: &[u8]) -> PeripheralError {
    let step = step.to_owned();
    if heard.is_empty() {
        let waited_ms = PATIENCE.as_millis() as u64;
        return PeripheralError::Silent { step, waited_ms };
    }
    PeripheralError::Garbled {
        step,
        expected: expected.to_owned(),
        got: hex::encode(heard),
    }
}

fn too_long(bytes: &[u8]) -> PeripheralError {
    PeripheralError::OutOfRange {
        part: "controller",
        value: format!("a transfer of {} bytes", bytes.len()),
        range: "one USB packet".to_owned(),
    }
}
