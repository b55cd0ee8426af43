//! The rooms of the crate, held by a test: imports only go down, and pure rooms have no clock, socket, thread or file.
//!
//! Sources are read as text: a path `crate::room` outside a test module counts as an import.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms below that it may use. `lib.rs` shows the same table with reasons.
const ROOMS: &[(&str, &[&str])] = &[
    ("algorithm", &["units"]),
    (
        "board",
        &["units", "algorithm", "work", "transport", "chip"],
    ),
    ("chip", &["units", "algorithm", "work", "transport"]),
    (
        "cli",
        &[
            "units",
            "algorithm",
            "work",
            "pool",
            "transport",
            "chip",
            "board",
            "miner",
            "net",
            "report",
            "config",
        ],
    ),
    ("config", &["units", "pool", "board"]),
    ("miner", &["units", "algorithm", "work", "pool", "board"]),
    ("net", &["units", "work", "pool"]),
    ("nightminer", &["units", "algorithm", "work"]),
    ("pool", &["units", "algorithm", "work"]),
    ("report", &["units", "work", "miner"]),
    ("transport", &[]),
    ("units", &[]),
    ("work", &["units", "algorithm"]),
];

/// Rooms (or files) in which time, sockets, threads and files do not exist.
const PURE: &[&str] = &[
    "units",
    "algorithm",
    "work",
    "pool",
    "miner/boards.rs",
    "miner/dispatch",
    "miner/engine.rs",
    "miner/health.rs",
    "miner/keeper.rs",
    "miner/pools.rs",
    "miner/rate.rs",
];

/// What a pure room may not name.
const EFFECTS: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::thread",
    "thread::spawn",
    "std::fs",
    "File::open",
    "tokio::",
    "std::env",
    "std::process",
];

/// The choice of the fastest scan kernel is the one place of a pure room that measures time.
const MEASURES_TIME: &str = "algorithm/sha256d/kernel/calibrate.rs";

#[test]
fn imports_only_go_down() {
    let mut wrong = Vec::new();
    for (room, below) in ROOMS {
        for file in sources(room) {
            for (number, line) in code(&file) {
                let up = ROOMS.iter().filter(|(other, _)| {
                    line.contains(&format!("crate::{other}"))
                        && other != room
                        && !below.contains(other)
                });
                wrong.extend(up.map(|(other, _)| {
                    format!("{}:{number}: {room} may not use {other}", file.display())
                }));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_have_no_clock_socket_thread_or_file() {
    let mut wrong = Vec::new();
    let files = PURE.iter().flat_map(|room| sources(room));
    for file in files.filter(|file| !file.ends_with(MEASURES_TIME)) {
        for (number, line) in code(&file) {
            let named = EFFECTS.iter().filter(|effect| line.contains(**effect));
            wrong.extend(named.map(|effect| format!("{}:{number}: {effect}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_and_only_those_are_in_the_crate() {
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs is there");
    let declared: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let rooms: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    assert_eq!(declared, rooms);
    for room in rooms {
        assert!(
            library.contains(&format!("[`{room}`]")),
            "the map in lib.rs lacks {room}"
        );
    }
}

#[test]
fn every_module_says_what_it_is() {
    let files = ROOMS.iter().flat_map(|(room, _)| sources(room));
    let silent: Vec<PathBuf> = files
        .filter(|file| !read(file).starts_with("//! "))
        .collect();
    assert!(silent.is_empty(), "no //! at the top of {silent:?}");
}

#[test]
fn no_file_is_too_long_to_read() {
    let files = ROOMS.iter().flat_map(|(room, _)| sources(room));
    let long: Vec<(usize, PathBuf)> = files
        .map(|file| (code(&file).len(), file))
        .filter(|(lines, _)| *lines > 600)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// All Rust files of a room, or the one file named.
fn sources(room: &str) -> Vec<PathBuf> {
    let path = root().join("src").join(room);
    if path.is_file() {
        return vec![path];
    }
    let mut found = Vec::new();
    let mut folders = vec![path];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Numbered lines of code: no comments, nothing from the test module on, and no file that is a test module.
fn code(file: &Path) -> Vec<(usize, String)> {
    let inside = file.strip_prefix(root()).unwrap_or(file);
    if inside.file_stem().is_some_and(|stem| stem == "tests")
        || inside.components().any(|part| part.as_os_str() == "tests")
    {
        return Vec::new();
    }
    read(file)
        .lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}
