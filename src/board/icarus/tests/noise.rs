//! Seeded nonsense from both ends: no panic, bounded memory, and work goes on.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::super::replies::{Decoder, Reply};
use super::super::*;
use super::rig::{Cable, Rig, VirtualPort, job};
use crate::board::{BoardEvent, BoardOptions, Connection, Links, MODELS, Model};
use crate::transport::{Emulator, Transport};
use crate::work::Assignment;

fn emulated() -> impl Iterator<Item = &'static Model> {
    MODELS
        .iter()
        .copied()
        .filter(|model| model.emulate.is_some())
        // Only this family's; the others have noise tests of their own.
        .filter(|model| matches!(model.connection, Connection::Serial { .. }))
        .filter(|model| !model.name.starts_with("core") && !model.name.starts_with("gekko"))
}

fn nonsense(rng: &mut StdRng, most: usize) -> Vec<u8> {
    // Every third is made of bytes that mean something to some member.
    let meaningful = rng.random_bool(0.3);
    let byte = |rng: &mut StdRng| {
        if meaningful {
            b"\x00\x01\x02\x03\x82\x84\xaa\n0Af"[rng.random_range(0..11)]
        } else {
            rng.random()
        }
    };
    let length = rng.random_range(0..=most);
    (0..length).map(|_| byte(rng)).collect()
}

#[test]
fn devices_survive_any_bytes_and_answer_the_golden_job_afterwards() {
    // The makomk core cannot: one byte too many shifts all later jobs until it is reset. Antminers may have been given any clock.
    let recovers = |model: &&Model| {
        let clock = model.options.iter().any(|option| option.key == "freq");
        model.name != "fpga-serial" && !clock
    };
    for model in emulated().filter(recovers) {
        let options = BoardOptions::parse("rate=10k,zero-bits=20").unwrap();
        let device = (model.emulate.unwrap())(&options).unwrap().data;
        let mut port = VirtualPort::new(device, Cable::default());
        let mut rng = StdRng::seed_from_u64(11);
        let mut heard = 0;
        for _ in 0..500 {
            port.write(&nonsense(&mut rng, 200)).unwrap();
            port.sleep(Duration::from_millis(rng.random_range(0..50)));
            let deadline = port.now();
            heard += port.read(&mut [0; 4096], deadline).unwrap();
        }
        assert!(heard < 1_000_000, "{}: {heard}", model.name);
        // At 4800 baud it takes a while until all of that has left the line.
        port.sleep(Duration::from_secs(120));
        let mut board = (model.open)(Links::port(Box::new(port)), &options).unwrap();
        board
            .start()
            .unwrap_or_else(|error| panic!("{}: {error}", model.name));
    }
}

#[test]
fn a_flood_of_pings_is_answered_within_bounds() {
    let mut device = (FPGA_SIMPLERS232.emulate.unwrap())(&BoardOptions::none())
        .unwrap()
        .data;
    let mut now = Instant::now();
    device.receive(&vec![0; 100_000], now);
    let (end, mut said) = (now + Duration::from_secs(60), Vec::new());
    while now < end {
        now = device.advance(end, &mut said);
    }
    assert_eq!(said.len(), 1024, "what the transmitter can hold");
}

/// Says nonsense all the time.
struct Babbler(StdRng);

impl Emulator for Babbler {
    fn receive(&mut self, _bytes: &[u8], _now: Instant) {}

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        out.extend(nonsense(&mut self.0, 100));
        until
    }
}

#[test]
fn a_board_that_starts_to_babble_is_garbage_and_wrong_nonces() {
    for model in emulated() {
        let mut rig = Rig::alike(model, "rate=1M,zero-bits=14");
        rig.board.start().unwrap();
        let mut rng = StdRng::seed_from_u64(5);
        let mut works = Assignment::new(job(30, 40), false);
        let (mut garbage, mut nonces) = (0, 0);
        for _ in 0..300 {
            if rig.board.wants_work() {
                let work = works.next_work(rig.board.now()).unwrap();
                rig.board.load(work, false).unwrap();
            }
            rig.cable.noise(&nonsense(&mut rng, 40));
            let deadline = rig.board.now() + Duration::from_millis(2);
            // A core with opcodes may be so confused that its driver gives up, which is an error and no panic.
            match rig.board.poll(deadline) {
                Ok(Some(BoardEvent::Garbage(bytes))) => garbage += bytes,
                Ok(Some(BoardEvent::Nonce { works, .. })) => {
                    assert!(works.len() <= 2);
                    nonces += 1;
                }
                Ok(_) => {}
                Err(_) => garbage += 1,
            }
        }
        assert!(garbage + nonces > 0, "{}", model.name);
    }
}

#[test]
fn a_babbler_is_no_board_of_any_model() {
    for model in emulated() {
        let device = Box::new(Babbler(StdRng::seed_from_u64(2)));
        let mut rig = Rig::with_device(model, "probe-timeout=300", device);
        let error = rig.board.start().unwrap_err().to_string();
        assert!(error.contains("expected"), "{}: {error}", model.name);
        assert!(error.len() < 1000, "{error}");
    }
}

#[test]
fn decoders_keep_a_bounded_rest_and_account_for_every_byte() {
    let mut rng = StdRng::seed_from_u64(1);
    for member in [
        &params::ICARUS,
        &params::ANTMINER_U1,
        &params::FPGA_SIMPLERS232,
        &params::FPGA_KC705,
    ] {
        let mut decoder = Decoder::new(member);
        for byte in nonsense(&mut rng, 100_000) {
            let reply = decoder.feed(byte);
            assert!(decoder.partial() <= 32);
            assert!(!matches!(reply, Some(Reply::Garbage(0))));
        }
    }
}
