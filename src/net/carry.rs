//! Carrying a session over one connection: the loop between a socket, the program and a clock.
//!
//! The path from a read to an event and from a share to a write is short on purpose: nothing is awaited on it, and nothing is
//! formatted unless the protocol is being dumped.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::io::ReadHalf;
use tokio::time::Sleep;

use super::dial::Stream;
use super::http::Tried;
use super::link::{End, Link, LinkCommand, LinkEvent};
use super::wire::{Inbound, Outbound, split};
use super::{NetError, now};
use crate::pool::{Endpoint, Lane, PoolEvent, Session, SubmitId};
use crate::work::{Outcome, Share};

/// One connection.
pub(super) struct Line<'a> {
    inbound: Inbound<ReadHalf<Box<dyn Stream>>>,
    outbound: Outbound,
    /// Where it leads.
    at: &'a Endpoint,
}

/// Why the loop woke.
enum Wake {
    Sent(Result<(), NetError>),
    Command(Option<LinkCommand>),
    Read(Result<(), NetError>),
    Told,
    Time,
}

impl Link {
    /// Carries the session over `stream`, which leads to `at`, until one side has enough.
    pub(super) async fn carry(&mut self, stream: Box<dyn Stream>, at: &Endpoint) -> End {
        let began = now();
        self.jobs = 0;
        self.session.set_wall(self.wall.read());
        self.session.connected(began);
        self.outbox.push(LinkEvent::Connected);
        let (inbound, outbound) = split(stream, at.protocol.framing);
        let line = Line {
            inbound,
            outbound,
            at,
        };
        let Err(end) = self.carry_on(line).await;
        self.hang_up();
        self.retry.had(now() - began, self.jobs);
        end
    }

    /// Carries on with a session of another protocol that a pool has sent us to, until that connection ends.
    pub(super) async fn carry_tried(&mut self, tried: Tried) -> End {
        let began = now();
        self.jobs = 0;
        let before = std::mem::replace(&mut self.session, tried.session);
        self.outbox.push(LinkEvent::Connected);
        let words = format!("X-Stratum: {}; gone over to it", tried.at);
        let words = self.dump.hide(words);
        self.outbox.push(LinkEvent::Pool(PoolEvent::Message(words)));
        let line = Line {
            inbound: tried.inbound,
            outbound: tried.outbound,
            at: &tried.at,
        };
        let mut told = tried.events.into_iter();
        let heard = told.try_for_each(|event| self.pass_on(event, line.at, began));
        let end = if let Err(end) = heard {
            end
        } else {
            let Err(end) = self.carry_on(line).await;
            end
        };
        self.hang_up();
        self.retry.had(now() - began, self.jobs);
        self.return_to(before, &end);
        end
    }

    /// Goes back to the session of the configured URL. The other one is kept only when its own pool sends it elsewhere: what listens there
    /// speaks its protocol.
    pub(super) fn return_to(&mut self, before: Box<dyn Session>, end: &End) {
        let visitor = std::mem::replace(&mut self.session, before);
        self.visitor = matches!(end, End::Redirected(..)).then_some(visitor);
    }

    async fn carry_on(&mut self, mut line: Line<'_>) -> Result<Infallible, End> {
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        self.drain(&mut line, now())?;
        loop {
            let wake = self.wait(&mut line, timer.as_mut()).await;
            let now = now();
            self.act(wake, &mut line, now)?;
            self.keep_time(&mut line, now)?;
        }
    }

    /// Waits for the first thing to do. What is ready to leave leaves first, then what the program wants, then what came in.
    async fn wait(&mut self, line: &mut Line<'_>, mut timer: Pin<&mut Sleep>) -> Wake {
        let deadline = self.deadline(line).map(tokio::time::Instant::from_std);
        if let Some(deadline) = deadline
            && timer.deadline() != deadline
        {
            timer.as_mut().reset(deadline);
        }
        let Line {
            inbound, outbound, ..
        } = line;
        tokio::select! {
            biased;
            sent = outbound.send(), if outbound.is_pending() => Wake::Sent(sent),
            command = self.commands.recv(), if self.outbox.has_room() => Wake::Command(command),
            read = inbound.fill(), if self.outbox.is_empty() => Wake::Read(read),
            () = self.outbox.flush(), if !self.outbox.is_empty() => Wake::Told,
            () = timer, if deadline.is_some() => Wake::Time,
        }
    }

    fn act(&mut self, wake: Wake, line: &mut Line<'_>, now: Instant) -> Result<(), End> {
        match wake {
            Wake::Sent(sent) => Ok(sent?),
            Wake::Command(command) => self.obey(command, line, now),
            Wake::Read(read) => {
                read?;
                self.receive(line, now)
            }
            Wake::Told | Wake::Time => Ok(()),
        }
    }

