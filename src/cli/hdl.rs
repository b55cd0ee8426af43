//! `midstate hdl`: what the folder `hdl` offers, by its own scripts: simulate the core, check its sources, show the measured table.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{CliError, Context, Exit, say};
use crate::board::core::{RtlDevice, RtlSettings, Structure, sources};

/// What `hdl` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct HdlArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: HdlAction,
}

/// What `hdl` can do.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum HdlAction {
    /// Build the simulated core and run it for some clocks; mine on it with `midstate demo --board core-rtl`
    Sim(SimArgs),
    /// Measure configurations by place and route (minutes to an hour each); none: show the measured table
    Report(ReportArgs),
    /// Check the Verilog with Verilator and Icarus Verilog
    Lint,
}

/// What `hdl sim` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct SimArgs {
    /// 0: an unrolled pipeline; 1 to 64: a ring of so many rounds
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u32).range(0..=64))]
    pub stages: u32,
    /// 1 to 32: a rolled core of so many units instead
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u32).range(0..=32))]
    pub units: u32,
    /// How many cores
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=16))]
    pub cores: u32,
    /// How many clocks to run, to see how fast it is
    #[arg(long, value_name = "N", default_value = "1000000")]
    pub clocks: u64,
}

/// What `hdl report` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct ReportArgs {
    /// Configurations of hdl/report/configurations.json
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Seeds to try; the best counts
    #[arg(long, value_name = "N", default_value = "1")]
    pub seeds: u32,
}

/// Runs the action.
///
/// # Errors
/// A missing tool, or that the action failed.
pub fn run(args: &HdlArgs, context: &Context) -> Result<(), CliError> {
    match &args.action {
        HdlAction::Sim(sim) => simulate(sim, context),
        HdlAction::Report(report) => self::report(report),
        HdlAction::Lint => script(&folder()?.join("rtl/lint"), &[]),
    }
}

fn folder() -> Result<PathBuf, CliError> {
    sources().map_err(|error| CliError::new(Exit::Absent, error.to_string()))
}

fn simulate(args: &SimArgs, context: &Context) -> Result<(), CliError> {
    let settings =
        RtlSettings::with_clock(Structure::new(args.stages, args.units), args.cores, 1e6);
    let failed =
        |error: crate::board::core::RtlError| CliError::new(Exit::Unexpected, error.to_string());
    let mut device = RtlDevice::start(&settings).map_err(failed)?;
    let begun = std::time::Instant::now();
    device.run_for(args.clocks);
    let seconds = begun.elapsed().as_secs_f64();
    let rate = device.cycle() as f64 / seconds;
    if context.json {
        let result = serde_json::json!({"clocks": device.cycle(), "seconds": seconds, "clocks_per_second": rate});
        return say(&result.to_string());
    }
    say(&format!(
        "{} clocks in {seconds:.2} s: {:.2} million clocks a second; mine on it: midstate demo --board core-rtl,stages={},units={},cores={}",
        device.cycle(),
        rate / 1e6,
        args.stages,
        args.units,
        args.cores
    ))
}

fn report(args: &ReportArgs) -> Result<(), CliError> {
    let measure = folder()?.join("report/measure");
    if args.names.is_empty() {
        return script(&measure, &["--show".to_owned()]);
    }
    let mut words = vec!["--seeds".to_owned(), args.seeds.to_string()];
    words.extend(args.names.iter().cloned());
    script(&measure, &words)
}

/// Runs one of the folder's scripts to its end, its words on our own outputs.
fn script(program: &Path, words: &[String]) -> Result<(), CliError> {
    let status = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| {
            CliError::new(Exit::Absent, format!("cannot run {}", program.display())).because(error)
        })?;
    if status.success() {
        return Ok(());
    }
    let text = format!("{} failed ({status})", program.display());
    Err(CliError::new(Exit::Unexpected, text)
        .hint("what it said stands above; hdl/README.md lists the tools"))
}
