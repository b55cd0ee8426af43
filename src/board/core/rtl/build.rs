//! Finds the RTL's sources and builds the Verilated program, unless a program of the same sources and parameters is there.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::{env, fs, io};

use super::{RtlError, RtlSettings};

static BUILDING: Mutex<()> = Mutex::new(());

/// Files beside the sources that no simulation is made of.
const NOT_SIMULATED: [&str; 5] = [
    "ops_ecp5.v",
    "ops_gowin.v",
    "ops_ice40.v",
    "ops_on_chain.vh",
    "lint",
];

/// Lines of a failed build that are shown.
const LAST_LINES: usize = 6;

/// The program of these parameters, built if need be.
pub(super) fn program(settings: &RtlSettings) -> Result<PathBuf, RtlError> {
    let hdl = sources()?;
    let name = format!("{}-{:016x}", settings.name(), fingerprint(&hdl)?);
    let folder = builds(&hdl).join(name);
    let program = folder.join("core-rtl");
    // A program that two of our own boards want is built once.
    let _one_build = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    if !program.is_file() {
        build(&hdl, &folder, settings)?;
    }
    Ok(program)
}

/// The folder `hdl`: where MIDSTATE_HDL says, in the current folder, or where midstate was built.
///
/// # Errors
/// [`RtlError::NoSources`].
pub fn sources() -> Result<PathBuf, RtlError> {
    let built_at = Path::new(env!("CARGO_MANIFEST_DIR")).join("hdl");
    let told = env::var_os("MIDSTATE_HDL").map(PathBuf::from);
    let places = match &told {
        Some(told) => vec![told.clone()],
        None => vec![PathBuf::from("hdl"), built_at.clone()],
    };
    let found = places
        .into_iter()
        .find(|place| place.join("rtl/files.txt").is_file());
    found.ok_or_else(|| RtlError::NoSources(told.unwrap_or(built_at)))
}

/// Where builds are kept: the target folder, where there is one beside `hdl`; else the user's cache or the temporary folder.
fn builds(hdl: &Path) -> PathBuf {
    let target = hdl.parent().unwrap_or(hdl).join("target");
    let cache = || env::var_os("HOME").map(|home| Path::new(&home).join(".cache/midstate"));
    let base = if target.is_dir() {
        target
    } else {
        cache().unwrap_or_else(env::temp_dir)
    };
    base.join("hdl/sim")
}

/// A number that changes with every source, and with the processor: the program is made of its instructions.
fn fingerprint(hdl: &Path) -> Result<u64, RtlError> {
    let failed = RtlError::io("reading the sources of the core");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["rtl", "sim"] {
        for entry in fs::read_dir(hdl.join(folder)).map_err(&failed)? {
            files.push(entry.map_err(&failed)?.path());
        }
    }
    files.retain(|file| file.is_file() && !NOT_SIMULATED.iter().any(|name| file.ends_with(name)));
    files.sort();
    let mut hasher = DefaultHasher::new();
    processor().hash(&mut hasher);
    for file in files {
        file.file_name().hash(&mut hasher);
        fs::read(&file).map_err(&failed)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// What the processor can do, as far as the system says.
fn processor() -> Option<String> {
    let told = fs::read_to_string("/proc/cpuinfo").ok()?;
    let mut lines = told.lines();
    let features = lines.find(|line| line.starts_with("flags") || line.starts_with("Features"))?;
    Some(features.to_owned())
}

/// Builds into a folder of this process, which then takes the place of `folder`: two builds at once do not meet.
fn build(hdl: &Path, folder: &Path, settings: &RtlSettings) -> Result<(), RtlError> {
    for tool in ["verilator", "make", "g++"] {
        if !is_installed(tool) {
            return Err(RtlError::NoTool(tool));
        }
    }
    tracing::info!(parameters = %settings.name(), "building the simulated core, which takes up to a minute");
    let own = folder.with_extension(format!("{}-{}", std::process::id(), unique()));
    let output = Command::new(hdl.join("sim/build"))
        .arg(&own)
        .args(parameters(settings))
        .stdin(Stdio::null())
        .output()
        .map_err(RtlError::io("starting hdl/sim/build"))?;
    if !output.status.success() {
        let _ = fs::remove_dir_all(&own);
        return Err(RtlError::Build(last_lines(&output.stderr)));
    }
    settle(&own, folder).map_err(RtlError::io("keeping the built simulation"))
}

/// Moves the finished build where it is looked for. When somebody else was faster, theirs is as good.
fn settle(own: &Path, folder: &Path) -> io::Result<()> {
    match fs::rename(own, folder) {
        Err(_) if folder.join("core-rtl").is_file() => fs::remove_dir_all(own),
        other => other,
    }
}

/// A number that no other build of this process has.
fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn parameters(settings: &RtlSettings) -> [String; 7] {
    [
        settings.clock_hz,
        settings.baud,
        settings.structure.stages(),
        settings.structure.units(),
        settings.cores,
        u32::from(settings.icarus),
        settings.icarus_zero_bits,
    ]
    .map(|number| number.to_string())
}

fn is_installed(tool: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(AsRef::<OsStr>::as_ref(&path)).any(|folder| folder.join(tool).is_file())
}

fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LAST_LINES);
    crate::units::printable(&lines[from..].join(" | "), 600)
}
