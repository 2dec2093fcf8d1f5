//! Drills: nodes in processes of their own, members whose phones do what the mini-program does when
//! something goes wrong, and afterwards the books compared with what the phones were told.
//!
//! What goes wrong is each drill's own business (`tests/drills`, and `tests/it/killed.rs`).

pub mod books;
pub mod phones;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::app::App;
use api::clock::Clock;
use api::config::Config;
use api::demo::world::{self, Keys, World};
use api::founding::Credentials;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::node::{Serving, command};
use crate::stage::{self, Act};

/// How soon all is well again after a fault has gone (reliability.md §1, I8).
pub const RECOVERY: Duration = Duration::from_secs(10);

/// How large drills are: small ones run with every change, large ones with `cargo xtask chaos`.
pub fn is_chaos() -> bool {
    std::env::var_os("XINGDONG_CHAOS").is_some()
}

/// A database with a committee whose members are about to check in, and a place for its nodes.
pub struct Ground {
    /// How every node is configured.
    pub configuration: Value,
    /// The activities everybody is invited to.
    pub acts: Rc<Vec<Act>>,
    office: Credentials,
    program: String,
    folder: TempDir,
}

impl Ground {
    /// A configuration for `database` and, if given, `redis`, without any app at WeChat.
    pub fn configuration(database: &str, redis: Option<&str>) -> Value {
        let nobody = World {
            sim_apps: Vec::new(),
            configured: Vec::new(),
        };
        let nowhere = "http://127.0.0.1:9";
        let mut configuration = world::config(&nobody, &Keys::draw(), Path::new("-"), nowhere);
        configuration["database"] = json!({ "url": database, "max_connections": 12 });
        configuration["server"] = json!({
            "workers": 2, "drain_seconds": 2, "shutdown_seconds": 5, "metrics_token": "figures",
        });
        if let Some(redis) = redis {
            configuration["redis"] = json!({ "url": redis, "prefix": "drill" });
        }
        configuration
    }

    /// Migrates the database and writes so many members, invited to so many activities.
    pub async fn prepare(
        program: &str,
        configuration: Value,
        members: usize,
        activities: usize,
    ) -> Result<Self> {
        let app = open(&configuration).await?;
        app.migrate().await?;
        let (_, mut credentials) = stage::set(&app, members, activities).await?;
        let mut acts = Vec::new();
        for place in 0..activities {
            acts.push(stage::act(&app, place).await?);
        }
        Ok(Self {
            configuration,
            acts: Rc::new(acts),
            office: credentials.pop().context("the office's account")?,
            program: program.to_owned(),
            folder: tempfile::tempdir()?,
        })
    }

    /// Starts a node and waits until it is ready.
    pub async fn node(&self, name: &str) -> Serving {
        Serving::start(&self.program, &self.configuration, self.folder.path(), name).await
    }

    /// The parts of the service on this database, in this process.
    pub async fn app(&self) -> Result<Arc<App>> {
        open(&self.configuration).await
    }

    /// The office's token at a node.
    pub async fn office(&self, node: &Serving) -> Result<String> {
        let client = api::demo::client::Client::new(&node.base)?;
        let username = format!("{}@{}", self.office.username, stage::COMMITTEE);
        let code = self.office.totp_code(Clock::System.now());
        client
            .password(&username, &self.office.password, code)
            .await
    }

    /// Runs the program with these words, such as `audit verify`; hands back what it printed.
    pub fn run(&self, words: &[&str]) -> Result<String> {
        let folder: PathBuf = self.folder.path().to_owned();
        let mut command = command(&self.program, words, &self.configuration, &folder, "run");
        let output = command.output()?;
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        anyhow::ensure!(output.status.success(), "{words:?} fails: {said}");
        Ok(said)
    }
}

async fn open(configuration: &Value) -> Result<Arc<App>> {
    App::open(Config::from_value(configuration.clone())?, Clock::System).await
}
