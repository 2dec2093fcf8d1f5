//! A Postgres and a Redis of our own, on free ports of this machine, gone when we are.
//!
//! Data lies under `target/xtask` and is thrown away; nothing of an installed service is used
//! or changed. How a server is stopped without fail is `guard`'s business.

mod guard;
mod postgres;
mod redis;

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub use self::postgres::Postgres;
pub use self::redis::Redis;
use crate::tools::{self, ServerPrograms};
use crate::workspace;

/// What docs/runbook.md says under "Which database", for this machine.
fn measured() -> Result<[String; 4]> {
    Ok([
        format!("shared_buffers={}MB", memory_mb()?.div_ceil(4).min(4096)),
        "max_wal_size=4GB".to_owned(),
        "checkpoint_timeout=30min".to_owned(),
        "wal_compression=lz4".to_owned(),
    ])
}

/// The memory of this machine.
fn memory_mb() -> Result<u64> {
    let memory = std::fs::read_to_string("/proc/meminfo").context("/proc/meminfo")?;
    let total = memory.lines().find_map(|line| {
        let kilobytes = line.strip_prefix("MemTotal:")?.strip_suffix("kB")?;
        kilobytes.trim().parse::<u64>().ok()
    });
    Ok(total.context("MemTotal in /proc/meminfo")? / 1024)
}

/// Both servers, ready. Dropping this stops them and removes their data.
pub struct Servers {
    /// The database server.
    pub postgres: Postgres,
    /// The shared cache.
    pub redis: Redis,
    // Dropped last: the servers are gone before their folder is.
    home: Home,
}

impl Servers {
    /// Starts both and waits until they answer.
    pub fn start(programs: &ServerPrograms) -> Result<Self> {
        Self::start_in(Home::create()?, programs, &[])
    }

    /// The same with `PostgreSQL` set as docs/runbook.md says for a machine of its own, which is
    /// what whatever is measured shares.
    pub fn for_measuring(programs: &ServerPrograms) -> Result<Self> {
        let settings = measured()?;
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        Self::start_in(Home::create()?, programs, &settings)
    }

    /// Starts a pair for the drill of that name, which may kill and freeze them.
    pub fn for_drill(name: &str) -> Result<Self> {
        Self::start_in(Home::of_drill(name)?, &tools::servers()?, &[])
    }

    fn start_in(home: Home, programs: &ServerPrograms, settings: &[&str]) -> Result<Self> {
        let name = "postgres";
        Ok(Self {
            postgres: Postgres::start_with(&programs.postgres, &home, name, settings)?,
            redis: Redis::start(&programs.redis, &home)?,
            home,
        })
    }

    /// Starts what was killed again, on the same port and with the data it had, and waits until it
    /// answers.
    pub fn start_again(&mut self) -> Result<()> {
        self.postgres.start_again(&self.home)?;
        self.redis.start_again(&self.home)
    }

    /// A standby that follows our PostgreSQL from now on.
    pub fn standby(&self) -> Result<Postgres> {
        let copy = self.postgres.copy(&self.home, "standby")?;
        copy.start(&self.home, "standby", &[])
    }

    /// The variables by which the tests find these servers.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("XINGDONG_TEST_ENGINE", "servers".to_owned()),
            ("XINGDONG_TEST_POSTGRES_URL", self.postgres.url("postgres")),
            ("XINGDONG_TEST_REDIS_URL", self.redis.url()),
        ]
    }
}

/// `cargo xtask servers`: keeps both running until Ctrl-C or until one of them dies.
pub fn hold() -> Result<()> {
    let mut servers = Servers::start(&tools::servers()?)?;
    for (name, value) in servers.environment() {
        println!("export {name}='{value}'");
    }
    eprintln!("xtask: both servers run until Ctrl-C");
    loop {
        std::thread::sleep(Duration::from_secs(1));
        servers.postgres.must_be_running()?;
        servers.redis.must_be_running()?;
    }
}

/// A folder in memory with room for so many megabytes, where the system has one: what is written
/// there and thrown away need not wait for a disk.
pub fn memory(megabytes: u64) -> Option<PathBuf> {
    const SHARED_MEMORY: &str = "/dev/shm";
    let told = workspace::output(Command::new("df").args(["-P", "-k", SHARED_MEMORY])).ok()?;
    let free: u64 = told
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    (megabytes * 1024 <= free).then(|| SHARED_MEMORY.into())
}

