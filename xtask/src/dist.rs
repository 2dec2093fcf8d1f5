//! `cargo xtask dist`: everything an operator copies to a server, in one archive in `target/dist`.
//!
//! The archive holds the program, the files of `docs/operate`, the licences of everything that is
//! linked into it, a bill of materials and check sums. Names are in one order and times are those
//! of the commit, so that the same commit built by the same compiler is the same archive.

mod licences;
mod materials;
mod units;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// What goes along with the program: its place in the repository, its place in the archive.
const COMPANIONS: [(&str, &str); 11] = [
    ("LICENSE", "LICENSE"),
    ("README.md", "README.md"),
    ("docs/runbook.md", "doc/runbook.md"),
    ("docs/wechat.md", "doc/wechat.md"),
    ("docs/api.md", "doc/api.md"),
    ("docs/glossary.md", "doc/glossary.md"),
    ("docs/rulebook-guide.md", "doc/rulebook-guide.md"),
    ("docs/rulebook.schema.json", "doc/rulebook.schema.json"),
    ("docs/openapi.json", "doc/openapi.json"),
    ("docs/performance.md", "doc/performance.md"),
    ("api/config.example.toml", "xingdong.example.toml"),
];
/// Where the files for operators are, and their place in the archive.
const OPERATE: (&str, &str) = ("docs/operate", "operate");
/// The pictures that doc/performance.md shows.
const PROFILES: (&str, &str) = ("docs/profiles", "doc/profiles");

/// What the developer wants.
#[derive(Debug, Default, PartialEq)]
pub struct Request {
    /// The unoptimised program, to look at the archive without waiting for the release.
    debug: bool,
}

impl Request {
    /// Reads `[--debug]`.
    pub fn read(arguments: &[String]) -> Result<Self> {
        let mut request = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--debug" => request.debug = true,
                unknown => bail!("dist does not know {unknown:?}"),
            }
        }
        Ok(request)
    }
}

/// Builds the program and packs it.
pub fn run(request: &Request) -> Result<()> {
    let profile = if request.debug { "debug" } else { "release" };
    let binary = if request.debug {
        build_as(&[])?
    } else {
        build()?
    };
    let version = version(&binary)?;
    let name = if request.debug {
        format!("xingdong-{version}-{}-debug", triple()?)
    } else {
        format!("xingdong-{version}-{}", triple()?)
    };
    let dist = workspace::target().join("dist");
    let folder = dist.join(&name);
    if dist.exists() {
        // Otherwise a file that is no longer part of the release would stay in it.
        std::fs::remove_dir_all(&dist).with_context(|| format!("clearing {}", dist.display()))?;
    }
    lay_out(&folder, &binary)?;
    licences::write(&folder.join("THIRD-PARTY-LICENSES.txt"))?;
    materials::write(&folder.join("sbom.cdx.json"), commit_time()?)?;
    units::verify(&folder.join(OPERATE.1).join("systemd"), &binary)?;
    note_check_sums(&folder)?;
    let archive = pack(&dist, &name)?;
    let sum = check_sums(&dist, &[format!("{name}.tar.gz")])?;
    std::fs::write(dist.join("SHA256SUMS"), format!("{sum}\n"))?;
    let bytes = archive.metadata()?.len();
    println!(
        "{} ({profile}, {} kB)\n{sum}",
        archive.display(),
        bytes / 1000
    );
    Ok(())
}

/// The release binary. The profile in `Cargo.toml` has it stripped already.
pub fn build() -> Result<PathBuf> {
    build_as(&["--release"])
}

fn build_as(profile: &[&str]) -> Result<PathBuf> {
    let program = ["build", "--locked", "--package", "api", "--bin", "xingdong"];
    workspace::run(workspace::cargo().args(program).args(profile))?;
    let folder = if profile.is_empty() {
        "debug"
    } else {
        "release"
    };
    Ok(workspace::target().join(folder).join("xingdong"))
}

/// What the program says of itself: the archive carries no other version than it.
fn version(binary: &Path) -> Result<String> {
    let said = workspace::output(Command::new(binary).arg("--version"))?;
    let version = said.strip_prefix("xingdong ");
    Ok(version
        .context("the program does not say its version")?
        .to_owned())
}

