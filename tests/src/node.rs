//! Nodes in processes of their own: the program an operator runs, started, told to stop, killed.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wechat::sim::PROFILE;

use crate::TestApp;

/// How long a node may take until it is ready: unoptimised, on a machine with other things to do.
const LONGEST_START: Duration = Duration::from_secs(30);

/// A running node; it is killed when it is dropped.
pub struct Node {
    process: Child,
    log: PathBuf,
}

impl Node {
    /// Starts `program` as the worker of this name on the database and the simulated WeChat of `t`,
    /// whose time it follows; what it says is kept in `folder`.
    pub fn start(t: &TestApp, program: &str, folder: &Path, name: &str) -> Self {
        let words = ["worker", "--simulated-time"];
        Self::spawn(program, &words, &t.configuration, folder, name)
    }

    /// The same by another command: `serve` works beside serving, at a free port.
    pub fn run(t: &TestApp, command: &str, program: &str, folder: &Path, name: &str) -> Self {
        let mut configuration = t.configuration.clone();
        configuration["server"]["bind"] = json!("127.0.0.1:0");
        configuration["jobs"]["in_serve"] = json!(true);
        configuration["log"] = json!({ "filter": "info", "json": true });
        let words = [command, "--simulated-time"];
        Self::spawn(program, &words, &configuration, folder, name)
    }

    fn spawn(
        program: &str,
        words: &[&str],
        configuration: &Value,
        folder: &Path,
        name: &str,
    ) -> Self {
        let log = folder.join(format!("{name}.log"));
        // A node that is started again goes on in its log.
        let said = File::options().create(true).append(true).open(&log);
        let said = said.expect("a log");
        let process = command(program, words, configuration, folder, name)
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

    /// Tells it to stop (SIGTERM), as an operator's supervisor does.
    pub fn terminate(&self) {
        let process = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.expect("kill runs").success(), "the node has ended");
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

    /// Waits until it has stopped by itself.
    pub async fn stopped(&mut self, within: Duration) -> ExitStatus {
        let ended = self.ended_within(within).await;
        ended.unwrap_or_else(|| panic!("it does not stop within {within:?}: {}", self.log()))
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

/// `program` with these words and this configuration, to be started in `folder`.
pub fn command(
    program: &str,
    words: &[&str],
    configuration: &Value,
    folder: &Path,
    name: &str,
) -> Command {
    let file = folder.join(format!("{name}.toml"));
    let text = toml::to_string(configuration).expect("a configuration is TOML");
    std::fs::write(&file, text).expect("the configuration is written");
    let mut command = Command::new(program);
    command
        .args(words)
        .arg("--config")
        .arg(&file)
        // Neither is this a production, nor is its working directory the developer's.
        .env_remove(PROFILE)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// A node that serves, on a port it keeps when it is started again.
pub struct Serving {
    node: Node,
    /// Where it listens, without a slash at the end.
    pub base: String,
    program: String,
    configuration: Value,
    folder: PathBuf,
    name: String,
}

impl Serving {
    /// Starts `program` as the node of this name and waits until it is ready.
    pub async fn start(program: &str, configuration: &Value, folder: &Path, name: &str) -> Self {
        let port = xtask::servers::free_port().expect("a free port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut configuration = configuration.clone();
        configuration["server"]["bind"] = json!(address.to_string());
        let node = Node::spawn(program, &["serve"], &configuration, folder, name);
        let mut serving = Self {
            node,
            base: format!("http://{address}"),
            program: program.to_owned(),
            configuration,
            folder: folder.to_owned(),
            name: name.to_owned(),
        };
        serving.until_ready().await;
        serving
    }

    /// Starts it again after it ended, and waits until it is ready.
    pub async fn start_again(&mut self) {
        assert!(!self.node.runs(), "{} runs", self.name);
        self.node = Node::spawn(
            &self.program,
            &["serve"],
            &self.configuration,
            &self.folder,
            &self.name,
        );
        self.until_ready().await;
    }

    async fn until_ready(&mut self) {
        let (http, began) = (reqwest::Client::builder().no_proxy(), Instant::now());
        let http = http.build().expect("a client");
        let ready = format!("{}/readyz", self.base);
        while !http
            .get(&ready)
            .send()
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            assert!(self.node.runs(), "{} ended: {}", self.name, self.node.log());
            assert!(
                began.elapsed() < LONGEST_START,
                "{} is not ready: {}",
                self.name,
                self.node.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl std::ops::Deref for Serving {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

impl std::ops::DerefMut for Serving {
    fn deref_mut(&mut self) -> &mut Node {
        &mut self.node
    }
}
