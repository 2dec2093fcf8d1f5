//! How long developers wait: builds of a copy of the sources, in a folder of their own.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use super::Section;
use super::figures::{Short, Table};
use super::request::Request;
use super::service::empty_folder;
use crate::workspace;

/// What an editor adds to a file.
const ADDED: &str = "\n/// Added to see how long it takes.\npub const ADDED_BY_BENCH: u32 = 1;\n";
/// How often a small build is repeated.
const EDITS: u32 = 3;

/// Measures them: a quarter of an hour on two cores, and less without the release build.
pub fn measure(request: &Request) -> Result<Section> {
    let folder = empty_folder("build")?;
    let sources = folder.join("sources");
    copy_sources(&sources)?;
    let cargo = |words: &[&str]| {
        let mut cargo = workspace::cargo();
        cargo
            .args(words)
            .current_dir(&sources)
            .env("CARGO_TARGET_DIR", folder.join("target"));
        cargo
    };
    let timed = |words: &[&str]| -> Result<f64> {
        let began = Instant::now();
        workspace::run(&mut cargo(words))?;
        Ok(began.elapsed().as_secs_f64())
    };
    let service = ["build", "--locked", "--package", "api", "--bin", "xingdong"];

    // What is downloaded is no part of a build.
    workspace::run(&mut cargo(&["fetch", "--locked"]))?;
    let clean = timed(&service)?;
    let mut edited = Vec::new();
    for turn in 0..EDITS {
        edit(&sources.join("api/src/checkin/service.rs"), turn)?;
        edited.push(timed(&service)?);
    }
    let domain = [
        "test",
        "--locked",
        "--quiet",
        "--package",
        "domain",
        "--lib",
    ];
    timed(&domain)?;
    let mut looped = Vec::new();
    for turn in 0..EDITS {
        edit(&sources.join("domain/src/points.rs"), turn)?;
        looped.push(timed(&domain)?);
    }
    let release = if request.debug {
        None
    } else {
        Some(timed(&[&service[..], &["--release"]].concat())?)
    };
    std::fs::remove_dir_all(&folder)?;

    let mut table = Table::new(&["build", "seconds"]);
    let mut json = Vec::new();
    let builds = [
        ("clean debug build of the service", Some(clean)),
        (
            "debug build of the service after an edit of `api/src/checkin/service.rs`",
            Some(middle(edited)),
        ),
        (
            "`cargo test -p domain --lib` after an edit",
            Some(middle(looped)),
        ),
        ("clean release build of the service", release),
    ];
    for (name, seconds) in builds {
        let Some(seconds) = seconds else { continue };
        table.line(&[name, &Short(seconds).to_string()]);
        json.push(format!(r#""{name}": {seconds:.2}"#));
    }
    Ok(Section {
        markdown: format!("Medians of {EDITS} edits.\n\n{}", table.text()),
        json: format!("{{ {} }}", json.join(", ")),
    })
}

/// Only what git knows, so that nothing of a developer's is built or changed.
fn copy_sources(to: &Path) -> Result<()> {
    let listed = workspace::output(
        Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(workspace::root()),
    )?;
    for name in listed.lines() {
        let (from, to) = (workspace::root().join(name), to.join(name));
        if from.is_file() {
            std::fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
            std::fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// A real change: cargo would notice a touched file, and the compiler that nothing is new in it.
fn edit(file: &Path, turn: u32) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let added = ADDED.replace("BENCH", &format!("BENCH_{turn}"));
    std::fs::write(file, text + &added)?;
    Ok(())
}

fn middle(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
