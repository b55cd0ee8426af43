//! An emulator behind a pseudo-terminal, its line speed, and its link.

use std::sync::Arc;
use std::thread;

use super::*;
use crate::transport::testing::Echo;
use crate::transport::{SerialTransport, Transport};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn an_emulator_behind_a_terminal_is_a_serial_port() {
    let pty = Pty::open().unwrap();
    let path = pty.path().to_str().unwrap().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let running = Arc::clone(&stop);
    let server = thread::spawn(move || serve_emulator(&mut Echo::default(), &pty, &running));
    let mut line = SerialTransport::open(&path, 115_200).unwrap();
    let mut buf = [0; 64];
    for round in 0..20_u8 {
        line.write(&[round; 64]).unwrap();
        let mut came = 0;
        while came < 64 {
            let deadline = line.now() + LONG;
            let count = line.read(&mut buf, deadline).unwrap();
            assert!(count > 0, "no answer");
            assert!(buf[..count].iter().all(|byte| *byte == round));
            came += count;
        }
    }
    stop.store(true, Ordering::Release);
    server.join().unwrap().unwrap();
    // The server has dropped the terminal: that is an unplug.
    assert!(
        line.read(&mut buf, Instant::now() + LONG)
            .unwrap_err()
            .is_gone()
    );
}

/// Answers with the line speed, big-endian.
#[derive(Default)]
struct Speedometer {
    baud: u32,
    asked: bool,
}

impl Emulator for Speedometer {
    fn receive(&mut self, _bytes: &[u8], _now: Instant) {
        self.asked = true;
    }

    fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
        if std::mem::take(&mut self.asked) {
            out.extend(self.baud.to_be_bytes());
        }
        until
    }

    fn set_baud(&mut self, baud: u32) {
        self.baud = baud;
    }
}

#[test]
fn the_emulator_learns_the_speed_before_the_bytes_sent_at_it() {
    let pty = Pty::open().unwrap();
    let mut line = SerialTransport::open(pty.path().to_str().unwrap(), 4_800).unwrap();
    let mut server = Server::new(&pty).unwrap();
    let mut device = Speedometer::default();
    for baud in [115_200_u32, 500_000] {
        line.set_baud(baud).unwrap();
        line.write(b"?").unwrap();
        let mut buf = [0; 4];
        let mut count = 0;
        while count < 4 {
            server.turn(&mut device).unwrap();
            let now = line.now();
            count += line.read(&mut buf[count..], now).unwrap();
        }
        assert_eq!(u32::from_be_bytes(buf), baud);
    }
}

#[test]
fn an_emulator_that_nobody_reads_goes_on() {
    struct Babbler;
    impl Emulator for Babbler {
        fn receive(&mut self, _bytes: &[u8], _now: Instant) {}
        fn advance(&mut self, until: Instant, out: &mut Vec<u8>) -> Instant {
            out.extend([0; 4096]);
            until
        }
    }
    let pty = Pty::open().unwrap();
    let mut server = Server::new(&pty).unwrap();
    for _ in 0..50 {
        server.turn(&mut Babbler).unwrap();
    }
}

#[test]
fn the_link_is_made_replaced_when_left_over_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("board");
    symlink("/dev/pts/99999", &link).unwrap();
    let mut pty = Pty::open().unwrap();
    pty.link(&link).unwrap();
    assert_eq!(std::fs::read_link(&link).unwrap(), pty.path());
    assert!(SerialTransport::open(link.to_str().unwrap(), 115_200).is_ok());
    drop(pty);
    assert!(!link.is_symlink());
}

#[test]
fn a_link_that_is_older_than_the_terminal_of_its_number_is_left_over() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("board");
    let terminal = Pty::open().unwrap();
    symlink(terminal.path(), &link).unwrap();
    assert!(!is_left_over(&link));
    // As making the node anew would: its time of change moves past the link's, once the clock has.
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    for _ in 0..10_000 {
        rustix::fs::chmod(terminal.path(), mode).unwrap();
        if is_left_over(&link) {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("never left over");
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let other = folder.path().join("link");
    symlink("nowhere", &other).unwrap();
    let mut living = Pty::open().unwrap();
    let taken = folder.path().join("taken");
    living.link(&taken).unwrap();
    for path in [&file, &other, &taken] {
        let mut pty = Pty::open().unwrap();
        let error = pty.link(path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()));
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    assert!(taken.is_symlink());
    // Somebody has put another link there in the meantime: not ours to remove.
    std::fs::remove_file(&taken).unwrap();
    symlink("elsewhere", &taken).unwrap();
    drop(living);
    assert!(taken.is_symlink());
}
