//! Emulated devices on the clock and on virtual time, good ones and bad ones.

use std::thread;

use super::*;
use crate::transport::testing::Echo;

const LONG: Duration = Duration::from_secs(60);

fn virtual_echo() -> (EmulatedTransport, VirtualClock) {
    let clock = VirtualClock::new(Instant::now());
    let echo = Box::new(Echo::default());
    let line = EmulatedTransport::virtual_time("echo", echo, clock.clone());
    (line, clock)
}

fn real_echo() -> EmulatedTransport {
    EmulatedTransport::real("echo", Box::new(Echo::default()))
}

#[test]
fn virtual_time_jumps_to_the_answer_or_to_the_deadline() {
    let (mut line, clock) = virtual_echo();
    let start = clock.now();
    let mut buf = [0; 8];
    line.write(b"hello").unwrap();
    assert_eq!(line.read(&mut buf, start + LONG).unwrap(), 5);
    assert_eq!(&buf[..5], b"hello");
    assert_eq!(line.now(), start + Echo::DELAY);
    assert_eq!(line.read(&mut buf, start + LONG).unwrap(), 0);
    assert_eq!(line.now(), start + LONG);
    assert_eq!(line.read(&mut buf, start).unwrap(), 0);
    assert_eq!(line.now(), start + LONG, "time went back");
}

#[test]
fn what_does_not_fit_comes_with_the_next_read() {
    let (mut line, clock) = virtual_echo();
    let mut buf = [0; 3];
    line.write(b"hello").unwrap();
    let deadline = clock.now() + LONG;
    assert_eq!(line.read(&mut buf, deadline).unwrap(), 3);
    assert_eq!(line.read(&mut buf, deadline).unwrap(), 2);
    assert_eq!(&buf[..2], b"lo");
    assert_eq!(line.now() + LONG, deadline + Echo::DELAY);
}

#[test]
fn what_comes_during_a_sleep_is_kept() {
    let (mut line, clock) = virtual_echo();
    let start = clock.now();
    line.write(b"a").unwrap();
    line.write(b"b").unwrap();
    line.sleep(LONG);
    assert_eq!(line.now(), start + LONG);
    let mut buf = [0; 8];
    assert_eq!(line.read(&mut buf, start).unwrap(), 2);
    assert_eq!(&buf[..2], b"ab");
}

#[test]
fn a_clock_that_others_moved_does_not_go_back() {
    let (mut line, clock) = virtual_echo();
    let start = clock.now();
    line.write(b"a").unwrap();
    clock.advance_to(start + LONG);
    let mut buf = [0; 8];
    assert_eq!(line.read(&mut buf, start).unwrap(), 1);
    assert_eq!(line.now(), start + LONG);
}

#[test]
fn a_device_on_a_shared_clock_lives_up_to_it_before_it_hears() {
    /// Says how old it is, in seconds, when it hears something.
    struct Age(Instant, u8);
    impl Emulator for Age {
        fn receive(&mut self, _bytes: &[u8], now: Instant) {
            self.1 = (now - self.0).as_secs() as u8;
        }
        fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
            self.0 = until;
            out.extend((self.1 > 0).then_some(self.1));
            until
        }
    }
    let clock = VirtualClock::new(Instant::now());
    let age = Box::new(Age(clock.now(), 0));
    let mut line = EmulatedTransport::virtual_time("age", age, clock.clone());
    clock.advance_to(clock.now() + LONG);
    line.write(b"?").unwrap();
    // It has lived to the clock's time before, so nothing is left to be told.
    assert_eq!(line.read(&mut [0; 8], clock.now()).unwrap(), 0);
}

/// Says something without end and never moves.
struct Babbler(Instant);

impl Emulator for Babbler {
    fn receive(&mut self, _bytes: &[u8], _now: Instant) {}

    fn advance(&mut self, _until: Instant, out: &mut Vec<u8>) -> Instant {
        out.extend([0; 1024]);
        self.0
    }
}

/// Neither says anything nor moves.
struct Stone(Instant);

impl Emulator for Stone {
    fn receive(&mut self, _bytes: &[u8], _now: Instant) {}

    fn advance(&mut self, _until: Instant, _out: &mut Vec<u8>) -> Instant {
        self.0
    }
}

#[test]
fn a_babbling_or_stuck_device_holds_neither_time_nor_memory() {
    let now = Instant::now();
    let devices: [Box<dyn Emulator>; 2] = [Box::new(Babbler(now)), Box::new(Stone(now))];
    for device in devices {
        let clock = VirtualClock::new(now);
        let mut line = EmulatedTransport::virtual_time("bad", device, clock);
        line.sleep(LONG);
        assert_eq!(line.now(), now + LONG);
        assert!(line.pending.len() <= BACKLOG);
        line.read(&mut [0; 16], now + LONG * 2).unwrap();
    }
}

#[test]
fn real_time_answers_not_before_its_time() {
    let mut line = real_echo();
    let start = line.now();
    line.write(b"hello").unwrap();
    let mut buf = [0; 8];
    assert_eq!(line.read(&mut buf, start + LONG).unwrap(), 5);
    assert!(line.now() >= start + Echo::DELAY);
    let deadline = line.now() + Echo::DELAY;
    assert_eq!(line.read(&mut buf, deadline).unwrap(), 0);
    assert!(line.now() >= deadline);
}

#[test]
fn a_wake_ends_the_next_wait_and_only_that() {
    let mut line = real_echo();
    let waker = line.waker();
    waker.wake();
    let deadline = line.now() + LONG;
    let mut buf = [0; 8];
    assert_eq!(line.read(&mut buf, deadline).unwrap(), 0);
    let sleeper = thread::spawn(move || line.read(&mut [0; 8], deadline));
    waker.wake();
    assert_eq!(sleeper.join().unwrap().unwrap(), 0);
    assert!(
        Instant::now() < deadline,
        "the wait was not ended by the wake"
    );
}

#[test]
fn a_device_too_slow_for_its_rate_leaves_wakes_and_deadlines_alone() {
    /// Computes ten times as long as it lives.
    struct Slow;
    impl Emulator for Slow {
        fn receive(&mut self, _bytes: &[u8], _now: Instant) {}
        fn advance(&mut self, until: Instant, _out: &mut Vec<u8>) -> Instant {
            thread::sleep(Duration::from_millis(4));
            until
        }
    }
    let mut line = EmulatedTransport::real("slow", Box::new(Slow));
    let deadline = line.now() + Duration::from_millis(30);
    assert_eq!(line.read(&mut [0; 8], deadline).unwrap(), 0);
    assert!(line.now() >= deadline);
    line.waker().wake();
    assert_eq!(line.read(&mut [0; 8], deadline + LONG).unwrap(), 0);
    assert!(Instant::now() < deadline + LONG);
}

#[test]
fn after_unplugging_everything_says_gone_even_a_wait() {
    let mut line = real_echo();
    let plug = line.plug();
    assert!(plug.is_in());
    let deadline = line.now() + LONG;
    let reader = thread::spawn(move || (line.read(&mut [0; 8], deadline), line));
    plug.unplug();
    let (read, mut line) = reader.join().unwrap();
    assert!(read.unwrap_err().is_gone());
    assert!(line.write(b"x").unwrap_err().is_gone());
    let error = line.set_baud(9600).unwrap_err();
    assert_eq!(
        error.to_string(),
        "echo is gone while setting the line speed"
    );
}
