//! `cargo xtask check`: what a reviewer should not have to say. Tests are `test`'s business.

use anyhow::{Result, bail};

use crate::{tools, workspace};

const CHECKS: [&[&str]; 4] = [
    &["fmt", "--all", "--check"],
    &[
        "clippy",
        "--workspace",
        "--all-targets",
        // Left out of plain `cargo test`, and with it out of all targets.
        "--test",
        "clients",
        "--",
        "-D",
        "warnings",
    ],
    // What nobody builds by default rots unseen.
    &[
        "clippy",
        "--package",
        "api",
        "--features",
        "otlp",
        "--lib",
        "--tests",
        "--",
        "-D",
        "warnings",
    ],
    &[
        "deny",
        "--all-features",
        "check",
        "bans",
        "licenses",
        "sources",
    ],
];

/// Runs every check, also behind a failed one, and then names those that failed.
pub fn run() -> Result<()> {
    tools::deny()?;
    let mut failed = Vec::new();
    for check in CHECKS {
        if workspace::exit_code(workspace::cargo().args(check))? != 0 {
            failed.push(check[0]);
        }
    }
    if !failed.is_empty() {
        bail!("not clean: {}", failed.join(", "));
    }
    println!("formatting, lints and dependencies are clean");
    Ok(())
}
