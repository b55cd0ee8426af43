//! A TOML file into a layer. Every error names file, line and key; unknown keys are errors.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::boards::{BoardChoice, BoardSpec, SimSpec};
use super::keys::{self, KEYS};
use super::layer::Layer;
use super::pools::RawPool;
use super::{ConfigError, Origin, Sourced};
use crate::board::{self, BoardError, BoardOptions};
use crate::units::{Secret, printable};

/// The tables that may stand in a file, several times each.
const TABLES: [&str; 3] = ["pool", "board", "simulate"];
/// The keys of a `[[pool]]`.
const POOL_KEYS: [&str; 4] = ["url", "user", "pass", "pass-file"];

/// Parses a file's `text`.
pub(super) fn parse(path: &Path, text: &str) -> Result<Layer, ConfigError> {
    let file = File {
        path: path.into(),
        text,
    };
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        origin: file.at(error.span().map_or(0, |span| span.start)),
        problem: syntax_problem(text, &error),
    })?;
    let mut layer = Layer::default();
    for (key, value) in table.get_ref() {
        file.top_level(&mut layer, key, value)?;
    }
    Ok(layer)
}

/// What the parser says, in one line; a file of cgminer's is recognised.
fn syntax_problem(text: &str, error: &toml::de::Error) -> String {
    if text.trim_start().starts_with('{') {
        return "this is JSON, as cgminer's and bfgminer's files are; midstate reads TOML: see `midstate config --print`".to_owned();
    }
    printable(error.message(), 200)
}

/// A file being read.
struct File<'a> {
    path: Arc<Path>,
    text: &'a str,
}

type Key<'a> = Spanned<std::borrow::Cow<'a, str>>;
type Item<'a> = Spanned<DeValue<'a>>;

