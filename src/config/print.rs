//! The effective settings as TOML, each with its origin; passwords are not in it.

use std::fmt::Write;

use super::boards::{BoardChoice, BoardSpec, SimSpec};
use super::keys::{KEYS, Key, Value};
use super::sources::Effective;
use super::{Origin, PoolSettings, Sourced, proxy};
use crate::board::BoardOptions;

impl Effective {
    /// The effective settings as TOML that can be read again (but for the passwords, which are `***`), with a comment on each: where it
    /// came from.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        for file in &self.files {
            line(&mut out, format_args!("# read from {}", file.display()));
        }
        for key in KEYS {
            self.single(&mut out, key);
        }
        for pool in &self.settings.pools {
            print_pool(&mut out, pool);
        }
        for board in &self.layer.boards {
            print_board(&mut out, board);
        }
        for sim in &self.layer.simulate {
            print_sim(&mut out, &sim.value, &sim.origin);
        }
        out
    }

    fn single(&self, out: &mut String, key: &Key) {
        line(out, format_args!("\n# {}", key.about));
        match self.layer.values.get(key.name) {
            Some(Sourced { value, origin }) => line(
                out,
                format_args!("{} = {}  # {origin}", key.name, literal(value)),
            ),
            None => line(out, format_args!("# {} is not set", key.name)),
        }
    }
}

fn line(out: &mut String, text: std::fmt::Arguments) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

/// A value as TOML writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Switch(switch) => switch.to_string(),
        Value::Count(count) => count.to_string(),
        Value::Number(number) => number_literal(*number),
        Value::Text(text) => quoted(text),
        // The only hidden value is the proxy's URL.
        Value::Hidden(secret) => quoted(&proxy::without_password(secret.expose())),
    }
}

/// Whole numbers without a point, as people write them, as far as TOML's whole numbers go.
fn number_literal(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        number.to_string()
    } else {
        toml::Value::Float(number).to_string()
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn print_pool(out: &mut String, pool: &PoolSettings) {
    line(out, format_args!("\n[[pool]]  # {}", pool.origin));
    let url = quoted(&pool.endpoint.to_string());
    line(out, format_args!("url = {url}"));
    line(out, format_args!("user = {}", quoted(&pool.user)));
    line(out, format_args!("pass = \"{}\"", pool.pass));
}

fn print_board(out: &mut String, board: &Sourced<BoardChoice>) {
    line(out, format_args!("\n[[board]]  # {}", board.origin));
    match &board.value {
        BoardChoice::Auto => line(out, format_args!("model = \"auto\"")),
        BoardChoice::One(BoardSpec {
            model,
            port,
            options,
        }) => {
            line(out, format_args!("model = {}", quoted(model.name)));
            if !port.as_os_str().is_empty() {
                let port = quoted(&port.display().to_string());
                line(out, format_args!("port = {port}"));
            }
            print_options(out, options);
        }
    }
}

fn print_sim(out: &mut String, sim: &SimSpec, origin: &Origin) {
    line(out, format_args!("\n[[simulate]]  # {origin}"));
    line(out, format_args!("model = {}", quoted(sim.model.name)));
    line(out, format_args!("count = {}", sim.count));
    print_options(out, &sim.options);
}

fn print_options(out: &mut String, options: &BoardOptions) {
    for (key, value) in options.iter() {
        line(out, format_args!("{key} = {}", quoted(value)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::super::{Flags, RawPool, Sources, file};
    use super::*;

    fn effective() -> Effective {
        let mut flags = Flags::default();
        flags.set("cpu", "--cpu", "2");
        flags.set("proxy", "--proxy", "socks5://me:hunter2@tor:9050");
        let origin = Origin::Flag("-o");
        flags.pools = vec![RawPool::new(
            "stratum+tcp://wor\"ker:hunter2@pool.example:3333",
            origin,
        )];
        flags.user = Some("worker".to_owned());
        flags.pools[0].user = Some(Sourced::new("worker\"1".to_owned(), Origin::Flag("-u")));
        let sources = Sources {
            flags,
            variables: BTreeMap::from([("MIDSTATE_HOTPLUG".to_owned(), "7".to_owned())]),
            user_file: None,
            system_file: None,
        };
        sources.load().unwrap()
    }

    #[test]
    fn says_where_each_value_came_from() {
        let text = effective().to_toml();
        for expected in [
            "\ncpu = 2  # --cpu\n",
            "\nhotplug = 7  # MIDSTATE_HOTPLUG\n",
            "\nshare-timeout = 60  # default\n",
            "\n# tls-ca is not set\n",
            "\nproxy = \"socks5://me:***@tor:9050\"  # --proxy\n",
            "\n[[pool]]  # -o\nurl = \"stratum+tcp://pool.example:3333\"\n",
            "\npass = \"***\"\n",
        ] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
    }

    #[test]
    fn holds_no_password_and_reads_again() {
        let effective = effective();
        let text = effective.to_toml();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(!format!("{effective:?}").contains("hunter2"));
        let again = file::parse(Path::new("again.toml"), &text).unwrap();
        assert_eq!(again.pools[0].user.as_ref().unwrap().value, "worker\"1");
        assert_eq!(again.value("cpu"), effective.layer.value("cpu"));
    }
}
