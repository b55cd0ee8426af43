//! Writes the kernel for the SHA extensions: four nonces side by side, in an order and with registers that compilers do not find.
//!
//! Two rounds take four cycles, and a core starts one or two such instructions in that time; so four nonces in turn keep it busy. What counts is
//! that no chain of dependent instructions goes through memory: the state and the newest quad of each nonce's schedule stay in registers, the three
//! quads before it lie in memory, where they are needed late enough. (LLVM spills the newest quad and takes a third longer.)

use std::fmt::Write;

use super::constants::{INITIAL, K};

/// Nonces side by side.
const LANES: usize = 4;

/// Bytes after `rdi`: what is the same for all nonces of a job. `Job` in `src/algorithm/sha256d/kernel/shani.rs` must agree.
mod job {
    pub const START_FEBA: usize = 0;
    pub const START_HGDC: usize = 16;
    /// Constant and word of rounds 4 to 15.
    pub const KW: usize = 32;
    /// Words 16 to 19 without the nonce's part.
    pub const QUAD_4: usize = 80;
    /// What words 20 to 23, and 28 to 31, have besides their two sigmas.
    pub const QUAD_5: usize = 96;
    pub const QUAD_7: usize = 112;
    pub const MIDSTATE_FEBA: usize = 128;
    pub const MIDSTATE_HGDC: usize = 144;
    pub const ZERO_BITS: usize = 160;
}

/// Four words each, base `r11`: the round constants, then these.
mod number {
    pub const INITIAL_FEBA: usize = 16;
    pub const INITIAL_HGDC: usize = 17;
    /// Constants and words of rounds 8 to 15 of the second hash.
    pub const SECOND_KW: usize = 18;
    /// Words 8 to 11 and 12 to 15 of the second hash.
    pub const SECOND_QUAD_2: usize = 20;
    pub const SECOND_QUAD_3: usize = 21;
    pub const INITIAL_H: usize = 22;
    pub const ODD_WORDS: usize = 23;
    pub const LANES: usize = 24;
}

/// The code so far, and where everything is.
struct Writer {
    text: String,
    /// Registers of `f e b a` and `h g d c` of each nonce.
    feba: [usize; LANES],
    hgdc: [usize; LANES],
    /// Register of the newest quad of each nonce.
    newest: [usize; LANES],
    spare: Vec<usize>,
}

/// The whole function. `rdi`: job, `rsi`: the nonces, then scratch memory, `rdx`: batches to do at most; back come in `rax` the candidates
/// of the last batch done and in `rdx` how many were left.
pub fn function() -> String {
    let mut writer = Writer {
        text: String::new(),
        feba: [1, 3, 5, 7],
        hgdc: [2, 4, 6, 8],
        newest: [9, 10, 11, 12],
        spare: vec![13, 14, 15],
    };
    writer.first_hash();
    writer.second_hash();
    writer.test();
    let body = writer.text;
    let numbers = numbers();
    format!(
        "    lea r11, [rip + 5f]
    .p2align 6
2:
{body}    dec rdx
    test eax, eax
    jnz 3f
    test rdx, rdx
    jnz 2b
3:
    vzeroupper
    ret
    .p2align 6
5:
{numbers}"
    )
}

fn numbers() -> String {
    let [a, b, c, d, e, f, g, h] = INITIAL;
    let second_kw = |t: usize, word: u32| K[t].wrapping_add(word);
    let more = [
        [f, e, b, a],
        [h, g, d, c],
        [second_kw(8, 0x8000_0000), K[9], K[10], K[11]],
        [K[12], K[13], K[14], second_kw(15, 256)],
        [0x8000_0000, 0, 0, 0],
        [0, 0, 0, 256],
        [h; 4],
        [0, u32::MAX, 0, u32::MAX],
        [LANES as u32; 4],
    ];
    let lines = K
        .iter()
        .chain(more.iter().flatten())
        .map(|number| format!("    .long {number}\n"));
    lines.collect::<Vec<_>>().concat()
}

fn job(offset: usize) -> String {
    format!("xmmword ptr [rdi + {offset}]")
}

fn number(quad: usize) -> String {
    format!("xmmword ptr [r11 + {}]", 16 * quad)
}

const NONCES: &str = "xmmword ptr [rsi]";

/// Where quad `quad` of a nonce's schedule lies while it is one of the last four.
fn place(lane: usize, quad: usize) -> String {
    format!("xmmword ptr [rsi + {}]", 16 + 16 * (4 * lane + quad % 4))
}

