//! A worker node in a process of its own: the program an operator runs, on the database and the
//! simulated WeChat of a [`TestApp`], whose time it follows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use wechat::sim::PROFILE;

use crate::TestApp;

/// A running `xingdong worker`; it is killed when it is dropped.
pub struct Node {
    process: Child,
    log: PathBuf,
}

impl Node {
    /// Starts `program` as the node of this name; what it says is kept in `folder`.
    pub fn start(t: &TestApp, program: &str, folder: &Path, name: &str) -> Self {
        let (file, log) = (
            folder.join(format!("{name}.toml")),
            folder.join(format!("{name}.log")),
        );
        let text = toml::to_string(&t.configuration).expect("a configuration is TOML");
        std::fs::write(&file, text).expect("the configuration is written");
        let said = File::create(&log).expect("a log");
        let process = Command::new(program)
            .args(["worker", "--simulated-time", "--config"])
            .arg(&file)
            // Neither is this a production, nor is its working directory the developer's.
            .env_remove(PROFILE)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a second hold on the log"))
            .stderr(said)
            .spawn()
            .expect("the worker starts");
        Self { process, log }
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        let ended = self.process.try_wait().expect("our own process");
        ended.is_none()
    }

    /// Kills it in the middle of what it does (SIGKILL).
    pub fn kill(&mut self) -> ExitStatus {
        self.process.kill().expect("our own process");
        self.process.wait().expect("our own process")
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}
