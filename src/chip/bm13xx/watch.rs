//! Which chips have fallen silent while the others go on, and how much of what is to be expected the chain finds. Pure; time comes in.

use std::time::{Duration, Instant};

/// Replies that a chip must have missed: chance does that once in e^30 times.
const MISSED: f64 = 30.0;

/// Nonces to be expected before what a chain finds is judged, and the part of them that is too little: chance does that once in e^17 times.
const JUDGED: f64 = 100.0;
const WEAK: f64 = 0.5;

/// Watches the chips of a chain whose replies tell who speaks.
#[derive(Debug)]
pub(super) struct Watch {
    chips: Vec<Silence>,
    /// Until when the chips' replies have been expected.
    counted: Option<Instant>,
    /// Nonces of all chips that were to be expected since the bring-up, and those that came.
    expected: f64,
    found: f64,
}

#[derive(Debug, Clone, Default)]
struct Silence {
    /// Replies to be expected since the last one.
    expected: f64,
    /// It has spoken since they were counted last.
    has_spoken: bool,
    is_told: bool,
}

impl Watch {
    pub(super) fn new(chips: u16) -> Self {
        Self {
            chips: vec![Silence::default(); usize::from(chips)],
            counted: None,
            expected: 0.0,
            found: 0.0,
        }
    }

    /// The part of the first hundred nonces to be expected that has come, if it is too little: something in the bring-up was not heard.
    pub(super) fn weakness(&self) -> Option<f64> {
        let part = self.found / self.expected;
        (self.expected >= JUDGED && part < WEAK).then_some(part)
    }

    /// The chain works from `now` on, or no longer.
    pub(super) fn working(&mut self, is_working: bool, now: Instant) {
        self.counted = is_working.then_some(now);
    }

    /// Chips work until `now`, each promising `rate` replies a second; the words for one that has fallen silent.
    pub(super) fn count(&mut self, rate: f64, now: Instant) -> Option<String> {
        let since = self.counted.replace(now)?;
        let expected = now.saturating_duration_since(since).as_secs_f64() * rate;
        if self.expected < JUDGED {
            self.expected += expected * self.chips.len() as f64;
        }
        for chip in &mut self.chips {
            let silent = !std::mem::take(&mut chip.has_spoken);
            chip.expected = if silent {
                chip.expected + expected
            } else {
                0.0
            };
        }
        let is_silent = |chip: &Silence| chip.expected > MISSED && !chip.is_told;
        let index = self.chips.iter().position(is_silent)?;
        self.chips[index].is_told = true;
        let time = Duration::from_secs_f64(self.chips[index].expected / rate);
        Some(format!(
            "chip {index} has found nothing for {} s; the others go on",
            time.as_secs()
        ))
    }

    /// A chip has spoken; the words if it was thought silent.
    pub(super) fn heard(&mut self, chip: u16) -> Option<String> {
        if self.expected < JUDGED {
            self.found += 1.0;
        }
        let silence = self.chips.get_mut(usize::from(chip))?;
        silence.expected = 0.0;
        silence.has_spoken = true;
        std::mem::take(&mut silence.is_told).then(|| format!("chip {chip} finds nonces again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_chip_is_told_once_and_again_when_it_speaks() {
        let start = Instant::now();
        let mut watch = Watch::new(3);
        assert_eq!(watch.count(1.0, start), None);
        let mut told = Vec::new();
        for second in 1..=100 {
            told.extend(watch.count(1.0, start + Duration::from_secs(second)));
            told.extend(watch.heard(0).or(watch.heard(2)));
        }
        assert_eq!(
            told,
            ["chip 1 has found nothing for 31 s; the others go on"]
        );
        assert_eq!(watch.heard(1).as_deref(), Some("chip 1 finds nonces again"));
        assert_eq!(watch.heard(1), None);
    }

    #[test]
    fn a_chip_that_speaks_often_between_two_rare_counts_is_not_silent() {
        let start = Instant::now();
        let mut watch = Watch::new(1);
        for second in (0..100).step_by(10) {
            let now = start + Duration::from_secs(second);
            assert_eq!(watch.count(100.0, now), None, "{second}");
            assert_eq!(watch.heard(0), None, "{second}");
        }
    }

    #[test]
    fn a_chain_that_finds_less_than_half_is_weak_and_only_its_first_hundred_count() {
        let found = |every: u64, seconds: u64| {
            let start = Instant::now();
            let mut watch = Watch::new(2);
            watch.count(1.0, start);
            for second in 1..=seconds {
                watch.count(1.0, start + Duration::from_secs(second));
                if second % every == 0 {
                    watch.heard(0);
                    watch.heard(1);
                }
            }
            watch.weakness()
        };
        assert_eq!(found(1, 200), None);
        assert_eq!(found(3, 49), None, "too early to tell");
        assert!(found(3, 200).is_some_and(|part| (0.3..0.35).contains(&part)));
        assert!(found(3, 50).is_some());
    }

    #[test]
    fn without_work_nothing_is_expected() {
        let start = Instant::now();
        let mut watch = Watch::new(1);
        watch.working(true, start);
        watch.working(false, start);
        assert_eq!(watch.count(1.0, start + Duration::from_secs(1000)), None);
        assert_eq!(watch.count(1.0, start + Duration::from_secs(1010)), None);
    }
}
