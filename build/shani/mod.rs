//! Writes the kernel for the SHA extensions: four nonces side by side, in an order and with registers that compilers do not find.
//!
//! Two rounds take four cycles, and a core starts one or two such instructions in that time; so four nonces in turn keep it busy. What counts is
//! that no chain of dependent instructions goes through memory: the state and the newest quad of each nonce's schedule stay in registers, the three
//! quads before it lie in memory, where they are needed late enough. (LLVM spills the newest quad and takes a third longer.)

mod first;
mod memory;
mod second;
mod writer;

use memory::numbers;
use writer::Writer;

/// Nonces side by side.
const LANES: usize = 4;

/// The whole function. `rdi`: job, `rsi`: the nonces, then scratch memory, `rdx`: batches to do at most; back come in `rax` the candidates
/// of the last batch done and in `rdx` how many were left.
pub fn function() -> String {
    let mut writer = Writer::new();
    writer.first_hash();
    writer.second_hash();
    writer.test();
    let body = writer.text;
    let numbers = numbers();
    format!(
        "    lea r11, [rip + 5f]
    .p2align 6
2:
{body}    dec rdx
    test eax, eax
    jnz 3f
    test rdx, rdx
    jnz 2b
3:
    vzeroupper
    ret
    .p2align 6
5:
{numbers}"
    )
}
