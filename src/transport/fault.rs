//! A bad line on purpose: loses, bends, repeats and delays bytes, falls silent, vanishes. The same seed does the same.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Parity, Transport, TransportError, Waker};

/// What happens to the bytes of one direction: probabilities for each byte, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LineFaults {
    /// The byte is lost.
    pub drop: f64,
    /// One of its bits is inverted.
    pub flip: f64,
    /// It comes twice.
    pub duplicate: f64,
    /// It, and with it all that follow, come late, by up to `longest_delay`.
    pub delay: f64,
    /// The longest delay.
    pub longest_delay: Duration,
    /// From this byte on nothing passes for the time `silent_for`.
    pub silence: f64,
    /// How long a silence lasts.
    pub silent_for: Duration,
}

/// Everything that can go wrong on a line; the default is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Faults {
    /// Where the dice start.
    pub seed: u64,
    /// From us to the device.
    pub to_device: LineFaults,
    /// From the device to us.
    pub to_host: LineFaults,
    /// The device vanishes after so many bytes, both directions together.
    pub gone_after: Option<u64>,
}

/// A transport with a bad line.
pub struct Fault<T> {
    inner: T,
    dice: StdRng,
    to_device: Line,
    to_host: Line,
    gone_after: Option<u64>,
    passed: u64,
    scratch: Vec<u8>,
}

impl<T: Transport> Fault<T> {
    /// `inner` behind a line with `faults`.
    pub fn new(inner: T, faults: Faults) -> Self {
        let now = inner.now();
        Self {
            inner,
            dice: StdRng::seed_from_u64(faults.seed),
            to_device: Line::new(faults.to_device, now),
            to_host: Line::new(faults.to_host, now),
            gone_after: faults.gone_after,
            passed: 0,
            scratch: Vec::new(),
        }
    }

    fn count(&mut self, bytes: usize, step: &'static str) -> Result<(), TransportError> {
        self.check(step)?;
        self.passed += bytes as u64;
        Ok(())
    }

    fn check(&self, step: &'static str) -> Result<(), TransportError> {
        match self.gone_after {
            Some(limit) if self.passed >= limit => {
                let port = "a line with faults".to_owned();
                Err(TransportError::Gone { port, step })
            }
            _ => Ok(()),
        }
    }

    /// Sends what is due by now.
    fn send_due(&mut self) -> Result<(), TransportError> {
        self.scratch.clear();
        self.to_device.due(self.inner.now(), &mut self.scratch);
        if self.scratch.is_empty() {
            return Ok(());
        }
        self.inner.write(&self.scratch)
    }

    /// Waits for the device, or for a moment at which something delayed is due.
    fn turn(&mut self, buf: &mut [u8], deadline: Instant) -> Result<Turn, TransportError> {
        let held = [self.to_device.next(), self.to_host.next()];
        let until = held.into_iter().flatten().fold(deadline, Instant::min);
        let count = self.inner.read(buf, until)?;
        self.count(count, "reading")?;
        let now = self.inner.now();
        self.to_host.put(&buf[..count], now, &mut self.dice);
        let ended = count == 0 && (now >= deadline || now < until);
        Ok(if ended { Turn::Ended } else { Turn::GoOn })
    }

    fn take(&mut self, buf: &mut [u8]) -> usize {
        self.to_host.take(self.inner.now(), buf)
    }
}

/// Whether the wait of a read has come to its end.
#[derive(PartialEq)]
enum Turn {
    GoOn,
    /// At the deadline, or woken.
    Ended,
}

