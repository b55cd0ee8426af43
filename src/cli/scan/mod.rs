//! `midstate --scan`: what is plugged in, what it is taken for and why, and how to get at it.

mod advice;
mod entry;
mod probe;

use std::io::{self, Write};

use entry::Entry;
pub use probe::{Probe, probe_board};

use crate::board::{self, Connection, identity};
use crate::transport::ports::{self, DevicePorts, Listing, Port};

/// How to scan.
#[derive(Debug, Clone, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub struct ScanArgs {
    /// Print one JSON array of objects
    pub json: bool,
    /// Write the known-answer probe of each model that it could be to every candidate, to tell them apart
    pub probe: bool,
    /// List all USB devices; with --probe, probe serial ports of unknown identity too
    pub all: bool,
    /// Print the udev rules that give access to all known boards, and nothing else
    pub udev_rules: bool,
}

/// Scans this machine and writes the result to `out`. Finding nothing is no error.
///
/// # Errors
/// Those of `out`.
pub fn run(args: &ScanArgs, out: &mut dyn Write) -> io::Result<()> {
    if args.udev_rules {
        return out.write_all(identity::udev_rules().as_bytes());
    }
    report(args, &ports::list(), &probe_board, out)
}

/// Writes what `listing` shows to `out`; `probe` speaks to a port when `args` ask for it.
///
/// # Errors
/// Those of `out`.
pub fn report(
    args: &ScanArgs,
    listing: &Listing,
    probe: Probe<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut entries = entries(listing);
    entries.retain(|entry| args.all || entry.is_of_interest());
    if args.probe {
        for entry in &mut entries {
            probe::settle(entry, args.all, probe);
        }
    }
    if args.json {
        write_json(&entries, out)
    } else {
        write_text(&entries, listing, out)
    }
}

/// An entry a port, but one for a board with a control port: its data port's.
fn entries(listing: &Listing) -> Vec<Entry> {
    let ports = listing.ports.iter();
    let controls: Vec<Option<&Port>> = ports
        .clone()
        .map(|port| control_of(port, listing))
        .collect();
    ports
        .zip(&controls)
        .filter(|(port, _)| !controls.contains(&Some(*port)))
        .map(|(port, control)| Entry::new(port, *control))
        .collect()
}

/// The control port of the board whose data port this is, by what the USB identity proves.
fn control_of<'a>(port: &Port, listing: &'a Listing) -> Option<&'a Port> {
    let model = entry::judge(port).model?;
    let Ok(Connection::Usb(links)) = board::model(model).map(|model| model.connection) else {
        return None;
    };
    let device = DevicePorts::of(&listing.ports, port)?;
    let pair = device.pair(links.data_interface, links.control?.0)?;
    let control = &pair.control.path;
    (pair.data == port).then(|| listing.ports.iter().find(|port| port.path == *control))?
}

fn write_json(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, entries)?;
    writeln!(out)
}

fn write_text(entries: &[Entry], listing: &Listing, out: &mut dyn Write) -> io::Result<()> {
    for entry in entries {
        entry.write(out)?;
    }
    let problems = listing.problems.join("; ");
    match (entries.is_empty(), problems.is_empty()) {
        (true, true) => writeln!(out, "Nothing that could be a board is plugged in."),
        (true, false) => writeln!(
            out,
            "Nothing that could be a board is plugged in: {problems}."
        ),
        (false, true) => Ok(()),
        (false, false) => writeln!(out, "Note: {problems}."),
    }
}

#[cfg(test)]
mod tests;
