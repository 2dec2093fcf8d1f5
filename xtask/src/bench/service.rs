//! The service under measurement: configured, migrated, started, watched, and stopped.
//!
//! It runs as an operator would run it, one line of log per request included.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::pgbench;
use crate::servers::{Postgres, free_port};
use crate::workspace;

const LONGEST_START: Duration = Duration::from_secs(20);
/// After this, start-up work has settled and what remains is the cost of waiting.
const REST: Duration = Duration::from_secs(2);

/// A folder with a configuration, and a migrated database.
pub struct Service {
    binary: PathBuf,
    folder: PathBuf,
    /// How the report calls its engine.
    pub engine: &'static str,
}

/// What the idle service was seen to need.
pub struct Idle {
    /// Milliseconds from the start of the process to the first "ready", one per round.
    pub starts_ms: Vec<f64>,
    /// Resident bytes at rest, where the system tells.
    pub memory: Option<u64>,
}

impl Service {
    /// On a new `SQLite` file.
    pub fn on_sqlite(binary: &Path, name: &str) -> Result<Self> {
        let folder = empty_folder(name)?;
        let url = format!("sqlite:{}", folder.join("xingdong.sqlite").display());
        let service = Self::set_up(binary, folder, "SQLite", &configuration(&url))?;
        service.migrate()?;
        Ok(service)
    }

    /// On an empty database of Postgres.
    pub fn on_postgres(binary: &Path, name: &str, url: &str) -> Result<Self> {
        let folder = empty_folder(name)?;
        let service = Self::set_up(binary, folder, "PostgreSQL", &configuration(url))?;
        service.migrate()?;
        Ok(service)
    }

    /// On a new database of that name.
    pub fn on_new(binary: &Path, postgres: &Postgres, name: &str) -> Result<Self> {
        pgbench::sql(postgres, "postgres", &format!("create database {name}"))?;
        Self::on_postgres(binary, name, &postgres.url(name))
    }

    /// The same service on another database, whose tables are as they should be.
    pub fn moved_to(self, url: &str) -> Result<Self> {
        std::fs::write(self.configuration_file(), configuration(url))?;
        Ok(self)
    }

    /// On a database of Postgres that is there already.
    pub fn beside(binary: &Path, postgres: &Postgres, name: &str) -> Result<Self> {
        let configuration = configuration(&postgres.url(name));
        Self::set_up(binary, empty_folder(name)?, "PostgreSQL", &configuration)
    }

    /// Lets it share its counts with other nodes through Redis.
    pub fn share(&self, redis: &str) -> Result<()> {
        let file = self.configuration_file();
        let known = std::fs::read_to_string(&file)?;
        std::fs::write(file, format!("{known}\n[redis]\nurl = \"{redis}\"\n"))?;
        Ok(())
    }

    fn set_up(
        binary: &Path,
        folder: PathBuf,
        engine: &'static str,
        configuration: &str,
    ) -> Result<Self> {
        let service = Self {
            binary: binary.to_owned(),
            folder,
            engine,
        };
        std::fs::write(service.configuration_file(), configuration)?;
        Ok(service)
    }

    fn migrate(&self) -> Result<()> {
        workspace::output(&mut self.command(&["migrate", "up"])).map(drop)
    }

    /// Where it is configured.
    pub fn configuration_file(&self) -> PathBuf {
        self.folder.join("xingdong.toml")
    }

    /// Starts it as often as asked, on a database that nobody uses.
    pub fn idle(&self, rounds: usize) -> Result<Idle> {
        let mut idle = Idle {
            starts_ms: Vec::new(),
            memory: None,
        };
        for _ in 0..rounds {
            let running = self.start()?;
            idle.starts_ms
                .push(running.ready_after.as_secs_f64() * 1000.0);
            if idle.memory.is_none() {
                std::thread::sleep(REST);
                idle.memory = running.memory_now();
            }
        }
        Ok(idle)
    }

