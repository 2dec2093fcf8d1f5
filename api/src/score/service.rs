//! The one way to scores, and what is made of them: rows of a table, ranks. An open period is
//! computed from what is there now, a closed one answered from its frozen sheets.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::{CommitteeId, MemberId, PeriodId};
use domain::points::Points;
use domain::score::{Candidate, Closed, Fact, Period, Person, Rank, Scheme, Sheet, Subject};
use entity::{Scoped, group, member, period, sheet as sheets_table};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::known::{self, Back, candidate};
use super::periods::freeze::{Basis, everybody};
use super::periods::{self, frozen};
use super::places::Places;
use super::rulebooks::in_force;
use crate::access::{Permit, op};
use crate::app::App;
use crate::db::found;
use crate::error::{ApiError, Result};

pub use super::filter::Filter;
pub use super::periods::period;
pub use super::visibility::{ranking as sight_of_ranking, sees_places};

/// What is frozen of a closed result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The period.
    pub period: PeriodId,
    /// Which revision of the person's sheet this is.
    pub revision: i32,
    /// The hash of the sheet as it was written down.
    pub hash: String,
    /// Whether it was amended after the closing.
    pub amended: bool,
    /// When it was written down.
    pub at: DateTime<Utc>,
}

impl Frozen {
    /// What a row says of itself.
    pub fn of(row: &sheets_table::Model) -> Self {
        Self {
            period: row.period_id,
            revision: row.revision,
            hash: row.hash.clone(),
            amended: row.amendment_id.is_some(),
            at: row.created_at,
        }
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
    /// The member as rules look at him; of a closed period, as he was at the closing.
    pub person: Person,
    /// His facts, at least those of the period and those that take others back.
    pub facts: Arc<[Fact]>,
    /// What was closed before, where the sheet depends on it.
    pub closed: Vec<Closed>,
    /// Whether the membership was broken just before the period.
    pub after_break: bool,
    /// His sheet.
    pub sheet: Sheet,
    /// What is frozen of it; none while the period is open.
    pub frozen: Option<Frozen>,
}

impl Assessed {
    fn new(member: member::Model, one: Candidate, frozen: Option<Frozen>) -> Self {
        let person = one.assessed.person;
        Self {
            group: person.word("group").unwrap_or_default().to_owned(),
            sector: person.word("sector").unwrap_or_default().to_owned(),
            sheet: one.assessed.sheet,
            facts: one.facts,
            closed: one.closed,
            after_break: one.after_break,
            member,
            person,
            frozen,
        }
    }
}

/// A group with its sheet.
#[derive(Clone, Debug)]
pub struct AssessedGroup {
    /// The group.
    pub group: group::Model,
    /// Its sheet.
    pub sheet: Sheet,
    /// Its place among the groups.
    pub place: Rank,
    /// What is frozen of it; none while the period is open.
    pub frozen: Option<Frozen>,
}

/// The sheets of everybody who was a member on a day of the period and whom the rulebook assesses,
/// in the order of groups, then of names, in a fixed number of queries however many they are.
pub async fn sheets(
    app: &App,
    committee: CommitteeId,
    period: Period,
    filter: &Filter,
) -> Result<Vec<Assessed>> {
    let places = Places::load(app, committee).await?;
    let mut assessed = match periods::closed(app, committee, period).await? {
        Some(closed) => read(app, &closed, period, filter.member).await?,
        None => computed(app, committee, &places, period, filter).await?,
    };
    assessed.retain(|one| filter.includes(&one.member));
    assessed.sort_by(|a, b| {
        let place = |one: &Assessed| (places.ordinal(one.member.group_id), one.group.clone());
        let (left, right) = (place(a), place(b));
        let named = left.cmp(&right).then(a.member.name.cmp(&b.member.name));
        named.then(a.member.id.cmp(&b.member.id))
    });
    Ok(assessed)
}

async fn computed(
    app: &App,
    committee: CommitteeId,
    places: &Places,
    period: Period,
    filter: &Filter,
) -> Result<Vec<Assessed>> {
    let scheme = in_force(app, committee, period).await?.scheme;
    // Nobody's grade is known without everybody's where a grade has a quota.
    let within = (!scheme.has_quotas()).then_some(filter);
    let back = Back::for_sheets(&scheme);
    let (mut rows, mut people) = (Vec::new(), Vec::new());
    for one in known::members(app, committee, places, period, within, back).await? {
        if scheme.assesses(&one.person) {
            let (closed, broken) = (one.before.closed, one.before.after_break);
            let of = candidate(&scheme, period, one.person, one.facts, closed, broken);
            rows.push(one.member);
            people.push(of);
        }
    }
    if scheme.has_quotas() {
        scheme.keep_quotas(&mut people);
    }
    let pairs = rows.into_iter().zip(people);
    Ok(pairs
        .map(|(member, one)| Assessed::new(member, one, None))
        .collect())
}

/// The frozen sheets of members of a closed period.
async fn read(
    app: &App,
    closed: &period::Model,
    period: Period,
    one: Option<MemberId>,
) -> Result<Vec<Assessed>> {
    let db = app.db.read();
    let committee = closed.committee_id;
    let mut rows = frozen::rows(db, closed).await?;
    rows.retain(|row| row.member_id.is_some() && (one.is_none() || row.member_id == one));
    let mut members: HashMap<MemberId, member::Model> = HashMap::new();
    let ids: Vec<MemberId> = rows.iter().filter_map(|row| row.member_id).collect();
    // SQLite takes 32,766 parameters in a statement.
    for ids in ids.chunks(500) {
        let found = member::Entity::of(committee)
            .filter(member::Column::Id.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        members.extend(found.into_iter().map(|member| (member.id, member)));
    }
    let facts = known::facts(app, committee, known::of_period(period), one).await?;
    let mut assessed = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(member) = row.member_id.and_then(|id| members.remove(&id)) else {
            continue;
        };
        let subject = Subject::Member(member.id);
        let basis = Basis::read(&row)?;
        let of = Candidate {
            assessed: domain::score::Assessed {
                person: basis.person(subject),
                sheet: frozen::read(&row, period)?,
            },
            facts: facts.get(&subject).cloned().unwrap_or_default(),
            closed: Vec::new(),
            after_break: basis.after_break,
        };
        assessed.push(Assessed::new(member, of, Some(Frozen::of(&row))));
    }
    Ok(assessed)
}

/// The member in office who asks for his own.
///
/// # Errors
/// `not_found` for an account that is none.
pub async fn own(app: &App, permit: &Permit<op::ScoreRead>) -> Result<member::Model> {
    let id = permit.caller.member_id().ok_or_else(ApiError::not_found)?;
    let row = member::Entity::find_by_id((permit.committee(), id));
    found(row.one(app.db.read()).await?)
}

/// The sheet of one member whom the caller was proved to reach, whether or not he was a member in
/// the period: a former member may see that there is nothing.
pub async fn sheet(app: &App, member: member::Model, period: Period) -> Result<Assessed> {
    let committee = member.committee_id;
    let all = sheets(app, committee, period, &Filter::one(member.id)).await?;
    if let Some(one) = all.into_iter().next() {
        return Ok(one);
    }
    let scheme = in_force(app, committee, period).await?.scheme;
    let person = Places::load(app, committee).await?.person(&member);
    let facts = if periods::closed(app, committee, period).await?.is_some() {
        // Whoever has no sheet of a closed period has nothing in it.
        Arc::default()
    } else {
        let span = known::of_period(period);
        app.facts
            .of_member(&app.db, committee, span, member.id)
            .await?
    };
    let one = candidate(&scheme, period, person, facts, Vec::new(), false);
    Ok(Assessed::new(member, one, None))
}

/// Everybody assessed in a period, members and groups, with the facts of the term and what was
/// closed before: what reviews look at. The sheets are the frozen ones where the period is closed.
pub async fn candidates(
    app: &App,
    committee: CommitteeId,
    period: Period,
) -> Result<Vec<Candidate>> {
    let scheme = scheme_of(app, committee, period).await?;
    let (mut people, _) = everybody(app, committee, &scheme, period).await?;
    let Some(closed) = periods::closed(app, committee, period).await? else {
        return Ok(people);
    };
    let mut rows: HashMap<Option<Subject>, sheets_table::Model> =
        frozen::rows(app.db.read(), &closed)
            .await?
            .into_iter()
            .map(|row| (row.subject(), row))
            .collect();
    // Who came onto the roster after the closing is no candidate; who left it has no facts to
    // judge and is none either.
    people.retain(|one| rows.contains_key(&Some(one.assessed.person.subject)));
    for one in &mut people {
        let subject = one.assessed.person.subject;
        if let Some(row) = rows.remove(&Some(subject)) {
            let basis = Basis::read(&row)?;
            one.assessed.sheet = frozen::read(&row, period)?;
            one.assessed.person = basis.person(subject);
            one.after_break = basis.after_break;
        }
    }
    Ok(people)
}

/// The rulebook by which a period is assessed: the frozen one where it is closed.
pub async fn scheme_of(app: &App, committee: CommitteeId, period: Period) -> Result<Arc<Scheme>> {
    match periods::closed(app, committee, period).await? {
        Some(closed) => periods::frozen_scheme(app, &closed),
        None => Ok(in_force(app, committee, period).await?.scheme),
    }
}

/// The sheets of the groups in the order of lists, each with its place; none where the rulebook
/// does not score groups.
pub async fn group_sheets(
    app: &App,
    committee: CommitteeId,
    period: Period,
) -> Result<Vec<AssessedGroup>> {
    let scheme = scheme_of(app, committee, period).await?;
    let places = Places::load(app, committee).await?;
    let mut found: HashMap<Subject, (domain::score::Assessed, Option<Frozen>)> = HashMap::new();
    if let Some(closed) = periods::closed(app, committee, period).await? {
        for row in frozen::rows(app.db.read(), &closed).await? {
            let Some(subject @ Subject::Group(_)) = row.subject() else {
                continue;
            };
            let person = Basis::read(&row)?.person(subject);
            let sheet = frozen::read(&row, period)?;
            let assessed = domain::score::Assessed { person, sheet };
            found.insert(subject, (assessed, Some(Frozen::of(&row))));
        }
    } else if scheme.scores_groups() {
        let back = Back::for_sheets(&scheme);
        let mut people = Vec::new();
        for one in known::groups(app, committee, &places, period, back).await? {
            if scheme.assesses(&one.person) {
                let (closed, broken) = (one.before.closed, one.before.after_break);
                let of = candidate(&scheme, period, one.person, one.facts, closed, broken);
                people.push(of);
            }
        }
        if scheme.has_quotas() {
            scheme.keep_quotas(&mut people);
        }
        for one in people {
            found.insert(one.assessed.person.subject, (one.assessed, None));
        }
    }
    let rows: Vec<_> = places
        .in_order()
        .into_iter()
        .filter_map(|group| {
            let (assessed, frozen) = found.remove(&Subject::Group(group.id))?;
            Some((group.clone(), assessed, frozen))
        })
        .collect();
    let ranks = scheme.rank(rows.iter().map(|(_, one, _)| one.parts()));
    let places = rows.into_iter().zip(ranks);
    Ok(places
        .map(|((group, one, frozen), place)| AssessedGroup {
            group,
            sheet: one.sheet,
            place,
            frozen,
        })
        .collect())
}

/// A member with his sheet and where he stands.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The member.
    pub assessed: Assessed,
    /// His rank among those who were asked for; none of whoever is exempt.
    pub rank: Option<u64>,
    /// His place within the partition of the rulebook, among everybody assessed.
    pub place: Rank,
}

