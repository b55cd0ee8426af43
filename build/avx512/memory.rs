//! Where everything lies in memory. The structures of the same names in `src/algorithm/sha256d/kernel/avx512.rs` must agree.

use std::cell::RefCell;

use super::ir::{Operand, Place};

/// What is the same for all batches of a job: one word each, base `rdi`.
pub mod job {
    /// State after round 3 for nonce zero.
    pub const AFTER_4: usize = 0;
    pub const MIDSTATE: usize = 8;
    /// `h` and constant and word of rounds 4 to 6.
    pub const H_AND_KW: usize = 16;
    /// Constant and word of rounds 7 to 17.
    pub const KW: usize = 19;
    pub const W16: usize = 30;
    pub const W17: usize = 31;
    pub const W18: usize = 32;
    pub const W19: usize = 33;
    pub const W31: usize = 34;
    pub const ZERO_BITS: usize = 35;
}

/// What is the same for all nonces of thirty-two midstates: sixteen words each, base `rdi`.
pub mod midstates {
    /// State after round 2, eight vectors a stream.
    pub const AFTER_3: usize = 0;
    /// The midstates, eight vectors a stream.
    pub const MIDSTATE: usize = 16;
    /// One word only.
    pub const ZERO_BITS: usize = 32;
}

/// What changes: sixteen words each, base `rsi`.
pub mod scratch {
    /// The window of the schedule, sixteen vectors a stream.
    pub const WINDOW: usize = 0;
    /// The nonces, one vector a stream.
    pub const NONCES: usize = 32;
}

/// The same for the search that leaves the rounds to the SHA extensions; in vectors too.
pub mod paired {
    /// Nonces of the batch whose first schedule comes next.
    pub const NONCES: usize = 16;
    /// `f e b a` before round 4, four nonces a vector.
    pub const FIRST_START: usize = 17;
    /// `f e b a` and `h g d c` after the first hash, four nonces a vector.
    pub const FIRST_END: usize = 21;
    /// `f e b a` before round 1 of the second hash, four nonces a vector.
    pub const SECOND_START: usize = 29;
    /// `f e b a` after round 60 of the second hash, four nonces a vector.
    pub const SECOND_END: usize = 33;
    /// Constants and words of rounds 18 and 19, 20 and 21 and so on up to 63: two vectors of eight pairs each.
    pub const FIRST_PAIRS: usize = 37;
    /// The same of rounds 1 and 2 of the second hash up to 59 and 60.
    pub const SECOND_PAIRS: usize = 83;

    /// Bytes after `rdi`: `h g d c` before round 4, and before round 1 of the second hash.
    pub const FIRST_HGDC: usize = 192;
    pub const SECOND_HGDC: usize = 208;
    /// Constant and word of rounds 4 to 17.
    pub const KW: usize = 224;
    /// What is added to the spread `a` of the first hash to get the second's start.
    pub const TO_SECOND_START: usize = 320;
    /// What takes [`FIRST_START`] to the next batch.
    pub const STEP: usize = 384;
}

/// A vector or less of the job, `offset` bytes from its start.
pub fn job_place(offset: usize) -> Place {
    Place {
        base: "rdi",
        offset,
    }
}

/// A word of the job.
pub fn job_word(index: usize) -> Operand {
    Operand::Broadcast(Place {
        base: "rdi",
        offset: 4 * index,
    })
}

/// A vector of the midstates' memory.
pub fn midstates_vector(index: usize) -> Place {
    Place {
        base: "rdi",
        offset: 64 * index,
    }
}

/// A vector of the scratch memory.
pub fn scratch_vector(index: usize) -> Place {
    Place {
        base: "rsi",
        offset: 64 * index,
    }
}

/// Word `t` of the schedule of `stream`, while it is in the window.
pub fn window(stream: usize, t: usize) -> Place {
    scratch_vector(scratch::WINDOW + 16 * stream + t % 16)
}

/// Numbers that the code needs, base `r11`: the round constants first.
pub struct Numbers(RefCell<Vec<u32>>);

impl Numbers {
    pub fn starting_with(numbers: &[u32]) -> Self {
        Self(RefCell::new(numbers.to_vec()))
    }

    /// Where `number` lies.
    pub fn place(&self, number: u32) -> Place {
        let mut all = self.0.borrow_mut();
        let index = all.iter().position(|n| *n == number).unwrap_or_else(|| {
            all.push(number);
            all.len() - 1
        });
        Place {
            base: "r11",
            offset: 4 * index,
        }
    }

    /// `number` in each lane.
    pub fn operand(&self, number: u32) -> Operand {
        Operand::Broadcast(self.place(number))
    }

    /// The table as data.
    pub fn text(&self) -> String {
        let lines: Vec<_> = self
            .0
            .borrow()
            .iter()
            .map(|number| format!("    .long {number}\n"))
            .collect();
        lines.concat()
    }
}
