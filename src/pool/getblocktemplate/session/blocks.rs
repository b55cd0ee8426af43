//! Blocks, and shares of pools that speak getblocktemplate: out, and what the node says of them.
//!
//! A block is told for the disk before its request is made, and is sent again on every connection until the node has spoken, in the next run of
//! the program too. The books of shares close earlier: a verdict that is late says only what becomes of the file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::submissions::{Content, MAX_OPEN, MAX_PENDING, Pending, VERDICT_PATIENCE, body};
use super::words::Word;
use super::{PATIENCE, TemplateSession};
use crate::pool::http::{RpcError, answer};
use crate::pool::{BlockFate, BlockNews, HttpResponse, Lane, PoolEvent, SessionError, SubmitId};
use crate::units::printable;
use crate::work::{Outcome, Reject, Share};

/// The name of the chain of a node that tells none, in the names of blocks.
pub(super) const NO_CHAIN: &str = "unknown";
/// The pause before a block is sent again to a node that cannot take it yet.
const AGAIN: Duration = Duration::from_secs(10);

impl TemplateSession {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        let id = self.next_id();
        let Some(template) = self.jobs.template_of(share) else {
            let text = "not sent: its template is gone".to_owned();
            self.talk
                .tell(SubmitId(id), Outcome::Rejected(Reject::Stale, text), None);
            return SubmitId(id);
        };
        let content = Content::Found(template.start_of(share), Arc::clone(&template));
        let block = share.is_block().then(|| {
            let chain = self.last_chain.as_deref().unwrap_or(NO_CHAIN);
            format!("{chain}-{}-{}", template.height, share.hash())
        });
        if let Some(name) = &block {
            let mut hex = Vec::new();
            content.append_to(&mut hex);
            self.news.push_back(BlockNews {
                name: name.clone(),
                fate: BlockFate::Found(hex.into()),
            });
        }
        let pending = Pending {
            awaited: true,
            block,
            previous: Some(template.header.previous),
            content,
            work_id: template.work_id.clone(),
            at: now,
            tries: 0,
            again: None,
        };
        self.submissions.pending.insert(id, pending);
        self.bound_pending();
        self.send_waiting();
        SubmitId(id)
    }

    /// Sends the blocks of earlier runs that belong to the node's chain, and those of which nobody knows the chain: a node that is on
    /// another one does not know the block before them, and leaves them as they are.
    pub(super) fn send_kept(&mut self, now: Instant) {
        let chain = self.chain.clone();
        let is_of = |name: &str, chain: &str| {
            name.strip_prefix(chain)
                .is_some_and(|rest| rest.starts_with('-'))
        };
        let ours = |name: &str| {
            is_of(name, NO_CHAIN) || chain.as_deref().is_some_and(|chain| is_of(name, chain))
        };
        let kept = std::mem::take(&mut self.submissions.kept);
        let (ours, others) = kept.into_iter().partition(|(name, _)| ours(name));
        self.submissions.kept = others;
        let ours: Vec<(String, Bytes)> = ours;
        for (name, hex) in ours {
            let text = format!("sending block {name} again, which was found in an earlier run");
            self.talk
                .events
                .push_back(PoolEvent::Message(printable(&text, 200)));
            let id = self.next_id();
            let pending = Pending {
                awaited: false,
                block: Some(name),
                previous: None,
                content: Content::Kept(hex),
                work_id: None,
                at: now,
                tries: 1,
                again: None,
            };
            self.submissions.pending.insert(id, pending);
        }
        self.send_waiting();
    }

    /// Hands in what waits, blocks first, if there is a connection and as far as there is room.
    fn send_waiting(&mut self) {
        while self.talk.is_up()
            && self.submissions.open.len() < MAX_OPEN
            && let Some(next) = self.submissions.next_waiting()
        {
            self.send(next);
        }
    }

    fn send(&mut self, id: u64) {
        let Some(pending) = self.submissions.pending.get_mut(&id) else {
            return;
        };
        pending.tries += 1;
        let body = body(id, pending);
        let request = self.talk.request(body, PATIENCE);
        self.submissions.open.push_back(id);
        self.talk.out.push_back((Lane::SUBMIT, request));
    }

    /// Hands everything in again that the node has not spoken of.
    pub(super) fn send_again(&mut self, now: Instant) {
        self.expire(now);
        for pending in self.submissions.pending.values_mut() {
            pending.again = None;
        }
        self.send_waiting();
    }

    /// Gives up waiting where it was long enough, and sends again what is due.
    pub(super) fn keep_submitting(&mut self, now: Instant) {
        self.expire(now);
        for pending in self.submissions.pending.values_mut() {
            pending.again.take_if(|at| *at <= now);
        }
        self.send_waiting();
    }

    /// Shares end without a verdict; blocks are gone on with.
    fn expire(&mut self, now: Instant) {
        let late = |pending: &Pending| pending.awaited && now >= pending.at + VERDICT_PATIENCE;
        let late: Vec<u64> = self
            .submissions
            .pending
            .iter()
            .filter(|(_, pending)| late(pending))
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.give_up(id);
        }
    }

    fn give_up(&mut self, id: u64) {
        let Some(pending) = self.submissions.pending.get_mut(&id) else {
            return;
        };
        let awaited = std::mem::take(&mut pending.awaited);
        if pending.block.is_none() {
            self.submissions.pending.remove(&id);
        }
        if awaited {
            self.talk.tell(SubmitId(id), Outcome::Unknown, None);
        }
    }

    fn bound_pending(&mut self) {
        while self.submissions.pending.len() > MAX_PENDING {
            let mut waiting = self.submissions.pending.iter();
            let oldest = waiting.find(|(_, pending)| pending.block.is_none());
            let Some((oldest, _)) = oldest else {
                return;
            };
            self.give_up(*oldest);
        }
    }

    pub(super) fn take_verdict(
        &mut self,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        let Some(id) = self.submissions.open.pop_front() else {
            return Ok(());
        };
        let heard = self.hear_verdict(id, response, now);
        // One that ends the connection leaves nothing to send on.
        if heard.as_ref().err().is_none_or(|error| !error.is_fatal()) {
            self.send_waiting();
        }
        heard
    }

    fn hear_verdict(
        &mut self,
        id: u64,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        let read = answer::<Value>(&response.body);
        if let Some(reason) = self.refusal("submitblock", response, read.is_ok()) {
            return Err(unclear(reason.to_string()));
        }
        let word = match read {
            Ok(Ok(result)) => Word::of(&result.unwrap_or(Value::Null)),
            Ok(Err(error)) if is_passing(&error) => {
                return Err(self.try_later(id, &error, now));
            }
            Ok(Err(error)) => Word::Refused(error.text),
            Err(problem) => return Err(unclear(problem)),
        };
        if let Some(pending) = self.submissions.pending.get_mut(&id) {
            pending.tries += u32::from(response.resent);
        }
        self.settle(id, &word, now);
        Ok(())
    }

    /// The node cannot take blocks yet.
    fn try_later(&mut self, id: u64, error: &RpcError, now: Instant) -> SessionError {
        if let Some(pending) = self.submissions.pending.get_mut(&id) {
            pending.again = Some(now + AGAIN);
        }
        SessionError {
            step: "submitblock",
            problem: format!(
                "the node says: {}; sent again in {} s",
                error.text,
                AGAIN.as_secs()
            ),
            fatal: false,
        }
    }

    fn settle(&mut self, id: u64, word: &Word, now: Instant) {
        let Some(pending) = self.submissions.pending.remove(&id) else {
            return;
        };
        let outcome = word.outcome(pending.tries > 1);
        if let Some(name) = pending.block {
            let fate = word.fate(&outcome);
            if fate.is_some() {
                // What is built upon has changed.
                self.ask_at = Some(now);
            }
            self.tell_fate(name, fate, &outcome);
        }
        if matches!(outcome, Outcome::Rejected(Reject::Stale, _)) {
            self.doubt(pending.previous, now);
        }
        if pending.awaited {
            let latency = now.saturating_duration_since(pending.at);
            // Late by now: nobody knows whether it was the first time.
            let unknown =
                pending.tries > 1 && matches!(outcome, Outcome::Rejected(Reject::Stale, _));
            let outcome = if unknown { Outcome::Unknown } else { outcome };
            self.talk.tell(SubmitId(id), outcome, Some(latency));
        }
    }

    /// Says what becomes of a block; without a fate its file stays, and the next run sends it again.
    fn tell_fate(&mut self, name: String, fate: Option<BlockFate>, outcome: &Outcome) {
        let stays = if fate.is_none() {
            "; its file stays for another try"
        } else {
            ""
        };
        let text = match outcome {
            Outcome::Accepted => format!("the node took block {name}"),
            Outcome::Rejected(_, why) => format!("block {name}: {why}{stays}"),
            Outcome::Unknown => format!("block {name}: no word{stays}"),
        };
        let text = PoolEvent::Message(printable(&text, 300));
        self.talk.events.push_back(text);
        self.news.extend(fate.map(|fate| BlockNews { name, fate }));
    }
}

/// The verdict stays open: the connection is given up, and the block goes out again on the next.
fn unclear(problem: String) -> SessionError {
    SessionError {
        step: "submitblock",
        problem,
        fatal: true,
    }
}

/// Errors that pass: no peers, catching up, starting.
fn is_passing(error: &RpcError) -> bool {
    matches!(error.code, Some(-9 | -10 | -28))
}
