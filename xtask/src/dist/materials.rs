//! The bill of materials in CycloneDX, written by cargo-cyclonedx.

use std::path::Path;

use anyhow::{Context, Result};

use crate::{tools, workspace};

/// What the tool writes beside each manifest before we take ours.
const NAME: &str = "xingdong-materials";

/// Writes the bill of what the program is linked from; `at` seconds since 1970 is its time.
pub fn write(file: &Path, at: u64) -> Result<()> {
    tools::cyclonedx()?;
    let written = workspace::run(
        workspace::cargo()
            .args([
                "cyclonedx",
                "--quiet",
                "--format=json",
                "--spec-version=1.5",
            ])
            .args(["--override-filename", NAME, "--manifest-path"])
            .arg(workspace::root().join("api").join("Cargo.toml"))
            // Otherwise the bill of the same commit would be another each time.
            .env("SOURCE_DATE_EPOCH", at.to_string()),
    );
    let taken = written.and_then(|()| take(file));
    // It writes one for every crate of the workspace.
    for crate_folder in std::fs::read_dir(workspace::root())? {
        let stray = crate_folder?.path().join(format!("{NAME}.json"));
        if stray.is_file() {
            std::fs::remove_file(stray)?;
        }
    }
    taken
}

fn take(file: &Path) -> Result<()> {
    let written = workspace::root().join("api").join(format!("{NAME}.json"));
    let bill = std::fs::read_to_string(&written).context("cargo-cyclonedx wrote no bill")?;
    // Paths of this machine are no material.
    let root = workspace::root().to_string_lossy();
    std::fs::write(file, bill.replace(root.as_ref(), ""))
        .with_context(|| format!("writing {}", file.display()))
}
