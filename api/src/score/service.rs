//! The one way to compute scores, and what is made of them: rows of a table, ranks.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::authority::Reach;
use domain::ids::{CommitteeId, GroupId, MemberId, SectorId};
use domain::people::Position;
use domain::points::Points;
use domain::score::{Fact, Period, Sheet, tally};
use domain::time::local_date;
use entity::{Scoped, fact, group, member, sector};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use crate::app::App;
use crate::error::{ApiError, Result};

/// Whose sheets.
#[derive(Clone, Debug)]
pub struct Filter {
    /// How far whoever asks may see.
    pub reach: Reach,
    /// This member only.
    pub member: Option<MemberId>,
    /// Members of this group only.
    pub group: Option<GroupId>,
    /// Members of this sector only.
    pub sector: Option<SectorId>,
    /// Members in this position only.
    pub position: Option<Position>,
}

impl Filter {
    /// Everybody within reach.
    pub fn within(reach: Reach) -> Self {
        Self {
            reach,
            member: None,
            group: None,
            sector: None,
            position: None,
        }
    }

    /// One member whom the caller was proved to reach.
    pub fn one(member: MemberId) -> Self {
        let reach = Reach {
            committee: true,
            ..Reach::default()
        };
        Self {
            member: Some(member),
            ..Self::within(reach)
        }
    }

    fn members(&self) -> Condition {
        use member::Column as C;
        let within = if self.reach.committee {
            Condition::all()
        } else {
            // An empty list of groups matches nothing.
            Condition::any()
                .add(C::GroupId.is_in(self.reach.groups.iter().copied()))
                .add_option(self.reach.member.map(|member| C::Id.eq(member)))
        };
        Condition::all()
            .add(within)
            .add_option(self.member.map(|member| C::Id.eq(member)))
            .add_option(self.group.map(|group| C::GroupId.eq(group)))
            .add_option(self.sector.map(|sector| C::SectorId.eq(sector)))
            .add_option(self.position.map(|position| C::Position.eq(position)))
    }
}

/// A member with his sheet.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// The member.
    pub member: member::Model,
    /// The name of his group.
    pub group: String,
    /// The name of his sector.
    pub sector: String,
    /// His sheet.
    pub sheet: Sheet,
}

/// The sheets of everybody who was a member on a day of the period, in the order of groups, then
/// of names, in four queries however many they are.
pub async fn sheets(
    app: &App,
    committee: CommitteeId,
    period: Period,
    filter: &Filter,
) -> Result<Vec<Assessed>> {
    let (first, last) = bounds(period);
    let db = app.db.read();
    let members = member::Entity::of(committee)
        .filter(filter.members())
        .filter(member::Column::JoinedOn.lte(last))
        .filter(
            Condition::any()
                .add(member::Column::LeftOn.is_null())
                .add(member::Column::LeftOn.gte(first)),
        )
        .all(db)
        .await?;
    let groups: HashMap<GroupId, group::Model> = group::Entity::of(committee)
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let sectors: HashMap<SectorId, String> = sector::Entity::of(committee)
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect();
    let mut facts = facts_by_member(app, committee, (first, last), filter.member).await?;

    let mut assessed: Vec<Assessed> = members
        .into_iter()
        .map(|member| {
            let own = facts.remove(&member.id).unwrap_or_default();
            Assessed {
                group: groups
                    .get(&member.group_id)
                    .map(|row| row.name.clone())
                    .unwrap_or_default(),
                sector: sectors.get(&member.sector_id).cloned().unwrap_or_default(),
                sheet: tally(&app.rulebook, period, member.id, &own),
                member,
            }
        })
        .collect();
    let ordinal = |one: &Assessed| groups.get(&one.member.group_id).map(|row| row.ordinal);
    assessed.sort_by(|a, b| {
        let (left, right) = (
            (ordinal(a), &a.group, &a.member.name),
            (ordinal(b), &b.group, &b.member.name),
        );
        left.cmp(&right).then(a.member.id.cmp(&b.member.id))
    });
    Ok(assessed)
}

