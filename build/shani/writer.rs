//! Registers, and the steps that both hashes are made of.

use std::fmt::Write;

use super::LANES;
use super::memory::{number, place};

/// The code so far, and where everything is.
pub struct Writer {
    pub text: String,
    /// Registers of `f e b a` and `h g d c` of each nonce.
    pub feba: [usize; LANES],
    pub hgdc: [usize; LANES],
    /// Register of the newest quad of each nonce.
    pub newest: [usize; LANES],
    pub spare: Vec<usize>,
}

impl Writer {
    /// Registers 1 to 8 for the states, 9 to 12 for the newest quads; `xmm0` is what the instruction for two rounds takes.
    pub fn new() -> Self {
        Self {
            text: String::new(),
            feba: [1, 3, 5, 7],
            hgdc: [2, 4, 6, 8],
            newest: [9, 10, 11, 12],
            spare: vec![13, 14, 15],
        }
    }

    pub fn line(&mut self, line: &str) {
        writeln!(self.text, "    {line}").expect("a string takes everything");
    }

    /// `instruction` with a spare register for its result.
    pub fn spare(&mut self) -> usize {
        self.spare
            .pop()
            .expect("three are enough for one nonce at a time")
    }

    /// Makes `register` the newest quad of `lane`, and keeps it in memory too.
    pub fn put(&mut self, lane: usize, quad: usize, register: usize) {
        self.line(&format!("vmovdqa {}, xmm{register}", place(lane, quad)));
        let old = std::mem::replace(&mut self.newest[lane], register);
        self.spare.push(old);
    }

    /// Rounds `4 * quad` and the three after it on the newest quad.
    pub fn rounds(&mut self, lane: usize, quad: usize) {
        let newest = self.newest[lane];
        self.line(&format!("vpaddd xmm0, xmm{newest}, {}", number(quad)));
        self.two_rounds(lane);
        self.line("vpshufd xmm0, xmm0, 0x0e");
        self.two_rounds(lane);
    }

    /// The same with constants and words added up in memory.
    pub fn constant_rounds(&mut self, lane: usize, [base, offset]: [&str; 2]) {
        self.line(&format!("vmovdqa xmm0, xmmword ptr [{base} + {offset}]"));
        self.two_rounds(lane);
        self.line(&format!("vmovq xmm0, qword ptr [{base} + {offset} + 8]"));
        self.two_rounds(lane);
    }

    /// Two rounds with the sums in `xmm0`: the older half of the state becomes the newer one.
    pub fn two_rounds(&mut self, lane: usize) {
        let (newer, older) = (self.feba[lane], self.hgdc[lane]);
        self.line(&format!("sha256rnds2 xmm{older}, xmm{newer}"));
        self.feba[lane] = older;
        self.hgdc[lane] = newer;
    }

    /// The next quad: `start` holds what the words of 16 and 15 rounds ago give, in a register of its own; `older` is the quad before the newest.
    pub fn next_quad(&mut self, lane: usize, quad: usize, start: Option<usize>, older: &str) {
        let newest = self.newest[lane];
        let mut sum = self.spare();
        self.line(&format!("vpalignr xmm{sum}, xmm{newest}, {older}, 4"));
        if let Some(start) = start {
            self.line(&format!("vpaddd xmm{start}, xmm{start}, xmm{sum}"));
            self.spare.push(sum);
            sum = start;
        }
        self.line(&format!("sha256msg2 xmm{sum}, xmm{newest}"));
        self.put(lane, quad, sum);
    }

    pub fn load(&mut self, from: &str) -> usize {
        let register = self.spare();
        self.line(&format!("vmovdqa xmm{register}, {from}"));
        register
    }

    /// What the words of 16 and 15 rounds ago give.
    pub fn start(&mut self, oldest: &str, second: &str) -> usize {
        let start = self.load(oldest);
        self.line(&format!("sha256msg1 xmm{start}, {second}"));
        start
    }

    /// A quad with the full schedule, and its rounds.
    pub fn full_quad(&mut self, lane: usize, quad: usize) {
        let start = self.start(&place(lane, quad), &place(lane, quad + 1));
        self.next_quad(lane, quad, Some(start), &place(lane, quad + 2));
    }
}
