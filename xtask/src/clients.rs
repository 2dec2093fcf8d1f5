//! Installs the WeChat clients other people wrote, which `wechat/tests/clients` runs against our
//! simulator: wechatpy into a `venv`, node-easywechat into a folder of its own.
//!
//! Versions and hashes stand beside the tests, so everybody runs the same code; an installation
//! is kept below `target` until one of these files changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{tools, workspace};

/// What decides whether an installation is still the right one.
const PINS: [&str; 3] = ["requirements.txt", "package.json", "package-lock.json"];

/// The folder of both clients, installed now if they have to be.
pub fn installed() -> Result<PathBuf> {
    tools::languages()?;
    let pins = workspace::root().join("wechat/tests/clients");
    let folder = workspace::target().join("xtask").join("clients");
    let mark = folder.join("installed");
    let wanted = read_pins(&pins)?;
    if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(folder);
    }

    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("removing {}", folder.display()))?;
    }
    install_wechatpy(&folder, &pins)?;
    install_easywechat(&folder, &pins)?;
    // Written last: an installation that was broken off is begun again.
    std::fs::write(&mark, wanted)?;
    Ok(folder)
}

fn read_pins(folder: &Path) -> Result<String> {
    let texts: Result<Vec<String>> = PINS
        .iter()
        .map(|name| {
            let file = folder.join(name);
            std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
        })
        .collect();
    Ok(texts?.concat())
}

fn install_wechatpy(folder: &Path, pins: &Path) -> Result<()> {
    let room = folder.join("python");
    workspace::run(Command::new("python3").args(["-m", "venv"]).arg(&room))?;
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
            .arg(pins.join("requirements.txt")),
    )
    .context("wechatpy could not be installed")
}

fn install_easywechat(folder: &Path, pins: &Path) -> Result<()> {
    let room = folder.join("node");
    std::fs::create_dir_all(&room)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(pins.join(name), room.join(name))?;
    }
    // Nobody's install scripts run here: the package needs none.
    let options = [
        "ci",
        "--no-fund",
        "--no-audit",
        "--ignore-scripts",
        "--silent",
    ];
    workspace::run(Command::new("npm").args(options).current_dir(&room))
        .context("node-easywechat could not be installed")
}
