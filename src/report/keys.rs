//! The terminal's echo of control characters, off while a live status is drawn: `^C` at its end would tear it.

use std::io;

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// While this lives, `^C` is not shown. Everything else that is typed is.
pub(super) struct QuietKeys {
    before: Termios,
}

impl QuietKeys {
    /// `None` where there is no terminal, or one that is not ours to set: a program in the background would be stopped.
    pub(super) fn new() -> Option<Self> {
        let before = tcgetattr(io::stderr()).ok().filter(|_| in_foreground())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHOCTL);
        tcsetattr(io::stderr(), OptionalActions::Now, &quiet).ok()?;
        Some(Self { before })
    }
}

impl Drop for QuietKeys {
    fn drop(&mut self) {
        if in_foreground() {
            // A terminal that is gone needs no setting.
            let _ = tcsetattr(io::stderr(), OptionalActions::Now, &self.before);
        }
    }
}

fn in_foreground() -> bool {
    tcgetpgrp(io::stderr()).is_ok_and(|group| group == getpgrp())
}
