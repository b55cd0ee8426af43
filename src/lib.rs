//! midstate: one program that makes a person's SHA-256 mining hardware mine.
//!
//! It finds the boards, speaks to the pool, builds headers and midstates, keeps every chip fed with fresh work, verifies each nonce
//! in software, submits shares and says what is happening. Emulators of every board and of the pool are part of it.
//!
//! # Rooms, lowest first; an import only goes down (held by `tests/rooms.rs`)
//!
//! | room | is | may use |
//! | --- | --- | --- |
//! | [`units`] | values of the trade | - |
//! | [`algorithm`] | what is hashed | units |
//! | [`work`] | from a job to a header, from a nonce to a share | units, algorithm |
//! | [`pool`] | where jobs come from: protocols without I/O | units, algorithm, work |
//! | [`transport`] | bytes and time to and from hardware | - |
//! | [`board`] | what a user plugs in: drivers and emulators | units, algorithm, work, transport |
//! | [`miner`] | who works on what; the boards' loops | units, algorithm, work, pool, board |
//! | [`net`] | sockets for sessions | units, work, pool |
//! | [`report`] | what the miner says | units, work, miner |
//! | [`config`] | file and flags into checked settings | units, pool, board |
//! | [`cli`] | one file a command; the only place that knows all rooms | all |

pub mod algorithm;
pub mod board;
pub mod cli;
pub mod config;
pub mod miner;
pub mod net;
pub mod pool;
pub mod report;
pub mod transport;
pub mod units;
pub mod work;
