//! The one way to compute scores, and what is made of them: rows of a table, ranks.

use std::collections::HashMap;
use std::sync::Arc;

use domain::authority::Reach;
use domain::ids::{CommitteeId, GroupId, MemberId, SectorId};
use domain::people::Position;
use domain::points::Points;
use domain::score::{Candidate, Fact, Period, Person, Record, Scheme, Sheet};
use domain::time::local_date;
use entity::{Scoped, fact, member};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QueryTrait};

use super::places::Places;
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

    fn includes(&self, member: &member::Model) -> bool {
        let reach = &self.reach;
        let within = reach.committee
            || reach.groups.contains(&member.group_id)
            || reach.member == Some(member.id);
        within
            && self.member.is_none_or(|id| id == member.id)
            && self.group.is_none_or(|id| id == member.group_id)
            && self.sector.is_none_or(|id| id == member.sector_id)
            && self
                .position
                .is_none_or(|position| position == member.position)
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
    /// The member as rules look at him.
    pub person: Person,
    /// His facts, those of the period and those that take others back.
    pub facts: Vec<Fact>,
    /// His sheet.
    pub sheet: Sheet,
}

impl Assessed {
    fn of(
        scheme: &Scheme,
        period: Period,
        person: Person,
        member: member::Model,
        facts: Vec<Fact>,
    ) -> Self {
        Self {
            group: person.word("group").unwrap_or_default().to_owned(),
            sector: person.word("sector").unwrap_or_default().to_owned(),
            sheet: scheme.sheet(period, Record::of(&person, &facts)),
            member,
            person,
            facts,
        }
    }

    fn candidate(&self) -> Candidate {
        Candidate {
            assessed: domain::score::Assessed {
                person: self.person.clone(),
                sheet: self.sheet.clone(),
            },
            facts: self.facts.clone(),
            closed: Vec::new(),
            after_break: false,
        }
    }
}

/// The sheets of everybody who was a member on a day of the period and whom the rulebook assesses,
/// in the order of groups, then of names, in six queries however many they are.
pub async fn sheets(
    app: &App,
    committee: CommitteeId,
    period: Period,
    filter: &Filter,
) -> Result<Vec<Assessed>> {
    let scheme = in_force(app);
    // Nobody's grade is known without everybody's where a grade has a quota.
    let everybody = scheme.has_quotas();
    let members = member::Entity::of(committee)
        .apply_if((!everybody).then(|| filter.members()), |query, within| {
            query.filter(within)
        })
        .filter(member::Column::JoinedOn.lte(period.last))
        .filter(
            Condition::any()
                .add(member::Column::LeftOn.is_null())
                .add(member::Column::LeftOn.gte(period.first)),
        )
        .all(app.db.read())
        .await?;
    let places = Places::load(app, committee).await?;
    let one = filter.member.filter(|_| !everybody);
    let mut facts = facts_by_member(app, committee, period, one).await?;
    let mut assessed: Vec<Assessed> = members
        .into_iter()
        .filter_map(|member| {
            let person = places.person(&member);
            let own = facts.remove(&member.id).unwrap_or_default();
            scheme
                .assesses(&person)
                .then(|| Assessed::of(&scheme, period, person, member, own))
        })
        .collect();
    if everybody {
        keep_quotas(&scheme, &mut assessed);
        assessed.retain(|one| filter.includes(&one.member));
    }
    assessed.sort_by(|a, b| {
        let (left, right) = (
            (places.ordinal(a), &a.group, &a.member.name),
            (places.ordinal(b), &b.group, &b.member.name),
        );
        left.cmp(&right).then(a.member.id.cmp(&b.member.id))
    });
    Ok(assessed)
}

/// The sheet of one member whom the caller was proved to reach, whether or not he was a member in
/// the period: a former member may see that there is nothing.
pub async fn sheet(app: &App, member: member::Model, period: Period) -> Result<Assessed> {
    let committee = member.committee_id;
    let scheme = in_force(app);
    if scheme.has_quotas() {
        let all = sheets(app, committee, period, &Filter::one(member.id)).await?;
        if let Some(one) = all.into_iter().next() {
            return Ok(one);
        }
    }
    let places = Places::load(app, committee).await?;
    let mut facts = facts_by_member(app, committee, period, Some(member.id)).await?;
    let own = facts.remove(&member.id).unwrap_or_default();
    let person = places.person(&member);
    Ok(Assessed::of(&scheme, period, person, member, own))
}

/// The scheme by which a committee is assessed.
pub fn in_force(app: &App) -> Arc<Scheme> {
    Arc::clone(&app.scheme)
}

fn keep_quotas(scheme: &Scheme, assessed: &mut [Assessed]) {
    let mut candidates: Vec<Candidate> = assessed.iter().map(Assessed::candidate).collect();
    scheme.keep_quotas(&mut candidates);
    for (one, candidate) in assessed.iter_mut().zip(candidates) {
        one.sheet = candidate.assessed.sheet;
    }
}

/// The facts of the period, and every reversal: one may bear a later day than what it takes back.
async fn facts_by_member(
    app: &App,
    committee: CommitteeId,
    period: Period,
    member: Option<MemberId>,
) -> Result<HashMap<MemberId, Vec<Fact>>> {
    use fact::Column as C;
    let in_period = C::HappenedOn.between(period.first, period.last);
    let rows = fact::Entity::of(committee)
        .apply_if(member, |query, member| query.filter(C::MemberId.eq(member)))
        .filter(C::MemberId.is_not_null())
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
        if let Some(member) = row.member_id {
            facts.entry(member).or_default().push(fact_of(row)?);
        }
    }
    Ok(facts)
}

/// A row of the ledger as rules look at it.
fn fact_of(row: fact::Model) -> Result<Fact> {
    let unreadable = || ApiError::internal(anyhow::anyhow!("fact {} is unreadable", row.id));
    Ok(Fact {
        id: row.id,
        subject: row.subject().ok_or_else(unreadable)?,
        attributes: serde_json::from_str(&row.attributes).map_err(|_| unreadable())?,
        kind: row.kind,
        on: row.happened_on,
        title: row.title,
        reference: row.reference,
        recorder: row.recorder,
        verified: true,
        reverses: row.reverses,
    })
}

/// The period that `text` names, or the one of the rulebook in which today lies.
///
/// # Errors
/// `validation_failed` for a text that is not spelled like a period.
pub fn period(app: &App, text: Option<&str>) -> Result<Period> {
    match text {
        None => Ok(in_force(app)
            .rulebook()
            .period
            .around(local_date(app.clock.now()))),
        Some(text) => text.parse().map_err(|_| {
            ApiError::field(
                "period",
                "invalid_period",
                "应为年度（如 2026）、半年（如 2026-H1）、季度（如 2026-Q3）或月份（如 2026-09）",
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
