//! Virtual time between a driver and an emulator, with a cable that can be pulled.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::algorithm::sha256d::{self, SHA256D};
use crate::board::{Board, BoardEvent, BoardOptions, Links, Model};
use crate::transport::{Emulator, Transport, TransportError, Waker};
use crate::units::{Hash256, Hashrate, Target};
use crate::work::{
    Assignment, Checked, HeaderTemplate, Job, JobKey, SearchSpace, SourceId, Template, WorkUnit,
};

/// What a test sees and does on the cable.
#[derive(Clone, Default)]
pub(super) struct Cable(Arc<CableState>);

#[derive(Default)]
struct CableState {
    /// Every `write` call's bytes.
    written: Mutex<Vec<Vec<u8>>>,
    /// Calls to `read` and `write` until the cable is pulled; 0: never.
    pull_at_read: AtomicU64,
    pull_at_write: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    /// Bytes that reach the host out of nowhere.
    noise: Mutex<VecDeque<u8>>,
    longest_read: AtomicUsize,
}

impl Cable {
    pub(super) fn written(&self) -> Vec<Vec<u8>> {
        self.0.written.lock().unwrap().clone()
    }

    pub(super) fn forget_written(&self) {
        self.0.written.lock().unwrap().clear();
    }

    pub(super) fn noise(&self, bytes: &[u8]) {
        self.0.noise.lock().unwrap().extend(bytes);
    }

    /// Reads return at most so many bytes.
    pub(super) fn short_reads(&self, most: usize) {
        self.0.longest_read.store(most, Ordering::Relaxed);
    }

    pub(super) fn pull_at_next_read(&self) {
        let next = self.0.reads.load(Ordering::Relaxed) + 1;
        self.0.pull_at_read.store(next, Ordering::Relaxed);
    }

    pub(super) fn pull_at_next_write(&self) {
        let next = self.0.writes.load(Ordering::Relaxed) + 1;
        self.0.pull_at_write.store(next, Ordering::Relaxed);
    }

    fn count(
        count: &AtomicU64,
        pull_at: &AtomicU64,
        step: &'static str,
    ) -> Result<(), TransportError> {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let pull_at = pull_at.load(Ordering::Relaxed);
        if pull_at != 0 && number >= pull_at {
            let port = "virtual".to_owned();
            return Err(TransportError::Gone { port, step });
        }
        Ok(())
    }
}

/// A transport on virtual time.
pub(super) struct VirtualPort {
    device: Box<dyn Emulator>,
    cable: Cable,
    now: Instant,
    said: Vec<u8>,
}

impl VirtualPort {
    pub(super) fn new(device: Box<dyn Emulator>, cable: Cable) -> Self {
        Self {
            device,
            cable,
            now: Instant::now(),
            said: Vec::new(),
        }
    }
}

impl Transport for VirtualPort {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        let state = &self.cable.0;
        Cable::count(&state.writes, &state.pull_at_write, "writing")?;
        state.written.lock().unwrap().push(bytes.to_vec());
        self.device.receive(bytes, self.now);
        Ok(())
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        let state = &self.cable.0;
        Cable::count(&state.reads, &state.pull_at_read, "reading")?;
        self.said.extend(state.noise.lock().unwrap().drain(..));
        while self.said.is_empty() && self.now < deadline {
            let reached = self.device.advance(deadline, &mut self.said);
            assert!(reached >= self.now && reached <= deadline, "time goes on");
            self.now = reached;
        }
        let most = match state.longest_read.load(Ordering::Relaxed) {
            0 => usize::MAX,
            most => most,
        };
        let count = buf.len().min(self.said.len()).min(most);
        buf[..count].copy_from_slice(&self.said[..count]);
        self.said.drain(..count);
        Ok(count)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), TransportError> {
        self.device.set_baud(baud);
        Ok(())
    }

    fn now(&self) -> Instant {
        self.now
    }

    fn sleep(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now = self.device.advance(end, &mut self.said);
        }
    }

    fn waker(&self) -> Waker {
        Waker::none()
    }
}

/// A driver and its emulator, connected.
pub(super) struct Rig {
    pub(super) board: Box<dyn Board>,
    pub(super) cable: Cable,
}

