//! From a frequency to the dividers that make it, or come nearest (section 5 of the fact sheet). Pure.

use super::chips::{ChipType, Dividers, PllCoding, PllFlag, PostDividers};

/// What the PLLs of the family divide, MHz.
const CRYSTAL_MHZ: f64 = 25.0;
/// A VCO of this frequency or more carries another flag, MHz.
const FAST_VCO_MHZ: f64 = 2400.0;
/// The BM1384's frequencies are multiples of this, MHz.
const WORD_STEP_MHZ: f64 = 6.25;

/// A PLL's setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pll {
    /// What its register holds; of the BM1384 the word of its command.
    pub word: u32,
    /// What it makes, MHz.
    pub mhz: f64,
}

/// Dividers and what they make.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Divided {
    feedback: u16,
    reference: u16,
    post: (u16, u16),
}

impl Divided {
    fn vco_mhz(self) -> f64 {
        CRYSTAL_MHZ * f64::from(self.feedback) / f64::from(self.reference)
    }

    fn mhz(self) -> f64 {
        self.vco_mhz() / f64::from(self.post.0 * self.post.1)
    }

    /// What is compared: frequency error, then VCO, then the product of the post dividers; less is better.
    fn cost(self, wanted: f64) -> (f64, f64, u16) {
        let error = (self.mhz() - wanted).abs();
        // Errors that differ by rounding only are equal.
        (
            (error * 1e6).round(),
            self.vco_mhz(),
            self.post.0 * self.post.1,
        )
    }
}

/// The setting of `chip` that comes nearest to `mhz`.
pub fn solve(chip: &ChipType, mhz: f64) -> Pll {
    match &chip.pll {
        PllCoding::Word => word(mhz),
        PllCoding::Dividers(rules) => {
            let divided = divided(rules, mhz);
            Pll {
                word: encode(rules, divided),
                mhz: divided.mhz(),
            }
        }
    }
}

/// What a register of `chip` that holds `word` makes, MHz; `None` for nonsense, and for the BM1384.
pub fn frequency(chip: &ChipType, word: u32) -> Option<f64> {
    let PllCoding::Dividers(rules) = &chip.pll else {
        return None;
    };
    let [_, feedback, reference, post] = word.to_be_bytes();
    let extra = u16::from(rules.minus_one);
    let post = (u16::from(post >> 4) + extra, u16::from(post & 0xf) + extra);
    let divided = Divided {
        feedback: feedback.into(),
        reference: reference.into(),
        post,
    };
    (reference > 0 && post.0 * post.1 > 0).then(|| divided.mhz())
}

fn divided(rules: &Dividers, mhz: f64) -> Divided {
    let candidates: Vec<(u16, (u16, u16))> = match rules.post {
        PostDividers::Solved => solved_candidates(),
        PostDividers::Below(steps) => {
            let step = steps
                .iter()
                .find(|(below, _)| mhz < *below)
                .or(steps.last());
            step.map(|(_, post)| (2, *post)).into_iter().collect()
        }
    };
    candidates
        .into_iter()
        .map(|(reference, post)| nearest(rules, reference, post, mhz))
        .reduce(|best, other| {
            if other.cost(mhz) < best.cost(mhz) {
                other
            } else {
                best
            }
        })
        .unwrap_or_else(|| nearest(rules, 2, (2, 1), mhz))
}

/// Reference and post dividers, the first of them strictly greater than the second.
fn solved_candidates() -> Vec<(u16, (u16, u16))> {
    let posts = |reference| {
        (1..=7).rev().flat_map(move |first: u16| {
            (1..first)
                .rev()
                .map(move |second| (reference, (first, second)))
        })
    };
    [2, 1].into_iter().flat_map(posts).collect()
}

/// The feedback divider that comes nearest, within its range.
fn nearest(rules: &Dividers, reference: u16, post: (u16, u16), mhz: f64) -> Divided {
    let exact = mhz / CRYSTAL_MHZ * f64::from(reference) * f64::from(post.0 * post.1);
    let (least, most) = rules.feedback;
    Divided {
        feedback: (exact.round() as u16).clamp(least, most),
        reference,
        post,
    }
}

fn encode(rules: &Dividers, divided: Divided) -> u32 {
    let flag = match rules.flag {
        PllFlag::Fixed(flag) => flag,
        PllFlag::ByVco if divided.vco_mhz() >= FAST_VCO_MHZ => 0x50,
        PllFlag::ByVco => 0x40,
    };
    let less = u16::from(rules.minus_one);
    let post = (divided.post.0 - less) << 4 | (divided.post.1 - less);
    u32::from_be_bytes([
        flag,
        divided.feedback as u8,
        divided.reference as u8,
        post as u8,
    ])
}

/// The BM1384's word: a formula in steps of 6.25 MHz.
fn word(mhz: f64) -> Pll {
    let mhz = (mhz / WORD_STEP_MHZ).round().max(1.0) * WORD_STEP_MHZ;
    let steps = |mhz: f64| (mhz / WORD_STEP_MHZ).round() as u32;
    let octave = (mhz / CRYSTAL_MHZ).log2().floor().max(0.0) as u32;
    let word = if mhz < 100.0 {
        0x783u32.wrapping_sub(0x80 * steps(100.0 - mhz))
    } else {
        let base = CRYSTAL_MHZ * f64::from(1 << octave);
        let whole = 0x785 - octave + (0x200 >> octave) * steps(mhz - base);
        if steps(mhz) % 4 == 0 {
            whole
        } else {
            2 * whole + 0x7f + octave
        }
    };
    Pll {
        word: word & 0xffff,
        mhz,
    }
}

#[cfg(test)]
mod tests {
    use super::super::chips::{BM1366, BM1370, BM1387, BM1397, CHIPS};
    use super::*;

    fn hex_word(chip: &ChipType, mhz: f64) -> String {
        format!("{:08x}", solve(chip, mhz).word)
    }

    #[test]
    fn words_of_the_current_solver() {
        assert_eq!(hex_word(&BM1397, 450.0), "40480221");
        assert_eq!(hex_word(&BM1366, 485.0), "50c20240");
        assert_eq!(hex_word(&BM1370, 525.0), "40a80230");
        assert_eq!(hex_word(&BM1387, 250.0), "00500241");
        assert_eq!(hex_word(&BM1387, 650.0), "00680221");
    }

    #[test]
    fn every_frequency_that_is_accepted_is_made_nearly_and_read_back() {
        for chip in CHIPS {
            let mut mhz = chip.clock.min_mhz;
            while mhz <= chip.clock.max_mhz {
                let pll = solve(chip, mhz);
                assert!((pll.mhz - mhz).abs() <= 3.2, "{} {mhz}: {pll:?}", chip.name);
                if matches!(chip.pll, PllCoding::Dividers(_)) {
                    assert_eq!(frequency(chip, pll.word), Some(pll.mhz));
                }
                mhz += 1.25;
            }
        }
    }
}
