//! The engine a test runs on: SQLite and memory, or PostgreSQL and Redis, as the environment says.
//!
//! `XINGDONG_TEST_ENGINE` is `embedded` (the default) or `servers`; with `servers` the addresses
//! must be there, and a service that did not reach both fails the test rather than passing on less.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use api::app::App;
use api::db::{Db, Tables};
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Megabytes that must be free for tests to lie in memory.
const MUCH: u64 = 1_024;

/// Names the advisory lock that is held while the template is made.
const TEMPLATE: i64 = 0x7465_6d70_6c61_7465;
/// When the system's own chain begins in it: before any test.
const EARLY: &str = "2020-01-01T00:00:00+08:00";

/// A database of one test's own.
pub struct Engine {
    folder: TempDir,
    servers: Option<Servers>,
}

struct Servers {
    postgres: String,
    redis: String,
    /// Of the database and before the keys in Redis, which all tests share.
    name: String,
}

impl Engine {
    /// An empty database. A file of SQLite lies in memory where there is some: half of a test's
    /// time would be spent waiting for a disk to keep what is thrown away at its end.
    pub async fn prepare() -> Self {
        match xtask::servers::memory(MUCH) {
            Some(memory) => Self::prepare_in(&memory).await,
            None => Self::prepare_on_disk().await,
        }
    }

    /// The same with the file on a disk, which takes its time to write.
    pub async fn prepare_on_disk() -> Self {
        Self::prepare_in(&std::env::temp_dir()).await
    }

    async fn prepare_in(parent: &Path) -> Self {
        let folder = tempfile::tempdir_in(parent).expect("a temporary folder");
        let servers = match std::env::var("XINGDONG_TEST_ENGINE").as_deref() {
            Ok("servers") => Some(Servers::prepare().await),
            Ok("embedded") | Err(_) => None,
            Ok(other) => panic!("XINGDONG_TEST_ENGINE is {other}, not embedded or servers"),
        };
        Self { folder, servers }
    }

    /// Where SQLite keeps the database, if it is the engine.
    pub fn file(&self) -> &Path {
        self.folder.path()
    }

    /// Names the engine in a configuration.
    pub fn configure(&self, config: &mut Value) {
        match &self.servers {
            None => {
                config["database"]["url"] = json!(format!(
                    "sqlite:{}",
                    self.folder.path().join("test.sqlite").display()
                ));
            }
            Some(servers) => {
                config["database"] = json!({ "url": servers.postgres, "max_connections": 12 });
                config["redis"] = json!({ "url": servers.redis, "prefix": servers.name });
            }
        }
    }

    /// Whether several nodes can work on it.
    pub fn is_shared(&self) -> bool {
        self.servers.is_some()
    }

    /// Fails the test when the service runs on another engine than was asked for.
    pub fn must_be(&self, app: &App) {
        let servers = self.servers.is_some();
        assert_eq!(
            app.db.engine() == DatabaseBackend::Postgres,
            servers,
            "the service runs on another database"
        );
        assert_eq!(
            app.cache.is_shared(),
            servers,
            "the service runs on another cache"
        );
    }
}

impl Servers {
    async fn prepare() -> Self {
        let address = |name: &str| {
            std::env::var(name)
                .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`"))
        };
        let (postgres, redis) = (
            address("XINGDONG_TEST_POSTGRES_URL"),
            address("XINGDONG_TEST_REDIS_URL"),
        );
        let name = format!("xd_{}", uuid::Uuid::now_v7().simple());
        let mut options = sea_orm::ConnectOptions::new(&postgres);
        options.max_connections(1).sqlx_logging(false);
        let server = Database::connect(options)
            .await
            .expect("PostgreSQL answers");
        let (address, _) = postgres
            .rsplit_once('/')
            .expect("the address ends in a database");
        let template = template(&server, address).await;
        server
            .execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await
            .expect("a database of our own");
        server.close().await.expect("the connection closes");
        Self {
            postgres: format!("{address}/{name}"),
            redis,
            name,
        }
    }
}

/// The name of a migrated database from which others are copied: a copy takes a tenth of the time
/// that the migrations take on a disk. The first test of a run makes it, and the others wait.
async fn template(server: &DatabaseConnection, address: &str) -> String {
    let mut steps = DefaultHasher::new();
    Tables::known().hash(&mut steps);
    let name = format!("xd_template_{:016x}", steps.finish());
    let lock = format!("SELECT pg_advisory_lock({TEMPLATE})");
    server.execute_unprepared(&lock).await.expect("our turn");
    let there = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let there = Statement::from_string(DatabaseBackend::Postgres, there);
    let there = server.query_one_raw(there).await.expect("a list");
    if there.is_none() {
        let making = format!("{name}_making");
        for statement in [
            // Whoever began before us was killed.
            format!("DROP DATABASE IF EXISTS {making}"),
            format!("CREATE DATABASE {making}"),
        ] {
            let done = server.execute_unprepared(&statement).await;
            done.expect("an empty database");
        }
        let config = json!({ "url": format!("{address}/{making}") });
        let config = serde_json::from_value(config).expect("a configuration");
        let db = Db::open(&config).await.expect("it opens");
        db.migrate(crate::at(EARLY)).await.expect("migrations run");
        db.close().await;
        let rename = format!("ALTER DATABASE {making} RENAME TO {name}");
        let renamed = server.execute_unprepared(&rename).await;
        renamed.expect("nobody else uses it");
    }
    let unlock = format!("SELECT pg_advisory_unlock({TEMPLATE})");
    server
        .execute_unprepared(&unlock)
        .await
        .expect("the next one's turn");
    name
}
