//! `cargo xtask chaos`: the drills of `cargo xtask test` at the sizes of docs/reliability.md, which
//! take too long for every change.
//!
//! Nodes, PostgreSQL and Redis are killed, frozen and replaced while thousands check in, and every
//! fault of WeChat strikes a thousand readers of its own.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::servers::Servers;
use crate::tools;
use crate::workspace;

/// How many are told through each fault of WeChat.
const READERS: &str = "1000";
/// The tests that kill nodes on either engine; the drills have servers of their own.
const NODES: &str = "test(/^killed::/) | test(/^process::/)";

/// Runs everything, one after the other, so that nothing takes the machine away from another.
pub fn run() -> Result<()> {
    tools::nextest()?;
    let servers = Servers::start(&tools::servers()?)?;
    let embedded = [("XINGDONG_TEST_ENGINE", "embedded".to_owned())];
    let parts = [
        ("nodes, SQLite", nextest("it", Some(NODES), &embedded)),
        (
            "nodes, PostgreSQL and Redis",
            nextest("it", Some(NODES), &servers.environment()),
        ),
        ("servers", nextest("drills", None, &embedded)),
    ];
    let mut red = Vec::new();
    let mut lines = Vec::new();
    for (name, mut nextest) in parts {
        let began = Instant::now();
        let passed = workspace::exit_code(&mut nextest)? == 0;
        let word = if passed { "passed" } else { "FAILED" };
        lines.push(format!("{name}: {word}, {} s", began.elapsed().as_secs()));
        if !passed {
            red.push(name);
        }
    }
    println!("\n== cargo xtask chaos ==\n{}", lines.join("\n"));
    if !red.is_empty() {
        bail!("not green: {}", red.join("; "));
    }
    Ok(())
}

fn nextest(target: &str, filter: Option<&str>, engine: &[(&str, String)]) -> Command {
    let mut nextest = workspace::cargo();
    nextest
        .args(["nextest", "run", "--workspace", "--test", target])
        .args(["--profile", "chaos", "--no-capture"])
        .env("XINGDONG_CHAOS", "1")
        .env("XINGDONG_TEST_READERS", READERS)
        .envs(engine.iter().map(|(name, value)| (name, value)));
    if let Some(filter) = filter {
        nextest.args(["-E", filter]);
    }
    nextest
}
