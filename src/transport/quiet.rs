//! Reading until nobody says anything any more.

use std::time::Duration;

use super::{Transport, TransportError};

/// Reads and forgets what comes until the line has been quiet for `quiet`, for `longest` at most.
///
/// # Errors
/// As [`Transport::read`].
pub fn read_until_quiet(
    port: &mut dyn Transport,
    quiet: Duration,
    longest: Duration,
) -> Result<(), TransportError> {
    let end = port.now() + longest;
    let mut buf = [0; 64];
    while port.now() < end {
        let until = (port.now() + quiet).min(end);
        if port.read(&mut buf, until)? == 0 && port.now() >= until {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::transport::{EmulatedTransport, Emulator, VirtualClock};

    /// Says a byte every ten milliseconds, so many times; when it said the last one.
    struct Chatter(u32, Instant);

    impl Emulator for Chatter {
        fn receive(&mut self, _bytes: &[u8], _now: Instant) {}

        fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
            let due = self.1 + Duration::from_millis(10);
            if due > until || self.0 == 0 {
                return until;
            }
            (self.0, self.1) = (self.0 - 1, due);
            out.push(7);
            due
        }
    }

    #[test]
    fn chatter_is_heard_to_its_end_and_not_for_ever() {
        for (bytes, milliseconds) in [(0, 20..60), (5, 60..100), (1000, 200..220)] {
            let clock = VirtualClock::new(Instant::now());
            let chatter = Box::new(Chatter(bytes, clock.now()));
            let mut port = EmulatedTransport::virtual_time("port", chatter, clock.clone());
            let start = clock.now();
            let (quiet, longest) = (Duration::from_millis(20), Duration::from_millis(200));
            read_until_quiet(&mut port, quiet, longest).unwrap();
            let took = (clock.now() - start).as_millis() as u64;
            assert!(milliseconds.contains(&took), "{bytes}: {took}");
        }
    }
}
