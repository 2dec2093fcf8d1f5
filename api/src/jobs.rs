//! Background work: a table of jobs that commit with the change that wants them.
//!
//! A worker claims a job by lease and fence, so that a job is done by one worker at a time and a
//! worker that froze cannot finish what another took over. The claim is the one query that looks
//! at all committees: a job is the service's own and is run for the committee it names. What a job
//! does is known by its capability; `worker` brings the two together.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{CommitteeId, JobId};
use entity::job;
use futures_util::FutureExt;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select, Set,
};

use crate::app::App;
use crate::crypto::random;
use crate::db::NewJob;
use crate::error::Result;
use crate::telemetry::Metrics;

/// How long a worker has a job before another may take it.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// After so many attempts a job is dead and an operator looks at it.
const ATTEMPTS: i32 = 12;
/// After so many jobs a lane takes breath, so that the worker can be stopped.
const ROUND: usize = 64;

/// Which jobs a lane of the worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Whatever is due first.
    Any,
    /// Everything but these kinds, which take long: what is short never waits for them.
    Without(&'static [&'static str]),
}

/// Whether this node is about to end: then no job is begun any more, and one that runs long gives
/// back what it has not done, for another node to go on with.
#[derive(Debug, Default)]
pub struct Halt(AtomicBool);

impl Halt {
    /// Asks every job of this node to come to its end.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether that was asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What became of a job.
#[derive(Debug)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is to be run again at this time, without counting as a failure.
    Later(DateTime<Utc>),
}

/// How many jobs are enqueued by one statement.
const CHUNK: usize = 500;

/// Enqueues a job beside a change that is nobody's act.
pub async fn enqueue(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    new: NewJob,
    now: DateTime<Utc>,
) -> Result<()> {
    enqueue_each(txn, [(committee, new)], now).await
}

