//! What members are sorted into: groups, sectors, stations, special committees, terms.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::NaiveDate;
use domain::ids::{CommitteeId, GroupId, MemberId, SectorId, SpecialCommitteeId, TermId};
use domain::people::MemberStatus;
use domain::time::local_date;
use entity::{Scoped, group, member, sector, special_committee, station, term};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryGetable,
};

use crate::access::{Permit, op};
use crate::app::App;
use crate::error::Result;

/// Something with how many members in office it has.
#[derive(Debug)]
pub(super) struct Counted<T> {
    pub row: T,
    pub members: u64,
}

/// The names things are shown by.
#[derive(Debug)]
pub(super) struct Names {
    pub groups: HashMap<GroupId, group::Model>,
    pub sectors: HashMap<SectorId, sector::Model>,
    pub special_committees: HashMap<SpecialCommitteeId, special_committee::Model>,
}

impl Names {
    pub async fn load(db: &impl ConnectionTrait, committee: CommitteeId) -> Result<Self> {
        let groups = group::Entity::of(committee).all(db).await?;
        let sectors = sector::Entity::of(committee).all(db).await?;
        let special_committees = special_committee::Entity::of(committee).all(db).await?;
        Ok(Self {
            groups: groups.into_iter().map(|row| (row.id, row)).collect(),
            sectors: sectors.into_iter().map(|row| (row.id, row)).collect(),
            special_committees: special_committees
                .into_iter()
                .map(|row| (row.id, row))
                .collect(),
        })
    }

    pub fn group(&self, id: GroupId) -> Option<String> {
        self.groups.get(&id).map(|group| group.name.clone())
    }

    pub fn sector(&self, id: SectorId) -> Option<String> {
        self.sectors.get(&id).map(|sector| sector.name.clone())
    }

    pub fn special_committee(&self, id: SpecialCommitteeId) -> Option<String> {
        self.special_committees
            .get(&id)
            .map(|special| special.name.clone())
    }
}

/// The term of this day; between two terms the one that began last.
pub async fn current_term(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    today: NaiveDate,
) -> Result<Option<term::Model>> {
    let begun = term::Entity::of(committee)
        .filter(term::Column::StartsOn.lte(today))
        .order_by_desc(term::Column::StartsOn)
        .one(db)
        .await?;
    Ok(begun)
}

/// The member, if he is in office in the current term. Whoever left, or was a member of an earlier
/// term only, may bind his WeChat anew.
pub async fn in_office(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    member: MemberId,
    today: NaiveDate,
) -> Result<Option<member::Model>> {
    let member = member::Entity::find_by_id((committee, member))
        .one(db)
        .await?;
    let term = current_term(db, committee, today)
        .await?
        .map(|term| term.id);
    Ok(member
        .filter(|member| member.status == MemberStatus::Active && Some(member.term_id) == term))
}

pub(super) async fn groups(
    app: &App,
    permit: &Permit<op::CatalogueRead>,
) -> Result<Vec<Counted<group::Model>>> {
    let counts = count_by::<GroupId>(app, permit, member::Column::GroupId).await?;
    let groups = group::Entity::of(permit.committee())
        .order_by_asc(group::Column::Ordinal)
        .all(app.db.read())
        .await?;
    Ok(groups
        .into_iter()
        .map(|row| Counted {
            members: counts.get(&row.id).copied().unwrap_or(0),
            row,
        })
        .collect())
}

pub(super) async fn sectors(
    app: &App,
    permit: &Permit<op::CatalogueRead>,
) -> Result<Vec<Counted<sector::Model>>> {
    let counts = count_by::<SectorId>(app, permit, member::Column::SectorId).await?;
    let sectors = sector::Entity::of(permit.committee())
        .order_by_asc(sector::Column::Ordinal)
        .all(app.db.read())
        .await?;
    Ok(sectors
        .into_iter()
        .map(|row| Counted {
            members: counts.get(&row.id).copied().unwrap_or(0),
            row,
        })
        .collect())
}

