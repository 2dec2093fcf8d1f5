//! Installs what others wrote in Python and JavaScript, each into a folder of its own below `target`.
//!
//! Versions and hashes stand beside what uses them, so everybody runs the same code; an
//! installation is kept until one of these files changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{tools, workspace};

/// What can be installed.
#[derive(Clone, Copy, Debug)]
pub enum Package {
    /// What `requirements.txt` of this folder of sources names, into a `venv`.
    Python(&'static str),
    /// What `package-lock.json` of this folder of sources names.
    Node(&'static str),
}

impl Package {
    const fn pins(self) -> &'static [&'static str] {
        match self {
            Self::Python(_) => &["requirements.txt"],
            Self::Node(_) => &["package.json", "package-lock.json"],
        }
    }

    /// Where its pins are, from the root of the sources.
    fn sources(self) -> PathBuf {
        let (Self::Python(folder) | Self::Node(folder)) = self;
        workspace::root().join(folder)
    }
}

/// A folder below `target` with each package in the folder that stands beside it, installed now if
/// they have to be.
pub fn installed(name: &str, packages: &[(&str, Package)]) -> Result<PathBuf> {
    tools::languages()?;
    let folder = workspace::target().join("xtask").join(name);
    let mark = folder.join("installed");
    let wanted = pinned(packages)?;
    if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(folder);
    }

    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("removing {}", folder.display()))?;
    }
    for (place, package) in packages {
        let room = folder.join(place);
        match package {
            Package::Python(_) => python(&room, &package.sources()),
            Package::Node(_) => node(&room, &package.sources()),
        }
        .with_context(|| format!("{place} of {name} could not be installed"))?;
    }
    // Written last: an installation that was broken off is begun again.
    std::fs::write(&mark, wanted)?;
    Ok(folder)
}

fn pinned(packages: &[(&str, Package)]) -> Result<String> {
    let mut texts = String::new();
    for (_, package) in packages {
        for pin in package.pins() {
            let file = package.sources().join(pin);
            let text = std::fs::read_to_string(&file);
            texts += &text.with_context(|| format!("reading {}", file.display()))?;
        }
    }
    Ok(texts)
}

fn python(room: &Path, sources: &Path) -> Result<()> {
    workspace::run(Command::new("python3").args(["-m", "venv"]).arg(room))?;
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
            .arg(sources.join("requirements.txt")),
    )
}

fn node(room: &Path, sources: &Path) -> Result<()> {
    std::fs::create_dir_all(room)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(sources.join(name), room.join(name))?;
    }
    // Nobody's install scripts run here: none of the packages needs one.
    let options = [
        "ci",
        "--no-fund",
        "--no-audit",
        "--ignore-scripts",
        "--silent",
    ];
    workspace::run(Command::new("npm").args(options).current_dir(room))
}
