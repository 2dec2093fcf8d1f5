//! `cargo xtask bench`: the figures of this machine, measured in one run and printed as a table.
//!
//! Absolute figures drift between machines; the ratio to pgbench within one run is what counts.

mod pgbench;
mod service;

use anyhow::{Context, Result, bail};

use self::pgbench::Protocol;
use crate::servers::Servers;
use crate::{dist, tools};

const ROUNDS: usize = 5;

/// How long to measure.
#[derive(Debug, PartialEq)]
pub struct Request {
    /// The length of one round of load.
    pub seconds: u32,
}

impl Request {
    /// Reads `[--seconds N]`.
    pub fn read(arguments: &[String]) -> Result<Self> {
        match arguments {
            [] => Ok(Self { seconds: 10 }),
            [flag, seconds] if flag == "--seconds" => {
                let seconds = seconds.parse().context("--seconds takes a whole number")?;
                Ok(Self { seconds })
            }
            other => bail!("bench does not know {other:?}"),
        }
    }
}

/// Measures everything and prints the table.
pub fn run(request: &Request) -> Result<()> {
    let programs = tools::servers()?;
    let binary = dist::build()?;
    let mut table = Table::default();

    let size = std::fs::metadata(&binary)?.len();
    table.row("binary", format!("{:.1} MB", megabytes(size)));

    let idle = service::idle(&binary, ROUNDS)?;
    table.row("cold start to ready", spread(&idle.starts_ms, "ms"));
    table.row(
        "memory at rest",
        idle.memory
            .map_or_else(unknown, |it| format!("{:.1} MB", megabytes(it))),
    );

    let servers = Servers::start(&programs)?;
    pgbench::prepare(&servers.postgres)?;
    for (name, protocol) in [
        ("pgbench, one statement, 8 clients", Protocol::Simple),
        ("pgbench, the same, prepared", Protocol::Prepared),
    ] {
        let rates = pgbench::check_ins_per_second(&servers.postgres, protocol, request.seconds)?;
        table.row(name, spread(&rates, "check-ins/s"));
    }

    table.print();
    Ok(())
}

/// Name and figure, in the order they were measured.
#[derive(Default)]
struct Table(Vec<(&'static str, String)>);

impl Table {
    fn row(&mut self, name: &'static str, figure: String) {
        eprintln!("xtask: {name}: {figure}");
        self.0.push((name, figure));
    }

    fn print(&self) {
        println!("\n| what | measured |\n|---|---|");
        for (name, figure) in &self.0 {
            println!("| {name} | {figure} |");
        }
    }
}

fn unknown() -> String {
    "not told by this system".to_owned()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes of programs, shown with one decimal"
)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

/// The median, and between which values it was found: the noise belongs to the figure.
fn spread(figures: &[f64], unit: &str) -> String {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.first(), sorted.get(sorted.len() / 2), sorted.last()) {
        (Some(least), Some(median), Some(most)) => {
            format!("{median:.0} {unit} ({least:.0} to {most:.0})")
        }
        _ => "not measured".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_comes_with_its_noise() {
        assert_eq!(spread(&[31.0, 12.2, 14.7], "ms"), "15 ms (12 to 31)");
        assert_eq!(spread(&[], "ms"), "not measured");
    }

    #[test]
    fn a_length_that_is_no_number_is_refused() {
        let arguments = ["--seconds".to_owned(), "ten".to_owned()];

        assert!(Request::read(&arguments).is_err());
        assert_eq!(Request::read(&[]).unwrap(), Request { seconds: 10 });
    }
}
