//! Which kernel this process uses: the fastest that works, or the one that the user names.

use std::ops::Range;
use std::sync::OnceLock;
use std::time::Duration;

use super::{Kernel, Prepared};
use crate::algorithm::sha256d::{Midstate, Scanner};
use crate::units::Target;

/// What is wrong with a kernel that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// There is none of that name.
    #[error("there is no kernel {asked:?}; this CPU can run: {available}")]
    Unknown {
        /// What was asked for, cut to a readable length.
        asked: String,
        /// What there is.
        available: String,
    },
    /// The CPU lacks its instructions.
    #[error("this CPU cannot run kernel {asked}; it can run: {available}")]
    Unsupported {
        /// What was asked for.
        asked: &'static str,
        /// What there is.
        available: String,
    },
    /// It computes wrong hashes on this machine.
    #[error(
        "kernel {0} failed its self-test on this CPU; choose another or leave the choice to midstate"
    )]
    Broken(&'static str),
    /// Another one is in use already.
    #[error("kernel {asked} cannot be used: kernel {chosen} is in use already")]
    AlreadyChosen {
        /// What was asked for.
        asked: &'static str,
        /// What is in use.
        chosen: &'static str,
    },
}

/// The kernel of this process, once it is known.
static CHOSEN: OnceLock<Kernel> = OnceLock::new();

impl Kernel {
    /// The kernel called `name`, if this CPU can run it and it passes its self-test.
    ///
    /// # Errors
    /// [`KernelError`], with the kernels that this CPU can run.
    pub fn by_name(name: &str) -> Result<Self, KernelError> {
        let kernel = Self::all()
            .find(|kernel| kernel.name() == name)
            .ok_or_else(|| KernelError::Unknown {
                asked: crate::units::printable(name, 40),
                available: names_of_available(),
            })?;
        if !kernel.is_supported() {
            return Err(KernelError::Unsupported {
                asked: kernel.name(),
                available: names_of_available(),
            });
        }
        if kernel.passes_self_test() {
            Ok(kernel)
        } else {
            Err(KernelError::Broken(kernel.name()))
        }
    }

    /// The kernel that this process uses: what was set or calibrated, else the first that passes its self-test.
    pub fn chosen() -> Self {
        *CHOSEN.get_or_init(|| first_sound(Self::available()))
    }

    /// Makes this the kernel of the process: of every scanner that is made from now on and names none.
    ///
    /// # Errors
    /// [`KernelError::AlreadyChosen`] when another one is in use.
    pub fn choose(self) -> Result<(), KernelError> {
        let chosen = *CHOSEN.get_or_init(|| self);
        if chosen == self {
            Ok(())
        } else {
            Err(KernelError::AlreadyChosen {
                asked: self.name(),
                chosen: chosen.name(),
            })
        }
    }

    /// Makes the fastest kernel on this machine that of the process, unless there is one already; takes some 30 ms.
    ///
    /// `clock` tells the time since any fixed moment; the CPU time of the calling thread makes the best judge.
    pub fn calibrate(clock: impl Fn() -> Duration) -> Self {
        *CHOSEN.get_or_init(|| fastest(&sound(Self::available()), clock))
    }

    /// Whether it finds what the plain path finds.
    pub fn passes_self_test(self) -> bool {
        self.is_supported() && SELF_TESTS.iter().all(|words| self.agrees_on(words.clone()))
    }

    fn agrees_on(self, mut words: Range<u64>) -> bool {
        let scanner = known_work(Target::from_zero_bits(5));
        let expected: Vec<u32> = words
            .clone()
            .map(|word| word as u32)
            .filter(|word| scanner.meets_limit(*word))
            .collect();
        let scanner = scanner.with_kernel(self);
        let found: Vec<u32> = std::iter::from_fn(|| scanner.scan_with_kernel(&mut words)).collect();
        found == expected
    }
}

/// Ranges of the self-test: the first nonces, an odd number in the middle, and the last.
const SELF_TESTS: [Range<u64>; 3] = [0..160, 0x7fff_ff91..0x8000_0030, 0xffff_ff60..1 << 32];

