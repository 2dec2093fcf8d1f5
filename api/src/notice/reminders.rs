//! What happens by the clock: reminders, and closing what WeChat never reported on.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::activity::ActivityStatus;
use domain::attendance::Reply;
use domain::ids::{ActivityId, DeliveryId, MemberId};
use domain::notice::delivery::Policy;
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use domain::time::local_date;
use entity::{Scoped, activity, attendance, checkin, delivery, job, notice};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use serde_json::json;

use super::announce::{Announcement, announce};
use super::deliver::notice_id;
use super::outcome::{count, settle};
use super::rows::{machine, put};
use crate::app::App;
use crate::callback;
use crate::db::{Actor, Write};
use crate::error::{ApiError, Result};
use crate::jobs::Outcome;

/// How many rows are looked at in one transaction.
const AT_A_TIME: u64 = 500;
/// When what is still open is looked at again.
const AGAIN: TimeDelta = TimeDelta::hours(1);

/// A reminder as it was enqueued.
#[derive(Deserialize)]
struct Reminder {
    activity_id: ActivityId,
    purpose: NoticePurpose,
    #[serde(default, with = "crate::extract::instant::option")]
    starts_at: Option<DateTime<Utc>>,
    /// Of which session check-in is open.
    #[serde(default)]
    session: Option<i32>,
}

/// Whether a reminder still helps: one to reply while replies are asked for, one that check-in is
/// open until it closes, one for the evening before until that day is over. A worker that was away does not send what came too late.
fn is_in_time(row: &activity::Model, purpose: NoticePurpose, now: DateTime<Utc>) -> bool {
    match purpose {
        NoticePurpose::ReplyReminder => now < row.reply_by && now < row.starts_at,
        NoticePurpose::CodeOpen => now < row.closes_at,
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
                    NoticePurpose::CodeOpen => invited
                        .filter(attendance::Column::LeaveReason.is_null())
                        .filter(attendance::Column::Reply.is_in([Reply::Attend, Reply::None])),
                    _ => invited.filter(attendance::Column::LeaveReason.is_null()),
                };
                let there = match reminder.session {
                    Some(session) => checked_in(write, row.id, session).await?,
                    None => HashSet::new(),
                };
                let mut members: Vec<MemberId> = invited
                    .select_only()
                    .column(attendance::Column::MemberId)
                    .into_tuple()
                    .all(&write.txn)
                    .await?;
                members.retain(|member| !there.contains(member));
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

/// Who has checked in to a session of an activity.
async fn checked_in(
    write: &Write,
    activity: ActivityId,
    session: i32,
) -> Result<HashSet<MemberId>> {
    let members: Vec<MemberId> = checkin::Entity::of(write.committee)
        .filter(checkin::Column::ActivityId.eq(activity))
        .filter(checkin::Column::Session.eq(session))
        .select_only()
        .column(checkin::Column::MemberId)
        .into_tuple()
        .all(&write.txn)
        .await?;
    Ok(members.into_iter().collect())
}

/// Ends what of a notice is over: what WeChat took and never reported on counts as delivered, what
/// waited too long is left to a call, what is in doubt to a person.
pub async fn reconcile(app: &App, job: &job::Model) -> Result<Outcome> {
    use delivery::Column as C;
    let (committee, id) = (job.committee_id, notice_id(job)?);
    callback::catch_up(app, committee, id).await?;
    let Some(notice) = notice::Entity::find_by_id((committee, id))
        .one(app.db.read())
        .await?
    else {
        return Ok(Outcome::Done);
    };
    let open = || {
        delivery::Entity::of(committee)
            .filter(C::NoticeId.eq(id))
            .filter(C::Channel.ne(Channel::Phone))
            .filter(C::State.is_in([
                DeliveryState::Pending,
                DeliveryState::Sending,
                DeliveryState::Accepted,
            ]))
    };
    let now = app.clock.now();
    let mut last: Option<DeliveryId> = None;
    let mut left = 0;
    loop {
        let (seen, ended, after) = app
            .db
            .housekeeping(async |txn| {
                let mut rows = open().order_by_asc(C::Id).limit(AT_A_TIME);
                if let Some(last) = last {
                    rows = rows.filter(C::Id.gt(last));
                }
                let rows = rows.lock_exclusive().all(txn).await?;
                let seen = rows.len();
                let after = rows.last().map(|row| row.id);
                let mut changed = Vec::new();
                for mut row in rows {
                    let mut machine = machine(&row);
                    if machine.lapse(now, &Policy::WECHAT).is_some() {
                        put(&mut row, machine);
                        changed.push(row);
                    }
                }
                let ended = settle(app, txn, &notice, changed, now).await?;
                Ok((seen, ended, after))
            })
            .await?;
        count(app, &ended);
        left += seen - ended.len();
        if after.is_none() {
            break;
        }
        last = after;
    }
    // Something is still on its way: it was sent late, or sent again.
    Ok(if left == 0 {
        Outcome::Done
    } else {
        Outcome::Later(now + AGAIN)
    })
}
