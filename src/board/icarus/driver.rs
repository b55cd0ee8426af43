//! The driver of every member: probe, then one job after the other, each before the board has searched the one before.
//!
//! There is no command that stops a board of this class: [`stop`](Board::stop) leaves it to search its last job and idle. This
//! driver knows no pool, and looks at a nonce's hash only to tell whose it is just after a change of jobs.

use std::time::{Duration, Instant};

use super::commands::{self, Cairnsmore};
use super::flight::Flight;
use super::frames::JobFormat;
use super::line::Line;
use super::params::{Clock, Member};
use super::probe::{Known, Probe, corrected, nonce_ends_search};
use super::replies::{Reply, xadc_celsius};
use super::settings::Settings;
use super::timing::RateMeter;
use crate::board::{
    Ability, Board, BoardError, BoardEvent, BoardOptions, Lookout, Suspects, Waker,
};
use crate::transport::{Transport, TransportError};
use crate::units::{Hashrate, Nonce, Target};
use crate::work::{Checked, Found, WorkUnit};

/// A clock command does not take unless the board is left alone this long (4.6).
const CLOCK_SETTLES: Duration = Duration::from_millis(500);
/// A board that takes jobs by opcode must have said so by then.
const ACCEPTANCE: Duration = Duration::from_millis(200);

/// A board of the icarus class.
pub(super) struct Icarus {
    line: Line,
    member: &'static Member,
    settings: Settings,
    flight: Flight,
    meter: RateMeter,
    slices: u32,
    /// What the board adds to its nonces.
    offset: i64,
    clock_mhz: Option<f64>,
    celsius: Option<f64>,
    search: Option<Search>,
    /// Since when the board has had work without saying a nonce.
    silent_since: Option<Instant>,
    /// When the last nonce came, and the word: what free-running counters are measured by.
    last_nonce: Option<(Instant, u32)>,
    news: Option<Hashrate>,
    /// Bytes of incomplete replies dropped at a new job, not told yet.
    dropped: usize,
}

/// An answer that comes sooner is no measure of speed: the line was faster than its baud rate says, as pseudo-terminals are.
const SHORTEST_ANSWER: Duration = Duration::from_micros(500);
/// A nonce that comes so soon after a job may be one of the job before, held back by the board or the adapter.
const SOON: Duration = Duration::from_millis(50);

/// What the board is doing.
#[derive(Debug, Clone, Copy)]
struct Search {
    loaded: Instant,
    /// When it needs other work.
    refresh: Instant,
    /// Until when the board must have accepted the job, if it says so and has not yet.
    accept_by: Option<Instant>,
    /// Whether it has stopped before the end of its range.
    over: bool,
}

impl Icarus {
    /// A driver of `member` at the far end of `port`.
    pub(super) fn open(
        member: &'static Member,
        port: Option<Box<dyn Transport>>,
        options: &BoardOptions,
    ) -> Result<Box<dyn Board>, BoardError> {
        let settings = Settings::parse(member, options)?;
        let port = port.ok_or_else(|| BoardError::Option {
            key: "port".to_owned(),
            value: String::new(),
            problem: format!("{} is reached through a serial port: name it", member.name),
        })?;
        let assumed = settings
            .hash_time
            .unwrap_or_else(|| member.speed.hash_time(settings.mhz));
        Ok(Box::new(Self {
            line: Line::new(port, member, settings.baud),
            meter: RateMeter::new(assumed, settings.hash_time.is_some()),
            flight: Flight::new(member.job_ids),
            slices: member.slices,
            offset: 0,
            clock_mhz: None,
            celsius: None,
            search: None,
            silent_since: None,
            last_nonce: None,
            news: None,
            dropped: 0,
            member,
            settings,
        }))
    }