/// Enqueues jobs of several committees, all of them or none.
pub async fn enqueue_each(
    txn: &DatabaseTransaction,
    jobs: impl IntoIterator<Item = (CommitteeId, NewJob)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let jobs = jobs.into_iter();
    let rows: Vec<_> = jobs
        .map(|(committee, new)| row(committee, new, now))
        .collect();
    for some in rows.chunks(CHUNK) {
        job::Entity::insert_many(some.to_vec())
            .on_conflict_do_nothing_on([job::Column::CommitteeId, job::Column::UniqueKey])
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

fn row(committee: CommitteeId, new: NewJob, now: DateTime<Utc>) -> job::ActiveModel {
    job::ActiveModel {
        committee_id: Set(committee),
        id: Set(JobId::new(now, random())),
        kind: Set(new.kind.to_owned()),
        payload: Set(new.payload),
        unique_key: Set(new.unique_key),
        run_at: Set(new.run_at),
        state: Set("ready".to_owned()),
        attempts: Set(0),
        lease_until: Set(None),
        fence: Set(0),
        last_error: Set(None),
        created_at: Set(now),
        finished_at: Set(None),
    }
}

/// Runs the jobs of a lane that are due now, at most [`ROUND`] and none once the node is to end,
/// one after the other, each by `perform`; tells how many were run.
pub async fn run_due(
    app: &App,
    lane: Lane,
    perform: impl AsyncFn(&App, &job::Model) -> Result<Outcome>,
) -> Result<usize> {
    let mut count = 0;
    // One at a time: a job that waits behind others would use up its lease before it begins.
    while !app.halt.is_asked()
        && let Some(job) = claim(app, lane).await?
    {
        // Where one job was enqueued there may be another: the next lane looks.
        app.work.notify_one();
        run(app, job, &perform).await?;
        count += 1;
        if count == ROUND {
            break;
        }
    }
    Ok(count)
}

/// What is due in a lane, the oldest first.
fn due(lane: Lane, now: DateTime<Utc>) -> Select<job::Entity> {
    let free = Condition::any()
        .add(job::Column::LeaseUntil.is_null())
        .add(job::Column::LeaseUntil.lt(now));
    let due = job::Entity::find()
        .filter(job::Column::State.eq("ready"))
        .filter(job::Column::RunAt.lte(now))
        .filter(free)
        .order_by_asc(job::Column::RunAt)
        .limit(1);
    match lane {
        Lane::Any => due,
        Lane::Without(kinds) => due.filter(job::Column::Kind.is_not_in(kinds.iter().copied())),
    }
}

async fn claim(app: &App, lane: Lane) -> Result<Option<job::Model>> {
    let now = app.clock.now();
    // Looking costs nobody anything; claiming takes the turn of a writer.
    if due(lane, now).one(app.db.read()).await?.is_none() {
        return Ok(None);
    }
    app.db
        .housekeeping(async |txn| {
            let due = due(lane, now)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .one(txn)
                .await?;
            let Some(mut job) = due else { return Ok(None) };
            job.fence += 1;
            job.attempts += 1;
            job.lease_until = Some(now + LEASE);
            job::Entity::update_many()
                .col_expr(job::Column::Fence, Expr::value(job.fence))
                .col_expr(job::Column::Attempts, Expr::value(job.attempts))
                .col_expr(job::Column::LeaseUntil, Expr::value(job.lease_until))
                .filter(job::Column::CommitteeId.eq(job.committee_id))
                .filter(job::Column::Id.eq(job.id))
                .exec(txn)
                .await?;
            Ok(Some(job))
        })
        .await
}

async fn run(
    app: &App,
    job: job::Model,
    perform: impl AsyncFn(&App, &job::Model) -> Result<Outcome>,
) -> Result<()> {
    // A job that panics has failed like any other; the worker and the jobs behind it go on.
    let outcome = AssertUnwindSafe(perform(app, &job))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(anyhow::anyhow!("the job panicked").into()));
    let now = app.clock.now();
    let (word, state, run_at, error) = match outcome {
        Ok(Outcome::Done) => ("done", "done", job.run_at, None),
        Ok(Outcome::Later(at)) => ("later", "ready", at, None),
        Err(error) => {
            let why = error
                .cause
                .as_ref()
                .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause:#}"));
            let why = crate::telemetry::redact(&why);
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, error = why, "job failed");
            let dead = job.attempts >= ATTEMPTS;
            (
                if dead { "dead" } else { "failed" },
                if dead { "dead" } else { "ready" },
                now + backoff(job.attempts),
                Some(why),
            )
        }
    };
    Metrics::count(&app.metrics.jobs, word);
    // Waiting for its time is no attempt; only claims that failed count towards its death.
    let attempts = if word == "later" {
        job.attempts - 1
    } else {
        job.attempts
    };
    let finished = (state != "ready").then_some(now);
    app.db
        .housekeeping(async |txn| {
            job::Entity::update_many()
                .col_expr(job::Column::State, Expr::value(state))
                .col_expr(job::Column::RunAt, Expr::value(run_at))
                .col_expr(job::Column::Attempts, Expr::value(attempts))
                .col_expr(
                    job::Column::LeaseUntil,
                    Expr::value(Option::<DateTime<Utc>>::None),
                )
                .col_expr(job::Column::LastError, Expr::value(error.clone()))
                .col_expr(job::Column::FinishedAt, Expr::value(finished))
                .filter(job::Column::CommitteeId.eq(job.committee_id))
                .filter(
                    job::Column::Id
                        .eq(job.id)
                        .and(job::Column::Fence.eq(job.fence)),
                )
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
}

/// One second, then twice as long each time, at most a day.
fn backoff(attempts: i32) -> TimeDelta {
    let exponent = u32::try_from(attempts.clamp(1, 17) - 1).unwrap_or(0);
    TimeDelta::seconds(Ord::min(1 << exponent, 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_job_waits_longer_each_time() {
        assert_eq!(
            [1, 2, 3, 12, 99].map(|n| backoff(n).num_seconds()),
            [1, 2, 4, 2048, 65_536]
        );
    }
}
