//! `midstate pool`: the embedded pool on an address.

use super::args::PoolArgs;
use super::{CliError, Context, Exit};

/// Serves the pool.
///
/// # Errors
/// What went wrong.
pub fn run(_: &PoolArgs, _: Context) -> Result<(), CliError> {
    Err(CliError::new(
        Exit::Internal,
        "pool is not part of this build",
    ))
}
