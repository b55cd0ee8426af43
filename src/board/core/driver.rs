//! The driver: probe, then jobs under ids into the core's queue, so that it never waits for the host; nonces back by id.
//!
//! The core goes on to the next job by itself, so a job's range is cut to what it searches in the work interval: time stamps stay
//! young, and a slow core is not left with one job for an hour. This driver knows no pool and verifies no nonce.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use super::flight::Flight;
use super::frames::{Command, Information, Reply, Status};
use super::line::Line;
use super::probe;
use super::settings::Settings;
use super::temperature::celsius;
use super::words::{Range, job_words};
use crate::board::{
    Ability, Board, BoardError, BoardEvent, Lookout, Origin, Suspects, Telemetry, Waker,
};
use crate::transport::{Transport, TransportError};
use crate::units::{Hashrate, Nonce, Target};
use crate::work::{Found, Header, WorkUnit};

/// How often the core is asked how it is.
const STATUS_EVERY: Duration = Duration::from_secs(5);
/// Questions or jobs in a row that a core may leave unanswered.
const LONGEST_SILENCE: u32 = 3;
/// Jobs that are given to the core at once: the one that it searches and the next.
const AHEAD: usize = 2;

/// A core of ours.
pub(super) struct Core {
    line: Line,
    settings: Settings,
    told: Option<Information>,
    flight: Flight,
    /// When to ask for status next, and questions and jobs left unanswered in a row.
    next_status: Instant,
    unanswered: u32,
    /// The core's counters when it was asked last.
    counted: Option<Status>,
    news: ArrayVec<News, 8>,
}

/// What is to be told and fits no reply.
#[derive(Debug, Clone, Copy)]
enum News {
    Fault(&'static str),
    Telemetry(Telemetry),
}

impl Core {
    /// A driver of the core at the far end of `port`.
    pub(super) fn new(port: Box<dyn Transport>, settings: Settings) -> Self {
        let line = Line::new(port);
        Self {
            next_status: line.now(),
            line,
            settings,
            told: None,
            flight: Flight::default(),
            unanswered: 0,
            counted: None,
            news: ArrayVec::new(),
        }
    }

    /// Which nonces of a job are searched: what takes the work interval, at most all.
    fn range(&self) -> Range {
        let (clock, slice, clocks) = self.told.map_or((1, 32, 1.0), |told| {
            (told.clock_hz, told.slice_bits, told.clocks_per_nonce())
        });
        let interval = self.settings.work_interval.as_secs_f64();
        let nonces = interval * f64::from(clock) / clocks;
        let most = (1u64 << slice) as f64;
        Range {
            first: 0,
            last: (nonces.clamp(1.0, most) - 1.0) as u32,
            zero_bits: self.settings.zero_bits,
        }
    }

    fn send_job(
        &mut self,
        header: &Header,
        id: u8,
        flush: bool,
    ) -> Result<Instant, TransportError> {
        let words = job_words(header, self.range());
        self.line.send(Command::Job {
            id,
            flush,
            zero_bits: self.settings.zero_bits as u8,
            words: &words,
        })?;
        // Two jobs and the answers to them may be on the line.
        Ok(self.line.now() + self.settings.line_time(500) + self.settings.patience)
    }

    fn take(&mut self, reply: Reply) -> Option<BoardEvent> {
        match reply {
            Reply::Nonce { id, core, word } => return Some(self.nonce(id, core, word)),
            Reply::Garbage(bytes) => return Some(BoardEvent::Garbage(bytes)),
            Reply::Accepted { id } => {
                self.unanswered = 0;
                self.flight.accepted(id);
            }
            Reply::Refused { id, reason } => self.refused(id, reason),
            Reply::Searched { id } => self.flight.searched(id),
            Reply::Information(_) => {}
            Reply::Status(status) => self.status(status),
        }
        self.untold()
    }

    fn nonce(&self, id: u8, core: u8, word: u32) -> BoardEvent {
        let Some(searched) = self.flight.work(id) else {
            return BoardEvent::Fault {
                chip: None,
                kind: "unknown-job",
            };
        };
        let mut works = Suspects::new();
        works.push(searched.clone());
        BoardEvent::Nonce {
            found: Found::nonce(Nonce::from_message_word(word)),
            works,
            origin: Some(Origin {
                chip: 0,
                core: Some(core.into()),
            }),
        }
    }

    fn refused(&mut self, id: u8, reason: u8) {
        self.unanswered = 0;
        self.flight.over(id);
        self.tell(News::Fault(match reason {
            1 => "queue-full",
            2 => "job-length",
            _ => "refused",
        }));
    }

    fn status(&mut self, status: Status) {
        self.unanswered = 0;
        if status.running {
            self.flight.before(status.id);
        } else if status.jobs == 0 {
            self.flight.core_is_empty();
        }
        let before = self.counted.replace(status).unwrap_or(status);
        let counters = [
            (before.bad_frames, status.bad_frames, "bad-frame"),
            (before.lost_bytes, status.lost_bytes, "lost-byte"),
            (before.lost_nonces, status.lost_nonces, "lost-nonce"),
        ];
        for (_, _, kind) in counters.iter().filter(|(then, now, _)| then != now) {
            self.tell(News::Fault(kind));
        }
        self.telemetry(status);
    }

    fn telemetry(&mut self, status: Status) {
        let Some(told) = self.told else { return };
        self.tell(News::Telemetry(Telemetry {
            chip_temperature: celsius(told.sensor, status.reading),
            clock: Some(told.clock_hz as f32 / 1e6),
            chips: Some(1),
            ..Telemetry::default()
        }));
    }

