//! From a fresh connection to a wire that carries frames: the Noise handshake, or nothing at all on a local network.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::link::Step;
use super::{HANDSHAKE_PATIENCE, MAX_PAYLOAD, Sv2Session};
use crate::pool::PoolEvent;
use crate::pool::stratum_v2::frames::{Opener, Sealer};
use crate::pool::stratum_v2::noise::{ANSWER_SIZE, Call};

/// A Noise handshake under way.
pub(super) struct Greeting {
    call: Call,
    /// What has come of the pool's answer.
    inbox: BytesMut,
}

impl Greeting {
    /// Whether the answer has begun.
    pub(super) fn has_begun(&self) -> bool {
        !self.inbox.is_empty()
    }
}

impl Sv2Session {
    pub(super) fn greet(&mut self, now: Instant) {
        match self.route.clone() {
            Ok(route) => match route.key {
                Some(key) => self.call(key, now),
                None => self.go_in_clear(now),
            },
            Err(problem) => self.talk.fail("the pool's URL", problem),
        }
    }

    fn call(&mut self, key: [u8; 32], now: Instant) {
        match Call::begin(key) {
            Ok((call, message)) => {
                let inbox = BytesMut::new();
                self.link.greeting = Some(Greeting { call, inbox });
                self.talk.wait_for(Step::Noise, 0, HANDSHAKE_PATIENCE, now);
                self.talk.out.push_back(Bytes::copy_from_slice(&message));
            }
            Err(error) => self.talk.fail(Step::Noise.name(), error.to_string()),
        }
    }

    fn go_in_clear(&mut self, now: Instant) {
        let words = "the pool's URL has no key: nothing on this connection is encrypted, and anybody on the way can change it";
        self.talk
            .events
            .push_back(PoolEvent::Message(words.to_owned()));
        self.link.opener = Some(Opener::new(None, MAX_PAYLOAD, BytesMut::new()));
        self.link.sealer = Some(Sealer::new(None));
        self.set_up_connection(now);
    }

    /// Takes bytes of the pool's answer; what comes after it is the beginning of its first frame.
    pub(super) fn take_greeting(&mut self, bytes: &[u8], now: Instant) {
        let Some(greeting) = &mut self.link.greeting else {
            return;
        };
        greeting.inbox.extend_from_slice(bytes);
        let Some(answer) = greeting.inbox.first_chunk::<ANSWER_SIZE>().copied() else {
            return;
        };
        let Some(mut greeting) = self.link.greeting.take() else {
            return;
        };
        let rest = greeting.inbox.split_off(ANSWER_SIZE);
        let unix = self.settings.wall.unix_at(now);
        let unix = u32::try_from(unix).unwrap_or(u32::MAX);
        match greeting.call.finish(answer, unix) {
            Ok(engine) => {
                let (sealer, opener) = engine.into_split();
                self.link.opener = Some(Opener::new(Some(opener), MAX_PAYLOAD, rest));
                self.link.sealer = Some(Sealer::new(Some(sealer)));
                self.set_up_connection(now);
            }
            Err(error) => self.talk.fail(Step::Noise.name(), error.to_string()),
        }
    }
}
