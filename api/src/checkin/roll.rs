//! The list of an activity, calling the roll, and a member's own list.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::activity::ActivityStatus;
use domain::attendance::{AttendanceSource, AttendanceStatus, CorrectionState, Stay};
use domain::ids::{CommitteeId, GroupId, MemberId};
use domain::time::instant;
use entity::{Scoped, activity, attendance, checkin, correction, group, member};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::code::not_open;
use super::desk::{Call, Desk};
use super::refusal::moment;
use crate::access::{On, op};
use crate::activity::service::stay_of;
use crate::app::App;
use crate::error::{ApiError, Code, Result};

/// One line of the list of an activity.
#[derive(Clone, Debug)]
pub struct Line {
    /// The attendance.
    pub attendance: attendance::Model,
    /// How the member is called.
    pub name: String,
    /// How the group is called that he was invited with.
    pub group: String,
    /// The sessions he checked in to, where the activity has several.
    pub stays: Vec<Stay>,
    /// Whether a correction waits to be decided.
    pub correction_pending: bool,
}

impl Line {
    /// Whether the roll call did not find a member who had checked in.
    pub fn conflicts(&self) -> bool {
        conflicts(&self.attendance)
    }
}

fn conflicts(attendance: &attendance::Model) -> bool {
    let not_found =
        attendance.source == Some(AttendanceSource::RollCall) && !attendance.status.attended();
    not_found && attendance.checked_in_at.is_some()
}

/// One page of the list of an activity, and how many lines there are.
///
/// Who holds the activity sees everybody; who reaches only another group that is invited sees
/// that group.
pub async fn list(
    app: &App,
    on: &On<op::AttendanceList, activity::Model>,
    (skip, limit): (u64, u64),
) -> Result<(Vec<Line>, u64)> {
    let committee = on.committee();
    let mut query =
        attendance::Entity::of(committee).filter(attendance::Column::ActivityId.eq(on.row.id));
    if !on.reach.committee && !on.reach.groups.contains(&on.row.group_id) {
        query = query.filter(attendance::Column::GroupId.is_in(on.reach.groups.iter().copied()));
    }
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_asc(attendance::Column::GroupId)
        .order_by_asc(attendance::Column::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    let names = names(app, committee, rows.iter().map(|row| row.member_id)).await?;
    let groups = groups(app, committee).await?;
    let pending: HashSet<MemberId> = correction::Entity::of(committee)
        .filter(correction::Column::ActivityId.eq(on.row.id))
        .filter(correction::Column::State.eq(CorrectionState::Requested))
        .all(app.db.read())
        .await?
        .into_iter()
        .map(|correction| correction.member_id)
        .collect();
    let mut stays = stays(app, &on.row, &rows).await?;
    let lines = rows.into_iter().map(|attendance| Line {
        stays: stays.remove(&attendance.member_id).unwrap_or_default(),
        name: names
            .get(&attendance.member_id)
            .map(|member| member.name.clone())
            .unwrap_or_default(),
        group: groups
            .get(&attendance.group_id)
            .cloned()
            .unwrap_or_default(),
        correction_pending: pending.contains(&attendance.member_id),
        attendance,
    });
    Ok((lines.collect(), total))
}

/// To which sessions these members checked in, where the activity has several.
async fn stays(
    app: &App,
    activity: &activity::Model,
    rows: &[attendance::Model],
) -> Result<HashMap<MemberId, Vec<Stay>>> {
    let mut stays: HashMap<_, Vec<Stay>> = HashMap::new();
    if activity.sessions.is_none() {
        return Ok(stays);
    }
    let checkins = checkin::Entity::of(activity.committee_id)
        .filter(checkin::Column::ActivityId.eq(activity.id))
        .filter(checkin::Column::MemberId.is_in(rows.iter().map(|row| row.member_id)))
        .order_by_asc(checkin::Column::Session)
        .all(app.db.read())
        .await?;
    for row in checkins {
        stays.entry(row.member_id).or_default().push(stay_of(&row));
    }
    Ok(stays)
}

/// These members by id.
pub async fn names(
    app: &App,
    committee: CommitteeId,
    ids: impl IntoIterator<Item = MemberId>,
) -> Result<HashMap<MemberId, member::Model>> {
    let ids: HashSet<MemberId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let members = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(ids))
        .all(app.db.read())
        .await?;
    Ok(members
        .into_iter()
        .map(|member| (member.id, member))
        .collect())
}

