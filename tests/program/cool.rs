//! SIGTERM with a board under power: its emulator, in this process, feels what truly becomes of it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use midstate::board::{BoardOptions, Gauge, Truth, model};
use midstate::transport::{Emulator, Pty, serve_emulator};
use rustix::process::Signal;

use crate::hand_made_pool::HandMadePool;
use crate::program::{Ports, Program, pool};

/// How long a board may stand still on its way up: longer than the longest pause between two tries. A machine with too much to do makes
/// answers late, and tries many; they end when the board is parked.
const PATIENCE: Duration = Duration::from_secs(90);

/// A board behind two pseudo-terminals, and a gauge at it.
struct Bench {
    board: String,
    gauge: Gauge,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<io::Result<()>>>,
    _ports: Ports,
}

impl Bench {
    fn new(name: &str, options: &str) -> Self {
        let parsed = BoardOptions::parse(options).unwrap();
        let emulated = (model(name).unwrap().emulate.unwrap())(&parsed).unwrap();
        let (ports, stop) = (Ports::new(), Arc::new(AtomicBool::new(false)));
        let port = ports.port("board");
        let serve = |emulator, link: &Path| serve(emulator, link, Arc::clone(&stop));
        let threads = vec![
            serve(emulated.data, &port),
            serve(emulated.control.unwrap(), &ports.port("board.control")),
        ];
        Self {
            board: format!("{name}:{},{options}", port.display()),
            gauge: emulated.gauge.unwrap(),
            stop,
            threads,
            _ports: ports,
        }
    }

    /// Waits until the board is as it is wanted.
    fn await_that(&self, is_wanted: impl Fn(&Truth) -> bool) {
        let (mut seen, mut since) = (self.gauge.read(), Instant::now());
        loop {
            let truth = self.gauge.read();
            if is_wanted(&truth) {
                return;
            }
            if switches(&truth) != switches(&seen) {
                (seen, since) = (truth, Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{truth:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The program has ended; its last words to the board take their voltage away.
    fn assert_cool(self) {
        self.await_that(|truth| truth.core_volts < 0.01);
        self.end();
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap().unwrap();
        }
    }
}

/// What somebody must have done to the board; its heat goes by itself.
fn switches(truth: &Truth) -> (f64, bool, f64) {
    (truth.core_volts, truth.in_reset, truth.clock_mhz)
}

fn serve(
    mut emulator: Box<dyn Emulator>,
    link: &Path,
    stop: Arc<AtomicBool>,
) -> JoinHandle<io::Result<()>> {
    let mut pty = Pty::open().unwrap();
    pty.link(link).unwrap();
    std::thread::spawn(move || serve_emulator(emulator.as_mut(), &pty, &stop))
}

/// Boards whose regulator can be switched, and the clock that they are to reach.
const BOARDS: [(&str, &str, f64); 3] = [
    ("bitaxe-gamma", "zero-bits=13,freq=100", 99.0),
    ("emberone00", "zero-bits=13,freq=100", 99.0),
    ("gekko-compac-a1", "rate=500k,freq=100", 49.0),
];

#[test]
fn a_board_that_mines_loses_its_voltage() {
    for (name, options, clock) in BOARDS {
        let bench = Bench::new(name, options);
        let (_pool, url) = pool("");
        let line = format!("-o {url} -u w --json --board {}", bench.board);
        let mut miner = Program::start(&line);
        miner.await_line("working for");
        bench.await_that(|truth| truth.clock_mhz >= clock && truth.core_volts > 0.2);
        miner.terminate().assert_code(0);
        bench.assert_cool();
    }
}

/// At its stock clock a Gamma's ramp takes eight seconds, longer than the program waits for boards when it ends.
#[test]
fn a_board_that_is_being_brought_up_loses_its_voltage() {
    let bench = Bench::new("bitaxe-gamma", "zero-bits=13");
    let (_pool, url) = pool("");
    let line = format!("-o {url} -u w --json --board {}", bench.board);
    let miner = Program::start(&line);
    bench.await_that(|truth| truth.clock_mhz > 60.0 && truth.clock_mhz < 500.0);
    let ended = miner.terminate();
    ended.assert_code(0);
    assert!(!ended.everything().contains("did not stop"));
    let board = &ended.summary()["boards"][0];
    assert_eq!(board["state"], "stopped", "{board}");
    bench.assert_cool();
}

/// The second signal is for those who do not want to wait for a pool, and not for boards under power.
#[test]
fn a_second_signal_leaves_no_board_hot() {
    let bench = Bench::new("bitaxe-gamma", "zero-bits=13,freq=100");
    let pool = HandMadePool::new();
    let line = format!(
        "-o {} -u w --json -d --cpu 1 --board {}",
        pool.url(),
        bench.board
    );
    let mut miner = Program::start(&line);
    let mut client = pool.accept_and_employ();
    client.await_method("mining.submit");
    bench.await_that(|truth| truth.clock_mhz >= 99.0);
    miner.signal(Signal::TERM);
    miner.await_line("waiting up to 2 s for the verdicts");
    miner.signal(Signal::TERM);
    miner.end().assert_code(1);
    bench.assert_cool();
}
