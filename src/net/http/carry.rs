//! Carrying a session by requests: the loop between its lanes, the program and a clock.
//!
//! A request that fails on the main lane or on that of shares ends the connection, and the session asks again on the next one; a long poll
//! that fails costs only that poll.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::super::link::{End, Link, LinkCommand, LinkEvent};
use super::super::{NetError, now};
use super::lanes::{Answered, Lanes};
use super::requester::{Requester, Way};
use super::trial::Trials;
use crate::pool::{Endpoint, Lane};

/// Why the loop woke.
enum Wake {
    Command(Option<LinkCommand>),
    Answer(Option<Answered>),
    /// Another protocol was tried out.
    Tried,
    Told,
    Time,
}

/// One connection, as far as there is such a thing.
struct Talk<'a> {
    lanes: Lanes,
    trials: Trials,
    /// Where it leads.
    at: &'a Endpoint,
}

impl Link {
    /// Connects by HTTP and carries the session until one side has enough.
    pub(in crate::net) async fn http_connection(&mut self, way: Way) -> End {
        let way = Arc::new(way);
        let mut main = Requester::new(Arc::clone(&way));
        match self.beside(main.connect()).await {
            Ok(Ok(())) => self.carry_http(&way, main).await,
            Ok(Err(error)) => End::Lost(error),
            Err(wanted) => wanted,
        }
    }

    async fn carry_http(&mut self, way: &Arc<Way>, main: Requester) -> End {
        let began = now();
        self.jobs = 0;
        self.session.set_wall(self.wall.read());
        self.session.connected(began);
        self.outbox.push(LinkEvent::Connected);
        let mut talk = Talk {
            lanes: Lanes::new(way, main),
            trials: Trials::new(Arc::clone(way)),
            at: &way.endpoint,
        };
        let Err(end) = self.talk_on(&mut talk).await;
        self.hang_up_politely(&end);
        self.retry.had(now() - began, self.jobs);
        end
    }

    async fn talk_on(&mut self, talk: &mut Talk<'_>) -> Result<Infallible, End> {
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        self.drain_requests(talk, now())?;
        loop {
            let wake = self.wait_for_talk(talk, timer.as_mut()).await;
            let now = now();
            self.act_on(wake, talk, now)?;
            if self.session.poll_timeout().is_some_and(|due| due <= now) {
                self.session.handle_timeout(now);
            }
            self.drain_requests(talk, now)?;
            if self.outbox.is_closed() {
                return Err(End::Closed);
            }
            if let Some(tried) = talk.trials.take_when(self.ledger.is_empty(), now) {
                return Err(End::Switched(tried));
            }
        }
    }

    async fn wait_for_talk(&mut self, talk: &mut Talk<'_>, mut timer: Pin<&mut Sleep>) -> Wake {
        let deadlines = [self.session.poll_timeout(), talk.trials.deadline()];
        let deadline = deadlines.into_iter().flatten().min();
        let deadline = deadline.map(tokio::time::Instant::from_std);
        if let Some(deadline) = deadline
            && timer.deadline() != deadline
        {
            timer.as_mut().reset(deadline);
        }
        tokio::select! {
            biased;
            command = self.commands.recv(), if self.outbox.has_room() => Wake::Command(command),
            answer = talk.lanes.answer(), if self.outbox.is_empty() => Wake::Answer(answer),
            () = self.outbox.flush(), if !self.outbox.is_empty() => Wake::Told,
            () = talk.trials.tried(), if talk.trials.is_trying() => Wake::Tried,
            () = timer, if deadline.is_some() => Wake::Time,
        }
    }

    fn act_on(&mut self, wake: Wake, talk: &mut Talk<'_>, now: Instant) -> Result<(), End> {
        match wake {
            Wake::Command(None) => Err(End::Closed),
            Wake::Command(Some(LinkCommand::Connect)) | Wake::Told | Wake::Time => Ok(()),
            Wake::Command(Some(LinkCommand::Disconnect(why))) => Err(End::Down(why)),
            Wake::Command(Some(LinkCommand::Submit { share, ticket })) => {
                self.submit(&share, ticket, now);
                Ok(())
            }
            Wake::Answer(Some((lane, result))) => self.answered(lane, result, talk, now),
            Wake::Answer(None) => Err(End::Lost(NetError::Closed)),
            Wake::Tried => {
                if let Some(words) = talk.trials.failure() {
                    self.complain(words, now);
                }
                Ok(())
            }
        }
    }

    fn answered(
        &mut self,
        lane: Lane,
        result: Result<crate::pool::HttpResponse, NetError>,
        talk: &mut Talk<'_>,
        now: Instant,
    ) -> Result<(), End> {
        let response = match result {
            Ok(response) => response,
            Err(error) if lane == Lane::POLL => {
                self.session.request_failed(lane, now);
                self.complain(format!("long poll: {error}"), now);
                return Ok(());
            }
            Err(error) => return Err(End::Lost(error)),
        };
        if self.dump.is_wanted() {
            self.dump.received(&response.shown());
        }
        let taken = self.session.receive_response(lane, &response, now);
        // A reason to close says more than the error that led to it.
        self.drain_requests(talk, now)?;
        match taken {
            Err(error) if error.is_fatal() => Err(error.into()),
            Err(error) => {
                self.complain(error.to_string(), now);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Takes all that the session has to write down, to ask and to tell: a block is on disk before it is sent.
    fn drain_requests(&mut self, talk: &mut Talk<'_>, now: Instant) -> Result<(), End> {
        self.keep_blocks(now);
        while let Some((lane, request)) = self.session.poll_request() {
            if self.dump.is_wanted() {
                self.dump.sent(&request.shown());
            }
            talk.lanes.ask(lane, request);
        }
        while let Some(event) = self.session.poll_event() {
            match event {
                crate::pool::PoolEvent::Switch(url) => {
                    let refusal = talk.trials.consider(&url, self.session.as_ref());
                    if let Err(words) = refusal {
                        self.complain(words, now);
                    }
                }
                event => self.pass_on(event, talk.at, now)?,
            }
        }
        Ok(())
    }

    /// The connection is gone. Shares without a verdict stay with the session while the link goes on trying.
    fn hang_up_politely(&mut self, end: &End) {
        self.session.disconnected(now());
        self.settle_offline();
        let goes_on = matches!(end, End::Lost(_) | End::Redirected(..));
        if !goes_on || !self.session.keeps_shares() {
            self.abandon();
        }
    }
}
