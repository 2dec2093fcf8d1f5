//! `cargo xtask bench`: the figures of this machine, measured in one run and printed as tables.
//!
//! Absolute figures drift between machines; the ratio to pgbench within one run is what counts.
//! So all that is compared is measured in turns, round after round, and the medians are told
//! with their noise.

mod figures;
pub mod load;
mod machine;
mod pgbench;
mod report;
mod scores;
pub mod service;

use anyhow::{Context, Result, bail};

use self::figures::Figures;
use self::load::Loader;
use self::machine::Machine;
use self::pgbench::{Guests, KINDS};
use self::report::{Load, Report};
use self::scores::Mass;
use self::service::Service;
use crate::servers::{Postgres, Servers};
use crate::{dist, tools, workspace};

const STARTS: usize = 7;
const CONNECTIONS: [u32; LEVELS as usize] = [1, 16, 64];
const LEVELS: u32 = 3;
const DATABASE: &str = "service";

/// How much to measure.
#[derive(Debug, PartialEq)]
pub struct Request {
    /// The length of one run of load.
    seconds: u32,
    /// How many come to one activity; a run ends when all are in.
    members: u32,
    /// How often everything takes its turn.
    rounds: u32,
    /// How many members the country has whose scores are computed.
    country: u32,
    /// Whether only scores are measured.
    only_scores: bool,
}

impl Request {
    /// Reads `[scores] [--seconds N] [--members N] [--rounds N] [--country N]`.
    pub fn read(arguments: &[String]) -> Result<Self> {
        let mut request = Self {
            seconds: 5,
            members: 12_000,
            rounds: 3,
            country: 60_000,
            only_scores: arguments.first().is_some_and(|word| word == "scores"),
        };
        let sizes = &arguments[usize::from(request.only_scores)..];
        for pair in sizes.chunks(2) {
            let [flag, number] = pair else {
                bail!("{} takes a number", pair[0]);
            };
            let number = number
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .with_context(|| format!("{flag} takes a whole number above 0"))?;
            match flag.as_str() {
                "--seconds" => request.seconds = number,
                "--members" => request.members = number,
                "--rounds" => request.rounds = number,
                "--country" => request.country = number,
                other => bail!("bench does not know {other:?}"),
            }
        }
        Ok(request)
    }

    /// Each run of load has an activity of its own.
    fn activities(&self) -> u32 {
        self.rounds * LEVELS
    }
}

/// Measures everything, prints the tables and writes `target/xtask/bench.json`.
pub fn run(request: &Request) -> Result<()> {
    let programs = tools::servers()?;
    if request.only_scores {
        let mass = Mass::build()?;
        let servers = Servers::start(&programs)?;
        println!("{}\n", Machine::look()?.line());
        println!("{}", mass.measure(&servers.postgres, request.country)?);
        return Ok(());
    }
    let binary = dist::build()?;
    let mass = Mass::build()?;
    let loader = Loader::build()?;
    let machine = Machine::look()?;
    let idle = Service::on_sqlite(&binary, "idle")?.idle(STARTS)?;

    let servers = Servers::start(&programs)?;
    let mut report = Report {
        machine,
        binary: std::fs::metadata(&binary)?.len(),
        idle,
        loads: Vec::new(),
        peaks: Vec::new(),
        pgbench: KINDS.map(|kind| (kind, Figures::default())).into(),
    };
    eprintln!("xtask: writing the members and their activities");
    let services = [
        Service::on_sqlite(&binary, "sqlite")?,
        on_postgres(&binary, &servers.postgres)?,
    ];
    for service in &services {
        loader.prepare(service, request.members, request.activities())?;
    }
    pgbench::sql(&servers.postgres, DATABASE, "vacuum analyze")?;
    measure(request, &loader, &services, &servers.postgres, &mut report)?;
    for service in &services {
        service.verify()?;
    }
    let scores = mass.measure(&servers.postgres, request.country)?;

    let file = workspace::target().join("xtask").join("bench.json");
    std::fs::write(&file, report.json())?;
    println!("{}\n{scores}", report.markdown());
    eprintln!("xtask: every figure is in {}", file.display());
    Ok(())
}

fn on_postgres(binary: &std::path::Path, postgres: &Postgres) -> Result<Service> {
    pgbench::sql(postgres, "postgres", &format!("create database {DATABASE}"))?;
    Service::on_postgres(binary, "postgres", &postgres.url(DATABASE))
}

/// The rounds: services and pgbench take turns, so that a slow minute slows all of them.
fn measure(
    request: &Request,
    loader: &Loader,
    services: &[Service],
    postgres: &Postgres,
    report: &mut Report,
) -> Result<()> {
    let runs = request.rounds * u32::try_from(KINDS.len())?;
    let mut guests = Guests::invite(postgres, DATABASE, request.activities(), runs)?;
    let mut running = Vec::new();
    for service in services {
        running.push(service.start()?);
        report.loads.extend(CONNECTIONS.map(|connections| Load {
            engine: service.engine,
            connections,
            runs: Vec::new(),
        }));
    }
    for round in 0..request.rounds {
        eprintln!("xtask: round {} of {}", round + 1, request.rounds);
        let mut loads = report.loads.iter_mut();
        for (service, running) in services.iter().zip(&running) {
            // The next activity at each turn: nobody can check in twice.
            let activities = round * LEVELS..;
            for (load, activity) in loads.by_ref().take(CONNECTIONS.len()).zip(activities) {
                let connections = load.connections;
                let run = loader.run(service, running, activity, connections, request.seconds)?;
                eprintln!(
                    "xtask: {}, {connections} connections: {:.0} check-ins/s, p50 {:.2} ms, p99 {:.2} ms",
                    service.engine, run.rate, run.p50_ms, run.p99_ms,
                );
                load.runs.push(run);
            }
        }
        for (kind, rates) in &mut report.pgbench {
            let rate = guests.check_in(*kind)?;
            eprintln!("xtask: pgbench, {}: {rate:.0} check-ins/s", kind.name());
            rates.extend([rate]);
        }
    }
    for (service, running) in services.iter().zip(&running) {
        report.peaks.push((service.engine, running.peak_memory()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Request> {
        Request::read(&words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn sizes_can_be_chosen_in_any_order() {
        let request = read(&["--rounds", "1", "--members", "500"]).unwrap();

        assert_eq!(
            (request.rounds, request.members, request.seconds),
            (1, 500, 5)
        );
        assert_eq!(request.activities(), 3);
        assert!(!request.only_scores);
    }

    #[test]
    fn scores_can_be_measured_alone_and_for_a_whole_country() {
        let request = read(&["scores", "--country", "600000"]).unwrap();

        assert!(request.only_scores);
        assert_eq!(request.country, 600_000);
    }

    #[test]
    fn a_length_that_is_no_number_is_refused() {
        for words in [
            &["--seconds", "ten"][..],
            &["--seconds", "0"],
            &["--seconds"],
            &["--hours", "1"],
        ] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
