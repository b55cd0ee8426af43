//! Bytes to frames and back, encrypted or in clear, with bounds.
//!
//! A frame is `u16 extension | u8 message type | u24 payload length | payload`, little-endian (sv2-spec 03, section 3.2). Encrypted, the
//! header comes alone (22 bytes) and the payload in pieces of at most 65535 bytes (section 4.6). A mistake here is the connection's
//! end: after one failed decryption the two sides no longer agree on anything.

use bytes::{Buf, Bytes, BytesMut};
use noise_sv2::{AEAD_MAC_LEN, NoiseDecryptor, NoiseEncryptor};

/// Length of a header in clear.
const HEADER: usize = 6;
/// The longest piece of a payload that is encrypted at a time, in clear.
const PIECE: usize = 65_535 - AEAD_MAC_LEN;
/// The bit of the extension field that says that the payload begins with a channel's number.
const CHANNEL_BIT: u16 = 0x8000;

/// A frame in clear, whole, with its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pool) struct Frame(Vec<u8>);

/// Why a connection's bytes are of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    /// The header announces more than is taken.
    #[error("a frame of {len} bytes is announced; at most {max} are taken")]
    Oversize { len: usize, max: usize },
    /// The bytes do not authenticate: changed, replayed, or not from this peer.
    #[error("the {0} does not decrypt: bytes were changed, lost or replayed on the way")]
    Undecipherable(&'static str),
    /// What is to be sent does not fit a frame, or the keys are used up.
    #[error("a frame of {0} bytes cannot be sent")]
    Unsendable(usize),
}

impl Frame {
    /// A frame of the core protocol.
    pub(super) fn new(kind: u8, is_channel: bool, payload: &[u8]) -> Self {
        let extension: u16 = if is_channel { CHANNEL_BIT } else { 0 };
        let length = (payload.len() as u32).to_le_bytes();
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend(extension.to_le_bytes());
        bytes.push(kind);
        bytes.extend(&length[..3]);
        bytes.extend(payload);
        Self(bytes)
    }

    /// From all of its bytes; `None` when they are not one whole frame.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let whole = bytes.len() >= HEADER && payload_length(bytes) == bytes.len() - HEADER;
        whole.then(|| Self(bytes.to_vec()))
    }

    /// All of its bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The extension that it belongs to; 0: the core protocol.
    pub(super) fn extension(&self) -> u16 {
        u16::from_le_bytes([self.0[0], self.0[1]]) & !CHANNEL_BIT
    }

    /// The message type.
    pub(super) fn kind(&self) -> u8 {
        self.0[2]
    }

    /// The payload; `mut`, because that is how the decoders of the reference implementation take it.
    pub(super) fn payload_mut(&mut self) -> &mut [u8] {
        &mut self.0[HEADER..]
    }
}

fn payload_length(header: &[u8]) -> usize {
    u32::from_le_bytes([header[3], header[4], header[5], 0]) as usize
}

/// What decrypts one direction; each piece once and in its order.
pub(super) trait Decrypt {
    /// Decrypts in place and takes the authentication code off; `None`: it is wrong.
    fn decrypt(&mut self, piece: &mut Vec<u8>) -> Option<()>;
}

/// What encrypts one direction.
pub(super) trait Encrypt {
    /// Encrypts in place and puts an authentication code behind; `None`: the key is used up.
    fn encrypt(&mut self, piece: &mut Vec<u8>) -> Option<()>;
}

impl Decrypt for NoiseDecryptor {
    fn decrypt(&mut self, piece: &mut Vec<u8>) -> Option<()> {
        NoiseDecryptor::decrypt(self, piece).ok()
    }
}

impl Encrypt for NoiseEncryptor {
    fn encrypt(&mut self, piece: &mut Vec<u8>) -> Option<()> {
        NoiseEncryptor::encrypt(self, piece).ok()
    }
}

/// What comes: bytes to frames.
#[derive(Debug)]
pub(super) struct Opener<C = NoiseDecryptor> {
    /// `None`: everything is in clear.
    cipher: Option<C>,
    inbox: BytesMut,
    /// The header of the frame that is coming, in clear.
    header: Option<[u8; HEADER]>,
    /// The longest payload taken.
    max: usize,
}

