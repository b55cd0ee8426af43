//! An output written by a thread of its own: a terminal that is stopped (Ctrl-S), or a pipe that nobody reads, holds up that thread alone.

use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use super::screen::Output;

/// Lines that wait for the output; beyond it they are counted and lost.
const WAITING: usize = 1024;
/// How long an output that was quick so far is waited for when all places are taken.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long the end of the program waits for the output.
const FAREWELL: Duration = Duration::from_millis(500);
const TRY_AGAIN: Duration = Duration::from_millis(1);

enum Say {
    Line(String),
    Draw(Vec<String>),
    /// Everything before this was written.
    Told(Sender<()>),
}

/// The quick side of an output.
pub(super) struct Background {
    say: SyncSender<Say>,
    size: Box<dyn Fn() -> Option<(usize, usize)> + Send>,
    /// Lines lost since the output stopped taking any.
    lost: u64,
    stuck: bool,
}

impl Background {
    /// Writes to `output` on another thread; its `size` is asked for here.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub(super) fn spawn(
        output: impl Output + 'static,
        size: impl Fn() -> Option<(usize, usize)> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (say, said) = mpsc::sync_channel(WAITING);
        std::thread::Builder::new()
            .name("screen".to_owned())
            .stack_size(256 * 1024)
            .spawn(move || write_all(output, &said))?;
        Ok(Self {
            say,
            size: Box::new(size),
            lost: 0,
            stuck: false,
        })
    }

    /// Says it; `false`: the output takes no more.
    fn say(&self, what: Say, patience: Duration) -> bool {
        let give_up = Instant::now() + patience;
        let mut what = what;
        loop {
            match self.say.try_send(what) {
                Ok(()) => return true,
                Err(TrySendError::Full(again)) if Instant::now() < give_up => what = again,
                Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => return false,
            }
            std::thread::sleep(TRY_AGAIN);
        }
    }

    /// An output that is known to be stuck is not waited for again.
    fn patience(&self) -> Duration {
        if self.stuck { Duration::ZERO } else { PATIENCE }
    }
}

impl Output for Background {
    fn line(&mut self, text: &str) {
        self.stuck = !self.say(Say::Line(text.to_owned()), self.patience());
        self.lost += u64::from(self.stuck);
    }

    /// A picture that finds no room is lost; the next one is as good.
    fn draw(&mut self, lines: &[String]) {
        let _ = self.say(Say::Draw(lines.to_vec()), Duration::ZERO);
    }

    fn size(&self) -> Option<(usize, usize)> {
        (self.size)()
    }

    fn flush(&mut self) {
        let (told, heard) = mpsc::channel();
        let patience = if self.stuck { Duration::ZERO } else { FAREWELL };
        if self.say(Say::Told(told), patience) {
            let _ = heard.recv_timeout(FAREWELL);
        }
    }

    fn lost(&mut self) -> u64 {
        if self.stuck {
            return 0;
        }
        std::mem::take(&mut self.lost)
    }
}

fn write_all(mut output: impl Output, said: &Receiver<Say>) {
    for what in said {
        match what {
            Say::Line(text) => output.line(&text),
            Say::Draw(lines) => output.draw(&lines),
            Say::Told(told) => drop(told.send(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a line only when told to.
    struct Stopped {
        go: Receiver<()>,
        written: Sender<String>,
    }

    impl Output for Stopped {
        fn line(&mut self, text: &str) {
            let _ = self.go.recv();
            let _ = self.written.send(text.to_owned());
        }

        fn draw(&mut self, _lines: &[String]) {}

        fn size(&self) -> Option<(usize, usize)> {
            None
        }
    }

    #[test]
    fn a_stopped_terminal_holds_up_nobody_and_what_it_missed_is_counted() {
        let (go, wait) = mpsc::channel();
        let (written, lines) = mpsc::channel();
        let stopped = Stopped { go: wait, written };
        let mut screen = Background::spawn(stopped, || None).unwrap();
        for number in 0..3000 {
            screen.line(&number.to_string());
        }
        screen.flush();
        assert_eq!(screen.lost(), 0, "nothing gets through yet");
        drop(go);
        let written: Vec<String> = lines.iter().take(WAITING).collect();
        assert_eq!(written[..3], ["0", "1", "2"]);
        screen.flush();
        screen.line("later");
        let lost = screen.lost();
        assert!((1..=3000 - WAITING as u64).contains(&lost), "{lost}");
        assert_eq!(screen.lost(), 0, "told once");
        assert_eq!(lines.iter().find(|line| line == "later").unwrap(), "later");
    }
}