fn triple() -> Result<String> {
    let said = workspace::output(
        Command::new("rustc")
            .arg("-vV")
            .current_dir(workspace::root()),
    )?;
    said.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not name its host")
}

/// Seconds since 1970; what is not in a repository is as old as nothing is.
fn commit_time() -> Result<u64> {
    let asked = workspace::output(
        Command::new("git")
            .args(["log", "-1", "--format=%ct"])
            .current_dir(workspace::root()),
    );
    asked.map_or(Ok(0), |seconds| {
        seconds.parse().context("git tells no time")
    })
}

fn lay_out(folder: &Path, binary: &Path) -> Result<()> {
    copy(binary, &folder.join("bin").join("xingdong"))?;
    for (from, to) in COMPANIONS {
        copy(&workspace::root().join(from), &folder.join(to))?;
    }
    // An example that came with keys would be everybody's.
    let example = folder.join("xingdong.example.toml");
    let mut text = std::fs::read_to_string(&example)?;
    for key in ["@KEY1@", "@KEY2@", "@KEY3@"] {
        text = text.replace(key, "xingdong config-example draws one");
    }
    std::fs::write(&example, text)?;
    for (from, to) in [OPERATE, PROFILES] {
        let from = workspace::root().join(from);
        for file in files(&from)? {
            copy(&from.join(&file), &folder.join(to).join(file))?;
        }
    }
    Ok(())
}

fn copy(source: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().expect("a file of the archive lies in it");
    std::fs::create_dir_all(folder)?;
    std::fs::copy(source, to).with_context(|| format!("copying {}", source.display()))?;
    Ok(())
}

/// Every file below a folder, by its path within it, in order.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let inside = path.strip_prefix(folder).expect("found below it");
                found.push(inside.to_str().context("a name that is UTF-8")?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn note_check_sums(folder: &Path) -> Result<()> {
    let sums = check_sums(folder, &files(folder)?)?;
    std::fs::write(folder.join("SHA256SUMS"), format!("{sums}\n"))?;
    Ok(())
}

/// In the form that `sha256sum --check` reads.
fn check_sums(folder: &Path, names: &[String]) -> Result<String> {
    let sha256sum = workspace::output(Command::new("sha256sum").args(names).current_dir(folder));
    sha256sum.or_else(|_| {
        // macOS has no sha256sum, but a script that prints the same.
        workspace::output(
            Command::new("shasum")
                .args(["-a", "256"])
                .args(names)
                .current_dir(folder),
        )
    })
}

/// Needs GNU's tar, whose options leave nothing of this machine in the archive.
fn pack(dist: &Path, name: &str) -> Result<PathBuf> {
    let archive = dist.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--format=gnu"])
        .args(["--owner=0", "--group=0", "--numeric-owner"])
        .arg("--mode=u=rwX,go=rX")
        .arg(format!("--mtime=@{}", commit_time()?))
        .args(["--use-compress-program", "gzip --no-name --best", "--file"])
        .arg(&archive)
        .arg("--directory")
        .arg(dist)
        .arg(name);
    workspace::run(&mut tar).context("packing needs GNU tar")?;
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_companion_is_in_the_repository() {
        for (from, _) in COMPANIONS {
            assert!(workspace::root().join(from).is_file(), "{from}");
        }
        let operate = files(&workspace::root().join(OPERATE.0)).unwrap();
        for name in [
            "compose/compose.yaml",
            "grafana/xingdong.json",
            "prometheus/alerts.yaml",
            "systemd/xingdong.service",
        ] {
            assert!(operate.contains(&name.to_owned()), "{name}: {operate:?}");
        }
        let page = std::fs::read_to_string(workspace::root().join("docs/performance.md"));
        let shown = page.expect("it is a companion");
        for picture in files(&workspace::root().join(PROFILES.0)).expect("pictures are kept there")
        {
            assert!(
                shown.contains(&format!("(profiles/{picture})")),
                "{picture}"
            );
        }
    }

    #[test]
    fn the_example_in_the_archive_holds_no_key() {
        let folder = workspace::target().join("xtask").join("dist-test");
        let binary = workspace::root().join("LICENSE");
        lay_out(&folder, &binary).unwrap();

        let example = std::fs::read_to_string(folder.join("xingdong.example.toml")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();

        assert!(!example.contains("@KEY"));
        assert_eq!(example.matches("config-example draws one").count(), 3);
    }
}
