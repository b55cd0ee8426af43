//! A pool written by hand: it shares no code with the program, and says whatever a test wants it to say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::program::Program;

/// 2^16 hashes a share, about: even a slow processor finds some a second.
pub(crate) const EASY: f64 = 1.0 / 65536.0;
/// Nothing that the miner should say takes longer.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) const EXTRANONCE1: &str = "0800aa02";
const COINBASE1: &str =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff1a03a1b2c3";
const COINBASE2: &str =
    "ffffffff0100f2052a01000000160014751e76e8199196d454941c45d1b3a323f1433bd600000000";
const BRANCH: &str = "4d16b6f85af6e2198f44ae2a6de67f78487ae5611b77c6c0440b921e00000000";
/// As `mining.notify` has it: each word of four bytes in reverse.
const PREVIOUS: &str = "4d16b6f85af6e2198f44ae2a6de67f78487ae5611b77c6c0440b921e00000001";
pub(crate) const VERSION: u32 = 0x2000_0000;
const NBITS: &str = "1a0ffff0";
const NTIME: u32 = 0x6553_f100;

/// Where miners are awaited.
pub(crate) struct HandMadePool {
    listener: TcpListener,
}

/// A miner's connection.
pub(crate) struct Client<S: Read + Write> {
    stream: BufReader<S>,
    pub(crate) extranonce2_size: usize,
    pub(crate) version_mask: u32,
}

impl HandMadePool {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { listener }
    }

    pub(crate) fn url(&self) -> String {
        format!("stratum+tcp://{}", self.listener.local_addr().unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub(crate) fn accept_stream(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// The next miner, not greeted yet.
    pub(crate) fn accept(&self) -> Client<TcpStream> {
        Client::new(self.accept_stream())
    }

    /// The next miner, logged in and at work on job `one`.
    pub(crate) fn accept_and_employ(&self) -> Client<TcpStream> {
        let mut client = self.accept();
        client.handshake();
        client.set_difficulty(EASY);
        client.notify("one", true);
        client
    }
}

impl<S: Read + Write> Client<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
            extranonce2_size: 4,
            version_mask: 0,
        }
    }

    /// The next message of the miner; `None`: it has hung up.
    pub(crate) fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => {
                assert!(line.len() <= 1024 && line.ends_with('\n'), "{line}");
                Some(serde_json::from_str(&line).unwrap())
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("the miner says nothing: {error}"),
        }
    }

    /// The next message with this method.
    pub(crate) fn await_method(&mut self, method: &str) -> Value {
        loop {
            let message = self.hear();
            let message = message.unwrap_or_else(|| panic!("hung up before {method}"));
            if message["method"] == method {
                return message;
            }
        }
    }

    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
        self.stream.get_mut().flush().unwrap();
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.say_bytes(format!("{line}\n").as_bytes());
    }

    pub(crate) fn answer(&mut self, question: &Value, result: &Value) {
        self.say(&json!({"id": question["id"], "result": result, "error": null}).to_string());
    }

    /// Answers until the miner is logged in; version rolling as `version_mask` says.
    pub(crate) fn handshake(&mut self) {
        loop {
            let question = self.hear().expect("hung up in the handshake");
            match question["method"].as_str().unwrap() {
                "mining.configure" => {
                    let mask = format!("{:08x}", self.version_mask);
                    let rolls = self.version_mask != 0;
                    self.answer(
                        &question,
                        &json!({"version-rolling": rolls, "version-rolling.mask": mask}),
                    );
                }
                "mining.subscribe" => {
                    let size = self.extranonce2_size;
                    self.answer(
                        &question,
                        &json!([[["mining.notify", "s"]], EXTRANONCE1, size]),
                    );
                }
                "mining.authorize" => return self.answer(&question, &json!(true)),
                other => panic!("{other} in the handshake"),
            }
        }
    }

    pub(crate) fn set_difficulty(&mut self, difficulty: f64) {
        self.notification("mining.set_difficulty", &json!([difficulty]));
    }

    pub(crate) fn notification(&mut self, method: &str, params: &Value) {
        self.say(&json!({"id": null, "method": method, "params": params}).to_string());
    }

    pub(crate) fn notify(&mut self, job: &str, clean: bool) {
        self.notification("mining.notify", &good_notify(job, clean));
    }

    /// The next share that the miner submits, checked and accepted.
    pub(crate) fn take_share(&mut self, difficulty: f64) -> Submit {
        let question = self.await_method("mining.submit");
        let submit = Submit::read(&question, self.extranonce2_size, self.version_mask);
        let hash = double_sha256(&submit.header());
        assert!(is_share(&hash, difficulty), "{question} gives {hash:02x?}");
        self.answer(&question, &json!(true));
        submit
    }

    /// What lies below.
    pub(crate) fn into_stream(self) -> S {
        self.stream.into_inner()
    }

    /// The next share of job `job`; those of others before it count, too.
    pub(crate) fn take_share_of(&mut self, job: &str, difficulty: f64) -> Submit {
        loop {
            let submit = self.take_share(difficulty);
            if submit.job == job {
                return submit;
            }
        }
    }
}

