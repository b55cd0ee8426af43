//! The switch between an emulated device and its host: pulls the device out, and ends waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::transport::Waker;

/// Pulls an emulated device out: from then on every call on its transport says that it is gone. Clones are one switch.
#[derive(Debug, Clone)]
pub struct Plug(Arc<State>);

#[derive(Debug, Default)]
struct State {
    out: AtomicBool,
    woken: Mutex<bool>,
    wake: Condvar,
}

impl Plug {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Pulls the device out; a wait on it ends.
    pub fn unplug(&self) {
        self.0.out.store(true, Ordering::Release);
        self.0.wake();
    }

    /// Whether the device is plugged in.
    pub fn is_in(&self) -> bool {
        !self.0.out.load(Ordering::Acquire)
    }

    pub(super) fn waker(&self) -> Waker {
        let state = Arc::clone(&self.0);
        Waker::new(move || state.wake())
    }

    /// Whether somebody has woken us since the last time that we asked.
    pub(super) fn take_wake(&self) -> bool {
        std::mem::take(&mut *self.0.woken())
    }

    /// Waits for a wake, which stays to be taken, for at most `time`.
    pub(super) fn wait(&self, time: Duration) {
        let woken = self.0.woken();
        // Only the end of the wait matters here; what ended it is asked by `take_wake`.
        let _ = self.0.wake.wait_timeout_while(woken, time, |woken| !*woken);
    }
}

impl State {
    fn woken(&self) -> MutexGuard<'_, bool> {
        // A bool cannot be left half written, so a panic elsewhere spoils nothing.
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        *self.woken() = true;
        self.wake.notify_one();
    }
}
