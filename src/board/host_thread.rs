//! The threads that hash on the host's own processor: out of everybody's way.
//!
//! A courtesy: a caller that is refused goes on without it.

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
}