/// What the groups are called.
pub async fn groups(app: &App, committee: CommitteeId) -> Result<HashMap<GroupId, String>> {
    let groups = group::Entity::of(committee).all(app.db.read()).await?;
    Ok(groups
        .into_iter()
        .map(|group| (group.id, group.name))
        .collect())
}

/// What calling the roll left.
#[derive(Clone, Debug)]
pub struct Called {
    /// The attendance.
    pub attendance: attendance::Model,
    /// Whether the member had checked in all the same.
    pub conflicts: bool,
}

impl Called {
    /// An attendance after the call.
    pub fn of(attendance: attendance::Model) -> Self {
        Self {
            conflicts: conflicts(&attendance),
            attendance,
        }
    }
}

/// Records what the caller found of one member. His check-in, if there is one, is kept.
pub async fn call(
    app: &App,
    desk: &Desk,
    on: &On<op::RollCall, activity::Model>,
    member: MemberId,
    status: AttendanceStatus,
    reason: &str,
) -> Result<Called> {
    if on.caller.member_id() == Some(member) {
        return Err(ApiError::with(
            Code::SecondPersonRequired,
            "不能为本人点名，须由他人办理",
        ));
    }
    let found = (status, reason);
    desk.call(Call::new(on, member, found, app.clock.now()))
        .await
}

/// Whether the roll of an activity may be called at this time: from the opening of check-in until
/// it is closed.
pub(super) fn callable(
    status: ActivityStatus,
    opens_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<()> {
    if !status.open() {
        return Err(closed(not_open(status)));
    }
    if at < opens_at {
        let text = format!("{}签到开始后才能点名", moment(opens_at));
        return Err(ApiError::with(Code::CheckinTooEarly, text));
    }
    Ok(())
}

/// After the end only a correction helps.
fn closed(refusal: ApiError) -> ApiError {
    match refusal.code {
        Code::CheckinNotOpen => ApiError::with(
            Code::Conflict,
            "活动未在进行，不能点名；活动结束后请办理补签",
        ),
        _ => refusal,
    }
}

/// The attendances of one member in the activities of one year, the latest first.
pub async fn mine(
    app: &App,
    committee: CommitteeId,
    member: MemberId,
    year: i32,
) -> Result<Vec<(attendance::Model, activity::Model)>> {
    let new_year =
        |year| NaiveDate::from_ymd_opt(year, 1, 1).map(|day| instant(day, NaiveTime::MIN));
    let (Some(from), Some(until)) = (new_year(year), new_year(year + 1)) else {
        return Ok(Vec::new());
    };
    let rows = attendance::Entity::of(committee)
        .filter(attendance::Column::MemberId.eq(member))
        .all(app.db.read())
        .await?;
    let mut by_activity: HashMap<_, _> =
        rows.into_iter().map(|row| (row.activity_id, row)).collect();
    let activities = activity::Entity::of(committee)
        .filter(activity::Column::Id.is_in(by_activity.keys().copied()))
        .filter(activity::Column::StartsAt.gte(from))
        .filter(activity::Column::StartsAt.lt(until))
        .order_by_desc(activity::Column::StartsAt)
        .order_by_desc(activity::Column::Id)
        .all(app.db.read())
        .await?;
    Ok(activities
        .into_iter()
        .filter_map(|activity| Some((by_activity.remove(&activity.id)?, activity)))
        .collect())
}