/// The sheet of one member whom the caller was proved to reach, whether or not he was a member in
/// the period: a former member may see that there is nothing.
pub async fn sheet(app: &App, member: member::Model, period: Period) -> Result<Assessed> {
    let committee = member.committee_id;
    let db = app.db.read();
    let group = group::Entity::find_by_id((committee, member.group_id))
        .one(db)
        .await?;
    let sector = sector::Entity::find_by_id((committee, member.sector_id))
        .one(db)
        .await?;
    let mut facts = facts_by_member(app, committee, bounds(period), Some(member.id)).await?;
    let own = facts.remove(&member.id).unwrap_or_default();
    Ok(Assessed {
        group: group.map(|row| row.name).unwrap_or_default(),
        sector: sector.map(|row| row.name).unwrap_or_default(),
        sheet: tally(&app.rulebook, period, member.id, &own),
        member,
    })
}

/// The facts of the period, and every reversal: one may bear a later day than what it takes back.
async fn facts_by_member(
    app: &App,
    committee: CommitteeId,
    (first, last): (NaiveDate, NaiveDate),
    member: Option<MemberId>,
) -> Result<HashMap<MemberId, Vec<Fact>>> {
    use fact::Column as C;
    let in_period = C::HappenedOn.between(first, last);
    let rows = fact::Entity::of(committee)
        .apply_if(member, |query, member| query.filter(C::MemberId.eq(member)))
        .filter(
            Condition::any()
                .add(in_period)
                .add(C::Reverses.is_not_null()),
        )
        .order_by_asc(C::Seq)
        .all(app.db.read())
        .await?;
    let mut facts: HashMap<MemberId, Vec<Fact>> = HashMap::new();
    for row in rows {
        // A kind that this version does not know is reported: skipping it would lose points.
        let kind = row.kind.parse().map_err(ApiError::internal)?;
        facts.entry(row.member_id).or_default().push(Fact {
            id: row.id,
            member: row.member_id,
            kind,
            on: row.happened_on,
            title: row.title,
            reverses: row.reverses,
        });
    }
    Ok(facts)
}

/// The first and the last day of a period.
fn bounds(period: Period) -> (NaiveDate, NaiveDate) {
    match period {
        Period::Quarter(quarter) => (quarter.first_day(), quarter.last_day()),
        Period::Year(year) => {
            let [first, .., last] = domain::calendar::Quarter::of_year(year);
            (first.first_day(), last.last_day())
        }
    }
}

/// The period that `text` names, or the current year in Shanghai.
///
/// # Errors
/// `validation_failed` for a text that is not spelled like a period.
pub fn period(text: Option<&str>, now: DateTime<Utc>) -> Result<Period> {
    match text {
        None => Ok(Period::Year(chrono::Datelike::year(&local_date(now)))),
        Some(text) => text.parse().map_err(|_| {
            ApiError::field(
                "period",
                "invalid_period",
                "应为年度（如 2026）或季度（如 2026-Q3）",
            )
        }),
    }
}

/// The sheets with the most points first, each with its rank among them. Equal points share a
/// rank, and the next one is as far behind as there are members before it.
pub fn ranked(mut assessed: Vec<Assessed>) -> Vec<(u64, Assessed)> {
    // Stable: among equals the order of groups and names stays.
    assessed.sort_by_key(|one| std::cmp::Reverse(one.sheet.total));
    let mut rank = 0;
    let mut before: Option<Points> = None;
    (1..)
        .zip(assessed)
        .map(|(place, one)| {
            if before != Some(one.sheet.total) {
                rank = place;
            }
            before = Some(one.sheet.total);
            (rank, one)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_that_is_not_told_is_the_year_it_is_in_shanghai() {
        let new_year = "2026-12-31T16:00:00Z".parse().unwrap();
        assert_eq!(period(None, new_year).unwrap(), Period::Year(2027));
        assert_eq!(period(Some("2026"), new_year).unwrap(), Period::Year(2026));
        for text in ["", "26", "2026-Q5", "2026-3", "2026 "] {
            assert_eq!(
                period(Some(text), new_year).unwrap_err().code.status(),
                422,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_period_runs_from_its_first_to_its_last_day() {
        let text = |period: &str| {
            let (first, last) = bounds(period.parse().unwrap());
            format!("{first} {last}")
        };
        assert_eq!(text("2026"), "2026-01-01 2026-12-31");
        assert_eq!(text("2028-Q1"), "2028-01-01 2028-03-31");
    }
}
