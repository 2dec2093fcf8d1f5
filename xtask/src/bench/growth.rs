//! How the same cost grows with the data of other committees in the same database.

use std::fmt::Write as _;

use anyhow::Result;

use super::contest::Contest;
use super::load::{Drive, Loader, Nation};
use super::pgbench::sql;
use super::programs::Programs;
use super::request::Request;
use super::service::Service;
use super::{Section, rounds};
use crate::servers::Servers;

/// So many committees are there besides the one that is measured.
const STEPS: [u32; 4] = [1, 10, 100, 1000];
/// What each of them has.
const MEMBERS: u32 = 200;
const ACTIVITIES: u32 = 4;
const CONNECTIONS: u32 = 64;

/// What is read by a member of the one that is measured.
const PAGES: [(&str, &str); 2] = [
    ("A member's activities", "/api/v1/activities?limit=20"),
    ("A member's score", "/api/v1/me/score?period=2026"),
];

/// Measures it.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let (loader, wanted) = (
        Loader::at(programs.load.clone()),
        request.rounds.unwrap_or(3),
    );
    let most = request.committees.unwrap_or(1000);
    let steps = STEPS.into_iter().filter(|step| *step <= most);
    let service = Service::on_new(&programs.xingdong, &servers.postgres, "growth")?;
    let config = service.configuration_file();
    let members = request.members.unwrap_or(10_000);
    loader.prepare(&config, members, wanted * u32::try_from(STEPS.len())?)?;
    let running = service.start()?;

    let drive = Drive {
        connections: CONNECTIONS,
        seconds: request.seconds.unwrap_or(3),
        rate: None,
    };
    let mut check_ins = Contest::default();
    let mut pages = PAGES.map(|_| Contest::default());
    let (mut activities, mut there) = (0.., 0);
    for committees in steps {
        eprintln!("xtask: {committees} committees of data");
        let nation = Nation {
            committees,
            members: MEMBERS,
            activities: ACTIVITIES,
            facts: request.facts.unwrap_or(10),
        };
        loader.nation(&config, nation, there)?;
        there = committees;
        for _ in rounds(wanted) {
            let activity = activities.next().unwrap_or_default();
            let told = loader.run(&config, &[&running], activity, drive)?;
            check_ins.note(&name(committees), told.written()?);
            for (page, (_, path)) in pages.iter_mut().zip(PAGES) {
                let told = loader.get(&config, &running, path, drive)?;
                page.note(&name(committees), told.read()?);
            }
        }
    }
    let size = "select pg_size_pretty(pg_database_size('growth'))";
    let size = sql(&servers.postgres, "growth", size)?;
    let mut section = Section {
        markdown: format!(
            "{MEMBERS} members in each of the other committees; {size} at the end; {CONNECTIONS} connections.\n"
        ),
        json: String::new(),
    };
    let tables = std::iter::once(("Check-ins", &check_ins));
    let mut figures = Vec::new();
    for (title, contest) in tables.chain(PAGES.map(|(title, _)| title).into_iter().zip(&pages)) {
        let table = contest.markdown(&[("1", &[&name(1)])]);
        let _ = write!(section.markdown, "\n{title}:\n\n{table}");
        figures.push(format!(r#""{title}": {}"#, contest.json()));
    }
    section.json = format!("{{ {} }}", figures.join(", "));
    Ok(section)
}

fn name(committees: u32) -> String {
    match committees {
        1 => "1 other committee".to_owned(),
        several => format!("{several} other committees"),
    }
}
