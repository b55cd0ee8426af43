//! One lane's requests: a connection kept alive, authorisation, redirects within bounds, gzip, and one retry where a kept connection
//! had been closed meanwhile.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::dial::{CONNECT_TIME, dial};
use super::super::{NetError, Proxy, TlsSettings, WallClock};
use super::body::{collect, decode};
use crate::pool::{Endpoint, HttpPlace, HttpRequest, HttpResponse, Method, may_redirect};
use crate::units::printable;

/// How many redirects one request follows.
const MAX_REDIRECTS: usize = 5;
/// Bounds of a head: all of it in bytes, and its lines.
const MAX_HEAD: usize = 32 * 1024;
const MAX_HEADERS: usize = 64;

/// What all lanes of a connection share: where, how, and how far.
#[derive(Debug)]
pub(in crate::net) struct Way {
    /// The pool.
    pub(in crate::net) endpoint: Endpoint,
    /// The way there, unless direct.
    pub(in crate::net) proxy: Option<Proxy>,
    /// Whom to trust.
    pub(in crate::net) tls: Arc<TlsSettings>,
    /// Whether the pool may send us to other hosts.
    pub(in crate::net) anywhere: bool,
    /// A file with `user:password` that is read for each request, in place of the session's login.
    pub(in crate::net) cookie: Option<PathBuf>,
    /// The largest body taken, in bytes.
    pub(in crate::net) max_body: usize,
    /// The time of day.
    pub(in crate::net) wall: WallClock,
}

impl Way {
    /// Whether credentials and requests may go to `place`.
    fn judge(&self, place: &HttpPlace) -> Result<(), NetError> {
        let refused = |reason| NetError::RedirectRefused {
            to: printable(&place.to_string(), 200),
            reason,
        };
        if self.endpoint.tls && !place.tls {
            return Err(refused("it gives TLS up"));
        }
        if !self.anywhere && !may_redirect(&self.endpoint.host, &place.host) {
            return Err(refused(
                "it is not in the pool's domain; --allow-redirect allows it",
            ));
        }
        Ok(())
    }

    /// Whether the login may go to `place`: to the pool's own host, or to any host if the user allows that. A sibling of the pool's may be
    /// somebody else's machine.
    fn trusts(&self, place: &HttpPlace) -> bool {
        self.anywhere || place.host.eq_ignore_ascii_case(&self.endpoint.host)
    }

    /// Whether `response` asks for the login that was not sent.
    fn misses_login(&self, place: &HttpPlace, response: &HttpResponse) -> Result<(), NetError> {
        if response.status == 401 && !self.trusts(place) {
            return Err(NetError::RedirectRefused {
                to: printable(&place.to_string(), 200),
                reason: "it wants the login, which goes to no other host; --allow-redirect allows it",
            });
        }
        Ok(())
    }

