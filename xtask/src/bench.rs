//! `cargo xtask bench`: the figures of this machine, measured part by part and printed as tables.
//!
//! Absolute figures drift between machines; ratios within one run are what counts. So all that is
//! compared is measured in turns, round after round, and medians are told with their noise.

mod build;
mod check_ins;
mod contest;
mod copy;
mod document;
mod figures;
mod friday;
mod growth;
pub mod load;
mod machine;
mod meeting;
mod nation;
mod nodes;
mod pages;
mod peers;
mod pgbench;
mod programs;
mod request;
mod scores;
pub mod service;
mod slow;

use std::time::Instant;

use anyhow::Result;

use self::machine::Machine;
use self::programs::Programs;
use self::request::Part;
pub use self::request::Request;
use crate::servers::Servers;
use crate::{tools, workspace};

/// What one part found.
pub struct Section {
    /// For people.
    markdown: String,
    /// Every figure of every round, for programs.
    json: String,
}

/// Measures the parts, prints their tables, and keeps every figure in
/// `target/xtask/bench-PART.json`.
pub fn run(request: &Request) -> Result<()> {
    let programs_for = |part: &Part| *part != Part::Build;
    let programs = if request.parts.iter().any(programs_for) {
        Some((tools::servers()?, Programs::build(request.debug)?))
    } else {
        None
    };
    for &part in &request.parts {
        let began = Instant::now();
        let machine = Machine::look()?;
        let section = match &programs {
            // Every part has servers of its own, and leaves no data to the next.
            Some((servers, programs)) if part != Part::Build => {
                measure(part, programs, &Servers::for_measuring(servers)?, request)?
            }
            _ => build::measure(request)?,
        };
        let mut text = format!("{}.\n\n{}", machine.line(), section.markdown);
        if request.debug {
            text = format!("**Debug build: good for nothing but trying it out.** {text}");
        }
        println!("## {}\n\n{text}", part.word());
        let file = workspace::target()
            .join("xtask")
            .join(format!("bench-{}.json", part.word()));
        let (machine, figures) = (machine.json(), section.json);
        std::fs::write(
            &file,
            format!(
                "{{ \"machine\": {machine}, \"{}\": {figures} }}\n",
                part.word()
            ),
        )?;
        if request.write {
            document::write(part.word(), &text)?;
        }
        eprintln!(
            "xtask: {} took {:.0} s; every figure is in {}",
            part.word(),
            began.elapsed().as_secs_f64(),
            file.display()
        );
    }
    Ok(())
}

fn measure(
    part: Part,
    programs: &Programs,
    servers: &Servers,
    request: &Request,
) -> Result<Section> {
    match part {
        Part::CheckIns => check_ins::measure(programs, servers, request),
        Part::Pages => pages::measure(programs, servers, request),
        Part::Nodes => nodes::measure(programs, servers, request),
        Part::Growth => growth::measure(programs, servers, request),
        Part::Slow => slow::measure(programs, servers, request),
        Part::Scores => scores::measure(programs, servers, request),
        Part::Load => meeting::measure(programs, servers, request),
        Part::Friday => friday::measure(programs, servers, request),
        Part::Nation => nation::measure(programs, servers, request),
        Part::Build => build::measure(request),
    }
}

/// Counts rounds from 0 and says so.
fn rounds(count: u32) -> impl Iterator<Item = u32> {
    (0..count).inspect(move |round| eprintln!("xtask: round {} of {count}", round + 1))
}
