//! Reading activities: which ones somebody sees, and what he sees of each.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::activity::{ActivityKind, ActivityStatus};
use domain::attendance::{Reply, Stay};
use domain::authority::Reach;
use domain::ids::{ActivityId, GroupId, MemberId};
use domain::session::Sessions;
use domain::time::instant;
use entity::{Scoped, activity, attendance, checkin, leave_request};
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use super::sessions::{sessions_of, stay_of};
use super::status_now;
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;

/// Which activities are asked for.
#[derive(Debug, Default)]
pub struct Filter {
    /// Where they stand.
    pub status: Option<ActivityStatus>,
    /// First day of their starts.
    pub from: Option<NaiveDate>,
    /// Last day of their starts.
    pub to: Option<NaiveDate>,
    /// The group that holds them.
    pub group: Option<GroupId>,
    /// What they are.
    pub kind: Option<ActivityKind>,
}

/// How many were invited and what they answered.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[schema(as = ReplyCounts)]
pub struct Counts {
    /// Everybody who was invited.
    pub invited: i64,
    /// Who will come.
    pub attend: i64,
    /// Who asked for leave.
    pub leave: i64,
    /// Who has not replied.
    pub none: i64,
}

/// The caller's own part in an activity.
#[derive(Debug)]
pub struct Mine {
    /// His attendance.
    pub attendance: attendance::Model,
    /// His latest request for leave.
    pub leave: Option<leave_request::Model>,
    /// The sessions he checked in to, where the activity has several.
    pub stays: Vec<Stay>,
}

/// An activity as somebody sees it.
#[derive(Debug)]
pub struct Seen {
    /// The row.
    pub row: activity::Model,
    /// Its sessions.
    pub sessions: Sessions,
    /// Where it stands at this moment.
    pub status: ActivityStatus,
    /// For those whose seat reaches the activity itself.
    pub counts: Option<Counts>,
    /// For a member who was invited.
    pub mine: Option<Mine>,
}

