//! Writes the assembly of the AVX-512 kernel to the output folder.

#[path = "build/avx512/mod.rs"]
mod avx512;

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
}
