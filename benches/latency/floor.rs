//! The floor: the same I/O with no miner in it, on one thread of a process of its own.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::fs::OFlags;

use super::process::Running;

/// The argument that makes the bench be its own floor.
pub(super) const FLAG: &str = "--be-the-floor";
/// As long as a real submit.
const SUBMIT: &[u8] =
    b"{\"id\":4,\"method\":\"mining.submit\",\"params\":[\"w\",\"00000001\",\"00000000\",\"6553f100\",\"00c0ffee\"]}\n";

/// Starts the floor on a pool at `port` of loopback and on these pseudo-terminals.
pub(super) fn start(port: u16, boards: &[PathBuf]) -> io::Result<Running> {
    let child = Command::new(std::env::current_exe()?)
        .args([FLAG, &port.to_string()])
        .args(boards)
        .stdin(Stdio::null())
        .spawn()?;
    Ok(Running::new(child))
}

/// Is the floor, until the socket is closed.
pub(super) fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let (port, paths) = args.split_first().ok_or("the floor needs a port")?;
    let mut floor = Floor::open(port.parse()?, paths)?;
    let mut events = Events::with_capacity(256);
    loop {
        floor.poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                Token(0) if !floor.serve_socket()? => return Ok(()),
                Token(0) => {}
                Token(board) => floor.serve_board(board - 1)?,
            }
        }
    }
}

struct Floor {
    poll: Poll,
    socket: TcpStream,
    ports: Vec<File>,
}

impl Floor {
    fn open(port: u16, paths: &[String]) -> io::Result<Self> {
        let poll = Poll::new()?;
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let ports: Vec<File> = paths.iter().map(open_port).collect::<Result<_, _>>()?;
        let fds = std::iter::once(socket.as_raw_fd()).chain(ports.iter().map(AsRawFd::as_raw_fd));
        for (token, fd) in fds.enumerate() {
            poll.registry()
                .register(&mut SourceFd(&fd), Token(token), Interest::READABLE)?;
        }
        Ok(Self {
            poll,
            socket,
            ports,
        })
    }

    /// A line makes a write to every board; `false`: the pool has gone.
    fn serve_socket(&mut self) -> io::Result<bool> {
        let mut line = [0; 8192];
        loop {
            match self.socket.read(&mut line) {
                Ok(0) => return Ok(false),
                Ok(count) if line[..count].ends_with(b"\n") => {
                    for port in &mut self.ports {
                        port.write_all(&line[..64])?;
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    /// A nonce makes a write to its board, then one to the pool.
    fn serve_board(&mut self, board: usize) -> io::Result<()> {
        let mut nonce = [0; 64];
        while let Ok(4..) = self.ports[board].read(&mut nonce) {
            self.ports[board].write_all(&[0x55; 64])?;
            self.socket.write_all(SUBMIT)?;
        }
        Ok(())
    }
}

fn open_port(path: &String) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
}
