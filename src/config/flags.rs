//! The command line's share of the settings, as plain values: `cli` fills it in, so this room knows no argument parser.

use std::path::PathBuf;

use super::keys;
use super::layer::Layer;
use super::pools::RawPool;
use super::{ConfigError, Origin, Sourced, boards};
use crate::units::Secret;

/// What the command line says.
#[derive(Debug, Default)]
pub struct Flags {
    /// `--config`: instead of the user's own file.
    pub config: Option<PathBuf>,
    /// The pools, each with what belongs to it.
    pub pools: Vec<RawPool>,
    /// The user for pools that flags do not name.
    pub user: Option<String>,
    /// The password for pools that flags do not name.
    pub pass: Option<Secret>,
    /// Each `--board`.
    pub boards: Vec<String>,
    /// Each `--simulate`.
    pub simulate: Vec<String>,
    /// Single settings: key, flag, text (a proxy's URL may hold a password); see [`Flags::set`].
    pub values: Vec<(&'static str, &'static str, Secret)>,
}

impl Flags {
    /// Sets the setting `key`, by the flag `flag`, to `text`, in the form that the environment has.
    pub fn set(&mut self, key: &'static str, flag: &'static str, text: impl Into<String>) {
        let text = Secret::new(text);
        self.values.push((key, flag, text));
    }

    /// As [`set`](Self::set), if there is a text.
    pub fn set_if(
        &mut self,
        key: &'static str,
        flag: &'static str,
        text: Option<impl Into<String>>,
    ) {
        if let Some(text) = text {
            self.set(key, flag, text);
        }
    }

    pub(super) fn layer(&self) -> Result<Layer, ConfigError> {
        let mut layer = Layer {
            pools: self.pools.clone(),
            boards: boards::parse_boards(self.boards.iter(), &Origin::Flag("--board"))?,
            simulate: boards::parse_sims(self.simulate.iter(), &Origin::Flag("--simulate"))?,
            user: self.user.clone().map(|user| from("-u", user)),
            pass: self.pass.clone().map(|pass| from("-p", pass)),
            ..Layer::default()
        };
        for (name, flag, text) in &self.values {
            let key = keys::find(name).expect("flags set keys of the table");
            let parsed = key.kind.parse(text.expose());
            let value = parsed.map_err(|problem| ConfigError::Value {
                origin: Origin::Flag(flag),
                key: key.name.to_owned(),
                problem,
            })?;
            layer.values.insert(key.name, from(flag, value));
        }
        Ok(layer)
    }
}

fn from<T>(flag: &'static str, value: T) -> Sourced<T> {
    Sourced::new(value, Origin::Flag(flag))
}
