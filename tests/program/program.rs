//! A running midstate, and what it says line by line.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The program's path.
const MIDSTATE: &str = env!("CARGO_BIN_EXE_midstate");

/// How long anything may take before a test gives up: far more than it ever needs, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);

/// A process of the program; dropped, it is killed.
pub(crate) struct Program {
    child: Child,
    said: Arc<Said>,
    readers: Vec<JoinHandle<()>>,
    /// Lines before this one have been awaited already.
    heard: usize,
    /// Home of this process: no settings of the machine's user come in.
    _home: TempDir,
}

/// What a process has said so far.
#[derive(Default)]
struct Said {
    lines: Mutex<Vec<Line>>,
    more: Condvar,
}

/// A line, and whether it came on standard output.
#[derive(Clone)]
struct Line {
    text: String,
    is_result: bool,
}

/// A process that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
}

impl Program {
    /// Starts `midstate` with the words of `line`, separated by blanks.
    pub(crate) fn start(line: &str) -> Self {
        Self::start_with(&line.split_whitespace().collect::<Vec<_>>(), &[])
    }

    /// Starts `midstate` with the words of `line` through a program that then becomes it, such as `nohup`.
    pub(crate) fn start_through(through: &[&str], line: &str) -> Self {
        let (first, rest) = through.split_first().unwrap();
        let mut command = Command::new(first);
        let words = line.split_whitespace();
        command.args(rest).arg(MIDSTATE).args(words);
        Self::run(command, &[])
    }

    /// Starts `midstate` with `words` and environment `variables`, nothing else in the environment.
    pub(crate) fn start_with(words: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(MIDSTATE);
        command.args(words);
        Self::run(command, variables)
    }

    fn run(mut command: Command, variables: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = command
            .env_clear()
            .env("HOME", home.path())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Said::default());
        let readers = vec![
            read(child.stdout.take().unwrap(), Arc::clone(&said), true),
            read(child.stderr.take().unwrap(), Arc::clone(&said), false),
        ];
        Self {
            child,
            said,
            readers,
            heard: 0,
            _home: home,
        }
    }

    /// Waits for the next line in which `wanted` stands.
    pub(crate) fn await_line(&mut self, wanted: &str) -> String {
        self.await_that(wanted, |line| line.contains(wanted))
    }

    /// Waits for the next line that `is_wanted`; lines before it count as heard.
    pub(crate) fn await_that(&mut self, what: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.said.lines.lock().unwrap();
        loop {
            while self.heard < lines.len() {
                let line = lines[self.heard].text.clone();
                self.heard += 1;
                if is_wanted(&line) {
                    return line;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what:?} in\n{}", shown(&lines));
            lines = self.said.more.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Waits for `count` more lines in which `wanted` stands.
    pub(crate) fn await_lines(&mut self, wanted: &str, count: usize) {
        for _ in 0..count {
            self.await_line(wanted);
        }
    }

    /// Waits for a line of standard output that is a JSON object with this `event`.
    pub(crate) fn await_event(&mut self, event: &str) -> Value {
        let parse = |line: &str| serde_json::from_str::<Value>(line).ok();
        let is_it = |line: &str| parse(line).is_some_and(|value| value["event"] == event);
        parse(&self.await_that(event, is_it)).unwrap()
    }

    /// Waits for one of each of these events, in whatever order they come; they are in the order of `events`.
    pub(crate) fn await_events<const N: usize>(&mut self, events: [&str; N]) -> [Value; N] {
        let mut found = [const { Value::Null }; N];
        while let Some(missing) = found.iter().position(Value::is_null) {
            let what = events[missing];
            let event = |line: &str| -> Option<(usize, Value)> {
                let value: Value = serde_json::from_str(line).ok()?;
                let which = events.iter().position(|event| value["event"] == *event)?;
                Some((which, value))
            };
            let line = self.await_that(what, |line| event(line).is_some());
            let (which, value) = event(&line).unwrap();
            found[which] = value;
        }
        found
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        kilobytes.unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended() {
            assert!(
                Instant::now() < deadline,
                "it does not end:\n{}",
                shown(&self.said.lines.lock().unwrap())
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        let code = self.child.wait().unwrap().code();
        self.readers
            .drain(..)
            .for_each(|reader| reader.join().unwrap());
        let lines = self.said.lines.lock().unwrap();
        let of = |is_result| {
            let lines = lines.iter().filter(|line| line.is_result == is_result);
            lines.map(|line| line.text.clone()).collect()
        };
        Ended {
            code,
            stdout: of(true),
            stderr: of(false),
        }
    }

    /// Asks it to end, as `kill` does, and waits.
    pub(crate) fn terminate(self) -> Ended {
        self.signal(Signal::TERM);
        self.end()
    }

    /// Kills it, as a crash would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Everything that was said.
    pub(crate) fn everything(&self) -> String {
        [self.stdout.join("\n"), self.stderr.join("\n")].join("\n")
    }

    /// The last line of standard output, which is one JSON object.
    pub(crate) fn summary(&self) -> Value {
        let last = self.stdout.last();
        let last = last.unwrap_or_else(|| panic!("no result in\n{}", self.everything()));
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error} in {last}"))
    }

    /// That it ended well; what it said stands in the failure.
    pub(crate) fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}", self.everything());
    }
}

fn read(stream: impl Read + Send + 'static, said: Arc<Said>, is_result: bool) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut bytes = Vec::new();
        while stream
            .read_until(b'\n', &mut bytes)
            .is_ok_and(|count| count > 0)
        {
            let text = String::from_utf8_lossy(&bytes)
                .trim_end_matches('\n')
                .to_owned();
            said.lines.lock().unwrap().push(Line { text, is_result });
            said.more.notify_all();
            bytes.clear();
        }
    })
}

fn shown(lines: &[Line]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    lines.join("\n")
}

/// A loopback port on which nobody listens, for now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// `midstate pool` on a free port, and its URL.
pub(crate) fn pool(options: &str) -> (Program, String) {
    let mut pool = Program::start(&format!("pool --listen 127.0.0.1:0 --json {options}"));
    let url = pool.await_event("listening")["url"]
        .as_str()
        .unwrap()
        .to_owned();
    (pool, url)
}

/// A board behind a pseudo-terminal, once it can be opened.
pub(crate) fn emulated(model: &str, link: &std::path::Path, options: &str) -> Program {
    let link = link.display();
    let mut board = Program::start(&format!("emulate {model} --pty {link} --json {options}"));
    board.await_event("ready");
    board
}

/// A folder for pseudo-terminals' links.
pub(crate) struct Ports(TempDir);

impl Ports {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The port `name`.
    pub(crate) fn port(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
