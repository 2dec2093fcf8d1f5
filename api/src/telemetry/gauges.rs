//! What is looked up when Prometheus asks: how much waits, in this node and in the database.
//!
//! What the database says is the same on every node; a dashboard takes the greatest, not the sum.
//! When the database does not answer in time its figures are left out and `database_up` is 0: the
//! rest is needed most just then.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::notice::DeliveryState;
use entity::{channel_pause, delivery, job, ledger_head, upkeep};
use prometheus_client::encoding::text;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter,
    QuerySelect, Statement,
};

use super::metrics::{PREFIX, WordLabels};
use crate::app::App;
use crate::db::Db;
use crate::error::Result;

/// The longest Prometheus is kept waiting for the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// What waits in the memory of this node, counted by who knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    /// Check-ins that wait for the desk.
    pub desk: usize,
}

/// A number for each word.
type ByWord = Family<WordLabels, Gauge<f64, std::sync::atomic::AtomicU64>>;

/// The figures that are there.
struct Board(Registry);

impl Board {
    fn new() -> Self {
        Self(Registry::with_prefix(PREFIX))
    }

    fn put(&mut self, name: &str, help: &str, value: f64) {
        let gauge = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    fn put_each(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (String, f64)>,
    ) {
        let family = ByWord::default();
        for (word, value) in values {
            family.get_or_create(&WordLabels { word }).set(value);
        }
        self.0.register(name, help, family);
    }

    fn render(&self) -> String {
        let mut figures = String::new();
        text::encode_registry(&mut figures, &self.0).expect("writing to a string does not fail");
        text::encode_eof(&mut figures).expect("writing to a string does not fail");
        figures
    }
}

/// Everything there is to say, counted and looked up, in Prometheus' text format.
pub async fn look(app: &App, waiting: Waiting) -> String {
    let mut board = Board::new();
    board.put(
        "desk_waiting",
        "check-ins that wait to be written by this node",
        count(waiting.desk),
    );
    if app.cache.is_shared() {
        let up = app.cache.answers().await;
        board.put("redis_up", "whether Redis answers", f64::from(u8::from(up)));
    }
    connections(&app.db, &mut board);
    let up = matches!(
        tokio::time::timeout(PATIENCE, answers(&app.db)).await,
        Ok(Ok(()))
    );
    board.put(
        "database_up",
        "whether the database answers in time",
        f64::from(u8::from(up)),
    );
    if up {
        match tokio::time::timeout(PATIENCE, Found::look(app)).await {
            Ok(Ok(found)) => found.put(&mut board),
            Ok(Err(error)) => tracing::warn!(%error, "the database tells no figures"),
            Err(_) => tracing::warn!("the database is too slow to tell its figures"),
        }
    }
    app.metrics.render() + &board.render()
}

async fn answers(db: &Db) -> Result<()> {
    let statement = Statement::from_string(db.engine(), "SELECT 1");
    db.read().query_one_raw(statement).await?;
    Ok(())
}

/// Counts stay far below what a float counts exactly.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

/// How many connections are open, and how many of these are at work.
fn connections(db: &Db, board: &mut Board) {
    let (open, idle) = if db.engine() == DatabaseBackend::Sqlite {
        let reading = db.read().get_sqlite_connection_pool();
        let writing = db.migrations().get_sqlite_connection_pool();
        (
            reading.size() + writing.size(),
            reading.num_idle() + writing.num_idle(),
        )
    } else {
        let pool = db.read().get_postgres_connection_pool();
        (pool.size(), pool.num_idle())
    };
    let (open, idle) = (f64::from(open), count(idle));
    let words = [("open", open), ("busy", (open - idle).max(0.0))];
    board.put_each(
        "database_connections",
        "connections of this node to the database",
        words.map(|(word, value)| (word.to_owned(), value)),
    );
    let most = match db.engine() {
        DatabaseBackend::Sqlite => 5.0,
        _ => f64::from(
            db.read()
                .get_postgres_connection_pool()
                .options()
                .get_max_connections(),
        ),
    };
    board.put(
        "database_connections_most",
        "how many connections this node may open",
        most,
    );
}

/// What the database says.
struct Found {
    now: DateTime<Utc>,
    jobs_due: i64,
    jobs_dead: i64,
    oldest_due: Option<DateTime<Utc>>,
    deliveries: Vec<(DeliveryState, i64)>,
    paused: Vec<(String, i64)>,
    upkeep: Vec<(String, DateTime<Utc>)>,
    entries: Vec<(String, i64)>,
    followers: Vec<(String, f64)>,
}

impl Found {
    async fn look(app: &App) -> Result<Self> {
        let (db, now) = (&app.db, app.clock.now());
        let (jobs_due, oldest_due) = jobs_due(db, now).await?;
        Ok(Self {
            now,
            jobs_due,
            oldest_due,
            jobs_dead: jobs_dead(db).await?,
            deliveries: deliveries(db).await?,
            paused: paused(db, now).await?,
            upkeep: upkeeps(db).await?,
            entries: entries(db).await?,
            followers: followers(db).await?,
        })
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "rows and seconds stay far below what a float counts exactly"
    )]
    fn put(self, board: &mut Board) {
        let waited = |since: DateTime<Utc>| (self.now - since).num_milliseconds() as f64 / 1000.0;
        board.put(
            "jobs_due",
            "jobs that nobody has taken yet",
            self.jobs_due as f64,
        );
        board.put(
            "jobs_oldest_due_seconds",
            "how long the oldest of these is due",
            self.oldest_due.map_or(0.0, waited),
        );
        board.put(
            "jobs_dead",
            "jobs that were given up",
            self.jobs_dead as f64,
        );
        let states = self.deliveries.into_iter();
        board.put_each(
            "deliveries_open",
            "deliveries that have not come to an end, by state",
            states.map(|(state, count)| (state.as_str().to_owned(), count as f64)),
        );
        let causes = self.paused.into_iter();
        board.put_each(
            "accounts_paused",
            "accounts and templates that send nothing now, by cause",
            causes.map(|(cause, count)| (cause, count as f64)),
        );
        let kinds = self.upkeep.into_iter();
        board.put_each(
            "upkeep_done_timestamp_seconds",
            "when a backup and a checkpoint were last made, in seconds since 1970",
            kinds.map(|(kind, at)| (kind, at.timestamp() as f64)),
        );
        let chains = self.entries.into_iter();
        board.put_each(
            "chain_entries",
            "entries of all chains of facts and of audit entries",
            chains.map(|(chain, count)| (chain, count as f64)),
        );
        board.put_each(
            "replica_lag_seconds",
            "how far followers of the database are behind, by name",
            self.followers,
        );
    }
}

