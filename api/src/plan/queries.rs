//! Reading plans: who reaches them, the list, and what is shown beside the items of one.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use domain::activity::ActivityStatus;
use domain::authority::{Operation, Reach, Scope};
use domain::calendar::Quarter;
use domain::ids::{CommitteeId, GroupId, MemberId, PlanId};
use domain::plan::PlanStatus;
use domain::time::{instant, local_date};
use entity::{Scoped, activity, attendance, group, member, plan, plan_item};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use crate::access::{Caller, Guarded};
use crate::activity::status_now;
use crate::app::App;
use crate::error::Result;

impl Guarded for plan::Model {
    const PARAM: &'static str = "plan_id";
    const READ: Operation = Operation::PlanList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(plan::Entity::find_by_id((committee, PlanId(id)))
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: vec![self.group_id],
            member: None,
        })
    }
}

/// Which plans.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// For which year.
    pub year: Option<i32>,
    /// Whose.
    pub group: Option<GroupId>,
    /// Where they stand.
    pub status: Option<PlanStatus>,
}

/// A plan as lists show it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The plan.
    pub row: plan::Model,
    /// The name of its group.
    pub group_name: String,
    /// How many items it has.
    pub items: i64,
    /// The place of its group in lists.
    pub(super) place: i32,
}

/// The plans within reach, the latest year first and in a year by group. There are as many as
/// groups in a year, so a list is read whole.
pub async fn list(
    app: &App,
    committee: CommitteeId,
    reach: &Reach,
    wanted: &Wanted,
) -> Result<Vec<Listed>> {
    use plan::Column as C;
    let within = if reach.committee {
        Condition::all()
    } else {
        Condition::all().add(C::GroupId.is_in(reach.groups.iter().copied()))
    };
    let rows = plan::Entity::of(committee)
        .filter(within)
        .apply_if(wanted.year, |query, year| query.filter(C::Year.eq(year)))
        .apply_if(wanted.group, |query, group| {
            query.filter(C::GroupId.eq(group))
        })
        .apply_if(wanted.status, |query, status| {
            query.filter(C::Status.eq(status))
        })
        .all(app.db.read())
        .await?;
    summaries(app, committee, rows).await
}

/// The plans with what lists show beside them, in their order.
pub async fn summaries(
    app: &App,
    committee: CommitteeId,
    rows: Vec<plan::Model>,
) -> Result<Vec<Listed>> {
    let ids = rows.iter().map(|row| row.id);
    let counts: Vec<(PlanId, i64)> = plan_item::Entity::of(committee)
        .filter(plan_item::Column::PlanId.is_in(ids))
        .select_only()
        .column(plan_item::Column::PlanId)
        .column_as(plan_item::Column::Id.count(), "items")
        .group_by(plan_item::Column::PlanId)
        .into_tuple()
        .all(app.db.read())
        .await?;
    let counts: HashMap<_, _> = counts.into_iter().collect();
    let groups: HashMap<_, _> = group::Entity::of(committee)
        .filter(group::Column::Id.is_in(rows.iter().map(|row| row.group_id)))
        .all(app.db.read())
        .await?
        .into_iter()
        .map(|group| (group.id, group))
        .collect();
    let mut listed: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let group = groups.get(&row.group_id);
            Listed {
                group_name: group.map(|group| group.name.clone()).unwrap_or_default(),
                place: group.map_or(i32::MAX, |group| group.ordinal),
                items: counts.get(&row.id).copied().unwrap_or_default(),
                row,
            }
        })
        .collect();
    listed.sort_by_key(|one| (-one.row.year, one.place, one.row.id));
    Ok(listed)
}

/// One item with what a person wants to know beside it.
#[derive(Clone, Debug)]
pub struct DescribedItem {
    /// The item.
    pub row: plan_item::Model,
    /// The name of who sees to it.
    pub owner_name: String,
    /// What came of it: the activities of the group in that quarter that the caller may know, with
    /// where they stand.
    pub activities: Vec<(activity::Model, ActivityStatus)>,
}

