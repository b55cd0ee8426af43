//! A pseudo-terminal, and an emulator behind it in real time: a board made of software that any program opens as a serial port.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::Emulator;
use super::pace::{Pace, TICK};

/// A pseudo-terminal in raw mode. Dropping it is an unplug for whoever has the other end open.
#[derive(Debug)]
pub struct Pty {
    master: File,
    /// Our own hold on the far end: without one the master's reads fail while nobody else has it open.
    slave: File,
    path: PathBuf,
    link: Option<PathBuf>,
}

impl Pty {
    /// Makes one.
    ///
    /// # Errors
    /// The system's: no `/dev/pts`, or no more of them.
    pub fn open() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let path = PathBuf::from(String::from_utf8_lossy(name.as_bytes()).into_owned());
        let slave = open_raw(&path)?;
        rustix::fs::fcntl_setfl(&master, OFlags::NONBLOCK)?;
        Ok(Self {
            master: master.into(),
            slave,
            path,
            link: None,
        })
    }

    /// The path that a program opens as its serial port.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The near end, non-blocking: what is written to it arrives at whoever has [`path`](Pty::path) open.
    pub fn master(&self) -> &File {
        &self.master
    }

    /// The line speed that the far end was set to, in bits a second.
    ///
    /// # Errors
    /// The system's.
    pub fn baud(&self) -> io::Result<u32> {
        Ok(tcgetattr(&self.slave)?.output_speed())
    }

    /// Puts a symbolic link to the far end at `link`, removed when this is dropped. A link that a killed run left behind is replaced.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when something else is there; else the system's.
    pub fn link(&mut self, link: &Path) -> io::Result<()> {
        if is_left_over(link) {
            std::fs::remove_file(link)?;
        }
        symlink(&self.path, link).map_err(|error| {
            let problem = format!("cannot make the link {}: {error}", link.display());
            io::Error::new(error.kind(), problem)
        })?;
        self.unlink();
        self.link = Some(link.to_owned());
        Ok(())
    }

    fn unlink(&mut self) {
        if let Some(link) = self.link.take()
            && std::fs::read_link(&link).is_ok_and(|target| target == self.path)
        {
            // Nothing to be done about it at the end of our time.
            let _ = std::fs::remove_file(link);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.unlink();
    }
}

fn open_raw(path: &Path) -> io::Result<File> {
    let slave = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NOCTTY.bits().cast_signed())
        .open(path)?;
    let mut settings = tcgetattr(&slave)?;
    settings.make_raw();
    tcsetattr(&slave, OptionalActions::Now, &settings)?;
    Ok(slave)
}

/// A link to a pseudo-terminal that is no more, or whose number was given to another one since: that is younger than the link.
fn is_left_over(link: &Path) -> bool {
    let Ok(target) = std::fs::read_link(link) else {
        return false;
    };
    let made = |data: Metadata| (data.ctime(), data.ctime_nsec());
    let linked = std::fs::symlink_metadata(link).map(made);
    let terminal = std::fs::metadata(&target).map(made);
    let is_younger = || linked.is_ok_and(|linked| terminal.is_ok_and(|made| made > linked));
    target.starts_with("/dev/pts") && (!target.exists() || is_younger())
}

/// Lets `emulator` answer behind `pty` in real time until `stop`, which is noticed within a few milliseconds.
///
/// What the far end does not read is lost once its buffer is full, as on a wire.
///
/// # Errors
/// The system's.
pub fn serve_emulator(emulator: &mut dyn Emulator, pty: &Pty, stop: &AtomicBool) -> io::Result<()> {
    let mut server = Server::new(pty)?;
    while !stop.load(Ordering::Acquire) {
        server.turn(emulator)?;
    }
    Ok(())
}

struct Server<'a> {
    pty: &'a Pty,
    poll: Poll,
    events: Events,
    pace: Pace,
    baud: u32,
    out: Vec<u8>,
}

impl<'a> Server<'a> {
    fn new(pty: &'a Pty) -> io::Result<Self> {
        let poll = Poll::new()?;
        let fd = pty.master.as_raw_fd();
        poll.registry()
            .register(&mut SourceFd(&fd), Token(0), Interest::READABLE)?;
        Ok(Self {
            pty,
            poll,
            events: Events::with_capacity(2),
            pace: Pace::new(Instant::now()),
            baud: 0,
            out: Vec::new(),
        })
    }

    /// Hears the host, lets the device live up to now, says what it says, and waits for the next tick or byte.
    fn turn(&mut self, emulator: &mut dyn Emulator) -> io::Result<()> {
        self.follow_baud(emulator)?;
        self.hear(emulator)?;
        let caught_up = self.pace.run(emulator, Instant::now(), &mut self.out);
        self.say()?;
        let patience = if caught_up { TICK } else { Duration::ZERO };
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    fn follow_baud(&mut self, emulator: &mut dyn Emulator) -> io::Result<()> {
        let baud = self.pty.baud()?;
        if baud != self.baud {
            self.baud = baud;
            emulator.set_baud(baud);
        }
        Ok(())
    }

    fn hear(&mut self, emulator: &mut dyn Emulator) -> io::Result<()> {
        let mut buf = [0; 512];
        // Bounded: a host that never stops talking does not keep us from noticing the end.
        for _ in 0..64 {
            match self.pty.master().read(&mut buf) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    // The host may have changed the speed just before it wrote.
                    self.follow_baud(emulator)?;
                    emulator.receive(&buf[..count], self.pace.reached());
                    self.pace.startle();
                }
                Err(error) => return quiet(error),
            }
        }
        Ok(())
    }

    fn say(&mut self) -> io::Result<()> {
        let said = std::mem::take(&mut self.out);
        let written = self.pty.master().write(&said);
        self.out = said;
        self.out.clear();
        written.map_or_else(quiet, |_| Ok(()))
    }
}

/// Nothing there, or no room: neither is an error here.
fn quiet(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(()),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests;
