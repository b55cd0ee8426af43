//! Where lines go: standard error with a live status that stays below them, or anything else that tests read.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::background::Background;
use super::fold::{Folded, Folder};
use super::keys::QuietKeys;

/// Where lines go.
pub trait Output: Send {
    /// Writes one line, above the live status.
    fn line(&mut self, text: &str);
    /// Draws the live status anew; no lines: takes it away.
    fn draw(&mut self, lines: &[String]);
    /// Columns and rows; `None` when this is no terminal.
    fn size(&self) -> Option<(usize, usize)>;
    /// Waits until everything is written, but not for ever.
    fn flush(&mut self) {}
    /// How many lines were lost before the last one got through, told once; 0 while none gets through.
    fn lost(&mut self) -> u64 {
        0
    }
}

/// The one way out for everything that is said; cheap to clone.
#[derive(Clone)]
pub struct Screen(Arc<Mutex<Inner>>);

struct Inner {
    output: Box<dyn Output>,
    folder: Folder,
    /// Writes the line that stands for folded ones.
    folded_line: fn(&Folded) -> String,
}

impl Inner {
    /// Writes one line; the first one after some were lost says how many.
    fn line(&mut self, text: &str) {
        self.output.line(text);
        let count = self.output.lost();
        if count > 0 {
            let lost = Folded::lost(count);
            self.output.line(&(self.folded_line)(&lost));
        }
    }
}

impl Screen {
    /// Writes to standard error, on a thread of its own.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn stderr() -> std::io::Result<Self> {
        Ok(Self::new(Background::spawn(
            StandardError::new(),
            StandardError::terminal_size,
        )?))
    }

    /// Waits until everything is written; not for a terminal that is stopped.
    pub fn flush(&self) {
        self.inner().output.flush();
    }

    /// Writes to `output`.
    pub fn new(output: impl Output + 'static) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            output: Box::new(output),
            folder: Folder::default(),
            folded_line: |folded| folded.text(),
        })))
    }

    /// A panic in another thread's line leaves nothing half done here.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a line is written that stands for folded ones.
    pub(super) fn set_folded_line(&self, write: fn(&Folded) -> String) {
        self.inner().folded_line = write;
    }

    /// Writes one line.
    pub fn line(&self, text: &str) {
        self.inner().line(text);
    }

    /// Writes `line` unless lines like it were written a moment ago; `burst` of a kind pass in a window.
    pub(super) fn folding_line(
        &self,
        line: &str,
        key: &str,
        text: &Folded,
        burst: u32,
        now: Instant,
    ) {
        self.flush_folded(now);
        let inner = &mut *self.inner();
        let (shown, evicted) = inner.folder.admit(key, text, burst, now);
        if let Some(evicted) = evicted {
            inner.line(&(inner.folded_line)(&evicted));
        }
        if shown {
            inner.line(line);
        }
    }

    /// Writes what was folded in windows that are over.
    pub(super) fn flush_folded(&self, now: Instant) {
        let inner = &mut *self.inner();
        for folded in inner.folder.due(now) {
            inner.line(&(inner.folded_line)(&folded));
        }
    }

    /// Writes what was folded so far.
    pub(super) fn flush_all_folded(&self) {
        let inner = &mut *self.inner();
        for folded in inner.folder.all(Instant::now()) {
            inner.line(&(inner.folded_line)(&folded));
        }
    }

    /// Draws the live status.
    pub(super) fn draw(&self, lines: &[String]) {
        self.inner().output.draw(lines);
    }

    /// Columns and rows of the terminal; `None` when there is none.
    pub fn size(&self) -> Option<(usize, usize)> {
        self.inner().output.size()
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Screen")
    }
}

/// Standard error; the live status is drawn by indicatif.
struct StandardError {
    bar: Option<ProgressBar>,
    keys: Option<QuietKeys>,
}

impl StandardError {
    const fn new() -> Self {
        Self {
            bar: None,
            keys: None,
        }
    }

    fn new_bar() -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    }
}

impl Output for StandardError {
    fn line(&mut self, text: &str) {
        // When standard error is closed nobody is left to tell.
        let write = || drop(writeln!(std::io::stderr(), "{text}"));
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn draw(&mut self, lines: &[String]) {
        if lines.is_empty() {
            if let Some(bar) = self.bar.take() {
                bar.finish_and_clear();
            }
            self.keys = None;
            return;
        }
        if self.bar.is_none() {
            self.keys = QuietKeys::new();
        }
        let bar = self.bar.get_or_insert_with(Self::new_bar);
        bar.set_message(lines.join("\n"));
    }

    fn size(&self) -> Option<(usize, usize)> {
        Self::terminal_size()
    }
}

impl StandardError {
    fn terminal_size() -> Option<(usize, usize)> {
        let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok()?;
        // A terminal that does not know its size (a serial console) is taken for a VT100.
        match (size.ws_col, size.ws_row) {
            (0, _) | (_, 0) => Some((80, 24)),
            (columns, rows) => Some((columns.into(), rows.into())),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Keeps what was said.
    #[derive(Default)]
    pub(crate) struct Said {
        pub(crate) lines: Vec<String>,
        pub(crate) status: Vec<String>,
    }

    struct Recorder {
        said: Arc<Mutex<Said>>,
        size: Option<(usize, usize)>,
    }

    impl Output for Recorder {
        fn line(&mut self, text: &str) {
            self.said.lock().unwrap().lines.push(text.to_owned());
        }

        fn draw(&mut self, lines: &[String]) {
            self.said.lock().unwrap().status = lines.to_vec();
        }

        fn size(&self) -> Option<(usize, usize)> {
            self.size
        }
    }

    /// A screen of `size`, and what is said on it.
    pub(crate) fn recorder(size: Option<(usize, usize)>) -> (Screen, Arc<Mutex<Said>>) {
        let said = Arc::new(Mutex::new(Said::default()));
        let recorder = Recorder {
            said: Arc::clone(&said),
            size,
        };
        (Screen::new(recorder), said)
    }
}
