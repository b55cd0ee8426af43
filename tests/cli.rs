//! The program as a person meets it: what it prints and with which status it ends. Nothing here mines.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in an empty home, without anybody's environment.
fn midstate(words: &[&str]) -> Output {
    midstate_with(words, &[])
}

fn midstate_with(words: &[&str], variables: &[(&str, &str)]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_midstate"))
        .args(words)
        .env_clear()
        .env("HOME", home.path())
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs it, and tells its status and what it said on standard error.
fn fails(words: &[&str]) -> (i32, String) {
    let output = midstate(words);
    assert_eq!(stdout(&output), "", "{words:?}");
    (output.status.code().unwrap(), stderr(&output))
}

fn file(folder: &Path, text: &str) -> String {
    let path = folder.join("midstate.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn version_and_help() {
    let output = midstate(&["-V"]);
    assert!(output.status.success());
    assert_eq!(
        stdout(&output),
        concat!("midstate ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let output = midstate(&["--help"]);
    assert!(output.status.success());
    for option in [
        "--url",
        "--user",
        "--pass",
        "--userpass",
        "--board",
        "--simulate",
        "--cpu",
        "--quiet",
        "--debug",
        "--dump-protocol",
        "--config",
        "--log-format",
        "--scan",
        "--probe",
        "--json",
        "--seconds",
        "--once",
        "--allow-redirect",
        "--submit-stale",
        "--proxy",
        "--tls-ca",
        "--payout",
        "--coinbase-text",
        "--cookie",
        "--blocks",
        "--suggest-difficulty",
        "--no-version-rolling",
        "--color",
        "demo",
        "pool",
        "emulate",
        "models",
        "config",
    ] {
        assert!(stdout(&output).contains(option), "{option}");
    }
}

#[test]
fn models_are_listed_for_people_and_programs() {
    let output = midstate(&["models", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let models: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let models = models.as_array().unwrap();
    assert_eq!(models.len(), midstate::board::MODELS.len());
    let text = stdout(&midstate(&["models"]));
    for model in midstate::board::MODELS {
        assert!(text.contains(model.name) && text.contains(model.title));
    }
}

#[test]
fn wrong_words_end_with_status_2_and_say_what_is_right() {
    for (words, expected) in [
        (&["--usr", "x"][..], "'--user'"),
        (&["-S", "/dev/ttyUSB0"], "--board MODEL:PORT"),
        (&["--api-listen"], "--log-format json"),
        (
            &["-o", "stratum+tcp://h:1", "-u", "w", "--seconds", "NaN"],
            "positive number of seconds",
        ),
        (
            &["--cpu", "many"],
            "--cpu: expected a whole number from 0 to 1024, got \"many\"",
        ),
        (
            &["--log-format", "xml"],
            "--log-format: expected one of text, json, got \"xml\"",
        ),
        (
            &["--board", "nonsense:/dev/x"],
            "--board nonsense:/dev/x: there is no board model \"nonsense\"",
        ),
        (
            &["--simulate", "nonsense"],
            "--simulate nonsense: there is no board model \"nonsense\"",
        ),
        (
            &["-o", "foo://h:1", "-u", "w"],
            "-o: unknown scheme \"foo\"",
        ),
        (
            &["-o", "stratum+tcp://h:99999", "-u", "w"],
            "-o: \"stratum+tcp://h:99999\" is no pool URL",
        ),
        (
            &["-o", "stratum+tcp://h:1"],
            "-o: pool stratum+tcp://h:1 has no user",
        ),
        (
            &["-o", "stratum+tcp://h:1", "-u", "a", "-u", "b"],
            "2 -u for 1 -o",
        ),
        (&["--proxy", "http://h"], "--proxy: expected socks5://"),
        (
            &["--suggest-difficulty", "0"],
            "--suggest-difficulty: expected a difficulty",
        ),
        (&["-q", "-d"], "-q and -d exclude each other"),
        (
            &["pool", "--difficulty", "-1"],
            "difficulty must be positive",
        ),
        (&["pool", "--fault", "fire"], "kinds are mute"),
        (
            &["demo", "--board", "gamma", "--board", "ultra,max-temp=86"],
            "--board ultra,max-temp=86: option max-temp=86: must be within 40 to 85",
        ),
        (
            &["emulate", "gamma", "--options", "freq=700"],
            "emulate gamma,freq=700: option freq=700: a Bitaxe Gamma takes 50 to 650 MHz",
        ),
        (
            &["--simulate", "r606,freq=750"],
            "--simulate r606,freq=750: option freq=750: a gekko-r606 takes 50 to 700 MHz",
        ),
        (
            &["--board", "bitaxe:/dev/x,voltage=1600"],
            "option voltage=1600: a Bitaxe Max takes 1100 to 1500 mV",
        ),
    ] {
        let (status, text) = fails(words);
        assert_eq!(status, 2, "{words:?}: {text}");
        assert!(text.contains(expected), "{words:?}: {expected} in {text}");
    }
}

#[test]
fn errors_are_one_line_with_their_causes_and_a_hint() {
    let (_, text) = fails(&["--board", "nonsense:/dev/x"]);
    assert_eq!(
        text,
        "error: --board nonsense:/dev/x: there is no board model \"nonsense\" (see `midstate models`)\n\
         hint: `midstate models` lists the models and their options, `midstate --scan` the ports\n"
    );
}

#[test]
fn a_bad_file_ends_with_status_78_and_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    for (text, expected) in [
        (
            "\n\ncolour = \"never\"\n",
            ":3: unknown key `colour`; did you mean `color`?",
        ),
        (
            "cpu = \"4\"\n",
            ":1: cpu: expected a whole number from 0 to 1024, got string",
        ),
        ("cpu = \n", ":1: "),
        (
            "[[pool]]\nurl = \"bar://h:1\"\nuser = \"w\"\n",
            ":2: unknown scheme \"bar\"",
        ),
        (
            "[[pool]]\nurl = \"stratum+tcp://h:1\"\n",
            ":2: pool stratum+tcp://h:1 has no user",
        ),
        (
            "[[board]]\nmodel = \"nonsense\"\nport = \"x\"\n",
            ":1 [[board]] nonsense: there is no board model",
        ),
    ] {
        let path = file(folder.path(), text);
        let (status, said) = fails(&["--config", &path]);
        assert_eq!(status, 78, "{text}: {said}");
        assert!(
            said.contains(&format!("{path}{expected}")),
            "{expected} in {said}"
        );
    }
    let (status, said) = fails(&["--config", "/nonexistent/midstate.toml"]);
    assert_eq!(status, 66, "{said}");
    assert!(
        said.starts_with("error: --config: cannot read /nonexistent/midstate.toml: "),
        "{said}"
    );
}

#[test]
fn a_bad_variable_ends_with_status_78() {
    let output = midstate_with(&["config"], &[("MIDSTATE_CPU", "-1")]);
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).starts_with("error: MIDSTATE_CPU: expected"));
}

#[test]
fn the_effective_settings_and_their_origins_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "hotplug = 9\nshare-timeout = 9\n");
    let words = ["config", "--print", "--config", &path, "--hotplug", "8"];
    let output = midstate_with(&words, &[("MIDSTATE_CPU", "1")]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for line in [
        "hotplug = 8  # --hotplug".to_owned(),
        format!("share-timeout = 9  # {path}:2"),
        "cpu = 1  # MIDSTATE_CPU".to_owned(),
        "no-job-timeout = 120  # default".to_owned(),
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} in\n{text}");
    }
}

#[test]
fn a_password_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        folder.path(),
        "proxy = \"socks5://me:hunter2@h\"\n[[pool]]\nurl = \"stratum+tcp://w:hunter2@h:1\"\n",
    );
    let url = "stratum+tcp://w:hunter2@h:1";
    for words in [
        &["config", "--config", &path][..],
        &["config", "-d", "--log", "x", "--config", &path],
        &["config", "-o", url, "-p", "hunter2"],
        &["config", "-o", url, "-p", "hunter2", "--cpu", "x"],
        &["config", "-O", "hunter2"],
        &["config", "-o", "foo://w:hunter2@h:1"],
        &["config", "-o", "stratum+tcp://w:hunter2@h:99999"],
        &["config", "-o", "stratum+tcp://w:hunter2@"],
        &["config", "--proxy", "socks5://me:hunter2@h:99999"],
        &["pool", "-p", "hunter2"],
        &["pool", "-O", "hunter2"],
    ] {
        let output = midstate_with(words, &[("MIDSTATE_PASS", "hunter2")]);
        let said = stdout(&output) + &stderr(&output);
        assert!(
            !said.is_empty() && !said.contains("hunter2"),
            "{words:?}: {said}"
        );
    }
}

#[test]
fn without_a_pool_mining_says_how_to_name_one() {
    let (status, text) = fails(&["--cpu", "1"]);
    assert_eq!(status, 2, "{text}");
    assert!(
        text.starts_with("error: no pool is configured\nhint: "),
        "{text}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = env!("CARGO_BIN_EXE_midstate");
    let script = format!("'{program}' config | true; exit ${{PIPESTATUS[0]}}");
    let status = Command::new("bash").args(["-c", &script]).status().unwrap();
    assert!(status.success());
}