    /// The value of `Authorization`.
    fn login(
        &self,
        place: &HttpPlace,
        request: &HttpRequest,
    ) -> Result<Option<HeaderValue>, NetError> {
        if !self.trusts(place) {
            return Ok(None);
        }
        let text = match (&self.cookie, &request.login) {
            (Some(path), _) => cookie(path)?,
            (None, Some((user, pass))) => format!("{user}:{}", pass.expose()),
            (None, None) => return Ok(None),
        };
        let value = format!("Basic {}", BASE64.encode(text));
        let mut value = HeaderValue::try_from(value).expect("base64 is ASCII");
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn cookie(path: &std::path::Path) -> Result<String, NetError> {
    let wrong = |problem: String| NetError::Cookie {
        path: path.to_owned(),
        problem,
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(format!("cannot be read ({error}); is the node running?")))?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.contains(':') && line.len() <= 1024 {
        Ok(line.to_owned())
    } else {
        Err(wrong("holds no user:password".to_owned()))
    }
}

/// One lane.
pub(super) struct Requester {
    way: Arc<Way>,
    connection: Option<Connection>,
    /// Where the pool has sent the requests for a target.
    moved: Option<(String, HttpPlace)>,
}

struct Connection {
    place: HttpPlace,
    sender: SendRequest<Full<Bytes>>,
    task: JoinHandle<()>,
    used: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Requester {
    pub(super) fn new(way: Arc<Way>) -> Self {
        Self {
            way,
            connection: None,
            moved: None,
        }
    }

    /// Connects to the pool, so that the first request finds a connection.
    pub(super) async fn connect(&mut self) -> Result<(), NetError> {
        let place = HttpPlace::of(&self.way.endpoint);
        self.connection = Some(Connection::open(&self.way, place).await?);
        Ok(())
    }

    /// The answer to a request, read to its end, within the request's patience.
    pub(super) async fn exchange(
        &mut self,
        request: &HttpRequest,
    ) -> Result<HttpResponse, NetError> {
        let answer = timeout(request.patience, self.follow(request)).await;
        let result = answer.unwrap_or(Err(NetError::SlowAnswer(request.patience)));
        if result.is_err() {
            self.connection = None;
            self.moved = None;
        }
        result
    }

    async fn follow(&mut self, request: &HttpRequest) -> Result<HttpResponse, NetError> {
        if request.fresh {
            self.connection = None;
        }
        let mut place = self.start(request)?;
        let mut method = request.method;
        let mut been = Vec::new();
        loop {
            let response = self.send(&place, method, request).await?;
            self.way.misses_login(&place, &response)?;
            let Some(location) = location(&response) else {
                self.moved = been.first().map(|_| (request.target.clone(), place));
                return Ok(response);
            };
            let next = place.join(location)?;
            self.way.judge(&next)?;
            been.push(place);
            if been.contains(&next) || been.len() > MAX_REDIRECTS {
                return Err(NetError::RedirectLoop(printable(&next.to_string(), 200)));
            }
            if response.status == 303 {
                method = Method::Get;
            }
            place = next;
        }
    }

    /// Where a request goes first.
    fn start(&mut self, request: &HttpRequest) -> Result<HttpPlace, NetError> {
        if let Some((target, place)) = self.moved.take()
            && target == request.target
        {
            return Ok(place);
        }
        let place = HttpPlace::of(&self.way.endpoint).join(&request.target)?;
        self.way.judge(&place)?;
        Ok(place)
    }

    /// Sends a request once; twice, if the connection was kept from an earlier one and turns out to be closed.
    async fn send(
        &mut self,
        place: &HttpPlace,
        method: Method,
        request: &HttpRequest,
    ) -> Result<HttpResponse, NetError> {
        let kept = self.connection.take().filter(|kept| kept.leads_to(place));
        let resent = kept.is_some();
        if let Some(mut kept) = kept {
            let used = kept.used;
            match kept.ask(&self.way, place, method, request).await {
                Err(NetError::Closed) if used => {}
                result => {
                    self.connection = Some(kept);
                    return result;
                }
            }
        }
        let mut fresh = Connection::open(&self.way, place.clone()).await?;
        let response = fresh.ask(&self.way, place, method, request).await?;
        self.connection = Some(fresh);
        Ok(HttpResponse { resent, ..response })
    }
}

/// Where a redirect leads.
fn location(response: &HttpResponse) -> Option<&str> {
    matches!(response.status, 301 | 302 | 303 | 307 | 308)
        .then(|| response.header("location"))
        .flatten()
}

impl Connection {
    async fn open(way: &Way, place: HttpPlace) -> Result<Self, NetError> {
        let endpoint = Endpoint {
            tls: place.tls,
            host: place.host.clone(),
            port: place.port,
            ..way.endpoint.clone()
        };
        let stream = dial(endpoint, way.proxy.clone(), Arc::clone(&way.tls)).await?;
        let shaking = Builder::new()
            .title_case_headers(true)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream));
        let (sender, connection) = match timeout(CONNECT_TIME, shaking).await {
            Ok(shaken) => shaken.map_err(|error| NetError::hyper("connecting to", &error))?,
            Err(_) => return Err(NetError::SlowAnswer(CONNECT_TIME)),
        };
        let task = tokio::spawn(async move {
            // Its error comes to whoever asks over it.
            let _ = connection.await;
        });
        Ok(Self {
            place,
            sender,
            task,
            used: false,
        })
    }

    fn leads_to(&self, place: &HttpPlace) -> bool {
        self.place.shares_connection(place) && !self.sender.is_closed()
    }

    async fn ask(
        &mut self,
        way: &Way,
        place: &HttpPlace,
        method: Method,
        request: &HttpRequest,
    ) -> Result<HttpResponse, NetError> {
        let failed = |error: hyper::Error| NetError::hyper("asking", &error);
        self.sender.ready().await.map_err(failed)?;
        let built = build(way, place, method, request)?;
        let response = self.sender.send_request(built).await.map_err(failed)?;
        self.used = true;
        read(response, way.max_body).await
    }
}

fn build(
    way: &Way,
    place: &HttpPlace,
    method: Method,
    request: &HttpRequest,
) -> Result<Request<Full<Bytes>>, NetError> {
    let unusable = |_| NetError::Encoding("a header of the request cannot be sent");
    let body = match method {
        Method::Get => Bytes::new(),
        Method::Post => request.body.clone(),
    };
    let mut built = Request::builder()
        .method(method.name())
        .uri(place.path.as_str())
        .body(Full::new(body))
        .map_err(unusable)?;
    let headers = built.headers_mut();
    let host = HeaderValue::try_from(place.authority());
    headers.insert(header::HOST, host.map_err(|error| unusable(error.into()))?);
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(login) = way.login(place, request)? {
        headers.insert(header::AUTHORIZATION, login);
    }
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|error| unusable(error.into()))?;
        let value =
            HeaderValue::try_from(value.as_str()).map_err(|error| unusable(error.into()))?;
        headers.insert(name, value);
    }
    Ok(built)
}