/// A piece of work with no regularity in it.
fn known_work(limit: Target) -> Scanner {
    let words = std::array::from_fn(|i| 0x9e37_79b9_u32.wrapping_mul(i as u32 + 1));
    let tail = std::array::from_fn(|i| (i * 37 + 11) as u8);
    Scanner::with(Midstate::from_words(words), tail, limit, portable())
}

fn portable() -> Kernel {
    Kernel::all()
        .last()
        .expect("the portable kernel is always there")
}

fn names_of_available() -> String {
    let names: Vec<_> = Kernel::available().map(Kernel::name).collect();
    names.join(", ")
}

/// Those that pass their self-test; a warning for each that does not.
fn sound(kernels: impl Iterator<Item = Kernel>) -> Vec<Kernel> {
    kernels.filter(|kernel| passes_or_warns(*kernel)).collect()
}

fn first_sound(mut kernels: impl Iterator<Item = Kernel>) -> Kernel {
    kernels
        .find(|kernel| passes_or_warns(*kernel))
        .unwrap_or_else(portable)
}

fn passes_or_warns(kernel: Kernel) -> bool {
    let passes = kernel.passes_self_test();
    if !passes {
        tracing::warn!(
            kernel = kernel.name(),
            "kernel failed its self-test and is not used"
        );
    }
    passes
}

/// Nonces a sample: half a millisecond of the slowest kernel.
const SAMPLE: u64 = 1 << 11;
/// Samples a kernel; its best one counts, so that a moment's disturbance does not decide.
const SAMPLES: usize = 8;

fn fastest(kernels: &[Kernel], clock: impl Fn() -> Duration) -> Kernel {
    let work = Prepared::new(&Midstate::from_words([7; 8]), &[7; 12], 0);
    let mut best = vec![Duration::MAX; kernels.len()];
    for _ in 0..SAMPLES {
        for (kernel, best) in kernels.iter().zip(&mut best) {
            let start = clock();
            let mut words = 0..SAMPLE;
            while kernel.scan(&work, &mut words).is_some() {}
            *best = (*best).min(clock().saturating_sub(start));
        }
    }
    let fastest = kernels.iter().zip(best).min_by_key(|(_, best)| *best);
    fastest.map_or_else(portable, |(kernel, _)| *kernel)
}

#[cfg(test)]
mod tests {
    use super::super::Entry;
    use super::*;

    /// Says that there is never a candidate.
    static BLIND: Entry = Entry {
        name: "blind",
        lanes: 1,
        is_supported: || true,
        scan: |_, words| {
            words.start = words.end;
            None
        },
        scan_versions: None,
    };

    #[test]
    fn a_kernel_that_fails_its_self_test_is_passed_over() {
        let blind = Kernel(&BLIND);
        assert!(!blind.passes_self_test());
        assert_eq!(first_sound([blind, portable()].into_iter()), portable());
        assert_eq!(sound([blind, portable()].into_iter()), [portable()]);
        assert_eq!(first_sound([blind].into_iter()), portable());
    }

    #[test]
    fn every_kernel_of_this_cpu_passes() {
        for kernel in Kernel::available() {
            assert!(kernel.passes_self_test(), "{kernel}");
            assert_eq!(Kernel::by_name(kernel.name()), Ok(kernel));
        }
    }

    #[test]
    fn a_wrong_name_gets_the_list() {
        let error = Kernel::by_name("avx9").unwrap_err().to_string();
        assert!(
            error.starts_with("there is no kernel \"avx9\"; this CPU can run: "),
            "{error}"
        );
        assert!(error.contains("portable"), "{error}");
    }

    #[test]
    fn the_fastest_by_the_given_clock_wins() {
        let kernels = [portable(), Kernel(&BLIND)];
        let ticks = std::cell::Cell::new(0);
        // Readings 0, 5 for the first and 10, 11 for the second kernel, and so on.
        let clock = || {
            ticks.set(ticks.get() + 1);
            Duration::from_secs([0, 5, 10, 11][(ticks.get() - 1) % 4])
        };
        assert_eq!(fastest(&kernels, clock), Kernel(&BLIND));
        assert_eq!(fastest(&[], || Duration::ZERO), portable());
    }
}
