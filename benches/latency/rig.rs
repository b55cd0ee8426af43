//! The measuring side of one contestant: a pool's socket and n boards' pseudo-terminals behind one poll, on one thread.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use midstate::transport::Pty;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use serde_json::Value;

use super::pool;

const LISTENER: Token = Token(usize::MAX);
const SOCKET: Token = Token(usize::MAX - 1);
/// The known-answer job of classic-boards.md section 4.1 without its filler: midstate, tail.
const GOLDEN: (&str, &str) = (
    "4679ba4ec99876bf4bfe086082b400254df6c356451471139a3afa71e48f544a",
    "87320b1a1426674f2fa722ce",
);
/// Its answer.
const GOLDEN_NONCE: [u8; 4] = [0x00, 0x01, 0x87, 0xa2];
/// Bytes of a job.
const JOB: usize = 64;
/// Where a job holds the time stamp, least significant byte first.
const NTIME: std::ops::Range<usize> = 56..60;

/// A fake Icarus: collects 64 bytes, knows the golden job.
struct Board {
    pty: Pty,
    job: Vec<u8>,
    /// When the first byte of the job that is arriving was read.
    began: Instant,
    /// When the first byte of the work that is waited for was read.
    served: Option<Instant>,
}

/// A contestant's surroundings.
pub(super) struct Rig {
    poll: Poll,
    listener: TcpListener,
    socket: Option<TcpStream>,
    heard: Vec<u8>,
    boards: Vec<Board>,
    /// The time stamp of the work that counts; `None`: any (the floor knows no jobs).
    wanted: Option<u32>,
    /// The job whose shares count; empty: any.
    wanted_job: String,
    served: usize,
    submitted: Option<Instant>,
    authorized: bool,
}

/// The way of one notify.
pub(super) struct Spread {
    /// To each board, in the order of arrival.
    pub(super) each: Vec<Duration>,
}

/// The way of one nonce.
pub(super) struct Reaction {
    /// To the submit on the socket.
    pub(super) submit: Duration,
    /// To the first byte of the next work.
    pub(super) work: Duration,
}

type Step<T> = Result<T, Box<dyn Error>>;

impl Rig {
    /// `boards` fake boards and a pool that nobody has called yet.
    pub(super) fn new(boards: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let watch = |fd, token| {
            poll.registry()
                .register(&mut SourceFd(&fd), token, Interest::READABLE)
        };
        watch(listener.as_raw_fd(), LISTENER)?;
        let boards: Vec<Board> = (0..boards)
            .map(|_| Board::new())
            .collect::<Result<_, _>>()?;
        for (index, board) in boards.iter().enumerate() {
            watch(board.pty.master().as_raw_fd(), Token(index))?;
        }
        Ok(Self {
            poll,
            listener,
            socket: None,
            heard: Vec::new(),
            boards,
            wanted: None,
            wanted_job: String::new(),
            served: 0,
            submitted: None,
            authorized: false,
        })
    }

