//! `cargo xtask test`: every test on the embedded engine, other people's WeChat clients against our
//! simulator, then the outside tests on real servers.
//!
//! The embedded half is `SQLite` and the in-process cache; the service half is Postgres and
//! Redis, started here. A half that could not run fails the whole: `SQLite` hides races, so a
//! green run without Postgres would say too much.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::clients;
use crate::rehearse;
use crate::servers::Servers;
use crate::tools::{self, ServerPrograms};
use crate::workspace;

/// nextest's exit code for tests that do not compile.
const BUILD_FAILED: i32 = 101;
/// nextest's exit code for a run that selected no test.
const NO_TESTS: i32 = 4;

/// What the developer wants tested.
#[derive(Debug, Default, PartialEq)]
pub struct Request {
    /// Leave out the service half.
    pub embedded_only: bool,
    /// Run nothing but other people's clients.
    pub clients_only: bool,
    /// Passed on to nextest: names of tests, filter expressions, options.
    pub filter: Vec<String>,
}

impl Request {
    /// Reads `[--embedded | --clients] [-- FILTER]`.
    pub fn read(arguments: &[String]) -> Result<Self> {
        let mut request = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--embedded" => request.embedded_only = true,
                "--clients" => request.clients_only = true,
                "--" => request.filter = rest.by_ref().cloned().collect(),
                unknown => {
                    bail!("test does not know {unknown:?}; a filter goes behind `--`")
                }
            }
        }
        if request.clients_only && (request.embedded_only || !request.filter.is_empty()) {
            bail!("--clients runs nothing but the clients, and all of them");
        }
        Ok(request)
    }
}

/// Runs what was asked for and prints which halves ran, passed or not.
pub fn run(request: &Request) -> Result<()> {
    tools::nextest()?;
    if request.clients_only {
        return summarise(request, &[foreign_clients()]);
    }
    // Looked for first: a missing server should not cost a full run to find out.
    let programs = if request.embedded_only {
        None
    } else {
        Some(tools::servers()?)
    };

    let mut parts = vec![embedded_half(request)];
    let compiles = !matches!(parts[0].outcome, Outcome::Failed { code: BUILD_FAILED });
    if compiles && request.filter.is_empty() {
        parts.push(doc_tests());
        parts.push(foreign_clients());
        parts.push(alert_rules());
    }
    match programs {
        Some(programs) if compiles => {
            parts.push(service_half(request, &programs));
            if request.filter.is_empty() {
                parts.push(rehearsals());
            }
        }
        Some(_) => parts.push(Part::not_run(SERVICE, "the tests do not compile")),
        None => {}
    }
    summarise(request, &parts)
}

const EMBEDDED: &str = "embedded half (SQLite, cache in process)";
const DOCS: &str = "examples in the documentation";
const CLIENTS: &str = "other people's clients (wechatpy, node-easywechat)";
const RULES: &str = "alert rules (promtool)";
const REHEARSALS: &str = "rehearsals (restore to a moment, failover)";
const SERVICE: &str = "service half (PostgreSQL, Redis)";

/// One part of the run and what became of it.
struct Part {
    name: &'static str,
    outcome: Outcome,
    tests: Counts,
    took: Duration,
}

enum Outcome {
    Passed,
    Failed { code: i32 },
    NotRun { reason: String },
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    passed: u32,
    failed: u32,
}

impl Part {
    fn not_run(name: &'static str, reason: impl Into<String>) -> Self {
        let outcome = Outcome::NotRun {
            reason: reason.into(),
        };
        Self {
            name,
            outcome,
            tests: Counts::default(),
            took: Duration::ZERO,
        }
    }

    fn has_passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { passed, failed } = self.tests;
        write!(f, "{}: ", self.name)?;
        match &self.outcome {
            Outcome::Passed if self.tests == Counts::default() => write!(f, "passed")?,
            Outcome::Passed => write!(f, "passed, {passed} tests")?,
            Outcome::Failed { code: BUILD_FAILED } => write!(f, "DOES NOT COMPILE")?,
            Outcome::Failed { code: NO_TESTS } => write!(f, "FAILED, no test was selected")?,
            Outcome::Failed { code } => {
                write!(
                    f,
                    "FAILED, {passed} tests passed, {failed} failed (exit code {code})"
                )?;
            }
            Outcome::NotRun { reason } => return write!(f, "NOT RUN, {reason}"),
        }
        write!(f, ", {} s", self.took.as_secs())
    }
}

