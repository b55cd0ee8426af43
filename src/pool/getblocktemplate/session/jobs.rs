//! From a template to a job, and back from a share to its template.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::algorithm::sha256d::{self, SHA256D};
use crate::pool::getblocktemplate::coinbase::EXTRANONCE2_SIZE;
use crate::pool::getblocktemplate::template::{BlockTemplate, Known, RawTemplate, Wishes};
use crate::pool::http::Tips;
use crate::pool::{SessionError, SessionSettings};
use crate::units::Hash256;
use crate::work::{Job, JobKey, SearchSpace, Share, Template};

/// The lifetime of a template whose node names none.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

/// The templates that somebody still works on, and the newest.
#[derive(Debug)]
pub(super) struct Jobs {
    /// A template lives as long as its job, which boards and the dispatcher hold.
    templates: Vec<(Weak<Job>, Arc<BlockTemplate>)>,
    newest: Option<Arc<BlockTemplate>>,
    known: Known,
    tips: Tips,
    count: u64,
    first_offset: u64,
    chain_untold: bool,
}

impl Jobs {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            templates: Vec::new(),
            newest: None,
            known: HashMap::new(),
            tips: Tips::default(),
            count: 0,
            first_offset: seed,
            chain_untold: false,
        }
    }

    /// The connection is gone; templates stay for the shares to come.
    pub(super) fn forget(&mut self) {
        self.newest = None;
        self.chain_untold = false;
    }

    /// The node does not tell its chain.
    pub(super) fn chain_untold(&mut self) {
        self.chain_untold = true;
    }

    pub(super) fn chain_is_untold(&self) -> bool {
        self.chain_untold
    }

    /// Id and place of the poll that waits for the template after the newest.
    pub(super) fn long_poll(&self) -> Option<(&str, &str)> {
        let (id, place) = self.newest.as_ref()?.long_poll.as_ref()?;
        Some((id, place))
    }

    /// The block that is being built upon.
    pub(super) fn previous(&self) -> Option<Hash256> {
        self.newest.as_ref().map(|newest| newest.header.previous)
    }

    /// How long the newest template may be used; a new one is asked for well before.
    pub(super) fn lifetime(&self) -> Duration {
        let expires = self.newest.as_ref().and_then(|newest| newest.expires);
        expires.map_or(DEFAULT_LIFETIME, |seconds| {
            Duration::from_secs(seconds.clamp(3, 3600)) * 2 / 3
        })
    }

    /// Makes the template's job; `None`: it is out of date.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(super) fn take(
        &mut self,
        raw: RawTemplate,
        asked: Option<Instant>,
        settings: &SessionSettings,
        chain: Option<&str>,
        now: Instant,
    ) -> Result<Option<Arc<Job>>, SessionError> {
        let wishes = Wishes {
            payout: settings.solo.payout.as_ref(),
            text: &settings.solo.coinbase_text,
            chain,
        };
        let template = BlockTemplate::of(raw, &wishes, &self.known)?;
        if self.tips.is_outdated(template.header.previous, asked) {
            return Ok(None);
        }
        let before = self.previous();
        let moved = before != Some(template.header.previous);
        if let Some(before) = before.filter(|_| moved) {
            self.tips.leave(before, now);
        }
        self.known = template.known();
        let template = Arc::new(template);
        let job = Arc::new(self.job(&template, moved, settings, chain, now));
        self.templates.retain(|(job, _)| job.strong_count() > 0);
        self.templates
            .push((Arc::downgrade(&job), Arc::clone(&template)));
        self.newest = Some(template);
        Ok(Some(job))
    }

    fn job(
        &mut self,
        template: &Arc<BlockTemplate>,
        moved: bool,
        settings: &SessionSettings,
        chain: Option<&str>,
        now: Instant,
    ) -> Job {
        self.count += 1;
        // Every template has an extranonce2 of its own to begin with: two that differ in nothing repeat no work.
        let offset = self.first_offset.wrapping_add(self.count << 32);
        let space = SearchSpace::new(EXTRANONCE2_SIZE, offset, template.header.ntime);
        // A node of our own takes any version; a pool is not asked for that.
        let version_mask = chain.map_or(0, |_| settings.version_mask & !template.header.version);
        Job {
            source: settings.source,
            session: 0,
            key: JobKey(Bytes::from(format!("{}.{}", template.height, self.count))),
            algorithm: &SHA256D,
            hasher: sha256d::hasher(),
            template: Template::Coinbase {
                fixed: template.header,
                coinbase: Box::new(template.coinbase.clone()),
            },
            target: template.target,
            network_target: Some(template.network_target),
            version_mask,
            max_ntime_roll: template.max_ntime_roll,
            clean: moved,
            voids: moved && !template.submit_old,
            received: now,
            space: Arc::new(space.allowing(template.nonces.clone())),
        }
    }

    /// The template that a share's job was made of.
    pub(super) fn template_of(&self, share: &Share) -> Option<Arc<BlockTemplate>> {
        let is_its = |job: &Weak<Job>| std::ptr::eq(job.as_ptr(), Arc::as_ptr(share.job()));
        let found = self.templates.iter().find(|(job, _)| is_its(job));
        found.map(|(_, template)| Arc::clone(template))
    }
}
