//! `midstate models`: what is supported, generated from the list of models.

use std::fmt::Display;

use serde::Serialize;
use serde_json::{Value, json};

use super::args::ModelsArgs;
use super::{CliError, say};
use crate::board::{self, Connection, Identity, MODELS, Model, Span, UsbLinks};

/// Prints every model in a line each, or one model with its options.
///
/// # Errors
/// A model that does not exist, or when standard output cannot be written.
pub fn run(args: &ModelsArgs, json: bool) -> Result<(), CliError> {
    let one = args.model.as_deref().map(board::model).transpose()?;
    let models: Vec<&Model> = one.map_or_else(|| MODELS.to_vec(), |model| vec![model]);
    if json {
        let models: Vec<Value> = models.into_iter().map(to_json).collect();
        return say(&Value::from(models).to_string());
    }
    match one {
        Some(model) => say(&to_text(model)),
        None => say(&table(&models)),
    }
}

/// A line a model.
fn table(models: &[&Model]) -> String {
    let row = |name: &str, nominal: &str, chips: &str, title: &str| {
        format!("{name:<20}{nominal:<12}{chips:<24}{title}")
    };
    let heading = row("model", "nominal", "chips", "board");
    let rows = models.iter().map(|model| {
        row(
            model.name,
            &model.nominal.to_string(),
            model.chips,
            model.title,
        )
    });
    let rows: Vec<String> = std::iter::once(heading).chain(rows).collect();
    let hint = "`midstate models MODEL` shows a model's USB identities and options.";
    format!("{}\n\n{hint}", rows.join("\n"))
}

fn to_json(model: &Model) -> Value {
    let kind = match model.connection {
        Connection::Serial { .. } => "serial",
        Connection::Usb(_) => "usb",
        Connection::Host => "host",
    };
    let options = model.options.iter();
    json!({
        "name": model.name,
        "aliases": model.aliases,
        "title": model.title,
        "chips": model.chips,
        "connection": kind,
        "baud": model.connection.baud(),
        "algorithms": model.algorithms(),
        "nominal_hashrate": model.nominal.get(),
        "clock_mhz": model.clock_mhz.map(span_json),
        "core_millivolts": model.core_millivolts.map(span_json),
        "emulator": model.emulate.is_some(),
        "usb": model.usb.iter().map(identity_json).collect::<Vec<_>>(),
        "options": options.map(|o| json!({"key": o.key, "about": o.about})).collect::<Vec<_>>(),
    })
}

fn span_json<T: Serialize>(span: Span<T>) -> Value {
    let Span { stock, least, most } = span;
    json!({"stock": stock, "least": least, "most": most})
}

fn identity_json(identity: &Identity) -> Value {
    json!({
        "vid": format!("{:04x}", identity.vid),
        "pid": format!("{:04x}", identity.pid),
        "manufacturer": identity.manufacturer,
        "product": identity.product,
    })
}

/// A heading and one line a fact.
fn to_text(model: &Model) -> String {
    let mut lines = vec![format!("{:<16} {}", model.name, model.title)];
    if !model.aliases.is_empty() {
        lines.push(fact("also called", &model.aliases.join(", ")));
    }
    lines.push(fact("chips", model.chips));
    lines.push(fact("connection", &connection(model.connection)));
    lines.push(fact("algorithms", &model.algorithms().join(", ")));
    lines.push(fact("nominal", &model.nominal.to_string()));
    if !model.usb.is_empty() {
        let ids: Vec<String> = model.usb.iter().map(identity_text).collect();
        lines.push(fact("USB", &ids.join(", ")));
    }
    if model.emulate.is_none() {
        lines.push(fact("emulator", "none"));
    }
    for option in model.options {
        let about = format!("{}{}", option.about, range(model, option.key));
        lines.push(fact(&format!("{}=", option.key), &about));
    }
    lines.join("\n")
}

/// What clock and voltage may be on this model.
fn range(model: &Model, key: &str) -> String {
    let span = match key {
        "freq" => model.clock_mhz.map(words),
        "voltage" => model.core_millivolts.map(words),
        _ => None,
    };
    span.unwrap_or_default()
}

fn words<T: Display>(span: Span<T>) -> String {
    let Span { stock, least, most } = span;
    format!(" ({stock}); {least} to {most} without unsafe-limits")
}

fn fact(name: &str, text: &str) -> String {
    format!("    {name:<17} {text}")
}

fn connection(connection: Connection) -> String {
    match connection {
        Connection::Serial { baud } => format!("serial port, {baud} baud"),
        Connection::Usb(links) => usb_links(links),
        Connection::Host => "this computer's processor".to_owned(),
    }
}

fn usb_links(links: UsbLinks) -> String {
    let control = if links.control.is_some() {
        " and a control port"
    } else {
        ""
    };
    let vendor = if links.vendor {
        ", vendor requests"
    } else {
        ""
    };
    format!("USB: a data port, {} baud{control}{vendor}", links.baud)
}

fn identity_text(identity: &Identity) -> String {
    let strings = [identity.manufacturer, identity.product];
    let words: Vec<&str> = strings.into_iter().flatten().collect();
    let id = format!(
        "{:04x}:{:04x} {}",
        identity.vid,
        identity.pid,
        words.join(" ")
    );
    id.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{BoardError, OptionHelp};
    use crate::units::Hashrate;

    static MODEL: Model = Model {
        name: "testboard",
        aliases: &["tb", "test"],
        title: "Test Board",
        chips: "1 chip",
        connection: Connection::Serial { baud: 115_200 },
        nominal: Hashrate::ZERO,
        clock_mhz: Some(Span {
            stock: 150.0,
            least: 50.0,
            most: 312.5,
        }),
        core_millivolts: None,
        usb: &[Identity {
            vid: 0x10c4,
            pid: 0xea60,
            manufacturer: None,
            product: Some("Test"),
        }],
        options: &[OptionHelp {
            key: "freq",
            about: "clock in MHz",
        }],
        open: |_, _| Err(BoardError::NoEmulator("testboard")),
        emulate: None,
    };

    #[test]
    fn text() {
        assert_eq!(
            to_text(&MODEL),
            "testboard        Test Board
    also called       tb, test
    chips             1 chip
    connection        serial port, 115200 baud
    algorithms        sha256d
    nominal           0.00 H/s
    USB               10c4:ea60 Test
    emulator          none
    freq=             clock in MHz (150); 50 to 312.5 without unsafe-limits"
        );
    }

    #[test]
    fn json() {
        assert_eq!(
            to_json(&MODEL),
            serde_json::json!({
                "name": "testboard", "aliases": ["tb", "test"], "title": "Test Board", "chips": "1 chip",
                "connection": "serial", "baud": 115_200, "algorithms": ["sha256d"], "nominal_hashrate": 0.0, "emulator": false,
                "clock_mhz": {"stock": 150.0, "least": 50.0, "most": 312.5}, "core_millivolts": null,
                "usb": [{"vid": "10c4", "pid": "ea60", "manufacturer": null, "product": "Test"}],
                "options": [{"key": "freq", "about": "clock in MHz"}],
            })
        );
    }
}
