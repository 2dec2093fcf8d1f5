//! The database: how to read, and the one door through which everything is written.
//!
//! [`Db::write`] commits a change together with its facts, its jobs and its audit entry, or
//! nothing of it. Nothing waits for the network inside.

mod acts;
mod chain;
mod many;
mod replica;
mod steps;
mod system;
mod tables;
mod write;

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::{AccountId, CommitteeId};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use serde_json::Value;

pub use acts::Act;
use chain::{Entry, append_audit};
pub use chain::{begin_chains, seal_audit, seal_fact};
pub(crate) use many::{GIVEN, among, insert, insert_fit, update};
pub use system::SYSTEM;
pub use tables::Tables;
pub use write::{NewFact, NewJob, Write};

use crate::config::{self, Secret};
use crate::error::{ApiError, Code, Result};
use replica::Replica;

/// A handle on the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    replica: Option<Replica>,
}

/// On whose behalf something is written.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The committee whose chain takes the entry.
    pub committee: CommitteeId,
    /// Who, if somebody signed in.
    pub account: Option<AccountId>,
    /// How he is called.
    pub name: String,
}

impl Actor {
    /// The service itself, at work on a job.
    pub fn service(committee: CommitteeId) -> Self {
        Self {
            committee,
            account: None,
            name: "系统".to_owned(),
        }
    }

    /// Somebody who has not signed in.
    pub fn stranger(committee: CommitteeId) -> Self {
        Self {
            committee,
            account: None,
            name: "未登录".to_owned(),
        }
    }
}

impl Db {
    /// Opens the database that `config` names.
    pub async fn open(config: &config::Database) -> Result<Self> {
        let url = config.url.reveal();
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url).await
        } else {
            Self::open_postgres(config).await
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self> {
        // One connection writes and waits its turn in our own queue; the others read beside it.
        let mut writer = sqlite_options(url, 1);
        writer.map_sqlx_sqlite_pool_opts(without_open_transactions);
        let write = Database::connect(writer).await?;
        write
            .execute_unprepared("PRAGMA journal_mode = WAL")
            .await?;
        let read = Database::connect(sqlite_options(url, 4)).await?;
        Ok(Self {
            read,
            write,
            replica: None,
        })
    }

    /// Opens a file of SQLite that nobody changes, for reading alone; neither the file nor its
    /// folder is touched.
    pub async fn open_at_rest(file: &Path) -> Result<Self> {
        let file = file.to_owned();
        let mut options = ConnectOptions::new("sqlite:at_rest");
        options
            .max_connections(1)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(move |options| {
                options.filename(&file).read_only(true).immutable(true)
            });
        let only = Database::connect(options).await?;
        Ok(Self {
            read: only.clone(),
            write: only,
            replica: None,
        })
    }

    async fn open_postgres(config: &config::Database) -> Result<Self> {
        let pool = Database::connect(postgres_options(&config.url, config.max_connections)).await?;
        let replica = config.replica.as_ref().map(|replica| {
            let mut options = postgres_options(&replica.url, config.max_connections);
            // The service starts without it.
            options.min_connections(0).connect_lazy(true);
            (options, replica.most_behind_seconds)
        });
        let replica = match replica {
            None => None,
            Some((options, seconds)) => Some(Replica {
                db: Database::connect(options).await?,
                most_behind: Duration::from_secs(seconds),
            }),
        };
        Ok(Self {
            read: pool.clone(),
            write: pool,
            replica,
        })
    }

    /// For reading outside of a change; in a [`Self::report`] perhaps from the replica.
    pub fn read(&self) -> &DatabaseConnection {
        self.for_report().unwrap_or(&self.read)
    }

    /// Waits until nobody uses a connection any more, then closes them all; nothing is asked
    /// afterwards.
    pub async fn close(&self) {
        let replica = self.replica.iter().map(|replica| &replica.db);
        for pool in [&self.write, &self.read].into_iter().chain(replica) {
            if let Err(error) = pool.clone().close().await {
                tracing::warn!(%error, "a database connection was not closed");
            }
        }
    }

    /// For migrations, which make their own transactions.
    pub fn migrations(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Which engine this is.
    pub fn engine(&self) -> DatabaseBackend {
        self.write.get_database_backend()
    }

    /// Runs `change` in one transaction and commits it with its facts, jobs and audit entry.
    ///
    /// # Errors
    /// Those of `change`; then nothing was written.
    pub async fn write<T>(
        &self,
        actor: &Actor,
        operation: &'static str,
        at: DateTime<Utc>,
        change: impl AsyncFnOnce(&mut Write) -> Result<T>,
    ) -> Result<T> {
        let mut write = Write {
            txn: self.begin().await?,
            committee: actor.committee,
            at,
            actor: actor.clone(),
            operation,
            subject: None,
            detail: Value::Object(serde_json::Map::default()),
            facts: Vec::new(),
            jobs: Vec::new(),
            changed: true,
        };
        match change(&mut write).await {
            Ok(value) if write.changed => {
                write.record().await?;
                crate::idempotency::note_done(&write.txn).await?;
                write.txn.commit().await?;
                Ok(value)
            }
            outcome => {
                write.txn.rollback().await?;
                outcome
            }
        }
    }

    /// Runs `change` in one transaction that is nobody's act: leases, cached answers, sightings.
    ///
    /// # Errors
    /// Those of `change`; then nothing was written.
    pub async fn housekeeping<T>(
        &self,
        change: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T>,
    ) -> Result<T> {
        let txn = self.begin().await?;
        match change(&txn).await {
            Ok(value) => {
                txn.commit().await?;
                Ok(value)
            }
            Err(error) => {
                txn.rollback().await?;
                Err(error)
            }
        }
    }

    /// Records that something was refused.
    pub async fn refused(
        &self,
        actor: &Actor,
        operation: &'static str,
        at: DateTime<Utc>,
        code: Code,
        path: &str,
    ) -> Result<()> {
        let entry = Entry {
            actor: actor.clone(),
            operation,
            outcome: "refused",
            code: Some(code.as_str()),
            subject: None,
            detail: serde_json::json!({ "path": path }),
        };
        let committee = actor.committee;
        self.housekeeping(async |txn| append_audit(txn, committee, at, entry).await)
            .await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the door; it begins immediately on SQLite"
    )]
    async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = match self.engine() {
            DatabaseBackend::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            _ => return Ok(self.write.begin().await?),
        };
        Ok(self.write.begin_with_options(options).await?)
    }
}

fn postgres_options(url: &Secret, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.reveal());
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .connect_timeout(Duration::from_secs(5))
        .statement_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(5))
        .sqlx_logging(false);
    options
}

fn sqlite_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .create_if_missing(true)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                // NORMAL lost acknowledged rows at power loss (reliability.md §2).
                .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
        });
    options
}

/// After a failed COMMIT sqlx believes it is outside of a transaction that SQLite still holds open.
/// A connection on which a rollback succeeds was such a one and is not used again.
fn without_open_transactions(
    options: sea_orm::sqlx::pool::PoolOptions<sea_orm::sqlx::Sqlite>,
) -> sea_orm::sqlx::pool::PoolOptions<sea_orm::sqlx::Sqlite> {
    options.after_release(|connection, _| {
        Box::pin(async move {
            let rolled_back = sea_orm::sqlx::Executor::execute(&mut *connection, "ROLLBACK").await;
            Ok(rolled_back.is_err())
        })
    })
}

/// The row, or that there is no such thing: a stranger's id and a foreign one sound alike.
pub fn found<T>(row: Option<T>) -> Result<T> {
    row.ok_or_else(ApiError::not_found)
}
