//! Chains that take their time, or a second reset, until all of their chips answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::rig::settings;
use crate::chip::bm13xx::emulator::{EmulatedChip, SharedChain};
use crate::chip::bm13xx::settings::NoReset;
use crate::chip::bm13xx::*;
use crate::transport::{EmulatedTransport, Emulator, VirtualClock};

const STICK: (&ChipType, EmulatedChip) = (&BM1387, EmulatedChip::Bm1387);

/// A chain behind a line that is cut at first.
struct Late {
    chain: SharedChain,
    begun: Option<Instant>,
    /// It hears nothing for so long, ..
    deaf: Duration,
    /// .. nor before so many resets.
    needs: u32,
    resets: Arc<AtomicU32>,
}

impl Emulator for Late {
    fn receive(&mut self, bytes: &[u8], now: Instant) {
        let awake = now >= *self.begun.get_or_insert(now) + self.deaf;
        if awake && self.resets.load(Ordering::Relaxed) >= self.needs {
            self.chain.receive(bytes, now);
        }
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        self.chain.advance(until, out)
    }

    fn set_baud(&mut self, baud: u32) {
        self.chain.set_baud(baud);
    }
}

/// Brings twelve chips up; with a reset line or without.
fn bring_up(deaf: Duration, needs: u32, has_reset: bool) -> (Result<Chain, ChainError>, u32) {
    let (ours, theirs) = settings(STICK, 12);
    let clock = VirtualClock::new(Instant::now());
    let chain = SharedChain::new(theirs);
    let resets = Arc::new(AtomicU32::new(0));
    let late = Late {
        chain: chain.clone(),
        begun: None,
        deaf,
        needs,
        resets: Arc::clone(&resets),
    };
    let port = Box::new(EmulatedTransport::virtual_time(
        "late",
        Box::new(late),
        clock.clone(),
    ));
    let mut line = |asserted: bool| {
        chain.lock().reset(asserted, clock.now());
        resets.fetch_add(u32::from(asserted), Ordering::Relaxed);
        Ok(())
    };
    let up = if has_reset {
        Chain::bring_up(port, ours, &mut line)
    } else {
        Chain::bring_up(port, ours, &mut NoReset)
    };
    (up, resets.load(Ordering::Relaxed))
}

#[test]
fn chips_have_five_seconds_to_answer() {
    let (up, _) = bring_up(Duration::from_millis(3500), 0, false);
    assert_eq!(up.unwrap().chips(), 12);
    let (up, _) = bring_up(Duration::from_secs(7), 0, false);
    assert!(matches!(up.unwrap_err(), ChainError::NoChips { .. }));
}

#[test]
fn a_chain_that_stays_silent_is_reset_once_and_a_whole_one_is_not() {
    let (up, resets) = bring_up(Duration::ZERO, 2, true);
    assert_eq!((up.unwrap().chips(), resets), (12, 2));
    let (up, resets) = bring_up(Duration::ZERO, 3, true);
    assert!(matches!(up.unwrap_err(), ChainError::NoChips { .. }));
    assert_eq!(resets, 2);
    let (up, resets) = bring_up(Duration::ZERO, 1, true);
    assert_eq!((up.unwrap().chips(), resets), (12, 1));
}
