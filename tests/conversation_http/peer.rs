//! A scripted web server: the test sees each request and says what goes back, byte by byte if it wants to.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// The server's end of all connections.
pub(crate) struct Peer {
    pub(crate) port: u16,
    asks: mpsc::UnboundedReceiver<Ask>,
    /// Requests that are never answered: their connections stay open.
    held: Vec<Ask>,
}

/// A request that waits for its answer.
pub(crate) struct Ask {
    /// Number of its connection.
    pub(crate) connection: usize,
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    out: mpsc::UnboundedSender<Out>,
}

enum Out {
    Bytes(Vec<u8>),
    Done,
}

impl Peer {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, asks) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                tokio::spawn(serve(connection, stream, tell.clone()));
            }
        });
        Self {
            port,
            asks,
            held: Vec::new(),
        }
    }

    /// The next request, whichever connection it comes on.
    pub(crate) async fn ask(&mut self) -> Ask {
        let next = tokio::time::timeout(super::rig::GUARD, self.asks.recv());
        next.await.expect("a request comes").unwrap()
    }

    /// Leaves a request without answer.
    pub(crate) fn hold(&mut self, ask: Ask) {
        self.held.push(ask);
    }

    /// The next request with `word` in its head or body; others are put off for ever.
    pub(crate) async fn ask_with(&mut self, word: &str) -> Ask {
        loop {
            let ask = self.ask().await;
            if ask.head.contains(word) || ask.text().contains(word) {
                return ask;
            }
            self.hold(ask);
        }
    }
}

impl Ask {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The value of a header, if the request has it.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Sends bytes as they are.
    pub(crate) fn raw(&self, bytes: impl Into<Vec<u8>>) {
        let _ = self.out.send(Out::Bytes(bytes.into()));
    }

    /// The answer is complete; the connection is kept.
    pub(crate) fn done(self) {
        let _ = self.out.send(Out::Done);
    }

    /// Hangs up.
    pub(crate) fn hang_up(self) {
        drop(self);
    }

    pub(crate) fn answer(self, status: u16, headers: &str, body: &[u8]) {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} Because\r\nContent-Length: {length}\r\n{headers}\r\n");
        self.raw([head.as_bytes(), body].concat());
        self.done();
    }

    pub(crate) fn result(self, headers: &str, result: &Value) {
        let body = json!({"result": result, "error": null, "id": 0}).to_string();
        self.answer(200, headers, body.as_bytes());
    }

    pub(crate) fn error(self, code: i64, message: &str) {
        let error = json!({"code": code, "message": message});
        let body = json!({"result": null, "error": error, "id": 0}).to_string();
        self.answer(500, "", body.as_bytes());
    }
}

async fn serve(connection: usize, mut stream: TcpStream, tell: mpsc::UnboundedSender<Ask>) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    while let Some((head, body)) = read(&mut stream, &mut buffer).await {
        let (out, mut outs) = mpsc::unbounded_channel();
        let ask = Ask {
            connection,
            head,
            body,
            out,
        };
        if tell.send(ask).is_err() {
            return;
        }
        loop {
            match outs.recv().await {
                Some(Out::Bytes(bytes)) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Some(Out::Done) => break,
                None => return,
            }
        }
    }
}

/// A whole request; `None`: the client has gone.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        let end = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse().unwrap())
            });
            let whole = end + 4 + length.unwrap_or(0_usize);
            if buffer.len() >= whole {
                let rest = buffer.split_off(whole);
                let body = buffer[end + 4..].to_vec();
                *buffer = rest;
                return Some((head, body));
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