    fn deadline(&self, line: &Line<'_>) -> Option<Instant> {
        let deadlines = [
            self.session.poll_timeout(),
            line.inbound.deadline(),
            line.outbound.deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Looks at every bound; at every wake, so that a flood of messages cannot hold back the session's timers.
    fn keep_time(&mut self, line: &mut Line<'_>, now: Instant) -> Result<(), End> {
        if self.session.poll_timeout().is_some_and(|due| due <= now) {
            self.session.handle_timeout(now);
            self.drain(line, now)?;
        }
        line.inbound.check(now)?;
        line.outbound.check(now)?;
        if self.outbox.is_closed() {
            return Err(End::Closed);
        }
        Ok(())
    }

    fn obey(
        &mut self,
        command: Option<LinkCommand>,
        line: &mut Line<'_>,
        now: Instant,
    ) -> Result<(), End> {
        match command {
            None => Err(End::Closed),
            Some(LinkCommand::Connect) => Ok(()),
            Some(LinkCommand::Disconnect(why)) => Err(End::Down(why)),
            Some(LinkCommand::Submit { share, ticket }) => {
                self.submit(&share, ticket, now);
                self.drain(line, now)
            }
        }
    }

    pub(super) fn submit(&mut self, share: &Share, ticket: u64, now: Instant) {
        let id = self.session.submit(share, now);
        if let Some(older) = self.ledger.enter(id, ticket) {
            self.give_up_on(older);
        }
    }

    /// Feeds every line that is complete.
    fn receive(&mut self, line: &mut Line<'_>, now: Instant) -> Result<(), End> {
        while let Some(frame) = line.inbound.next_frame()? {
            if !self.tapped {
                self.dump.received(&frame);
            }
            let result = self.session.receive(Lane::MAIN, &frame, now);
            self.drain(line, now)?;
            match result {
                Err(error) if error.is_fatal() => return Err(error.into()),
                Err(error) => self.complain(format!("unusable line ignored: {error}"), now),
                Ok(()) => {}
            }
        }
        line.inbound.settle(now);
        Ok(())
    }

    /// Takes all that the session has to send and to tell.
    fn drain(&mut self, line: &mut Line<'_>, now: Instant) -> Result<(), End> {
        while let Some((_, frame)) = self.session.poll_transmit() {
            if !self.tapped {
                self.dump.sent(&frame);
            }
            line.outbound.push(&frame, now);
        }
        while let Some((way, frame)) = self.session.poll_tapped() {
            self.dump.tapped(way, &frame);
        }
        while let Some(event) = self.session.poll_event() {
            self.pass_on(event, line.at, now)?;
        }
        Ok(())
    }

    pub(super) fn pass_on(
        &mut self,
        event: PoolEvent,
        at: &Endpoint,
        now: Instant,
    ) -> Result<(), End> {
        match event {
            PoolEvent::Verdict {
                id,
                outcome,
                latency,
            } => self.settle(id, outcome, latency),
            PoolEvent::Redirect { host, port, wait } => {
                match self.redirects.follow(at, host, port, wait, now) {
                    Ok((to, wait)) => return Err(End::Redirected(to, wait)),
                    Err(refusal) => self.complain(refusal, now),
                }
            }
            PoolEvent::Close(reason) => return Err(reason.into()),
            // Only what is carried by HTTP is switched away from.
            PoolEvent::Switch(_) => {}
            PoolEvent::Message(text) => {
                let text = self.dump.hide(text);
                self.outbox.push(LinkEvent::Pool(PoolEvent::Message(text)));
            }
            other => {
                self.jobs += u64::from(matches!(other, PoolEvent::Job(_)));
                self.outbox.push(LinkEvent::Pool(other));
            }
        }
        Ok(())
    }

    pub(super) fn settle(&mut self, id: SubmitId, outcome: Outcome, latency: Option<Duration>) {
        let Some(ticket) = self.ledger.settle(id) else {
            return;
        };
        let outcome = match outcome {
            Outcome::Rejected(reject, text) => Outcome::Rejected(reject, self.dump.hide(text)),
            plain => plain,
        };
        self.outbox.push(LinkEvent::Verdict {
            ticket,
            outcome,
            latency,
        });
    }

    pub(super) fn complain(&mut self, words: String, now: Instant) {
        if let Some(words) = self.complaints.tell(words, now) {
            let words = LinkEvent::Complaint(self.dump.hide(words));
            self.outbox.push(words);
        }
    }

    /// Tells the session that the connection is gone, and answers for every share that it still had.
    fn hang_up(&mut self) {
        self.session.disconnected(now());
        while self.session.poll_transmit().is_some() {}
        self.settle_offline();
        self.abandon();
    }

    /// Passes the verdicts on that a session gives without a connection, and writes down what it has found.
    pub(super) fn settle_offline(&mut self) {
        self.keep_blocks(now());
        while let Some(event) = self.session.poll_event() {
            if let PoolEvent::Verdict {
                id,
                outcome,
                latency,
            } = event
            {
                self.settle(id, outcome, latency);
            }
        }
    }

    /// Nobody will answer for the open shares any more.
    pub(super) fn abandon(&mut self) {
        for ticket in self.ledger.abandon() {
            self.give_up_on(ticket);
        }
    }
}
