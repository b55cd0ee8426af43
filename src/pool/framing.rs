//! Bytes to frames: how a stream is cut, with bounds.

use bytes::{Buf, Bytes, BytesMut};

/// How a protocol cuts its stream into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Lines that end in `\n` (an `\r` before it is dropped), of at most `max` bytes.
    Lines {
        /// The longest line taken, in bytes, without its end.
        max: usize,
    },
    /// Bytes as they are read: the session and the emulator cut and bound their frames themselves, since only they can (what is
    /// encrypted shows no frames).
    Raw,
    /// No frames: the conversation is HTTP requests, which `net` carries; [`Session::poll_request`](super::Session::poll_request).
    Http {
        /// The largest body taken, in bytes, decoded.
        max_body: usize,
    },
}

/// Cuts a stream into frames, whatever the framing.
#[derive(Debug)]
pub enum Framer {
    /// Lines.
    Lines(LineFramer),
    /// Whatever was read.
    Raw(BytesMut),
}

impl Framer {
    /// A framer for one direction of a connection. What is carried by HTTP never comes here; its bound is right for a line, too.
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::Lines { max } | Framing::Http { max_body: max } => {
                Self::Lines(LineFramer::new(max))
            }
            Framing::Raw => Self::Raw(BytesMut::new()),
        }
    }

    /// Where the transport appends what it reads.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        match self {
            Self::Lines(lines) => lines.buffer_mut(),
            Self::Raw(buffer) => buffer,
        }
    }

    /// Whether a frame has begun and not ended, as far as can be seen from outside.
    pub fn is_inside_frame(&self) -> bool {
        match self {
            Self::Lines(lines) => lines.is_inside_line(),
            Self::Raw(_) => false,
        }
    }

    /// The next frame: a line without its end, or all bytes that have come.
    ///
    /// # Errors
    /// [`Overlong`]; the connection is then of no use any more.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, Overlong> {
        match self {
            Self::Lines(lines) => lines.next_line(),
            Self::Raw(buffer) if buffer.is_empty() => Ok(None),
            Self::Raw(buffer) => Ok(Some(buffer.split().freeze())),
        }
    }
}

/// The peer sent a line longer than allowed; the stream cannot be trusted to find its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of more than {0} bytes")]
pub struct Overlong(pub usize);

/// Cuts a stream into lines; memory stays below the longest line allowed plus one read.
#[derive(Debug)]
pub struct LineFramer {
    buffer: BytesMut,
    /// How much of the buffer holds no line end, so that no byte is looked at twice.
    searched: usize,
    max: usize,
}

impl LineFramer {
    /// A framer for lines of at most `max` bytes.
    pub fn new(max: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            max,
        }
    }

    /// Where the transport appends what it reads.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Whether a line has begun and not ended.
    pub fn is_inside_line(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next whole line, without its end; blank lines are skipped.
    ///
    /// # Errors
    /// [`Overlong`]; the connection is then of no use any more.
    pub fn next_line(&mut self) -> Result<Option<Bytes>, Overlong> {
        loop {
            let Some(at) = self.buffer[self.searched..]
                .iter()
                .position(|byte| *byte == b'\n')
            else {
                self.searched = self.buffer.len();
                return if self.searched > self.max {
                    Err(Overlong(self.max))
                } else {
                    Ok(None)
                };
            };
            let mut line = self.buffer.split_to(self.searched + at).freeze();
            self.buffer.advance(1);
            self.searched = 0;
            if line.len() > self.max {
                return Err(Overlong(self.max));
            }
            if line.last() == Some(&b'\r') {
                line.truncate(line.len() - 1);
            }
            if !line.is_empty() {
                return Ok(Some(line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(framer: &mut LineFramer) -> Vec<Bytes> {
        std::iter::from_fn(|| framer.next_line().unwrap()).collect()
    }

    #[test]
    fn lines_come_whole_however_they_arrive() {
        let mut framer = LineFramer::new(10);
        let mut seen = Vec::new();
        for byte in b"one\r\n\n\r\ntwo\nthr" {
            framer.buffer_mut().extend_from_slice(&[*byte]);
            seen.extend(lines(&mut framer));
        }
        assert_eq!(seen, [&b"one"[..], b"two"]);
        assert!(framer.is_inside_line());
        framer.buffer_mut().extend_from_slice(b"ee\nfour\n");
        assert_eq!(lines(&mut framer), [&b"three"[..], b"four"]);
    }

    #[test]
    fn raw_bytes_come_as_they_were_read() {
        let mut framer = Framer::new(Framing::Raw);
        assert_eq!(framer.next_frame(), Ok(None));
        for read in [&b"\n\r\x00"[..], b"x"] {
            framer.buffer_mut().extend_from_slice(read);
            assert_eq!(framer.next_frame().unwrap().unwrap(), read);
        }
        assert!(!framer.is_inside_frame());
    }

    #[test]
    fn an_endless_line_is_refused_at_its_bound() {
        let mut framer = LineFramer::new(10);
        framer.buffer_mut().extend_from_slice(&[b'x'; 10]);
        assert_eq!(framer.next_line(), Ok(None));
        framer.buffer_mut().extend_from_slice(b"x");
        assert_eq!(framer.next_line(), Err(Overlong(10)));
    }
}
