//! Bitmain's BM13xx chips, BM1384 to BM1373, as chains on a serial line.

pub mod emulator;
