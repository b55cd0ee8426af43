//! The threads that hash on the host's own processor: out of everybody's way, and each on a core of its own.
//!
//! Both are courtesies: a caller that is refused goes on without them.

use std::io;

/// The weakest claim to processor time that Unix knows.
const LOWEST: i32 = 19;

/// Gives the calling thread the lowest priority, so that it only takes what nobody else wants; not the process's other threads.
///
/// Does nothing where priorities belong to processes (all systems but Linux).
///
/// # Errors
/// What the system says.
pub fn lower_thread_priority() -> io::Result<()> {
    if cfg!(target_os = "linux") {
        // On Linux this is the calling thread, not the process.
        rustix::process::setpriority_process(None, LOWEST)?;
    }
    Ok(())
}

/// Keeps the calling thread on the `index`-th of the cores that it may use (counted round), so that threads that hash do not chase each other
/// from core to core.
///
/// Does nothing where the system has no such call (all systems but Linux).
///
/// # Errors
/// What the system says.
#[cfg(target_os = "linux")]
pub fn pin_thread(index: usize) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let allowed = sched_getaffinity(None)?;
    let cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    let wanted = cores.cycle().nth(index);
    let mut only = CpuSet::new();
    only.set(wanted.ok_or_else(|| io::Error::other("no core is allowed to this thread"))?);
    Ok(sched_setaffinity(None, &only)?)
}

/// Keeps the calling thread on one core, where the system has such a call.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn pin_thread(_index: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_calling_thread_gives_way() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let here = priority();
        let lowered = std::thread::spawn(move || {
            lower_thread_priority().unwrap();
            priority()
        });
        assert_eq!(lowered.join().unwrap(), LOWEST);
        assert_eq!(priority(), here);
    }

    #[test]
    fn a_pinned_thread_has_one_core_and_indices_go_round() {
        let cores = || rustix::thread::sched_getaffinity(None).unwrap().count();
        for index in [0, 1, 1000] {
            let pinned = std::thread::spawn(move || {
                pin_thread(index).unwrap();
                cores()
            });
            assert_eq!(pinned.join().unwrap(), 1, "index {index}");
        }
    }
}
