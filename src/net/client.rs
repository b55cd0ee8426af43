//! One client of an emulated pool: its socket's task and the bounded way to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::http::Conversation;
use super::wire::Inbound;
use super::{NetError, now};
use crate::pool::{ClientId, Framing};

/// How long one write may wait for a client that does not read.
const WRITE_TIME: Duration = Duration::from_secs(1);

/// What may wait for a client, in bytes; who is further behind is cut off.
const MAX_BACKLOG: usize = 1 << 20;

/// What a waiting frame costs beside its bytes: one-byte writes must be bounded too.
const FRAME_COST: usize = 64;

/// What a client's task tells the server.
#[derive(Debug)]
pub(super) enum Heard {
    /// A whole line.
    Line(Bytes),
    /// A request.
    Asked(Conversation),
    /// Why the client is cut off.
    Unusable(String),
    /// The client is gone, or sends no more.
    Gone,
}

/// The server's end of the way to a client; dropping it closes the connection after what was sent before.
pub(super) struct Outlet {
    frames: mpsc::UnboundedSender<Bytes>,
    backlog: Arc<AtomicUsize>,
}

impl Outlet {
    /// Queues a frame; `false`: the client is too far behind.
    pub(super) fn push(&self, frame: Bytes) -> bool {
        let cost = frame.len() + FRAME_COST;
        if self.backlog.fetch_add(cost, Ordering::Relaxed) + cost > MAX_BACKLOG {
            return false;
        }
        // A client that is just going away is reported by its task.
        let _ = self.frames.send(frame);
        true
    }
}

/// The way to a new client, and the task that serves its socket.
pub(super) fn client(
    id: ClientId,
    socket: TcpStream,
    framing: Framing,
    heard: mpsc::Sender<(ClientId, Heard)>,
) -> (Outlet, impl Future<Output = ()> + Send) {
    let (frames, queue) = mpsc::unbounded_channel();
    let backlog = Arc::new(AtomicUsize::new(0));
    let outlet = Outlet {
        frames,
        backlog: Arc::clone(&backlog),
    };
    let task = async move {
        let (reader, writer) = tokio::io::split(socket);
        tokio::select! {
            () = write(writer, queue, &backlog) => {}
            // A client that only shut its sending side down still gets its answers: the writing ends when the server lets go.
            () = read_on(id, Inbound::new(reader, framing), &heard) => {}
        }
        let _ = heard.send((id, Heard::Gone)).await;
    };
    (outlet, task)
}

async fn write(
    mut writer: WriteHalf<TcpStream>,
    mut queue: mpsc::UnboundedReceiver<Bytes>,
    backlog: &AtomicUsize,
) {
    while let Some(frame) = queue.recv().await {
        match timeout(WRITE_TIME, writer.write_all(&frame)).await {
            Ok(Ok(())) => backlog.fetch_sub(frame.len() + FRAME_COST, Ordering::Relaxed),
            Ok(Err(_)) | Err(_) => return,
        };
    }
    let _ = timeout(WRITE_TIME, writer.shutdown()).await;
}

/// Passes every line on; after the last one nothing more happens here.
async fn read_on(
    id: ClientId,
    mut inbound: Inbound<ReadHalf<TcpStream>>,
    heard: &mpsc::Sender<(ClientId, Heard)>,
) {
    let last = loop {
        match next_frame(&mut inbound).await {
            Ok(line) => {
                if heard.send((id, Heard::Line(line))).await.is_err() {
                    return;
                }
            }
            Err(error) => break problem(&error).map_or(Heard::Gone, Heard::Unusable),
        }
    };
    if heard.send((id, last)).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

async fn next_frame(inbound: &mut Inbound<ReadHalf<TcpStream>>) -> Result<Bytes, NetError> {
    loop {
        if let Some(line) = inbound.next_frame()? {
            return Ok(line);
        }
        inbound.settle(now());
        match inbound.deadline().map(Instant::from_std) {
            None => inbound.fill().await?,
            Some(deadline) => match timeout_at(deadline, inbound.fill()).await {
                Ok(filled) => filled?,
                Err(_) => inbound.check(now())?,
            },
        }
    }
}

/// What a person should know of a connection's end, if anything.
fn problem(error: &NetError) -> Option<String> {
    match error {
        NetError::Overlong(overlong) => Some(overlong.to_string()),
        NetError::SlowMessage(bound) => {
            Some(format!("a message took more than {} s", bound.as_secs()))
        }
        NetError::LooksLikeTls => Some("that is TLS, and this pool is plain".into()),
        _ => None,
    }
}