    /// Notes news; when nobody asks for them, the newest are lost.
    fn tell(&mut self, news: News) {
        let _ = self.news.try_push(news);
    }

    fn untold(&mut self) -> Option<BoardEvent> {
        let news = (!self.news.is_empty()).then(|| self.news.remove(0))?;
        Some(match news {
            News::Fault(kind) => BoardEvent::Fault { chip: None, kind },
            News::Telemetry(telemetry) => BoardEvent::Telemetry(telemetry),
        })
    }

    /// Until when to read: the deadline, or what the driver itself has to do before.
    fn read_until(&self, deadline: Instant) -> Instant {
        let answer_by = self.flight.answer_by();
        answer_by
            .map_or(self.next_status, |by| by.min(self.next_status))
            .min(deadline)
    }

    /// Does what is due; whether something was.
    fn on_time(&mut self) -> Result<bool, BoardError> {
        let now = self.line.now();
        let lost = self.flight.answer_by().is_some_and(|by| now >= by);
        if !lost && now < self.next_status {
            return Ok(false);
        }
        self.check_silence()?;
        self.unanswered += 1;
        if lost {
            self.send_again()?;
        } else {
            self.line.send(Command::Status)?;
            self.next_status = now + STATUS_EVERY;
        }
        Ok(true)
    }

    /// A job was not answered: whatever the core has of it and of others, it gets the newest one alone.
    fn send_again(&mut self) -> Result<(), BoardError> {
        self.line.resynchronise(self.settings.line_time(64))?;
        let answer_by = self.line.now() + self.settings.line_time(500) + self.settings.patience;
        self.tell(News::Fault("unanswered"));
        let Some((id, work)) = self.flight.send_again(answer_by) else {
            return Ok(());
        };
        if let Some(header) = work.header() {
            self.send_job(&header, id, true)?;
        }
        Ok(())
    }

    fn check_silence(&self) -> Result<(), BoardError> {
        if self.unanswered < LONGEST_SILENCE {
            return Ok(());
        }
        Err(BoardError::Probe {
            step: "mining",
            expected: "an answer".to_owned(),
            got: format!("nothing to {} frames in a row", self.unanswered),
        })
    }

    fn rate(told: &Information) -> Hashrate {
        let cores = f64::from(told.cores);
        Hashrate::new(cores * f64::from(told.clock_hz) / told.clocks_per_nonce())
    }

    fn ability(&self, told: &Information) -> Ability {
        let plural = if told.cores == 1 { "" } else { "s" };
        let clocks = match (told.nonces_per_turn, told.clocks_per_turn) {
            (1, 1) => "a hash a clock".to_owned(),
            (1, clocks) => format!("a hash in {clocks} clocks"),
            (hashes, clocks) => format!("{hashes} hashes in {clocks} clocks"),
        };
        Ability {
            algorithms: &["sha256d"],
            rolls_version: false,
            nominal: Self::rate(told),
            threshold: Target::from_zero_bits(self.settings.zero_bits),
            details: format!(
                "{} core{plural}, {clocks}, {} MHz",
                told.cores,
                f64::from(told.clock_hz) / 1e6
            ),
        }
    }
}

impl Board for Core {
    fn start(&mut self) -> Result<Ability, BoardError> {
        let told = probe::probe(&mut self.line, &self.settings)?;
        self.told = Some(told);
        self.next_status = self.line.now() + Duration::from_secs(1);
        Ok(self.ability(&told))
    }

    fn wants_work(&self) -> bool {
        self.flight.live() < AHEAD
    }

    fn load(&mut self, work: WorkUnit, flush: bool) -> Result<(), BoardError> {
        let algorithm = work.job().algorithm.name();
        let header = work
            .header()
            .filter(|_| algorithm == "sha256d")
            .ok_or(BoardError::ForeignWork(algorithm))?;
        let answer_by = self.send_job(&header, self.flight.next_id(), flush)?;
        if flush {
            self.flight.clear();
        }
        self.flight.sent(work, answer_by);
        Ok(())
    }

    fn idle(&mut self) -> Result<(), BoardError> {
        self.flight.clear();
        self.line.send(Command::Stop { id: 0xff })?;
        Ok(())
    }

    fn poll(&mut self, deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        if let Some(event) = self.untold() {
            return Ok(Some(event));
        }
        let wanted = self.wants_work();
        loop {
            let reply = self.line.reply(self.read_until(deadline))?;
            let event = reply.and_then(|reply| self.take(reply));
            if event.is_some() {
                return Ok(event);
            }
            let acted = reply.is_none() && self.on_time()?;
            let over = reply.is_none() && !acted;
            if over || (!wanted && self.wants_work()) || self.line.now() >= deadline {
                return Ok(self.untold());
            }
        }
    }

    fn stop(&mut self) -> Result<(), BoardError> {
        self.idle()
    }

    fn now(&self) -> Instant {
        self.line.now()
    }

    fn waker(&self) -> Waker {
        self.line.waker()
    }

    fn lookout(&self) -> Option<Lookout> {
        self.line.lookout()
    }

    fn due(&self, deadline: Instant) -> Instant {
        if self.news.is_empty() {
            self.read_until(deadline)
        } else {
            self.line.now()
        }
    }

    fn takes_at_once(&self) -> bool {
        self.line.has_room()
    }
}
