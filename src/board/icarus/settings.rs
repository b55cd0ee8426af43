//! The options of one board in the types of its driver; the emulator reads its own in `emulator`.

use std::time::Duration;

use super::commands;
use super::frames::JobFormat;
use super::params::{AfterFind, Clock, Member};
pub(super) use crate::board::options::problem;
use crate::board::{BoardError, BoardOptions};

/// Zero bits of every nonce that hardware reports.
pub(super) const HARDWARE_ZERO_BITS: u32 = 32;

/// What the user said about a board, defaults filled in.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) baud: u32,
    pub(super) slices: Slices,
    /// Seconds for a hash of the whole board.
    pub(super) hash_time: Option<f64>,
    pub(super) probe_timeout: Duration,
    pub(super) nonce_offset: Option<i64>,
    pub(super) zero_bits: u32,
    pub(super) after_find: AfterFind,
    pub(super) range_bits: u32,
    pub(super) work_interval: Option<Duration>,
    pub(super) mhz: Option<f64>,
    pub(super) millivolts: Option<u16>,
    pub(super) format: JobFormat,
}

/// Into how many parts the nonces are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slices {
    /// The member's number, or measured where that is quick.
    Unknown,
    /// To be measured, however long it takes.
    Probe,
    /// So many.
    Given(u32),
}

impl Settings {
    /// Reads `options` for a driver of `member`.
    pub(super) fn parse(member: &Member, options: &BoardOptions) -> Result<Self, BoardError> {
        options.only(member.options.iter().map(|option| option.key))?;
        let mhz = mhz(member, options)?;
        let hash_time = hash_time(member, options, mhz)?;
        Ok(Self {
            baud: baud(member, options)?,
            slices: slices(options)?,
            hash_time,
            probe_timeout: probe_timeout(member, options, hash_time)?,
            nonce_offset: nonce_offset(options)?,
            zero_bits: options.within("zero-bits", 8..=64, HARDWARE_ZERO_BITS)?,
            after_find: after_find(member, options)?,
            range_bits: options.within("range-bits", 18..=32, 32)?,
            work_interval: milliseconds(options, "work-interval", 1..=3_600_000)?,
            mhz,
            millivolts: millivolts(member, options)?,
            format: format(member, options)?,
        })
    }
}

/// The line speed.
pub(super) fn baud(member: &Member, options: &BoardOptions) -> Result<u32, BoardError> {
    options.within("baud", 300..=12_000_000, member.baud)
}

/// What was said of the slices.
pub(super) fn slices(options: &BoardOptions) -> Result<Slices, BoardError> {
    match options.text("slices") {
        None => Ok(Slices::Unknown),
        Some("probe") => Ok(Slices::Probe),
        Some("1") => Ok(Slices::Given(1)),
        Some("2") => Ok(Slices::Given(2)),
        Some("4") => Ok(Slices::Given(4)),
        Some("8") => Ok(Slices::Given(8)),
        Some(other) => Err(problem("slices", other, "must be 1, 2, 4, 8 or probe")),
    }
}

/// What the board adds to its nonces.
pub(super) fn nonce_offset(options: &BoardOptions) -> Result<Option<i64>, BoardError> {
    let offset = options.within("nonce-offset", -65_536..=65_536, 0)?;
    Ok(options.text("nonce-offset").map(|_| offset))
}

/// What the board does after a find.
pub(super) fn after_find(member: &Member, options: &BoardOptions) -> Result<AfterFind, BoardError> {
    match options.text("after-find") {
        None => Ok(member.after_find),
        Some("continue") => Ok(AfterFind::Continues),
        Some("stop") if member.after_find == AfterFind::DeviceStops => Ok(AfterFind::DeviceStops),
        Some("stop") => Ok(AfterFind::SliceStops),
        Some(other) => Err(problem("after-find", other, "must be stop or continue")),
    }
}

/// The order of a line's halves, where the member has lines.
pub(super) fn format(member: &Member, options: &BoardOptions) -> Result<JobFormat, BoardError> {
    match options.text("order") {
        None | Some("tail") => Ok(member.format),
        Some("midstate") => Ok(JobFormat::HexLineMidstateFirst),
        Some(other) => Err(problem("order", other, "must be tail or midstate")),
    }
}

/// A duration given in milliseconds.
pub(super) fn milliseconds(
    options: &BoardOptions,
    key: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<Duration>, BoardError> {
    let value = options.within(key, range, 0)?;
    Ok(options.text(key).map(|_| Duration::from_millis(value)))
}

fn mhz(member: &Member, options: &BoardOptions) -> Result<Option<f64>, BoardError> {
    let range = match member.clock {
        None => return Ok(None),
        Some(Clock::Cairnsmore) => commands::CAIRNSMORE_MHZ,
        Some(Clock::Bm1380) => commands::BM1380_MHZ,
        Some(Clock::Bm1382) => commands::BM1382_MHZ,
    };
    let default = member.speed.default_mhz().unwrap_or_default();
    let key = match (options.text("clock"), options.text("freq")) {
        (Some(_), Some(freq)) => return Err(problem("freq", freq, "clock is given too")),
        (Some(_), None) => "clock",
        (None, Some(_)) => "freq",
        (None, None) => return Ok(None),
    };
    options.within(key, range, default).map(Some)
}

fn hash_time(
    member: &Member,
    options: &BoardOptions,
    mhz: Option<f64>,
) -> Result<Option<f64>, BoardError> {
    let nanoseconds = options.within("hash-time", 1e-6..=1e9, 0.0)?;
    let given = options.text("hash-time").map(|_| nanoseconds * 1e-9);
    let from_rate = options
        .rate("rate")?
        .map(|rate| 1.0 / rate * member.speed.hash_time(mhz) / member.speed.hash_time(None));
    Ok(given.or(from_rate))
}

/// The probe waits three times what the golden answer takes at a rate that the user gave.
fn probe_timeout(
    member: &Member,
    options: &BoardOptions,
    hash_time: Option<f64>,
) -> Result<Duration, BoardError> {
    let given = milliseconds(options, "probe-timeout", 10..=600_000)?;
    let golden_at_two_slices = 2.0 * 100_258.0;
    let by_rate = hash_time
        .map(|seconds| 3.0 * golden_at_two_slices * seconds)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .unwrap_or_default();
    Ok(given.unwrap_or_else(|| {
        member
            .probe_timeout
            .max(by_rate)
            .min(Duration::from_secs(600))
    }))
}

fn millivolts(member: &Member, options: &BoardOptions) -> Result<Option<u16>, BoardError> {
    if member.clock != Some(Clock::Bm1382) {
        return Ok(None);
    }
    let value = options.within("voltage", commands::U3_MILLIVOLTS, 725)?;
    Ok(options.text("voltage").map(|_| value))
}
