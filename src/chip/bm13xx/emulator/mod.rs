//! A chain of emulated chips, written from the fact sheet `bm13xx-boards.md` and not from the driver.
