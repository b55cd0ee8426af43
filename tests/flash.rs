//! `midstate flash` over stub tools on the PATH: what is checked before, what is run, and what is said when it fails half-way.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use midstate::board::{BoardOptions, model};
use midstate::transport::{Pty, serve_emulator};
use tempfile::TempDir;

/// A folder with stub tools and bitstreams.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A tool that does what `script` says.
    fn tool(&self, name: &str, script: &str) {
        let path = self.folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A bitstream of an ECP5 with this IDCODE.
    fn ecp5(&self, id: u32) -> PathBuf {
        let mut bytes = b"\xff\0Part\0\xff\xff\xff\xbd\xb3\xff\xff\x3b\0\0\0\xe2\0\0\0".to_vec();
        bytes.extend(id.to_be_bytes());
        bytes.extend([0x55; 600]);
        bytes.extend([0x5e, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        self.file(&format!("{id:08x}.bit"), &bytes)
    }

    fn flash(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_midstate"))
            .arg("flash")
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", self.folder.path())
            .output()
            .unwrap()
    }
}

const ECP5_85: u32 = 0x4111_3043;
const ECP5_25: u32 = 0x4111_1043;

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const LOADER: &str = r#"if [ "$1" = --Version ]; then echo "openFPGALoader v0.12.0"; exit 0; fi
echo "$@" > ran
printf 'Load SRAM: [==] 50.00%%\rLoad SRAM: [====] 100.00%%\nDone\n'"#;

#[test]
fn the_right_file_is_loaded_by_the_fields_own_tool() {
    let bench = Bench::new();
    bench.tool("openFPGALoader", LOADER);
    let file = bench.ecp5(ECP5_85);
    let file = file.to_str().unwrap();
    let output = bench.flash(&["ulx3s-85f", "--bitstream", file, "--port", "/dev/nowhere"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("ulx3s-85f is flashed with"),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("its core was not heard"),
        "{}",
        stdout(&output)
    );
    let ran = fs::read_to_string(bench.folder.path().join("ran")).unwrap();
    assert_eq!(ran, format!("-b ulx3s {file}\n"));
}

#[test]
fn a_dry_run_prints_the_command_and_runs_nothing() {
    let bench = Bench::new();
    let file = bench.ecp5(ECP5_25);
    let file = file.to_str().unwrap();
    let output = bench.flash(&["ulx3s-25f", "--bitstream", file, "--dry-run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), format!("openFPGALoader -b ulx3s {file}\n"));
}

#[test]
fn a_file_for_another_part_is_refused_by_name_before_anything_runs() {
    let bench = Bench::new();
    bench.tool("openFPGALoader", LOADER);
    let file = bench.ecp5(ECP5_25);
    let output = bench.flash(&["ulx3s-85f", "--bitstream", file.to_str().unwrap()]);
    assert!(!output.status.success());
    let said = stderr(&output);
    assert!(
        said.contains("is for ECP5 LFE5U-25F") && said.contains("LFE5U-85F"),
        "{said}"
    );
    let junk = bench.file("junk.bit", b"no bitstream at all");
    let output = bench.flash(&["ulx3s-85f", "--bitstream", junk.to_str().unwrap()]);
    assert!(stderr(&output).contains("is no bitstream that midstate knows"));
    assert!(!bench.folder.path().join("ran").exists());
}

#[test]
fn a_missing_or_old_tool_is_named_with_its_install_line() {
    let bench = Bench::new();
    let file = bench.ecp5(ECP5_85);
    let words = ["ulx3s-85f", "--bitstream", file.to_str().unwrap()];
    let said = stderr(&bench.flash(&words));
    assert!(
        said.contains("openFPGALoader is not installed")
            && said.contains("apt-get install openfpgaloader"),
        "{said}"
    );
    bench.tool("openFPGALoader", "echo openFPGALoader v0.5.0");
    let said = stderr(&bench.flash(&words));
    assert!(said.contains("older than 0.10"), "{said}");
}

#[test]
fn a_tool_that_fails_half_way_shows_its_last_lines_and_nothing_is_said_to_be_flashed() {
    let bench = Bench::new();
    bench.tool(
        "openFPGALoader",
        r#"if [ "$1" = --Version ]; then echo "openFPGALoader v0.12.0"; exit 0; fi
printf 'Load SRAM: [==] 37.00%%\r'; echo "JTAG init failed" >&2; exit 3"#,
    );
    let file = bench.ecp5(ECP5_85);
    let output = bench.flash(&["ulx3s-85f", "--bitstream", file.to_str().unwrap()]);
    assert!(!output.status.success());
    let said = stderr(&output);
    assert!(
        said.contains("JTAG init failed") && said.contains("37.00%"),
        "{said}"
    );
    assert!(said.contains("the board is not flashed"), "{said}");
    assert!(!stdout(&output).contains("flashed"));
}

#[test]
fn unknown_boards_and_missing_files_say_what_to_try() {
    let bench = Bench::new();
    let said = stderr(&bench.flash(&["ulx9"]));
    assert!(
        said.contains("ulx3s-85f") && said.contains("icebreaker"),
        "{said}"
    );
    let said = stderr(&bench.flash(&["hx8k"]));
    assert!(said.contains("hdl/boards/build hx8k"), "{said}");
    assert!(stdout(&bench.flash(&["list"])).contains("Tang Nano 9K"));
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let bench = Bench::new();
    bench.tool("openFPGALoader", LOADER);
    let whole = fs::read(bench.ecp5(ECP5_85)).unwrap();
    let cut = bench.file("cut.bit", &whole[..whole.len() / 2]);
    let output = bench.flash(&["ulx3s-85f", "--bitstream", cut.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("is cut short"),
        "{}",
        stderr(&output)
    );
    assert!(!bench.folder.path().join("ran").exists());
}

/// Its two outputs are one story, told in order.
#[test]
fn what_a_failed_tool_said_is_shown_in_the_order_in_which_it_said_it() {
    let bench = Bench::new();
    bench.tool(
        "openFPGALoader",
        r#"if [ "$1" = --Version ]; then echo "openFPGALoader v0.12.0"; exit 0; fi
for i in 1 2 3; do echo "said $i"; echo "warned $i" >&2; done; exit 1"#,
    );
    let file = bench.ecp5(ECP5_85);
    for _ in 0..5 {
        let said = stderr(&bench.flash(&["ulx3s-85f", "--bitstream", file.to_str().unwrap()]));
        let told = "said 1 | warned 1 | said 2 | warned 2 | said 3 | warned 3";
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn a_tool_that_may_not_be_run_is_named() {
    let bench = Bench::new();
    bench.tool("openFPGALoader", LOADER);
    let tool = bench.folder.path().join("openFPGALoader");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o644)).unwrap();
    let file = bench.ecp5(ECP5_85);
    let said = stderr(&bench.flash(&["ulx3s-85f", "--bitstream", file.to_str().unwrap()]));
    assert!(said.contains("cannot run openFPGALoader"), "{said}");
}

#[test]
fn boards_that_are_not_built_here_ask_for_a_file() {
    let said = stderr(&Bench::new().flash(&["orangecrab-85f"]));
    assert!(
        said.contains("--bitstream") && !said.contains("build it"),
        "{said}"
    );
}

/// The board's port is an emulated core's.
#[test]
fn the_core_is_asked_what_it_is_after_flashing() {
    let bench = Bench::new();
    bench.tool("openFPGALoader", LOADER);
    let (file, port) = (bench.ecp5(ECP5_85), bench.folder.path().join("port"));
    let stop = Arc::new(AtomicBool::new(false));
    let core = {
        let options = BoardOptions::parse("rate=2M").unwrap();
        let emulate = model("core").unwrap().emulate.unwrap();
        let mut emulator = emulate(&options).unwrap().data;
        let mut pty = Pty::open().unwrap();
        pty.link(&port).unwrap();
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || serve_emulator(emulator.as_mut(), &pty, &stop))
    };
    let (file, port) = (file.to_str().unwrap(), port.to_str().unwrap());
    let words = ["ulx3s-85f", "--bitstream", file, "--port", port];
    let said = stdout(&bench.flash(&words));
    assert!(
        said.contains(&format!(
            "its core answers at {port}: 1 core, a hash a clock, 2 MHz"
        )),
        "{said}"
    );
    let said = stdout(&bench.flash(&[&words[..], &["--json"]].concat()));
    assert!(
        said.contains(r#""core":"1 core, a hash a clock, 2 MHz""#),
        "{said}"
    );
    stop.store(true, Ordering::Relaxed);
    core.join().unwrap().unwrap();
}