impl Rig {
    /// A driver with `host` options and an emulator with `device` options.
    pub(super) fn new(model: &Model, host: &str, device: &str) -> Self {
        let device = (model.emulate.unwrap())(&BoardOptions::parse(device).unwrap())
            .unwrap()
            .data;
        Self::with_device(model, host, device)
    }

    /// Both sides with the same options.
    pub(super) fn alike(model: &Model, options: &str) -> Self {
        Self::new(model, options, options)
    }

    pub(super) fn with_device(model: &Model, host: &str, device: Box<dyn Emulator>) -> Self {
        let cable = Cable::default();
        let port = Box::new(VirtualPort::new(device, cable.clone()));
        let options = BoardOptions::parse(host).unwrap();
        let board = (model.open)(Links::port(port), &options).unwrap();
        Self { board, cable }
    }
}

/// A job over a header that `seed` makes unique, with shares of `zero_bits` zero bits.
pub(super) fn job(seed: u8, zero_bits: u32) -> Arc<Job> {
    header_job(
        HeaderTemplate {
            version: 0x2000_0000,
            previous: Hash256::from_internal([seed; 32]),
            merkle_root: Hash256::from_internal([seed ^ 0x5a; 32]),
            ntime: 1_700_000_000,
            nbits: 0x1703_4219,
        },
        Target::from_zero_bits(zero_bits),
    )
}

/// A job over a fixed header, whose ntime and version may roll.
pub(super) fn header_job(header: HeaderTemplate, target: Target) -> Arc<Job> {
    Arc::new(Job {
        source: SourceId(0),
        session: 0,
        key: JobKey(bytes::Bytes::from_static(b"job")),
        algorithm: &SHA256D,
        hasher: sha256d::hasher(),
        space: Arc::new(SearchSpace::new(0, 0, header.ntime)),
        template: Template::Header(header),
        target,
        network_target: None,
        version_mask: 0x1fff_e000,
        max_ntime_roll: 0,
        clean: true,
        voids: true,
        received: Instant::now(),
    })
}

/// What a board told while it mined.
#[derive(Debug, Default)]
pub(super) struct Mined {
    /// Right nonces of the work that the driver thought likeliest.
    pub(super) likeliest: usize,
    /// Right nonces of the other suspect.
    pub(super) other: usize,
    pub(super) wrong: usize,
    pub(super) garbage: usize,
    pub(super) rate: Option<Hashrate>,
    pub(super) loads: usize,
}

impl Mined {
    pub(super) fn good(&self) -> usize {
        self.likeliest + self.other
    }
}

/// Feeds `board` from `job` as an engine does until `enough` says so, for ten seconds at most.
pub(super) fn mine(
    board: &mut dyn Board,
    job: &Arc<Job>,
    threshold: Target,
    enough: impl FnMut(&Mined) -> bool,
) -> Mined {
    mine_for(board, job, threshold, Duration::from_secs(10), enough)
}

/// As [`mine`], for `time` at most.
pub(super) fn mine_for(
    board: &mut dyn Board,
    job: &Arc<Job>,
    threshold: Target,
    time: Duration,
    mut enough: impl FnMut(&Mined) -> bool,
) -> Mined {
    let mut assignment = Assignment::new(Arc::clone(job), false);
    let mut mined = Mined::default();
    let end = board.now() + time;
    while board.now() < end {
        if board.wants_work() {
            mined.loads += 1;
            let work = assignment.next_work(job.received).unwrap();
            board.load(work, false).unwrap();
        }
        match board.poll(end).unwrap() {
            Some(BoardEvent::Nonce { found, works, .. }) => {
                let right =
                    |work: &WorkUnit| !matches!(work.check(found, &threshold), Checked::Wrong(_));
                match works.iter().position(right) {
                    Some(0) => mined.likeliest += 1,
                    Some(_) => mined.other += 1,
                    None => mined.wrong += 1,
                }
            }
            Some(BoardEvent::Garbage(bytes)) => mined.garbage += bytes.max(1),
            Some(BoardEvent::Rate(rate)) => mined.rate = Some(rate),
            Some(other) => panic!("{other:?}"),
            None => {}
        }
        if enough(&mined) {
            return mined;
        }
    }
    panic!("not enough within {time:?}: {mined:?}");
}
