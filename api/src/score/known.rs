//! What is known of everybody before a rulebook looks at it: who he is, his facts, what was closed
//! before. A fixed number of queries, however many they are.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use domain::ids::{CommitteeId, MemberId};
use domain::score::{
    Assessed as AssessedPerson, Candidate, Closed, Fact, Period, Person, Record, Scheme, Subject,
};
use entity::{Scoped, group, member, term};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder, QueryTrait, Select,
};
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::periods::history::{self, Before};
use super::places::Places;
use crate::app::App;
use crate::error::Result;
use crate::facts::{BySubject, Span};

/// How far is looked back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// The facts of the period.
    Period,
    /// The facts of the term up to the end of the period, and what was closed in it before.
    Term,
}

impl Back {
    /// As far as the sheets of a rulebook ask for.
    pub fn for_sheets(scheme: &Scheme) -> Self {
        if scheme.looks_back() {
            Self::Term
        } else {
            Self::Period
        }
    }
}

/// A member with what is known of him.
#[derive(Clone, Debug)]
pub struct Known {
    /// The member.
    pub member: member::Model,
    /// The member as rules look at him.
    pub person: Person,
    /// His facts, those of the days looked at and those that take others back.
    pub facts: Arc<[Fact]>,
    /// What was closed before, where it is looked at.
    pub before: Before,
}

/// Who was in a group, and his days in office: a group has the facts of its members on these days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Belonging {
    /// The member.
    pub member: MemberId,
    /// His first day in office.
    pub joined_on: NaiveDate,
    /// His last day in office.
    pub left_on: Option<NaiveDate>,
}

impl Belonging {
    fn of(row: &member::Model) -> Self {
        Self {
            member: row.id,
            joined_on: row.joined_on,
            left_on: row.left_on,
        }
    }

    /// Whether a fact is one of his, of a day on which he was in office.
    pub fn brings(&self, fact: &Fact) -> bool {
        fact.subject == Subject::Member(self.member)
            && self.joined_on <= fact.on
            && self.left_on.is_none_or(|left| fact.on <= left)
    }
}

/// A group with what is known of it.
#[derive(Clone, Debug)]
pub struct KnownGroup {
    /// The group.
    pub group: group::Model,
    /// Who was in it and in office on a day of the period, by id.
    pub members: Vec<Belonging>,
    /// The group as rules look at it.
    pub person: Person,
    /// Its facts and those of its members.
    pub facts: Arc<[Fact]>,
    /// What was closed before, where it is looked at.
    pub before: Before,
}

/// The sheet of one person, with everything it came from.
pub fn candidate(
    scheme: &Scheme,
    period: Period,
    person: Person,
    facts: Arc<[Fact]>,
    closed: Vec<Closed>,
    after_break: bool,
) -> Candidate {
    let record = Record {
        person: &person,
        facts: &facts,
        closed: &closed,
        after_break,
    };
    let sheet = scheme.sheet(period, record);
    Candidate {
        assessed: AssessedPerson { person, sheet },
        facts,
        closed,
        after_break,
    }
}

/// Everybody who was a member on a day of the period, or those of them whom the filter includes.
pub async fn members(
    app: &App,
    committee: CommitteeId,
    places: &Places,
    period: Period,
    filter: Option<&Filter>,
    back: Back,
) -> Result<Vec<Known>> {
    let rows = in_office(committee, period)
        .apply_if(filter.map(Filter::members), |query, within| {
            query.filter(within)
        })
        .all(app.db.read())
        .await?;
    let one = filter.and_then(|filter| filter.member);
    let span = span(app, committee, period, back).await?;
    let facts = facts(app, committee, span, one).await?;
    let mut earlier = history::earlier(app, committee, period, span).await?;
    Ok(rows
        .into_iter()
        .map(|member| {
            let person = places.person(&member);
            Known {
                facts: facts.get(&person.subject).cloned().unwrap_or_default(),
                before: Before::of(earlier.remove(&person.subject), &person),
                person,
                member,
            }
        })
        .collect())
}

