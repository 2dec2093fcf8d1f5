//! What one committee asks most, on its own data and on a nation's.

use std::time::Instant;

use anyhow::Result;

use super::Section;
use super::figures::{Short, Table};
use super::load::{Loader, Nation};
use super::pgbench::sql;
use super::programs::Programs;
use super::request::Request;
use super::service::Service;
use crate::servers::Servers;

const QUESTIONS: [(&str, &str); 5] = [
    ("member's home: me, activities, score", "home_ms"),
    ("the office's list of activities", "activities_ms"),
    ("live count, first event", "live_ms"),
    ("the office's score page, 50 members", "scores_ms"),
    ("the year's workbook (xlsx)", "xlsx_ms"),
];

/// Measures both.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let loader = Loader::at(programs.load.clone());
    let nation = Nation {
        committees: request.committees.unwrap_or(3000),
        members: request.members.unwrap_or(200),
        activities: 4,
        facts: request.facts.unwrap_or(30),
    };
    let one = Nation {
        committees: 1,
        ..nation
    };
    let postgres = &servers.postgres;
    let small = Service::on_new(&programs.xingdong, postgres, "committee")?;
    let large = Service::on_new(&programs.xingdong, postgres, "nation")?;
    loader.nation(&small.configuration_file(), one, 0)?;
    let facts = u64::from(nation.committees) * u64::from(nation.members) * u64::from(nation.facts);
    eprintln!(
        "xtask: writing {facts} facts of {} committees",
        nation.committees
    );
    let began = Instant::now();
    loader.nation(&large.configuration_file(), nation, 0)?;
    let written_in = began.elapsed().as_secs_f64();
    let size = "select pg_size_pretty(pg_database_size('nation'))";
    let size = sql(postgres, "nation", size)?;
    small.verify()?;

    let (on_small, on_large) = (small.start()?, large.start()?);
    let few = loader.ask(&small.configuration_file(), &on_small)?;
    let many = loader.ask(&large.configuration_file(), &on_large)?;

    let mut table = Table::new(&[
        "medians of 15",
        "one committee's data",
        "a nation's data",
        "ratio",
    ]);
    let mut json = Vec::new();
    for (question, figure) in QUESTIONS {
        let (small, large) = (few.figure(figure)?, many.figure(figure)?);
        let told = [small, large].map(|figure| format!("{} ms", Short(figure)));
        let ratio = Short(large / small).to_string();
        table.line(&[question, &told[0], &told[1], &ratio]);
        json.push(format!(r#""{figure}": [{small}, {large}]"#));
    }
    Ok(Section {
        markdown: format!(
            "{} committees of {} members, 4 activities and {} facts each: {facts} facts, {size}, written in \
             {written_in:.0} s.\n\n{}",
            nation.committees,
            nation.members,
            nation.facts,
            table.text()
        ),
        json: format!("{{ {} }}", json.join(", ")),
    })
}
