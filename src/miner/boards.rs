//! One board as the dispatcher sees it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::chips::Chips;
use super::rate::RateWindow;
use super::snapshot::{BoardSnapshot, BoardState, Counters};
use super::{BoardId, Notice};
use crate::board::{Ability, Telemetry};
use crate::units::{Hash256, Hashrate, Target};

/// One board, from when it was opened; it is kept when it is gone, so that its counts stay in the sums.
#[derive(Debug)]
pub(super) struct BoardRecord {
    id: BoardId,
    place: String,
    model: &'static str,
    details: String,
    algorithms: &'static [&'static str],
    state: BoardState,
    nominal: Hashrate,
    threshold: Target,
    rate: RateWindow,
    last_nonce: Option<Instant>,
    faults: BTreeMap<&'static str, u64>,
    telemetry: Option<Telemetry>,
    pub(super) chips: Chips,
    pub(super) counters: Counters,
}

impl BoardRecord {
    pub(super) fn new(id: BoardId, place: String, model: &'static str, now: Instant) -> Self {
        Self {
            id,
            place,
            model,
            details: String::new(),
            algorithms: &[],
            state: BoardState::Starting,
            nominal: Hashrate::ZERO,
            threshold: Target::MAX,
            rate: RateWindow::new(now),
            last_nonce: None,
            faults: BTreeMap::new(),
            telemetry: None,
            chips: Chips::default(),
            counters: Counters::default(),
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn opened(&mut self) {
        self.state = BoardState::Starting;
    }

    pub(super) fn started(&mut self, ability: Ability, now: Instant) -> Notice {
        self.state = BoardState::Mining;
        self.nominal = ability.nominal;
        self.threshold = ability.threshold;
        self.details = ability.details;
        self.algorithms = ability.algorithms;
        self.rate = RateWindow::new(now);
        Notice::BoardStarted {
            board: self.id,
            place: self.place.clone(),
            model: self.model,
            details: self.details.clone(),
        }
    }

    /// A right nonce with this hash: it proves as many hashes as its board's threshold takes on average.
    pub(super) fn right_nonce(&mut self, hash: &Hash256, now: Instant) {
        self.counters.nonces += 1;
        self.last_nonce = Some(now);
        if self.threshold.is_met_by(hash) {
            self.rate.add(self.threshold.expected_hashes(), now);
        }
    }

    pub(super) fn wrong_nonce(&mut self) {
        self.counters.hardware_errors += 1;
    }

    /// Bytes that make no frame: a hardware error, told apart from wrong nonces among the faults.
    pub(super) fn garbage(&mut self) {
        self.fault(None, "garbage");
        self.counters.hardware_errors += 1;
    }

    pub(super) fn fault(&mut self, chip: Option<u16>, kind: &'static str) {
        if let Some(chip) = chip {
            self.chips.fault(chip, kind);
        }
        *self.faults.entry(kind).or_default() += 1;
    }

    pub(super) fn sensed(&mut self, telemetry: Telemetry) {
        self.telemetry = Some(telemetry);
    }

    pub(super) fn words(&self, text: String) -> Notice {
        Notice::BoardSays {
            board: self.id,
            place: self.place.clone(),
            model: self.model,
            text,
        }
    }

    pub(super) fn measured(&mut self, rate: Hashrate) {
        self.nominal = rate;
    }

    /// It reports hashes that meet this from now on.
    pub(super) fn reports(&mut self, threshold: Target) {
        self.threshold = threshold;
    }

    /// It has reported easier hashes than it promised all along.
    pub(super) fn reported(&mut self, threshold: Target) {
        // What was counted so far were just as many of the easier hashes.
        let factor = threshold.expected_hashes() / self.threshold.expected_hashes();
        self.rate.scale(factor);
        self.threshold = threshold;
    }

    pub(super) fn trouble(&mut self, state: BoardState, text: String) -> Notice {
        self.state = state;
        Notice::BoardTrouble {
            board: self.id,
            place: self.place.clone(),
            model: self.model,
            text,
        }
    }

    pub(super) fn stopped(&mut self) {
        self.state = BoardState::Stopped;
    }

    pub(super) fn is_running(&self) -> bool {
        self.state == BoardState::Mining
    }

    /// Whether its rate is part of the miner's: at the end, boards that were stopped by us still count.
    pub(super) fn counts(&self) -> bool {
        matches!(self.state, BoardState::Mining | BoardState::Stopped)
    }

    pub(super) fn hashrate(&self, now: Instant) -> Hashrate {
        self.rate.rate(now)
    }

    /// `wanted`: the algorithm of the job that there is.
    pub(super) fn snapshot(&self, wanted: Option<&str>, now: Instant) -> BoardSnapshot {
        let has_work = wanted.is_some_and(|name| self.algorithms.contains(&name));
        let idle = self.is_running() && !has_work;
        BoardSnapshot {
            id: self.id,
            place: self.place.clone(),
            model: self.model,
            details: self.details.clone(),
            state: if idle {
                BoardState::Idle
            } else {
                self.state.clone()
            },
            nominal: self.nominal,
            hashrate: self.hashrate(now),
            counters: self.counters,
            faults: self.faults.clone(),
            telemetry: self.telemetry,
            chips: self.chips.counters(),
            last_nonce: self
                .last_nonce
                .map(|last| now.saturating_duration_since(last)),
        }
    }

    /// The pause until `until`, for people.
    pub(super) fn pause(until: Instant, now: Instant) -> Duration {
        Duration::from_secs(until.saturating_duration_since(now).as_secs_f64().round() as u64)
    }
}
