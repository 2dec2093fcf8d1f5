//! The accounts held against WeChat each night: templates are withdrawn, secrets reset and
//! addresses moved without anybody telling us.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveTime, Utc};
use domain::ids::CommitteeId;
use domain::time;
use entity::{committee, job};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::check::check_and_note_account;
use super::queries::of_committee;
use crate::app::App;
use crate::db::NewJob;
use crate::error::Result;
use crate::jobs::{Outcome, enqueue};

/// Job: hold the accounts of a committee against WeChat. Payload: `{}`.
pub const CHECK: &str = "wechat_account.check";

/// When, in Shanghai: after the followers were read and the tidying was done.
const NIGHT_HOUR: u32 = 4;

/// Checks the accounts of a committee, as every night.
pub async fn check_due(app: &App, job: &job::Model) -> Result<Outcome> {
    // The next night is certain before this one is tried.
    schedule(app, job.committee_id).await?;
    for account in of_committee(app, job.committee_id).await? {
        check_and_note_account(app, account).await;
    }
    Ok(Outcome::Done)
}

/// Makes sure that the accounts of every committee that has any are checked tonight.
pub async fn ensure_scheduled(app: &App) -> Result<()> {
    let codes: BTreeSet<&str> = app
        .wechat_apps
        .all()
        .map(|account| account.config.committee.as_str())
        .collect();
    let committees = committee::Entity::find()
        .filter(committee::Column::Code.is_in(codes))
        .all(app.db.read())
        .await?;
    for committee in committees {
        schedule(app, committee.id).await?;
    }
    Ok(())
}

async fn schedule(app: &App, committee: CommitteeId) -> Result<()> {
    let now = app.clock.now();
    let night = next_night(now);
    let job = NewJob {
        kind: CHECK,
        payload: json!({}),
        run_at: night,
        unique_key: Some(format!("check:{}", time::local_date(night))),
    };
    app.db
        .housekeeping(async |txn| enqueue(txn, committee, job, now).await)
        .await
}

fn next_night(now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = NaiveTime::from_hms_opt(NIGHT_HOUR, 0, 0).expect("a time of day");
    let today = time::local_date(now);
    let tonight = time::instant(today, hour);
    if now < tonight {
        tonight
    } else {
        time::instant(today + Days::new(1), hour)
    }
}
