//! The two directions of one connection, each with its bounds, for one task that waits for both.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use super::dial::Stream;
use super::{MESSAGE_TIME, NetError, READ_SIZE};
use crate::pool::{Framing, LineFramer};

/// Unsent bytes beyond which the peer is taken for not reading; hundreds of shares.
const MAX_UNSENT: usize = 64 * 1024;

/// How long bytes may stay unsent.
const SEND_TIME: Duration = Duration::from_secs(30);

/// Splits a connection.
pub(super) fn split(
    stream: Box<dyn Stream>,
    framing: Framing,
) -> (Inbound<ReadHalf<Box<dyn Stream>>>, Outbound) {
    let (reader, writer) = tokio::io::split(stream);
    let outbound = Outbound {
        writer,
        unsent: BytesMut::new(),
        since: None,
    };
    (Inbound::new(reader, framing), outbound)
}

/// What comes from the peer.
pub(super) struct Inbound<R> {
    reader: R,
    framer: LineFramer,
    /// When the line that is not complete yet began.
    began: Option<Instant>,
    /// Whether enough has come to rule out TLS and HTTP.
    recognised: bool,
}

impl<R: AsyncRead + Unpin> Inbound<R> {
    pub(super) fn new(reader: R, framing: Framing) -> Self {
        // What is carried by HTTP never comes here; its bound is right for a line, too.
        let (Framing::Lines { max } | Framing::Http { max_body: max }) = framing;
        Self {
            reader,
            framer: LineFramer::new(max),
            began: None,
            recognised: false,
        }
    }

    /// Waits for bytes. Safe to cancel.
    pub(super) async fn fill(&mut self) -> Result<(), NetError> {
        let buffer = self.framer.buffer_mut();
        buffer.reserve(READ_SIZE);
        match self.reader.read_buf(buffer).await {
            Ok(0) => Err(NetError::Closed),
            Ok(_) => self.recognise(),
            Err(error) => Err(NetError::io("reading from", error)),
        }
    }

    /// The next whole line of what has come. After the last one, call [`settle`](Self::settle).
    pub(super) fn next_line(&mut self) -> Result<Option<Bytes>, NetError> {
        let line = self.framer.next_line()?;
        if line.is_some() {
            self.began = None;
        }
        Ok(line)
    }

    /// Notes whether a line has begun and not ended.
    pub(super) fn settle(&mut self, now: Instant) {
        if self.framer.is_inside_line() {
            self.began.get_or_insert(now);
        } else {
            self.began = None;
        }
    }

    /// When the line that has begun must be complete.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.began.map(|began| began + MESSAGE_TIME)
    }

    /// Whether the peer is late.
    pub(super) fn check(&self, now: Instant) -> Result<(), NetError> {
        match self.deadline() {
            Some(deadline) if deadline <= now => Err(NetError::SlowMessage(MESSAGE_TIME)),
            _ => Ok(()),
        }
    }

    /// A TLS record or an HTTP status line at the very beginning betrays the wrong kind of port.
    fn recognise(&mut self) -> Result<(), NetError> {
        if self.recognised {
            return Ok(());
        }
        let start = self.framer.buffer_mut();
        // 0x15 is a TLS alert, 0x16 a TLS handshake; JSON cannot begin with either.
        if matches!(start.first(), Some(0x15 | 0x16)) {
            return Err(NetError::LooksLikeTls);
        }
        if start.starts_with(b"HTTP/") {
            return Err(NetError::LooksLikeHttp);
        }
        self.recognised = start.len() >= b"HTTP/".len();
        Ok(())
    }
}

/// What goes to the pool.
pub(super) struct Outbound {
    writer: WriteHalf<Box<dyn Stream>>,
    unsent: BytesMut,
    /// Since when there has been something to send or to flush.
    since: Option<Instant>,
}

impl Outbound {
    /// Takes a frame to be sent with whatever else is pending.
    pub(super) fn push(&mut self, frame: &[u8], now: Instant) {
        self.unsent.extend_from_slice(frame);
        self.since.get_or_insert(now);
    }

    /// Whether [`send`](Self::send) has something to do.
    pub(super) fn is_pending(&self) -> bool {
        self.since.is_some()
    }

    /// Sends all that is pending, in one write if the system takes it. Safe to cancel.
    pub(super) async fn send(&mut self) -> Result<(), NetError> {
        let failed = |error| NetError::io("writing to", error);
        while !self.unsent.is_empty() {
            let written = self.writer.write_buf(&mut self.unsent).await;
            if written.map_err(failed)? == 0 {
                return Err(NetError::Closed);
            }
        }
        // TLS may hold a record back although it took the bytes.
        self.writer.flush().await.map_err(failed)?;
        self.since = None;
        Ok(())
    }

    /// When what is pending must have left.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + SEND_TIME)
    }

    /// Whether the peer still reads.
    pub(super) fn check(&self, now: Instant) -> Result<(), NetError> {
        let late = self.deadline().is_some_and(|deadline| deadline <= now);
        if late || self.unsent.len() > MAX_UNSENT {
            return Err(NetError::NotReading);
        }
        Ok(())
    }
}
