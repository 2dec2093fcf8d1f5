//! What happens by the clock: reminders, and closing what WeChat never reported on.

use chrono::{DateTime, Utc};
use domain::activity::ActivityStatus;
use domain::attendance::Reply;
use domain::ids::{ActivityId, MemberId};
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use domain::time::local_date;
use entity::{Scoped, activity, attendance, delivery, job, notice};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};
use serde::Deserialize;
use serde_json::json;

use super::deliver::{notice_id, open_rows};
use super::outcome::hand_to_phone;
use super::service::{Announcement, announce};
use crate::app::App;
use crate::callback;
use crate::db::Actor;
use crate::error::{ApiError, Result};
use crate::jobs::Outcome;
use crate::telemetry::Metrics;

/// Why a delivery counts as delivered although WeChat never said so.
pub(super) const UNCONFIRMED: &str = "unconfirmed";

/// A reminder as it was enqueued.
#[derive(Deserialize)]
struct Reminder {
    activity_id: ActivityId,
    purpose: NoticePurpose,
    #[serde(default, with = "crate::extract::instant::option")]
    starts_at: Option<DateTime<Utc>>,
}

/// Whether a reminder still helps: one to reply while replies are asked for, one for the evening
/// before until that day is over. A worker that was away does not send what came too late.
fn is_in_time(row: &activity::Model, purpose: NoticePurpose, now: DateTime<Utc>) -> bool {
    match purpose {
        NoticePurpose::ReplyReminder => now < row.reply_by && now < row.starts_at,
        _ => local_date(now) < local_date(row.starts_at),
    }
}

/// Reminds those whom a reminder concerns, unless the activity was moved, cancelled or has begun.
pub async fn remind_due(app: &App, job: &job::Model) -> Result<Outcome> {
    let reminder: Reminder =
        serde_json::from_value(job.payload.clone()).map_err(ApiError::internal)?;
    let count = app
        .db
        .write(
            &Actor::service(job.committee_id),
            "reminder_sent",
            app.clock.now(),
            async |write| {
                let row = activity::Entity::find_by_id((write.committee, reminder.activity_id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?;
                let stands = row.filter(|row| {
                    row.status == ActivityStatus::Published
                        && is_in_time(row, reminder.purpose, write.at)
                        && reminder
                            .starts_at
                            .is_none_or(|starts_at| starts_at == row.starts_at)
                });
                // A worker that died after its commit left this job to be run again.
                let sent = notice::Entity::of(write.committee)
                    .filter(notice::Column::ActivityId.eq(reminder.activity_id))
                    .filter(notice::Column::Purpose.eq(reminder.purpose))
                    .filter(notice::Column::CreatedAt.gte(job.run_at))
                    .count(&write.txn)
                    .await?;
                let Some(row) = stands.filter(|_| sent == 0) else {
                    write.unchanged();
                    return Ok(0);
                };
                let mut invited = attendance::Entity::of(write.committee)
                    .filter(attendance::Column::ActivityId.eq(row.id));
                invited = match reminder.purpose {
                    NoticePurpose::ReplyReminder => {
                        invited.filter(attendance::Column::Reply.eq(Reply::None))
                    }
                    _ => invited.filter(attendance::Column::LeaveReason.is_null()),
                };
                let members: Vec<MemberId> = invited
                    .select_only()
                    .column(attendance::Column::MemberId)
                    .into_tuple()
                    .all(&write.txn)
                    .await?;
                if members.is_empty() {
                    write.unchanged();
                    return Ok(0);
                }
                let count = members.len();
                announce(
                    app,
                    write,
                    Announcement {
                        activity: &row,
                        purpose: reminder.purpose,
                        members,
                        reason: None,
                    },
                )
                .await?;
                write.about("activity", row.id);
                write.detail(json!({ "purpose": reminder.purpose, "members": count }));
                Ok(count)
            },
        )
        .await?;
    if count > 0 {
        app.work.notify_one();
    }
    Ok(Outcome::Done)
}

/// A day after a notice nothing of it stays open: what WeChat took counts as delivered, what could
/// not be sent is left to a person.
pub async fn reconcile(app: &App, job: &job::Model) -> Result<Outcome> {
    let (committee, id) = (job.committee_id, notice_id(job)?);
    callback::catch_up(app, committee, id).await?;
    let now = app.clock.now();
    let (confirmed, unknown) = app
        .db
        .housekeeping(async |txn| {
            let Some(notice) = notice::Entity::find_by_id((committee, id)).one(txn).await? else {
                return Ok((0, 0));
            };
            let left = open_rows(committee, id).lock_exclusive().all(txn).await?;
            for row in left
                .iter()
                .filter(|row| row.state == DeliveryState::Pending)
            {
                hand_to_phone(txn, notice.purpose, row, now).await?;
            }
            let settle = |from: DeliveryState, to: DeliveryState, reason: &'static str| {
                delivery::Entity::update_many()
                    .col_expr(delivery::Column::State, Expr::value(to))
                    .col_expr(delivery::Column::Reason, Expr::value(reason))
                    .col_expr(delivery::Column::SettledAt, Expr::value(Some(now)))
                    .filter(delivery::Column::CommitteeId.eq(committee))
                    .filter(delivery::Column::NoticeId.eq(id))
                    .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
                    .filter(delivery::Column::State.eq(from))
            };
            let confirmed = settle(
                DeliveryState::Accepted,
                DeliveryState::Delivered,
                UNCONFIRMED,
            )
            .exec(txn)
            .await?
            .rows_affected;
            let never_sent = settle(DeliveryState::Pending, DeliveryState::Unknown, "never_sent")
                .exec(txn)
                .await?
                .rows_affected;
            let ambiguous = settle(DeliveryState::Sending, DeliveryState::Unknown, "ambiguous")
                .exec(txn)
                .await?
                .rows_affected;
            Ok((confirmed, never_sent + ambiguous))
        })
        .await?;
    for (count, state) in [
        (confirmed, DeliveryState::Delivered),
        (unknown, DeliveryState::Unknown),
    ] {
        for _ in 0..count {
            Metrics::count(&app.metrics.deliveries, state.as_str());
        }
    }
    Ok(Outcome::Done)
}
