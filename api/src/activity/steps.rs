//! The steps of an activity from its submission to its end, apart from publishing.

use domain::activity::{ActivityStatus, ActivityStep};
use domain::leave::LeaveState;
use domain::notice::NoticePurpose;
use entity::{Scoped, activity, attendance, leave_request};
use sea_orm::{ColumnTrait, IntoActiveModel, PaginatorTrait, QueryFilter, Set};
use serde_json::json;

use super::plan::Point;
use super::publish::enqueue_reminders;
use super::service::{follow, invited, locked, store, term_of};
use super::status_now;
use super::times::{GivenTimes, Times};
use crate::access::{On, op, second_person};
use crate::app::App;
use crate::checkin::service::{Settled, settle_activity};
use crate::db::Write;
use crate::error::{ApiError, Code, Result};
use crate::extract::Fields;
use crate::notice::{Announcement, announce};

/// Hands a draft in.
pub async fn submit(
    app: &App,
    on: &On<op::ActivitySubmit, activity::Model>,
) -> Result<activity::Model> {
    on.write(app, async |write| {
        let row = locked(write, on.row.id).await?;
        let status = follow(&row, write.at, ActivityStep::Submit)?;
        let mut change = row.into_active_model();
        change.status = Set(status);
        change.status_reason = Set(None);
        change.submitted_by = Set(Some(on.caller.account_id()));
        store(write, change).await
    })
    .await
}

/// Approves what somebody else wrote and handed in.
pub async fn approve(
    app: &App,
    on: &On<op::ActivityApprove, activity::Model>,
) -> Result<activity::Model> {
    on.write(app, async |write| {
        let row = locked(write, on.row.id).await?;
        let status = follow(&row, write.at, ActivityStep::Approve)?;
        let authors: Vec<_> = [Some(row.created_by), row.submitted_by]
            .into_iter()
            .flatten()
            .collect();
        second_person(
            write,
            &on.caller,
            &authors,
            &[],
            "起草或提交活动的人不能审核，须由另一人办理",
        )
        .await?;
        let mut change = row.into_active_model();
        change.status = Set(status);
        change.approved_by = Set(Some(on.caller.account_id()));
        store(write, change).await
    })
    .await
}

/// Gives it back to its author.
pub async fn give_back(
    app: &App,
    on: &On<op::ActivityReturn, activity::Model>,
    reason: String,
) -> Result<activity::Model> {
    on.write(app, async |write| {
        let row = locked(write, on.row.id).await?;
        let status = follow(&row, write.at, ActivityStep::Return)?;
        let mut change = row.into_active_model();
        change.status = Set(status);
        change.status_reason = Set(Some(reason.clone()));
        store(write, change).await
    })
    .await
}

