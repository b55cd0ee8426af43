//! From the pool's orders to jobs (sv2-spec 05, sections 5.3.15 to 5.3.17).
//!
//! An order with a time begins at once, on the block that is known; one without waits until `SetNewPrevHash` names it. That message
//! voids every other job. A job has the target of the moment when it begins and the extranonce prefix of the moment when it came.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use mining_sv2::{NewExtendedMiningJobOwned, NewMiningJobOwned, SetNewPrevHashOwned};

use super::Sv2Session;
use super::channel::{Channel, Kind, Tip};
use crate::algorithm::sha256d::{self, SHA256D};
use crate::pool::stratum_v2::ROLLABLE_BITS;
use crate::pool::stratum_v2::messages::wrong;
use crate::pool::{PoolEvent, SessionError};
use crate::units::{CompactTarget, Hash256};
use crate::work::{CoinbaseTemplate, HeaderTemplate, Job, JobKey, Template};

/// How far ntime may run ahead of the pool's, in seconds; it never runs ahead of the clock either, which is the specification's rule.
const MAX_NTIME_ROLL: u32 = 7200;

/// What a pool wants done, before it is known on which block and from when on.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// The pool's number of it.
    pub(super) id: u32,
    version: u32,
    may_roll_version: bool,
    content: Content,
}

/// What is hashed.
#[derive(Debug, Clone)]
enum Content {
    Root(Hash256),
    Coinbase(Box<CoinbaseTemplate>),
}

/// When a job begins, and how.
struct Start {
    ntime: u32,
    /// The first on a new block.
    is_new_block: bool,
    at: Instant,
}

impl Sv2Session {
    pub(super) fn extended_job(
        &mut self,
        message: NewExtendedMiningJobOwned,
        now: Instant,
    ) -> Result<(), SessionError> {
        let Some(channel) = self.channel_meant_by(message.channel_id) else {
            return Ok(());
        };
        let order = Order {
            id: message.job_id,
            version: message.version,
            may_roll_version: message.version_rolling_allowed,
            content: content_of(&message, channel)?,
        };
        self.accept(
            order,
            message.min_ntime.into_inner(),
            "NewExtendedMiningJob",
            now,
        )
    }

    pub(super) fn standard_job(
        &mut self,
        message: &NewMiningJobOwned,
        now: Instant,
    ) -> Result<(), SessionError> {
        let Some(channel) = self.channel_meant_by(message.channel_id) else {
            return Ok(());
        };
        if channel.kind != Kind::Standard {
            let problem = "a job for standard channels on an extended one";
            return Err(wrong("NewMiningJob", problem));
        }
        let order = Order {
            id: message.job_id,
            version: message.version,
            may_roll_version: true,
            content: Content::Root(Hash256::from_internal(message.merkle_root.to_array())),
        };
        let min_ntime = message.min_ntime.clone().into_inner();
        self.accept(order, min_ntime, "NewMiningJob", now)
    }

    /// The channel, if a message to `id` is for it; others are nobody's here and ignored.
    pub(super) fn channel_meant_by(&mut self, id: u32) -> Option<&mut Channel> {
        let channel = self.link.channel.as_mut()?;
        channel.is_meant_by(id).then_some(channel)
    }

    fn accept(
        &mut self,
        order: Order,
        min_ntime: Option<u32>,
        step: &'static str,
        now: Instant,
    ) -> Result<(), SessionError> {
        let Some(channel) = &mut self.link.channel else {
            return Ok(());
        };
        let Some(ntime) = min_ntime else {
            channel.await_tip(order);
            return Ok(());
        };
        let tip = channel.tip;
        let tip = tip.ok_or_else(|| wrong(step, "begins at once, but on no known block"))?;
        let start = Start {
            ntime,
            is_new_block: false,
            at: now,
        };
        self.begin(&order, tip, &start);
        Ok(())
    }

