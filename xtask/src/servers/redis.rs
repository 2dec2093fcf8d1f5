//! A Redis that remembers nothing, made for one run.

use std::cell::Cell;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::guard::Guarded;
use super::{Home, free_port};

/// A running Redis. Dropping this stops it.
pub struct Redis {
    server: Guarded,
    room: PathBuf,
    program: PathBuf,
    port: u16,
    /// The connections that were ours: everybody's at the start, then one per question.
    ours: Cell<u64>,
}

impl Redis {
    /// Starts that program in `home` and waits until it answers.
    pub fn start(program: &Path, home: &Home) -> Result<Self> {
        let room = home.room("redis")?;
        let port = free_port()?;
        let server = serve(program, home, &room, port)?;
        let mut redis = Self {
            server,
            room,
            program: program.to_owned(),
            port,
            ours: Cell::new(0),
        };

        redis.wait_until_ready()?;
        redis.ours.set(redis.connections_so_far()?);
        Ok(redis)
    }

    /// Starts it again, empty, if it has ended.
    pub(super) fn start_again(&mut self, home: &Home) -> Result<()> {
        if self.server.must_be_running().is_err() {
            self.server = serve(&self.program, home, &self.room, self.port)?;
        }
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        // Only our Redis works in this folder, so a yes is never a stranger's.
        let (port, folder) = (self.port, self.room.to_string_lossy());
        let ready =
            || ask(port, "CONFIG GET dir").is_ok_and(|answer| answer.contains(folder.as_ref()));
        self.server.wait_until(Duration::from_secs(20), ready)
    }

    /// Kills it with everything it knew.
    pub fn kill(&mut self) -> Result<()> {
        self.server.kill()
    }

    /// Stops it where it is (SIGSTOP): connections stay open and nobody answers.
    pub fn freeze(&mut self) -> Result<()> {
        self.server.signal("STOP")
    }

    /// Lets it go on.
    pub fn thaw(&mut self) -> Result<()> {
        self.server.signal("CONT")
    }

    /// Gives it commands, one a line, and returns everything it answers.
    pub fn tell(&self, commands: &str) -> Result<String> {
        ask(self.port, commands)
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

fn serve(program: &Path, home: &Home, room: &Path, port: u16) -> Result<Guarded> {
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
        .arg(room);
    Guarded::start("redis", &command, "TERM", room, home)
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