impl<C: Decrypt> Opener<C> {
    /// For payloads of at most `max` bytes, in clear or encrypted for `cipher`; `inbox` is what has come already.
    pub(super) fn new(cipher: Option<C>, max: usize, inbox: BytesMut) -> Self {
        Self {
            cipher,
            inbox,
            header: None,
            max,
        }
    }

    /// Takes what was read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
    }

    /// Whether a frame has begun and not ended.
    pub(super) fn is_inside_frame(&self) -> bool {
        self.header.is_some() || !self.inbox.is_empty()
    }

    /// The next whole frame; asked until there is none, memory stays below the longest frame plus one read.
    ///
    /// # Errors
    /// [`FrameError`]; the connection is then of no use any more.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(header) = self.next_header()? else {
            return Ok(None);
        };
        let length = payload_length(&header);
        let needed = self.on_wire(length);
        if self.inbox.len() < needed {
            return Ok(None);
        }
        self.header = None;
        let mut frame = Vec::with_capacity(HEADER + length);
        frame.extend(header);
        let mut rest = self.inbox.split_to(needed);
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(self.on_wire(PIECE)));
            frame.extend(self.opened(&piece, "payload")?);
        }
        Ok(Some(Frame(frame)))
    }

    /// The header of the frame that is coming, once it is there and within bounds.
    fn next_header(&mut self) -> Result<Option<[u8; HEADER]>, FrameError> {
        let needed = self.on_wire(HEADER);
        if self.header.is_none() && self.inbox.len() >= needed {
            let sealed = self.inbox.split_to(needed);
            let mut header = [0; HEADER];
            header.copy_from_slice(&self.opened(&sealed, "header")?);
            let len = payload_length(&header);
            if len > self.max {
                return Err(FrameError::Oversize { len, max: self.max });
            }
            self.header = Some(header);
        }
        Ok(self.header)
    }

    fn opened(&mut self, sealed: &[u8], what: &'static str) -> Result<Vec<u8>, FrameError> {
        let mut bytes = sealed.to_vec();
        if let Some(cipher) = &mut self.cipher {
            let opened = cipher.decrypt(&mut bytes);
            opened.ok_or(FrameError::Undecipherable(what))?;
        }
        Ok(bytes)
    }

    /// How many bytes `length` bytes in clear take on the wire.
    fn on_wire(&self, length: usize) -> usize {
        match self.cipher {
            Some(_) => length + length.div_ceil(PIECE) * AEAD_MAC_LEN,
            None => length,
        }
    }
}

/// What goes: frames to bytes.
#[derive(Debug)]
pub(super) struct Sealer<C = NoiseEncryptor> {
    /// `None`: everything is in clear.
    cipher: Option<C>,
}

impl<C: Encrypt> Sealer<C> {
    /// In clear, or encrypted by `cipher`.
    pub(super) fn new(cipher: Option<C>) -> Self {
        Self { cipher }
    }

    /// The bytes that carry a frame; frames must be sent in the order in which they are sealed.
    ///
    /// # Errors
    /// [`FrameError::Unsendable`].
    pub(super) fn seal(&mut self, frame: &Frame) -> Result<Bytes, FrameError> {
        let mut rest = frame.as_bytes();
        if rest.len() - HEADER >= 1 << 24 {
            return Err(FrameError::Unsendable(rest.len()));
        }
        let Some(cipher) = &mut self.cipher else {
            return Ok(Bytes::copy_from_slice(rest));
        };
        let mut wire = Vec::with_capacity(rest.len() + 2 * AEAD_MAC_LEN);
        let mut next = HEADER;
        while !rest.is_empty() {
            let mut piece = rest[..next].to_vec();
            let sealed = cipher.encrypt(&mut piece);
            sealed.ok_or(FrameError::Unsendable(frame.as_bytes().len()))?;
            wire.extend(piece);
            rest.advance(next);
            next = rest.len().min(PIECE);
        }
        Ok(wire.into())
    }
}
