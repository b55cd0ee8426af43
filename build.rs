//! Writes the assembly of the kernels to the output folder.
#![allow(unreachable_pub, reason = "a build script exports nothing")]
#![allow(
    clippy::many_single_char_names,
    clippy::needless_range_loop,
    clippy::single_match_else,
    reason = "variables a to h and round t are the standard's own names; both ways of a word stand side by side"
)]

#[path = "build/avx512/mod.rs"]
mod avx512;
#[path = "src/algorithm/sha256d/kernel/constants.rs"]
#[allow(dead_code, reason = "the kernels use all of it, the generators do not")]
mod constants;
#[path = "build/shani/mod.rs"]
mod shani;

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/algorithm/sha256d/kernel/constants.rs");
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let write = |name, text| {
        std::fs::write(folder.join(name), text).expect("the output folder takes a file");
    };
    write("avx512_nonces.s", avx512::nonces());
    write("avx512_paired.s", avx512::paired());
    write("avx512_versions.s", avx512::versions());
    write("shani.s", shani::function());
}
