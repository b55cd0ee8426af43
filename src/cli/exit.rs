//! How the program ends: exit statuses (sysexits, so that systemd prints their names) and the error that carries one.

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::board::BoardError;
use crate::config::ConfigError;
use crate::net::NetError;
use crate::report::LogError;
use crate::transport::TransportError;

/// An exit status; a clean stop is 0 and no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Anything that has no status of its own.
    Unexpected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A device or file that was named is not there.
    Absent = 66,
    /// No usable pool (only with `--once`).
    NoPool = 69,
    /// A mistake of ours, or a self-test failed.
    Internal = 70,
    /// Busy; try again later.
    Busy = 75,
    /// Not permitted.
    Denied = 77,
    /// A settings file or the environment is wrong.
    Config = 78,
    /// Stopped for safety.
    Safety = 79,
}

/// What ended the program: a sentence, its causes, what to try, and the exit status.
#[derive(Debug)]
pub struct CliError {
    exit: Exit,
    text: String,
    source: Option<Box<dyn Error + Send + Sync>>,
    hint: Option<String>,
}

impl CliError {
    /// An error that says `text`.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            exit,
            text: text.into(),
            source: None,
            hint: None,
        }
    }

    /// Adds the cause.
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds what to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The exit status.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// The exit status as `main` returns it.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.exit as u8)
    }

    /// The whole chain in one line, and the hint in a second one.
    pub fn report(&self) -> String {
        let mut text = self.text.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            let words = error.to_string();
            if !text.ends_with(&words) {
                text = format!("{text}: {words}");
            }
            cause = error.source();
        }
        match &self.hint {
            Some(hint) => format!("error: {text}\nhint: {hint}"),
            None => format!("error: {text}"),
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for CliError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        let exit = match &error {
            ConfigError::Unreadable { source, .. } => exit_of(source, Exit::Config),
            error if error.is_usage() => Exit::Usage,
            _ => Exit::Config,
        };
        let hint = error.hint().map(str::to_owned);
        Self {
            hint,
            ..wrap(exit, error)
        }
    }
}

impl From<NetError> for CliError {
    fn from(error: NetError) -> Self {
        let exit = match &error {
            NetError::CaUnreadable { source, .. } => exit_of(source, Exit::Config),
            NetError::CaFile { .. } => Exit::Usage,
            _ => Exit::Unexpected,
        };
        wrap(exit, error)
    }
}

impl From<BoardError> for CliError {
    fn from(error: BoardError) -> Self {
        match error {
            BoardError::Transport(error) => error.into(),
            BoardError::Option { .. } | BoardError::UnknownModel(_) | BoardError::NoEmulator(_) => {
                wrap(Exit::Usage, error)
                    .hint("`midstate models` lists the models and their options")
            }
            _ => wrap(Exit::Unexpected, error),
        }
    }
}

impl From<TransportError> for CliError {
    fn from(error: TransportError) -> Self {
        let exit = match &error {
            TransportError::Gone { .. } | TransportError::NotFound(_) => Exit::Absent,
            TransportError::Denied(_) => Exit::Denied,
            TransportError::Busy(_) => Exit::Busy,
            TransportError::Io { source, .. } => exit_of(source, Exit::Unexpected),
            TransportError::Baud { .. } | TransportError::Stopped { .. } => Exit::Unexpected,
        };
        let error = wrap(exit, error);
        match exit {
            Exit::Absent | Exit::Denied => {
                error.hint("`midstate --scan` lists the ports, and how to get access to them")
            }
            _ => error,
        }
    }
}

impl From<LogError> for CliError {
    fn from(error: LogError) -> Self {
        wrap(Exit::Internal, error)
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        wrap(exit_of(&error, Exit::Unexpected), error)
    }
}

/// The error itself as the sentence, its source as the cause.
fn wrap(exit: Exit, error: impl Error + Send + Sync + 'static) -> CliError {
    CliError::new(exit, error.to_string()).because(error)
}

fn exit_of(error: &io::Error, otherwise: Exit) -> Exit {
    match error.kind() {
        io::ErrorKind::NotFound => Exit::Absent,
        io::ErrorKind::PermissionDenied => Exit::Denied,
        io::ErrorKind::AddrInUse | io::ErrorKind::ResourceBusy => Exit::Busy,
        _ => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    #[test]
    fn the_chain_is_told_once_and_the_hint_after_it() {
        let error = CliError::new(Exit::NoPool, "no pool is usable")
            .because(io::Error::other("refused"))
            .hint("check the URL");
        assert_eq!(
            error.report(),
            "error: no pool is usable: refused\nhint: check the URL"
        );
        let error = CliError::from(io::Error::other("broken"));
        assert_eq!(error.report(), "error: broken");
    }

    #[test]
    fn errors_have_their_statuses() {
        let unreadable = |kind: io::ErrorKind| ConfigError::Unreadable {
            origin: Origin::Flag("--config"),
            file: "c".into(),
            source: kind.into(),
        };
        let exit = |error: CliError| error.exit() as u8;
        assert_eq!(exit(unreadable(io::ErrorKind::NotFound).into()), 66);
        assert_eq!(exit(unreadable(io::ErrorKind::PermissionDenied).into()), 77);
        let ca = |kind: io::ErrorKind| NetError::CaUnreadable {
            path: "ca.pem".into(),
            source: kind.into(),
        };
        assert_eq!(exit(ca(io::ErrorKind::NotFound).into()), 66);
        assert_eq!(exit(ca(io::ErrorKind::PermissionDenied).into()), 77);
        let file = tempfile::NamedTempFile::new().unwrap();
        let empty = crate::net::TlsSettings::new(Some(file.path())).unwrap_err();
        assert_eq!(exit(empty.into()), 2);
        assert_eq!(exit(ConfigError::NoPool.into()), 2);
        assert_eq!(exit(TransportError::Denied("/dev/x".into()).into()), 77);
        assert_eq!(exit(TransportError::Busy("/dev/x".into()).into()), 75);
        assert_eq!(exit(BoardError::UnknownModel("x".into()).into()), 2);
        assert_eq!(exit(io::Error::from(io::ErrorKind::AddrInUse).into()), 75);
    }
}
