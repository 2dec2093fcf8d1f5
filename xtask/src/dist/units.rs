//! Whether systemd understands our units, asked of systemd itself where it is installed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{tools, workspace};

/// Where the units look for the program.
const INSTALLED: &str = "/usr/local/bin/xingdong";
/// The most of systemd's own measure of exposure (0 to 100) that a unit may have.
const EXPOSURE: &str = "--threshold=20";

/// Has systemd read the units in `folder`, with the built program in the place of the installed one,
/// which must be there to be believed.
pub fn verify(folder: &Path, binary: &Path) -> Result<()> {
    if tools::find_on_path("systemd-analyze").is_none() {
        eprintln!("xtask: systemd-analyze is not installed; the units are packed unseen");
        return Ok(());
    }
    let room = workspace::target().join("xtask").join("units");
    if room.exists() {
        std::fs::remove_dir_all(&room)?;
    }
    std::fs::create_dir_all(&room)?;
    let binary = binary.to_str().context("a path that is UTF-8")?;
    let mut services = Vec::new();
    for name in super::files(folder)? {
        let text = std::fs::read_to_string(folder.join(&name))?;
        std::fs::write(room.join(&name), text.replace(INSTALLED, binary))?;
        if name.ends_with(".service") {
            services.push(name);
        }
    }
    let every: Vec<String> = super::files(&room)?;
    let paths = every.iter().map(|name| room.join(name));
    let said = Command::new("systemd-analyze")
        .arg("verify")
        .args(paths)
        .output()?;
    let said_of_ours: String = String::from_utf8_lossy(&said.stderr)
        .lines()
        .filter(|line| line.contains("xingdong"))
        .collect::<Vec<_>>()
        .join("\n");
    if !said.status.success() || !said_of_ours.is_empty() {
        bail!("systemd does not understand the units:\n{said_of_ours}");
    }
    for service in services {
        let exposure = ["security", "--offline=true", "--no-pager", EXPOSURE];
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(exposure).arg(room.join(&service));
        workspace::output(&mut analyze)
            .with_context(|| format!("{service} is more exposed than it needs to be"))?;
    }
    Ok(())
}
