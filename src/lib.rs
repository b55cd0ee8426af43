//! midstate: one program that makes a person's SHA-256 mining hardware mine.
//!
//! It finds the boards, speaks to the pool, builds headers and midstates, keeps every chip fed with fresh work, verifies each nonce
//! in software, submits shares and says what is happening. Byte-exact emulators of every board, and of the pool, are part of it, so
//! that all of it runs with no hardware at all. The program is a thin shell over this library.
//!
//! # Rooms, lowest first; an import only goes down (held by `tests/rooms.rs`)
//!
//! | room | is | is not | may use |
//! | --- | --- | --- | --- |
//! | [`units`] | values of the trade | anything with effects | - |
//! | [`algorithm`] | what is hashed; the nonce scanner | aware of jobs | units |
//! | [`work`] | from a job to a header, from a nonce to a share | aware of protocols and boards | units, algorithm |
//! | [`pool`] | where jobs come from: protocols as state machines | sockets, clocks | units, algorithm, work |
//! | [`transport`] | bytes and time to and from hardware | aware of what the bytes mean | - |
//! | [`chip`] | chip families that many boards carry: frames, bring-up, emulated chains | aware of boards, power or pools | units, algorithm, work, transport |
//! | [`board`] | what a user plugs in: drivers and emulators | aware of pools; the judge of nonces | units, algorithm, work, transport, chip |
//! | [`miner`] | who works on what; the boards' loops | sockets | units, algorithm, work, pool, board |
//! | [`net`] | sockets for sessions | decisions about work | units, work, pool |
//! | [`nightminer`] | jobs made by hand, mined on the calling thread | a miner for pools | units, algorithm, work |
//! | [`report`] | what the miner says | changes to anything | units, work, miner |
//! | [`config`] | file and flags into checked settings | opening or connecting | units, pool, board |
//! | [`cli`] | one file a command | known to any other room | all |
//!
//! Below `miner`, nothing but a `transport`, a board's own thread and the software board knows a clock; `miner` itself decides in
//! [`miner::Dispatcher`], which has none. So the whole miner runs in one thread on virtual time, with faults from a seed:
//! `tests/simulation`.
//!
//! # The life of a job
//!
//! 1. [`net::run_link`] reads a line and feeds it to the pool's [`pool::Session`], which makes an immutable [`work::Job`].
//! 2. The link tells the [`miner::Dispatcher`], on the same thread; it puts the job into the one [`miner::Order`] that all boards
//!    follow, raises the order's epoch if everything before is void, and the boards' bells are rung.
//! 3. While a board's thread ([`miner::thread`]) only waits for the board to speak, whoever brings the order carries it out in its
//!    stead; a busy thread is woken and does so itself. The board's [`miner::Engine`] makes a [`work::Assignment`] and from it the
//!    next [`work::WorkUnit`]: extranonce2, merkle root, header.
//! 4. The driver ([`board::Board::load`]) encodes midstate and tail, and writes. From here the board feeds itself from its assignment.
//!
//! # The life of a nonce
//!
//! 1. The transport returns bytes; the driver's frames decode a nonce and name the works that it may belong to.
//! 2. If the board has stopped, the engine writes the next work, which was made before it was needed.
//! 3. [`work::WorkUnit::check`] hashes the full header, on a path that emulators do not use. A hash that misses the board's own
//!    threshold is a hardware error; one that meets the job's target is a [`work::Share`].
//! 4. The dispatcher recognises stale and duplicate shares, sends the others to their own pool's link under a ticket, and counts the
//!    verdict that comes back. Every share is in exactly one counter at any time.
//!
//! # Where this differs from the design it grew from, and why
//!
//! - **Boards share one search space a job** ([`work::SearchSpace`], an atomic cursor) instead of owning a slot of it each: no two ever
//!   hold the same work whatever joins or leaves, a space of one byte of extranonce2 is used to its last value, and a job that a
//!   pool sends twice goes on where it stood.
//! - **One order for all boards** in a `watch` channel, not an assignment each: publishing a job costs one store and a bell a board, and
//!   each board builds its own work on its own thread.
//! - **A waiting driver is woken by a [`board::Waker`]** that its transport hands out (an eventfd beside the port), so the thread sleeps
//!   in one `poll` over both.
//! - **A waiting board is fed without waking its thread.** A change of threads costs more than a job's arithmetic; with two hundred
//!   boards it doubled the time to the last one. So a board's keeper lies behind a lock that its thread leaves open while it waits
//!   for the board to speak ([`board::Lookout`]), and an order is a `try_lock` and a write. Nobody ever waits for that lock.
//! - **[`pool::Session`] outlives its connections**: `connected` and `disconnected` are calls on it, because what it learnt of a pool (that
//!   it hangs up on `mining.configure`, where extranonce2 stood) must survive.
//!
//! # Adding something
//!
//! A pool protocol is a folder in `pool` and a line in [`pool::PROTOCOLS`]; a board family is a folder in `board` and its lines in
//! [`board::MODELS`]; an algorithm is a folder in `algorithm` and a line in [`algorithm::ALGORITHMS`]; a command is a file in `cli`.

pub mod algorithm;
pub mod board;
pub mod chip;
pub mod cli;
pub mod config;
pub mod miner;
pub mod net;
pub mod nightminer;
pub mod pool;
pub mod report;
pub mod transport;
pub mod units;
pub mod work;
