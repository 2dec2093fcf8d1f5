//! The database: how to read, and the one door through which everything is written.
//!
//! [`Db::write`] commits a change together with its facts, its jobs and its audit entry, or
//! nothing of it. Nothing waits for the network inside.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{AccountId, AuditId, CommitteeId, FactId, JobId, MemberId};
use domain::ledger::{self, Hash};
use entity::{Scoped, audit, fact, job, ledger_head};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseBackend,
    DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Set,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use serde_json::Value;
use uuid::Uuid;

use crate::config;
use crate::crypto::random;
use crate::error::{ApiError, Code, Result};

/// The committee that stands for the service itself: refusals of strangers are chained here.
pub const SYSTEM: CommitteeId = CommitteeId(Uuid::nil());

/// A handle on the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
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

/// A fact to be recorded.
#[derive(Clone, Debug)]
pub struct NewFact {
    /// Whom it is about.
    pub member: MemberId,
    /// What it is, in the spelling of `domain::score::FactKind`.
    pub kind: String,
    /// The day it belongs to.
    pub happened_on: NaiveDate,
    /// What a sheet shows.
    pub title: String,
    /// The table it comes from.
    pub source_kind: &'static str,
    /// The row it comes from.
    pub source_id: Uuid,
    /// The fact it takes back.
    pub reverses: Option<FactId>,
}

/// A job to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What is to be done.
    pub kind: &'static str,
    /// With what.
    pub payload: Value,
    /// Not before this.
    pub run_at: DateTime<Utc>,
    /// At most one job of this key is ever enqueued.
    pub unique_key: Option<String>,
}

/// A transaction in progress, and what will be recorded with it.
#[derive(Debug)]
pub struct Write {
    /// The transaction; statements run on it.
    pub txn: DatabaseTransaction,
    /// The committee it is for.
    pub committee: CommitteeId,
    /// When it happens.
    pub at: DateTime<Utc>,
    actor: Actor,
    operation: &'static str,
    subject: Option<(&'static str, String)>,
    detail: Value,
    facts: Vec<NewFact>,
    jobs: Vec<NewJob>,
    changed: bool,
}

impl Write {
    /// What the change is about.
    pub fn about(&mut self, kind: &'static str, id: impl std::fmt::Display) {
        self.subject = Some((kind, id.to_string()));
    }

    /// What changed, for the audit entry; ids and words, never personal data.
    pub fn detail(&mut self, detail: Value) {
        self.detail = detail;
    }

    /// Records a fact with the change.
    pub fn fact(&mut self, fact: NewFact) {
        self.facts.push(fact);
    }

    /// Enqueues a job with the change.
    pub fn job(&mut self, job: NewJob) {
        self.jobs.push(job);
    }

    /// Says that nothing was changed after all, such as on a second tap: no entry is made.
    pub fn unchanged(&mut self) {
        self.changed = false;
    }

    /// Who does it, if somebody signed in.
    pub fn account(&self) -> Option<AccountId> {
        self.actor.account
    }

    async fn record(&mut self) -> Result<()> {
        let jobs: Vec<_> = std::mem::take(&mut self.jobs)
            .into_iter()
            .map(|job| self.job_row(job))
            .collect();
        for chunk in jobs.chunks(500) {
            job::Entity::insert_many(chunk.to_vec())
                .on_conflict_do_nothing_on([job::Column::CommitteeId, job::Column::UniqueKey])
                .exec_without_returning(&self.txn)
                .await?;
        }
        // Facts before audit, always: two writers that took the heads in different order would
        // wait for each other.
        self.record_facts().await?;
        let entry = Entry {
            actor: self.actor.clone(),
            operation: self.operation,
            outcome: "done",
            code: None,
            subject: self.subject.take(),
            detail: std::mem::take(&mut self.detail),
        };
        append_audit(&self.txn, self.committee, self.at, entry).await
    }

    fn job_row(&self, new: NewJob) -> job::ActiveModel {
        job::ActiveModel {
            committee_id: Set(self.committee),
            id: Set(JobId::new(self.at, random())),
            kind: Set(new.kind.to_owned()),
            payload: Set(new.payload),
            unique_key: Set(new.unique_key),
            run_at: Set(new.run_at),
            state: Set("ready".to_owned()),
            attempts: Set(0),
            lease_until: Set(None),
            fence: Set(0),
            last_error: Set(None),
            created_at: Set(self.at),
            finished_at: Set(None),
        }
    }

