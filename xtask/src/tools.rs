//! Finds the programs our tasks need, and installs what is missing where that is possible.
//!
//! On Debian and its relatives servers come from apt (as root, or with a `sudo` that asks no
//! password); cargo's own tools come from `cargo install` everywhere. Elsewhere the message
//! says what to install. Nothing here starts a server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// The programs of the service half.
pub struct ServerPrograms {
    /// The folder with `initdb`, `postgres`, `psql` and `pgbench`, all of one version.
    pub postgres: PathBuf,
    /// `redis-server`.
    pub redis: PathBuf,
}

/// Postgres and Redis, installed now if they have to be.
pub fn servers() -> Result<ServerPrograms> {
    let mut missing = Vec::new();
    if find_postgres().is_none() {
        missing.push("postgresql");
    }
    if find_redis().is_none() {
        missing.push("redis-server");
    }
    if !missing.is_empty() {
        install_packages(&missing)?;
    }
    Ok(ServerPrograms {
        postgres: find_postgres().context("postgresql is installed, yet initdb is not found")?,
        redis: find_redis().context("redis-server is installed, yet not on the PATH")?,
    })
}

/// Python with its `venv` and Node with its `npm`, installed now if they have to be.
pub fn languages() -> Result<()> {
    let mut missing = Vec::new();
    let can_make_rooms =
        || workspace::output(Command::new("python3").args(["-c", "import ensurepip"]));
    if can_make_rooms().is_err() {
        missing.extend(["python3", "python3-venv"]);
    }
    if find_on_path("node").is_none() {
        missing.push("nodejs");
    }
    if find_on_path("npm").is_none() {
        missing.push("npm");
    }
    if !missing.is_empty() {
        install_packages(&missing)?;
    }
    can_make_rooms().context("python3 is installed, yet cannot make a venv")?;
    for program in ["node", "npm"] {
        find_on_path(program)
            .with_context(|| format!("{program} is installed, yet not on the PATH"))?;
    }
    Ok(())
}

/// The runner of our tests. The version is one our toolchain can build.
pub fn nextest() -> Result<()> {
    // Without its self-update, which we never want, it builds no HTTP client and no TLS.
    let lean = ["--no-default-features", "--features", "default-no-update"];
    cargo_tool("cargo-nextest", "nextest", "0.9.143", &lean)
}

/// The judge of our dependencies. The version is one our toolchain can build.
pub fn deny() -> Result<()> {
    cargo_tool("cargo-deny", "deny", "0.20.2", &[])
}

/// The writer of our bill of materials.
pub fn cyclonedx() -> Result<()> {
    cargo_tool("cargo-cyclonedx", "cyclonedx", "0.5.9", &[])
}

/// `promtool`, which reads alert rules as Prometheus does.
///
/// Taken out of Debian's package of Prometheus (19 MB) without installing it: nobody wants a server
/// to start for a look at a file.
pub fn promtool() -> Result<PathBuf> {
    if let Some(found) = find_on_path("promtool") {
        return Ok(found);
    }
    let room = workspace::target().join("xtask").join("promtool");
    let unpacked = room.join("usr").join("bin").join("promtool");
    if unpacked.is_file() {
        return Ok(unpacked);
    }
    if find_on_path("apt-get").is_none() || find_on_path("dpkg").is_none() {
        bail!("promtool missing: install Prometheus 2.42 or newer");
    }
    eprintln!("xtask: promtool missing, downloading");
    std::fs::create_dir_all(&room)?;
    workspace::run(
        Command::new("apt-get")
            .args(["download", "-qq", "prometheus"])
            .current_dir(&room),
    )?;
    let package = std::fs::read_dir(&room)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .context("apt-get downloaded no package")?;
    workspace::run(Command::new("dpkg").arg("-x").arg(&package).arg(&room))?;
    std::fs::remove_file(&package)?;
    Ok(unpacked)
}

/// Whether we are root, to whom Postgres refuses its service.
pub fn we_are_root() -> bool {
    workspace::output(Command::new("id").arg("-u")).is_ok_and(|uid| uid == "0")
}

fn cargo_tool(package: &str, subcommand: &str, version: &str, options: &[&str]) -> Result<()> {
    if workspace::output(workspace::cargo().args([subcommand, "--version"])).is_ok() {
        return Ok(());
    }
    eprintln!("xtask: {package} is missing; building it takes some minutes, once");
    let install = ["install", "--locked", package, "--version", version];
    workspace::run(workspace::cargo().args(install).args(options))
        .with_context(|| format!("install {package} {version} to go on"))
}

/// Debian keeps the server's programs off the PATH and puts wrappers there, so every candidate
/// is a folder, and counts only when the whole family lives in it.
fn find_postgres() -> Option<PathBuf> {
    let on_the_path = find_on_path("postgres")
        .and_then(|program| program.canonicalize().ok())
        .and_then(|program| program.parent().map(Path::to_owned));
    let told_by_pg_config = || {
        workspace::output(Command::new("pg_config").arg("--bindir"))
            .ok()
            .map(PathBuf::from)
    };

    on_the_path
        .into_iter()
        .chain(versions_below("/usr/lib/postgresql"))
        .chain(versions_below("/opt/homebrew/opt"))
        .chain(versions_below("/usr/local/opt"))
        .chain(std::iter::once_with(told_by_pg_config).flatten())
        .find(|folder| {
            ["initdb", "postgres", "psql"]
                .iter()
                .all(|it| folder.join(it).is_file())
        })
}

/// `<parent>/<version>/bin` with the newest version first.
fn versions_below(parent: &str) -> Vec<PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let version = name
                .strip_prefix("postgresql@")
                .unwrap_or(&name)
                .parse()
                .ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    folders.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    folders.into_iter().map(|(_, folder)| folder).collect()
}

fn find_redis() -> Option<PathBuf> {
    find_on_path("redis-server")
}

/// Where a program is, if it is on the PATH.
pub fn find_on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

fn install_packages(packages: &[&str]) -> Result<()> {
    let names = packages.join(" and ");
    if find_on_path("apt-get").is_none() {
        bail!(
            "{names} missing: the tests need PostgreSQL 14, Redis 6, Python 3.9 and Node 18 or newer"
        );
    }
    let by_sudo = !we_are_root();
    if by_sudo && workspace::output(Command::new("sudo").args(["-n", "true"])).is_err() {
        bail!(
            "{names} missing: as root, run apt-get install {}",
            packages.join(" ")
        );
    }
    eprintln!("xtask: {names} missing, installing");
    workspace::run(&mut apt_get(by_sudo, &["update", "-qq"]))?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    workspace::run(apt_get(by_sudo, &install).args(packages))
}

fn apt_get(by_sudo: bool, arguments: &[&str]) -> Command {
    let mut command = if by_sudo {
        let mut command = Command::new("sudo");
        command.args(["-n", "env"]);
        command
    } else {
        Command::new("env")
    };
    // In run level 1 the packages' scripts leave their services stopped: we start our own.
    command
        .args(["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"])
        .args(arguments);
    command
}
