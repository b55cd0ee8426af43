//! What ends a wait or a search from another thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// What ends a wait or a search from another thread; a ring is kept until it is heard.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    lock: Mutex<()>,
    waiting: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.store(true, Ordering::Release);
        // The lock keeps a ring from falling between a waiter's look at the flag and its sleep.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.waiting.notify_all();
    }

    pub(super) fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed)
    }

    pub(super) fn heard(&self) -> bool {
        self.rung.swap(false, Ordering::Acquire)
    }

    pub(super) fn wait_until(&self, deadline: Instant) {
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.is_rung() {
                return;
            }
            guard = self
                .waiting
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}
