//! A replica of PostgreSQL that answers reports in the place of the database: never what decides
//! something, and never when it is too far behind.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use super::Db;

/// How far it is behind, in seconds; null where it does not follow anybody at the moment, which
/// says nothing of what it has missed.
const BEHIND: &str = "SELECT CASE \
    WHEN NOT pg_is_in_recovery() OR NOT EXISTS (SELECT FROM pg_stat_wal_receiver) THEN NULL \
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) \
    END::float8 AS behind";

tokio::task_local! {
    /// Set while a report is made from the replica.
    static REPORTING: ();
}

/// Where reports are read.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub db: DatabaseConnection,
    /// Further behind than this it is not asked.
    pub most_behind: Duration,
}

impl Replica {
    async fn behind(&self) -> Result<Option<Duration>, DbErr> {
        let ask = Statement::from_string(self.db.get_database_backend(), BEHIND);
        let row = self.db.query_one_raw(ask).await?;
        let behind: Option<f64> = row.map_or(Ok(None), |row| row.try_get("", "behind"))?;
        Ok(behind.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok()))
    }
}

impl Db {
    /// Makes a report: what it reads comes from the replica, if there is one, it follows the
    /// database, and it is not further behind than the operator allows. Tells how far behind it
    /// was, none where the database itself was asked. What the report writes goes to the database.
    pub async fn report<T>(&self, report: impl Future<Output = T>) -> (T, Option<Duration>) {
        let Some(replica) = &self.replica else {
            return (report.await, None);
        };
        match replica.behind().await {
            Ok(Some(behind)) if behind <= replica.most_behind => {
                (REPORTING.scope((), report).await, Some(behind))
            }
            Ok(behind) => {
                let seconds = behind.map(|behind| behind.as_secs());
                tracing::warn!(
                    seconds,
                    "the replica is too far behind; the database is asked"
                );
                (report.await, None)
            }
            Err(error) => {
                tracing::warn!(%error, "the replica does not answer; the database is asked");
                (report.await, None)
            }
        }
    }

    /// How far the replica of the configuration is behind, if there is one; none where it follows
    /// nobody at the moment.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn replica_behind(&self) -> Option<Result<Option<Duration>, DbErr>> {
        match &self.replica {
            Some(replica) => Some(replica.behind().await),
            None => None,
        }
    }

    /// Where a report that is being made reads, if it reads from the replica.
    pub(super) fn for_report(&self) -> Option<&DatabaseConnection> {
        let replica = self.replica.as_ref()?;
        REPORTING.try_with(|()| &replica.db).ok()
    }
}