    /// Starts it and waits until it is ready.
    pub fn start(&self) -> Result<Running> {
        // Drawn only now: earlier, another server of ours could take it meanwhile.
        let port = free_port()?;
        let mut command = self.command(&["serve"]);
        command.env("XINGDONG__SERVER__BIND", format!("127.0.0.1:{port}"));
        Running::start(command, port, &self.folder.join(format!("{port}.log")))
    }

    /// Lets the service itself prove that no entry of its chains is missing or changed.
    pub fn verify(&self) -> Result<()> {
        workspace::output(&mut self.command(&["audit", "verify"])).map(drop)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .arg("--config")
            .arg(self.configuration_file())
            .current_dir(&self.folder);
        command
    }
}

/// The service's keys, base64 of 32 zero bytes: every key is asked for, and nothing here is worth
/// hiding.
pub const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The only place in xtask that knows the service's configuration.
fn configuration(database: &str) -> String {
    format!(
        r#"
[database]
url = "{database}"
[auth]
keys = [{{ id = "bench", secret = "{KEY}" }}]
[crypto]
field_keys = [{{ id = 1, secret = "{KEY}" }}]
index_key = "{KEY}"
"#
    )
}

/// `target/xtask/bench/NAME`, empty.
pub fn empty_folder(name: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("xtask").join("bench").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A service that answers, ours or another's. Killed when dropped: what it acknowledged must be
/// there all the same.
pub struct Running {
    child: Child,
    port: u16,
    /// From the start of the process to the first "ready".
    pub ready_after: Duration,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts a program that will listen there, and waits until `/readyz` answers.
    pub fn start(mut command: Command, port: u16, log: &Path) -> Result<Self> {
        let output = std::fs::File::create(log)?;
        let began = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{command:?} could not be started"))?;
        let mut running = Self {
            child,
            port,
            ready_after: Duration::ZERO,
        };
        while !running.is_ready().unwrap_or(false) {
            let ended = running.child.try_wait()?.is_some();
            if ended || LONGEST_START < began.elapsed() {
                let log = std::fs::read_to_string(log)?;
                bail!("the service did not become ready:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        running.ready_after = began.elapsed();
        Ok(running)
    }

    /// Asks it to stop and waits: it may have processes of its own to stop first.
    pub fn stop(mut self) -> Result<()> {
        let number = self.child.id().to_string();
        workspace::output(Command::new("kill").args(["-TERM", &number]))?;
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if LONGEST_START < began.elapsed() {
                bail!("a service does not stop");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// What it holds resident now, in bytes.
    pub fn memory_now(&self) -> Option<u64> {
        self.memory("VmRSS:")
    }

    /// The most it ever held resident, in bytes.
    pub fn peak_memory(&self) -> Option<u64> {
        self.memory("VmHWM:")
    }

    /// What it and the processes it started took of the cores so far. Linux counts hundredths.
    pub fn cpu_seconds(&self) -> Option<f64> {
        let own = Stat::of(&self.child.id().to_string())?;
        let all: Vec<Stat> = std::fs::read_dir("/proc")
            .ok()?
            .flatten()
            .filter_map(|entry| Stat::of(&entry.file_name().to_string_lossy()))
            .collect();
        let (mut family, mut seconds) = (vec![own], 0.0);
        while let Some(one) = family.pop() {
            seconds += one.cpu_seconds;
            family.extend(all.iter().filter(|it| it.parent == one.process));
        }
        Some(seconds)
    }

    /// `/proc` is Linux's; elsewhere there is no figure rather than a wrong one.
    fn memory(&self, label: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(label))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024)
    }

    fn is_ready(&self) -> Result<bool> {
        let patience = Duration::from_secs(1);
        let mut stream = TcpStream::connect_timeout(&self.address(), patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }
}

/// What Linux tells of a process.
#[derive(Clone, Copy)]
struct Stat {
    process: u32,
    parent: u32,
    cpu_seconds: f64,
}

impl Stat {
    fn of(process: &str) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let user: u32 = fields.get(11)?.parse().ok()?;
        let system: u32 = fields.get(12)?.parse().ok()?;
        Some(Self {
            process: process.parse().ok()?,
            parent: fields.get(1)?.parse().ok()?,
            cpu_seconds: f64::from(user + system) / 100.0,
        })
    }
}