/// The parameters of a notify that nothing is wrong with.
pub(crate) fn good_notify(job: &str, clean: bool) -> Value {
    let (version, ntime) = (format!("{VERSION:08x}"), format!("{NTIME:08x}"));
    json!([
        job,
        PREVIOUS,
        COINBASE1,
        COINBASE2,
        [BRANCH],
        version,
        NBITS,
        ntime,
        clean
    ])
}

/// What a `mining.submit` says, its form checked.
#[derive(Debug)]
pub(crate) struct Submit {
    pub(crate) worker: String,
    pub(crate) job: String,
    pub(crate) extranonce2: Vec<u8>,
    ntime: u32,
    nonce: u32,
    version: u32,
}

impl Submit {
    fn read(question: &Value, extranonce2_size: usize, mask: u32) -> Self {
        let params = question["params"].as_array().unwrap();
        let expected = if mask == 0 { 5 } else { 6 };
        assert_eq!(params.len(), expected, "{question}");
        let text = |index: usize| {
            params[index]
                .as_str()
                .unwrap_or_else(|| panic!("{question}"))
        };
        let word = |index| {
            assert_eq!(text(index).len(), 8, "{question}");
            u32::from_str_radix(text(index), 16).unwrap()
        };
        let extranonce2 = hex::decode(text(2)).unwrap();
        assert_eq!(extranonce2.len(), extranonce2_size, "{question}");
        let bits = if mask == 0 { 0 } else { word(5) };
        assert_eq!(bits & !mask, 0, "bits outside of the mask: {question}");
        let ntime = word(3);
        assert!((NTIME..=NTIME + 7200).contains(&ntime), "{question}");
        Self {
            worker: text(0).to_owned(),
            job: text(1).to_owned(),
            extranonce2,
            ntime,
            nonce: word(4),
            version: (VERSION & !mask) | bits,
        }
    }

    /// The header that was hashed.
    fn header(&self) -> [u8; 80] {
        header(self.version, &self.extranonce2, self.ntime, self.nonce)
    }
}

/// The header of a good notify with the usual time.
pub(crate) fn usual_header(extranonce2: &[u8], nonce: u32) -> [u8; 80] {
    header(VERSION, extranonce2, NTIME, nonce)
}

fn header(version: u32, extranonce2: &[u8], ntime: u32, nonce: u32) -> [u8; 80] {
    let coinbase = [
        hex::decode(COINBASE1).unwrap(),
        hex::decode(EXTRANONCE1).unwrap(),
        extranonce2.to_vec(),
        hex::decode(COINBASE2).unwrap(),
    ]
    .concat();
    let branch = hex::decode(BRANCH).unwrap();
    let root = double_sha256(&[double_sha256(&coinbase).to_vec(), branch].concat());
    let previous = hex::decode(PREVIOUS).unwrap();
    let previous = previous.chunks(4).flat_map(|word| word.iter().rev());
    let nbits = u32::from_str_radix(NBITS, 16).unwrap();
    let mut header = version.to_le_bytes().to_vec();
    header.extend(previous);
    header.extend(root);
    for word in [ntime, nbits, nonce] {
        header.extend(word.to_le_bytes());
    }
    header.try_into().unwrap()
}

pub(crate) fn double_sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// Whether the hash is at most 2^224 / difficulty, all but exactly.
pub(crate) fn is_share(hash: &[u8; 32], difficulty: f64) -> bool {
    let value = hash
        .iter()
        .rev()
        .fold(0.0, |value: f64, byte| value * 256.0 + f64::from(*byte));
    value <= 65535.0 * 2_f64.powi(208) / difficulty
}

#[test]
fn every_field_of_a_submit_belongs_to_the_job_it_names() {
    for (extranonce2_size, version_mask) in [(4, 0), (1, 0x1fff_e000), (8, 0x0fff_0000), (16, 0)] {
        let pool = HandMadePool::new();
        let _miner = Program::start(&format!("-o {} -u me.rig --cpu 1", pool.url()));
        let mut client = pool.accept();
        client.extranonce2_size = extranonce2_size;
        client.version_mask = version_mask;
        client.handshake();
        client.set_difficulty(EASY);
        client.notify("first job", true);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let submit = client.take_share_of("first job", EASY);
            assert_eq!(submit.worker, "me.rig");
            let header = submit.header();
            assert!(!seen.contains(&header), "the same share twice");
            seen.push(header);
        }
        client.notify("second", true);
        client.take_share_of("second", EASY);
    }
}
