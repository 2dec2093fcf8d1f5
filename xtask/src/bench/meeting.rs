//! Six hundred members behind one address check in within a minute, while notices are sent.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use super::Section;
use super::figures::{Short, Table, megabytes};
use super::load::{Drive, Loader};
use super::programs::Programs;
use super::request::Request;
use super::service::Service;
use crate::servers::Servers;

/// Notices a second that are sure to keep the sender busy.
const NOTICES_A_SECOND: u32 = 400;
const GOAL_MS: f64 = 300.0;

/// Measures both engines, or the one that is asked for.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let (members, seconds) = (
        request.members.unwrap_or(600),
        request.seconds.unwrap_or(60),
    );
    let mut table = Table::new(&[
        "engine",
        "check-ins",
        "p50 ms",
        "p99 ms",
        "longest ms",
        "refused",
        "notices sent meanwhile",
        "most memory",
        "p99 ≤ 300 ms",
    ]);
    let mut told = Vec::new();
    for engine in ["sqlite", "postgres"] {
        if !request.wants(engine) {
            continue;
        }
        let name = format!("meeting_{engine}");
        let service = match engine {
            "sqlite" => Service::on_sqlite(&programs.xingdong, &name)?,
            _ => Service::on_new(&programs.xingdong, &servers.postgres, &name)?,
        };
        told.push(one(
            programs, &service, members, seconds, request, &mut table,
        )?);
    }
    Ok(Section {
        markdown: format!(
            "{members} members in {seconds} s, each at his time whatever the answers before; WeChat answers in 20 ms.\n\n{}",
            table.text()
        ),
        json: format!("[{}]", told.join(", ")),
    })
}

fn one(
    programs: &Programs,
    service: &Service,
    members: u32,
    seconds: u32,
    request: &Request,
    table: &mut Table,
) -> Result<String> {
    let loader = Loader::at(programs.load.clone());
    let config = service.configuration_file();
    let notices = (NOTICES_A_SECOND * seconds).div_ceil(members);
    let mut wechat = loader.command("wechat", &config);
    let mut wechat = wechat
        .args([members.to_string(), notices.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the simulated WeChat could not be started")?;
    let mut line = String::new();
    let said = wechat.stdout.take().context("its output is piped")?;
    BufReader::new(said).read_line(&mut line)?;
    if line.trim() != "ready" {
        bail!("the simulated WeChat did not become ready");
    }

    let running = service.start()?;
    let drive = Drive {
        connections: request.connections.unwrap_or(members),
        // Whoever's time comes last has time to be answered.
        seconds: seconds + 1,
        rate: Some(request.rate.unwrap_or(members.div_ceil(seconds))),
    };
    let told = loader.run(&config, &[&running], 0, drive)?;
    let most = running.peak_memory();
    drop(running);
    drop(wechat.stdin.take());
    wechat.wait()?;
    service.verify()?;

    let run = told.written()?;
    let (found, sent) = (told.figure("found")?, told.figure("delivered")?);
    if (found - f64::from(members)).abs() > 0.5 || told.figure("refused")? > 0.0 {
        bail!("{members} came, {found} are in: {}", told.json());
    }
    if sent < 1.0 {
        bail!("no notice was sent meanwhile: {}", told.json());
    }
    let p99 = run.p99_ms.unwrap_or(f64::INFINITY);
    table.line(&[
        service.engine,
        &format!("{found:.0}"),
        &Short(run.p50_ms.unwrap_or_default()).to_string(),
        &Short(p99).to_string(),
        &Short(told.figure("most_ms")?).to_string(),
        "0",
        &format!("{sent:.0}"),
        &megabytes(most),
        if p99 <= GOAL_MS {
            "reached"
        } else {
            "**not reached**"
        },
    ]);
    Ok(told.json().to_owned())
}
