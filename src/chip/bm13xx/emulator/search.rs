//! One chip's search of one job: real hashes at the places where its sweep stands, as many as its rate allows.

use std::sync::Arc;

use super::job::{Form, Job, with_version_field};
use super::layout::Layout;
use super::sweep::{Spot, Sweep};
use crate::algorithm::sha256d::{Midstate, Scanner, VersionScanner};
use crate::units::{Hash256, Target};

/// A nonce that passed the ticket test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Find {
    /// The nonce as message word.
    pub(super) word: u32,
    /// Index of the midstate, or the sub-core.
    pub(super) slot: u16,
    /// The rolled version bits.
    pub(super) field: u16,
    /// Zero bits beyond the ticket's.
    pub(super) surplus: u32,
}

/// What a hash must have: so many leading zero bits, and zeros where the mask says, counted from the bit that follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) zero_bits: u32,
    pub(super) mask: u32,
}

impl Ticket {
    /// What the scanner looks for: nothing that passes misses it.
    fn limit(self) -> Target {
        Target::from_zero_bits(self.zero_bits + self.mask.trailing_ones())
    }

    /// Zero bits beyond the ticket's, if the hash passes.
    fn surplus(self, hash: &Hash256) -> Option<u32> {
        let mut top = [0; 16];
        top.copy_from_slice(&hash.as_internal()[16..]);
        let top = u128::from_le_bytes(top);
        let zeros = top.leading_zeros();
        let following = (top << self.zero_bits >> 96) as u32;
        let passes = zeros >= self.zero_bits && following & self.mask.reverse_bits() == 0;
        passes.then(|| zeros.saturating_sub(self.zero_bits + self.mask.count_ones()))
    }
}

/// What of a chip a piece of its search needs.
pub(super) struct Piece<'a> {
    pub(super) layout: Layout,
    pub(super) sweep: &'a Sweep,
    pub(super) spot: Spot,
    /// Where the chip's sweep starts.
    pub(super) start: u64,
    /// The core whose turn it is.
    pub(super) core: u16,
    /// Which cores are enabled.
    pub(super) open: &'a [bool],
    /// How many places to search.
    pub(super) places: u64,
}

impl Piece<'_> {
    /// The places behind the one where the sweep stands.
    fn words(&self) -> std::ops::Range<u64> {
        let places = self.places;
        let all = self.layout.places();
        let behind = self.spot.passed.saturating_sub(places);
        let first = (self.start + behind) % all;
        self.layout.words(self.core, first, places)
    }

    fn is_open(&self, word: u32) -> bool {
        let core = self.layout.core(word);
        core.is_some_and(|core| self.open[usize::from(core)])
    }
}

/// A job under search.
pub(super) struct Search {
    job: Arc<Job>,
    ticket: Ticket,
    /// For midstates: made once a job.
    scanner: Option<VersionScanner>,
}

impl Search {
    pub(super) fn new(job: Arc<Job>, ticket: Ticket) -> Self {
        let scanner = match &job.form {
            Form::Midstates { midstates, tail } => {
                Some(VersionScanner::new(midstates, *tail, ticket.limit()))
            }
            Form::Header(_) => None,
        };
        Self {
            job,
            ticket,
            scanner,
        }
    }

    pub(super) fn job(&self) -> &Job {
        &self.job
    }

    /// How many hashes it takes on average to pass the ticket test.
    pub(super) fn hashes_a_find(&self) -> f64 {
        f64::from(self.ticket.zero_bits + self.ticket.mask.count_ones()).exp2()
    }

    /// How many hashes one place of a sweep takes: every version or midstate, on every core that is searched at once.
    pub(super) fn hashes_a_place(&self, layout: Layout, sweep: &Sweep, open: &[bool]) -> u64 {
        let open = open.iter().filter(|open| **open).count() as u16;
        let at_once = match &self.job.form {
            Form::Midstates { midstates, .. } => midstates.len() as u64,
            Form::Header(_) => u64::from(sweep.versions),
        };
        (at_once * layout.cores_at_once(open)).max(1)
    }

    /// Hashes one piece; finds come by their place in it.
    pub(super) fn run(&self, piece: &Piece<'_>, found: &mut Vec<Find>) {
        match (&self.job.form, &self.scanner) {
            (Form::Midstates { .. }, Some(scanner)) => self.scan(scanner, piece, None, found),
            (Form::Header(header), _) => {
                let versions = piece.sweep.versions;
                let fields: Vec<u16> = (0..versions)
                    .map(|sub_core| piece.sweep.field(piece.spot.batch, sub_core))
                    .collect();
                let scanner = self.over_versions(header, &fields);
                self.scan(&scanner, piece, Some(&fields), found);
            }
            (Form::Midstates { .. }, None) => {}
        }
    }

    fn over_versions(&self, header: &[u8; 80], fields: &[u16]) -> VersionScanner {
        let midstates: Vec<Midstate> = fields
            .iter()
            .map(|field| head(&with_version_field(*header, *field)))
            .collect();
        VersionScanner::new(&midstates, tail(header), self.ticket.limit())
    }

    fn scan(
        &self,
        scanner: &VersionScanner,
        piece: &Piece<'_>,
        fields: Option<&[u16]>,
        found: &mut Vec<Find>,
    ) {
        scanner.scan(piece.words(), &mut |slot, word| {
            let field = fields.map_or(0, |fields| fields[slot]);
            if piece.is_open(word)
                && let Some(find) = self.judge(word, slot as u16, field)
            {
                found.push(find);
            }
        });
        found.sort_unstable_by_key(|find| (find.word, find.slot));
    }

    /// The find that `word` is, if it passes the ticket test.
    pub(super) fn judge(&self, word: u32, slot: u16, field: u16) -> Option<Find> {
        let (midstate, tail) = match &self.job.form {
            Form::Midstates { midstates, tail } => (*midstates.get(usize::from(slot))?, *tail),
            Form::Header(header) => {
                let header = with_version_field(*header, field);
                (head(&header), tail(&header))
            }
        };
        let hash = Scanner::new(midstate, tail, Target::MAX).hash_of_word(word);
        let surplus = self.ticket.surplus(&hash)?;
        Some(Find {
            word,
            slot,
            field,
            surplus,
        })
    }
}

fn head(header: &[u8; 80]) -> Midstate {
    let mut block = [0; 64];
    block.copy_from_slice(&header[..64]);
    Midstate::of(&block)
}

fn tail(header: &[u8; 80]) -> [u8; 12] {
    let mut tail = [0; 12];
    tail.copy_from_slice(&header[64..76]);
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(top: u128) -> Hash256 {
        let mut bytes = [0xff; 32];
        bytes[16..].copy_from_slice(&top.to_le_bytes());
        Hash256::from_internal(bytes)
    }

    #[test]
    fn the_mask_is_a_test_of_bits_after_the_zeros() {
        let ticket = Ticket {
            zero_bits: 32,
            mask: 0xff,
        };
        assert_eq!(ticket.surplus(&hash(u128::MAX >> 46)), Some(6));
        assert_eq!(ticket.surplus(&hash(u128::MAX >> 40)), Some(0));
        assert_eq!(ticket.surplus(&hash(u128::MAX >> 39)), None);
        // A mask with a hole lets through what has its one there.
        let holed = Ticket {
            zero_bits: 20,
            mask: 0b101,
        };
        let second_bit_set = 1 << (127 - 21);
        assert!(holed.surplus(&hash(second_bit_set)).is_some());
        assert!(holed.surplus(&hash(second_bit_set << 1)).is_none());
    }
}