pub(super) async fn terms(
    app: &App,
    permit: &Permit<op::CatalogueRead>,
) -> Result<(Vec<Counted<term::Model>>, Option<TermId>)> {
    let rows: Vec<(TermId, i64)> = active(permit)
        .select_only()
        .column(member::Column::TermId)
        .column_as(member::Column::Id.count(), "members")
        .group_by(member::Column::TermId)
        .into_tuple()
        .all(app.db.read())
        .await?;
    let counts = counted(rows);
    let current = current_term(
        app.db.read(),
        permit.committee(),
        local_date(app.clock.now()),
    )
    .await?;
    let terms = term::Entity::of(permit.committee())
        .order_by_asc(term::Column::StartsOn)
        .all(app.db.read())
        .await?;
    let terms = terms
        .into_iter()
        .map(|row| Counted {
            members: counts.get(&row.id).copied().unwrap_or(0),
            row,
        })
        .collect();
    Ok((terms, current.map(|term| term.id)))
}

pub(super) async fn stations(
    app: &App,
    permit: &Permit<op::CatalogueRead>,
) -> Result<Vec<(station::Model, Option<group::Model>)>> {
    let groups = group::Entity::of(permit.committee())
        .all(app.db.read())
        .await?;
    let groups: HashMap<_, _> = groups.into_iter().map(|group| (group.id, group)).collect();
    let stations = station::Entity::of(permit.committee())
        .all(app.db.read())
        .await?;
    let mut stations: Vec<_> = stations
        .into_iter()
        .map(|station| (groups.get(&station.group_id).cloned(), station))
        .collect();
    stations.sort_by_key(|(group, station)| {
        (
            group.as_ref().map(|group| group.ordinal),
            station.name.clone(),
        )
    });
    Ok(stations
        .into_iter()
        .map(|(group, station)| (station, group))
        .collect())
}

pub(super) async fn special_committees(
    app: &App,
    permit: &Permit<op::CatalogueRead>,
) -> Result<Vec<(special_committee::Model, Vec<GroupId>)>> {
    let groups = group::Entity::of(permit.committee())
        .order_by_asc(group::Column::Ordinal)
        .all(app.db.read())
        .await?;
    let special = special_committee::Entity::of(permit.committee())
        .order_by_asc(special_committee::Column::Ordinal)
        .all(app.db.read())
        .await?;
    let served = |id| {
        groups
            .iter()
            .filter(move |group| group.special_committee_id == Some(id))
            .map(|group| group.id)
            .collect()
    };
    Ok(special
        .into_iter()
        .map(|row| (row.clone(), served(row.id)))
        .collect())
}

fn active(permit: &Permit<op::CatalogueRead>) -> sea_orm::Select<member::Entity> {
    member::Entity::of(permit.committee()).filter(member::Column::Status.eq(MemberStatus::Active))
}

/// How many members of the current term are in office, by what `column` names.
async fn count_by<K: TryGetable + Eq + Hash + Send + Sync>(
    app: &App,
    permit: &Permit<op::CatalogueRead>,
    column: member::Column,
) -> Result<HashMap<K, u64>> {
    let Some(term) = current_term(
        app.db.read(),
        permit.committee(),
        local_date(app.clock.now()),
    )
    .await?
    else {
        return Ok(HashMap::new());
    };
    let rows: Vec<(K, i64)> = active(permit)
        .filter(member::Column::TermId.eq(term.id))
        .select_only()
        .column(column)
        .column_as(member::Column::Id.count(), "members")
        .group_by(column)
        .into_tuple()
        .all(app.db.read())
        .await?;
    Ok(counted(rows))
}

fn counted<K: Eq + Hash>(rows: Vec<(K, i64)>) -> HashMap<K, u64> {
    rows.into_iter()
        .map(|(key, count)| (key, count.unsigned_abs()))
        .collect()
}
