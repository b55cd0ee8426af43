//! What the node answers: its chain, templates, errors, and statuses that end the conversation.

use std::time::Instant;

use serde::Deserialize;

use super::blocks::NO_CHAIN;
use super::{BAD_PARAMETER, ChainInfo, NO_METHOD, Question, REFRESH, TemplateSession};
use crate::pool::getblocktemplate::template::{RawTemplate, wrong};
use crate::pool::http::{RpcError, Stage, answer};
use crate::pool::{CloseReason, HttpResponse, PoolEvent, SessionError};

impl TemplateSession {
    pub(super) fn take_chain(
        &mut self,
        response: &HttpResponse,
        now: Instant,
    ) -> Result<(), SessionError> {
        match self.read::<ChainInfo>("getblockchaininfo", response, now)? {
            Ok(info) => {
                let chain = chain_name(&info.chain);
                if let Some(payout) = self
                    .talk
                    .settings
                    .solo
                    .payout
                    .as_ref()
                    .filter(|payout| !payout.is_for(&chain))
                {
                    let text = format!(
                        "--payout {payout} is an address of {}, and the node is on chain {chain:?}: \
                         nothing is mined until both fit",
                        payout.network()
                    );
                    self.talk.close(CloseReason::Misfit(text));
                    return Ok(());
                }
                self.last_chain = Some(chain.clone());
                self.chain = Some(chain);
                self.send_kept(now);
            }
            Err(error) if error.code == Some(NO_METHOD) => {
                self.jobs.chain_untold();
                self.last_chain = None;
                self.send_kept(now);
                let text = "it does not tell its chain, so --payout cannot be checked against it";
                self.talk
                    .events
                    .push_back(PoolEvent::Message(text.to_owned()));
            }
            Err(error) => return Err(self.without_template(&error, now)),
        }
        self.ask(Question::Template, now);
        Ok(())
    }

    pub(super) fn take_template(
        &mut self,
        response: &HttpResponse,
        asked: Instant,
        now: Instant,
    ) -> Result<(), SessionError> {
        self.learn_template(response, Some(asked), now)?;
        self.keep_polling(now);
        Ok(())
    }

    /// Makes a job of a template; `asked`: when it was asked for, unless it was made just now.
    pub(super) fn learn_template(
        &mut self,
        response: &HttpResponse,
        asked: Option<Instant>,
        now: Instant,
    ) -> Result<(), SessionError> {
        let raw = match self.read::<RawTemplate>("getblocktemplate", response, now)? {
            Ok(raw) => raw,
            Err(error) => return Err(self.without_template(&error, now)),
        };
        let job = self
            .jobs
            .take(raw, asked, &self.talk.settings, self.chain.as_deref(), now);
        let job = match job {
            Ok(job) => job,
            Err(error) => return Err(self.bad_template(error, now)),
        };
        self.talk.is_good();
        self.ask_at = Some(now + self.jobs.lifetime().min(REFRESH));
        if let Some(job) = job {
            self.talk.tell_job(job);
        }
        Ok(())
    }

    /// Reads an answer; statuses that end the conversation end it.
    pub(super) fn read<'a, T: Deserialize<'a>>(
        &mut self,
        step: &'static str,
        response: &'a HttpResponse,
        now: Instant,
    ) -> Result<Result<T, RpcError>, SessionError> {
        let read = answer::<T>(&response.body);
        if let Some(reason) = self.refusal(step, response, read.is_ok()) {
            let error = SessionError {
                step,
                problem: reason.to_string(),
                fatal: false,
            };
            self.talk.close(reason);
            return Err(error);
        }
        match read {
            Ok(Ok(Some(result))) => Ok(Ok(result)),
            Ok(Err(error)) => Ok(Err(error)),
            Ok(Ok(None)) => {
                Err(self.bad_template(wrong("an answer without result and without error"), now))
            }
            Err(problem) => Err(self.bad_template(wrong(problem), now)),
        }
    }

    /// Why the conversation ends with this status. A node puts its errors into answers with status 404 and 500, too.
    pub(super) fn refusal(
        &self,
        step: &'static str,
        response: &HttpResponse,
        is_answer: bool,
    ) -> Option<CloseReason> {
        let words = response.words();
        let text = match response.status {
            200 | 500 => return None,
            401 => {
                return Some(CloseReason::Refused {
                    user: self.talk.settings.user.clone(),
                    text: "HTTP 401: check -u and -p (rpcauth of bitcoin.conf), or --cookie FILE"
                        .to_owned(),
                });
            }
            403 => {
                // The same answer for both causes; and whoever mends the node's settings restarts it and waits for us.
                return Some(CloseReason::Misfit(format!(
                    "HTTP 403 to {step}: check rpcwhitelist of the node's bitcoin.conf, which must have getblockchaininfo, \
                     getblocktemplate and submitblock for this user, and rpcallowip; {words}"
                )));
            }
            404 | 503 if is_answer => return None,
            404 => "HTTP 404: nothing is there; check the URL's path".to_owned(),
            status => format!("HTTP {status}: {words}"),
        };
        Some(CloseReason::Handshake { step, text })
    }

    /// The node has an error in place of a template: it is asked again after a growing pause, unless that is of no use.
    pub(super) fn without_template(&mut self, error: &RpcError, now: Instant) -> SessionError {
        let hint = match error.code {
            Some(BAD_PARAMETER) => "; this version does not know all rules of that chain",
            Some(-9) => "; the node has no peers",
            Some(-10) => "; the node is still catching up with its chain",
            Some(-28) => "; the node is starting",
            Some(NO_METHOD) => "; that is no Bitcoin node with getblocktemplate",
            _ => "",
        };
        let problem = format!("the node says: {}{hint}", error.text);
        if matches!(error.code, Some(BAD_PARAMETER | NO_METHOD)) {
            self.talk.close(CloseReason::Misfit(problem.clone()));
        }
        self.rest(now);
        wrong(problem)
    }

    /// The node's template is of no use; after a run of those the connection is given up.
    pub(super) fn bad_template(&mut self, error: SessionError, now: Instant) -> SessionError {
        let one_too_many = self.talk.is_one_too_many();
        if self.talk.stage == Stage::Up && self.talk.settings.solo.payout.is_none() {
            self.talk.close(CloseReason::Misfit(error.problem.clone()));
        } else if one_too_many {
            self.talk.fail(error.step, error.problem.clone());
        }
        self.rest(now);
        error
    }

    pub(super) fn rest(&mut self, now: Instant) {
        self.ask_at = Some(self.talk.rest(now));
    }
}

/// A chain's name as the names of files may have it.
fn chain_name(text: &str) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric();
    if (1..=20).contains(&text.len()) && text.bytes().all(is_name) {
        text.to_owned()
    } else {
        NO_CHAIN.to_owned()
    }
}
