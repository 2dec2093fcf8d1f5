//! The scores: what `tests/src/bin/mass` measures, printed as it tells it.
//!
//! The committee and the ledger are measured on the embedded engine; the country stands in
//! PostgreSQL, beside the statement that it is compared with.

use std::process::Command;

use anyhow::Result;

use super::Section;
use super::pgbench;
use super::programs::Programs;
use super::request::Request;
use crate::servers::Servers;
use crate::workspace;

const DATABASE: &str = "country";
/// Members with [`FACTS`] facts each, in one committee.
const MEMBERS: &str = "190";
const FACTS: &str = "50";
/// Entries of the ledger that is proved.
const ENTRIES: &str = "100000";
/// Facts of each member of the country.
const FACTS_OF_EACH: &str = "30";

/// Measures all of it.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let postgres = &servers.postgres;
    let country = request.country.unwrap_or(60_000).to_string();
    pgbench::sql(postgres, "postgres", &format!("create database {DATABASE}"))?;
    let url = postgres.url(DATABASE);
    let runs: [&[&str]; 4] = [
        &["rules", MEMBERS, FACTS],
        &["committee", MEMBERS, FACTS],
        &["ledger", ENTRIES],
        &["country", &url, &country, FACTS_OF_EACH],
    ];
    let mut found = Vec::new();
    for run in runs {
        eprintln!("xtask: scores, {}", run[0]);
        let told = workspace::output(Command::new(&programs.mass).args(run))?;
        found.extend(told.lines().map(str::to_owned));
    }
    let json: Vec<_> = found.iter().map(|line| format!("{line:?}")).collect();
    Ok(Section {
        markdown: format!("* {}\n", found.join("\n* ")),
        json: format!("[{}]", json.join(", ")),
    })
}
