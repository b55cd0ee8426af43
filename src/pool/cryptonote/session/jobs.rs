//! From a pool's job to ours.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::CryptoNoteSession;
use crate::algorithm::{Algorithm, Hasher, NonceField};
use crate::pool::PoolEvent;
use crate::pool::cryptonote::messages::{JobMessage, NONCE_AT, NONCE_SIZE, below};
use crate::pool::spaces::Recent;
use crate::pool::talk::Stage;
use crate::work::{Blob, Job, JobKey, SearchSpace, Template};

/// How many search spaces are remembered.
const KEPT_SPACES: usize = 8;
/// Bits of a nonce that are ours when the pool keeps its top byte.
const SHORT_NONCE: u32 = 24;

/// An algorithm, ready for a key.
#[derive(Debug)]
pub(super) struct Function {
    algorithm: &'static dyn Algorithm,
    key: Option<[u8; 32]>,
    hasher: Arc<dyn Hasher>,
}

impl CryptoNoteSession {
    /// A job before the login is answered is none of ours.
    pub(super) fn take_job(&mut self, message: JobMessage, now: Instant) {
        if self.talk.stage != Stage::Ready {
            return;
        }
        if self
            .link
            .running
            .as_ref()
            .is_some_and(|(old, _)| *old == message)
        {
            return self.talk.fail("job", "the pool sent the running job again");
        }
        match self.build(&message, now) {
            Ok(job) => self.publish(message, Arc::new(job)),
            Err(text) => self.talk.fail("job", text),
        }
    }

    /// # Errors
    /// Why it cannot be mined, in words.
    fn build(&mut self, message: &JobMessage, now: Instant) -> Result<Job, String> {
        let (algorithm, hasher) = self.function(message)?;
        let field = NonceField::new(NONCE_AT as u8, NONCE_SIZE as u8);
        let nonces = nonces(message, self.link.nicehash);
        let blob = Blob::new(&message.blob, field, nonces).map_err(|error| error.to_string())?;
        let space = self.spaces.of(&message.blob, blob.nonces());
        Ok(Job {
            source: self.settings.source,
            session: self.talk.number,
            key: JobKey(Bytes::copy_from_slice(message.id.as_bytes())),
            algorithm,
            hasher,
            template: Template::Blob(blob),
            target: below(message.target),
            network_target: None,
            version_mask: 0,
            max_ntime_roll: 0,
            clean: true,
            // Pools answer a share of a replaced job with "Invalid job id", which costs the connection.
            voids: true,
            received: now,
            space,
        })
    }

    /// What the job is hashed with: made anew only when algorithm or key change.
    fn function(
        &mut self,
        message: &JobMessage,
    ) -> Result<(&'static dyn Algorithm, Arc<dyn Hasher>), String> {
        let algorithm = message.algo.find(self.users_algorithm())?;
        let key = message
            .seed_hash
            .filter(|_| algorithm.name().starts_with("rx/"));
        let known = self.function.as_ref();
        if let Some(known) =
            known.filter(|known| known.algorithm.name() == algorithm.name() && known.key == key)
        {
            return Ok((algorithm, Arc::clone(&known.hasher)));
        }
        let hasher = algorithm.hasher(key.as_ref().map(<[u8; 32]>::as_slice));
        let hasher = hasher.map_err(|error| error.to_string())?;
        self.function = Some(Function {
            algorithm,
            key,
            hasher: Arc::clone(&hasher),
        });
        Ok((algorithm, hasher))
    }

    fn publish(&mut self, message: JobMessage, job: Arc<Job>) {
        self.talk.tell_difficulty(job.target, job.difficulty());
        self.link.running = Some((message, Arc::clone(&job)));
        self.talk.events.push_back(PoolEvent::Job(job));
    }

    /// Whether the pool may still count a share of `job`: only the running one's.
    pub(super) fn is_current(&self, job: &Job) -> bool {
        let running = self.link.running.as_ref();
        self.talk.stage == Stage::Ready
            && running.is_some_and(|(_, running)| std::ptr::eq(&raw const **running, job))
    }
}

/// The nonces that are ours: all, or those that share their top byte with the one that stands in the blob.
fn nonces(message: &JobMessage, nicehash: bool) -> Range<u64> {
    let given = message.nonce();
    if !nicehash && given == 0 {
        return 0..1 << (8 * NONCE_SIZE);
    }
    let top = u64::from(given >> SHORT_NONCE);
    top << SHORT_NONCE..(top + 1) << SHORT_NONCE
}

/// The search spaces of the last blobs, over all connections: one that comes again goes on where it stood.
#[derive(Debug, Default)]
pub(super) struct Spaces(Recent<(Vec<u8>, Range<u64>, Arc<SearchSpace>), KEPT_SPACES>);

impl Spaces {
    fn of(&mut self, blob: &[u8], nonces: Range<u64>) -> Arc<SearchSpace> {
        let is_it = |(known, range, _): &(Vec<u8>, _, _)| known == blob && *range == nonces;
        if let Some((_, _, space)) = self.0.find(is_it) {
            return Arc::clone(space);
        }
        let space = Arc::new(SearchSpace::of_nonces(nonces.clone()));
        self.0.add((blob.to_vec(), nonces, Arc::clone(&space)));
        space
    }
}
