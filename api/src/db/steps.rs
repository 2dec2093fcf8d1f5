//! How one node at a time takes the steps by which the tables come to be.

use std::time::Duration;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseTransaction, Statement};
use sea_orm_migration::MigratorTrait;

use super::Db;

/// Names the advisory lock of PostgreSQL that is held while steps are applied.
const LOCK: i64 = 0x7869_6e67_646f_6e67;
/// How long a node waits for the one that applies them.
const PATIENCE: Duration = Duration::from_mins(5);
const TICK: Duration = Duration::from_millis(100);

impl Db {
    /// Applies what is pending and makes the system's own chain. Of several nodes that are started
    /// at once on PostgreSQL one does it, and the others wait for it.
    pub async fn migrate(&self, now: DateTime<Utc>) -> Result<()> {
        let lock = match self.engine() {
            DatabaseBackend::Postgres => Some(self.steps_are_ours().await?),
            // A file of SQLite has one node.
            _ => None,
        };
        if !self.tables().await?.pending.is_empty() {
            Migrator::up(&self.write, None).await?;
        }
        self.found_system(now)
            .await
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        if let Some(lock) = lock {
            lock.rollback().await?;
        }
        Ok(())
    }

    /// A transaction that holds the lock until it ends, and nothing else.
    async fn steps_are_ours(&self) -> Result<DatabaseTransaction> {
        let holder = self
            .begin()
            .await
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        // Asked again and again: to wait inside of a statement would meet its time-out.
        let ask = format!("SELECT pg_try_advisory_xact_lock({LOCK}) AS ours");
        let ask = Statement::from_string(DatabaseBackend::Postgres, ask);
        let began = tokio::time::Instant::now();
        loop {
            let row = holder.query_one_raw(ask.clone()).await?;
            if row.is_some_and(|row| row.try_get("", "ours").unwrap_or(false)) {
                return Ok(holder);
            }
            if PATIENCE < began.elapsed() {
                bail!("another node has been applying migrations for {PATIENCE:?}");
            }
            tokio::time::sleep(TICK).await;
        }
    }
}
