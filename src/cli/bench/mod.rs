//! `midstate bench`: how fast this machine hashes, kernel by kernel, beside the `sha2` crate in the same run.

mod contestant;
mod sampling;

use std::io::Write;
use std::num::NonZero;
use std::time::Duration;

use serde::Serialize;

pub use contestant::{Contestant, Run};
pub use sampling::{Rate, clock_rate, measure, median, thread_time};

use crate::algorithm;
use crate::units::Hashrate;

/// Measures how fast this machine hashes, kernel by kernel.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// How long to measure for one thread, and again for all threads.
    #[arg(long, value_name = "N", default_value = "2", value_parser = seconds)]
    pub seconds: f64,
    /// Write a JSON array instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// One line of the result.
#[derive(Debug, Clone, Serialize)]
struct Row {
    algorithm: &'static str,
    kernel: String,
    threads: usize,
    hashes_per_second: f64,
    /// To the row of kernel `sha2-midstate` with as many threads; of other algorithms to their first row, `plain`.
    ratio: f64,
}

/// Measures, and writes the table or the JSON to `out`.
///
/// # Errors
/// Those of `out`.
pub fn run(args: &BenchArgs, out: &mut dyn Write) -> std::io::Result<()> {
    let groups = groups();
    let time = Duration::from_secs_f64(args.seconds) / groups.len() as u32;
    let measured = |threads| {
        let rates = groups
            .iter()
            .map(move |group| measure(group, threads, time));
        rates.flat_map(|rates| rows(&rates))
    };
    let rows: Vec<Row> = thread_counts().into_iter().flat_map(measured).collect();
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &rows)?;
        return writeln!(out);
    }
    write_table(&rows, out)
}

/// The contestants of each algorithm.
fn groups() -> Vec<Vec<Contestant>> {
    let others = algorithm::all().filter(|algorithm| algorithm.name() != "sha256d");
    let groups = std::iter::once(Contestant::all()).chain(others.map(Contestant::of));
    groups.filter(|group| !group.is_empty()).collect()
}

/// One, and as many as the machine runs at once.
fn thread_counts() -> Vec<usize> {
    let all = std::thread::available_parallelism().map_or(1, NonZero::get);
    if all == 1 { vec![1] } else { vec![1, all] }
}

/// `rates` against the first of them, the yardstick.
fn rows(rates: &[Rate]) -> Vec<Row> {
    let yardstick = rates.first().map_or(1.0, |rate| rate.hashes_per_second);
    rates
        .iter()
        .map(|rate| Row {
            algorithm: rate.algorithm,
            kernel: rate.name.clone(),
            threads: rate.threads,
            hashes_per_second: rate.hashes_per_second,
            ratio: rate.hashes_per_second / yardstick,
        })
        .collect()
}

fn write_table(rows: &[Row], out: &mut dyn Write) -> std::io::Result<()> {
    let names = rows.iter().map(|row| row.kernel.len()).max().unwrap_or(0);
    writeln!(
        out,
        "algorithm   {:<names$}  threads     hashrate  ratio to the algorithm's first row",
        "kernel"
    )?;
    for row in rows {
        writeln!(
            out,
            "{:<10}  {:<names$}  {:>7}  {:>11}  {:.2}",
            row.algorithm,
            row.kernel,
            row.threads,
            Hashrate::new(row.hashes_per_second),
            row.ratio,
        )?;
    }
    Ok(())
}

fn seconds(text: &str) -> Result<f64, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| format!("{text:?} is no number of seconds"))?;
    if (0.01..=3600.0).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{value} s is out of bounds: choose 0.01 to 3600"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(json: bool) -> String {
        let mut out = Vec::new();
        run(
            &BenchArgs {
                seconds: 0.01,
                json,
            },
            &mut out,
        )
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_an_array_with_a_yardstick_for_each_number_of_threads() {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&output(true)).unwrap();
        for threads in thread_counts() {
            let yardstick = rows
                .iter()
                .find(|row| row["kernel"] == "sha2-midstate" && row["threads"] == threads)
                .unwrap();
            assert_eq!(yardstick["ratio"], 1.0);
            assert_eq!(yardstick["algorithm"], "sha256d");
        }
        assert!(rows.iter().any(|row| row["kernel"] == "portable"));
        let scrypt: Vec<_> = rows
            .iter()
            .filter(|row| row["algorithm"] == "scrypt")
            .collect();
        assert!(
            scrypt.len() > 2 && scrypt[0]["kernel"] == "plain",
            "{scrypt:?}"
        );
        assert!(
            rows.iter()
                .all(|row| row["hashes_per_second"].as_f64() > Some(0.0))
        );
    }

    #[test]
    fn the_table_has_a_line_a_row() {
        let table = output(false);
        assert!(table.starts_with("algorithm"), "{table}");
        assert!(
            table
                .lines()
                .any(|line| line.contains("sha2-midstate") && line.ends_with("1.00")),
            "{table}"
        );
    }

    #[test]
    fn seconds_out_of_bounds_are_refused() {
        assert_eq!(seconds("0.5"), Ok(0.5));
        assert!(seconds("0").is_err() && seconds("nan").is_err() && seconds("x").is_err());
    }
}
