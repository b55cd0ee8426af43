//! The first hash, from round 4 on.

use super::LANES;
use super::memory::{NONCES, job, number, place};
use super::writer::Writer;

impl Writer {
    pub fn first_hash(&mut self) {
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
}
