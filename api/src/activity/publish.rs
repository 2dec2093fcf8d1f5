//! Publishing: the audience becomes a list of people, and everybody on it is told.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use domain::activity::{ActivityStatus, ActivityStep, notice_days};
use domain::attendance::{AttendanceStatus, Reply};
use domain::ids::AttendanceId;
use domain::notice::NoticePurpose;
use domain::time::{instant, local_date};
use entity::{activity, attendance, member};
use sea_orm::{EntityTrait, IntoActiveModel, Set};
use serde_json::json;

use super::audience::Audience;
use super::service::{follow, invited, locked, store};
use super::sessions::sessions_of;
use crate::access::{On, op};
use crate::app::App;
use crate::cache::limits;
use crate::crypto::random;
use crate::db::{NewJob, Write};
use crate::error::{ApiError, Code, Result};
use crate::notice;
use crate::notice::{Announcement, announce};

/// How long before replies are due those who have not replied are reminded.
const REMIND_BEFORE: TimeDelta = TimeDelta::hours(24);
/// The hour at which everybody is reminded the evening before.
const EVENING: NaiveTime = NaiveTime::from_hms_opt(18, 0, 0).expect("an hour of the day");

/// Publishes an approved activity; tells how many were invited.
pub async fn publish(
    app: &App,
    on: &On<op::ActivityPublish, activity::Model>,
    lead_reason: Option<String>,
) -> Result<(activity::Model, usize)> {
    let now = app.clock.now();
    ready(&on.row, now, lead_reason.as_deref())?;
    // The office announces for every group; the limit keeps one convener from flooding his.
    if !on.reach.committee {
        app.cache
            .take(limits::PUBLISH, &on.caller.account_id().to_string(), now)
            .await?;
    }
    let published = on
        .write(app, async |write| {
            let row = locked(write, on.row.id).await?;
            let status = ready(&row, write.at, lead_reason.as_deref())?;
            let people = Audience::of(&row)?.people(&write.txn, &row).await?;
            if people.is_empty() {
                return Err(ApiError::with(Code::Conflict, "参加名单中没有在任委员，不能发布"));
            }
            let mut change = row.into_active_model();
            change.status = Set(status);
            change.lead_reason = Set(lead_reason.clone());
            change.published_at = Set(Some(write.at));
            let row = store(write, change).await?;
            invite(write, &row, &people).await?;
            let members = invited(write, row.id).await?;
            let count = members.len();
            write.detail(json!({ "invited": count, "starts_at": row.starts_at, "lead_days": lead_days(&row, write.at) }));
            let announcement = Announcement { activity: &row, purpose: NoticePurpose::ActivityPublished, members, reason: None };
            announce(app, write, announcement).await?;
            enqueue_reminders(write, &row)?;
            Ok((row, count))
        })
        .await?;
    app.work.notify_one();
    Ok(published)
}

/// Where publishing leads from here, if it is still time.
fn ready(
    row: &activity::Model,
    now: DateTime<Utc>,
    lead_reason: Option<&str>,
) -> Result<ActivityStatus> {
    let status = follow(row, now, ActivityStep::Publish)?;
    if row.starts_at <= now {
        return Err(ApiError::with(
            Code::WrongStep,
            "活动开始时间已过，不能发布",
        ));
    }
    if lead_days(row, now) < notice_days(row.kind) && lead_reason.is_none() {
        let sentence = format!(
            "{}应提前 {} 天通知，不足时须写明原因",
            row.kind.zh(),
            notice_days(row.kind)
        );
        return Err(ApiError::field("/lead_reason", "required", sentence));
    }
    Ok(status)
}

/// Whole days between today and the day of the start, as people in Shanghai count them.
fn lead_days(row: &activity::Model, now: DateTime<Utc>) -> i64 {
    (local_date(row.starts_at) - local_date(now)).num_days()
}

/// Gives each of these people one part in the activity.
async fn invite(write: &Write, row: &activity::Model, people: &[member::Model]) -> Result<()> {
    let parts: Vec<_> = people
        .iter()
        .map(|member| attendance::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(AttendanceId::new(write.at, random())),
            activity_id: Set(row.id),
            member_id: Set(member.id),
            group_id: Set(member.group_id),
            status: Set(AttendanceStatus::Invited),
            original_status: Set(None),
            source: Set(None),
            reply: Set(Reply::None),
            replied_at: Set(None),
            leave_reason: Set(None),
            checked_in_at: Set(None),
            late: Set(false),
            offline: Set(false),
            needs_review: Set(false),
            checked_out_at: Set(None),
            rolled_by: Set(None),
            roll_reason: Set(None),
            read_at: Set(None),
            settled_at: Set(None),
            sessions_attended: Set(None),
            sessions_total: Set(None),
            created_at: Set(write.at),
            updated_at: Set(write.at),
        })
        .collect();
    for chunk in parts.chunks(500) {
        // `attendance_once` keeps one part per member however often he is named.
        attendance::Entity::insert_many(chunk.to_vec())
            .on_conflict_do_nothing_on([
                attendance::Column::CommitteeId,
                attendance::Column::ActivityId,
                attendance::Column::MemberId,
            ])
            .exec_without_returning(&write.txn)
            .await?;
    }
    Ok(())
}

/// Enqueues the reminders that still lie ahead. They carry the start they were made for, so that
/// those of an earlier date fall silent.
///
/// # Errors
/// When the sessions of the row are unreadable, which no writer makes.
pub(super) fn enqueue_reminders(write: &mut Write, row: &activity::Model) -> Result<()> {
    let eve = local_date(row.starts_at)
        .pred_opt()
        .map(|eve| instant(eve, EVENING));
    let before = [
        (
            NoticePurpose::ReplyReminder,
            Some(row.reply_by - REMIND_BEFORE),
            None,
        ),
        (NoticePurpose::EveReminder, eve, None),
    ];
    let sessions = sessions_of(row)?;
    let doors = sessions.numbered().map(|(ordinal, session)| {
        (
            NoticePurpose::CodeOpen,
            Some(session.opens_at),
            Some(ordinal),
        )
    });
    for (purpose, run_at, session) in before.into_iter().chain(doors) {
        let Some(run_at) = run_at.filter(|run_at| write.at < *run_at) else {
            continue;
        };
        let which = session.map_or_else(String::new, |session| format!(":{session}"));
        write.job(NewJob {
            kind: notice::REMIND,
            payload: json!({
                "activity_id": row.id, "purpose": purpose, "starts_at": row.starts_at,
                "session": session,
            }),
            run_at,
            unique_key: Some(format!(
                "remind:{}:{purpose}:{}{which}",
                row.id,
                row.starts_at.timestamp()
            )),
        });
    }
    Ok(())
}