    async fn record_facts(&mut self) -> Result<()> {
        if self.facts.is_empty() {
            return Ok(());
        }
        let mut head = Head::lock(&self.txn, self.committee, "facts").await?;
        let mut rows = Vec::with_capacity(self.facts.len());
        for new in std::mem::take(&mut self.facts) {
            let mut row = fact::Model {
                committee_id: self.committee,
                id: FactId::new(self.at, random()),
                seq: 0,
                member_id: new.member,
                kind: new.kind,
                happened_on: new.happened_on,
                title: new.title,
                source_kind: new.source_kind.to_owned(),
                source_id: new.source_id,
                reverses: new.reverses,
                recorded_by: self.actor.account,
                recorded_at: self.at,
                prev_hash: String::new(),
                hash: String::new(),
            };
            (row.seq, row.prev_hash) = (head.seq + 1, head.hash.to_string());
            head.advance(seal_fact(&row, head.hash));
            row.hash = head.hash.to_string();
            rows.push(fact::ActiveModel::from(row));
        }
        for chunk in rows.chunks(500) {
            fact::Entity::insert_many(chunk.to_vec())
                .exec_without_returning(&self.txn)
                .await?;
        }
        head.store(&self.txn).await
    }
}

/// The hash of a fact that follows `prev`.
pub fn seal_fact(row: &fact::Model, prev: Hash) -> Hash {
    let reverses = row.reverses.map(|id| id.to_string()).unwrap_or_default();
    let recorded_by = row.recorded_by.map(|id| id.to_string()).unwrap_or_default();
    ledger::seal(&ledger::Entry {
        chain: "facts",
        committee: row.committee_id,
        seq: row.seq.unsigned_abs(),
        prev,
        at: row.recorded_at,
        fields: &[
            ("id", row.id.to_string().as_bytes()),
            ("member", row.member_id.to_string().as_bytes()),
            ("kind", row.kind.as_bytes()),
            ("happened_on", row.happened_on.to_string().as_bytes()),
            ("title", row.title.as_bytes()),
            ("source_kind", row.source_kind.as_bytes()),
            ("source_id", row.source_id.to_string().as_bytes()),
            ("reverses", reverses.as_bytes()),
            ("recorded_by", recorded_by.as_bytes()),
        ],
    })
}

/// The hash of an audit entry that follows `prev`.
pub fn seal_audit(row: &audit::Model, prev: Hash) -> Hash {
    let actor_id = row.actor_id.map(|id| id.to_string()).unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    ledger::seal(&ledger::Entry {
        chain: "audit",
        committee: row.committee_id,
        seq: row.seq.unsigned_abs(),
        prev,
        at: row.at,
        fields: &[
            ("id", row.id.to_string().as_bytes()),
            ("actor_id", actor_id.as_bytes()),
            ("actor", row.actor.as_bytes()),
            ("operation", row.operation.as_bytes()),
            ("outcome", row.outcome.as_bytes()),
            ("code", text(&row.code).as_bytes()),
            ("subject_kind", text(&row.subject_kind).as_bytes()),
            ("subject_id", text(&row.subject_id).as_bytes()),
            ("detail", row.detail.as_bytes()),
            ("trace_id", row.trace_id.as_bytes()),
        ],
    })
}

/// What an audit entry says.
struct Entry {
    actor: Actor,
    operation: &'static str,
    outcome: &'static str,
    code: Option<&'static str>,
    subject: Option<(&'static str, String)>,
    detail: Value,
}

async fn append_audit(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    at: DateTime<Utc>,
    entry: Entry,
) -> Result<()> {
    let mut head = Head::lock(txn, committee, "audit").await?;
    let (subject_kind, subject_id) = entry.subject.unzip();
    let mut row = audit::Model {
        committee_id: committee,
        id: AuditId::new(at, random()),
        seq: head.seq + 1,
        at,
        actor_id: entry.actor.account,
        actor: entry.actor.name,
        operation: entry.operation.to_owned(),
        outcome: entry.outcome.to_owned(),
        code: entry.code.map(str::to_owned),
        subject_kind: subject_kind.map(str::to_owned),
        subject_id,
        detail: entry.detail.to_string(),
        trace_id: crate::telemetry::trace_id(),
        prev_hash: head.hash.to_string(),
        hash: String::new(),
    };
    head.advance(seal_audit(&row, head.hash));
    row.hash = head.hash.to_string();
    audit::Entity::insert(audit::ActiveModel::from(row))
        .exec_without_returning(txn)
        .await?;
    head.store(txn).await
}

/// The end of one chain, locked until the transaction ends.
struct Head {
    committee: CommitteeId,
    chain: &'static str,
    seq: i64,
    hash: Hash,
}

impl Head {
    async fn lock(
        txn: &DatabaseTransaction,
        committee: CommitteeId,
        chain: &'static str,
    ) -> Result<Self> {
        let row = ledger_head::Entity::of(committee)
            .filter(ledger_head::Column::Chain.eq(chain))
            .lock_exclusive()
            .one(txn)
            .await?
            .ok_or_else(|| {
                ApiError::internal(anyhow::anyhow!("committee without ledger head {chain}"))
            })?;
        let hash = row
            .hash
            .parse()
            .map_err(|_| ApiError::internal(anyhow::anyhow!("ledger head {chain} unreadable")))?;
        Ok(Self {
            committee,
            chain,
            seq: row.seq,
            hash,
        })
    }

