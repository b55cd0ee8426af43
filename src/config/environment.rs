//! The environment into a layer: `MIDSTATE_` and the setting's name, and `MIDSTATE_URL`, `_USER`, `_PASS`, `_PASS_FILE`, `_BOARD`, `_SIMULATE`.

use std::collections::BTreeMap;

use super::keys::{self, KEYS};
use super::layer::Layer;
use super::pools::RawPool;
use super::{ConfigError, Origin, Sourced, boards};
use crate::units::{Secret, printable};

/// Variables that are not single settings.
const OTHERS: [&str; 7] = [
    "MIDSTATE_CONFIG",
    "MIDSTATE_URL",
    "MIDSTATE_USER",
    "MIDSTATE_PASS",
    "MIDSTATE_PASS_FILE",
    "MIDSTATE_BOARD",
    "MIDSTATE_SIMULATE",
];

/// The environment, as far as it matters.
pub(super) type Variables = BTreeMap<String, String>;

/// What the variables say.
pub(super) fn parse(variables: &Variables) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for key in KEYS {
        // RUST_LOG is what every Rust program reads; ours beats it.
        let name = key.variable();
        let other = (key.name == "log").then_some("RUST_LOG");
        let Some((name, text)) = [Some(name.as_str()), other]
            .into_iter()
            .flatten()
            .find_map(|name| variables.get_key_value(name))
            .filter(|(_, text)| !text.is_empty())
        else {
            continue;
        };
        let value = key.kind.parse(text).map_err(|problem| ConfigError::Value {
            origin: Origin::Environment(name.clone()),
            key: key.name.to_owned(),
            problem,
        })?;
        layer
            .values
            .insert(key.name, Sourced::new(value, origin(name)));
    }
    pools(&mut layer, variables)?;
    boards(&mut layer, variables)?;
    Ok(layer)
}

/// What to say of variables that look like ours and are not.
pub(super) fn warnings(variables: &Variables) -> Vec<String> {
    let names = variables.keys().filter(|name| {
        let name = name.as_str();
        let ours = name.starts_with("MIDSTATE_") && !name.starts_with("MIDSTATE_TEST");
        ours && !OTHERS.contains(&name) && KEYS.iter().all(|key| key.variable() != name)
    });
    names.map(|name| unknown(name)).collect()
}

fn unknown(name: &str) -> String {
    let tail = name.trim_start_matches("MIDSTATE_");
    let singles = KEYS.iter().map(|key| key.name);
    let others = [
        "config",
        "url",
        "user",
        "pass",
        "pass-file",
        "board",
        "simulate",
    ];
    let nearest = keys::nearest(tail, singles.chain(others)).map_or(String::new(), |key| {
        let variable = key.to_uppercase().replace('-', "_");
        format!("; did you mean MIDSTATE_{variable}?")
    });
    let name = printable(name, 80);
    format!("environment variable {name} means nothing to midstate{nearest}")
}

fn origin(name: &str) -> Origin {
    Origin::Environment(name.to_owned())
}

fn text<'a>(variables: &'a Variables, name: &str) -> Option<Sourced<&'a str>> {
    let text = variables.get(name).filter(|text| !text.is_empty())?;
    Some(Sourced::new(text, origin(name)))
}

/// One pool, or several URLs with spaces between them and one login for all.
fn pools(layer: &mut Layer, variables: &Variables) -> Result<(), ConfigError> {
    layer.user = text(variables, "MIDSTATE_USER")
        .map(|user| Sourced::new(user.value.to_owned(), user.origin));
    layer.pass = text(variables, "MIDSTATE_PASS")
        .map(|pass| Sourced::new(Secret::new(pass.value), pass.origin));
    if layer.pass.is_none() {
        let file = text(variables, "MIDSTATE_PASS_FILE");
        layer.pass = file
            .map(|file| super::pools::read_pass(&file))
            .transpose()?;
    }
    let urls = text(variables, "MIDSTATE_URL");
    for url in urls.iter().flat_map(|urls| urls.value.split_whitespace()) {
        let mut pool = RawPool::new(url, origin("MIDSTATE_URL"));
        pool.user.clone_from(&layer.user);
        pool.pass.clone_from(&layer.pass);
        layer.pools.push(pool);
    }
    Ok(())
}

/// Specs as the flags take them, with spaces between them.
fn boards(layer: &mut Layer, variables: &Variables) -> Result<(), ConfigError> {
    let words = |name: &str| -> Vec<&str> {
        let text = variables.get(name).map_or("", String::as_str);
        text.split_whitespace().collect()
    };
    layer.boards = boards::parse_boards(words("MIDSTATE_BOARD"), &origin("MIDSTATE_BOARD"))?;
    layer.simulate = boards::parse_sims(words("MIDSTATE_SIMULATE"), &origin("MIDSTATE_SIMULATE"))?;
    Ok(())
}
