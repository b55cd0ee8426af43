//! The project's own open core (`hdl/`): driver, emulator, and the RTL itself as a simulated board.
//!
//! The driver speaks the framed protocol below over any transport: a board's serial port, the emulator (written from these tables,
//! not from the driver), or the Verilated RTL (`rtl`). It knows no pool and verifies no nonce. Start reading at `driver`.
//!
//! # Protocol
//!
//! 8N1, 115200 baud unless the bitstream says otherwise. A frame is its bytes, then their CRC-16 (CCITT: polynomial 0x1021, from
//! 0xffff, most significant bit first, no final inversion), most significant byte first, between two delimiters `c0`. Inside,
//! `c0` is sent as `db dc` and `db` as `db dd` (RFC 1055). Nothing between two delimiters is no frame, so a sender may begin with
//! one to end whatever noise stands before. A frame with a wrong CRC, an impossible escape, a byte lost on the line, more than 200
//! bytes or fewer than three has no effect but to be counted; after the next `c0` both sides are in step again.
//! Numbers are most significant byte first.
//!
//! From the host; every frame begins with four bytes of head:
//!
//! | frame | byte 0 | byte 1 | byte 2 | byte 3 | more |
//! | --- | --- | --- | --- | --- | --- |
//! | job | `01` | job id | `01`: instead of all others; `00`: after them | zero bits (told back in status) | 24 words of 4 bytes |
//! | information | `02` | any | any | any | |
//! | status | `03` | any | any | any | |
//! | stop | `04` | told back | any | any | |
//!
//! From the core:
//!
//! | frame | bytes after the type |
//! | --- | --- |
//! | `81` nonce | job id, core, nonce (4) |
//! | `82` done as told | byte 1 of the command, `00`, jobs in the queue |
//! | `83` refused | byte 1 of the command, reason (`01` queue full, `02` wrong length, `03` unknown type), jobs in the queue |
//! | `84` range searched | job id, jobs in the queue |
//! | `85` information | protocol version (`02`), kind of temperature sensor (`00` none, `01` ECP5), cores, log2 of each core's slice of nonces, clocks of a core's turn (2), clock in Hz (4), jobs that may wait beside the one that runs (`02`), words of a job (`18`), nonces of a turn |
//! | `86` status | id of the job loaded last, `80` while it runs plus jobs in the queue, its zero bits, bad frames (2), bytes lost on the line (2), nonces lost because the line was busy (2), sensor's reading (2; bit 15: none), protocol version |
//!
//! Information and status are answered by `85` and `86`, job and stop by `82` or `83`. The queue holds the job that runs and two that
//! wait. A nonce is SHA-256's message word 19. Counters wrap. A core searches so many nonces in a turn of so many clocks: one in one clock
//! for a pipeline, as many as it has units in 132 clocks for a rolled core.
//!
//! The words of a job, where `A[i]` and `E[i]` are the standard's `a` and `e` before round i of the header's second block (older ones
//! than round 0's are the midstate's `b..d`, `f..h`), `W[i]` its message words, and n the first nonce:
//!
//! | word | is | word | is |
//! | --- | --- | --- | --- |
//! | 0 | first nonce n of core 0's range | 14 | `E[0] + A[0] + K[3] + n` |
//! | 1 | last nonce of core 0's range | 15 | `E[1] + K[4] + 0x80000000` |
//! | 2 | mask: word 7 of the hash, bytes reversed, must be 0 under it | 16 | `T1[1]`: `E[2] - A[-2]` |
//! | 3..=10 | midstate, `a..h` | 17 | `A[1]` |
//! | 11 | `E[3]` | 18, 19 | `W[16]`, `W[17]` |
//! | 12 | `E[2]` | 20 | `sigma1(W[16]) + W[2]` |
//! | 13 | `E[1]` | 21 | `sigma1(W[17]) + sigma0(0x80000000) + n` |
//! | | | 22, 23 | `sigma0(W[16]) + 640`, `sigma0(W[17]) + W[16]` |
//!
//! Core i searches the range moved up by i times its slice. Everything that does not depend on the nonce is worked out once, here:
//! on the host it costs a microsecond a job, on the chip it would cost a thousand tables (`hdl/README.md`).

mod driver;
mod emulator;
mod flight;
mod frames;
mod line;
mod models;
mod probe;
mod rtl;
mod settings;
mod temperature;
mod words;

pub use models::{CORE, CORE_RTL};
pub use rtl::{RtlDevice, RtlError, RtlSettings, Structure, sources};

#[cfg(test)]
mod tests;