async fn jobs_due(db: &Db, now: DateTime<Utc>) -> Result<(i64, Option<DateTime<Utc>>)> {
    let free = Condition::any()
        .add(job::Column::LeaseUntil.is_null())
        .add(job::Column::LeaseUntil.lt(now));
    let found: Option<(i64, Option<DateTime<Utc>>)> = job::Entity::find()
        .select_only()
        .column_as(job::Column::Id.count(), "count")
        .column_as(job::Column::RunAt.min(), "oldest")
        .filter(job::Column::State.eq("ready"))
        .filter(job::Column::RunAt.lte(now))
        .filter(free)
        .into_tuple()
        .one(db.read())
        .await?;
    Ok(found.unwrap_or_default())
}

async fn jobs_dead(db: &Db) -> Result<i64> {
    let found: Option<i64> = job::Entity::find()
        .select_only()
        .column_as(job::Column::Id.count(), "count")
        .filter(job::Column::State.eq("dead"))
        .into_tuple()
        .one(db.read())
        .await?;
    Ok(found.unwrap_or_default())
}

/// Settled deliveries are many and say nothing that the counter does not.
async fn deliveries(db: &Db) -> Result<Vec<(DeliveryState, i64)>> {
    const OPEN: [DeliveryState; 3] = [
        DeliveryState::Pending,
        DeliveryState::Sending,
        DeliveryState::Accepted,
    ];
    let found: Vec<(DeliveryState, i64)> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::State)
        .column_as(delivery::Column::Id.count(), "count")
        .filter(delivery::unsettled())
        .group_by(delivery::Column::State)
        .into_tuple()
        .all(db.read())
        .await?;
    let of = |state| {
        let counted = found.iter().find(|(counted, _)| *counted == state);
        (state, counted.map_or(0, |(_, count)| *count))
    };
    Ok(OPEN.map(of).into())
}

async fn paused(db: &Db, now: DateTime<Utc>) -> Result<Vec<(String, i64)>> {
    use channel_pause::Column as C;
    let lasting = C::Until.is_null().or(C::Until.gt(now));
    Ok(channel_pause::Entity::find()
        .select_only()
        .column(C::Cause)
        .column_as(C::Id.count(), "count")
        .filter(C::ResumedAt.is_null())
        .filter(lasting)
        .group_by(C::Cause)
        .into_tuple()
        .all(db.read())
        .await?)
}

async fn upkeeps(db: &Db) -> Result<Vec<(String, DateTime<Utc>)>> {
    let rows = upkeep::Entity::find().all(db.read()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.kind, row.done_at))
        .collect())
}

async fn entries(db: &Db) -> Result<Vec<(String, i64)>> {
    let rows = ledger_head::Entity::find().all(db.read()).await?;
    let chains = ["audit", "facts"].map(|chain| {
        let of_chain = rows.iter().filter(|row| row.chain == chain);
        (chain.to_owned(), of_chain.map(|row| row.seq).sum())
    });
    Ok(chains.into())
}

/// Followers whose progress our role may see; on a follower itself, and on SQLite, there are none.
async fn followers(db: &Db) -> Result<Vec<(String, f64)>> {
    if db.engine() != DatabaseBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT application_name AS name, \
        coalesce(extract(epoch FROM replay_lag), 0)::float8 AS lag \
        FROM pg_stat_replication WHERE state IS NOT NULL";
    let rows = db
        .read()
        .query_all_raw(Statement::from_string(db.engine(), sql))
        .await?;
    let followers = rows
        .iter()
        .map(|row| Ok((row.try_get("", "name")?, row.try_get("", "lag")?)));
    followers.collect()
}
