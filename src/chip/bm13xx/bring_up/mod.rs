//! From a chain under power to a chain that hashes: straight-line code that reads a chip type's [`Script`].

mod script;
pub mod scripts;

pub use script::{Script, Step};