async fn read(
    response: Response<hyper::body::Incoming>,
    max_body: usize,
) -> Result<HttpResponse, NetError> {
    let (head, body) = response.into_parts();
    let body = collect(body, max_body).await?;
    let headers = plain_headers(&head.headers);
    let response = HttpResponse {
        status: head.status.as_u16(),
        headers,
        body: Bytes::new(),
        resent: false,
    };
    let body = decode(body, response.header("content-encoding"), max_body)?;
    Ok(HttpResponse { body, ..response })
}

/// Headers as sessions and emulators see them; hyper's names are in lower case.
pub(super) fn plain_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let plain = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    };
    headers.iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::getwork;
    use crate::units::Secret;

    fn way(anywhere: bool) -> Way {
        let (endpoint, _) = Endpoint::parse("http://pool.example:8332/").unwrap();
        assert_eq!(endpoint.protocol.name, getwork::PROTOCOL.name);
        Way {
            endpoint,
            proxy: None,
            tls: Arc::new(TlsSettings::new(None).unwrap()),
            anywhere,
            cookie: None,
            max_body: 1000,
            wall: WallClock::default(),
        }
    }

    fn login_for(way: &Way, url: &str) -> Option<HeaderValue> {
        let request = HttpRequest {
            method: Method::Post,
            target: String::new(),
            login: Some(("me".to_owned(), Secret::new("hunter2"))),
            headers: Vec::new(),
            body: Bytes::new(),
            patience: CONNECT_TIME,
            fresh: false,
        };
        let place = HttpPlace::of(&way.endpoint).join(url).unwrap();
        let built = build(way, &place, Method::Post, &request).unwrap();
        built.headers().get(header::AUTHORIZATION).cloned()
    }

    #[test]
    fn the_login_goes_to_the_pools_own_host_only() {
        let own = way(false);
        assert!(login_for(&own, "/x").is_some());
        assert!(login_for(&own, "http://pool.example:9000/lp").is_some());
        assert_eq!(login_for(&own, "http://eu.pool.example:8332/"), None);
        assert!(login_for(&way(true), "http://eu.pool.example:8332/").is_some());
    }

    #[test]
    fn who_misses_the_login_is_explained() {
        let refused = HttpResponse::new(401, "");
        let at = |url: &str| HttpPlace::of(&way(false).endpoint).join(url).unwrap();
        let judge = |url: &str| way(false).misses_login(&at(url), &refused);
        assert!(judge("/").is_ok(), "that is a wrong password");
        let error = judge("http://eu.pool.example/").unwrap_err().to_string();
        assert!(error.contains("--allow-redirect"), "{error}");
    }
}