/// A page of the activities within reach, the latest start first, and how many there are.
pub async fn list(
    app: &App,
    caller: &Caller,
    reach: &Reach,
    filter: &Filter,
    skip: u64,
    limit: u64,
) -> Result<(Vec<Seen>, u64)> {
    let now = app.clock.now();
    let mut query = activity::Entity::of(caller.committee).filter(within(caller, reach));
    if let Some(status) = filter.status {
        query = query.filter(standing(status, now));
    }
    if let Some(from) = filter.from {
        query = query.filter(activity::Column::StartsAt.gte(instant(from, NaiveTime::MIN)));
    }
    if let Some(after) = filter.to.and_then(|to| to.succ_opt()) {
        query = query.filter(activity::Column::StartsAt.lt(instant(after, NaiveTime::MIN)));
    }
    if let Some(group) = filter.group {
        query = query.filter(activity::Column::GroupId.eq(group));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(activity::Column::Kind.eq(kind));
    }
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(activity::Column::StartsAt)
        .order_by_desc(activity::Column::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok((see(app, caller, reach, rows).await?, total))
}

/// What lies within reach: of the committee, of one's groups, and what one was invited to once it
/// is public.
pub(super) fn within(caller: &Caller, reach: &Reach) -> Condition {
    if reach.committee {
        return Condition::all();
    }
    let mut within =
        Condition::any().add(activity::Column::GroupId.is_in(reach.groups.iter().copied()));
    if let Some(member) = reach.member {
        let invited_to = Query::select()
            .column(attendance::Column::ActivityId)
            .from(attendance::Entity)
            .and_where(attendance::Column::CommitteeId.eq(caller.committee))
            .and_where(attendance::Column::MemberId.eq(member))
            .to_owned();
        let public = ActivityStatus::ALL
            .iter()
            .copied()
            .filter(|status| status.public());
        within = within.add(
            activity::Column::Id
                .in_subquery(invited_to)
                .and(activity::Column::Status.is_in(public)),
        );
    }
    within
}

/// The rows that [`status_now`] calls by this status.
fn standing(status: ActivityStatus, now: DateTime<Utc>) -> Condition {
    let stored = activity::Column::Status.eq(status);
    match status {
        ActivityStatus::Published => Condition::all()
            .add(stored)
            .add(activity::Column::StartsAt.gt(now)),
        ActivityStatus::Running => {
            let begun = activity::Column::Status
                .eq(ActivityStatus::Published)
                .and(activity::Column::StartsAt.lte(now));
            Condition::any().add(stored).add(begun)
        }
        ActivityStatus::Draft
        | ActivityStatus::Submitted
        | ActivityStatus::Returned
        | ActivityStatus::Approved
        | ActivityStatus::Closed
        | ActivityStatus::Cancelled => Condition::all().add(stored),
    }
}

/// One activity as the caller sees it.
pub async fn see_one(app: &App, caller: &Caller, row: activity::Model) -> Result<Seen> {
    let reach = Reach::of(
        domain::authority::Operation::ActivityRead,
        caller.standings(),
    )
    .unwrap_or_default();
    let mut seen = see(app, caller, &reach, vec![row]).await?;
    Ok(seen.remove(0))
}

async fn see(
    app: &App,
    caller: &Caller,
    reach: &Reach,
    rows: Vec<activity::Model>,
) -> Result<Vec<Seen>> {
    let now = app.clock.now();
    let counted = |row: &activity::Model| reach.committee || reach.groups.contains(&row.group_id);
    let mut counts = counts(
        app,
        caller,
        rows.iter()
            .filter(|row| counted(row))
            .map(|row| row.id)
            .collect(),
    )
    .await?;
    let mut mine = match reach.member {
        Some(member) => mine(app, caller, member, &rows).await?,
        None => HashMap::new(),
    };
    rows.into_iter()
        .map(|row| {
            Ok(Seen {
                sessions: sessions_of(&row)?,
                status: status_now(&row, now),
                counts: counted(&row).then(|| counts.remove(&row.id).unwrap_or_default()),
                mine: mine.remove(&row.id),
                row,
            })
        })
        .collect()
}

async fn counts(
    app: &App,
    caller: &Caller,
    ids: Vec<ActivityId>,
) -> Result<HashMap<ActivityId, Counts>> {
    let replies: Vec<(ActivityId, Reply, i64)> = attendance::Entity::of(caller.committee)
        .filter(attendance::Column::ActivityId.is_in(ids))
        .select_only()
        .column(attendance::Column::ActivityId)
        .column(attendance::Column::Reply)
        .column_as(attendance::Column::Id.count(), "members")
        .group_by(attendance::Column::ActivityId)
        .group_by(attendance::Column::Reply)
        .into_tuple()
        .all(app.db.read())
        .await?;
    let mut counts: HashMap<_, Counts> = HashMap::new();
    for (id, reply, members) in replies {
        let counts = counts.entry(id).or_default();
        counts.invited += members;
        match reply {
            Reply::Attend => counts.attend += members,
            Reply::Leave => counts.leave += members,
            Reply::None => counts.none += members,
        }
    }
    Ok(counts)
}

async fn mine(
    app: &App,
    caller: &Caller,
    member: MemberId,
    rows: &[activity::Model],
) -> Result<HashMap<ActivityId, Mine>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut stays = stays(app, caller, member, rows).await?;
    let attendances = attendance::Entity::of(caller.committee)
        .filter(attendance::Column::MemberId.eq(member))
        .filter(attendance::Column::ActivityId.is_in(ids.iter().copied()))
        .all(app.db.read())
        .await?;
    let leaves = leave_request::Entity::of(caller.committee)
        .filter(leave_request::Column::MemberId.eq(member))
        .filter(leave_request::Column::ActivityId.is_in(ids))
        .order_by_asc(leave_request::Column::CreatedAt)
        .order_by_asc(leave_request::Column::Id)
        .all(app.db.read())
        .await?;
    // Of several requests for one activity the latest is the one that counts.
    let mut leaves: HashMap<_, _> = leaves
        .into_iter()
        .map(|leave| (leave.activity_id, leave))
        .collect();
    Ok(attendances
        .into_iter()
        .map(|attendance| {
            (
                attendance.activity_id,
                Mine {
                    leave: leaves.remove(&attendance.activity_id),
                    stays: stays.remove(&attendance.activity_id).unwrap_or_default(),
                    attendance,
                },
            )
        })
        .collect())
}

/// Where a member checked in to those of the activities that have several sessions.
async fn stays(
    app: &App,
    caller: &Caller,
    member: MemberId,
    rows: &[activity::Model],
) -> Result<HashMap<ActivityId, Vec<Stay>>> {
    let several: Vec<_> = rows
        .iter()
        .filter(|row| row.sessions.is_some())
        .map(|row| row.id)
        .collect();
    let mut stays: HashMap<_, Vec<Stay>> = HashMap::new();
    if several.is_empty() {
        return Ok(stays);
    }
    let checkins = checkin::Entity::of(caller.committee)
        .filter(checkin::Column::MemberId.eq(member))
        .filter(checkin::Column::ActivityId.is_in(several))
        .order_by_asc(checkin::Column::Session)
        .all(app.db.read())
        .await?;
    for row in checkins {
        stays
            .entry(row.activity_id)
            .or_default()
            .push(stay_of(&row));
    }
    Ok(stays)
}
