//! From ids and texts to what a device is taken for.

use super::{Fit, KNOWN, Known, shared};

/// Cores for FPGAs that anybody may have wired to a UART.
const UART_CORES: &[&str] = &[
    "core",
    "fpga-serial",
    "fpga-kramble",
    "fpga-simplers232",
    "fpga-kc705",
];

/// What a device is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The model that drives it, if its identity proves what it is and we have one.
    pub model: Option<&'static str>,
    /// The family that its identity proves.
    pub family: Option<&'static str>,
    /// Models that could drive it: to be probed one after the other, and only when the user says so.
    pub candidates: Vec<&'static str>,
    /// Why, for people. Contains nothing that the device said.
    pub why: String,
}

impl Verdict {
    /// Whether it may be a board at all.
    pub fn is_possible(&self) -> bool {
        self.family.is_some() || !self.candidates.is_empty()
    }
}

/// What a USB device with these ids and texts is taken for. Texts that could not be read are empty.
pub fn identify(vid: u16, pid: u16, manufacturer: &str, product: &str) -> Verdict {
    let fits: Vec<(Fit, &Known)> = KNOWN
        .iter()
        .map(|known| (known.fit((vid, pid), manufacturer, product), known))
        .filter(|(fit, _)| *fit != Fit::No)
        .collect();
    match fits.iter().max_by_key(|(fit, _)| *fit) {
        Some((Fit::Certain(_), known)) => proven(known, vid, pid),
        _ => possible(fits.into_iter().map(|(_, known)| known), vid, pid),
    }
}

/// What a serial port that is not USB is taken for.
pub fn plain_port() -> Verdict {
    Verdict {
        model: None,
        family: None,
        candidates: UART_CORES.to_vec(),
        why: "a serial port without an identity: anything may be wired to it".to_owned(),
    }
}

fn proven(known: &Known, vid: u16, pid: u16) -> Verdict {
    let by = if known.has_text() {
        "its USB texts say".to_owned()
    } else {
        format!("the USB id {vid:04x}:{pid:04x} is that of")
    };
    let support = match known.models {
        [] => "; known, but not supported by this version".to_owned(),
        [_] => String::new(),
        [first, others @ ..] => {
            let others = others.join(", ");
            format!("; taken for {first}, say --board {others}:PORT if it is that")
        }
    };
    Verdict {
        model: known.models.first().copied(),
        family: Some(known.family),
        candidates: known.models.to_vec(),
        why: format!("{by} {}{support}", known.family),
    }
}

fn possible<'a>(knowns: impl Iterator<Item = &'a Known>, vid: u16, pid: u16) -> Verdict {
    let bridge = shared(vid, pid);
    let mut families: Vec<&'static str> = Vec::new();
    let mut candidates: Vec<&'static str> = Vec::new();
    for known in knowns {
        add(&mut families, &[known.family]);
        add(&mut candidates, known.models);
    }
    if bridge.is_some_and(|shared| shared.uart) {
        add(&mut candidates, UART_CORES);
        add(&mut families, &["an FPGA core on a UART"]);
    }
    let what = bridge.map_or("this id", |shared| shared.name);
    let why = match families.as_slice() {
        [] => "no board that we know has this identity".to_owned(),
        names => format!("{what}: could be {}", names.join("; ")),
    };
    Verdict {
        model: None,
        family: None,
        candidates,
        why,
    }
}

fn add(list: &mut Vec<&'static str>, more: &[&'static str]) {
    for item in more {
        if !list.contains(item) {
            list.push(item);
        }
    }
}
