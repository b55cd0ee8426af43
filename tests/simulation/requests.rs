//! Requests on virtual time: lanes beside each other, each in order, with latency and patience.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use midstate::pool::{
    ClientId, Exchange, HttpPart, HttpRequest, HttpResponse, Lane, PoolEmulator, Session,
};

use super::link::LATENCY;

/// A request that is not answered to its end.
struct Open {
    exchange: Exchange,
    until: Instant,
    begun: Option<(HttpResponse, Vec<u8>)>,
}

/// The requests of one connection.
#[derive(Default)]
pub(crate) struct Requests {
    queued: BTreeMap<Lane, VecDeque<HttpRequest>>,
    open: BTreeMap<Lane, Open>,
    up: VecDeque<(Instant, Exchange, HttpRequest)>,
    down: VecDeque<(Instant, Exchange, HttpPart)>,
    next: u64,
}

impl Requests {
    pub(crate) fn ask(&mut self, lane: Lane, request: HttpRequest) {
        self.queued.entry(lane).or_default().push_back(request);
    }

    /// Carries what has come of age; `Err`: the connection is of no use any more.
    pub(crate) fn step(
        &mut self,
        client: ClientId,
        session: &mut dyn Session,
        emulator: &mut dyn PoolEmulator,
        now: Instant,
    ) -> Result<(), String> {
        self.start(now);
        while self.up.front().is_some_and(|(at, ..)| *at <= now) {
            let (_, exchange, request) = self.up.pop_front().expect("it was just seen");
            emulator.request(client, exchange, request, now);
        }
        while let Some((exchange, part)) = emulator.poll_response() {
            self.down.push_back((now + LATENCY, exchange, part));
        }
        while self.down.front().is_some_and(|(at, ..)| *at <= now) {
            let (_, exchange, part) = self.down.pop_front().expect("it was just seen");
            self.part(exchange, part, session, now)?;
        }
        let overdue = self.open.iter().find(|(_, open)| open.until <= now);
        match overdue.map(|(lane, _)| *lane) {
            Some(lane) => self.failed(lane, session, now),
            None => Ok(()),
        }
    }

    fn start(&mut self, now: Instant) {
        for (lane, queue) in &mut self.queued {
            if self.open.contains_key(lane) {
                continue;
            }
            if let Some(request) = queue.pop_front() {
                self.next += 1;
                let exchange = Exchange(self.next);
                let open = Open {
                    exchange,
                    until: now + request.patience,
                    begun: None,
                };
                self.open.insert(*lane, open);
                self.up.push_back((now + LATENCY, exchange, request));
            }
        }
    }

    fn part(
        &mut self,
        exchange: Exchange,
        part: HttpPart,
        session: &mut dyn Session,
        now: Instant,
    ) -> Result<(), String> {
        let found = self.open.iter().find(|(_, open)| open.exchange == exchange);
        let Some(lane) = found.map(|(lane, _)| *lane) else {
            return Ok(());
        };
        let open = self.open.get_mut(&lane).expect("it was just found");
        match part {
            HttpPart::Whole(response) => self.answered(lane, &response, session, now),
            HttpPart::Begin(response) => {
                open.begun = Some((response.clone(), response.body.to_vec()));
                Ok(())
            }
            HttpPart::More(bytes) => {
                let (_, body) = open.begun.as_mut().expect("it has begun");
                body.extend_from_slice(&bytes);
                if body.len() > 1 << 20 {
                    return self.failed(lane, session, now);
                }
                Ok(())
            }
            HttpPart::End => {
                let (response, body) = open.begun.take().expect("it has begun");
                let response = HttpResponse {
                    body: body.into(),
                    ..response
                };
                self.answered(lane, &response, session, now)
            }
            HttpPart::Break => self.failed(lane, session, now),
        }
    }

    fn answered(
        &mut self,
        lane: Lane,
        response: &HttpResponse,
        session: &mut dyn Session,
        now: Instant,
    ) -> Result<(), String> {
        self.open.remove(&lane);
        match session.receive_response(lane, response, now) {
            Err(error) if error.is_fatal() => Err(error.to_string()),
            Err(_) | Ok(()) => Ok(()),
        }
    }

    fn failed(
        &mut self,
        lane: Lane,
        session: &mut dyn Session,
        now: Instant,
    ) -> Result<(), String> {
        self.open.remove(&lane);
        if lane != Lane::POLL {
            return Err("a request failed".to_owned());
        }
        session.request_failed(lane, now);
        Ok(())
    }
}
