//! What the boards of a run are, and how each is reached and opened.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tokio::sync::watch;

use super::super::find;
use super::super::links::Ways;
use crate::board::{Board, BoardError, BoardOptions, Emulated, Links, Model};
use crate::miner::{Opener, Order};
use crate::transport::{Stoppable, TransportError};

/// A board of this run: what it is and how it is reached.
#[derive(Debug, Clone)]
pub(crate) struct BoardPlan {
    /// Its model.
    pub(crate) model: &'static Model,
    /// How it is reached.
    pub(crate) reach: Reach,
    /// Its options.
    pub(crate) options: BoardOptions,
    /// Whether nobody named it: its USB identity proved what it is, and must do so again whenever it is plugged in again.
    pub(crate) found: bool,
}

/// How a board is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By this serial port.
    Port(PathBuf),
    /// It is an emulator inside the program; the name that people see.
    Simulated(String),
    /// It is the host's own processor; the name that people see.
    Host(String),
}

impl BoardPlan {
    /// Where it is, for people.
    pub(crate) fn place(&self) -> String {
        match &self.reach {
            Reach::Port(path) => path.display().to_string(),
            Reach::Simulated(name) | Reach::Host(name) => name.clone(),
        }
    }

    /// What it is and where, for people: a simulated board is never passed off as a real one.
    pub(crate) fn described(&self) -> String {
        let simulated = match self.reach {
            Reach::Simulated(_) => " (simulated)",
            _ => "",
        };
        format!("{}{simulated} at {}", self.model.name, self.place())
    }

    /// Whether both are at one serial port, by whatever links they name it, or at two ports of one board.
    pub(crate) fn has_port_of(&self, other: &Self) -> bool {
        let theirs = other.ports();
        self.ports()
            .iter()
            .any(|path| path.is_some() && theirs.contains(path))
    }

    /// Its ports, links followed.
    fn ports(&self) -> [Option<PathBuf>; 2] {
        let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
        match self.ways() {
            Some(Ok(ways)) => [Some(real(ways.data)), ways.control.map(real)],
            Some(Err(_)) | None => match &self.reach {
                Reach::Port(path) => [Some(real(path.clone())), None],
                Reach::Simulated(_) | Reach::Host(_) => [None, None],
            },
        }
    }

    /// The nodes that lead to it, if it is reached by ports.
    fn ways(&self) -> Option<Result<Ways, TransportError>> {
        let Reach::Port(path) = &self.reach else {
            return None;
        };
        Some(Ways::to(self.model, path))
    }

    /// Opens it: the transport first, then the driver over it. The board is not spoken to yet.
    /// Bringing it up ends when `stop` says so.
    pub(crate) fn open(
        &self,
        stop: impl Fn() -> bool + Send + 'static,
    ) -> Result<Box<dyn Board>, BoardError> {
        let links = match &self.reach {
            Reach::Port(path) => Ways::to(self.model, path)?.open(self.model, &self.options)?,
            Reach::Simulated(_) => self.emulated()?.real_time(&self.place()),
            Reach::Host(_) => Links::default(),
        };
        let mut links = links.traced(&self.place());
        links.data = links
            .data
            .map(|data| Box::new(Stoppable::new(data, stop)) as _);
        (self.model.open)(links, &self.remembering()?)
    }

    /// The options, with the folder where a real board's tuner keeps what it found unless another was named.
    fn remembering(&self) -> Result<BoardOptions, BoardError> {
        const KEY: &str = "state-dir";
        let real = matches!(self.reach, Reach::Port(_));
        let takes = self.model.options.iter().any(|option| option.key == KEY);
        let named = self.options.text(KEY).is_some();
        match state_dir().filter(|_| real && takes && !named) {
            Some(folder) => self.options.clone().with(KEY, &folder.to_string_lossy()),
            None => Ok(self.options.clone()),
        }
    }

    fn emulated(&self) -> Result<Emulated, BoardError> {
        let emulate = self.model.emulate;
        emulate.ok_or(BoardError::NoEmulator(self.model.name))?(&self.options)
    }

    /// Which node its port is; `None`: a port is not there, or there is no port.
    pub(super) fn node(&self) -> Option<Node> {
        let ways = self.ways()?.ok()?;
        if let Some(control) = &ways.control {
            Node::at(control)?;
        }
        Node::at(&ways.data)
    }

    /// Whether what is at its port now is what it was taken for.
    pub(super) fn is_still_itself(&self) -> bool {
        let is_this = |other: &Self| other.model.name == self.model.name && other.has_port_of(self);
        !self.found || find::certain_boards().iter().any(is_this)
    }

    /// Opens it each time anew, for as long as somebody gives `orders`.
    pub(super) fn opener(&self, orders: &watch::Receiver<Order>) -> Opener {
        let (plan, orders) = (self.clone(), orders.clone());
        Box::new(move || {
            let orders = orders.clone();
            plan.open(move || orders.has_changed().is_err())
        })
    }
}

/// Where programs keep what is not configuration, by the XDG base directory specification.
fn state_dir() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = set("XDG_STATE_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/state")))?;
    Some(folder.join("midstate"))
}

/// One appearance of a port: another one at the same path means that it was plugged in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    number: u64,
    /// The link that leads to it, which is made anew with it; numbers of pseudo-terminals are given out again.
    link: Option<(u64, i64, i64)>,
}

impl Node {
    fn at(path: &Path) -> Option<Self> {
        let number = std::fs::metadata(path).ok()?.ino();
        let made = |link: Metadata| (link.ino(), link.ctime(), link.ctime_nsec());
        let link = std::fs::symlink_metadata(path).ok();
        let link = link.filter(Metadata::is_symlink).map(made);
        Some(Self { number, link })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: PathBuf) -> BoardPlan {
        BoardPlan {
            model: crate::board::model("icarus").unwrap(),
            reach: Reach::Port(path),
            options: BoardOptions::none(),
            found: false,
        }
    }

    /// Found by hand: a port named twice, or named and found by itself under another name, became two boards that fought for it.
    #[test]
    fn a_port_is_one_port_under_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let port = folder.path().join("ttyUSB0");
        std::fs::write(&port, "").unwrap();
        let link = folder.path().join("by-id");
        std::os::unix::fs::symlink(&port, &link).unwrap();
        assert!(at(port.clone()).has_port_of(&at(link.clone())));
        assert!(!at(port).has_port_of(&at(folder.path().join("ttyUSB1"))));
        assert!(at("/nowhere".into()).has_port_of(&at("/nowhere".into())));
    }
}