/// A plan with its items.
#[derive(Clone, Debug)]
pub struct Described {
    /// The plan.
    pub plan: Listed,
    /// Its items, by quarter.
    pub items: Vec<DescribedItem>,
}

/// A plan with everything that is shown of it.
pub async fn describe(app: &App, caller: &Caller, row: plan::Model) -> Result<Described> {
    let committee = row.committee_id;
    let items = items_of(app.db.read(), committee, &[row.id]).await?;
    let owners = owner_names(app.db.read(), committee, &items).await?;
    let activities = activities(app, caller, &row).await?;
    let items = items
        .into_iter()
        .map(|item| DescribedItem {
            owner_name: owners
                .get(&item.owner_member_id)
                .cloned()
                .unwrap_or_default(),
            activities: activities.get(&item.quarter).cloned().unwrap_or_default(),
            row: item,
        })
        .collect();
    let plan = summaries(app, committee, vec![row]).await?.remove(0);
    Ok(Described { plan, items })
}

/// The items of some plans, by quarter and then as they were written down.
pub(super) async fn items_of(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    plans: &[PlanId],
) -> Result<Vec<plan_item::Model>> {
    Ok(plan_item::Entity::of(committee)
        .filter(plan_item::Column::PlanId.is_in(plans.iter().copied()))
        .order_by_asc(plan_item::Column::Quarter)
        .order_by_asc(plan_item::Column::Ordinal)
        .all(db)
        .await?)
}

/// The names of those who see to some items.
pub(super) async fn owner_names(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    items: &[plan_item::Model],
) -> Result<HashMap<MemberId, String>> {
    let names: Vec<(MemberId, String)> = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(items.iter().map(|item| item.owner_member_id)))
        .select_only()
        .columns([member::Column::Id, member::Column::Name])
        .into_tuple()
        .all(db)
        .await?;
    Ok(names.into_iter().collect())
}

type ByQuarter = HashMap<i32, Vec<(activity::Model, ActivityStatus)>>;

/// The activities of the group in the year that the caller may know, in one query: all of them
/// where his seat reaches activities of the group, else the public ones he was invited to.
async fn activities(app: &App, caller: &Caller, row: &plan::Model) -> Result<ByQuarter> {
    use activity::Column as C;
    let Some(reach) = Reach::of(Operation::ActivityList, caller.standings()) else {
        return Ok(HashMap::new());
    };
    let mut known = Condition::all();
    if !reach.committee && !reach.groups.contains(&row.group_id) {
        let Some(member) = reach.member else {
            return Ok(HashMap::new());
        };
        let invited_to = Query::select()
            .column(attendance::Column::ActivityId)
            .from(attendance::Entity)
            .and_where(attendance::Column::CommitteeId.eq(row.committee_id))
            .and_where(attendance::Column::MemberId.eq(member))
            .to_owned();
        let public = ActivityStatus::ALL
            .iter()
            .copied()
            .filter(|status| status.public());
        known = known
            .add(C::Status.is_in(public))
            .add(C::Id.in_subquery(invited_to));
    }
    let [first, .., last] = Quarter::of_year(row.year);
    let begins = instant(first.first_day(), NaiveTime::MIN);
    let ends = instant(last.last_day(), NaiveTime::MIN) + chrono::TimeDelta::days(1);
    let found = activity::Entity::of(row.committee_id)
        .filter(C::GroupId.eq(row.group_id))
        .filter(C::StartsAt.gte(begins))
        .filter(C::StartsAt.lt(ends))
        .filter(known)
        .order_by_asc(C::StartsAt)
        .order_by_asc(C::Id)
        .all(app.db.read())
        .await?;
    Ok(by_quarter(found, app.clock.now()))
}

fn by_quarter(found: Vec<activity::Model>, now: DateTime<Utc>) -> ByQuarter {
    let mut activities = ByQuarter::new();
    for row in found {
        let quarter = Quarter::of(local_date(row.starts_at)).number;
        let status = status_now(&row, now);
        activities
            .entry(i32::from(quarter))
            .or_default()
            .push((row, status));
    }
    activities
}