/// Cancels it, and tells everybody who was told of it.
pub async fn cancel(
    app: &App,
    on: &On<op::ActivityCancel, activity::Model>,
    reason: String,
) -> Result<activity::Model> {
    let row = on
        .write(app, async |write| {
            let row = locked(write, on.row.id).await?;
            let status = follow(&row, write.at, ActivityStep::Cancel)?;
            let mut change = row.into_active_model();
            change.status = Set(status);
            change.status_reason = Set(Some(reason.clone()));
            let row = store(write, change).await?;
            tell_invited(app, write, &row, NoticePurpose::ActivityCancelled, &reason).await?;
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

/// What an activity is moved to.
#[derive(Clone, Debug)]
pub struct Move {
    /// The new times.
    pub given: GivenTimes,
    /// The new venue, if it moves.
    pub venue: Option<String>,
    /// The new point, if one is named; a point that names nothing asks for no place.
    pub point: Option<Point>,
    /// Why.
    pub reason: String,
}

/// Moves a published activity that has not begun. Answers and leaves stand: who said he would
/// come is told and may answer anew. The same once more changes nothing and tells nobody.
pub async fn reschedule(
    app: &App,
    on: &On<op::ActivityReschedule, activity::Model>,
    to: Move,
) -> Result<activity::Model> {
    to.given.complete()?;
    let start = match to.given.sessions {
        Some(_) => "/sessions/0/starts_at",
        None => "/starts_at",
    };
    let row = on
        .write(app, async |write| {
            let row = locked(write, on.row.id).await?;
            let status = follow(&row, write.at, ActivityStep::Reschedule)?;
            let checked_in = attendance::Entity::of(write.committee)
                .filter(attendance::Column::ActivityId.eq(row.id))
                .filter(attendance::Column::CheckedInAt.is_not_null())
                .count(&write.txn)
                .await?;
            if checked_in > 0 {
                return Err(ApiError::with(Code::Conflict, "已有委员签到，不能改期"));
            }
            let times = Times::of(&row)?.moved(&to.given)?;
            let mut fields = Fields::default();
            times.check(&mut fields);
            fields.check(
                write.at < times.starts_at(),
                start,
                "in_the_past",
                "新的开始时间应晚于现在",
            );
            let elsewhere = to.venue.as_ref().is_some_and(|venue| *venue != row.venue);
            // Members at the new venue would be refused for being far from the old one.
            let point_known = !elsewhere || to.point.is_some() || !Point::of(&row).is_asked();
            fields.check(
                point_known,
                "/latitude",
                "required",
                "地点变更时须同时填写新的坐标，或以 null 取消位置要求",
            );
            if let Some(point) = to.point {
                point.check(&mut fields);
            }
            fields.finish()?;
            let moves = times != Times::of(&row)?
                || elsewhere
                || to.point.is_some_and(|point| point != Point::of(&row));
            if !moves && row.status_reason.as_ref() == Some(&to.reason) {
                // A second tap: everybody was told already.
                write.unchanged();
                return Ok(row);
            }
            if term_of(&write.txn, write.committee, times.starts_at()).await? != row.term_id {
                return Err(ApiError::field(start, "outside_term", "不能改到另一届"));
            }

            let earlier = row.starts_at;
            let mut change = row.into_active_model();
            times.fill(&mut change);
            if let Some(point) = to.point {
                point.fill(&mut change);
            }
            if let Some(venue) = to.venue.clone() {
                change.venue = Set(venue);
            }
            change.status = Set(status);
            change.status_reason = Set(Some(to.reason.clone()));
            let row = store(write, change).await?;
            write.detail(
                json!({ "from": earlier, "to": row.starts_at, "venue_changed": elsewhere }),
            );
            tell_invited(
                app,
                write,
                &row,
                NoticePurpose::ActivityRescheduled,
                &to.reason,
            )
            .await?;
            enqueue_reminders(write, &row)?;
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

async fn tell_invited(
    app: &App,
    write: &mut Write,
    row: &activity::Model,
    purpose: NoticePurpose,
    reason: &str,
) -> Result<()> {
    let members = invited(write, row.id).await?;
    if members.is_empty() {
        return Ok(());
    }
    announce(
        app,
        write,
        Announcement {
            activity: row,
            purpose,
            members,
            reason: Some(reason.to_owned()),
        },
    )
    .await
}

/// How an activity ended.
#[derive(Debug)]
pub struct Closed {
    /// The activity.
    pub row: activity::Model,
    /// What became of everybody's part.
    pub settled: Settled,
    /// Requests for leave that nobody decided and that count for nothing now.
    pub undecided_leaves: u64,
}

/// Ends an activity that has begun, and settles everybody's part in it.
pub async fn close(app: &App, on: &On<op::ActivityClose, activity::Model>) -> Result<Closed> {
    let closed = on
        .write(app, async |write| {
            let row = locked(write, on.row.id).await?;
            let status = follow(&row, write.at, ActivityStep::Close)?;
            if status_now(&row, write.at) != ActivityStatus::Running {
                return Err(ApiError::with(
                    Code::Conflict,
                    "活动尚未开始，不能结束；如不举行请取消",
                ));
            }
            let mut change = row.into_active_model();
            change.status = Set(status);
            change.closed_at = Set(Some(write.at));
            let row = store(write, change).await?;
            let undecided_leaves = leave_request::Entity::of(write.committee)
                .filter(leave_request::Column::ActivityId.eq(row.id))
                .filter(
                    leave_request::Column::State
                        .is_in(LeaveState::ALL.iter().copied().filter(|state| state.open())),
                )
                .count(&write.txn)
                .await?;
            let settled = settle_activity(write, &row).await?;
            Ok(Closed {
                row,
                settled,
                undecided_leaves,
            })
        })
        .await?;
    app.work.notify_one();
    Ok(closed)
}