impl File<'_> {
    /// The origin of what stands at byte `offset`.
    fn at(&self, offset: usize) -> Origin {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        Origin::File {
            path: Arc::clone(&self.path),
            line: before.split(|byte| *byte == b'\n').count(),
        }
    }

    fn top_level(&self, layer: &mut Layer, key: &Key, value: &Item) -> Result<(), ConfigError> {
        match key.get_ref().as_ref() {
            "pool" => layer.pools = self.tables(key, value, Self::pool)?,
            "board" => layer.boards = self.tables(key, value, Self::board)?,
            "simulate" => layer.simulate = self.tables(key, value, Self::simulate)?,
            name => self.single(layer, name, key, value)?,
        }
        Ok(())
    }

    fn single(
        &self,
        layer: &mut Layer,
        name: &str,
        key: &Key,
        value: &Item,
    ) -> Result<(), ConfigError> {
        let known = || KEYS.iter().map(|key| key.name).chain(TABLES);
        let setting = keys::find(name).ok_or_else(|| self.unknown(key, known()))?;
        let text = scalar(value.get_ref()).filter(|_| setting.kind.takes(type_of(value)));
        let parsed = match text {
            Some(text) => setting.kind.parse(&text),
            None => Err(wrong_type(&setting.kind.describe(), value)),
        };
        let parsed = parsed.map_err(|problem| self.bad(key, problem))?;
        let origin = self.at(key.span().start);
        layer
            .values
            .insert(setting.name, Sourced::new(parsed, origin));
        Ok(())
    }

    /// Every table of `[[name]]`, read by `read`.
    fn tables<T>(
        &self,
        key: &Key,
        value: &Item,
        read: fn(&Self, &DeTable, &Origin) -> Result<T, ConfigError>,
    ) -> Result<Vec<T>, ConfigError> {
        let expected = format!("tables, written [[{}]]", key.get_ref());
        let wrong = |item: &Item| self.bad(key, wrong_type(&expected, item));
        let items = value.get_ref().as_array().ok_or_else(|| wrong(value))?;
        items
            .iter()
            .map(|item| {
                let table = item.get_ref().as_table().ok_or_else(|| wrong(item))?;
                read(self, table, &self.at(item.span().start))
            })
            .collect()
    }

    fn pool(&self, table: &DeTable, origin: &Origin) -> Result<RawPool, ConfigError> {
        for key in table.keys() {
            if !POOL_KEYS.contains(&key.get_ref().as_ref()) {
                return Err(self.unknown(key, POOL_KEYS));
            }
        }
        let text = |name: &str| self.text_of(table, name);
        let url = text("url")?.ok_or_else(|| missing(origin, "pool", "url"))?;
        let pass = text("pass")?;
        let pass_file = text("pass-file")?;
        if let (Some(_), Some(file)) = (&pass, &pass_file) {
            return Err(value_error(
                &file.origin,
                "pass-file",
                "stands beside pass; keep one of them",
            ));
        }
        Ok(RawPool {
            url: Sourced::new(Secret::new(url.value), url.origin),
            user: text("user")?,
            pass: pass.map(|pass| Sourced::new(Secret::new(pass.value), pass.origin)),
            pass_file: pass_file.map(|file| Sourced::new(self.beside(&file.value), file.origin)),
        })
    }

    /// A path of the file, relative to the file's own folder.
    fn beside(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    fn board(&self, table: &DeTable, origin: &Origin) -> Result<Sourced<BoardChoice>, ConfigError> {
        let model = self.text_of(table, "model")?;
        let model = model.ok_or_else(|| missing(origin, "board", "model"))?;
        let port = self.text_of(table, "port")?.map(|port| port.value);
        let port = port.unwrap_or_default();
        let options = self.options(table, "port")?;
        let choice = if model.value == "auto" {
            options.only([]).map(|()| BoardChoice::Auto)
        } else {
            board::model(&model.value)
                .and_then(|model| BoardSpec::new(model, &port, options))
                .map(BoardChoice::One)
        };
        sourced_board(choice, origin, "[[board]]", &model.value)
    }

    fn simulate(&self, table: &DeTable, origin: &Origin) -> Result<Sourced<SimSpec>, ConfigError> {
        let model = self.text_of(table, "model")?;
        let model = model.ok_or_else(|| missing(origin, "simulate", "model"))?;
        let count = table.get("count").and_then(|count| scalar(count.get_ref()));
        let count = count.unwrap_or_else(|| "1".to_owned());
        let options = self.options(table, "count")?;
        let spec =
            board::model(&model.value).and_then(|model| SimSpec::new(model, &count, options));
        sourced_board(spec, origin, "[[simulate]]", &model.value)
    }

    /// Every key but `model` and `other` is an option of the board.
    fn options(&self, table: &DeTable, other: &str) -> Result<BoardOptions, ConfigError> {
        let mut options = BoardOptions::none();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if name == "model" || name == other {
                continue;
            }
            let expected = "text, a number, true or false";
            let text = scalar(value.get_ref());
            let text = text.ok_or_else(|| self.bad(key, wrong_type(expected, value)))?;
            options = options
                .with(name, &text)
                .map_err(|error| self.bad(key, error.to_string()))?;
        }
        Ok(options)
    }

    fn text_of(&self, table: &DeTable, name: &str) -> Result<Option<Sourced<String>>, ConfigError> {
        let Some((key, value)) = table.get_key_value(name) else {
            return Ok(None);
        };
        let text = value.get_ref().as_str();
        let text = text.ok_or_else(|| self.bad(key, wrong_type("text in quotes", value)))?;
        let origin = self.at(key.span().start);
        Ok(Some(Sourced::new(text.to_owned(), origin)))
    }

    fn unknown(&self, key: &Key, known: impl IntoIterator<Item = &'static str>) -> ConfigError {
        ConfigError::UnknownKey {
            origin: self.at(key.span().start),
            key: printable(key.get_ref(), 80),
            nearest: keys::nearest(key.get_ref(), known),
        }
    }

    fn bad(&self, key: &Key, problem: String) -> ConfigError {
        ConfigError::Value {
            origin: self.at(key.span().start),
            key: printable(key.get_ref(), 80),
            problem,
        }
    }
}

fn missing(origin: &Origin, table: &str, key: &str) -> ConfigError {
    value_error(origin, table, &format!("`{key}` is missing"))
}

fn value_error(origin: &Origin, key: &str, problem: &str) -> ConfigError {
    ConfigError::Value {
        origin: origin.clone(),
        key: key.to_owned(),
        problem: problem.to_owned(),
    }
}

