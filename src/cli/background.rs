//! `-B` and `--pid-file`: mining without a terminal, and where others find the process.
//!
//! The program starts itself once more, in a session of its own; what can be wrong with the settings is found and said before that.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, setsid, test_kill_process};

use super::args::MineArgs;
use super::{CliError, Context, Exit, mine, say};

/// Tells the process in the background that it is the one. No setting: people have no use for it.
const DETACHED: &str = "_MIDSTATE_DETACHED";

/// Mines, in the background if that is wanted.
///
/// # Errors
/// As [`mine::run`], and when the process cannot be started or its file not be written.
pub(super) fn run(args: &MineArgs, context: &Context) -> Result<(), CliError> {
    let detached = std::env::var_os(DETACHED).is_some();
    if args.background && !detached {
        return detach(args.pid_file.as_deref(), context);
    }
    if detached && let Err(error) = setsid() {
        tracing::debug!(%error, "no session of our own");
    }
    let claim = |path: &PathBuf| PidFile::claim(path, std::process::id());
    let _held = args.pid_file.as_ref().map(claim).transpose()?;
    mine::run(context)
}

/// Starts the program once more and leaves it alone.
fn detach(pid_file: Option<&Path>, context: &Context) -> Result<(), CliError> {
    mine::plan(&context.effective.settings)?;
    if let Some(path) = pid_file {
        refuse_running(path)?;
    }
    let child = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(DETACHED, "1")
        .stdin(Stdio::null())
        .stdout(kept(std::io::stdout().is_terminal()))
        .stderr(kept(std::io::stderr().is_terminal()))
        .spawn()?;
    if let Some(path) = pid_file {
        PidFile::claim(path, child.id())?.keep();
    }
    say(&format!(
        "midstate mines in the background as process {}",
        child.id()
    ))
}

/// A terminal is left alone; a file or a pipe gets what is said.
fn kept(is_terminal: bool) -> Stdio {
    if is_terminal {
        Stdio::null()
    } else {
        Stdio::inherit()
    }
}

/// A file with the number of a process, removed at the end.
#[derive(Debug)]
struct PidFile(Option<PathBuf>);

impl PidFile {
    /// Writes `pid` to `path`, unless another process that still runs has done so.
    fn claim(path: &Path, pid: u32) -> Result<Self, CliError> {
        if read(path) != Some(pid) {
            refuse_running(path)?;
        }
        let written = fs::write(path, format!("{pid}\n"));
        written.map_err(|error| {
            let what = format!("cannot write {}", path.display());
            CliError::new(Exit::Config, what).because(error)
        })?;
        Ok(Self(Some(path.to_owned())))
    }

    /// Leaves the file to the process that it names.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // It may be gone already; nobody needs it any more.
            let _ = fs::remove_file(path);
        }
    }
}

fn read(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Refuses to run beside a process that `path` names.
fn refuse_running(path: &Path) -> Result<(), CliError> {
    let running = read(path).filter(|pid| {
        let pid = i32::try_from(*pid).ok().and_then(Pid::from_raw);
        pid.is_some_and(|pid| test_kill_process(pid).is_ok())
    });
    match running {
        Some(pid) => Err(CliError::new(
            Exit::Usage,
            format!(
                "process {pid}, which {} names, runs already",
                path.display()
            ),
        )
        .hint("stop it first, or name another --pid-file")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_is_written_guarded_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("midstate.pid");
        let own = std::process::id();
        let held = PidFile::claim(&path, own).unwrap();
        assert_eq!(read(&path), Some(own));
        let taken = refuse_running(&path).unwrap_err().to_string();
        assert!(taken.contains("runs already"), "{taken}");
        assert!(PidFile::claim(&path, own).is_ok_and(|again| {
            again.keep();
            true
        }));
        drop(held);
        assert!(!path.exists());
        // No process has this number: Linux gives out four millions at most.
        fs::write(&path, "2000000000\n").unwrap();
        assert!(PidFile::claim(&path, own).is_ok());
        assert!(PidFile::claim(&folder.path().join("none/pid"), own).is_err());
    }
}
