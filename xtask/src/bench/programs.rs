//! The programs that measuring needs: the service itself, and what drives or counts (`tests`).

use std::path::PathBuf;

use anyhow::Result;

use crate::{dist, workspace};

/// All of them, built alike.
pub struct Programs {
    /// The service.
    pub xingdong: PathBuf,
    /// Lets a crowd ask (`tests/src/bin/load`).
    pub load: PathBuf,
    /// A service that does nothing (`tests/src/bin/bare.rs`).
    pub bare: PathBuf,
    /// Scores (`tests/src/bin/mass`).
    pub mass: PathBuf,
}

impl Programs {
    /// Builds them. Figures of the debug build are good for trying a measurement, and for nothing
    /// else.
    pub fn build(debug: bool) -> Result<Self> {
        let folder = workspace::target().join(if debug { "debug" } else { "release" });
        if debug {
            let service = ["build", "--locked", "--package", "api", "--bin", "xingdong"];
            workspace::run(workspace::cargo().args(service))?;
        } else {
            dist::build()?;
        }
        let mut tests = workspace::cargo();
        tests.args(["build", "--locked", "--package", "tests"]);
        tests.args(["--bin", "load", "--bin", "bare", "--bin", "mass"]);
        if !debug {
            tests.arg("--release");
        }
        workspace::run(&mut tests)?;
        Ok(Self {
            xingdong: folder.join("xingdong"),
            load: folder.join("load"),
            bare: folder.join("bare"),
            mass: folder.join("mass"),
        })
    }
}