/// The folder of one run's data, and the account that may write there.
pub struct Home {
    folder: PathBuf,
    account: Option<Account>,
    /// Stands before the names of its servers' logs.
    prefix: String,
    /// Whether data stays when a server ends, until the folder goes.
    keeps: bool,
}

/// Whom the servers run as when we are root: Postgres refuses root.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Home {
    /// A new folder under `target/xtask`, or under the system's temporary folder when the
    /// servers' account may not reach the former (a clone in root's home directory).
    pub fn create() -> Result<Self> {
        Self::create_for("", false)
    }

    /// The same for servers that are killed and started again in a drill of that name.
    pub fn of_drill(name: &str) -> Result<Self> {
        Self::create_for(&format!("{name}-"), true)
    }

    fn create_for(prefix: &str, keeps: bool) -> Result<Self> {
        let account = tools::we_are_root().then(Account::find).transpose()?;
        // A power cut is not among the drills: what a killed server wrote is there, on a disk or not.
        let quick = keeps.then(|| memory(ROOM_OF_A_DRILL)).flatten();
        let usual = [workspace::target().join("xtask"), std::env::temp_dir()];
        for parent in quick.into_iter().chain(usual) {
            remove_what_dead_runs_left(&parent);
            let folder = parent.join(format!("{PREFIX}{}", std::process::id()));
            std::fs::create_dir_all(&parent)?;
            // Must be new: in a folder shared with others, somebody else's could lie in wait.
            std::fs::create_dir(&folder)
                .with_context(|| format!("no folder for the servers at {}", folder.display()))?;
            let home = Self {
                folder: folder.canonicalize()?,
                account,
                prefix: prefix.to_owned(),
                keeps,
            };
            home.give_away(&home.folder)?;
            let writable = home
                .command("test")
                .args(["-w", "."])
                .current_dir(&home.folder)
                .status();
            if writable.is_ok_and(|status| status.success()) {
                return Ok(home);
            }
        }
        bail!("found no folder that the servers' account may write to")
    }

    /// A folder of that name inside, owned by the servers' account.
    pub fn room(&self, name: &str) -> Result<PathBuf> {
        let room = self.folder.join(name);
        std::fs::create_dir(&room).with_context(|| format!("creating {}", room.display()))?;
        self.give_away(&room)?;
        Ok(room)
    }

    /// A command that runs as the servers' account.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some(account) = self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }

    fn give_away(&self, path: &Path) -> Result<()> {
        if let Some(account) = self.account {
            std::os::unix::fs::chown(path, Some(account.user), Some(account.group))
                .with_context(|| format!("handing {} to the servers' account", path.display()))?;
        }
        Ok(())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be removed now, the next run removes.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Account {
    /// The package's own account, or `nobody` where only the programs were installed.
    fn find() -> Result<Self> {
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| {
                let number = |flag| {
                    workspace::output(Command::new("id").args([flag, name]))
                        .ok()?
                        .parse()
                        .ok()
                };
                Some(Self {
                    user: number("-u")?,
                    group: number("-g")?,
                })
            })
            .context("PostgreSQL does not run as root, and there is no other account to use")
    }
}

/// Megabytes that a drill's servers may fill.
const ROOM_OF_A_DRILL: u64 = 1_024;
const PREFIX: &str = "xingdong-servers-";

/// A run that was killed could not tidy up. Its servers ended with it; its folder may be here.
fn remove_what_dead_runs_left(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name
            .to_string_lossy()
            .strip_prefix(PREFIX)
            .and_then(|it| it.parse().ok());
        if owner.is_some_and(|owner: u32| !is_another_living_process(owner)) {
            // Another user's remains are not ours to remove, and stay.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_another_living_process(number: u32) -> bool {
    let asked = workspace::output(Command::new("sh").args(["-c", &format!("kill -0 {number}")]));
    number != std::process::id() && asked.is_ok()
}

/// A port nobody listens on now.
///
/// Below 32768: above, the system hands ports to outgoing connections, and a client that
/// retries can end up connected to itself.
pub fn free_port() -> Result<u16> {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    let start = std::process::id().wrapping_mul(37) % COUNT;
    (0..COUNT)
        .filter_map(|step| u16::try_from(FIRST + (start + step) % COUNT).ok())
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .context("no free port between 20000 and 31999")
}
