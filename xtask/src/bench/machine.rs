//! The machine that is measured on, as far as it explains the figures.

use std::io::Write as _;
use std::time::Instant;

use anyhow::Result;

use super::figures::{Figures, Short};
use crate::workspace;

const FLUSHES: u32 = 200;

/// Cores, load and disk.
pub struct Machine {
    cores: usize,
    load_before: String,
    flush_us: Figures,
}

impl Machine {
    /// Looks at it before anything is measured.
    pub fn look() -> Result<Self> {
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            load_before: load(),
            flush_us: flushes()?,
        })
    }

    /// One line for people.
    pub fn line(&self) -> String {
        format!(
            "{}: {} cores, a flush of the disk {} µs, load {} before and {} after",
            today(),
            self.cores,
            Short(self.flush_us.median().unwrap_or_default()),
            self.load_before,
            load(),
        )
    }

    /// The same for programs.
    pub fn json(&self) -> String {
        format!(
            r#"{{ "cores": {}, "flush_us": {:.0}, "load_before": "{}", "load_after": "{}" }}"#,
            self.cores,
            self.flush_us.median().unwrap_or_default(),
            self.load_before,
            load(),
        )
    }
}

/// The day, as the system's own program tells it.
fn today() -> String {
    workspace::output(std::process::Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))
        .unwrap_or_else(|_| "some day".to_owned())
}

/// How many wanted the cores during the last minute: other people's work spoils the figures.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ')
        .next()
        .filter(|it| !it.is_empty())
        .unwrap_or("unknown")
        .to_owned()
}

fn flushes() -> Result<Figures> {
    let folder = workspace::target().join("xtask");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("flush");
    let mut file = std::fs::File::create(&path)?;
    let mut flush_us = Figures::default();
    for _ in 0..FLUSHES {
        file.write_all(&[0; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        flush_us.extend([began.elapsed().as_secs_f64() * 1e6]);
    }
    std::fs::remove_file(path)?;
    Ok(flush_us)
}
