//! `cargo xtask rehearse`: what docs/runbook.md says of a database that is lost, done.
//!
//! Each rehearsal starts clusters of its own, lets members check in through a node, loses the
//! database, follows the runbook, and holds what is there against what was acknowledged.

mod failover;
mod restore;
mod switch;

use std::path::PathBuf;

use anyhow::{Result, bail};

use self::failover::Following;
use crate::bench::load::Loader;
use crate::servers::Home;
use crate::tools::{self, ServerPrograms};
use crate::workspace;

/// What a rehearsal needs.
struct Stage {
    programs: ServerPrograms,
    home: Home,
    /// The program that operators run, unoptimised: what is looked at is not its speed.
    binary: PathBuf,
    loader: Loader,
}

/// Rehearses what is named, or everything.
pub fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (restores, fails_over) = match words[..] {
        [] => (true, true),
        ["restore"] => (true, false),
        ["failover"] => (false, true),
        _ => bail!("rehearse knows `restore` and `failover`"),
    };
    if restores {
        println!("{}", restore::rehearse(&set()?)?);
    }
    if fails_over {
        for following in [Following::Behind, Following::Synchronous] {
            // A stage of its own: rooms have names, and the primary that was killed left its own.
            println!("{}", failover::rehearse(&set()?, following)?);
        }
    }
    Ok(())
}

fn set() -> Result<Stage> {
    let programs = tools::servers()?;
    // The whole workspace, as the tests are built: another selection would unify features
    // differently and compile everything once more.
    let bins = ["--bin", "xingdong-under-test", "--bin", "load"];
    workspace::run(workspace::cargo().args(["build", "--workspace"]).args(bins))?;
    let built = workspace::target().join("debug");
    Ok(Stage {
        programs,
        home: Home::create()?,
        binary: built.join("xingdong-under-test"),
        loader: Loader::at(built.join("load")),
    })
}