impl Writer {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "    {line}").expect("a string takes everything");
    }

    /// `instruction` with a spare register for its result.
    fn spare(&mut self) -> usize {
        self.spare
            .pop()
            .expect("three are enough for one nonce at a time")
    }

    /// Makes `register` the newest quad of `lane`, and keeps it in memory too.
    fn put(&mut self, lane: usize, quad: usize, register: usize) {
        self.line(&format!("vmovdqa {}, xmm{register}", place(lane, quad)));
        let old = std::mem::replace(&mut self.newest[lane], register);
        self.spare.push(old);
    }

    /// Rounds `4 * quad` and the three after it on the newest quad.
    fn rounds(&mut self, lane: usize, quad: usize) {
        let newest = self.newest[lane];
        self.line(&format!("vpaddd xmm0, xmm{newest}, {}", number(quad)));
        self.two_rounds(lane);
        self.line("vpshufd xmm0, xmm0, 0x0e");
        self.two_rounds(lane);
    }

    /// The same with constants and words added up in memory.
    fn constant_rounds(&mut self, lane: usize, [base, offset]: [&str; 2]) {
        self.line(&format!("vmovdqa xmm0, xmmword ptr [{base} + {offset}]"));
        self.two_rounds(lane);
        self.line(&format!("vmovq xmm0, qword ptr [{base} + {offset} + 8]"));
        self.two_rounds(lane);
    }

    /// Two rounds with the sums in `xmm0`: the older half of the state becomes the newer one.
    fn two_rounds(&mut self, lane: usize) {
        let (newer, older) = (self.feba[lane], self.hgdc[lane]);
        self.line(&format!("sha256rnds2 xmm{older}, xmm{newer}"));
        self.feba[lane] = older;
        self.hgdc[lane] = newer;
    }

    /// The next quad: `start` holds what the words of 16 and 15 rounds ago give, in a register of its own; `older` is the quad before the newest.
    fn next_quad(&mut self, lane: usize, quad: usize, start: Option<usize>, older: &str) {
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

    fn load(&mut self, from: &str) -> usize {
        let register = self.spare();
        self.line(&format!("vmovdqa xmm{register}, {from}"));
        register
    }

    /// What the words of 16 and 15 rounds ago give.
    fn start(&mut self, oldest: &str, second: &str) -> usize {
        let start = self.load(oldest);
        self.line(&format!("sha256msg1 xmm{start}, {second}"));
        start
    }

    /// A quad with the full schedule, and its rounds.
    fn full_quad(&mut self, lane: usize, quad: usize) {
        let start = self.start(&place(lane, quad), &place(lane, quad + 1));
        self.next_quad(lane, quad, Some(start), &place(lane, quad + 2));
    }

    fn first_hash(&mut self) {
        self.first_start();
        for quad in 1..4 {
            for lane in 0..LANES {
                let offset = (job::KW + 16 * (quad - 1)).to_string();
                self.constant_rounds(lane, ["rdi", &offset]);
            }
        }
        for quad in 4..16 {
            for lane in 0..LANES {
                match quad {
                    4 => {}
                    5 => self.first_quad_5(lane),
                    6 => self.next_quad(lane, 6, None, &place(lane, 4)),
                    7 => {
                        let start = self.load(&job(job::QUAD_7));
                        self.next_quad(lane, 7, Some(start), &place(lane, 5));
                    }
                    _ => self.full_quad(lane, quad),
                }
            }
            for lane in 0..LANES {
                self.rounds(lane, quad);
            }
        }
    }

    fn first_quad_5(&mut self, lane: usize) {
        let start = self.load(&job(job::QUAD_5));
        let newest = self.newest[lane];
        self.line(&format!("sha256msg2 xmm{start}, xmm{newest}"));
        self.put(lane, 5, start);
    }

    /// State before round 4 and words 16 to 19 of each nonce; the nonces step on.
    fn first_start(&mut self) {
        self.line(&format!("vmovdqa xmm13, {NONCES}"));
        for lane in 0..LANES {
            let (feba, hgdc) = (self.feba[lane], self.hgdc[lane]);
            self.line(&format!("vpshufd xmm{feba}, xmm13, {}", 0x55 * lane));
            self.line(&format!(
                "vpand xmm{feba}, xmm{feba}, {}",
                number(number::ODD_WORDS)
            ));
            self.line(&format!(
                "vpaddd xmm{feba}, xmm{feba}, {}",
                job(job::START_FEBA)
            ));
            self.line(&format!("vmovdqa xmm{hgdc}, {}", job(job::START_HGDC)));
        }
        self.small_sigma0_of_nonces();
        self.line("vpxor xmm0, xmm0, xmm0");
        let sources = ["xmm0, xmm14", "xmm0, xmm14", "xmm0, xmm15", "xmm0, xmm15"];
        for (lane, sources) in sources.into_iter().enumerate() {
            let newest = self.newest[lane];
            let instruction = if lane % 2 == 0 {
                "vpunpcklqdq"
            } else {
                "vpunpckhqdq"
            };
            self.line(&format!("{instruction} xmm{newest}, {sources}"));
            self.line(&format!(
                "vpaddd xmm{newest}, xmm{newest}, {}",
                job(job::QUAD_4)
            ));
            self.line(&format!("vmovdqa {}, xmm{newest}", place(lane, 4)));
        }
        self.line(&format!("vpaddd xmm13, xmm13, {}", number(number::LANES)));
        self.line(&format!("vmovdqa {NONCES}, xmm13"));
    }

    /// σ0 of each nonce and the nonce itself: the first two nonces in `xmm14`, the others in `xmm15`. The nonces stay in `xmm13`.
    fn small_sigma0_of_nonces(&mut self) {
        self.line("vpsrld xmm14, xmm13, 3");
        for bits in [7, 18] {
            for (instruction, bits) in [("vpsrld", bits), ("vpslld", 32 - bits)] {
                self.line(&format!("{instruction} xmm15, xmm13, {bits}"));
                self.line("vpxor xmm14, xmm14, xmm15");
            }
        }
        self.line("vpunpckhdq xmm15, xmm14, xmm13");
        self.line("vpunpckldq xmm14, xmm14, xmm13");
    }

    fn second_hash(&mut self) {
        for lane in 0..LANES {
            self.digest(lane);
        }
        for lane in 0..LANES {
            self.line(&format!("vmovdqa xmm0, {}", place(lane, 0)));
            self.line(&format!("vpaddd xmm0, xmm0, {}", number(0)));
            self.two_rounds(lane);
            self.line("vpshufd xmm0, xmm0, 0x0e");
            self.two_rounds(lane);
        }
        for lane in 0..LANES {
            self.rounds(lane, 1);
        }
        for quad in 2..4 {
            for lane in 0..LANES {
                let offset = (16 * (number::SECOND_KW + quad - 2)).to_string();
                self.constant_rounds(lane, ["r11", &offset]);
            }
        }
        for quad in 4..16 {
            for lane in 0..LANES {
                self.second_quad(lane, quad);
            }
            for lane in 0..LANES {
                if quad < 15 {
                    self.rounds(lane, quad);
                } else {
                    let newest = self.newest[lane];
                    self.line(&format!("vpaddd xmm0, xmm{newest}, {}", number(quad)));
                    self.two_rounds(lane);
                }
            }
        }
    }

    /// The first hash's digest as quads 0 and 1 of the second hash; the state begins anew.
    fn digest(&mut self, lane: usize) {
        let (feba, hgdc) = (self.feba[lane], self.hgdc[lane]);
        for (register, midstate) in [(feba, job::MIDSTATE_FEBA), (hgdc, job::MIDSTATE_HGDC)] {
            self.line(&format!(
                "vpaddd xmm{register}, xmm{register}, {}",
                job(midstate)
            ));
            self.line(&format!("vpshufd xmm{register}, xmm{register}, 0x1b"));
        }
        let first = self.spare();
        self.line(&format!("vpunpcklqdq xmm{first}, xmm{feba}, xmm{hgdc}"));
        self.line(&format!("vmovdqa {}, xmm{first}", place(lane, 0)));
        self.spare.push(first);
        let second = self.spare();
        self.line(&format!("vpunpckhqdq xmm{second}, xmm{feba}, xmm{hgdc}"));
        self.put(lane, 1, second);
        self.line(&format!(
            "vmovdqa xmm{feba}, {}",
            number(number::INITIAL_FEBA)
        ));
        self.line(&format!(
            "vmovdqa xmm{hgdc}, {}",
            number(number::INITIAL_HGDC)
        ));
    }

    /// Quad 4 to 15 of the second hash.
    fn second_quad(&mut self, lane: usize, quad: usize) {
        let (quad_2, quad_3) = (number(number::SECOND_QUAD_2), number(number::SECOND_QUAD_3));
        match quad {
            4 => {
                let start = self.start(&place(lane, 0), &place(lane, 1));
                self.line(&format!("sha256msg2 xmm{start}, {quad_3}"));
                self.put(lane, 4, start);
            }
            5 => {
                let start = self.start(&place(lane, 1), &quad_2);
                self.next_quad(lane, 5, Some(start), &quad_3);
            }
            6 => {
                let start = self.load(&quad_2);
                self.next_quad(lane, 6, Some(start), &place(lane, 4));
            }
            7 => {
                let start = self.start(&quad_3, &place(lane, 4));
                self.next_quad(lane, 7, Some(start), &place(lane, 5));
            }
            _ => self.full_quad(lane, quad),
        }
    }

    /// Sets `eax` to the candidates. After round 61, `f` is the `e` of round 60, and nothing is done to it any more but to add the start.
    fn test(&mut self) {
        let [a, b, c, d] = self.feba;
        self.line(&format!("vpunpckldq xmm{a}, xmm{a}, xmm{b}"));
        self.line(&format!("vpunpckldq xmm{c}, xmm{c}, xmm{d}"));
        self.line(&format!("vpunpcklqdq xmm{a}, xmm{a}, xmm{c}"));
        self.line(&format!(
            "vpaddd xmm{a}, xmm{a}, {}",
            number(number::INITIAL_H)
        ));
        self.line(&format!("vpand xmm{a}, xmm{a}, {}", job(job::ZERO_BITS)));
        self.line("vpxor xmm0, xmm0, xmm0");
        self.line(&format!("vpcmpeqd xmm{a}, xmm{a}, xmm0"));
        self.line(&format!("vmovmskps eax, xmm{a}"));
    }
}
