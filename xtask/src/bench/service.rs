//! The service by itself on `SQLite`: how fast it is ready, and what it holds while nobody asks.

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

/// What the idle service was seen to need.
pub struct Idle {
    /// Milliseconds from the start of the process to the first "ready", one per round.
    pub starts_ms: Vec<f64>,
    /// Resident bytes at rest, where the system tells.
    pub memory: Option<u64>,
}

/// Starts the service on a migrated database as often as asked.
pub fn idle(binary: &Path, rounds: usize) -> Result<Idle> {
    let bench = Bench::prepare(binary)?;
    let mut idle = Idle {
        starts_ms: Vec::new(),
        memory: None,
    };
    for _ in 0..rounds {
        let began = Instant::now();
        let running = bench.serve()?;
        bench.wait_until_ready()?;
        idle.starts_ms.push(began.elapsed().as_secs_f64() * 1000.0);

        if idle.memory.is_none() {
            std::thread::sleep(REST);
            idle.memory = resident_bytes(running.0.id());
        }
    }
    Ok(idle)
}

/// A folder with a configuration and a migrated database.
struct Bench {
    binary: PathBuf,
    folder: PathBuf,
    port: u16,
}

/// Stopped when dropped: nothing it holds is worth a goodbye.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bench {
    fn prepare(binary: &Path) -> Result<Self> {
        let folder = workspace::target().join("xtask").join("bench");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let bench = Self {
            binary: binary.to_owned(),
            folder,
            port: free_port()?,
        };
        std::fs::write(bench.configuration_file(), bench.configuration())?;
        workspace::run(&mut bench.command(&["migrate", "up"]))?;
        Ok(bench)
    }

    /// The only place in xtask that knows the service's configuration.
    fn configuration(&self) -> String {
        // Base64 of 32 zero bytes: every key is asked for, and nothing here is worth hiding.
        let key = format!("{}=", "A".repeat(43));
        format!(
            r#"
[server]
bind = "127.0.0.1:{port}"
[database]
url = "sqlite:{database}"
[auth]
keys = [{{ id = "bench", secret = "{key}" }}]
[crypto]
field_keys = [{{ id = 1, secret = "{key}" }}]
index_key = "{key}"
"#,
            port = self.port,
            database = self.folder.join("xingdong.sqlite").display(),
        )
    }

    fn configuration_file(&self) -> PathBuf {
        self.folder.join("xingdong.toml")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .arg("--config")
            .arg(self.configuration_file());
        command.current_dir(&self.folder);
        command
    }

    fn serve(&self) -> Result<Running> {
        let log = std::fs::File::create(self.folder.join("serve.log"))?;
        let child = self
            .command(&["serve"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("xingdong serve could not be started")?;
        Ok(Running(child))
    }

    fn wait_until_ready(&self) -> Result<()> {
        let began = Instant::now();
        while !self.is_ready().unwrap_or(false) {
            if LONGEST_START < began.elapsed() {
                let log = std::fs::read_to_string(self.folder.join("serve.log"))?;
                bail!("the service is not ready after {LONGEST_START:?}:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn is_ready(&self) -> Result<bool> {
        let patience = Duration::from_secs(1);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }
}

/// `/proc` is Linux's; elsewhere there is no figure rather than a wrong one.
fn resident_bytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