/// The scores of those whom the filter includes, the most points first, each with its rank among
/// them and its place in the partition of the rulebook.
pub async fn ranking(
    app: &App,
    committee: CommitteeId,
    period: Period,
    filter: &Filter,
) -> Result<Vec<Ranked>> {
    let scheme = scheme_of(app, committee, period).await?;
    let everybody = sheets(app, committee, period, &Filter::all()).await?;
    let all = everybody.iter().map(|one| (&one.person, &one.sheet));
    let mut places: HashMap<MemberId, Rank> = everybody
        .iter()
        .map(|one| one.member.id)
        .zip(scheme.rank(all))
        .collect();
    let mut within = everybody;
    within.retain(|one| filter.includes(&one.member));
    Ok(ranked(within)
        .into_iter()
        .filter_map(|(rank, assessed)| {
            Some(Ranked {
                place: places.remove(&assessed.member.id)?,
                assessed,
                rank,
            })
        })
        .collect())
}

/// The sheets with the most points first, each with its rank among them. Equal points share a
/// rank, and the next one is as far behind as there are members before it. Whoever is exempt comes
/// last and has none.
pub fn ranked(mut assessed: Vec<Assessed>) -> Vec<(Option<u64>, Assessed)> {
    // Stable: among equals the order of groups and names stays.
    assessed.sort_by_key(|one| (one.sheet.is_exempt(), std::cmp::Reverse(one.sheet.total)));
    let mut rank = 0;
    let mut before: Option<Points> = None;
    (1..)
        .zip(assessed)
        .map(|(place, one)| {
            if before != Some(one.sheet.total) {
                rank = place;
            }
            before = Some(one.sheet.total);
            ((!one.sheet.is_exempt()).then_some(rank), one)
        })
        .collect()
}

/// What goes wrong only where somebody changed the tables by hand.
pub(super) fn corrupt(what: impl std::fmt::Display) -> ApiError {
    ApiError::internal(anyhow::anyhow!("{what}"))
}
