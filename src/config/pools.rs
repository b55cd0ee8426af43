//! Pools: from URL, user and password of flag, environment or file to a checked entry of the failover list.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{ConfigError, Origin, Sourced};
use crate::pool::{Endpoint, Framing};
use crate::units::{Secret, printable};

/// A pool of the failover list.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Where it is and what it speaks.
    pub endpoint: Endpoint,
    /// Worker name.
    pub user: String,
    /// Password.
    pub pass: Secret,
    /// Where it was configured.
    pub origin: Origin,
}

impl fmt::Display for PoolSettings {
    /// Its URL and its worker, without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.endpoint, printable(&self.user, 200))
    }
}

/// A pool as it was written: flags, environment and files each make these.
#[derive(Debug, Clone)]
pub struct RawPool {
    /// Its URL; may hold credentials, so it is never shown.
    pub url: Sourced<Secret>,
    /// Worker name.
    pub user: Option<Sourced<String>>,
    /// Password.
    pub pass: Option<Sourced<Secret>>,
    /// File whose first line is the password.
    pub pass_file: Option<Sourced<PathBuf>>,
}

/// The password when none is given: what miners have always typed.
const ANY_PASSWORD: &str = "x";

impl RawPool {
    /// A pool with nothing but a URL.
    pub fn new(url: impl Into<String>, origin: Origin) -> Self {
        Self {
            url: Sourced::new(Secret::new(url), origin),
            user: None,
            pass: None,
            pass_file: None,
        }
    }

    /// Whether its URL carries a user, and a password.
    pub(super) fn login_in_url(&self) -> (bool, bool) {
        let parsed = Endpoint::parse(self.url.value.expose());
        parsed.map_or((false, false), |(_, login)| {
            (login.user.is_some(), login.pass.is_some())
        })
    }

    /// Checks it and reads its password file. A pool that is asked by HTTP needs no user where there is a `cookie`.
    pub(super) fn resolve(&self, cookie: bool) -> Result<PoolSettings, ConfigError> {
        let origin = self.url.origin.clone();
        let (endpoint, in_url) = Endpoint::parse(self.url.value.expose()).map_err(|source| {
            let origin = origin.clone();
            ConfigError::Url { origin, source }
        })?;
        let user = self.user.as_ref().map(|user| user.value.clone());
        let user = user.or(in_url.user).filter(|user| !user.is_empty());
        let by_cookie = cookie && matches!(endpoint.protocol.framing, Framing::Http { .. });
        let user = user.or(by_cookie.then(|| "cookie".to_owned()));
        let pass = match self.given_pass()? {
            Some(pass) => pass,
            None => in_url.pass.unwrap_or_else(|| Secret::new(ANY_PASSWORD)),
        };
        let url = endpoint.to_string();
        Ok(PoolSettings {
            user: user.ok_or(ConfigError::NoUser {
                origin: origin.clone(),
                url,
            })?,
            endpoint,
            pass,
            origin,
        })
    }

    fn given_pass(&self) -> Result<Option<Secret>, ConfigError> {
        match (&self.pass, &self.pass_file) {
            (Some(pass), _) => Ok(Some(pass.value.clone())),
            (None, Some(file)) => read_pass(file).map(|pass| Some(pass.value)),
            (None, None) => Ok(None),
        }
    }
}

/// The first line of a password file.
pub(super) fn read_pass(file: &Sourced<impl AsRef<Path>>) -> Result<Sourced<Secret>, ConfigError> {
    let path = file.value.as_ref();
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        origin: file.origin.clone(),
        file: path.to_owned(),
        source,
    })?;
    let first = text.lines().next().unwrap_or_default();
    Ok(Sourced::new(Secret::new(first), file.origin.clone()))
}

/// Splits `USER:PASS` at its first colon. The error does not show the text.
///
/// # Errors
/// When there is no colon.
pub fn split_userpass(text: &str) -> Result<(String, Secret), ConfigError> {
    match text.split_once(':') {
        Some((user, pass)) => Ok((user.to_owned(), Secret::new(pass))),
        None => Err(ConfigError::Pairing(
            "-O/--userpass: expected USER:PASS with a colon in it".to_owned(),
        )),
    }
}
