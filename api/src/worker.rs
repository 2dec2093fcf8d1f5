//! The worker: which capability does which job, and the loop that has them done.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use entity::job;
use futures_util::future::{join_all, try_join_all};
use tokio::task::{AbortHandle, JoinHandle};

use crate::app::App;
use crate::error::Result;
use crate::jobs::{self, Lane, Outcome};
use crate::{callback, content, notice, tidy, wechat_account};

/// How often the worker looks whether the nightly work is enqueued.
const SCHEDULES: TimeDelta = TimeDelta::minutes(10);
/// How long the worker sleeps when nothing wakes it.
const IDLE: Duration = Duration::from_millis(500);

/// What takes long: a notice to many, whole lists, or a WeChat that does not answer.
const LONG: &[&str] = &[
    notice::DELIVER,
    notice::RECONCILE,
    callback::RESYNC,
    content::CHECK,
    wechat_account::CHECK,
    tidy::TIDY,
];
/// So many jobs run at once on a node. The first lane takes nothing that is long, so that neither
/// a reminder nor a new follower waits for a notice to a thousand members.
const LANES: [Lane; 4] = [Lane::Without(LONG), Lane::Any, Lane::Any, Lane::Any];

/// How long jobs that run may take to come to their end when a node is stopped: longer than WeChat
/// is waited for, far shorter than a lease.
pub const GRACE: Duration = Duration::from_secs(10);

/// Runs due jobs, several side by side, until it is stopped or the process ends.
#[derive(Debug)]
pub struct Worker {
    app: Arc<App>,
    tasks: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Starts a worker on this thread's runtime.
    pub fn spawn(app: Arc<App>) -> Self {
        let mut tasks: Vec<_> = LANES
            .into_iter()
            .map(|lane| actix_web::rt::spawn(work(Arc::clone(&app), lane)))
            .collect();
        tasks.push(actix_web::rt::spawn(schedule(Arc::clone(&app))));
        Self { app, tasks }
    }

    /// Takes no more jobs and lets those that run come to their end, at most for `grace`; tells
    /// whether they did.
    ///
    /// What is cut off then is rolled back before this returns, and another node takes it up when
    /// its lease is over: a job that was lost in the middle is what leases and fences are for.
    pub async fn stop(self, grace: Duration) -> bool {
        self.app.halt.ask();
        self.app.work.notify_waiters();
        let cut_off: Vec<_> = self.tasks.iter().map(JoinHandle::abort_handle).collect();
        let mut ended = pin!(join_all(self.tasks));
        let in_time = tokio::time::timeout(grace, &mut ended).await.is_ok();
        if !in_time {
            tracing::warn!("jobs are cut off; another node takes them up within a minute");
            cut_off.iter().for_each(AbortHandle::abort);
            ended.await;
        }
        in_time
    }
}

/// Does the jobs of one lane as they become due.
async fn work(app: Arc<App>, lane: Lane) {
    while !app.halt.is_asked() {
        match jobs::run_due(&app, lane, perform).await {
            Ok(0) => {
                let woken = app.work.notified();
                // Whether woken or not, the next thing to do is to look.
                let _timed_out = tokio::time::timeout(IDLE, woken).await;
            }
            Ok(_) => {}
            Err(error) => {
                let cause = error
                    .cause
                    .as_ref()
                    .map(|cause| crate::telemetry::redact(&format!("{cause:#}")));
                tracing::error!(%error, cause, "jobs could not be claimed");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
}

/// Keeps the nightly work enqueued: a committee may be founded, or its account configured, while
/// this worker runs.
async fn schedule(app: Arc<App>) {
    let mut look_at = app.clock.now();
    while !app.halt.is_asked() {
        let now = app.clock.now();
        if look_at <= now {
            look_at = now + SCHEDULES;
            if let Err(error) = ensure_scheduled(&app).await {
                tracing::error!(%error, "the nightly work could not be scheduled");
            }
        }
        tokio::time::sleep(IDLE).await;
    }
}

/// Makes sure that tonight's work of every committee is enqueued.
pub async fn ensure_scheduled(app: &App) -> Result<()> {
    callback::ensure_scheduled(app).await?;
    wechat_account::ensure_scheduled(app).await?;
    tidy::ensure_scheduled(app).await
}

/// Runs the jobs that are due now, as many side by side as a worker does; tells how many were run.
pub async fn run_due(app: &App) -> Result<usize> {
    let lanes = LANES.map(|lane| jobs::run_due(app, lane, perform));
    let ran = try_join_all(lanes).await?;
    Ok(ran.into_iter().sum())
}

async fn perform(app: &App, job: &job::Model) -> Result<Outcome> {
    match job.kind.as_str() {
        notice::DELIVER => notice::deliver(app, job).await,
        notice::REMIND => notice::remind_due(app, job).await,
        notice::TURN => notice::turn_due(app, job).await,
        notice::RECONCILE => notice::reconcile(app, job).await,
        callback::HANDLE => callback::handle_due(app, job).await,
        callback::FOLLOW => callback::follow(app, job).await,
        callback::RESYNC => callback::resync_due(app, job).await,
        content::CHECK => content::check_due(app, job).await,
        wechat_account::CHECK => wechat_account::check_due(app, job).await,
        tidy::TIDY => tidy::tidy_due(app, job).await,
        unknown => Err(anyhow::anyhow!("no handler for jobs of kind {unknown}").into()),
    }
}
