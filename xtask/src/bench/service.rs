//! The service under measurement: configured, migrated, started, watched, and stopped.
//!
//! It runs as an operator would run it, one line of log per request included.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::servers::free_port;
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
        Self::set_up(binary, folder, "SQLite", &url)
    }

    /// On an empty database of Postgres.
    pub fn on_postgres(binary: &Path, name: &str, url: &str) -> Result<Self> {
        Self::set_up(binary, empty_folder(name)?, "PostgreSQL", url)
    }

    fn set_up(binary: &Path, folder: PathBuf, engine: &'static str, url: &str) -> Result<Self> {
        let service = Self {
            binary: binary.to_owned(),
            folder,
            engine,
        };
        std::fs::write(service.configuration_file(), configuration(url))?;
        workspace::output(&mut service.command(&["migrate", "up"]))?;
        Ok(service)
    }

    /// The same service on another database, whose tables are as they should be.
    pub fn moved_to(self, url: &str) -> Result<Self> {
        std::fs::write(self.configuration_file(), configuration(url))?;
        Ok(self)
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
                idle.memory = running.memory("VmRSS:");
            }
        }
        Ok(idle)
    }

    /// Starts it and waits until it is ready.
    pub fn start(&self) -> Result<Running> {
        let log = std::fs::File::create(self.log())?;
        // Drawn only now: earlier, another server of ours could take it meanwhile.
        let port = free_port()?;
        let began = Instant::now();
        let child = self
            .command(&["serve"])
            .env("XINGDONG__SERVER__BIND", format!("127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("xingdong serve could not be started")?;
        let mut running = Running {
            child,
            port,
            ready_after: Duration::ZERO,
        };
        while !running.is_ready().unwrap_or(false) {
            let ended = running.child.try_wait()?.is_some();
            if ended || LONGEST_START < began.elapsed() {
                let log = std::fs::read_to_string(self.log())?;
                bail!("the service did not become ready:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        running.ready_after = began.elapsed();
        Ok(running)
    }

    /// Lets the service itself prove that no entry of its chains is missing or changed.
    pub fn verify(&self) -> Result<()> {
        workspace::output(&mut self.command(&["audit", "verify"])).map(drop)
    }

    fn log(&self) -> PathBuf {
        self.folder.join("serve.log")
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

/// The only place in xtask that knows the service's configuration.
fn configuration(database: &str) -> String {
    // Base64 of 32 zero bytes: every key is asked for, and nothing here is worth hiding.
    let key = format!("{}=", "A".repeat(43));
    format!(
        r#"
[database]
url = "{database}"
[auth]
keys = [{{ id = "bench", secret = "{key}" }}]
[crypto]
field_keys = [{{ id = 1, secret = "{key}" }}]
index_key = "{key}"
"#
    )
}

fn empty_folder(name: &str) -> Result<PathBuf> {
    let folder = workspace::target().join("xtask").join("bench").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A service that answers. Killed when dropped: what it acknowledged must be there all the same.
pub struct Running {
    child: Child,
    port: u16,
    ready_after: Duration,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The most it ever held resident, in bytes.
    pub fn peak_memory(&self) -> Option<u64> {
        self.memory("VmHWM:")
    }

    /// What it took of the cores so far. Linux counts hundredths.
    pub fn cpu_seconds(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace().skip(11);
        let user: u32 = fields.next()?.parse().ok()?;
        let system: u32 = fields.next()?.parse().ok()?;
        Some(f64::from(user + system) / 100.0)
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
