//! What is compared: ways to search nonces, all on the same header.

use std::hint::black_box;

use sha2::block_api::compress256;

use crate::algorithm::scrypt;
use crate::algorithm::sha256d::{
    INITIAL, Kernel, Midstate, SHA256D, Scanner, VersionScanner, hasher, last_word_plainly,
};
use crate::algorithm::{Algorithm, NonceField, Plain, Searcher, searcher_of};
use crate::units::Target;

/// Header of the genesis block; a search over it with an unreachable limit is what every contestant does.
const HEADER: [u8; 80] = {
    let mut header = [0; 80];
    let merkle: [u8; 32] = [
        0x3b, 0xa3, 0xed, 0xfd, 0x7a, 0x7b, 0x12, 0xb2, 0x7a, 0xc7, 0x2c, 0x3e, 0x67, 0x76, 0x8f,
        0x61, 0x7f, 0xc8, 0x1b, 0xc3, 0x88, 0x8a, 0x51, 0x32, 0x3a, 0x9f, 0xb8, 0xaa, 0x4b, 0x1e,
        0x5e, 0x4a,
    ];
    let tail = [
        0x29, 0xab, 0x5f, 0x49, 0xff, 0xff, 0x00, 0x1d, 0x1d, 0xac, 0x2b, 0x7c,
    ];
    header[0] = 1;
    let mut i = 0;
    while i < 32 {
        header[36 + i] = merkle[i];
        i += 1;
    }
    let mut i = 0;
    while i < 12 {
        header[68 + i] = tail[i];
        i += 1;
    }
    header
};

/// A way to search nonces.
#[derive(Debug, Clone)]
pub enum Contestant {
    /// `sha2`'s `Digest` twice over the whole header.
    Naive,
    /// `sha2`'s compression function from the midstate, on blocks that are padded once: the yardstick of the ratios.
    Midstate,
    /// A scalar loop from the midstate without any preparation, in plain Rust.
    Scalar,
    /// One of our kernels.
    Kernel(Kernel),
    /// One of our kernels over thirty-two midstates with one tail, as version rolling gives them.
    Versions(Kernel),
    /// Another algorithm, hash after hash: the yardstick of its ratios.
    Plain(&'static dyn Algorithm),
    /// Another algorithm as boards search it.
    Searcher(&'static dyn Algorithm),
    /// One of scrypt's kernels.
    Scrypt(scrypt::Kernel),
}

/// A way to search nonces with the memory that it needs: hashes so many, and gives how many met a limit that none can be expected to meet.
pub type Run = Box<dyn FnMut(u32) -> u32>;

impl Contestant {
    /// The yardstick first, then the naive way, then every kernel that this CPU can run.
    pub fn all() -> Vec<Self> {
        let kernels: Vec<Kernel> = Kernel::available()
            .filter(|kernel| kernel.passes_self_test())
            .collect();
        let versions = kernels
            .iter()
            .copied()
            .find(|kernel| kernel.shares_schedule());
        [Self::Midstate, Self::Naive, Self::Scalar]
            .into_iter()
            .chain(versions.map(Self::Versions))
            .chain(kernels.into_iter().map(Self::Kernel))
            .collect()
    }

    /// Those of an algorithm other than SHA-256d; none for one that needs a seed.
    pub fn of(algorithm: &'static dyn Algorithm) -> Vec<Self> {
        let Ok(hasher) = algorithm.hasher(None) else {
            return Vec::new();
        };
        let mut all = vec![Self::Plain(algorithm)];
        if algorithm.name() == scrypt::SCRYPT.name() {
            all.extend(scrypt::Kernel::available().map(Self::Scrypt));
        } else if hasher.searcher().is_some() {
            all.push(Self::Searcher(algorithm));
        }
        all
    }

    /// Its name in tables.
    pub fn name(&self) -> String {
        match self {
            Self::Naive => "sha2-naive".into(),
            Self::Midstate => "sha2-midstate".into(),
            Self::Scalar => "scalar".into(),
            Self::Kernel(kernel) => kernel.name().into(),
            Self::Versions(kernel) => format!("{kernel}-versions"),
            Self::Plain(_) => "plain".into(),
            Self::Searcher(_) => "searcher".into(),
            Self::Scrypt(kernel) => kernel.name().into(),
        }
    }

    /// What it hashes.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Plain(algorithm) | Self::Searcher(algorithm) => algorithm.name(),
            Self::Scrypt(_) => scrypt::SCRYPT.name(),
            _ => SHA256D.name(),
        }
    }

    /// Samples are multiples of so many nonces, so that no lane is wasted.
    pub fn granule(&self) -> u32 {
        match self {
            Self::Plain(_) => 1,
            Self::Searcher(algorithm) => searcher(*algorithm).lanes() as u32,
            Self::Scrypt(kernel) => kernel.lanes() as u32,
            _ => 1 << 12,
        }
    }

