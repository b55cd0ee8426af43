//! The same conversations with a board on a desk: `MIDSTATE_<MODEL>_PORT=/dev/ttyUSB0 cargo test -- --ignored`.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::super::*;
use super::rig::{job, mine_for};
use crate::board::{BoardOptions, Connection, Links, Model};
use crate::transport::{Transport, TransportError, Waker};

/// The slowest boards find a nonce every few minutes.
const MINUTES: Duration = Duration::from_secs(1200);

/// The least that a test needs of a serial port: raw, 8N1, polled.
struct Port(File);

impl Port {
    fn open(path: &str, baud: u32) -> Self {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlags::NOCTTY | OFlags::NONBLOCK).bits().cast_signed())
            .open(path)
            .unwrap();
        let mut settings = tcgetattr(&file).unwrap();
        settings.make_raw();
        settings.set_speed(baud).unwrap();
        tcsetattr(&file, OptionalActions::Flush, &settings).unwrap();
        Self(file)
    }

    fn gone(step: &'static str, source: std::io::Error) -> TransportError {
        let port = "the board's port".to_owned();
        TransportError::Io { port, step, source }
    }
}

impl Transport for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<(), TransportError> {
        self.0
            .write_all(bytes)
            .map_err(|error| Self::gone("writing", error))
    }

    fn read(&mut self, buf: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        loop {
            match self.0.read(buf) {
                Ok(count) if count > 0 => return Ok(count),
                Err(error) if error.kind() != ErrorKind::WouldBlock => {
                    return Err(Self::gone("reading", error));
                }
                _ if Instant::now() >= deadline => return Ok(0),
                _ => std::thread::sleep(Duration::from_micros(200)),
            }
        }
    }

    fn set_baud(&mut self, _baud: u32) -> Result<(), TransportError> {
        Ok(())
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn waker(&self) -> Waker {
        Waker::none()
    }
}

/// Probes the board on the port that `variable` names and lets it find a nonce at hardware's 32 zero bits.
fn mines_on_a_real_port(model: &Model, variable: &str) {
    let path = std::env::var(variable)
        .unwrap_or_else(|_| panic!("set {variable} to the port of a {}", model.title));
    let Connection::Serial { baud } = model.connection else {
        panic!("{} has no port", model.name);
    };
    let port = Box::new(Port::open(&path, baud));
    let mut board = (model.open)(Links::port(port), &BoardOptions::none()).unwrap();
    let ability = board.start().unwrap();
    let mined = mine_for(
        &mut *board,
        &job(40, 32),
        ability.threshold,
        MINUTES,
        |mined| mined.good() + mined.wrong > 0,
    );
    assert_eq!(mined.wrong, 0, "{}: {mined:?}", ability.details);
    board.stop().unwrap();
}

macro_rules! on_real_ports {
    ($($test:ident $model:ident $variable:literal),* $(,)?) => {
        $(
            #[test]
            #[ignore = concat!("needs a board: set ", $variable)]
            fn $test() {
                mines_on_a_real_port(&$model, $variable);
            }
        )*
    };
}

on_real_ports!(
    an_icarus ICARUS "MIDSTATE_ICARUS_PORT",
    a_lancelot LANCELOT "MIDSTATE_LANCELOT_PORT",
    a_cairnsmore1 CAIRNSMORE1 "MIDSTATE_CAIRNSMORE1_PORT",
    a_block_erupter BLOCK_ERUPTER "MIDSTATE_BLOCK_ERUPTER_PORT",
    an_fpga_with_the_makomk_core FPGA_SERIAL "MIDSTATE_FPGA_SERIAL_PORT",
    an_fpga_with_the_kramble_core FPGA_KRAMBLE "MIDSTATE_FPGA_KRAMBLE_PORT",
    an_fpga_with_simple_rs232 FPGA_SIMPLERS232 "MIDSTATE_FPGA_SIMPLERS232_PORT",
    a_kc705 FPGA_KC705 "MIDSTATE_FPGA_KC705_PORT",
    an_avalon_nano AVALON_NANO "MIDSTATE_AVALON_NANO_PORT",
    an_antminer_u1 ANTMINER_U1 "MIDSTATE_ANTMINER_U1_PORT",
    an_antminer_u2 ANTMINER_U2 "MIDSTATE_ANTMINER_U2_PORT",
    an_antminer_u3 ANTMINER_U3 "MIDSTATE_ANTMINER_U3_PORT",
);