fn embedded_half(request: &Request) -> Part {
    let mut nextest = workspace::cargo();
    nextest
        .args(["nextest", "run", "--workspace"])
        .args(&request.filter)
        .env("XINGDONG_TEST_ENGINE", "embedded")
        .env_remove("XINGDONG_TEST_POSTGRES_URL")
        .env_remove("XINGDONG_TEST_REDIS_URL");
    run_nextest(EMBEDDED, &mut nextest)
}

fn doc_tests() -> Part {
    let began = Instant::now();
    let mut cargo = workspace::cargo();
    // nextest runs no doc tests; cargo's own report of them is long, and says enough here.
    let outcome = match workspace::exit_code(cargo.args(["test", "--doc", "--workspace", "-q"])) {
        Ok(0) => Outcome::Passed,
        Ok(code) => Outcome::Failed { code },
        Err(error) => Outcome::NotRun {
            reason: format!("{error:#}"),
        },
    };
    Part {
        name: DOCS,
        outcome,
        tests: Counts::default(),
        took: began.elapsed(),
    }
}

/// Unmodified clients from `PyPI` and npm: without them, simulator and client could agree on the
/// same mistake.
fn foreign_clients() -> Part {
    let folder = match clients::installed() {
        Ok(folder) => folder,
        Err(error) => return Part::not_run(CLIENTS, format!("{error:#}")),
    };
    let mut nextest = workspace::cargo();
    nextest
        // The whole workspace for the same reason as in the service half. Nobody else runs these
        // tests (`test = false`), since they need what was just installed.
        .args(["nextest", "run", "--workspace", "--test", "clients"])
        .env("XINGDONG_TEST_CLIENTS", folder);
    run_nextest(CLIENTS, &mut nextest)
}

/// Read by Prometheus' own tool, and run against days that went well and days that did not.
fn alert_rules() -> Part {
    let began = Instant::now();
    let folder = workspace::root().join("docs/operate/prometheus");
    let promtool = match tools::promtool() {
        Ok(promtool) => promtool,
        Err(error) => return Part::not_run(RULES, format!("{error:#}")),
    };
    let asked = [
        ["check", "rules", "alerts.yaml"],
        ["test", "rules", "alerts-test.yaml"],
    ];
    let mut outcome = Outcome::Passed;
    for words in asked {
        let mut command = Command::new(&promtool);
        match workspace::exit_code(command.args(words).current_dir(&folder)) {
            Ok(0) => {}
            Ok(code) => outcome = Outcome::Failed { code },
            Err(error) => return Part::not_run(RULES, format!("{error:#}")),
        }
    }
    Part {
        name: RULES,
        outcome,
        tests: Counts::default(),
        took: began.elapsed(),
    }
}

fn service_half(request: &Request, programs: &ServerPrograms) -> Part {
    let servers = match Servers::start(programs) {
        Ok(servers) => servers,
        Err(error) => return Part::not_run(SERVICE, format!("{error:#}")),
    };
    if let (Ok(postgres), Ok(redis)) = (servers.postgres.version(), servers.redis.version()) {
        eprintln!("xtask: PostgreSQL {postgres} and Redis {redis} are ready");
    }
    let mut nextest = workspace::cargo();
    nextest
        // The whole workspace with one test target, and not the package alone: another selection
        // would unify features differently and compile everything once more.
        .args(["nextest", "run", "--workspace", "--test", "it"])
        .args(&request.filter)
        .envs(servers.environment());
    let part = run_nextest(SERVICE, &mut nextest);
    if !part.has_passed() || !request.filter.is_empty() {
        return part;
    }
    match servers_were_used(&servers) {
        Ok(()) => part,
        Err(error) => Part::not_run(SERVICE, format!("{error:#}")),
    }
}

/// What the runbook promises of a database that is lost.
fn rehearsals() -> Part {
    let began = Instant::now();
    let outcome = match rehearse::run(&[]) {
        Ok(()) => Outcome::Passed,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            Outcome::Failed { code: 1 }
        }
    };
    Part {
        name: REHEARSALS,
        outcome,
        tests: Counts::default(),
        took: began.elapsed(),
    }
}