    fn probe(&mut self) -> Probe<'_> {
        Probe {
            line: &mut self.line,
            member: self.member,
            settings: &self.settings,
        }
    }

    /// Sets what the user asked for and the member's clock; checks that the board still answers.
    fn set_up(&mut self, known: Known) -> Result<Known, BoardError> {
        match self.member.clock {
            None => return Ok(known),
            Some(Clock::Cairnsmore) => self.set_up_cairnsmore(known)?,
            Some(Clock::Bm1380 | Clock::Bm1382) => self.set_up_antminer()?,
        }
        self.probe().resynchronise()?;
        self.probe().known_answer()
    }

    fn set_up_antminer(&mut self) -> Result<(), BoardError> {
        let default = self.member.speed.default_mhz().unwrap_or_default();
        let mhz = self.settings.mhz.unwrap_or(default);
        let pll = match self.member.clock {
            Some(Clock::Bm1382) => commands::bm1382_pll(mhz),
            _ => commands::bm1380_pll(mhz),
        };
        if let Some(millivolts) = self.settings.millivolts {
            self.command(&commands::set_voltage(millivolts))?;
        }
        self.command(&commands::set_pll(pll.word))?;
        self.clock_is(pll.mhz);
        Ok(())
    }

    fn set_up_cairnsmore(&mut self, known: Known) -> Result<(), BoardError> {
        let twin =
            matches!(self.settings.slices, super::settings::Slices::Given(slices) if slices > 1);
        if twin || !self.probe().takes_commands(known)? {
            self.slices = 2;
            return match self.settings.mhz {
                Some(mhz) => Err(super::settings::problem(
                    "clock",
                    &mhz.to_string(),
                    "this bitstream takes no commands; leave the clock alone",
                )),
                None => Ok(()),
            };
        }
        if let Some(mhz) = self.settings.mhz {
            let multiplier = (mhz / 2.5).round();
            self.command(&Cairnsmore::Clock(multiplier as u8).encode())?;
            self.clock_is(multiplier * 2.5);
        }
        Ok(())
    }

    fn command(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.line.send(bytes)?;
        self.line.sleep(CLOCK_SETTLES);
        Ok(())
    }

    fn clock_is(&mut self, mhz: f64) {
        self.clock_mhz = Some(mhz);
        if self.settings.hash_time.is_none() {
            self.meter = RateMeter::new(self.member.speed.hash_time(Some(mhz)), false);
        }
    }

    /// Learns from how soon the known answer came how fast the board is at least.
    fn learn_speed(&mut self, known: Known) {
        if self.member.golden_shortcut || self.member.free_running {
            return;
        }
        let hashes = 100_258.0 * f64::from(self.slices);
        self.meter.at_least(hashes, known.took.max(SHORTEST_ANSWER));
    }

    fn ability(&self) -> Ability {
        Ability {
            algorithms: &["sha256d"],
            rolls_version: false,
            nominal: Hashrate::new(1.0 / self.meter.hash_time()),
            threshold: Target::from_zero_bits(self.settings.zero_bits),
            details: self.details(),
        }
    }

    fn details(&self) -> String {
        let plural = if self.slices == 1 { "" } else { "s" };
        let mut parts = vec![format!("{} slice{plural}", self.slices)];
        if let Some(mhz) = self.clock_mhz {
            parts.push(format!("{mhz} MHz"));
        }
        if let Some(millivolts) = self.settings.millivolts {
            parts.push(format!("{millivolts} mV"));
        }
        if self.offset != 0 {
            parts.push(format!("nonces off by {:+}", self.offset));
        }
        if let Some(celsius) = self.celsius {
            parts.push(format!("{celsius:.0} °C"));
        }
        parts.join(", ")
    }

    /// Hashes of one whole range.
    fn range(&self) -> f64 {
        (1u64 << self.settings.range_bits) as f64
    }

    fn refresh_after(&self) -> Duration {
        let limits = [self.settings.work_interval, self.member.longest_work];
        limits
            .into_iter()
            .flatten()
            .fold(self.meter.refresh_after(self.range()), Duration::min)
    }

    fn take(&mut self, reply: Reply) -> Result<Option<BoardEvent>, BoardError> {
        match reply {
            Reply::Nonce { word, id } => {
                return Ok(Some(self.nonce(corrected(word, self.offset), id)));
            }
            Reply::Garbage(bytes) => return self.garbage(bytes).map(Some),
            Reply::Temperature(raw) => self.celsius = Some(xadc_celsius(raw)),
            Reply::Accepted => self.with_search(|search| search.accept_by = None),
            Reply::Exhausted => {
                self.with_search(|search| search.over |= search.accept_by.is_none());
            }
            Reply::Pong => {}
        }
        Ok(None)
    }

    fn with_search(&mut self, change: impl FnOnce(&mut Search)) {
        if let Some(search) = &mut self.search {
            change(search);
        }
    }

    fn nonce(&mut self, word: u32, id: Option<u8>) -> BoardEvent {
        let now = self.line.now();
        self.silent_since = Some(now);
        let found = Found::nonce(Nonce::from_message_word(word));
        let mut works = self.flight.suspects(id);
        if self.is_late(found, &works, now) {
            works.reverse();
        } else if self.flight.is_current(id) {
            self.measure(word, now);
            let over = nonce_ends_search(self.settings.after_find);
            self.with_search(|search| search.over |= over);
        }
        self.last_nonce = Some((now, word));
        BoardEvent::Nonce {
            found,
            works,
            origin: None,
        }
    }

    /// Whether a nonce that comes soon after a job is one of the job before: it ends no search and tells no speed.
    fn is_late(&self, found: Found, works: &Suspects, now: Instant) -> bool {
        let ([current, before], Some(search)) = (works.as_slice(), &self.search) else {
            return false;
        };
        if search.accept_by.is_none() && now > search.loaded + SOON {
            return false;
        }
        let threshold = Target::from_zero_bits(self.settings.zero_bits);
        let fits = |work: &WorkUnit| !matches!(work.check(found, &threshold), Checked::Wrong(_));
        !fits(current) && fits(before)
    }

    fn measure(&mut self, word: u32, now: Instant) {
        let Some(search) = self.search else {
            return;
        };
        if self.member.free_running {
            self.measure_free_running(word, now);
        } else {
            let slice = (1u64 << 32) / u64::from(self.slices);
            let done = (u64::from(word) % slice + 1) * u64::from(self.slices);
            self.meter
                .sample(done as f64, now.saturating_duration_since(search.loaded));
        }
        self.news = self.meter.news().or(self.news);
    }

    /// The way from one nonce to the next, unless the counter may have wrapped in between.
    fn measure_free_running(&mut self, word: u32, now: Instant) {
        if let Some((then, last)) = self.last_nonce {
            let time = now.saturating_duration_since(then);
            let range = self.range() * self.meter.hash_time();
            if time.as_secs_f64() < 0.7 * range {
                self.meter.sample(f64::from(word.wrapping_sub(last)), time);
            }
        }
    }

    /// Garbage on a line with opcodes means that the device has lost count: it is pinged until it answers, and given new work.
    fn garbage(&mut self, bytes: usize) -> Result<BoardEvent, BoardError> {
        if self.settings.format == JobFormat::Opcode44 {
            self.probe().resynchronise()?;
            self.with_search(|search| (search.over, search.accept_by) = (true, None));
        }
        Ok(BoardEvent::Garbage(bytes))
    }

    /// Whether the job that was sent last has not been accepted in time.
    fn job_was_lost(&self) -> bool {
        let now = self.line.now();
        self.search
            .and_then(|search| search.accept_by)
            .is_some_and(|accept_by| now >= accept_by)
    }

    /// A board that should have found thirty nonces and said none has locked up (PL2303 after long idleness).
    fn check_silence(&self) -> Result<(), BoardError> {
        // Without work beyond this one the board may well be idle.
        if self.wants_work() {
            return Ok(());
        }
        let nonce = 2f64.powf(f64::from(self.settings.zero_bits));
        let (Some(since), Some(limit)) = (self.silent_since, self.meter.longest_silence(nonce))
        else {
            return Ok(());
        };
        let silence = self.line.now().saturating_duration_since(since);
        if silence <= limit.max(Duration::from_secs(5)) {
            return Ok(());
        }
        Err(BoardError::Probe {
            step: "mining",
            expected: format!("a nonce every {:.1} s", limit.as_secs_f64() / 30.0),
            got: format!("nothing for {:.0} s", silence.as_secs_f64()),
        })
    }

    fn untold(&mut self) -> Option<BoardEvent> {
        if self.dropped > 0 {
            return Some(BoardEvent::Garbage(std::mem::take(&mut self.dropped)));
        }
        self.news.take().map(BoardEvent::Rate)
    }

    /// Until when to read: the deadline, or what the driver itself has to do before.
    fn read_until(&self, deadline: Instant, wanted: bool) -> Instant {
        let Some(search) = self.search else {
            return deadline;
        };
        let refresh = (!wanted).then_some(search.refresh);
        [refresh, search.accept_by]
            .into_iter()
            .flatten()
            .fold(deadline, Instant::min)
    }
}