impl<T: Transport> Transport for Fault<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.count(bytes.len(), "writing")?;
        let now = self.inner.now();
        self.to_device.put(bytes, now, &mut self.dice);
        self.send_due()
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.check("reading")?;
        loop {
            self.send_due()?;
            let count = self.take(buf);
            if count > 0 || buf.is_empty() {
                return Ok(count);
            }
            if self.turn(buf, deadline)? == Turn::Ended {
                return Ok(self.take(buf));
            }
        }
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.check("setting the line speed")?;
        self.inner.set_baud(baud)
    }

    fn set_parity(&mut self, parity: Parity) -> Result<(), TransportError> {
        self.inner.set_parity(parity)
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn sleep(&mut self, time: Duration) {
        self.inner.sleep(time);
    }

    fn waker(&self) -> Waker {
        self.inner.waker()
    }
}

impl<T> fmt::Debug for Fault<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("passed", &self.passed)
            .finish_non_exhaustive()
    }
}

/// One direction: its faults, and what it holds back.
struct Line {
    faults: LineFaults,
    held: VecDeque<(Instant, u8)>,
    silent_until: Instant,
}

impl Line {
    fn new(faults: LineFaults, now: Instant) -> Self {
        Self {
            faults,
            held: VecDeque::new(),
            silent_until: now,
        }
    }

    /// Bytes enter the line.
    fn put(&mut self, bytes: &[u8], now: Instant, dice: &mut StdRng) {
        for &byte in bytes {
            self.put_byte(byte, now, dice);
        }
    }

    fn put_byte(&mut self, byte: u8, now: Instant, dice: &mut StdRng) {
        let faults = self.faults;
        if happens(faults.silence, dice) {
            self.silent_until = now + faults.silent_for;
        }
        if now < self.silent_until || happens(faults.drop, dice) {
            return;
        }
        let bit = if happens(faults.flip, dice) {
            1 << dice.random_range(0..8)
        } else {
            0
        };
        let times = if happens(faults.duplicate, dice) {
            2
        } else {
            1
        };
        let at = self.arrival(now, dice);
        (0..times).for_each(|_| self.held.push_back((at, byte ^ bit)));
    }

    /// When a byte that enters now leaves: not before those ahead of it.
    fn arrival(&self, now: Instant, dice: &mut StdRng) -> Instant {
        let delay = if happens(self.faults.delay, dice) {
            self.faults.longest_delay.mul_f64(dice.random())
        } else {
            Duration::ZERO
        };
        let ahead = self.held.back().map_or(now, |(at, _)| *at);
        ahead.max(now + delay)
    }

    /// When the next byte leaves.
    fn next(&self) -> Option<Instant> {
        self.held.front().map(|(at, _)| *at)
    }

    fn pop(&mut self, now: Instant) -> Option<u8> {
        self.next().filter(|at| *at <= now)?;
        self.held.pop_front().map(|(_, byte)| byte)
    }

    /// What leaves by `now`, all of it.
    fn due(&mut self, now: Instant, out: &mut Vec<u8>) {
        while let Some(byte) = self.pop(now) {
            out.push(byte);
        }
    }

    /// What leaves by `now`, as much as `buf` takes.
    fn take(&mut self, now: Instant, buf: &mut [u8]) -> usize {
        let mut count = 0;
        while count < buf.len()
            && let Some(byte) = self.pop(now)
        {
            buf[count] = byte;
            count += 1;
        }
        count
    }
}