fn sourced_board<T>(
    found: Result<T, BoardError>,
    origin: &Origin,
    table: &str,
    model: &str,
) -> Result<Sourced<T>, ConfigError> {
    match found {
        Ok(value) => Ok(Sourced::new(value, origin.clone())),
        Err(source) => Err(ConfigError::Board {
            origin: origin.clone(),
            spec: format!("{table} {}", printable(model, 80)),
            source: Box::new(source),
        }),
    }
}

/// A single value as text; `None` for arrays and tables.
fn scalar(value: &DeValue) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(switch) => Some(switch.to_string()),
        DeValue::Integer(number) => Some(integer(number.as_str(), number.radix())),
        DeValue::Float(number) => Some(number.as_str().replace('_', "")),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// Decimal digits of a TOML integer; one beyond 64 bits stays as it was written.
fn integer(digits: &str, radix: u32) -> String {
    i64::from_str_radix(digits, radix)
        .map_or_else(|_| digits.to_owned(), |number| number.to_string())
}

fn type_of(value: &Item) -> &'static str {
    value.get_ref().type_str()
}

fn wrong_type(expected: &str, value: &Item) -> String {
    format!("expected {expected}, got {}", type_of(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(Path::new("c.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn unknown_keys_name_the_line_and_the_nearest() {
        assert_eq!(
            error("cpu = 1\n\ncolour = \"never\"\n"),
            "c.toml:3: unknown key `colour`; did you mean `color`?"
        );
        assert_eq!(error("xyzzy = 1"), "c.toml:1: unknown key `xyzzy`");
        assert_eq!(
            error("[[pools]]\nurl = \"a\""),
            "c.toml:1: unknown key `pools`; did you mean `pool`?"
        );
        assert_eq!(
            error("[[pool]]\nurl = \"a\"\npasswd = \"hunter2\""),
            "c.toml:3: unknown key `passwd`; did you mean `pass`?"
        );
    }

    #[test]
    fn wrong_types_and_values_name_the_line_and_what_is_possible() {
        assert_eq!(
            error("\ncpu = \"4\""),
            "c.toml:2: cpu: expected a whole number from 0 to 1024, got string"
        );
        assert_eq!(
            error("log-format = \"xml\""),
            "c.toml:1: log-format: expected one of text, json, got \"xml\""
        );
        assert_eq!(
            error("hotplug = -0.5"),
            "c.toml:1: hotplug: expected seconds from 0 to 86400, got \"-0.5\""
        );
        assert_eq!(
            error("pool = 3"),
            "c.toml:1: pool: expected tables, written [[pool]], got integer"
        );
        assert_eq!(
            error("[[pool]]\nuser = \"a\""),
            "c.toml:1: pool: `url` is missing"
        );
        assert_eq!(
            error("[[pool]]\nurl = 3"),
            "c.toml:2: url: expected text in quotes, got integer"
        );
        assert_eq!(
            error("[[pool]]\nurl = \"a\"\npass = \"a\"\npass-file = \"b\""),
            "c.toml:4: pass-file: stands beside pass; keep one of them"
        );
    }

    #[test]
    fn bad_syntax_names_the_line() {
        assert!(error("cpu = 1\ncpu = 2\n").starts_with("c.toml:2: duplicate key"));
        assert!(error("cpu =\n").starts_with("c.toml:1: "));
        assert!(error("{\"pools\": []}").contains("this is JSON"));
    }

    #[test]
    fn unknown_boards_name_the_table() {
        assert_eq!(
            error("\n[[board]]\nmodel = \"nonsense\"\nport = \"/dev/x\""),
            "c.toml:2 [[board]] nonsense"
        );
        assert_eq!(
            error("[[simulate]]\ncount = 3"),
            "c.toml:1: simulate: `model` is missing"
        );
    }

    #[test]
    fn values_know_their_lines() {
        let layer = parse(
            Path::new("/etc/c.toml"),
            "# first\ncpu = 0x10\nhotplug = 1_0\n[[pool]]\nurl = \"u\"\npass-file = \"secret\"\n",
        )
        .unwrap();
        assert_eq!(layer.value("cpu").unwrap().as_count(), Some(16));
        assert_eq!(layer.values["cpu"].origin.to_string(), "/etc/c.toml:2");
        assert_eq!(layer.value("hotplug").unwrap().as_number(), Some(10.0));
        let file = layer.pools[0].pass_file.as_ref().unwrap();
        assert_eq!(file.value, Path::new("/etc/secret"));
    }
}
