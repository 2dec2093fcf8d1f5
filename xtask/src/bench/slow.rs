//! A disk on which each flush takes two milliseconds longer.
//!
//! Made with PostgreSQL's own `commit_delay` and no other committer asked for: whoever flushes
//! waits first. A disk would let those who come meanwhile wait for the next flush, while here
//! they share the one that is being waited for; so many single commits fare better than on such a
//! disk, and our ratio to them is the least that it would be.

use anyhow::Result;

use super::contest::Contest;
use super::load::{Drive, Loader};
use super::pgbench::{Guests, SLOW_KINDS, sql};
use super::programs::Programs;
use super::request::Request;
use super::service::Service;
use super::{Section, rounds};
use crate::servers::Servers;

const LEVELS: [u32; 2] = [64, 256];

/// Measures on it.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let (loader, wanted) = (
        Loader::at(programs.load.clone()),
        request.rounds.unwrap_or(3),
    );
    let (seconds, postgres) = (request.seconds.unwrap_or(5), &servers.postgres);
    let service = Service::on_new(&programs.xingdong, postgres, "slow")?;
    let config = service.configuration_file();
    loader.prepare(&config, request.members.unwrap_or(20_000), wanted * 2)?;
    sql(postgres, "slow", "vacuum analyze")?;
    let runs = wanted * u32::try_from(SLOW_KINDS.len())?;
    let mut guests = Guests::invite(
        postgres,
        "slow_pgbench",
        "slow",
        wanted * 2,
        (runs, seconds),
    )?;
    for database in ["slow", "slow_pgbench"] {
        for setting in ["commit_delay = 2000", "commit_siblings = 0"] {
            let set = format!("alter database {database} set {setting}");
            sql(postgres, "postgres", &set)?;
        }
    }
    let running = service.start()?;

    let (mut contest, mut activities) = (Contest::default(), 0..);
    for _ in rounds(wanted) {
        for connections in LEVELS {
            let drive = Drive {
                connections,
                seconds,
                rate: None,
            };
            let activity = activities.next().unwrap_or_default();
            let told = loader.run(&config, &[&running], activity, drive)?;
            contest.note(&format!("ours, {connections} connections"), told.written()?);
        }
        for kind in SLOW_KINDS {
            contest.note(&kind.name(), guests.check_in(kind)?);
        }
    }
    Ok(Section {
        markdown: contest.markdown(&[
            ("simple, 8", &["pgbench, plain, simple, 8 clients"]),
            ("simple, 32", &["pgbench, plain, simple, 32 clients"]),
            ("prepared, 32", &["pgbench, plain, prepared, 32 clients"]),
        ]),
        json: contest.json(),
    })
}
