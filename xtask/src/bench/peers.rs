//! What a team would write instead of us (`tests/peers`): installed, started, and stopped.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::service::{KEY, Running};
use crate::packages::{self, Package};
use crate::servers::free_port;
use crate::workspace;

/// Connections of each process to PostgreSQL.
const CONNECTIONS: &str = "8";
/// One for each core, as ours has a thread for each.
fn processes() -> String {
    std::thread::available_parallelism()
        .map_or(1, usize::from)
        .to_string()
}

/// Somebody else's check-in.
#[derive(Clone, Copy, Debug)]
pub enum Peer {
    /// `FastAPI`, uvicorn and asyncpg.
    Fastapi,
    /// Fastify and pg.
    Fastify,
}

/// How a peer writes.
#[derive(Clone, Copy, Debug)]
pub enum Transaction {
    /// One statement writes everything.
    One,
    /// One statement for each table, between `BEGIN` and `COMMIT`.
    Several,
}

/// Every peer in every way.
pub const WAYS: [(Peer, Transaction); 4] = [
    (Peer::Fastapi, Transaction::One),
    (Peer::Fastapi, Transaction::Several),
    (Peer::Fastify, Transaction::One),
    (Peer::Fastify, Transaction::Several),
];

/// How the table calls it.
pub fn name((peer, transaction): (Peer, Transaction)) -> String {
    let peer = match peer {
        Peer::Fastapi => "FastAPI + asyncpg",
        Peer::Fastify => "Fastify + pg",
    };
    match transaction {
        Transaction::One => format!("{peer}, one statement"),
        Transaction::Several => format!("{peer}, several statements"),
    }
}

/// Both peers, installed.
pub struct Peers {
    folder: PathBuf,
}

impl Peers {
    /// Installs them if they have to be.
    pub fn install() -> Result<Self> {
        let peers = [
            ("fastapi", Package::Python("tests/peers/fastapi")),
            ("fastify", Package::Node("tests/peers/fastify")),
        ];
        let folder = packages::installed("peers", &peers)?;
        // Sources change more often than what they stand on.
        std::fs::copy(
            workspace::root().join("tests/peers/fastify/service.js"),
            folder.join("fastify/service.js"),
        )?;
        Ok(Self { folder })
    }

    /// Starts one on a database and waits until it answers.
    pub fn start(&self, (peer, transaction): (Peer, Transaction), url: &str) -> Result<Running> {
        let port = free_port()?;
        let mut command = match peer {
            Peer::Fastapi => {
                let mut uvicorn = Command::new(self.folder.join("fastapi/bin/python"));
                uvicorn
                    .args(["-m", "uvicorn", "service:app", "--no-access-log"])
                    .args(["--log-level", "warning", "--workers", &processes()])
                    .args(["--loop", "uvloop", "--http", "httptools"])
                    .args(["--port", &port.to_string()])
                    .current_dir(workspace::root().join("tests/peers/fastapi"))
                    .env("PYTHONDONTWRITEBYTECODE", "1");
                uvicorn
            }
            Peer::Fastify => {
                let mut node = Command::new("node");
                node.arg("service.js")
                    .current_dir(self.folder.join("fastify"))
                    .env("NODE_ENV", "production");
                node
            }
        };
        command
            .env("PEER_PORT", port.to_string())
            .env("PEER_PROCESSES", processes())
            .env("PEER_DATABASE", url)
            .env("PEER_CONNECTIONS", CONNECTIONS)
            .env("PEER_JWT_SECRET", KEY)
            .env(
                "PEER_TRANSACTION",
                match transaction {
                    Transaction::One => "one",
                    Transaction::Several => "several",
                },
            );
        let log = self.folder.join(format!("{peer:?}.log").to_lowercase());
        Running::start(command, port, &log)
    }
}
