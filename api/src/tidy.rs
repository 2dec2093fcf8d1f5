//! What is not needed any more, taken away each night: raw places, kept answers, finished work.
//!
//! The periods are those of reliability.md §3. What was decided or counted stays: a check-in keeps
//! its distance, an import its counts, and the chains lose nothing.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use domain::ids::CommitteeId;
use domain::time;
use entity::{
    callback, checkin, committee, duty_import, idempotency, job, link_token, roster_import,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use serde_json::json;

use crate::app::App;
use crate::db::{Actor, NewJob, SYSTEM, Write};
use crate::error::{ApiError, Result};
use crate::jobs::{Outcome, enqueue_each};

/// Job: take away what a committee does not need any more. Payload: `{}`.
pub const TIDY: &str = "nightly.tidy";

/// How long raw places, finished jobs, handled pushes, words that link and the content of imports
/// are kept.
const KEPT: TimeDelta = TimeDelta::days(30);

/// How many rows one night touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tidied {
    /// Check-ins that lost their raw place.
    pub places: u64,
    /// Answers kept for idempotency keys.
    pub answers: u64,
    /// Jobs that were done.
    pub jobs: u64,
    /// Pushes of WeChat that were handled.
    pub callbacks: u64,
    /// Words that linked followers to members, or could have.
    pub link_words: u64,
    /// Roster files whose rows were forgotten.
    pub imports: u64,
}

/// Takes away what is due in one committee and leaves an audit entry that says how much.
pub async fn tidy(app: &App, committee: CommitteeId) -> Result<Tidied> {
    let now = app.clock.now();
    app.db
        .write(
            &Actor::service(committee),
            "nightly_tidy",
            now,
            async |write| {
                let before = now - KEPT;
                let tidied = Tidied {
                    places: forget_places(write, before).await?,
                    answers: delete_answers(write, now).await?,
                    jobs: delete_jobs(write, before).await?,
                    callbacks: delete_callbacks(write, before).await?,
                    link_words: delete_link_words(write, before).await?,
                    imports: empty_imports(write, before).await?,
                };
                write.about("committee", committee);
                write.detail(serde_json::to_value(tidied).map_err(ApiError::internal)?);
                Ok(tidied)
            },
        )
        .await
}

async fn forget_places(write: &Write, before: DateTime<Utc>) -> Result<u64> {
    let nothing = || Expr::value(Option::<f64>::None);
    let changed = checkin::Entity::update_many()
        .col_expr(checkin::Column::Latitude, nothing())
        .col_expr(checkin::Column::Longitude, nothing())
        .col_expr(checkin::Column::AccuracyM, nothing())
        .filter(checkin::Column::CommitteeId.eq(write.committee))
        .filter(checkin::Column::Latitude.is_not_null())
        .filter(checkin::Column::ReceivedAt.lte(before))
        .exec(&write.txn)
        .await?;
    Ok(changed.rows_affected)
}

async fn delete_answers(write: &Write, now: DateTime<Utc>) -> Result<u64> {
    let gone = idempotency::Entity::delete_many()
        .filter(idempotency::Column::CommitteeId.eq(write.committee))
        .filter(idempotency::Column::ExpiresAt.lte(now))
        .exec(&write.txn)
        .await?;
    Ok(gone.rows_affected)
}

/// Dead jobs stay: somebody has yet to look at them.
async fn delete_jobs(write: &Write, before: DateTime<Utc>) -> Result<u64> {
    let gone = job::Entity::delete_many()
        .filter(job::Column::CommitteeId.eq(write.committee))
        .filter(job::Column::State.eq("done"))
        .filter(job::Column::FinishedAt.lte(before))
        .exec(&write.txn)
        .await?;
    Ok(gone.rows_affected)
}

async fn delete_callbacks(write: &Write, before: DateTime<Utc>) -> Result<u64> {
    let gone = callback::Entity::delete_many()
        .filter(callback::Column::CommitteeId.eq(write.committee))
        .filter(callback::Column::HandledAt.lte(before))
        .exec(&write.txn)
        .await?;
    Ok(gone.rows_affected)
}

async fn delete_link_words(write: &Write, before: DateTime<Utc>) -> Result<u64> {
    let gone = link_token::Entity::delete_many()
        .filter(link_token::Column::CommitteeId.eq(write.committee))
        .filter(link_token::Column::ExpiresAt.lte(before))
        .exec(&write.txn)
        .await?;
    Ok(gone.rows_affected)
}

async fn empty_imports(write: &Write, before: DateTime<Utc>) -> Result<u64> {
    let changed = roster_import::Entity::update_many()
        .col_expr(roster_import::Column::Plan, Expr::value(json!({})))
        .filter(roster_import::Column::CommitteeId.eq(write.committee))
        .filter(roster_import::Column::CreatedAt.lte(before))
        // PostgreSQL compares no two values of type json, but their texts.
        .filter(
            Expr::col(roster_import::Column::Plan)
                .cast_as("text")
                .ne("{}"),
        )
        .exec(&write.txn)
        .await?;
    let lists = duty_import::Entity::update_many()
        .col_expr(duty_import::Column::Plan, Expr::value(json!({})))
        .filter(duty_import::Column::CommitteeId.eq(write.committee))
        .filter(duty_import::Column::CreatedAt.lte(before))
        .filter(
            Expr::col(duty_import::Column::Plan)
                .cast_as("text")
                .ne("{}"),
        )
        .exec(&write.txn)
        .await?;
    Ok(changed.rows_affected + lists.rows_affected)
}

/// Tidies up, as every night.
pub async fn tidy_due(app: &App, job: &job::Model) -> Result<Outcome> {
    let committee = job.committee_id;
    // The next night is certain before this one is tried.
    schedule(app, &[committee]).await?;
    let tidied = tidy(app, committee).await?;
    tracing::info!(%committee, ?tidied, "what was not needed any more is gone");
    Ok(Outcome::Done)
}

/// Makes sure that every committee is tidied up tonight.
pub async fn ensure_scheduled(app: &App) -> Result<()> {
    let committees: Vec<CommitteeId> = committee::Entity::find()
        .filter(committee::Column::Id.ne(SYSTEM))
        .select_only()
        .column(committee::Column::Id)
        .into_tuple()
        .all(app.db.read())
        .await?;
    schedule(app, &committees).await
}

/// In one transaction however many they are: a province has hundreds.
async fn schedule(app: &App, committees: &[CommitteeId]) -> Result<()> {
    let now = app.clock.now();
    let night = next_night(now);
    let jobs = committees.iter().map(|committee| {
        let job = NewJob {
            kind: TIDY,
            payload: json!({}),
            run_at: night,
            unique_key: Some(format!("tidy:{}", time::local_date(night))),
        };
        (*committee, job)
    });
    app.db
        .housekeeping(async |txn| enqueue_each(txn, jobs, now).await)
        .await
}

/// The next half past three in the morning in Shanghai, after the followers were read at three.
fn next_night(now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = NaiveTime::from_hms_opt(3, 30, 0).expect("a time of day");
    let today = time::local_date(now);
    let tonight = time::instant(today, hour);
    if now < tonight {
        tonight
    } else {
        time::instant(today + Days::new(1), hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_night_is_never_now() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(
            next_night(at("2026-09-23T19:29:59Z")),
            at("2026-09-23T19:30:00Z")
        );
        assert_eq!(
            next_night(at("2026-09-23T19:30:00Z")),
            at("2026-09-24T19:30:00Z")
        );
    }
}
