//! A Postgres cluster made for one run, as durable as a real one while it lasts.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::guard::Guarded;
use super::{Home, free_port};
use crate::workspace;

/// The database we ask our own questions in, so that they are never counted as the tests'.
const OURS: &str = "xtask";

/// How every cluster of ours is set.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    // No socket file: its path may be at most 107 bytes, and ours can be longer.
    "unix_socket_directories=",
    "max_connections=300",
    // Durable as in production: a commit that is not awaited hides races.
    "fsync=on",
    "synchronous_commit=on",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// A running Postgres. Dropping this stops it and removes its data.
pub struct Postgres {
    server: Guarded,
    programs: PathBuf,
    port: u16,
    password: String,
}

/// A copy of a cluster, made while it ran.
pub struct Copy {
    room: PathBuf,
    programs: PathBuf,
    password: String,
}

impl Postgres {
    /// Makes a cluster in `home` with the programs of that folder, and waits until it answers.
    pub fn start(programs: &Path, home: &Home) -> Result<Self> {
        Self::start_with(programs, home, "postgres", &[])
    }

    /// The same under another name, and with these settings beside our own.
    pub fn start_with(
        programs: &Path,
        home: &Home,
        name: &'static str,
        settings: &[&str],
    ) -> Result<Self> {
        let room = home.room(name)?;
        let password = random_word()?;
        initialise(programs, home, &room, &room.join("data"), &password)?;
        let empty = Copy {
            room,
            programs: programs.to_owned(),
            password,
        };
        let postgres = empty.start(home, name, settings)?;
        postgres.ask_in(
            "template1",
            &format!("create database {OURS} template template0"),
        )?;
        Ok(postgres)
    }

    /// Copies the cluster as an operator would, with `pg_basebackup`, while it serves. The copy
    /// knows how to follow the original, should it be started as a standby.
    pub fn copy(&self, home: &Home, name: &'static str) -> Result<Copy> {
        let room = home.room(name)?;
        let mut basebackup = home.command(self.programs.join("pg_basebackup"));
        let client = self.client("pg_basebackup").command();
        for (variable, value) in client.get_envs() {
            basebackup.env(variable, value.unwrap_or_default());
        }
        basebackup
            .args(client.get_args())
            .args([
                "--wal-method=stream",
                "--checkpoint=fast",
                "--write-recovery-conf",
            ])
            .arg("--pgdata")
            .arg(room.join("data"))
            .current_dir(&room);
        workspace::output(&mut basebackup)?;
        Ok(Copy {
            room,
            programs: self.programs.clone(),
            password: self.password.clone(),
        })
    }

    /// Ends the server as a crash would (SIGKILL), in the middle of what it does.
    pub fn crash(self) -> Result<()> {
        self.server.kill()
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where clients find that database, password included.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }

    /// "15.18", for the report.
    pub fn version(&self) -> Result<String> {
        let version = self.ask("show server_version")?;
        Ok(version
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned())
    }

    /// How many sessions others than we have held here.
    pub fn sessions(&self) -> Result<u64> {
        let count = self.ask(&format!(
            "select coalesce(sum(sessions), 0)::bigint from pg_stat_database \
             where datname not in ('{OURS}', 'template1')"
        ))?;
        count
            .parse()
            .with_context(|| format!("{count:?} is no count of sessions"))
    }

    /// Fails when the server has ended.
    pub fn must_be_running(&mut self) -> Result<()> {
        self.server.must_be_running()
    }

    /// One of Postgres's own client programs, told how to get in.
    pub fn client(&self, program: &str) -> Client {
        Client {
            program: self.programs.join(program),
            port: self.port,
            password: self.password.clone(),
        }
    }

    /// The answer to a question about the server.
    pub fn ask(&self, statement: &str) -> Result<String> {
        self.ask_in(OURS, statement)
    }

    /// The answer to a question about what is in a database.
    pub fn ask_in(&self, database: &str, statement: &str) -> Result<String> {
        ask(&self.client("psql"), database, statement)
    }
}

impl Copy {
    /// Makes the copy go by an archive to a moment, instead of following the original.
    pub fn recover_to(&self, home: &Home, restore_command: &str, moment: &str) -> Result<()> {
        let data = self.room.join("data");
        std::fs::remove_file(data.join("standby.signal"))?;
        let signal = data.join("recovery.signal");
        std::fs::write(&signal, "")?;
        home.give_away(&signal)?;
        let settings = format!(
            "restore_command = '{restore_command}'\n\
             recovery_target_time = '{moment}'\n\
             recovery_target_action = 'promote'\n"
        );
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.auto.conf"))?;
        file.write_all(settings.as_bytes())?;
        Ok(())
    }

    /// Starts a server on it and waits until it answers.
    pub fn start(self, home: &Home, name: &'static str, settings: &[&str]) -> Result<Postgres> {
        let port = free_port()?;
        let mut command = Command::new(self.programs.join("postgres"));
        command
            .arg("-D")
            .arg(self.room.join("data"))
            .args(["-p", &port.to_string()]);
        for setting in SETTINGS.iter().chain(settings) {
            command.args(["-c", *setting]);
        }
        // QUIT is the immediate stop: nobody will miss a last checkpoint.
        let server = Guarded::start(name, &command, "QUIT", &self.room, home)?;
        let mut postgres = Postgres {
            server,
            programs: self.programs,
            port,
            password: self.password,
        };
        let asker = postgres.client("psql");
        let ready = || postgres_answers(&asker);
        postgres.server.wait_until(Duration::from_mins(1), ready)?;
        Ok(postgres)
    }
}

/// How to call a client program without naming the password on its command line.
pub struct Client {
    program: PathBuf,
    port: u16,
    password: String,
}

impl Client {
    /// The program with its connection settled; the caller adds the database and the rest.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-U",
                "postgres",
            ])
            .env("PGPASSWORD", &self.password)
            .env("PGCONNECT_TIMEOUT", "5");
        command
    }
}

fn ask(psql: &Client, database: &str, statement: &str) -> Result<String> {
    workspace::output(
        psql.command()
            .args(["-X", "-q", "-A", "-t", "-d", database, "-c", statement]),
    )
}

/// Only the cluster we made knows our password, so a yes is never a stranger's.
fn postgres_answers(psql: &Client) -> bool {
    ask(psql, "template1", "select 1").is_ok_and(|answer| answer == "1")
}

fn initialise(
    programs: &Path,
    home: &Home,
    room: &Path,
    data: &Path,
    password: &str,
) -> Result<()> {
    let secret = room.join("password");
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&secret)?
        .write_all(password.as_bytes())?;
    home.give_away(&secret)?;

    workspace::output(
        home.command(programs.join("initdb"))
            .arg("-D")
            .arg(data)
            .arg(format!("--pwfile={}", secret.display()))
            // Sent as it is, on the loopback only: the handshake that hides it costs an
            // unoptimised client tens of milliseconds a connection.
            .args(["--username=postgres", "--auth=password"])
            .args(["--encoding=UTF8", "--locale=C", "--no-sync"])
            .current_dir(room),
    )?;
    Ok(())
}

fn random_word() -> Result<String> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("no random bytes for the database's password")?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
