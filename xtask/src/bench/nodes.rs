//! One node and two, on one PostgreSQL and one Redis, beside the same load generator.

use anyhow::Result;

use super::contest::Contest;
use super::load::{Drive, Loader};
use super::pgbench::sql;
use super::programs::Programs;
use super::request::Request;
use super::service::Service;
use super::{Section, rounds};
use crate::servers::Servers;

const LEVELS: [u32; 2] = [64, 256];

/// Measures them.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let (loader, wanted) = (
        Loader::at(programs.load.clone()),
        request.rounds.unwrap_or(3),
    );
    let service = Service::on_new(&programs.xingdong, &servers.postgres, "nodes")?;
    service.share(&servers.redis.url())?;
    let config = service.configuration_file();
    loader.prepare(&config, request.members.unwrap_or(30_000), wanted * 4)?;
    sql(&servers.postgres, "nodes", "vacuum analyze")?;
    let (one, two) = (service.start()?, service.start()?);

    let mut contest = Contest::default();
    let mut activities = 0..;
    for _ in rounds(wanted) {
        for connections in LEVELS {
            for nodes in [&[&one][..], &[&one, &two]] {
                let drive = Drive {
                    connections,
                    seconds: request.seconds.unwrap_or(5),
                    rate: None,
                };
                let activity = activities.next().unwrap_or_default();
                let told = loader.run(&config, nodes, activity, drive)?;
                let count = if nodes.len() == 1 {
                    "one node"
                } else {
                    "two nodes"
                };
                let name = format!("{count}, {connections} connections");
                contest.note(&name, told.written()?);
            }
        }
    }
    drop((one, two));
    service.verify()?;
    Ok(Section {
        markdown: contest.markdown(&[
            ("one node, 64", &["one node, 64 connections"]),
            ("one node, 256", &["one node, 256 connections"]),
        ]),
        json: contest.json(),
    })
}
