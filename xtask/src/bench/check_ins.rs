//! Check-ins: ours on both engines, and in turns with it what Postgres itself reaches (one
//! statement by pgbench, thousands of rows by COPY) and what a team would write instead.

use anyhow::{Context, Result};

use super::contest::{Contest, Unit};
use super::copy::Copies;
use super::figures::{Figures, Table, megabytes};
use super::load::{Drive, Loader};
use super::peers::{self, Peers, WAYS};
use super::pgbench::{Guests, KINDS, sql};
use super::programs::Programs;
use super::request::Request;
use super::service::Service;
use super::{Section, rounds};
use crate::servers::Servers;

const STARTS: usize = 7;
const LEVELS: [u32; 4] = [1, 16, 64, 256];
/// Over so many connections peers are asked, as ours is.
const PEER_LEVEL: u32 = 64;
/// The units of our goals.
const UNITS: [Unit; 3] = [
    (
        "pgbench, simple, best",
        &[
            "pgbench, plain, simple, 8 clients",
            "pgbench, plain, simple, 64 clients",
        ],
    ),
    (
        "pgbench, prepared",
        &["pgbench, plain, prepared, 8 clients"],
    ),
    (
        "the best peer",
        &[
            "FastAPI + asyncpg, one statement, 64 connections",
            "Fastify + pg, one statement, 64 connections",
        ],
    ),
];

/// Measures them.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let (seconds, rounds_wanted) = (request.seconds.unwrap_or(5), request.rounds.unwrap_or(3));
    let members = request.members.unwrap_or(30_000);
    let activities = rounds_wanted * 4;
    let (loader, peers) = (Loader::at(programs.load.clone()), Peers::install()?);
    let idle = Service::on_sqlite(&programs.xingdong, "idle")?.idle(STARTS)?;

    eprintln!("xtask: writing the members and their activities");
    let postgres = &servers.postgres;
    let services = [
        Service::on_sqlite(&programs.xingdong, "sqlite")?,
        Service::on_new(&programs.xingdong, postgres, "service")?,
    ];
    for service in &services {
        // One more, in which answers are compared.
        loader.prepare(&service.configuration_file(), members, activities + 1)?;
    }
    sql(postgres, "service", "vacuum analyze")?;
    sql(
        postgres,
        "postgres",
        "create database peers template service",
    )?;
    let others = Service::beside(&programs.xingdong, postgres, "peers")?.configuration_file();
    loader.peer(&others)?;
    let runs = rounds_wanted * u32::try_from(KINDS.len())?;
    let mut guests = Guests::invite(postgres, "pgbench", "service", activities, (runs, seconds))?;
    let mut copies = Copies::make(postgres, "pgbench", members, rounds_wanted)?;

    let running = services
        .iter()
        .map(Service::start)
        .collect::<Result<Vec<_>>>()?;
    for (service, running) in services.iter().zip(&running) {
        loader.answers(&service.configuration_file(), running, activities)?;
    }
    for way in WAYS {
        // Each is asked the same in the same state.
        for statement in [
            "drop database if exists peer_answers",
            "create database peer_answers template peers",
        ] {
            sql(postgres, "postgres", statement)?;
        }
        let config = Service::beside(&programs.xingdong, postgres, "peer_answers")?;
        let peer = peers.start(way, &postgres.url("peer_answers"))?;
        let answered = loader.answers(&config.configuration_file(), &peer, activities);
        peer.stop()?;
        answered.with_context(|| format!("{} answers otherwise than we do", peers::name(way)))?;
    }

    let drive = |connections| Drive {
        connections,
        seconds,
        rate: None,
    };
    let mut contest = Contest::default();
    for round in rounds(rounds_wanted) {
        for (service, running) in services.iter().zip(&running) {
            // The next activity at each turn: nobody can check in twice.
            for (activity, level) in (round * 4..).zip(LEVELS) {
                let config = service.configuration_file();
                let told = loader.run(&config, &[running], activity, drive(level))?;
                let name = format!("ours, {}, {level} connections", service.engine);
                contest.note(&name, told.written()?);
            }
        }
        for kind in KINDS {
            contest.note(&kind.name(), guests.check_in(kind)?);
        }
        contest.note("COPY, 5000 a commit, 2 writers", copies.check_in()?);
        for (activity, way) in (round * 4..).zip(WAYS) {
            let peer = peers.start(way, &postgres.url("peers"))?;
            let told = loader.run(&others, &[&peer], activity, drive(PEER_LEVEL))?;
            let name = format!("{}, {PEER_LEVEL} connections", peers::name(way));
            contest.note(&name, told.written()?);
            peer.stop()?;
        }
    }

    let mut table = Table::new(&["the service by itself", "measured"]);
    let starts = Figures(idle.starts_ms);
    let binary = std::fs::metadata(&programs.xingdong)?.len();
    table.line(&["binary", &megabytes(Some(binary))]);
    table.line(&["cold start to ready", &starts.spread("ms")]);
    table.line(&["memory at rest", &megabytes(idle.memory)]);
    for (service, running) in services.iter().zip(&running) {
        let name = format!("most memory under load, {}", service.engine);
        table.line(&[&name, &megabytes(running.peak_memory())]);
    }
    drop(running);
    for service in &services {
        service.verify()?;
    }
    Ok(Section {
        markdown: format!("{}\n{}", table.text(), contest.markdown(&UNITS)),
        json: format!(
            r#"{{ "cold_start_ms": {}, "runs": {} }}"#,
            starts.json(),
            contest.json()
        ),
    })
}
