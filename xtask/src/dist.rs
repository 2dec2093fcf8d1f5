//! `cargo xtask dist`: what an operator copies to a server, in `target/dist`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace;

/// What goes along with the program, where the repository has it.
const COMPANIONS: [&str; 4] = [
    "LICENSE",
    "README.md",
    "docs/runbook.md",
    "docs/openapi.json",
];

/// Builds the release and lays it out with its check sums.
pub fn run() -> Result<()> {
    let binary = build()?;
    let folder = workspace::target().join("dist");
    if folder.exists() {
        // Otherwise a file that is no longer part of the release would stay in it.
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("clearing {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)?;

    let mut names = vec![copy(&binary, &folder)?];
    for companion in COMPANIONS {
        let source = workspace::root().join(companion);
        if source.is_file() {
            names.push(copy(&source, &folder)?);
        }
    }
    let sums = check_sums(&folder, &names)?;
    std::fs::write(folder.join("SHA256SUMS"), format!("{sums}\n"))?;
    println!("{}:\n{sums}", folder.display());
    Ok(())
}

/// The release binary. The profile in `Cargo.toml` has it stripped already.
pub fn build() -> Result<PathBuf> {
    workspace::run(workspace::cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        "api",
        "--bin",
        "xingdong",
    ]))?;
    Ok(workspace::target().join("release").join("xingdong"))
}

fn copy(source: &Path, folder: &Path) -> Result<String> {
    let name = source
        .file_name()
        .expect("a file of ours has a name")
        .to_string_lossy();
    std::fs::copy(source, folder.join(name.as_ref()))
        .with_context(|| format!("copying {}", source.display()))?;
    Ok(name.into_owned())
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
