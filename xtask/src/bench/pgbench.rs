//! What Postgres itself reaches here: one durable check-in as one statement, without a service.
//!
//! Every goal for check-ins is a ratio to this figure, taken in the same run. The tables are
//! the service's in short: the same three rows written, the same two looked up.

use anyhow::{Context, Result, bail};

use crate::servers::Postgres;
use crate::workspace;

const TABLES: &str = include_str!("pgbench-tables.sql");
const CHECK_IN: &str = include_str!("pgbench.sql");

const CLIENTS: u32 = 8;
const ROUNDS: u32 = 3;

/// How pgbench sends its statement. It matters as much as the disk: planning the statement
/// anew each time takes about half of the time of a check-in.
#[derive(Clone, Copy)]
pub enum Protocol {
    /// pgbench's default, and the unit in which our goals are stated.
    Simple,
    /// Planned once per connection, as our own driver does it: the harder figure to beat.
    Prepared,
}

/// Makes the tables, with the whole country's members in one committee.
pub fn prepare(postgres: &Postgres) -> Result<()> {
    let script = write("pgbench-tables.sql", TABLES)?;
    let psql = postgres.client("psql");
    workspace::output(
        psql.command()
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f"])
            .arg(script),
    )?;
    Ok(())
}

/// Check-ins a second, one figure per round. Each is counted by the rows that are there.
pub fn check_ins_per_second(
    postgres: &Postgres,
    protocol: Protocol,
    seconds: u32,
) -> Result<Vec<f64>> {
    (0..ROUNDS)
        .map(|_| one_round(postgres, protocol, seconds))
        .collect()
}

fn one_round(postgres: &Postgres, protocol: Protocol, seconds: u32) -> Result<f64> {
    let protocol = match protocol {
        Protocol::Simple => "--protocol=simple",
        Protocol::Prepared => "--protocol=prepared",
    };
    let script = write("pgbench.sql", CHECK_IN)?;
    let before = rows(postgres)?;
    let report = workspace::output(
        postgres
            .client("pgbench")
            .command()
            .args(["--no-vacuum", protocol, "--jobs=2"])
            .args(["-c", &CLIENTS.to_string(), "-T", &seconds.to_string(), "-f"])
            .arg(script)
            .arg("postgres"),
    )?;
    let written = rows(postgres)? - before;

    let sent: f64 = figure(&report, "number of transactions actually processed: ")?;
    // Two random numbers meet again now and then; nearly all must be new, or we time nothing.
    if written < sent * 0.99 {
        bail!("of {sent} check-ins only {written} were written");
    }
    Ok(figure::<f64>(&report, "tps = ")? * written / sent)
}

fn rows(postgres: &Postgres) -> Result<f64> {
    let psql = postgres.client("psql");
    let count = "select count(*) from checkin";
    workspace::output(
        psql.command()
            .args(["-X", "-A", "-t", "-d", "postgres", "-c", count]),
    )?
    .parse()
    .context("counting the check-ins")
}

fn write(name: &str, text: &str) -> Result<std::path::PathBuf> {
    let folder = workspace::target().join("xtask");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(name);
    std::fs::write(&file, text)?;
    Ok(file)
}

/// The number behind `label` in pgbench's report.
fn figure<T: std::str::FromStr>(report: &str, label: &str) -> Result<T> {
    report
        .lines()
        .find_map(|line| {
            line.strip_prefix(label)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .with_context(|| format!("pgbench reported no {label:?}:\n{report}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "\
transaction type: check_in.sql
number of transactions actually processed: 51234
number of failed transactions: 0 (0.000%)
latency average = 1.561 ms
initial connection time = 12.345 ms
tps = 5123.456789 (without initial connection time)
";

    #[test]
    fn the_rate_is_read_from_the_report() {
        let rate: f64 = figure(REPORT, "tps = ").unwrap();

        assert!((rate - 5_123.456_789).abs() < 1e-6);
    }

    #[test]
    fn a_report_without_a_rate_is_shown_whole() {
        let error = figure::<f64>("connection refused", "tps = ").unwrap_err();

        assert!(error.to_string().contains("connection refused"));
    }
}
