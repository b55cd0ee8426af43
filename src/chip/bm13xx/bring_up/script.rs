//! What a bring-up script can say.

use std::time::Duration;

/// How a chip type is brought up: the pauses around its reset, and the steps after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Script {
    /// How long reset is held.
    pub reset: Duration,
    /// The pause after reset is let go.
    pub settle: Duration,
    /// The pause after each configuration write.
    pub pace: Duration,
    /// The steps, in order.
    pub steps: &'static [Step],
}

/// A step of a bring-up. Registers and values as they travel, most significant byte first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Counts the chips by a read of register 0, and checks what they are.
    Count,
    /// Tells the chain to stop forwarding until addressed, so many times, so many milliseconds after each.
    Inactive(u8, u16),
    /// Gives every chip its address.
    Address,
    /// Writes a register of all chips.
    Write(u8, u32),
    /// Writes a register of the chip next to the host.
    WriteFirst(u8, u32),
    /// Writes registers chip by chip, in chain order.
    WriteEach(&'static [(u8, u32)]),
    /// Writes the ticket mask.
    Ticket,
    /// Writes relay gaps and clock drivers of the voltage domains, with this clock driver for a domain's last chip.
    Domains(u32),
    /// Opens the cores by dummy jobs, so many.
    OpenCores(u16),
    /// Raises the clock to what the settings ask for.
    Ramp,
    /// Writes the hash counting number.
    Counting,
    /// Sets the version mask to all 16 bits, so that replies have eleven bytes.
    Versions,
    /// Waits so many milliseconds.
    Wait(u16),
}
