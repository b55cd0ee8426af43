//! The udev rules for every identity in the table, as text.

use super::{KNOWN, Known, SHARED};

const HEAD: &str = r#"# midstate: access to mining boards for the person at the seat (uaccess) and for the group plugdev.
# Made from the table of identities: `midstate --scan --udev-rules`. Must sort before 73-seat-late.rules.
# Group and tag stand on lines of their own: systemd drops a line whole when it does not know the group.

ACTION=="remove", GOTO="midstate_end"
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", GOTO="midstate_texts"
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", GOTO="midstate_texts"
GOTO="midstate_end"

# Boards that say by their texts what they are, behind ids that others show too.
LABEL="midstate_texts"
"#;

const OWN: &str = "
# Boards with ids of their own.
";

const BRIDGES: &str = r#"
ENV{MIDSTATE_BOARD}=="?*", GOTO="midstate_board"

# Bridges that sit on boards and on every other gadget: the person at the seat may use them. Their serial ports keep the group that
# the distribution gives them, and ModemManager is left to judge them, as they may be something else.
"#;

const TAIL: &str = r#"
ENV{MIDSTATE_BRIDGE}=="1", TAG+="uaccess"
ENV{MIDSTATE_BRIDGE}=="1", SUBSYSTEM=="usb", GROUP="plugdev"
GOTO="midstate_end"

# Boards: no AT commands to them, please.
LABEL="midstate_board"
ENV{ID_MM_DEVICE_IGNORE}="1"
TAG+="uaccess"
MODE="0660"
GROUP="plugdev"

LABEL="midstate_end"
"#;

/// The rules: what `udev/60-midstate.rules` contains.
pub fn udev_rules() -> String {
    let texts = KNOWN
        .iter()
        .filter(|known| known.is_shared() && known.is_proof());
    let own = KNOWN.iter().enumerate().filter(|(at, known)| {
        let first = !KNOWN[..*at].iter().any(|other| other.ids == known.ids);
        first && !known.is_shared()
    });
    let bridges = SHARED.iter().map(|shared| {
        let (name, ids) = (shared.name, ids(shared.ids));
        format!("# {name}\n{ids}, ENV{{MIDSTATE_BRIDGE}}=\"1\"\n")
    });
    let mut rules = HEAD.to_owned();
    rules.extend(texts.map(board));
    rules.push_str(OWN);
    rules.extend(own.map(|(_, known)| by_id(known)));
    rules.push_str(BRIDGES);
    rules.extend(bridges);
    rules.push_str(TAIL);
    rules
}

/// The line of a board whose id is enough; texts that were not read in time do not matter.
fn by_id(known: &Known) -> String {
    board(&Known {
        manufacturer: None,
        product: &[],
        ..*known
    })
}

/// One board's line.
fn board(known: &Known) -> String {
    let mut matches: Vec<String> = known.ids.into_iter().map(ids).collect();
    matches.extend(
        known
            .manufacturer
            .map(|text| attribute("manufacturer", &[text])),
    );
    if !known.product.is_empty() {
        matches.push(attribute("product", known.product));
    }
    let family = known.family;
    format!(
        "{}, ENV{{MIDSTATE_BOARD}}=\"{family}\"\n",
        matches.join(", ")
    )
}

fn ids((vid, pid): (u16, u16)) -> String {
    format!(r#"ATTRS{{idVendor}}=="{vid:04x}", ATTRS{{idProduct}}=="{pid:04x}""#)
}

/// Texts in order, anything around them; what is not ASCII may be several bytes to udev.
fn attribute(name: &str, texts: &[&str]) -> String {
    let pattern = texts
        .join("*")
        .replace(|character: char| !character.is_ascii(), "*");
    format!(r#"ATTRS{{{name}}}=="*{pattern}*""#)
}