impl Board for Icarus {
    fn start(&mut self) -> Result<Ability, BoardError> {
        self.probe().resynchronise()?;
        let known = self.probe().known_answer()?;
        let known = self.set_up(known)?;
        self.offset = known.offset;
        if self.member.clock.is_none() {
            self.slices = self.probe().slices(known)?;
        }
        self.learn_speed(known);
        Ok(self.ability())
    }

    fn wants_work(&self) -> bool {
        self.search
            .is_none_or(|search| search.over || self.line.now() >= search.refresh)
    }

    /// A new job always pre-empts the one before, so `flush` changes nothing.
    fn load(&mut self, work: WorkUnit, _flush: bool) -> Result<(), BoardError> {
        let algorithm = work.job().algorithm.name();
        let header = work
            .header()
            .filter(|_| algorithm == "sha256d")
            .ok_or(BoardError::ForeignWork(algorithm))?;
        let job = self.settings.format.encode(
            header.midstate(),
            header.tail(),
            self.flight.id_on_the_wire(),
        );
        if self.member.clock == Some(Clock::Cairnsmore) && Cairnsmore::looks_like(&job) {
            return Err(BoardError::ForeignWork("a command's look-alike"));
        }
        self.line.send(&job)?;
        self.loaded(work, job.len());
        Ok(())
    }

