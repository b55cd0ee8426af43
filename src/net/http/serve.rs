//! The pools' side: one client's connection, its requests passed on, their answers in pieces and whenever they come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::client::Heard;
use super::body::collect;
use super::requester::plain_headers;
use crate::pool::{ClientId, Exchange, HttpPart, HttpRequest, HttpResponse, Method};
use crate::units::Secret;

/// How long a client may take for the head of a request, and for its body.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// Bounds of a head: all of it in bytes, and its lines.
const MAX_HEAD: usize = 32 * 1024;
const MAX_HEADERS: usize = 64;

/// Every request of every client has a name of its own.
static NEXT_EXCHANGE: AtomicU64 = AtomicU64::new(0);

/// A request that waits for its answer.
#[derive(Debug)]
pub(in crate::net) struct Conversation {
    /// Its name.
    pub(in crate::net) exchange: Exchange,
    /// It.
    pub(in crate::net) request: HttpRequest,
    /// The way for its answer; closing it before an end breaks the connection off.
    pub(in crate::net) parts: mpsc::UnboundedSender<HttpPart>,
}

/// Serves one client until it goes, or `stop` comes.
pub(in crate::net) async fn http_client(
    id: ClientId,
    socket: TcpStream,
    max_body: usize,
    heard: mpsc::Sender<(ClientId, Heard)>,
    stop: tokio::sync::oneshot::Receiver<()>,
) {
    let tell = heard.clone();
    let service = service_fn(move |request| answer(id, request, max_body, tell.clone()));
    let serving = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(3600))
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .half_close(true)
        .serve_connection(TokioIo::new(socket), service);
    let last = tokio::select! {
        served = serving => served.err().and_then(|error| problem(&error)),
        // Either it was told or the server is gone.
        _ = stop => None,
    };
    let last = last.map_or(Heard::Gone, Heard::Unusable);
    let _ = heard.send((id, last)).await;
}

/// What a person should know of a connection's end, if anything.
fn problem(error: &hyper::Error) -> Option<String> {
    error
        .is_parse()
        .then(|| "that is no HTTP, and this pool speaks nothing else".to_owned())
}

/// The body of an answer, piece by piece.
type Pieces = StreamBody<PieceStream>;

/// Breaks the connection off: `Err` of a service does that.
#[derive(Debug, thiserror::Error)]
#[error("broken off")]
struct Broken;

async fn answer(
    id: ClientId,
    request: Request<Incoming>,
    max_body: usize,
    heard: mpsc::Sender<(ClientId, Heard)>,
) -> Result<Response<Pieces>, Broken> {
    let request = match timeout(REQUEST_TIME, plain(request, max_body)).await {
        Ok(Some(request)) => request,
        Ok(None) => return Ok(whole(&HttpResponse::new(413, "too large"))),
        Err(_) => return Err(Broken),
    };
    let (parts, mut answer) = mpsc::unbounded_channel();
    let conversation = Conversation {
        exchange: Exchange(NEXT_EXCHANGE.fetch_add(1, Ordering::Relaxed)),
        request,
        parts,
    };
    let told = heard.send((id, Heard::Asked(conversation))).await;
    told.map_err(|_| Broken)?;
    match answer.recv().await {
        Some(HttpPart::Whole(response)) => Ok(whole(&response)),
        Some(HttpPart::Begin(response)) => Ok(begun(&response, answer)),
        _ => Err(Broken),
    }
}

/// A request as emulators see it; `None`: its body is too large.
async fn plain(request: Request<Incoming>, max_body: usize) -> Option<HttpRequest> {
    let (head, body) = request.into_parts();
    let headers = plain_headers(&head.headers);
    let target = head.uri.path_and_query().map(ToString::to_string);
    let body = collect(body, max_body).await.ok()?;
    let login = headers.iter().find(|(name, _)| name == "authorization");
    let login = login.and_then(|(_, value)| basic(value));
    Some(HttpRequest {
        method: if head.method == hyper::Method::GET {
            Method::Get
        } else {
            Method::Post
        },
        target: target.unwrap_or_default(),
        login,
        headers,
        body,
        patience: Duration::ZERO,
        fresh: false,
    })
}

/// User and password of a Basic authorisation.
fn basic(value: &str) -> Option<(String, Secret)> {
    let (kind, text) = value.split_once(' ')?;
    let text = BASE64.decode(text.trim()).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (user, pass) = text.split_once(':')?;
    kind.eq_ignore_ascii_case("basic")
        .then(|| (user.to_owned(), Secret::new(pass)))
}

fn head(response: &HttpResponse, body: Pieces) -> Response<Pieces> {
    let mut built = Response::new(body);
    *built.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &response.headers {
        let name = HeaderName::try_from(name.as_str());
        let value = HeaderValue::try_from(value.as_str());
        if let (Ok(name), Ok(value)) = (name, value) {
            built.headers_mut().insert(name, value);
        }
    }
    built
}

fn whole(response: &HttpResponse) -> Response<Pieces> {
    let (length, body) = (response.body.len(), response.body.clone());
    let mut built = head(response, StreamBody::new(PieceStream::of(Some(body), None)));
    built
        .headers_mut()
        .insert(hyper::header::CONTENT_LENGTH, HeaderValue::from(length));
    built
}

fn begun(response: &HttpResponse, parts: mpsc::UnboundedReceiver<HttpPart>) -> Response<Pieces> {
    let first = response.body.clone();
    head(
        response,
        StreamBody::new(PieceStream::of(Some(first), Some(parts))),
    )
}

/// The pieces of a body as a stream: the first at once, the others as they come.
struct PieceStream {
    first: Option<Bytes>,
    parts: Option<mpsc::UnboundedReceiver<HttpPart>>,
}

impl PieceStream {
    fn of(first: Option<Bytes>, parts: Option<mpsc::UnboundedReceiver<HttpPart>>) -> Self {
        let first = first.filter(|bytes| !bytes.is_empty());
        Self { first, parts }
    }
}

impl futures_core::Stream for PieceStream {
    type Item = Result<Frame<Bytes>, Broken>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        use std::task::Poll;
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(parts) = &mut self.parts else {
            return Poll::Ready(None);
        };
        parts.poll_recv(context).map(|part| match part {
            Some(HttpPart::More(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(HttpPart::End) => None,
            _ => Some(Err(Broken)),
        })
    }
}
