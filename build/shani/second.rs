//! The second hash, up to round 61, and the comparison.

use super::LANES;
use super::memory::{job, number, place};
use super::writer::Writer;

impl Writer {
    pub fn second_hash(&mut self) {
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
    pub fn test(&mut self) {
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
