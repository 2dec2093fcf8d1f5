//! Where the repository lies, and how a task runs another program in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The folder with the workspace's `Cargo.toml`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one folder below the root")
}

/// Where cargo builds, wherever the developer moved it.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(elsewhere) => root().join(elsewhere),
        None => root().join("target"),
    }
}

/// A cargo that sees the environment the developer's own cargo would see.
///
/// `cargo run` describes the running package in variables, and some build scripts (ring's is
/// one) ask to be run again when those change: passed on, they would cost a rebuild each time
/// somebody changes between `cargo test` and `cargo xtask test`.
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let describes_us = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ]
        .iter()
        .any(|prefix| text.starts_with(prefix));
        if describes_us || text == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs it with our own input and output, says what runs, and fails when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let code = exit_code(command)?;
    if code != 0 {
        bail!("{} ended with {code}", spoken(command));
    }
    Ok(())
}

/// Like [`run`], for callers to whom the exit code means something.
pub fn exit_code(command: &mut Command) -> Result<i32> {
    eprintln!("xtask: {}", spoken(command));
    let status = command
        .status()
        .with_context(|| format!("{} could not be started", spoken(command)))?;
    // Without a code it was ended by a signal, which is a failure of no particular kind.
    Ok(status.code().unwrap_or(-1))
}

/// What it prints, or why there is nothing: the program's own words on standard error.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} could not be started", spoken(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed: {}", spoken(command), complaint.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn spoken(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
