//! Carrying a session over one connection: the loop between a socket, the program and a clock.
//!
//! The path from a read to an event and from a share to a write is short on purpose: nothing is awaited on it, and nothing is
//! formatted unless the protocol is being dumped.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::dial::Stream;
use super::link::{End, Link, LinkCommand, LinkEvent};
use super::wire::{self, Outbound, split};
use super::{NetError, now};
use crate::pool::{Endpoint, PoolEvent, SubmitId};
use crate::work::{Outcome, Share};

type Inbound = wire::Inbound<tokio::io::ReadHalf<Box<dyn Stream>>>;

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
        self.session.connected(began);
        self.outbox.push(LinkEvent::Connected);
        let Err(end) = self.carry_on(stream, at).await;
        self.hang_up();
        self.retry.had(now() - began, self.jobs);
        end
    }

    async fn carry_on(
        &mut self,
        stream: Box<dyn Stream>,
        at: &Endpoint,
    ) -> Result<Infallible, End> {
        let (mut inbound, mut outbound) = split(stream, at.protocol.framing);
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer);
        self.drain(&mut outbound, at, now())?;
        loop {
            let deadline = self.deadline(&inbound, &outbound);
            if let Some(deadline) = deadline.map(tokio::time::Instant::from_std)
                && timer.deadline() != deadline
            {
                timer.as_mut().reset(deadline);
            }
            let wake = tokio::select! {
                biased;
                sent = outbound.send(), if outbound.is_pending() => Wake::Sent(sent),
                command = self.commands.recv(), if self.outbox.has_room() => Wake::Command(command),
                read = inbound.fill(), if self.outbox.is_empty() => Wake::Read(read),
                () = self.outbox.flush(), if !self.outbox.is_empty() => Wake::Told,
                () = timer.as_mut(), if deadline.is_some() => Wake::Time,
            };
            let now = now();
            match wake {
                Wake::Sent(sent) => sent?,
                Wake::Command(command) => self.obey(command, &mut outbound, at, now)?,
                Wake::Read(read) => {
                    read?;
                    self.receive(&mut inbound, &mut outbound, at, now)?;
                }
                Wake::Told | Wake::Time => {}
            }
            self.keep_time(&mut outbound, at, now)?;
            inbound.check(now)?;
            outbound.check(now)?;
            if self.outbox.is_closed() {
                return Err(End::Closed);
            }
        }
    }

    fn deadline(&self, inbound: &Inbound, outbound: &Outbound) -> Option<Instant> {
        let deadlines = [
            self.session.poll_timeout(),
            inbound.deadline(),
            outbound.deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Checked at every wake, so that a flood of messages cannot hold back the session's timers.
    fn keep_time(
        &mut self,
        outbound: &mut Outbound,
        at: &Endpoint,
        now: Instant,
    ) -> Result<(), End> {
        if self.session.poll_timeout().is_some_and(|due| due <= now) {
            self.session.handle_timeout(now);
            self.drain(outbound, at, now)?;
        }
        Ok(())
    }

    fn obey(
        &mut self,
        command: Option<LinkCommand>,
        outbound: &mut Outbound,
        at: &Endpoint,
        now: Instant,
    ) -> Result<(), End> {
        match command {
            None => Err(End::Closed),
            Some(LinkCommand::Connect) => Ok(()),
            Some(LinkCommand::Disconnect(why)) => Err(End::Down(why)),
            Some(LinkCommand::Submit { share, ticket }) => {
                self.submit(&share, ticket, now);
                self.drain(outbound, at, now)
            }
        }
    }

    fn submit(&mut self, share: &Share, ticket: u64, now: Instant) {
        let id = self.session.submit(share, now);
        if let Some(older) = self.ledger.enter(id, ticket) {
            self.give_up_on(older);
        }
    }

    /// Feeds every line that is complete.
    fn receive(
        &mut self,
        inbound: &mut Inbound,
        outbound: &mut Outbound,
        at: &Endpoint,
        now: Instant,
    ) -> Result<(), End> {
        while let Some(line) = inbound.next_line()? {
            self.dump.received(&line);
            let result = self.session.receive(crate::pool::Lane::MAIN, &line, now);
            self.drain(outbound, at, now)?;
            match result {
                Err(error) if error.is_fatal() => return Err(error.into()),
                Err(error) => self.complain(format!("unusable line ignored: {error}"), now),
                Ok(()) => {}
            }
        }
        inbound.settle(now);
        Ok(())
    }

    /// Takes all that the session has to send and to tell.
    fn drain(&mut self, outbound: &mut Outbound, at: &Endpoint, now: Instant) -> Result<(), End> {
        while let Some((_, frame)) = self.session.poll_transmit() {
            self.dump.sent(&frame);
            outbound.push(&frame, now);
        }
        while let Some(event) = self.session.poll_event() {
            self.pass_on(event, at, now)?;
        }
        Ok(())
    }

    fn pass_on(&mut self, event: PoolEvent, at: &Endpoint, now: Instant) -> Result<(), End> {
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

    fn settle(&mut self, id: SubmitId, outcome: Outcome, latency: Option<Duration>) {
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

    fn complain(&mut self, words: String, now: Instant) {
        if let Some(words) = self.complaints.tell(words, now) {
            let words = PoolEvent::Message(self.dump.hide(words));
            self.outbox.push(LinkEvent::Pool(words));
        }
    }

    /// Tells the session that the connection is gone, and answers for every share that it still had.
    fn hang_up(&mut self) {
        self.session.disconnected(now());
        while self.session.poll_transmit().is_some() {}
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
        for ticket in self.ledger.abandon() {
            self.give_up_on(ticket);
        }
    }
}
