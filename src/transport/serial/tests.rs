//! A serial port over a pseudo-terminal: bytes, wakes, unplugging, refusals.

use std::io::{Read, Write};

use super::*;
use crate::transport::Pty;

const LONG: Duration = Duration::from_secs(60);

fn pair() -> (Pty, SerialTransport) {
    let pty = Pty::open().unwrap();
    let line = SerialTransport::open(pty.path().to_str().unwrap(), 115_200).unwrap();
    (pty, line)
}

/// The same port, read in slices.
fn sliced_pair() -> (Pty, SerialTransport) {
    let (pty, mut line) = pair();
    line.bytes = Bytes::Sliced(sliced(&line.name, line.port.as_ref()).unwrap());
    (pty, line)
}

/// Reads `count` bytes from the near end, however they are split.
fn hear(pty: &Pty, count: usize) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut buf = [0; 4096];
    while heard.len() < count {
        match pty.master().read(&mut buf) {
            Ok(got) => heard.extend(&buf[..got]),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
    heard
}

#[test]
fn every_byte_value_passes_both_ways() {
    let all: Vec<u8> = (0..=255).collect();
    for (pty, mut line) in [pair(), sliced_pair()] {
        line.write(&all).unwrap();
        assert_eq!(hear(&pty, 256), all);
        pty.master().write_all(&all).unwrap();
        let mut came: Vec<u8> = Vec::new();
        let mut buf = [0; 100];
        while came.len() < 256 {
            let deadline = line.now() + LONG;
            let count = line.read(&mut buf, deadline).unwrap();
            assert!(count > 0, "nothing came");
            came.extend(&buf[..count]);
        }
        assert_eq!(came, all);
    }
}

#[test]
fn a_read_ends_at_its_deadline_with_nothing() {
    for (_pty, mut line) in [pair(), sliced_pair()] {
        let deadline = line.now() + Duration::from_millis(20);
        assert_eq!(line.read(&mut [0; 8], deadline).unwrap(), 0);
        assert!(line.now() >= deadline);
        assert_eq!(line.read(&mut [0; 8], deadline).unwrap(), 0);
        assert_eq!(line.read(&mut [], deadline + LONG).unwrap(), 0);
    }
}

#[test]
fn a_wake_ends_the_wait_or_the_next_one() {
    for (_pty, mut line) in [pair(), sliced_pair()] {
        let waker = line.waker();
        let deadline = line.now() + LONG;
        waker.wake();
        assert_eq!(line.read(&mut [0; 8], deadline).unwrap(), 0);
        let sleeper = thread::spawn(move || line.read(&mut [0; 8], deadline));
        thread::sleep(Duration::from_millis(5));
        waker.wake();
        assert_eq!(sleeper.join().unwrap().unwrap(), 0);
        assert!(Instant::now() < deadline);
    }
}

#[test]
fn a_lookout_waits_for_bytes_and_wakes_while_another_thread_writes() {
    let (pty, mut line) = pair();
    let (lookout, waker) = (line.lookout().unwrap(), line.waker());
    let deadline = line.now() + LONG;
    let (told, tell) = std::sync::mpsc::channel();
    let waiting = thread::spawn(move || {
        for _ in 0..2 {
            lookout.wait(deadline);
            told.send(()).unwrap();
        }
    });
    line.write(b"work").unwrap();
    assert_eq!(hear(&pty, 4), b"work");
    assert!(tell.try_recv().is_err(), "nothing to tell yet");
    pty.master().write_all(b"nonce").unwrap();
    tell.recv().unwrap();
    assert_eq!(line.read(&mut [0; 8], line.now()).unwrap(), 5);
    waker.wake();
    tell.recv().unwrap();
    waiting.join().unwrap();
    assert!(Instant::now() < deadline);
}

#[test]
fn a_port_has_room_until_its_buffer_is_full() {
    let (pty, mut line) = pair();
    assert!(line.has_room());
    while line.write(&[0x55; 4096]).is_ok() {}
    assert!(!line.has_room());
    drop(pty);
    let (_pty, mut sliced) = sliced_pair();
    assert!(sliced.lookout().is_none() && !sliced.has_room());
    assert!(sliced.write(&[0; 64]).is_ok());
}

#[test]
fn a_wake_together_with_bytes_loses_neither() {
    let (pty, mut line) = pair();
    let deadline = line.now() + LONG;
    line.waker().wake();
    pty.master().write_all(b"nonce").unwrap();
    let mut buf = [0; 8];
    let first = line.read(&mut buf, deadline).unwrap();
    let second = line.read(&mut buf, deadline).unwrap();
    assert_eq!([first, second].iter().sum::<usize>(), 5);
    assert!(Instant::now() < deadline);
}

#[test]
fn unplugging_is_noticed_in_a_read_a_write_and_a_change_of_speed() {
    for (pty, mut line) in [pair(), sliced_pair()] {
        let deadline = line.now() + LONG;
        let reader = thread::spawn(move || (line.read(&mut [0; 8], deadline), line));
        thread::sleep(Duration::from_millis(5));
        drop(pty);
        let (read, mut line) = reader.join().unwrap();
        assert!(read.unwrap_err().is_gone());
        assert!(line.write(&[0; 64]).unwrap_err().is_gone());
        assert!(Instant::now() < deadline);
    }
    let (pty, mut line) = pair();
    drop(pty);
    assert!(line.set_baud(9600).unwrap_err().is_gone());
}

#[test]
fn the_port_is_ours_alone_and_free_afterwards() {
    let (pty, line) = pair();
    let path = pty.path().to_str().unwrap();
    let error = SerialTransport::open(path, 115_200).unwrap_err();
    assert!(matches!(error, TransportError::Busy(_)), "{error}");
    drop(line);
    assert!(SerialTransport::open(path, 115_200).is_ok());
}

#[test]
fn the_speed_arrives_at_the_other_end() {
    let (pty, mut line) = pair();
    assert_eq!(pty.baud().unwrap(), 115_200);
    for baud in [57_600, 4_800, 500_000, 3_125_000] {
        line.set_baud(baud).unwrap();
        assert_eq!(pty.baud().unwrap(), baud);
    }
}

#[test]
fn a_port_that_takes_another_speed_is_an_error() {
    let (_pty, line) = pair();
    let error = line.check_baud(9600).unwrap_err().to_string();
    assert!(error.ends_with("runs at 115200 baud instead of 9600"));
}

#[test]
fn a_port_that_takes_nothing_fails_the_write_instead_of_hanging() {
    let (_pty, mut line) = pair();
    let error = loop {
        if let Err(error) = line.write(&[0x55; 4096]) {
            break error;
        }
    };
    assert!(matches!(error, TransportError::Io { .. }), "{error}");
}

#[test]
fn a_write_larger_than_the_ports_buffer_arrives_whole() {
    let (pty, mut line) = pair();
    let many: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
    let copy = many.clone();
    let listener = thread::spawn(move || hear(&pty, copy.len()) == copy);
    line.write(&many).unwrap();
    assert!(listener.join().unwrap());
}

#[test]
fn old_input_is_discarded_on_open() {
    let pty = Pty::open().unwrap();
    pty.master().write_all(b"of the last user").unwrap();
    let mut line = SerialTransport::open(pty.path().to_str().unwrap(), 115_200).unwrap();
    pty.master().write_all(b"new").unwrap();
    let mut buf = [0; 32];
    let deadline = line.now() + LONG;
    assert_eq!(line.read(&mut buf, deadline).unwrap(), 3);
    assert_eq!(&buf[..3], b"new");
}

#[test]
fn what_cannot_be_opened_says_why() {
    let missing = SerialTransport::open("/dev/midstate-no-such-port", 115_200).unwrap_err();
    assert!(matches!(missing, TransportError::NotFound(_)), "{missing}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let no_port = SerialTransport::open(path, 115_200).unwrap_err();
    assert!(matches!(no_port, TransportError::Io { .. }), "{no_port}");
    assert!(no_port.to_string().contains("is it a serial port?"));
}

/// A pseudo-terminal has no parity bit to switch on, but keeps which one it would be; a change of speed leaves it alone.
#[cfg(target_os = "linux")]
#[test]
fn a_mark_is_set_and_stays_when_the_speed_changes() {
    use rustix::termios::{ControlModes, tcgetattr};
    let (pty, mut line) = pair();
    let kind = || {
        let modes = tcgetattr(pty.master()).unwrap().control_modes;
        modes & (ControlModes::CMSPAR | ControlModes::PARODD)
    };
    assert!(kind().is_empty());
    line.set_parity(Parity::Mark).unwrap();
    line.set_baud(57_600).unwrap();
    assert_eq!(kind(), ControlModes::CMSPAR | ControlModes::PARODD);
    line.write(b"as before").unwrap();
    assert_eq!(hear(&pty, 9), b"as before");
    line.set_parity(Parity::None).unwrap();
    assert!(kind().is_empty());
}
