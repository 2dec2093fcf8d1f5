//! A node in a process of its own: the program an operator runs, on the database and the simulated
//! WeChat of a [`TestApp`], whose time it follows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use wechat::sim::PROFILE;

use crate::TestApp;

/// A running `xingdong worker` or `xingdong serve`; it is killed when it is dropped.
pub struct Node {
    process: Child,
    log: PathBuf,
}

impl Node {
    /// Starts `program` as the worker node of this name; what it says is kept in `folder`.
    pub fn start(t: &TestApp, program: &str, folder: &Path, name: &str) -> Self {
        Self::run(t, "worker", program, folder, name)
    }

    /// The same by its command: `worker`, or `serve`, which works beside serving at a free port.
    pub fn run(t: &TestApp, command: &str, program: &str, folder: &Path, name: &str) -> Self {
        let mut configuration = t.configuration.clone();
        configuration["server"]["bind"] = json!("127.0.0.1:0");
        configuration["jobs"]["in_serve"] = json!(true);
        configuration["log"] = json!({ "filter": "info", "json": true });
        let (file, log) = (
            folder.join(format!("{name}.toml")),
            folder.join(format!("{name}.log")),
        );
        let text = toml::to_string(&configuration).expect("a configuration is TOML");
        std::fs::write(&file, text).expect("the configuration is written");
        let said = File::create(&log).expect("a log");
        let process = Command::new(program)
            .args([command, "--simulated-time", "--config"])
            .arg(&file)
            // Neither is this a production, nor is its working directory the developer's.
            .env_remove(PROFILE)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a second hold on the log"))
            .stderr(said)
            .spawn()
            .expect("the node starts");
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

    /// Asks it to end (SIGTERM), as an operator's supervisor does.
    pub fn terminate(&self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status()
            .expect("every Unix can send a signal");
        assert!(asked.success(), "our own process");
    }

    /// How it ended, if it did within this time.
    pub async fn ended_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.process.try_wait().expect("our own process") {
                return Some(status);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
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