/// Every group, with the facts of those who were in it, of the days on which they were in office.
pub async fn groups(
    app: &App,
    committee: CommitteeId,
    places: &Places,
    period: Period,
    back: Back,
) -> Result<Vec<KnownGroup>> {
    let members = in_office(committee, period)
        .order_by_asc(member::Column::Id)
        .all(app.db.read())
        .await?;
    let span = span(app, committee, period, back).await?;
    let facts = facts(app, committee, span, None).await?;
    let mut earlier = history::earlier(app, committee, period, span).await?;
    let mut known = Vec::new();
    for group in places.in_order() {
        let Some(person) = places.group(group.id) else {
            continue;
        };
        let members: Vec<Belonging> = members
            .iter()
            .filter(|member| member.group_id == group.id)
            .map(Belonging::of)
            .collect();
        let of = |subject: Subject| {
            facts
                .get(&subject)
                .into_iter()
                .flat_map(|facts| facts.iter())
        };
        let brought = members
            .iter()
            .flat_map(|one| of(Subject::Member(one.member)).filter(|fact| one.brings(fact)));
        let own: Vec<Fact> = of(person.subject).chain(brought).cloned().collect();
        known.push(KnownGroup {
            before: Before::of(earlier.remove(&person.subject), &person),
            group: group.clone(),
            members,
            person,
            facts: own.into(),
        });
    }
    Ok(known)
}

async fn span(app: &App, committee: CommitteeId, period: Period, back: Back) -> Result<Span> {
    match back {
        Back::Period => Ok(of_period(period)),
        Back::Term => of_term(app.db.read(), committee, period).await,
    }
}

/// The days of the period alone.
pub const fn of_period(period: Period) -> Span {
    Span {
        from: period.first,
        last: period.last,
    }
}

/// From the first day of the term in which the period begins.
pub async fn of_term(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    period: Period,
) -> Result<Span> {
    let term = term::Entity::of(committee)
        .filter(term::Column::StartsOn.lte(period.first))
        .filter(term::Column::EndsOn.gte(period.first))
        .order_by_desc(term::Column::StartsOn)
        .one(db)
        .await?;
    Ok(Span {
        from: term.map_or(period.first, |term| term.starts_on),
        last: period.last,
    })
}

fn in_office(committee: CommitteeId, period: Period) -> Select<member::Entity> {
    member::Entity::of(committee)
        .filter(member::Column::JoinedOn.lte(period.last))
        .filter(
            Condition::any()
                .add(member::Column::LeftOn.is_null())
                .add(member::Column::LeftOn.gte(period.first)),
        )
}

/// The facts of these days and every reversal, by whom they are about; of one member, where only
/// he is asked for.
pub async fn facts(
    app: &App,
    committee: CommitteeId,
    span: Span,
    member: Option<MemberId>,
) -> Result<Arc<BySubject>> {
    match member {
        None => app.facts.of(&app.db, committee, span).await,
        Some(member) => {
            let facts = &app.facts;
            let his = facts.of_member(&app.db, committee, span, member).await?;
            Ok(Arc::new(HashMap::from([(Subject::Member(member), his)])))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::FactId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_group_has_what_its_member_did_while_he_was_in_office() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let member = MemberId(Uuid::from_u128(1));
        let belonging = Belonging {
            member,
            joined_on: day("2026-03-01"),
            left_on: Some(day("2026-09-30")),
        };
        let fact = |subject: Subject, on: &str| Fact {
            id: FactId(Uuid::nil()),
            subject,
            kind: "proposal".to_owned(),
            on: day(on),
            title: String::new(),
            reference: None,
            attributes: domain::score::Attributes::new(),
            recorder: None,
            verified: true,
            reverses: None,
        };
        let his = Subject::Member(member);

        for (on, brings) in [
            ("2026-02-28", false),
            ("2026-03-01", true),
            ("2026-09-30", true),
            ("2026-10-01", false),
        ] {
            assert_eq!(belonging.brings(&fact(his, on)), brings, "{on}");
        }
        let other = Subject::Member(MemberId(Uuid::from_u128(2)));
        assert!(!belonging.brings(&fact(other, "2026-05-01")));
    }
}
