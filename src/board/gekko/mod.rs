//! GekkoScience's USB sticks: chains of BM13xx chips behind CP2102, FT-X and CP2105 bridges.
//!
//! One driver and one emulator with the members' differences as data (`member`). The driver knows bridges, the telemetry controller of
//! the A1 and A2, and what keeps a stick from burning; chips are [`crate::chip::bm13xx`]'s business. The emulator decodes requests and
//! telemetry commands by itself and shares with the driver only the table. Neither knows a pool. Source: `bm13xx-boards.md` section 13.

mod board;
mod bridge;
mod bystander;
mod driver;
mod emulator;
mod member;
mod models;
mod settings;
mod telemetry;
#[cfg(test)]
mod tests;
mod tuning;
mod watch;

pub use models::{
    GEKKO_2PAC, GEKKO_COMPAC, GEKKO_COMPAC_A1, GEKKO_COMPAC_A2, GEKKO_COMPACF, GEKKO_NEWPAC,
    GEKKO_R606, GEKKO_R909, GEKKO_TERMINUS, GEKKO_TERMINUS_A1, GEKKO_TERMINUS_A2,
};
