//! What members read, beside a service on the same server library that does nothing.

use std::process::Command;

use anyhow::Result;

use super::contest::Contest;
use super::load::{Drive, Loader};
use super::programs::Programs;
use super::request::Request;
use super::service::{Running, Service, empty_folder};
use super::{Section, rounds};
use crate::servers::{Servers, free_port};

const CONNECTIONS: u32 = 64;
const PAGES: [(&str, &str); 4] = [
    ("ours, GET /healthz", "/healthz"),
    ("ours, GET /me", "/api/v1/me"),
    ("ours, a member's activities", "/api/v1/activities?limit=20"),
    ("ours, a member's score", "/api/v1/me/score?period=2026"),
];

/// Measures them.
pub fn measure(programs: &Programs, servers: &Servers, request: &Request) -> Result<Section> {
    let loader = Loader::at(programs.load.clone());
    let service = Service::on_new(&programs.xingdong, &servers.postgres, "pages")?;
    let config = service.configuration_file();
    loader.prepare(&config, request.members.unwrap_or(600), 4)?;
    let running = service.start()?;
    let port = free_port()?;
    let mut bare = Command::new(&programs.bare);
    bare.arg(&config).arg(format!("127.0.0.1:{port}"));
    let bare = Running::start(bare, port, &empty_folder("bare")?.join("log"))?;

    let drive = Drive {
        connections: CONNECTIONS,
        seconds: request.seconds.unwrap_or(4),
        rate: None,
    };
    let mut contest = Contest::default();
    for _ in rounds(request.rounds.unwrap_or(3)) {
        for (name, path) in [
            ("bare actix, GET", "/"),
            ("bare actix, GET with JWT", "/signed"),
        ] {
            contest.note(name, loader.get(&config, &bare, path, drive)?.read()?);
        }
        for (name, path) in PAGES {
            contest.note(name, loader.get(&config, &running, path, drive)?.read()?);
        }
    }
    Ok(Section {
        markdown: contest.markdown(&[("bare with JWT", &["bare actix, GET with JWT"])]),
        json: contest.json(),
    })
}
