//! HTTP as sessions and emulators see it: requests, answers and URLs as plain values, no sockets and no library's types.

mod place;
mod poll;
mod replies;
mod rpc;
mod serving;
mod talk;
mod tips;

use std::time::Duration;

use bytes::Bytes;

pub use place::{HttpPlace, PlaceError};
pub(super) use poll::{POLL_PATIENCE, Poll};
use replies::Replies;
pub(crate) use rpc::{RpcError, answer, class_of, error_body, request_body, result_body, word_of};
pub(super) use serving::{Asked, Asking, Base, Serving};
pub(super) use talk::{HttpTalk, Stage};
pub(super) use tips::Tips;

use crate::units::{Secret, printable};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
}

impl Method {
    /// As it stands on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A request. What is the same for all requests (host, length, encodings) is added by whoever carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// What it does.
    pub method: Method,
    /// Where: empty for the pool's own URL, else a reference that is resolved against it. On the pool's side: path and query.
    pub target: String,
    /// Who asks (Basic authorisation, RFC 7617).
    pub login: Option<(String, Secret)>,
    /// Further headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty: none.
    pub body: Bytes,
    /// How long its whole answer may take.
    pub patience: Duration,
    /// Whether it wants a connection of its own instead of the one kept alive (long polls).
    pub fresh: bool,
}

impl HttpRequest {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Method, place and body as a protocol dump shows them: never the login.
    pub fn shown(&self) -> Vec<u8> {
        let head = format!("{} {} ", self.method.name(), self.target);
        [head.as_bytes(), &self.body].concat()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status, such as 200.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body, decoded.
    pub body: Bytes,
    /// Whether its request had to be sent twice, because the first time the connection was lost over it: the other side may have taken it
    /// both times.
    pub resent: bool,
}

impl HttpResponse {
    /// An answer with this status and body, and no headers.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            resent: false,
        }
    }

    /// The same with one more header; `name` in lower case.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// What is said beside the status, safe to show and never empty.
    pub(super) fn words(&self) -> String {
        let words = printable(String::from_utf8_lossy(&self.body).trim(), 100);
        if words.is_empty() {
            "no reason given".to_owned()
        } else {
            words
        }
    }

    /// Status and body as a protocol dump shows them.
    pub fn shown(&self) -> Vec<u8> {
        let head = format!("{} ", self.status);
        [head.as_bytes(), &self.body].concat()
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// The name of one request on the pool's side, until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exchange(pub u64);

/// What an emulated pool does to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpPart {
    /// Answers it.
    Whole(HttpResponse),
    /// Begins an answer: status, headers and the first piece of the body go out at once.
    Begin(HttpResponse),
    /// Goes on with the body.
    More(Bytes),
    /// Ends the body.
    End,
    /// Breaks the connection off in the middle.
    Break,
}

/// The longest body that a protocol dump shows, in bytes: whole blocks would bury everything else.
const MAX_SHOWN: usize = 16 * 1024;

/// A request or answer as a protocol dump shows it.
pub(super) fn shown(frame: &[u8]) -> String {
    let text = String::from_utf8_lossy(&frame[..frame.len().min(MAX_SHOWN)]);
    let shown = printable(text.trim_end(), MAX_SHOWN);
    match frame.len().checked_sub(MAX_SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} ... and {more} bytes more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_shows_no_login_and_cuts_blocks() {
        let request = HttpRequest {
            method: Method::Post,
            target: "/LP".into(),
            login: Some(("me".into(), Secret::new("hunter2"))),
            headers: Vec::new(),
            body: Bytes::from_static(b"{\"id\":0}\x1b"),
            patience: Duration::ZERO,
            fresh: false,
        };
        assert_eq!(shown(&request.shown()), "POST /LP {\"id\":0}\\u{1b}");
        let block = HttpResponse::new(200, vec![b'a'; 100_000]).shown();
        assert!(shown(&block).ends_with("and 83620 bytes more"));
    }
}