/// Rolls the dice only for what can happen, so that one more kind of fault in the struct does not change the others' luck.
fn happens(probability: f64, dice: &mut StdRng) -> bool {
    probability > 0.0 && dice.random::<f64>() < probability
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::testing::Echo;
    use crate::transport::{EmulatedTransport, VirtualClock};

    const LONG: Duration = Duration::from_secs(1);

    fn line(faults: Faults) -> Fault<EmulatedTransport> {
        let clock = VirtualClock::new(Instant::now());
        let echo = Box::new(Echo::default());
        Fault::new(EmulatedTransport::virtual_time("echo", echo, clock), faults)
    }

    fn one_way(to_host: LineFaults) -> Fault<EmulatedTransport> {
        let seed = 7;
        line(Faults {
            seed,
            to_host,
            ..Faults::default()
        })
    }

    /// Writes 0..=255, reads until nothing comes for a second, and returns it.
    fn round(line: &mut impl Transport) -> Vec<u8> {
        let bytes: Vec<u8> = (0..=255).collect();
        line.write(&bytes).unwrap();
        let mut came = Vec::new();
        let mut buf = [0; 32];
        loop {
            let deadline = line.now() + LONG;
            match line.read(&mut buf, deadline).unwrap() {
                0 => return came,
                count => came.extend(&buf[..count]),
            }
        }
    }

    fn sent() -> Vec<u8> {
        (0..=255).collect()
    }

    #[test]
    fn without_faults_everything_passes() {
        assert_eq!(round(&mut line(Faults::default())), sent());
    }

    #[test]
    fn a_seed_does_the_same_again_and_another_seed_something_else() {
        let bad = LineFaults {
            drop: 0.1,
            flip: 0.1,
            duplicate: 0.1,
            delay: 0.1,
            longest_delay: LONG / 4,
            silence: 0.01,
            silent_for: LONG / 100,
        };
        let run = |seed| {
            let (to_device, to_host, gone_after) = (bad, bad, None);
            round(&mut line(Faults {
                seed,
                to_device,
                to_host,
                gone_after,
            }))
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        assert_ne!(run(1), sent());
    }

    #[test]
    fn dropped_bytes_are_missing() {
        let came = round(&mut one_way(LineFaults {
            drop: 0.5,
            ..LineFaults::default()
        }));
        assert!(came.len() > 64 && came.len() < 192, "{}", came.len());
        assert!(came.is_sorted());
    }

    #[test]
    fn flipped_bytes_differ_in_one_bit() {
        let came = round(&mut one_way(LineFaults {
            flip: 1.0,
            ..LineFaults::default()
        }));
        assert_eq!(came.len(), 256);
        let bits = |(a, b): (&u8, u8)| (a ^ b).count_ones();
        assert!(came.iter().zip(0..=255).map(bits).all(|bits| bits == 1));
    }

    #[test]
    fn duplicated_bytes_come_twice() {
        let came = round(&mut one_way(LineFaults {
            duplicate: 1.0,
            ..LineFaults::default()
        }));
        let twice: Vec<u8> = sent().into_iter().flat_map(|byte| [byte; 2]).collect();
        assert_eq!(came, twice);
    }

    #[test]
    fn delayed_bytes_come_in_order_and_late_both_ways() {
        let late = LineFaults {
            delay: 1.0,
            longest_delay: LONG / 2,
            ..LineFaults::default()
        };
        for (to_device, to_host) in [(late, LineFaults::default()), (LineFaults::default(), late)] {
            let mut line = line(Faults {
                to_device,
                to_host,
                ..Faults::default()
            });
            let start = line.now();
            assert_eq!(round(&mut line), sent());
            // The last byte came at the longest of 256 delays; the read after it waited for a second.
            assert!(line.now() - start > LONG + LONG / 3);
        }
    }

    #[test]
    fn silence_ends() {
        let mut line = one_way(LineFaults {
            silence: 0.02,
            silent_for: LONG,
            ..LineFaults::default()
        });
        assert!(round(&mut line).len() < 256);
        line.to_host.faults.silence = 0.0;
        line.sleep(LONG);
        assert_eq!(round(&mut line), sent());
    }

    #[test]
    fn the_device_vanishes_after_so_many_bytes() {
        let gone_after = Some(300);
        let mut line = line(Faults {
            gone_after,
            ..Faults::default()
        });
        line.write(&[0; 256]).unwrap();
        let mut buf = [0; 256];
        let deadline = line.now() + LONG;
        assert_eq!(line.read(&mut buf, deadline).unwrap(), 256);
        assert!(line.read(&mut buf, deadline).unwrap_err().is_gone());
        assert!(line.write(&[1]).unwrap_err().is_gone());
        assert!(line.set_baud(9600).unwrap_err().is_gone());
    }
}