    pub(super) fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let path = |board: &Board| board.pty.path().to_owned();
        self.boards.iter().map(path).collect()
    }

    /// Waits until somebody has connected.
    pub(super) fn wait_for_call(&mut self) -> Step<()> {
        self.until("a connection", Duration::from_secs(30), |rig| {
            rig.socket.is_some()
        })
    }

    /// Waits until a miner has logged in, then gives it job `number` until every board has work of it.
    pub(super) fn wait_for_miner(&mut self, number: u32) -> Step<()> {
        self.until("a login", Duration::from_secs(30), |rig| rig.authorized)?;
        self.expect(Some(number));
        self.send(&(pool::set_target(0) + &pool::notify(number)))?;
        let all = self.boards.len();
        self.until("the boards' first work", Duration::from_secs(60), |rig| {
            rig.served >= all
        })
    }

    /// Sends a clean job and waits for its work at every board; `number` is `None` for one who knows no jobs.
    pub(super) fn notify(&mut self, line: &str, number: Option<u32>) -> Step<Spread> {
        self.expect(number);
        let sent = Instant::now();
        self.send(line)?;
        let all = self.boards.len();
        self.until("work at every board", Duration::from_secs(5), |rig| {
            rig.served >= all
        })?;
        let mut each: Vec<Duration> = self
            .boards
            .iter()
            .filter_map(|board| Some(board.served?.saturating_duration_since(sent)))
            .collect();
        each.sort_unstable();
        Ok(Spread { each })
    }

    /// A nonce from one board: waits for its submit and for the board's next work.
    pub(super) fn nonce(
        &mut self,
        board: usize,
        nonce: u32,
        number: Option<u32>,
    ) -> Step<Reaction> {
        self.expect(number);
        let sent = Instant::now();
        self.boards[board]
            .pty
            .master()
            .write_all(&nonce.to_be_bytes())?;
        self.until(
            "a submit and the next work",
            Duration::from_secs(5),
            |rig| rig.submitted.is_some() && rig.boards[board].served.is_some(),
        )?;
        let since = |time: Option<Instant>| time.unwrap_or(sent).saturating_duration_since(sent);
        Ok(Reaction {
            submit: since(self.submitted),
            work: since(self.boards[board].served),
        })
    }

    /// Sends lines and waits for the first share of job `number`.
    pub(super) fn first_share(&mut self, lines: &str, number: u32) -> Step<Duration> {
        self.expect(Some(number));
        self.wanted_job = pool::job_id(number);
        let sent = Instant::now();
        self.send(lines)?;
        self.until("a share", Duration::from_secs(5), |rig| {
            rig.submitted.is_some()
        })?;
        let submitted = self.submitted.unwrap_or(sent);
        Ok(submitted.saturating_duration_since(sent))
    }

    /// Lets `time` pass, doing what a pool and boards do.
    pub(super) fn rest(&mut self, time: Duration) -> Step<()> {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.step(left)?;
        }
        Ok(())
    }

    /// Sends lines to the miner, in one write.
    pub(super) fn send(&mut self, lines: &str) -> Step<()> {
        let socket = self.socket.as_mut().ok_or("nobody is connected")?;
        Ok(socket.write_all(lines.as_bytes())?)
    }

    fn expect(&mut self, number: Option<u32>) {
        self.wanted = number.map(pool::ntime);
        self.wanted_job.clear();
        self.served = 0;
        self.submitted = None;
        self.boards.iter_mut().for_each(|board| board.served = None);
    }

    fn until(&mut self, what: &str, patience: Duration, done: impl Fn(&Self) -> bool) -> Step<()> {
        let end = Instant::now() + patience;
        while !done(self) {
            let left = end.checked_duration_since(Instant::now());
            self.step(left.ok_or_else(|| format!("no {what} within {patience:?}"))?)?;
        }
        Ok(())
    }

    fn step(&mut self, patience: Duration) -> Step<()> {
        let mut events = Events::with_capacity(256);
        match self.poll.poll(&mut events, Some(patience)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &events {
            match event.token() {
                LISTENER => self.accept()?,
                SOCKET => self.hear()?,
                Token(board) => self.hear_board(board)?,
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> Step<()> {
        let (socket, _) = self.listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let fd = socket.as_raw_fd();
        self.poll
            .registry()
            .register(&mut SourceFd(&fd), SOCKET, Interest::READABLE)?;
        self.socket = Some(socket);
        Ok(())
    }

    fn hear(&mut self) -> Step<()> {
        let mut buf = [0; 16384];
        loop {
            let socket = self.socket.as_mut().ok_or("nobody is connected")?;
            match socket.read(&mut buf) {
                Ok(0) => return Err("the contestant has hung up".into()),
                Ok(count) => {
                    let at = Instant::now();
                    self.heard.extend_from_slice(&buf[..count]);
                    self.take_lines(at)?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take_lines(&mut self, at: Instant) -> Step<()> {
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            let request: Value = serde_json::from_slice(&line)?;
            let method = request["method"].as_str().unwrap_or_default();
            self.authorized |= method == "mining.authorize";
            let job = request["params"][1].as_str().unwrap_or_default();
            let counts = self.wanted_job.is_empty() || job == self.wanted_job;
            if method == "mining.submit" && counts {
                self.submitted.get_or_insert(at);
            }
            self.send(&pool::answer(&request))?;
        }
        Ok(())
    }

    fn hear_board(&mut self, index: usize) -> Step<()> {
        let mut buf = [0; 256];
        let wanted = self.wanted;
        let board = &mut self.boards[index];
        loop {
            match board.pty.master().read(&mut buf) {
                Ok(count) => {
                    let was_served = board.served.is_some();
                    board.take(&buf[..count], Instant::now(), wanted)?;
                    self.served += usize::from(!was_served && board.served.is_some());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Board {
    fn new() -> io::Result<Self> {
        Ok(Self {
            pty: Pty::open()?,
            job: Vec::with_capacity(JOB),
            began: Instant::now(),
            served: None,
        })
    }

    fn take(&mut self, bytes: &[u8], at: Instant, wanted: Option<u32>) -> io::Result<()> {
        for byte in bytes {
            if self.job.is_empty() {
                self.began = at;
            }
            self.job.push(*byte);
            if self.job.len() == JOB {
                self.complete(wanted)?;
                self.job.clear();
            }
        }
        Ok(())
    }

    fn complete(&mut self, wanted: Option<u32>) -> io::Result<()> {
        let (midstate, tail) = (hex::encode(&self.job[..32]), hex::encode(&self.job[52..]));
        if (midstate.as_str(), tail.as_str()) == GOLDEN {
            return self.pty.master().write_all(&GOLDEN_NONCE);
        }
        let ntime = wanted.map(u32::to_le_bytes);
        if ntime.is_none_or(|ntime| self.job[NTIME] == ntime) {
            self.served.get_or_insert(self.began);
        }
        Ok(())
    }
}
