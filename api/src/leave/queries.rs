//! Reading requests for leave.

use std::collections::HashMap;

use domain::authority::Reach;
use domain::ids::{ActivityId, CommitteeId};
use domain::leave::LeaveState;
use entity::{Scoped, activity, leave_request, member};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::app::App;
use crate::db::found;
use crate::error::Result;

/// Which requests are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Where they stand.
    pub state: Option<LeaveState>,
    /// From which activity.
    pub activity: Option<ActivityId>,
}

/// A request with what it is about.
#[derive(Debug)]
pub struct Seen {
    /// The request.
    pub row: leave_request::Model,
    /// From which activity.
    pub activity: activity::Model,
    /// Who asks.
    pub member: member::Model,
}

/// A page of the requests within reach, the latest first, and how many there are.
pub async fn list(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    filter: Filter,
    skip: u64,
    limit: u64,
) -> Result<(Vec<Seen>, u64)> {
    let mut query = leave_request::Entity::of(committee).filter(within(committee, reach));
    if let Some(state) = filter.state {
        query = query.filter(leave_request::Column::State.eq(state));
    }
    if let Some(activity) = filter.activity {
        query = query.filter(leave_request::Column::ActivityId.eq(activity));
    }
    let total = query.clone().count(app.db.read()).await?;
    let rows = query
        .order_by_desc(leave_request::Column::CreatedAt)
        .order_by_desc(leave_request::Column::Id)
        .offset(skip)
        .limit(limit)
        .all(app.db.read())
        .await?;
    Ok((see(app, committee, rows).await?, total))
}

/// What lies within reach: of the committee, of activities of one's groups, and one's own.
fn within(committee: CommitteeId, reach: &Reach) -> Condition {
    if reach.committee {
        return Condition::all();
    }
    let of_groups = Query::select()
        .column(activity::Column::Id)
        .from(activity::Entity)
        .and_where(activity::Column::CommitteeId.eq(committee))
        .and_where(activity::Column::GroupId.is_in(reach.groups.iter().copied()))
        .to_owned();
    let mut within = Condition::any().add(leave_request::Column::ActivityId.in_subquery(of_groups));
    if let Some(member) = reach.member {
        within = within.add(leave_request::Column::MemberId.eq(member));
    }
    within
}

/// One request with what it is about.
pub async fn see_one(app: &App, row: leave_request::Model) -> Result<Seen> {
    let mut seen = see(app, row.committee_id, vec![row]).await?;
    Ok(seen.remove(0))
}

async fn see(
    app: &App,
    committee: CommitteeId,
    rows: Vec<leave_request::Model>,
) -> Result<Vec<Seen>> {
    let activities: HashMap<_, _> = activity::Entity::of(committee)
        .filter(activity::Column::Id.is_in(rows.iter().map(|row| row.activity_id)))
        .all(app.db.read())
        .await?
        .into_iter()
        .map(|activity| (activity.id, activity))
        .collect();
    let members: HashMap<_, _> = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(rows.iter().map(|row| row.member_id)))
        .all(app.db.read())
        .await?
        .into_iter()
        .map(|member| (member.id, member))
        .collect();
    rows.into_iter()
        .map(|row| {
            Ok(Seen {
                activity: found(activities.get(&row.activity_id).cloned())?,
                member: found(members.get(&row.member_id).cloned())?,
                row,
            })
        })
        .collect()
}
