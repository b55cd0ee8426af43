//! What is measured: boards on pseudo-terminals, and the software board.

use std::error::Error;
use std::time::{Duration, Instant};

use super::figures::{Goal, Samples, Table, say};
use super::process::{Boards, Running};
use super::rig::Rig;
use super::{floor, pool};

/// Between two notifies.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two nonces of the program: a board that says more of them is reset for flooding.
const NONCE_PAUSE: Duration = Duration::from_millis(30);
/// The first nonce; every share needs its own.
const FIRST_NONCE: u32 = 0x00c0_ffee;
/// Zero bits of the hashes that are shares, where shares are wanted from the processor: thousands a second.
const EASY: usize = 8;
/// Zero bits that it never finds.
const HARD: usize = 128;

type Step<T> = Result<T, Box<dyn Error>>;

/// The program and the floor with as many boards each, both running.
struct Pair {
    ours: (Rig, Running),
    floor: (Rig, Running),
    job: u32,
    nonce: u32,
}

/// What one case measured of one contestant.
#[derive(Default)]
struct Measured {
    first: Samples,
    each: Samples,
    last: Samples,
    submit: Samples,
    work: Samples,
}

/// Costs over a while.
struct Costs {
    cpu_percent: f64,
    switches_per_second: f64,
}

/// Everything that is measured with `boards` boards.
pub(super) fn boards(boards: usize, rounds: usize, table: &mut Table) -> Step<()> {
    say(&format!("{boards} board(s) ..."));
    let mut pair = Pair::start(boards)?;
    let (mut ours, mut floor) = (Measured::default(), Measured::default());
    for _ in 0..rounds {
        pair.notify(&mut ours, &mut floor)?;
    }
    for round in 0..rounds {
        pair.nonce(round % boards, &mut ours, &mut floor)?;
    }
    tell_times(boards, &ours, &floor, table);
    if boards == 50 {
        pair.tell_costs(rounds, table)?;
    }
    let resident = pair.ours.1.resident()? as f64;
    let floor = pair.floor.1.resident()? as f64;
    let goal = Goal::AtMost(12.0 * 1024.0 + 40.0 * boards as f64);
    table.value(
        format!("resident memory, {boards} board(s)"),
        goal,
        "KiB",
        resident,
        Some(floor),
    );
    Ok(())
}

/// What notify, submit and next work shall take.
const fn goals(boards: usize) -> [Goal; 3] {
    let (submit, work) = (Goal::AtMost(130.0), Goal::AtMost(170.0));
    match boards {
        1 => [Goal::TimesFloor(1.5), submit, work],
        50 => [Goal::AtMost(1000.0), submit, work],
        200 => [Goal::AtMost(4000.0), Goal::Open, Goal::Open],
        _ => [Goal::Open; 3],
    }
}

fn tell_times(boards: usize, ours: &Measured, floor: &Measured, table: &mut Table) {
    let [notify, submit, work] = goals(boards);
    let mut row = |what: &str, goal, samples: fn(&Measured) -> &Samples| {
        let what = format!("{what}, {boards} board(s)");
        table.times(what, goal, samples(ours), Some(samples(floor)));
    };
    if boards > 1 {
        row("notify -> first board", Goal::Open, |all| &all.first);
        row("notify -> each board", Goal::Open, |all| &all.each);
    }
    row("notify -> last board", notify, |all| &all.last);
    row("nonce -> submit", submit, |all| &all.submit);
    row("nonce -> next work", work, |all| &all.work);
}

impl Pair {
    fn start(boards: usize) -> Step<Self> {
        let mut rig = Rig::new(boards)?;
        let program = Running::midstate(rig.port()?, &Boards::Icarus(rig.paths()))?;
        rig.wait_for_miner(0)
            .map_err(|error| format!("{error}; midstate says:\n{}", program.log()))?;
        let mut floor_rig = Rig::new(boards)?;
        let floor = floor::start(floor_rig.port()?, &floor_rig.paths())?;
        floor_rig.wait_for_call()?;
        let mut pair = Self {
            ours: (rig, program),
            floor: (floor_rig, floor),
            job: 0,
            nonce: FIRST_NONCE,
        };
        pair.ours.0.rest(Duration::from_millis(500))?;
        Ok(pair)
    }

