//! The country's Friday: every member of every committee checks in within a minute, against one
//! node.

use std::time::Instant;

use anyhow::{Result, bail};

use super::Section;
use super::figures::{Short, Table, megabytes};
use super::load::{Drive, Loader, Nation};
use super::programs::Programs;
use super::request::Request;
use super::service::Service;
use crate::servers::Servers;

/// Answers that are still to come when the last has asked.
const PATIENCE: u32 = 120;

/// Measures it once.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let loader = Loader::at(programs.load.clone());
    let nation = Nation {
        committees: request.committees.unwrap_or(3000),
        members: request.members.unwrap_or(200),
        activities: 1,
        facts: 0,
    };
    let people = nation.committees * nation.members;
    let rate = request.rate.unwrap_or(10_000);
    let service = Service::on_new(&programs.xingdong, &servers.postgres, "friday")?;
    let config = service.configuration_file();
    eprintln!(
        "xtask: writing {people} members of {} committees",
        nation.committees
    );
    let began = Instant::now();
    loader.nation(&config, nation, 0)?;
    let written_in = began.elapsed().as_secs_f64();

    let running = service.start()?;
    std::thread::sleep(std::time::Duration::from_secs(2));
    let at_rest = running.memory_now();
    let ready_after = running.ready_after.as_secs_f64() * 1000.0;
    let connections = request.connections.unwrap_or(1024);
    let drive = Drive {
        connections,
        seconds: people.div_ceil(rate) + PATIENCE,
        rate: Some(rate),
    };
    eprintln!("xtask: {people} check in, {rate} a second");
    let told = loader.friday(&config, &running, nation, drive)?;
    let most = running.peak_memory();
    drop(running);
    service.verify()?;

    let mut table = Table::new(&["", "measured"]);
    for (name, figure) in [
        ("answered with 201", "accepted"),
        ("refused or broken", "refused"),
        ("check-ins found", "found"),
        ("attendances found", "attended"),
        ("audit entries found", "audited"),
    ] {
        table.line(&[name, &format!("{:.0}", told.figure(figure)?)]);
    }
    table.line(&["seconds", &Short(told.figure("seconds")?).to_string()]);
    for (name, figure) in [
        ("p50", "p50_ms"),
        ("p90", "p90_ms"),
        ("p99", "p99_ms"),
        ("p99.9", "p999_ms"),
        ("longest", "most_ms"),
    ] {
        table.line(&[name, &format!("{} ms", Short(told.figure(figure)?))]);
    }
    let cpu = |seconds: Option<f64>| {
        seconds.map_or_else(|| "–".to_owned(), |it| format!("{it:.1} s of a core"))
    };
    table.line(&["the service took", &cpu(told.service_cpu())]);
    table.line(&[
        "the load generator took",
        &cpu(told.figure("cpu_seconds").ok()),
    ]);
    table.line(&["memory at rest", &megabytes(at_rest)]);
    table.line(&["most memory", &megabytes(most)]);
    table.line(&[
        "from its start to ready",
        &format!("{} ms", Short(ready_after)),
    ]);
    table.line(&["every chain proved afterwards", "yes"]);
    let text = format!(
        "{people} members of {} committees, {rate} a second over {connections} connections, neighbours in time of \
         different committees; written in {written_in:.0} s.\n\n{}",
        nation.committees,
        table.text()
    );

    for rows in ["accepted", "found", "attended", "audited"] {
        if (told.figure(rows)? - f64::from(people)).abs() > 0.5 {
            println!("{text}");
            bail!("{people} came, and {rows} are not as many: {}", told.json());
        }
    }
    Ok(Section {
        markdown: text,
        json: told.json().to_owned(),
    })
}
