//! What a chip is given to hash, read from the wire (sections 8 and 9).

use arrayvec::ArrayVec;

use crate::algorithm::sha256d::Midstate;

/// Bytes of a BM1384's job.
pub(super) const BARE_JOB: usize = 64;
/// Bytes of a whole header's frame without preamble.
pub(super) const HEADER_FRAME: usize = 86;

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// The job byte.
    pub(super) id: u8,
    pub(super) form: Form,
    /// BM1384: the ticket mask and the deadline travel with the job.
    pub(super) own: Option<Own>,
}

/// What is hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Midstates over one tail (header bytes 64..76).
    Midstates {
        midstates: ArrayVec<Midstate, 4>,
        tail: [u8; 12],
    },
    /// 80 bytes in consensus order.
    Header([u8; 80]),
}

/// What a BM1384's job says beside the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Own {
    /// In order, as [`super::registers::unreversed`].
    pub(super) ticket_mask: u32,
    pub(super) hash_counting: u32,
}

impl Job {
    /// A BM1384's 64 bytes.
    pub(super) fn bare(bytes: &[u8; BARE_JOB]) -> Self {
        let mut midstates = ArrayVec::new();
        midstates.push(midstate(&bytes[..32]));
        let hash_counting = be_word(&bytes[40..44]);
        let own = Some(Own {
            ticket_mask: u32::from(bytes[39].reverse_bits()),
            hash_counting,
        });
        let tail = groups_reversed(&bytes[52..64]);
        Self {
            id: bytes[51],
            form: Form::Midstates { midstates, tail },
            own,
        }
    }

    /// A frame of midstates without preamble; its checksum is right and its length is `22 + 32 n`.
    pub(super) fn of_midstates(frame: &[u8]) -> Self {
        let end = frame.len() - 2;
        let midstates = frame[20..end].chunks_exact(32).map(midstate).take(4);
        let form = Form::Midstates {
            midstates: midstates.collect(),
            tail: groups_reversed(&frame[8..20]),
        };
        let (id, own) = (frame[2], None);
        Self { id, form, own }
    }

    /// A whole header's frame without preamble; its checksum is right.
    pub(super) fn of_header(frame: &[u8]) -> Self {
        Self {
            id: frame[2],
            form: Form::Header(groups_reversed(&frame[4..84])),
            own: None,
        }
    }

    /// Whether it is a job that opens cores: midstate zero, tail all ones, or all zeros as well, which the sheet leaves open for the BM1384.
    pub(super) fn is_dummy(&self) -> bool {
        match &self.form {
            Form::Midstates { midstates, tail } => {
                let blank = *tail == [0xff; 12] || *tail == [0; 12];
                blank && midstates.iter().all(|state| *state.words() == [0; 8])
            }
            Form::Header(_) => false,
        }
    }

    /// How many headers it offers before any rolling on the chip.
    pub(super) fn midstates(&self) -> usize {
        match &self.form {
            Form::Midstates { midstates, .. } => midstates.len(),
            Form::Header(_) => 1,
        }
    }
}

/// The header of a job whose version has `field` rolled into it: `job version OR field << 13`.
pub(super) fn with_version_field(mut header: [u8; 80], field: u16) -> [u8; 80] {
    let rolled = (u32::from(field) << 13).to_le_bytes();
    header
        .iter_mut()
        .zip(rolled)
        .for_each(|(byte, bits)| *byte |= bits);
    header
}

/// State words in order h..a, each most significant byte first.
fn midstate(bytes: &[u8]) -> Midstate {
    let mut words = [0; 8];
    for (word, group) in words.iter_mut().zip(bytes.rchunks_exact(4)) {
        *word = be_word(group);
    }
    Midstate::from_words(words)
}

/// Four-byte groups in reverse order, bytes untouched.
fn groups_reversed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut turned = [0; N];
    for (to, from) in turned.chunks_exact_mut(4).zip(bytes.rchunks_exact(4)) {
        to.copy_from_slice(from);
    }
    turned
}

fn be_word(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
}
