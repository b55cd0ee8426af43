//! The console: notices become log lines, snapshots a live status or now and then a line.

use std::time::{Duration, Instant};

use super::header::StartInfo;
use super::screen::Screen;
use super::{live, notices, summary};
use crate::miner::{Notice, Snapshot};

/// How a console behaves.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// Whether to draw a live status; only where the screen is a terminal.
    pub live: bool,
    /// No header, no status, no summary.
    pub quiet: bool,
    /// Time between status lines when there is no live status; `None`: none.
    pub status_interval: Option<Duration>,
    /// The summary at the end.
    pub summary: SummaryForm,
}

/// The form of the summary at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryForm {
    /// Tables for people.
    Tables,
    /// A log line with the event `summary`: where every line must be one of the log.
    LogLine,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            live: true,
            quiet: false,
            status_interval: Some(Duration::from_secs(30)),
            summary: SummaryForm::Tables,
        }
    }
}

/// Tells a person what the miner does. Reads no clock but for folding log lines.
#[derive(Debug)]
pub struct Console {
    settings: ConsoleSettings,
    screen: Screen,
    /// The uptime at which the next status line is due.
    next_status: Duration,
}

/// Width of what is written where there is no terminal.
const PLAIN_WIDTH: usize = 160;

impl Console {
    /// A console on `screen`, the one that [`super::init_logging`] gave.
    pub fn new(settings: ConsoleSettings, screen: Screen) -> Self {
        Self {
            next_status: settings.status_interval.unwrap_or_default(),
            settings,
            screen,
        }
    }

    /// The first lines: version, files, boards, pools.
    pub fn start(&mut self, info: &StartInfo) {
        if self.settings.quiet {
            return;
        }
        for line in info.lines() {
            tracing::info!(event = "start", "{line}");
        }
    }

    /// Something happened.
    pub fn notice(&mut self, notice: &Notice, now: Instant) {
        notices::log(notice);
        self.screen.flush_folded(now);
    }

    /// How things stand; call it a few times a second.
    pub fn update(&mut self, snapshot: &Snapshot, now: Instant) {
        self.screen.flush_folded(now);
        if self.settings.quiet {
            return;
        }
        match self.screen.size().filter(|_| self.settings.live) {
            Some((width, height)) => {
                self.screen.draw(&live::live_lines(snapshot, width, height));
            }
            None => self.status(snapshot),
        }
    }

    /// A status line, if one is due.
    fn status(&mut self, snapshot: &Snapshot) {
        let Some(interval) = self.settings.status_interval else {
            return;
        };
        if snapshot.uptime >= self.next_status {
            self.next_status = snapshot.uptime + interval;
            tracing::info!(event = "status", "{}", live::status_line(snapshot));
        }
    }

    /// The end: takes the live status away and writes the summary.
    pub fn finish(&mut self, snapshot: &Snapshot) {
        self.screen.draw(&[]);
        self.screen.flush_all_folded();
        match self.settings.summary {
            _ if self.settings.quiet => {}
            SummaryForm::Tables => self.tables(snapshot),
            SummaryForm::LogLine => {
                tracing::info!(event = "summary", "{}", live::status_line(snapshot));
            }
        }
    }

    /// Takes the live status away: the program ends without more words.
    pub fn clear(&mut self) {
        self.screen.draw(&[]);
        self.screen.flush();
    }

    fn tables(&self, snapshot: &Snapshot) {
        let width = self.screen.size().map_or(PLAIN_WIDTH, |(width, _)| width);
        for line in summary::summary_text(snapshot, width).lines() {
            self.screen.line(line);
        }
    }
}

impl Drop for Console {
    /// Leaves the terminal clean, whatever ended the program.
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::live::tests::snapshot;
    use super::super::screen::tests::recorder;
    use super::*;

    #[test]
    fn a_terminal_gets_a_live_status_that_the_summary_replaces() {
        let (screen, said) = recorder(Some((40, 10)));
        let mut console = Console::new(ConsoleSettings::default(), screen);
        console.update(&snapshot(2), Instant::now());
        assert_eq!(said.lock().unwrap().status.len(), 6);
        console.finish(&snapshot(2));
        let said = said.lock().unwrap();
        assert!(said.status.is_empty());
        assert_eq!(said.lines[0], "mined 2m30s at 666 MH/s");
    }

    #[test]
    fn elsewhere_a_line_comes_now_and_then() {
        let (screen, said) = recorder(None);
        let settings = super::super::LogSettings {
            filter: "info".to_owned(),
            format: super::super::LogFormat::Text,
            color: false,
        };
        let subscriber = super::super::log::tests::subscriber_on(&settings, &screen);
        let mut console = Console::new(ConsoleSettings::default(), screen);
        tracing::subscriber::with_default(subscriber, || {
            for second in 0..=95 {
                let mut snapshot = snapshot(1);
                snapshot.uptime = Duration::from_secs(second);
                console.update(&snapshot, Instant::now());
            }
        });
        let lines = &said.lock().unwrap().lines;
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].contains("333 MH/s of 380 MH/s"));
    }

    #[test]
    fn the_terminal_is_left_clean_when_the_end_comes_early() {
        let (screen, said) = recorder(Some((80, 24)));
        let mut console = Console::new(ConsoleSettings::default(), screen);
        console.update(&snapshot(1), Instant::now());
        assert!(!said.lock().unwrap().status.is_empty());
        drop(console);
        assert!(said.lock().unwrap().status.is_empty());
    }

    #[test]
    fn quiet_is_quiet() {
        let (screen, said) = recorder(Some((80, 24)));
        let settings = ConsoleSettings {
            quiet: true,
            ..ConsoleSettings::default()
        };
        let mut console = Console::new(settings, screen);
        console.start(&StartInfo::default());
        console.update(&snapshot(1), Instant::now());
        console.finish(&snapshot(1));
        let said = said.lock().unwrap();
        assert!(said.lines.is_empty() && said.status.is_empty());
    }
}
