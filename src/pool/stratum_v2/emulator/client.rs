//! One connection of an emulated pool: the handshake, the frames that come, and the channels on it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use noise_sv2::{NoiseEngine, Responder};
use rand_08::rngs::StdRng;

use super::channel::Channel;
use super::{Authority, MAX_CLIENT_PAYLOAD};
use crate::pool::stratum_v2::frames::{Frame, FrameError, Opener, Sealer};
use crate::pool::stratum_v2::noise::CALL_SIZE;

/// How a frame in clear begins: the core protocol and `SetupConnection`. A key that begins so is one in sixteen million.
const IN_CLEAR: [u8; 3] = [0, 0, 0];
/// How long certificates are good for.
const CERTIFICATE_TIME: Duration = Duration::from_secs(24 * 3600);

/// One connection.
pub(in crate::pool) struct Client {
    /// What has come before it was clear what it is.
    greeting: BytesMut,
    opener: Option<Opener>,
    /// What it calls itself, once it has introduced itself.
    pub(super) agent: Option<String>,
    /// It wants standard jobs only.
    pub(super) standard_only: bool,
    pub(super) channels: BTreeMap<u32, Channel>,
}

impl Client {
    /// The number of the group that all channels of a connection belong to.
    pub(super) const GROUP: u32 = 1;

    pub(super) fn new() -> Self {
        Self {
            greeting: BytesMut::new(),
            opener: None,
            agent: None,
            standard_only: false,
            channels: BTreeMap::new(),
        }
    }

    /// Takes what was read. When that completes the handshake: what to answer, and what encrypts everything after it.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        authority: &Authority,
        unix_time: u32,
        random: &mut StdRng,
    ) -> Result<Option<(Bytes, Sealer)>, String> {
        if let Some(opener) = &mut self.opener {
            opener.push(bytes);
            return Ok(None);
        }
        self.greeting.extend_from_slice(bytes);
        if self.greeting.starts_with(&IN_CLEAR) {
            let greeting = std::mem::take(&mut self.greeting);
            self.opener = Some(Opener::new(None, MAX_CLIENT_PAYLOAD, greeting));
            return Ok(Some((Bytes::new(), Sealer::new(None))));
        }
        let Some(call) = self.greeting.first_chunk::<CALL_SIZE>().copied() else {
            return Ok(None);
        };
        let rest = self.greeting.split_off(CALL_SIZE);
        let answered = answer(call, authority, unix_time, random);
        let (answer, engine) = answered.ok_or("the Noise handshake cannot be answered")?;
        let (sealer, opener) = engine.into_split();
        self.opener = Some(Opener::new(Some(opener), MAX_CLIENT_PAYLOAD, rest));
        Ok(Some((answer, Sealer::new(Some(sealer)))))
    }

    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        self.opener.as_mut().map_or(Ok(None), Opener::next_frame)
    }
}

fn answer(
    call: [u8; CALL_SIZE],
    authority: &Authority,
    unix_time: u32,
    random: &mut StdRng,
) -> Option<(Bytes, NoiseEngine)> {
    let mut responder = Responder::from_authority_kp_with_rng(
        &authority.public,
        &authority.secret,
        CERTIFICATE_TIME,
        random,
    )
    .ok()?;
    let answered = responder.step_1_with_now_rng(call, unix_time, random);
    let (answer, engine) = answered.ok()?;
    Some((Bytes::copy_from_slice(&answer), engine))
}
