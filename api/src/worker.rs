//! The worker: which capability does which job, and the loop that has them done.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use entity::job;
use futures_util::future::try_join_all;

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

/// Runs due jobs, several side by side.
#[derive(Debug)]
pub struct Worker;

impl Worker {
    /// Starts a worker on this thread's runtime; it ends with the process.
    pub fn spawn(app: Arc<App>) {
        for lane in LANES {
            let app = app.clone();
            actix_web::rt::spawn(async move {
                loop {
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
            });
        }
        actix_web::rt::spawn(async move {
            let mut look_at = app.clock.now();
            loop {
                // A committee may be founded, or its account configured, while this worker runs.
                let now = app.clock.now();
                if look_at <= now {
                    look_at = now + SCHEDULES;
                    if let Err(error) = ensure_scheduled(&app).await {
                        tracing::error!(%error, "the nightly work could not be scheduled");
                    }
                }
                tokio::time::sleep(IDLE).await;
            }
        });
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