/// Tests that fall back to `SQLite` would be green without having tested anything new.
fn servers_were_used(servers: &Servers) -> Result<()> {
    let (sessions, connections) = (servers.postgres.sessions()?, servers.redis.connections()?);
    eprintln!(
        "xtask: the tests opened {sessions} sessions at PostgreSQL and {connections} connections \
         to Redis"
    );
    if sessions == 0 {
        bail!("the tests passed without speaking to PostgreSQL");
    }
    if connections == 0 {
        bail!("the tests passed without speaking to Redis");
    }
    Ok(())
}

fn run_nextest(name: &'static str, nextest: &mut Command) -> Part {
    let began = Instant::now();
    let report = junit_report();
    // Without this, a run that ends early would be credited with the last run's tests.
    let _ = std::fs::remove_file(&report);
    let outcome = match workspace::exit_code(nextest) {
        Ok(0) => Outcome::Passed,
        Ok(code) => Outcome::Failed { code },
        Err(error) => Outcome::NotRun {
            reason: format!("{error:#}"),
        },
    };
    let tests = std::fs::read_to_string(&report)
        .ok()
        .and_then(|report| read_counts(&report))
        .unwrap_or_default();
    Part {
        name,
        outcome,
        tests,
        took: began.elapsed(),
    }
}

/// Written by nextest because `.config/nextest.toml` says so.
fn junit_report() -> PathBuf {
    workspace::target()
        .join("nextest")
        .join("default")
        .join("junit.xml")
}

/// The totals stand in the attributes of the first element; the rest need not be understood.
fn read_counts(report: &str) -> Option<Counts> {
    let (_, rest) = report.split_once("<testsuites ")?;
    let (attributes, _) = rest.split_once('>')?;
    let number = |name: &str| -> Option<u32> {
        let (_, value) = attributes.split_once(&format!("{name}=\""))?;
        value.split_once('"')?.0.parse().ok()
    };
    let failed = number("failures")? + number("errors")?;
    Some(Counts {
        passed: number("tests")?.checked_sub(failed)?,
        failed,
    })
}

fn summarise(request: &Request, parts: &[Part]) -> Result<()> {
    println!("\n== cargo xtask test ==");
    for part in parts {
        println!("{part}");
    }
    if request.embedded_only {
        println!("{SERVICE}: LEFT OUT, as asked; CI runs it");
    }
    let passed: u32 = parts.iter().map(|part| part.tests.passed).sum();
    let failed: u32 = parts.iter().map(|part| part.tests.failed).sum();
    println!("{passed} passed, {failed} failed");

    let red: Vec<&str> = parts
        .iter()
        .filter(|part| !part.has_passed())
        .map(|part| part.name)
        .collect();
    if !red.is_empty() {
        bail!("not green: {}", red.join("; "));
    }
    if passed == 0 {
        bail!("green, but no test is known to have run");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_follows_two_dashes_is_for_nextest() {
        let request = Request::read(&words("--embedded -- checkin --no-capture")).unwrap();

        assert!(request.embedded_only);
        assert_eq!(request.filter, words("checkin --no-capture"));
    }

    #[test]
    fn a_filter_without_two_dashes_is_refused_rather_than_ignored() {
        let refusal = Request::read(&words("checkin")).unwrap_err();

        assert!(refusal.to_string().contains("behind `--`"));
    }

    #[test]
    fn the_clients_alone_take_no_filter() {
        let request = Request::read(&words("--clients")).unwrap();
        assert!(request.clients_only);

        let refusal = Request::read(&words("--clients -- checkin")).unwrap_err();
        assert!(refusal.to_string().contains("nothing but the clients"));
    }

    #[test]
    fn the_counts_are_read_from_the_head_of_the_report() {
        let report = r#"<?xml version="1.0"?>
            <testsuites name="nextest-run" tests="12" failures="2" errors="1" time="0.1">
                <testsuite name="it" tests="99" failures="0" errors="0"></testsuite>
            </testsuites>"#;

        assert_eq!(
            read_counts(report),
            Some(Counts {
                passed: 9,
                failed: 3
            })
        );
    }

    #[test]
    fn a_report_without_counts_is_no_report() {
        assert_eq!(read_counts("<testsuites name=\"nextest-run\">"), None);
    }
}
