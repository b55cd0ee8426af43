//! `--scan --probe` on ports with boards behind them: every model's emulator behind a pseudo-terminal, asked through the serial port.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap is a failed test; the lint knows that only inside of #[test]"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use midstate::board::{BoardError, BoardOptions, Connection, MODELS, Model, model};
use midstate::cli::scan::probe_board;
use midstate::transport::{Pty, serve_emulator};

/// Asks the emulator of `device` as `asked`.
fn ask(device: &Model, asked: &'static Model) -> Result<String, BoardError> {
    let mut emulator = (device.emulate.unwrap())(&BoardOptions::none())
        .unwrap()
        .data;
    let pty = Pty::open().unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let server = scope.spawn(|| serve_emulator(emulator.as_mut(), &pty, &stop));
        let answer = probe_board(pty.path().to_str().unwrap(), asked);
        stop.store(true, Ordering::Release);
        server.join().unwrap().unwrap();
        answer
    })
}

fn serial(model: &Model) -> bool {
    // The simulated RTL is the core's driver over another device; building it takes what not every machine has.
    matches!(model.connection, Connection::Serial { .. })
        && model.emulate.is_some()
        && model.name != "core-rtl"
}

#[test]
fn every_model_answers_its_own_probe() {
    let models: Vec<&'static Model> = MODELS
        .iter()
        .copied()
        .filter(|model| serial(model))
        .collect();
    assert!(models.len() > 5);
    for model in models {
        let answer = ask(model, model);
        assert!(answer.is_ok(), "{}: {}", model.name, answer.unwrap_err());
    }
}

#[test]
fn a_device_of_another_kind_does_not_pass() {
    let (icarus, ascii) = (model("icarus").unwrap(), model("fpga-kc705").unwrap());
    for (device, asked) in [(ascii, icarus), (icarus, ascii)] {
        let error = ask(device, asked).unwrap_err();
        assert!(matches!(error, BoardError::Probe { .. }), "{error}");
    }
}

#[test]
fn a_port_that_stays_silent_is_no_board() {
    let pty = Pty::open().unwrap();
    let error = probe_board(pty.path().to_str().unwrap(), model("icarus").unwrap()).unwrap_err();
    assert!(error.to_string().contains("expected"), "{error}");
}

/// Both ports of one board, by the names that `midstate emulate` gives them; the control port is the one that is asked.
#[test]
fn a_board_of_two_ports_is_asked_through_both_and_says_which_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("board");
    let beside = folder.path().join("board.control");
    let gamma = model("bitaxe-gamma").unwrap();
    let emulated = (gamma.emulate.unwrap())(&BoardOptions::none()).unwrap();
    let seat = |link| {
        let mut pty = Pty::open().unwrap();
        pty.link(link).unwrap();
        pty
    };
    let (data, control) = (seat(&path), seat(&beside));
    let stop = AtomicBool::new(false);
    let answer = thread::scope(|scope| {
        let ports = [
            (emulated.data, &data),
            (emulated.control.unwrap(), &control),
        ];
        for (mut emulator, pty) in ports {
            let stop = &stop;
            scope.spawn(move || serve_emulator(emulator.as_mut(), pty, stop));
        }
        let answer = probe_board(beside.to_str().unwrap(), model("bitaxe").unwrap());
        stop.store(true, Ordering::Release);
        answer
    });
    let answer = answer.unwrap();
    assert!(answer.starts_with("Bitaxe Gamma, control v0"), "{answer}");
    assert!(answer.contains("1 BM1370"), "{answer}");
}