    /// One notify to each, `PAUSE` apart.
    fn notify(&mut self, ours: &mut Measured, floor: &mut Measured) -> Step<()> {
        self.job += 1;
        let line = pool::notify(self.job);
        self.ours.0.rest(PAUSE)?;
        ours.add(&self.ours.0.notify(&line, Some(self.job))?.each);
        self.ours.0.rest(PAUSE)?;
        floor.add(&self.floor.0.notify(&line, None)?.each);
        Ok(())
    }

    fn nonce(&mut self, board: usize, ours: &mut Measured, floor: &mut Measured) -> Step<()> {
        self.nonce += 1;
        self.ours.0.rest(NONCE_PAUSE)?;
        let reaction = self.ours.0.nonce(board, self.nonce, Some(self.job))?;
        ours.submit.push(reaction.submit);
        ours.work.push(reaction.work);
        self.ours.0.rest(NONCE_PAUSE)?;
        let reaction = self.floor.0.nonce(board, self.nonce, None)?;
        floor.submit.push(reaction.submit);
        floor.work.push(reaction.work);
        Ok(())
    }

    /// Processor time at two notifies a second.
    fn tell_costs(&mut self, rounds: usize, table: &mut Table) -> Step<()> {
        let half = Duration::from_millis(250);
        let (begun, ours, floor) = (
            Instant::now(),
            Before::of(&self.ours.1)?,
            Before::of(&self.floor.1)?,
        );
        for _ in 0..rounds.div_ceil(4) {
            self.job += 1;
            let line = pool::notify(self.job);
            self.ours.0.notify(&line, Some(self.job))?;
            self.ours.0.rest(half)?;
            self.floor.0.notify(&line, None)?;
            self.ours.0.rest(half)?;
        }
        let time = begun.elapsed();
        let ours = ours.costs(&self.ours.1, time)?;
        let floor = floor.costs(&self.floor.1, time)?;
        let what = |what: &str| format!("{what} at 2 notifies/s, 50 board(s)");
        let row = (Goal::AtMost(1.0), "%");
        table.value(
            what("CPU"),
            row.0,
            row.1,
            ours.cpu_percent,
            Some(floor.cpu_percent),
        );
        let switches = (ours.switches_per_second, Some(floor.switches_per_second));
        table.value(what("sleeps"), Goal::Open, "1/s", switches.0, switches.1);
        Ok(())
    }
}

/// What a process had used when a while began.
struct Before {
    cpu: Duration,
    switches: u64,
}

impl Before {
    fn of(process: &Running) -> Step<Self> {
        Ok(Self {
            cpu: process.cpu_time()?,
            switches: process.switches()?,
        })
    }

    fn costs(&self, process: &Running, time: Duration) -> Step<Costs> {
        let seconds = time.as_secs_f64();
        let cpu = process.cpu_time()?.saturating_sub(self.cpu);
        let switches = process.switches()?.saturating_sub(self.switches);
        Ok(Costs {
            cpu_percent: cpu.as_secs_f64() / seconds * 100.0,
            switches_per_second: switches as f64 / seconds,
        })
    }
}

impl Measured {
    /// The times of one notify, shortest first.
    fn add(&mut self, each: &[Duration]) {
        self.each.extend(each.iter().copied());
        self.first.extend(each.first().copied());
        self.last.extend(each.last().copied());
    }
}

/// How soon the software board is at a new clean job: from the notify to the first share of an easy job, so hashing, verifying and
/// submitting are in it. Before that it hashes for a job without shares.
pub(super) fn software(threads: usize, rounds: usize, table: &mut Table) -> Step<()> {
    say(&format!("{threads} thread(s) of the processor ..."));
    let mut rig = Rig::new(0)?;
    let program = Running::midstate(rig.port()?, &Boards::Software(threads))?;
    rig.wait_for_miner(0)
        .map_err(|error| format!("{error}; midstate says:\n{}", program.log()))?;
    let mut times = Samples::default();
    for round in 0..rounds as u32 {
        let (hard, easy) = (2 * round + 1, 2 * round + 2);
        rig.send(&(pool::set_target(HARD) + &pool::notify(hard)))?;
        rig.rest(Duration::from_millis(100))?;
        times.push(rig.first_share(&(pool::set_target(EASY) + &pool::notify(easy)), easy)?);
    }
    let what = format!("notify -> first share, {threads} CPU thread(s)");
    table.times(what, Goal::AtMost(300.0), &times, None);
    Ok(())
}
