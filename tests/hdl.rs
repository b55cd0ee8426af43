//! The open core's own checks: lint, proofs, lockstep, synthesis of the small configurations. Each is skipped, loudly, where its tools
//! are missing; `tests/run` installs them.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn hdl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hdl")
}

/// Whether all of `tools` are on the PATH; says so loudly if not.
fn has(tools: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there =
        |tool: &&&str| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    let missing: Vec<&&str> = tools.iter().filter(|tool| !there(tool)).collect();
    if !missing.is_empty() {
        eprintln!("SKIPPED: {missing:?} not installed; tests/run installs them");
    }
    missing.is_empty()
}

/// Runs a program of `hdl/`; what it said, which is shown when it fails.
fn run(program: &Path, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{}: {said}", program.display());
    said
}

#[test]
fn the_verilog_is_lint_clean() {
    if has(&["verilator"]) {
        assert!(run(&hdl().join("rtl/lint"), &[]).ends_with("lint: clean\n"));
    }
}

#[test]
fn additions_and_round_equal_their_references() {
    if has(&["yosys"]) {
        let said = run(&hdl().join("formal/prove"), &["ops", "round"]);
        assert_eq!(said.matches("proved for all inputs").count(), 5, "{said}");
    }
}

#[test]
fn queues_keep_their_entries_and_jobs_their_ids() {
    if has(&["yosys", "yosys-smtbmc", "z3"]) {
        let said = run(&hdl().join("formal/prove"), &["fifo", "queue", "hits"]);
        assert_eq!(said.matches("proved for all time").count(), 3, "{said}");
    }
}

/// The UART's two ends, and its receiver with a sender that is off by three percent.
#[test]
fn bytes_arrive() {
    if has(&["yosys", "yosys-smtbmc", "z3"]) {
        let said = run(&hdl().join("formal/prove"), &["uart"]);
        assert_eq!(said.matches("proved for all time").count(), 2, "{said}");
    }
}

/// Both ends of the framing, after any noise; and what the receiver takes for good, whatever comes.
#[test]
fn frames_arrive_whole() {
    if has(&["yosys"]) {
        let said = run(&hdl().join("formal/prove"), &["frames"]);
        assert_eq!(said.matches("proved for all time").count(), 2, "{said}");
    }
}

#[test]
fn pipeline_and_rolled_core_are_right_at_every_stage_and_clock() {
    if has(&["iverilog", "vvp"]) {
        let said = run(&hdl().join("tb/lockstep"), &[]);
        assert!(said.contains("lockstep: every stage agrees"), "{said}");
        assert!(said.contains("rolled: every unit agrees"), "{said}");
        assert!(
            said.contains("temperature: read when it is ready"),
            "{said}"
        );
    }
}

/// A figure may only improve: what is committed is held against its floor.
#[test]
fn the_measured_figures_hold_their_floor() {
    if has(&["python3"]) {
        run(&hdl().join("report/measure"), &["--check"]);
    }
}

/// Small configurations of every kind, for parts that open tools know, synthesise with UART and protocol: none has a latch, a loop or a wire
/// with two drivers. `cell` is one that the family's additions are made of.
fn synthesises(words: &[&str], cell: &str) {
    if has(&["yosys"]) {
        let words = [&["--synthesis"], words].concat();
        let said = run(&hdl().join("boards/build"), &words);
        assert!(said.contains(cell), "{said}");
    }
}

#[test]
fn the_smallest_configuration_synthesises() {
    synthesises(&["icebreaker", "rolled2"], "SB_LUT4");
}

#[test]
fn a_small_core_for_gowin_synthesises() {
    synthesises(&["tangnano9k", "rolled1"], "ALU");
}

#[test]
fn a_small_ring_synthesises() {
    synthesises(&["ulx3s-25f", "ring1"], "CCU2C");
}

#[test]
fn several_cores_behind_the_icarus_protocol_synthesise() {
    synthesises(&["hx8k", "rolled1-icarus", "2"], "SB_CARRY");
}
