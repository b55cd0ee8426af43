//! Shares out, verdicts in. A share without a verdict is handed in again on the next connection.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::GetworkSession;
use crate::pool::getwork::messages::{data_of, submission};
use crate::pool::http::{answer, class_of};
use crate::pool::pace::Found;
use crate::pool::{CloseReason, HttpResponse, Lane, SessionError, SubmitId};
use crate::units::printable;
use crate::work::{JobKey, Outcome, Reject, Share, Template};

/// How long a share waits for its verdict, over all connections.
const VERDICT_PATIENCE: Duration = Duration::from_secs(120);
/// How many shares may wait; above, the oldest counts as unknown.
const MAX_PENDING: usize = 4096;
/// How often a share is handed in.
const MAX_TRIES: u32 = 4;

/// A share that waits for its verdict.
#[derive(Debug)]
struct Pending {
    job: JobKey,
    data: String,
    at: Instant,
    tries: u32,
}

/// Shares that wait, and the requests that they are in.
#[derive(Debug, Default)]
pub(super) struct Shares {
    last_id: u64,
    pending: BTreeMap<u64, Pending>,
    /// The share of each open request, oldest first.
    open: VecDeque<u64>,
    found: Found,
    /// Hashes a second, once enough shares were found to tell.
    pub(super) hashrate: Option<f64>,
}

impl Shares {
    /// The connection is gone, and the requests with it.
    pub(super) fn forget_requests(&mut self) {
        self.open.clear();
        // What is found meanwhile does not pass through here.
        self.found = Found::default();
    }

    fn count(&mut self, share: &Share, now: Instant) {
        self.found.count(share.job().target, now);
        self.hashrate = self.found.estimate(now).or(self.hashrate);
    }

    /// When the oldest share is given up.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        let (_, oldest) = self.pending.first_key_value()?;
        Some(oldest.at + VERDICT_PATIENCE)
    }
}

impl GetworkSession {
    pub(super) fn submit_share(&mut self, share: &Share, now: Instant) -> SubmitId {
        self.shares.last_id += 1;
        let id = self.shares.last_id;
        match Self::data(share) {
            Ok(data) => {
                self.shares.count(share, now);
                let pending = Pending {
                    job: share.job().key.clone(),
                    data,
                    at: now,
                    tries: 0,
                };
                self.shares.pending.insert(id, pending);
                self.bound_pending();
                self.send(id);
            }
            Err((class, text)) => {
                let outcome = Outcome::Rejected(class, text.to_owned());
                self.talk.tell(SubmitId(id), outcome, None);
            }
        }
        SubmitId(id)
    }

    /// The submission's 128 bytes in hex, or why there is none.
    fn data(share: &Share) -> Result<String, (Reject, &'static str)> {
        let Template::Stock(stock) = &share.job().template else {
            return Err((Reject::Other, "not sent: its job is no getwork job"));
        };
        let mut index = [0; 4];
        let extranonce2 = share.rolled().extranonce2;
        if extranonce2.as_bytes().len() == index.len() {
            index.copy_from_slice(extranonce2.as_bytes());
        }
        let index = u32::from_le_bytes(index) as usize;
        let header = stock
            .header(index)
            .ok_or((Reject::Other, "not sent: its header is not in the stock"))?;
        Ok(data_of(header, share.rolled().ntime, share.nonce()))
    }

    /// Hands a share in, if there is a connection; else it waits for one.
    fn send(&mut self, id: u64) {
        if !self.talk.is_up() {
            return;
        }
        let Some(pending) = self.shares.pending.get_mut(&id) else {
            return;
        };
        pending.tries += 1;
        let body = submission(&pending.data);
        let request = self.request(body);
        self.shares.open.push_back(id);
        self.talk.out.push_back((Lane::SUBMIT, request));
    }

    /// Hands everything in again that has no verdict.
    pub(super) fn send_again(&mut self, now: Instant) {
        self.expire_shares(now);
        let waiting: Vec<(u64, u32)> = self
            .shares
            .pending
            .iter()
            .map(|(id, pending)| (*id, pending.tries))
            .collect();
        for (id, tries) in waiting {
            if tries < MAX_TRIES {
                self.send(id);
            } else {
                self.give_up(id);
            }
        }
    }

    fn give_up(&mut self, id: u64) {
        if self.shares.pending.remove(&id).is_some() {
            self.talk.tell(SubmitId(id), Outcome::Unknown, None);
        }
    }

    fn bound_pending(&mut self) {
        while self.shares.pending.len() > MAX_PENDING {
            let Some((oldest, _)) = self.shares.pending.first_key_value() else {
                return;
            };
            self.give_up(*oldest);
        }
    }

    pub(super) fn expire_shares(&mut self, now: Instant) {
        while let Some((id, oldest)) = self.shares.pending.first_key_value() {
            if now < oldest.at + VERDICT_PATIENCE {
                return;
            }
            self.give_up(*id);
        }
    }

    pub(super) fn take_verdict(
        &mut self,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        let Some(id) = self.shares.open.pop_front() else {
            return Ok(());
        };
        let outcome = match verdict(response) {
            Ok(outcome) => outcome,
            Err(problem) => return Err(unclear(problem)),
        };
        let Some(pending) = self.shares.pending.remove(&id) else {
            return Ok(());
        };
        if matches!(outcome, Outcome::Rejected(Reject::Stale, _)) {
            self.supply.doubt(&pending.job, now);
        }
        let latency = now.saturating_duration_since(pending.at);
        let tries = pending.tries + u32::from(response.resent);
        self.talk
            .tell(SubmitId(id), judged(outcome, tries), Some(latency));
        if response.status == 401 {
            self.talk.close(CloseReason::Refused {
                user: self.talk.settings.user.clone(),
                text: "HTTP 401 to a share".to_owned(),
            });
        }
        Ok(())
    }
}

/// The verdict stays open: the connection is given up, and the share goes out again on the next.
fn unclear(problem: String) -> SessionError {
    SessionError {
        step: "handing a share in",
        problem,
        fatal: true,
    }
}

/// A share that was handed in more than once and is a duplicate has arrived the first time. If it is late by now, nobody knows whether it
/// was the first time.
fn judged(outcome: Outcome, tries: u32) -> Outcome {
    match outcome {
        Outcome::Rejected(Reject::Duplicate, _) if tries > 1 => Outcome::Accepted,
        Outcome::Rejected(Reject::Stale, _) if tries > 1 => Outcome::Unknown,
        other => other,
    }
}

/// What an answer says of its share; the words that explain a refusal stand in a header of their own.
fn verdict(response: &HttpResponse) -> Result<Outcome, String> {
    match response.status {
        200 | 500 => {}
        401 | 403 => {
            let text = format!("HTTP {}", response.status);
            return Ok(Outcome::Rejected(Reject::Unauthorised, text));
        }
        status => return Err(format!("HTTP {status}")),
    }
    match answer::<serde_json::Value>(&response.body)? {
        Ok(Some(serde_json::Value::Bool(true))) => Ok(Outcome::Accepted),
        Ok(result) => {
            let reason = response.header("x-reject-reason").map(str::trim);
            let text = reason
                .filter(|reason| !reason.is_empty())
                .or_else(|| result.as_ref()?.as_str());
            let text = printable(text.unwrap_or("no reason given"), 200);
            Ok(Outcome::Rejected(class_of(&text), text))
        }
        Err(error) => Ok(Outcome::Rejected(class_of(&error.text), error.text)),
    }
}