    fn advance(&mut self, hash: Hash) {
        self.seq += 1;
        self.hash = hash;
    }

    async fn store(self, txn: &DatabaseTransaction) -> Result<()> {
        ledger_head::ActiveModel {
            committee_id: Set(self.committee),
            chain: Set(self.chain.to_owned()),
            seq: Set(self.seq),
            hash: Set(self.hash.to_string()),
        }
        .update(txn)
        .await?;
        Ok(())
    }
}

/// Begins the chains of a new committee; called in the transaction that makes it.
pub async fn begin_chains(txn: &impl ConnectionTrait, committee: CommitteeId) -> Result<()> {
    let heads = ["audit", "facts"].map(|chain| ledger_head::ActiveModel {
        committee_id: Set(committee),
        chain: Set(chain.to_owned()),
        seq: Set(0),
        hash: Set(Hash::GENESIS.to_string()),
    });
    ledger_head::Entity::insert_many(heads)
        .on_conflict_do_nothing_on([ledger_head::Column::CommitteeId, ledger_head::Column::Chain])
        .exec_without_returning(txn)
        .await?;
    Ok(())
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
        let write = Database::connect(sqlite_options(url, 1)).await?;
        write
            .execute_unprepared("PRAGMA journal_mode = WAL")
            .await?;
        let read = Database::connect(sqlite_options(url, 4)).await?;
        Ok(Self { read, write })
    }

    async fn open_postgres(config: &config::Database) -> Result<Self> {
        let mut options = ConnectOptions::new(config.url.reveal());
        options
            .max_connections(config.max_connections)
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .connect_timeout(Duration::from_secs(5))
            .statement_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .test_before_acquire_if_idle_for(Duration::from_secs(5))
            .sqlx_logging(false);
        let pool = Database::connect(options).await?;
        Ok(Self {
            read: pool.clone(),
            write: pool,
        })
    }

    /// For reading outside of a change.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
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
        let mut detail = String::new();
        write!(detail, "{path}").expect("writing to a string does not fail");
        let entry = Entry {
            actor: actor.clone(),
            operation,
            outcome: "refused",
            code: Some(code.as_str()),
            subject: None,
            detail: serde_json::json!({ "path": detail }),
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
        })
        .map_sqlx_sqlite_pool_opts(|options| {
            options.after_release(|connection, _| {
                Box::pin(async move {
                    // After a failed COMMIT sqlx believes it is outside of a transaction that
                    // SQLite still holds open. A connection on which a rollback succeeds was such
                    // a one and is not used again.
                    let was_open = sea_orm::sqlx::Executor::execute(&mut *connection, "ROLLBACK")
                        .await
                        .is_ok();
                    Ok(!was_open)
                })
            })
        });
    options
}

/// The next committed step of a row that may be missing: a stranger's id and a foreign one alike.
pub fn found<T>(row: Option<T>) -> Result<T> {
    row.ok_or_else(ApiError::not_found)
}
