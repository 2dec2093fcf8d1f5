//! What a team would write instead of us (`tests/peers`): installed, started, and stopped.
//!
//! Versions and hashes stand beside the sources; an installation is kept below `target` until one
//! of these files changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::service::{KEY, Running};
use crate::servers::free_port;
use crate::{tools, workspace};

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
        tools::languages()?;
        let sources = workspace::root().join("tests/peers");
        let folder = workspace::target().join("xtask").join("peers");
        let (mark, wanted) = (folder.join("installed"), pins(&sources)?);
        if !std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            install_fastapi(&folder, &sources)?;
            install_fastify(&folder, &sources)?;
            // Written last: an installation that was broken off is begun again.
            std::fs::write(&mark, wanted)?;
        }
        // Sources change more often than what they stand on.
        std::fs::copy(
            sources.join("fastify/service.js"),
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

fn pins(sources: &Path) -> Result<String> {
    let files = ["fastapi/requirements.txt", "fastify/package-lock.json"];
    let texts: Result<Vec<String>> = files
        .iter()
        .map(|name| {
            let file = sources.join(name);
            std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
        })
        .collect();
    Ok(texts?.concat())
}

fn install_fastapi(folder: &Path, sources: &Path) -> Result<()> {
    let room = folder.join("fastapi");
    workspace::run(Command::new("python3").args(["-m", "venv"]).arg(&room))?;
    let options = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ];
    workspace::run(
        Command::new(room.join("bin/pip"))
            .args(options)
            .arg("--requirement")
            .arg(sources.join("fastapi/requirements.txt")),
    )
    .context("FastAPI could not be installed")
}

fn install_fastify(folder: &Path, sources: &Path) -> Result<()> {
    let room = folder.join("fastify");
    std::fs::create_dir_all(&room)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(sources.join("fastify").join(name), room.join(name))?;
    }
    // Nobody's install scripts run here: none of the packages needs one.
    let options = [
        "ci",
        "--no-fund",
        "--no-audit",
        "--ignore-scripts",
        "--silent",
    ];
    workspace::run(Command::new("npm").args(options).current_dir(&room))
        .context("Fastify could not be installed")
}
