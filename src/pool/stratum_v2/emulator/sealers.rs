//! What encrypts each client's frames, in the order in which they leave: each counts.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::pool::ClientId;
use crate::pool::emulation::Seal;
use crate::pool::stratum_v2::frames::{Frame, Sealer};

/// The payload of a frame beyond every bound: as much as a header can announce.
const HUGE: usize = (1 << 24) - 1;
/// How much of it is really sent.
const HUGE_PIECE: usize = 64 * 1024;

/// One sealer a client, once its handshake is done.
#[derive(Default)]
pub(in crate::pool) struct Sealers(BTreeMap<ClientId, Sealer>);

impl Sealers {
    /// The handshake with a client is done.
    pub(super) fn open(&mut self, client: ClientId, sealer: Sealer) {
        self.0.insert(client, sealer);
    }
}

impl Seal for Sealers {
    type Frame = Frame;

    fn seal(&mut self, client: ClientId, frame: &Frame) -> Option<Bytes> {
        self.0.get_mut(&client)?.seal(frame).ok()
    }

    fn endless(&mut self, client: ClientId) -> Option<Vec<Bytes>> {
        let sealer = self.0.get_mut(&client)?;
        let bytes = sealer.seal(&Frame::new(0x1f, true, &vec![0; HUGE]));
        Some(bytes.ok()?.slice(..HUGE_PIECE)).map(|piece| vec![piece])
    }

    fn forget(&mut self, client: ClientId) {
        self.0.remove(&client);
    }
}
