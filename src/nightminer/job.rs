//! A job in the hands of the calling thread.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::algorithm::{NonceField, Searcher, searcher_of};
use crate::units::{Hash256, Hashrate, Nonce, Target};
use crate::work::{
    Assignment, Checked, Found, HeaderTemplate, Job, SearchSpace, Share, Template, WorkUnit,
};

/// Batches of lanes between two looks at the flag that stops the search.
const BATCHES: u64 = 16;
/// One more than the last nonce of a header.
const END: u64 = 1 << 32;
/// A header's nonce, counted as the number that it is.
const NUMBER: NonceField = NonceField::new(76, 4);

/// A job that was made by hand: what is left to search of it, and how fast that goes.
pub struct HandJob {
    job: Arc<Job>,
    assignment: Assignment,
    searcher: Box<dyn Searcher>,
    stop: Arc<AtomicBool>,
    hashes: u64,
    busy: Duration,
}

/// Stops a job's search, from any thread.
#[derive(Debug, Clone)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// The search ends with the hashes that are under way.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl HandJob {
    pub(super) fn new(job: Job) -> Self {
        let job = Arc::new(job);
        Self {
            assignment: Assignment::new(Arc::clone(&job), false),
            searcher: searcher_of(&job.hasher),
            job,
            stop: Arc::default(),
            hashes: 0,
            busy: Duration::ZERO,
        }
    }

    /// The pool's name of the job.
    pub fn job_id(&self) -> String {
        String::from_utf8_lossy(&self.job.key.0).into_owned()
    }

    /// What the shares must meet.
    pub fn target(&self) -> Target {
        self.job.target
    }

    /// Shares with the nonces `start`, `start + stride` and so on, under one extranonce2 after the other; the next iterator goes on with the
    /// next extranonce2. Several threads with a job each share the nonces by their strides.
    ///
    /// The iterator ends when the job is stopped or used up.
    pub fn mine(&mut self, start: u32, stride: u32) -> Mine<'_> {
        Mine {
            job: self,
            start: start.into(),
            stride: stride.max(1).into(),
            unit: None,
            next: END,
            found: VecDeque::new(),
        }
    }

    /// What stops the search, for another thread.
    pub fn stopper(&self) -> Stop {
        Stop(Arc::clone(&self.stop))
    }

    /// Hashes a second, over the time spent in [`mine`](Self::mine).
    pub fn hashrate(&self) -> Hashrate {
        Hashrate::over(self.hashes as f64, self.busy)
    }

    /// Hashes done.
    pub fn hashes(&self) -> u64 {
        self.hashes
    }

    /// The merkle root of the header that comes first, in internal byte order; looking at it uses nothing of the job up.
    pub fn merkle_root_internal(&self) -> Option<[u8; 32]> {
        let mut untouched = Job::clone(&self.job);
        untouched.space = Arc::new(first_space(&untouched.template));
        let mut first = Assignment::new(Arc::new(untouched), false);
        let unit = first.next_work(self.job.received).ok()?;
        unit.header()?.as_bytes()[36..68].try_into().ok()
    }

    /// The merkle root with this extranonce2, in internal byte order; `None` when the job has no coinbase, or extranonce2 another size.
    pub fn merkle_root_internal_with(&self, extranonce2: &[u8]) -> Option<[u8; 32]> {
        match &self.job.template {
            Template::Coinbase { coinbase, .. }
                if coinbase.extranonce2_size() == extranonce2.len() =>
            {
                let root = coinbase.merkle_root(extranonce2, &mut coinbase.scratch());
                Some(*root.as_internal())
            }
            _ => None,
        }
    }
}

/// All that there is to search of a template.
pub(super) fn first_space(template: &Template) -> SearchSpace {
    let header = template.header();
    let ntime = header.map_or(0, |header: &HeaderTemplate| header.ntime);
    SearchSpace::new(template.extranonce2_size(), 0, ntime)
}

impl fmt::Debug for HandJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandJob")
            .field("job", &self.job.key)
            .field("hashes", &self.hashes)
            .finish_non_exhaustive()
    }
}

/// The shares of a job, found as they are asked for.
#[derive(Debug)]
pub struct Mine<'a> {
    job: &'a mut HandJob,
    start: u64,
    stride: u64,
    unit: Option<WorkUnit>,
    /// The nonce to go on with.
    next: u64,
    found: VecDeque<u64>,
}

impl Iterator for Mine<'_> {
    type Item = HandShare;

    fn next(&mut self) -> Option<HandShare> {
        loop {
            if let Some(share) = self.told() {
                return Some(share);
            }
            if self.job.stop.load(Ordering::Relaxed) {
                return None;
            }
            if self.next >= END {
                self.unit = self.job.assignment.next_work(self.job.job.received).ok();
                self.unit.as_ref()?;
                self.next = self.start;
            }
            let begun = Instant::now();
            self.search();
            self.job.busy += begun.elapsed();
        }
    }
}

impl Mine<'_> {
    /// The next nonce that was found, as a share.
    fn told(&mut self) -> Option<HandShare> {
        let nonce = Nonce::from_u64(self.found.pop_front()?);
        match self.unit.as_ref()?.check(Found::nonce(nonce), &Target::MAX) {
            Checked::Share(share) => Some(HandShare(share)),
            Checked::Weak(_) | Checked::Wrong(_) => None,
        }
    }

    /// Some nonces more.
    fn search(&mut self) {
        let Some(unit) = &self.unit else {
            return;
        };
        let steps = self.job.searcher.lanes() * BATCHES;
        let mut input = *unit.input();
        let (searcher, target) = (&mut self.job.searcher, self.job.job.target);
        let found = &mut self.found;
        let mut search = |nonces| {
            searcher.search(
                input.as_bytes_mut(),
                NUMBER,
                nonces,
                &target,
                &mut |nonce| {
                    found.push_back(nonce);
                },
            );
        };
        let end = self.next.saturating_add(steps * self.stride).min(END);
        let hashes = (end - self.next).div_ceil(self.stride);
        if self.stride == 1 {
            search(self.next..end);
        } else {
            let nonces = (0..hashes).map(|step| self.next + step * self.stride);
            nonces.for_each(|nonce| search(nonce..nonce + 1));
        }
        self.job.hashes += hashes;
        self.next += hashes * self.stride;
    }
}

/// A share, checked; its fields are what `mining.submit` takes.
#[derive(Debug, Clone)]
pub struct HandShare(Share);

impl HandShare {
    /// The pool's name of the job.
    pub fn job_id(&self) -> String {
        String::from_utf8_lossy(&self.0.job().key.0).into_owned()
    }

    /// Extranonce2, hex.
    pub fn extranonce2(&self) -> String {
        hex::encode(self.0.rolled().extranonce2.as_bytes())
    }

    /// The header's time, hex, most significant byte first.
    pub fn ntime(&self) -> String {
        format!("{:08x}", self.0.rolled().ntime)
    }

    /// The nonce as a number; its `Display` is the hex that is submitted.
    pub fn nonce(&self) -> Nonce {
        self.0.nonce()
    }

    /// The digest, in the order in which the algorithm wrote it.
    pub fn hash(&self) -> &Hash256 {
        self.0.hash()
    }
}

impl fmt::Display for HandShare {
    /// The parameters of `mining.submit` after the worker's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (job, extranonce2) = (self.job_id(), self.extranonce2());
        write!(f, "{job:?} {extranonce2} {} {}", self.ntime(), self.nonce())
    }
}
