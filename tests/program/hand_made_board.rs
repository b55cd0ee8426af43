//! An Icarus written by hand behind a pseudo-terminal, and a pool written by hand: the bytes between them are those of the fact
//! sheet (classic-boards.md 4.1), computed here and nowhere else.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::hand_made_pool::{HandMadePool, double_sha256, is_share, usual_header};
use crate::program::Program;

/// Every 256th nonce is a share.
const EASIEST: f64 = 1.0 / 16_777_216.0;
const GOLDEN_JOB: &str = "4679ba4ec99876bf4bfe086082b400254df6c356451471139a3afa71e48f544a000000000000000000000000000000000000000087320b1a1426674f2fa722ce";
const GOLDEN_NONCE: [u8; 4] = [0x00, 0x01, 0x87, 0xa2];
/// What tells how many parts the nonces are split into, and the answer of a board with two.
const DIVISION_JOB_TAIL: &str = "6461011ac906a951fb9b3c73";
const TWO_SLICES: [u8; 4] = [0x82, 0x54, 0x0e, 0x46];

struct Board {
    near: File,
    path: PathBuf,
    /// Keeps the line up while the miner has not opened it.
    _far: File,
}

impl Board {
    fn new() -> Self {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let name = ptsname(&near, Vec::new()).unwrap();
        let path = PathBuf::from(name.to_str().unwrap());
        let far = File::options().read(true).write(true).open(&path).unwrap();
        let mut settings = rustix::termios::tcgetattr(&far).unwrap();
        settings.make_raw();
        rustix::termios::tcsetattr(&far, rustix::termios::OptionalActions::Now, &settings).unwrap();
        rustix::fs::fcntl_setfl(&near, OFlags::NONBLOCK).unwrap();
        Self {
            near: near.into(),
            path,
            _far: far,
        }
    }

    /// The next job: 64 bytes.
    fn job(&mut self) -> [u8; 64] {
        let deadline = Instant::now() + Duration::from_secs(90);
        let mut job = [0; 64];
        let mut filled = 0;
        while filled < 64 {
            match self.near.read(&mut job[filled..]) {
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    assert!(Instant::now() < deadline, "{filled} bytes of a job");
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => panic!("{error}"),
            }
        }
        job
    }

    fn say(&mut self, nonce: [u8; 4]) {
        self.near.write_all(&nonce).unwrap();
    }

    /// Answers the probes; the first real job.
    fn first_job(&mut self) -> [u8; 64] {
        assert_eq!(hex::encode(self.job()), GOLDEN_JOB);
        self.say(GOLDEN_NONCE);
        let mut job = self.job();
        if hex::encode(&job[52..]) == DIVISION_JOB_TAIL {
            self.say(TWO_SLICES);
            job = self.job();
        }
        job
    }
}

/// The 64 bytes for a header: midstate and tail as the device takes them, last byte first.
fn job_bytes(header: &[u8; 80]) -> [u8; 64] {
    let mut state = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    sha2::block_api::compress256(&mut state, &[header[..64].try_into().unwrap()]);
    let midstate = state.iter().flat_map(|word: &u32| word.to_le_bytes());
    let mut job = [0; 64];
    for (at, byte) in midstate.enumerate() {
        job[31 - at] = byte;
    }
    // Each word of the tail is reversed, then all of it: words come last first, their bytes in the header's order.
    for (at, word) in header[64..76].chunks(4).rev().enumerate() {
        job[52 + 4 * at..][..4].copy_from_slice(word);
    }
    job
}

#[test]
fn the_reference_job_of_the_sheet_is_encoded_as_the_sheet_says() {
    // Genesis block: its bytes 64..76 are end of merkle root, ntime, nbits.
    let header = hex::decode("0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c").unwrap();
    let job = job_bytes(&header.try_into().unwrap());
    assert_eq!(hex::encode(&job[52..]), "ffff001d29ab5f494b1e5e4a");
}

#[test]
fn the_bytes_on_the_line_and_the_share_at_the_pool_are_those_of_the_pools_job() {
    let pool = HandMadePool::new();
    let mut board = Board::new();
    let path = board.path.display().to_string();
    let miner = Program::start(&format!(
        "-o {} -u w --json --board icarus:{path}",
        pool.url()
    ));
    let mut client = pool.accept();
    client.extranonce2_size = 1;
    client.handshake();
    client.set_difficulty(EASIEST);
    client.notify("the job", true);

    let job = board.first_job();
    let is_it = |extranonce2: &u8| job_bytes(&usual_header(&[*extranonce2], 0)) == job;
    let extranonce2 = (0..=255).find(is_it);
    let extranonce2 =
        extranonce2.unwrap_or_else(|| panic!("no work of the pool's job: {}", hex::encode(job)));

    let shares = |nonce: &u32| {
        is_share(
            &double_sha256(&usual_header(&[extranonce2], *nonce)),
            EASIEST,
        )
    };
    let nonce = (0x1234_5678..).find(shares).unwrap();
    // The header's bytes as they stand there.
    board.say(nonce.to_le_bytes());
    let submit = client.await_method("mining.submit");
    assert_eq!(
        submit["params"],
        serde_json::json!([
            "w",
            "the job",
            format!("{extranonce2:02x}"),
            "6553f100",
            format!("{nonce:08x}")
        ])
    );
    client.answer(&submit, &serde_json::json!(true));
    let next = board.job();
    assert_ne!(next, job, "a nonce is answered with other work");

    let ended = miner.terminate();
    ended.assert_code(0);
    let summary = ended.summary();
    assert_eq!(
        (&summary["accepted"], &summary["hardware_errors"]),
        (&1.into(), &0.into())
    );
}

#[test]
fn a_wrong_nonce_is_a_hardware_error_and_is_not_sent() {
    let pool = HandMadePool::new();
    let mut board = Board::new();
    let path = board.path.display().to_string();
    let mut miner = Program::start(&format!(
        "-o {} -u w --json --board icarus:{path}",
        pool.url()
    ));
    let mut client = pool.accept();
    client.extranonce2_size = 1;
    client.handshake();
    client.set_difficulty(EASIEST);
    client.notify("a", true);
    let job = board.first_job();
    let header = |extranonce2: u8, nonce| usual_header(&[extranonce2], nonce);
    let extranonce2 = (0..=255)
        .find(|first| job_bytes(&header(*first, 0)) == job)
        .unwrap();
    let is_good = |nonce: &u32| is_share(&double_sha256(&header(extranonce2, *nonce)), EASIEST);
    let wrong = (1..).find(|nonce| !is_good(nonce)).unwrap();
    let right = (0x100_0000..).find(is_good).unwrap();
    board.say(wrong.to_le_bytes());
    // The board has new work now; a nonce of the work before is credited to the work before.
    board.job();
    board.say(right.to_le_bytes());
    let submit = client.await_method("mining.submit");
    assert_eq!(submit["params"][4], format!("{right:08x}"));
    assert_eq!(submit["params"][2], format!("{extranonce2:02x}"));
    client.answer(&submit, &serde_json::json!(true));
    miner.await_line("accepted");
    let summary = miner.terminate().summary();
    assert_eq!(summary["hardware_errors"], 1, "{summary}");
    assert_eq!(summary["boards"][0]["hardware_errors"], 1, "{summary}");
}