    /// What searches the nonces from 0 on, for one thread.
    pub fn run(&self) -> Run {
        match *self {
            Self::Naive => Box::new(search_naive),
            Self::Midstate => Box::new(search_from_midstate),
            Self::Scalar => Box::new(search_plainly),
            Self::Kernel(kernel) => Box::new(move |nonces| search_with(kernel, nonces)),
            Self::Versions(kernel) => Box::new(move |nonces| search_versions(kernel, nonces)),
            Self::Plain(algorithm) => match algorithm.hasher(None) {
                Ok(hasher) => run_searcher(Box::new(Plain(hasher))),
                Err(_) => Box::new(|_| 0),
            },
            Self::Searcher(algorithm) => run_searcher(searcher(algorithm)),
            Self::Scrypt(kernel) => run_searcher(Box::new(scrypt::ScryptSearcher::new(kernel))),
        }
    }
}

fn searcher(algorithm: &'static dyn Algorithm) -> Box<dyn Searcher> {
    let found = algorithm.hasher(None).ok();
    let found = found.as_ref().map(searcher_of);
    found.unwrap_or_else(|| Box::new(Plain(hasher())))
}

fn run_searcher(mut searcher: Box<dyn Searcher>) -> Run {
    let mut header = black_box(HEADER);
    Box::new(move |nonces| {
        let mut hits = 0;
        let range = 0..u64::from(nonces);
        searcher.search(
            &mut header,
            NonceField::HEADER,
            range,
            &Target::ZERO,
            &mut |_| hits += 1,
        );
        hits
    })
}

fn search_naive(nonces: u32) -> u32 {
    let mut header = black_box(HEADER);
    let meets = |nonce: u32| {
        header[76..].copy_from_slice(&nonce.to_be_bytes());
        Target::ZERO.is_met_by(&SHA256D.hash(&header))
    };
    count(nonces, meets)
}

fn search_from_midstate(nonces: u32) -> u32 {
    let mut state = [0; 8];
    let header = black_box(HEADER);
    let midstate = midstate_of(&header);
    let mut first = [0; 64];
    first[..12].copy_from_slice(&header[64..76]);
    first[16] = 0x80;
    first[62..].copy_from_slice(&640_u16.to_be_bytes());
    let mut second = [0; 64];
    second[32] = 0x80;
    second[62..].copy_from_slice(&256_u16.to_be_bytes());
    let meets = |nonce: u32| {
        first[12..16].copy_from_slice(&nonce.to_be_bytes());
        state = *midstate.words();
        compress256(&mut state, std::slice::from_ref(&first));
        for (bytes, word) in second.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        state = INITIAL;
        compress256(&mut state, std::slice::from_ref(&second));
        state == [0; 8]
    };
    count(nonces, meets)
}

fn search_plainly(nonces: u32) -> u32 {
    let header = black_box(HEADER);
    let midstate = midstate_of(&header);
    let word = |i: usize| u32::from_be_bytes(std::array::from_fn(|byte| header[64 + 4 * i + byte]));
    let mut block = [0; 16];
    (block[0], block[1], block[2]) = (word(0), word(1), word(2));
    (block[4], block[15]) = (0x8000_0000, 640);
    let meets = |nonce: u32| {
        block[3] = nonce;
        last_word_plainly(midstate.words(), block) == 0
    };
    count(nonces, meets)
}

fn search_with(kernel: Kernel, nonces: u32) -> u32 {
    let header = black_box(HEADER);
    let tail = std::array::from_fn(|i| header[64 + i]);
    let scanner = Scanner::new(midstate_of(&header), tail, Target::ZERO).with_kernel(kernel);
    let mut words = 0..u64::from(nonces);
    std::iter::from_fn(|| scanner.scan(&mut words)).count() as u32
}

/// Thirty-two versions, so a thirty-second of the nonces for as many hashes.
fn search_versions(kernel: Kernel, hashes: u32) -> u32 {
    let header = black_box(HEADER);
    let tail = std::array::from_fn(|i| header[64 + i]);
    let midstates: Vec<Midstate> = (0..VERSIONS)
        .map(|version| {
            let mut header = header;
            header[..4].copy_from_slice(&version.to_le_bytes());
            midstate_of(&header)
        })
        .collect();
    let scanner = VersionScanner::new(&midstates, tail, Target::ZERO).with_kernel(kernel);
    let mut hits = 0;
    scanner.scan(0..u64::from(hashes / VERSIONS), &mut |_, _| hits += 1);
    hits
}

/// How many versions are searched side by side.
const VERSIONS: u32 = 32;

fn midstate_of(header: &[u8; 80]) -> Midstate {
    Midstate::of(&std::array::from_fn(|i| header[i]))
}

fn count(nonces: u32, mut meets: impl FnMut(u32) -> bool) -> u32 {
    (0..nonces).fold(0, |hits, nonce| hits + u32::from(meets(nonce)))
}