    fn poll(&mut self, deadline: Instant) -> Result<Option<BoardEvent>, BoardError> {
        if let Some(event) = self.untold() {
            return Ok(Some(event));
        }
        let wanted = self.wants_work();
        loop {
            let until = self.read_until(deadline, wanted);
            let reply = self.line.reply(until)?;
            if let Some(reply) = reply
                && let Some(event) = self.take(reply)?
            {
                return Ok(Some(event));
            }
            if self.job_was_lost() {
                return self.garbage(0).map(Some);
            }
            if reply.is_none() || (!wanted && self.wants_work()) {
                self.check_silence()?;
                return Ok(None);
            }
        }
    }

    /// There is nothing to send: the board searches its last job to the end and idles.
    fn stop(&mut self) -> Result<(), BoardError> {
        self.search = None;
        Ok(())
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
        if self.dropped > 0 || self.news.is_some() {
            return self.line.now();
        }
        self.line.due(self.read_until(deadline, self.wants_work()))
    }

    fn takes_at_once(&self) -> bool {
        self.line.has_room()
    }
}

impl Icarus {
    /// Whether the board may have stood still before the job that goes out now.
    fn was_idle(&self) -> bool {
        let now = self.line.now();
        self.search
            .is_none_or(|search| search.over || now > search.refresh + Duration::from_millis(500))
    }

    fn loaded(&mut self, work: WorkUnit, bytes: usize) {
        self.flight.load(work);
        let line_time = self.member.line_time(bytes, self.settings.baud);
        let loaded = self.line.now() + line_time;
        let opcodes = self.settings.format == JobFormat::Opcode44;
        if self.was_idle() {
            self.silent_since = Some(loaded);
        }
        if self.member.drops_partial {
            self.dropped += self.line.drop_partial();
        }
        self.search = Some(Search {
            loaded,
            refresh: self.line.now() + self.refresh_after(),
            accept_by: opcodes.then_some(loaded + ACCEPTANCE),
            over: false,
        });
    }
}
