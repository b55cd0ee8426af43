//! The program under test and the floor as processes: started, asked for their costs, ended.

use std::error::Error;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A child process that does not outlive its value.
pub(super) struct Running {
    child: Child,
    /// Its configuration and log.
    folder: Option<TempDir>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        for _ in 0..200 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the boards of a run are.
pub(super) enum Boards {
    /// Icarus boards at these ports, one slice each, 380 MH/s.
    Icarus(Vec<PathBuf>),
    /// So many threads of the processor.
    Software(usize),
}

impl Boards {
    /// Their part of the configuration file.
    fn tables(&self) -> String {
        match self {
            Self::Icarus(ports) => ports.iter().map(|port| icarus(port)).collect(),
            // A threshold of 16 bits makes a burst of shares plausible to the miner.
            Self::Software(threads) => {
                "[[board]]\nmodel = \"cpu\"\nzero-bits = 16\n".repeat(*threads)
            }
        }
    }
}

fn icarus(port: &Path) -> String {
    format!(
        "[[board]]\nmodel = \"icarus\"\nport = \"{}\"\nslices = 1\nhash-time = 2.64083\n",
        port.display()
    )
}

impl Running {
    pub(super) const fn new(child: Child) -> Self {
        Self {
            child,
            folder: None,
        }
    }

    /// Starts midstate, as it was built for this bench, on a pool at `port` of loopback.
    pub(super) fn midstate(port: u16, boards: &Boards) -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        let config = folder.path().join("midstate.toml");
        let pool = format!("[[pool]]\nurl = \"stratum+tcp://127.0.0.1:{port}\"\nuser = \"w\"\n");
        std::fs::write(&config, pool + &boards.tables())?;
        let log = File::create(folder.path().join("log"))?;
        let child = Command::new(env!("CARGO_BIN_EXE_midstate"))
            .arg("-q")
            .arg("--config")
            .arg(&config)
            .env("HOME", folder.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        Ok(Self {
            child,
            folder: Some(folder),
        })
    }

    /// What it has said on standard error.
    pub(super) fn log(&self) -> String {
        let path = self.folder.as_ref().map(|folder| folder.path().join("log"));
        path.and_then(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_default()
    }

    fn proc(&self) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string())
    }

    /// Processor time of all its threads, from the scheduler's own books.
    pub(super) fn cpu_time(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for task in std::fs::read_dir(self.proc().join("task"))? {
            let stat = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let first = stat.split_whitespace().next().unwrap_or_default();
            nanoseconds += first.parse::<u64>().map_err(io::Error::other)?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// How often its threads went to sleep.
    pub(super) fn switches(&self) -> io::Result<u64> {
        let mut switches = 0;
        for task in std::fs::read_dir(self.proc().join("task"))? {
            switches += status(&task?.path(), "voluntary_ctxt_switches")?;
        }
        Ok(switches)
    }

    /// Resident memory in KiB.
    pub(super) fn resident(&self) -> io::Result<u64> {
        status(&self.proc(), "VmRSS")
    }
}

/// A number of a process's `status` file.
fn status(proc: &Path, key: &str) -> io::Result<u64> {
    let status = std::fs::read_to_string(proc.join("status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let value = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
    value.unwrap_or_default().parse().map_err(io::Error::other)
}

/// How many cores there are.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What the figures were measured on.
pub(super) fn machine(raised: bool) -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let model = model
        .and_then(|line| line.split(": ").nth(1))
        .unwrap_or("?");
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split_whitespace().take(2).collect();
    format!(
        "{model}, {} cores, load {}, priority {}",
        cores(),
        load.join(" "),
        if raised { "raised" } else { "as usual" },
    )
}