    pub(super) fn set_new_prev_hash(
        &mut self,
        message: &SetNewPrevHashOwned,
        now: Instant,
    ) -> Result<(), SessionError> {
        let Some(channel) = self.channel_meant_by(message.channel_id) else {
            return Ok(());
        };
        let step = "SetNewPrevHash";
        check_nbits(step, message.nbits)?;
        let tip = Tip {
            previous: Hash256::from_internal(message.prev_hash.to_array()),
            nbits: message.nbits,
        };
        let moved = channel
            .tip
            .replace(tip)
            .is_none_or(|old| old.previous != tip.previous);
        let Some(order) = channel.take_future(message.job_id) else {
            let problem = format!("names job {}, which is no future job", message.job_id);
            if moved {
                // What the boards do is void, and there is nothing else for them: a fresh connection brings it.
                self.talk.fail(step, problem.clone());
            }
            return Err(wrong(step, problem));
        };
        let start = Start {
            ntime: message.min_ntime,
            is_new_block: true,
            at: now,
        };
        self.begin(&order, tip, &start);
        Ok(())
    }

    fn begin(&mut self, order: &Order, tip: Tip, start: &Start) {
        let Some(channel) = &self.link.channel else {
            return;
        };
        // The same number for another job: shares of the old one would be taken for shares of the new.
        let replaces = channel.newest().is_some_and(|(id, _)| *id == order.id);
        let template = template_of(order, tip, start.ntime);
        let version_mask = self.version_mask_for(order);
        let space = self.spaces.of(&template, version_mask);
        let job = Arc::new(Job {
            source: self.settings.source,
            session: self.talk.number,
            key: JobKey(Bytes::from(order.id.to_string())),
            algorithm: &SHA256D,
            hasher: sha256d::hasher(),
            target: channel.target,
            network_target: CompactTarget::from_consensus(tip.nbits).to_target().ok(),
            version_mask,
            max_ntime_roll: MAX_NTIME_ROLL,
            clean: start.is_new_block || replaces,
            voids: start.is_new_block,
            received: start.at,
            space,
            template,
        });
        if let Some(channel) = &mut self.link.channel {
            channel.remember(order.id, Arc::clone(&job));
        }
        self.talk.events.push_back(PoolEvent::Job(job));
    }

    /// Version bits that may be rolled on a job: those that we and the pool agree on and that the job has not set.
    fn version_mask_for(&self, order: &Order) -> u32 {
        let may_roll = self.memory.lets_roll() && order.may_roll_version;
        if !may_roll || self.settings.version_mask == 0 {
            return 0;
        }
        let wanted = self.route.as_ref().ok().and_then(|route| route.mask);
        let mask = wanted.unwrap_or(self.settings.version_mask);
        mask & ROLLABLE_BITS & !order.version
    }
}

/// What an extended job has hashed on this channel; on a standard one the pool's prefix is all of the extranonce.
fn content_of(
    message: &NewExtendedMiningJobOwned,
    channel: &Channel,
) -> Result<Content, SessionError> {
    let (prefix, suffix) = (
        message.coinbase_tx_prefix.as_bytes(),
        message.coinbase_tx_suffix.as_bytes(),
    );
    let path = message.merkle_path.iter();
    let path: Vec<[u8; 32]> = path.map(binary_sv2::U256Owned::to_array).collect();
    match channel.kind {
        Kind::Standard => {
            let coinbase = [prefix, &channel.prefix, suffix].concat();
            let leaf = SHA256D.hash(&coinbase);
            let root = path.iter().fold(leaf, |root, step| {
                SHA256D.hash(&[*root.as_internal(), *step].concat())
            });
            Ok(Content::Root(root))
        }
        Kind::Extended { size } => {
            CoinbaseTemplate::new(prefix, &channel.prefix, size, suffix, path)
                .map(|coinbase| Content::Coinbase(Box::new(coinbase)))
                .map_err(|error| wrong("NewExtendedMiningJob", error.to_string()))
        }
    }
}

fn template_of(order: &Order, tip: Tip, ntime: u32) -> Template {
    let fixed = HeaderTemplate {
        version: order.version,
        previous: tip.previous,
        merkle_root: Hash256::ZERO,
        ntime,
        nbits: tip.nbits,
    };
    match &order.content {
        Content::Root(merkle_root) => Template::Header(HeaderTemplate {
            merkle_root: *merkle_root,
            ..fixed
        }),
        Content::Coinbase(coinbase) => Template::Coinbase {
            fixed,
            coinbase: coinbase.clone(),
        },
    }
}

fn check_nbits(step: &'static str, nbits: u32) -> Result<(), SessionError> {
    match CompactTarget::from_consensus(nbits).to_target() {
        Ok(_) => Ok(()),
        Err(error) => Err(wrong(step, error.to_string())),
    }
}
