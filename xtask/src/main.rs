//! What developers and CI ask of this repository, one word each; `cargo xtask help` lists them.
//!
//! This file only reads the first word. Each task has its own module, and needs nothing but
//! Rust to be installed beforehand: what else it wants, it looks for in `tools`.

mod bench;
mod chaos;
mod check;
mod clients;
mod dist;
mod packages;
mod rehearse;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};
use xtask::{servers, tools, workspace};

const HELP: &str = "\
cargo xtask demo [ARGS]              build and run the demo: `xingdong demo ARGS`
cargo xtask test [--embedded | --clients] [-- FILTER]
                                     all tests, on SQLite and then on PostgreSQL with Redis, and
                                     other people's WeChat clients against our simulator;
                                     --embedded leaves out the servers, --clients all but these
cargo xtask servers                  start PostgreSQL and Redis like the tests do, print their
                                     addresses, stop them at Ctrl-C
cargo xtask chaos                    the drills at their large sizes: an hour of killed nodes and
                                     servers (docs/reliability.md)
cargo xtask check                    formatting, lints, dependencies
cargo xtask bench [PART]... [--seconds N] [--members N] [--rounds N] [--write] ...
                                     measure this machine: check-ins (beside pgbench, COPY and
                                     peers), pages, nodes, growth, slow, scores; only when named:
                                     load, friday, nation, build (docs/performance.md)
cargo xtask rehearse [restore | failover]
                                     what the runbook says of a database that is lost: restored to a
                                     moment, and failed over while members check in
cargo xtask dist [--debug]           one archive for operators in target/dist: the release, units,
                                     Compose and alert files, licences, bill of materials, sums
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((task, rest)) = arguments.split_first() else {
        bail!("which task?\n\n{HELP}");
    };
    match task.as_str() {
        "demo" => demo(rest),
        "test" => test::run(&test::Request::read(rest)?),
        "servers" => nothing_more(rest).and_then(|()| servers::hold()),
        "chaos" => nothing_more(rest).and_then(|()| chaos::run()),
        "check" => nothing_more(rest).and_then(|()| check::run()),
        "bench" => bench::run(&bench::Request::read(rest)?),
        "rehearse" => rehearse::run(rest),
        "dist" => dist::run(&dist::Request::read(rest)?),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        unknown => bail!("there is no task {unknown:?}\n\n{HELP}"),
    }
}

/// The debug build: a newcomer waits for the first page, not for the last per cent of speed.
fn demo(arguments: &[String]) -> Result<()> {
    workspace::run(
        workspace::cargo()
            .args(["run", "--package", "api", "--bin", "xingdong", "--", "demo"])
            .args(arguments),
    )
}

fn nothing_more(arguments: &[String]) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => bail!("{argument:?} is not understood here\n\n{HELP}"),
    }
}
