//! A Redis that remembers nothing, made for one run.

use std::cell::Cell;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::guard::Guarded;
use super::{Home, free_port};

/// A running Redis. Dropping this stops it.
pub struct Redis {
    server: Guarded,
    port: u16,
    /// The connections that were ours: everybody's at the start, then one per question.
    ours: Cell<u64>,
}

impl Redis {
    /// Starts that program in `home` and waits until it answers.
    pub fn start(program: &Path, home: &Home) -> Result<Self> {
        let room = home.room("redis")?;
        let port = free_port()?;
        let mut command = Command::new(program);
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--daemonize",
            "no",
        ]);
        command
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(&room);
        let server = Guarded::start("redis", &command, "TERM", &room, home)?;
        let mut redis = Self {
            server,
            port,
            ours: Cell::new(0),
        };

        // Only our Redis works in this folder, so a yes is never a stranger's.
        let folder = room.to_string_lossy();
        let ready =
            || ask(port, "CONFIG GET dir").is_ok_and(|answer| answer.contains(folder.as_ref()));
        redis.server.wait_until(Duration::from_secs(20), ready)?;
        redis.ours.set(redis.connections_so_far()?);
        Ok(redis)
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// "7.0.15", for the report.
    pub fn version(&self) -> Result<String> {
        self.fact("server", "redis_version")
    }

    /// How many connections others than we have opened.
    pub fn connections(&self) -> Result<u64> {
        let everybodys = self.connections_so_far()?;
        Ok(everybodys.saturating_sub(self.ours.get()))
    }

    /// Fails when the server has ended.
    pub fn must_be_running(&mut self) -> Result<()> {
        self.server.must_be_running()
    }

    fn connections_so_far(&self) -> Result<u64> {
        let count = self.fact("stats", "total_connections_received")?;
        count
            .parse()
            .with_context(|| format!("{count:?} is no count of connections"))
    }

    fn fact(&self, section: &str, name: &str) -> Result<String> {
        self.ours.set(self.ours.get() + 1);
        let answer = ask(self.port, &format!("INFO {section}"))?;
        answer
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim().to_owned())
            .with_context(|| format!("Redis does not tell its {name}"))
    }
}

/// One connection, one command, everything it answers.
fn ask(port: u16, command: &str) -> Result<String> {
    let patience = Duration::from_secs(5);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
