//! The scores: what `tests/src/bin/mass` measures, printed as it tells it.
//!
//! The committee and the ledger are measured on the embedded engine; the country stands in
//! PostgreSQL, beside the statement that it is compared with.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::pgbench;
use crate::servers::Postgres;
use crate::workspace;

const DATABASE: &str = "country";
/// Members with [`FACTS`] facts each, in one committee.
const MEMBERS: &str = "190";
const FACTS: &str = "50";
/// Entries of the ledger that is proved.
const ENTRIES: &str = "100000";
/// Facts of each member of the country.
const FACTS_OF_EACH: &str = "30";

/// The program that measures, built.
pub struct Mass(PathBuf);

impl Mass {
    /// Builds it like the service, whose crates it shares.
    pub fn build() -> Result<Self> {
        let build = ["build", "--release", "--locked", "--package", "tests"];
        workspace::run(workspace::cargo().args(build).args(["--bin", "mass"]))?;
        Ok(Self(workspace::target().join("release").join("mass")))
    }

    /// Measures all of it and returns a list to be pasted into `docs/performance.md`.
    pub fn measure(&self, postgres: &Postgres, country: u32) -> Result<String> {
        pgbench::sql(postgres, "postgres", &format!("create database {DATABASE}"))?;
        let url = postgres.url(DATABASE);
        let country = country.to_string();
        let runs: [&[&str]; 4] = [
            &["rules", MEMBERS, FACTS],
            &["committee", MEMBERS, FACTS],
            &["ledger", ENTRIES],
            &["country", &url, &country, FACTS_OF_EACH],
        ];
        let mut found = String::new();
        for run in runs {
            eprintln!("xtask: scores, {}", run[0]);
            let told = workspace::output(Command::new(&self.0).args(run))?;
            for line in told.lines() {
                found.push_str("* ");
                found.push_str(line);
                found.push('\n');
            }
        }
        Ok(found)
    }
}
