//! Computing frozen sheets again: from the facts up to the closing, the amendments after it, the
//! frozen rulebook and the basis of each sheet, and from nothing that may have changed since.

use std::collections::{BTreeMap, HashMap};

use domain::closing::AmendmentStatus;
use domain::ids::{AmendmentId, CommitteeId, SheetId};
use domain::score::{Closed, Fact, Period, Scheme, Sheet, Subject};
use entity::{Scoped, amendment, fact, period, sheet};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder};

use super::freeze::Basis;
use super::history::Earlier;
use crate::error::Result;
use crate::facts::{Span, fact_of};
use crate::score::amendments::SOURCE;
use crate::score::known::candidate;
use crate::score::service::corrupt;

/// One person as the closing saw him.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub subject: Subject,
    /// What his sheet was computed from.
    pub basis: Basis,
    /// The same as text.
    pub text: String,
    closed: Vec<Closed>,
}

/// What a closing saw.
#[derive(Clone, Debug)]
pub struct Closing {
    /// The period.
    pub period: Period,
    /// Everybody with a sheet, members before groups, by id.
    pub people: Vec<Person>,
    /// The amendments approved since, in their order.
    pub amendments: Vec<amendment::Model>,
    /// The facts it counted.
    facts: HashMap<Subject, Vec<fact::Model>>,
    /// Those of each amendment.
    amended: HashMap<AmendmentId, Vec<fact::Model>>,
}

impl Closing {
    /// What the last closing of a period saw. `rows` are all the sheets of that closing.
    pub async fn load(
        db: &impl ConnectionTrait,
        row: &period::Model,
        rows: &[sheet::Model],
    ) -> Result<Self> {
        let period = super::span_of(row)?;
        let amendments = approved(db, row).await?;
        let (facts, amended) = facts(db, row, &amendments).await?;
        Ok(Self {
            period,
            people: people(db, row.committee_id, rows).await?,
            amendments,
            facts,
            amended,
        })
    }

    /// Everybody's sheets after the first `stage` amendments, and after `more` besides, in the
    /// order of [`Self::people`].
    pub fn sheets(&self, scheme: &Scheme, stage: usize, more: &[Fact]) -> Result<Vec<Sheet>> {
        let facts = self.facts_at(stage, more)?;
        let none = Vec::new();
        let mut candidates = Vec::with_capacity(self.people.len());
        for one in &self.people {
            let span = Span {
                from: one.basis.facts_from,
                last: self.period.last,
            };
            let of = |subject: Subject| facts.get(&subject).unwrap_or(&none).iter();
            let members = one.basis.members.iter().flat_map(|belonging| {
                of(Subject::Member(belonging.member)).filter(|fact| belonging.brings(fact))
            });
            let own = of(one.subject)
                .chain(members)
                .filter(|fact| span.covers(fact))
                .cloned()
                .collect();
            candidates.push(candidate(
                scheme,
                self.period,
                one.basis.person(one.subject),
                own,
                one.closed.clone(),
                one.basis.after_break,
            ));
        }
        if scheme.has_quotas() {
            scheme.keep_quotas(&mut candidates);
        }
        Ok(candidates
            .into_iter()
            .map(|one| one.assessed.sheet)
            .collect())
    }

    fn facts_at(&self, stage: usize, more: &[Fact]) -> Result<HashMap<Subject, Vec<Fact>>> {
        let mut facts: HashMap<Subject, Vec<Fact>> = HashMap::new();
        let amended = self.amendments.iter().take(stage);
        let amended = amended.filter_map(|amendment| self.amended.get(&amendment.id));
        for row in self.facts.values().chain(amended).flatten() {
            let fact = fact_of(row.clone())?;
            facts.entry(fact.subject).or_default().push(fact);
        }
        for fact in more {
            facts.entry(fact.subject).or_default().push(fact.clone());
        }
        Ok(facts)
    }
}

/// The sheets of the last closing of a period, every revision of them.
pub async fn rows(db: &impl ConnectionTrait, row: &period::Model) -> Result<Vec<sheet::Model>> {
    use sheet::Column as C;
    Ok(sheet::Entity::of(row.committee_id)
        .filter(C::PeriodId.eq(row.id))
        .filter(C::Closing.eq(row.closings))
        .order_by_asc(C::Revision)
        .all(db)
        .await?)
}

async fn approved(db: &impl ConnectionTrait, row: &period::Model) -> Result<Vec<amendment::Model>> {
    use amendment::Column as C;
    Ok(amendment::Entity::of(row.committee_id)
        .filter(C::PeriodId.eq(row.id))
        .filter(C::Closing.eq(row.closings))
        .filter(C::Status.eq(AmendmentStatus::Approved))
        .order_by_asc(C::Ordinal)
        .all(db)
        .await?)
}

type FactRows<Key> = HashMap<Key, Vec<fact::Model>>;

async fn facts(
    db: &impl ConnectionTrait,
    row: &period::Model,
    amendments: &[amendment::Model],
) -> Result<(FactRows<Subject>, FactRows<AmendmentId>)> {
    use fact::Column as C;
    let seq = row
        .facts_seq
        .ok_or_else(|| corrupt(format_args!("period {} was never closed", row.id)))?;
    let ids = amendments.iter().map(|amendment| amendment.id.0);
    let amended = Condition::all()
        .add(C::SourceKind.eq(SOURCE))
        .add(C::SourceId.is_in(ids));
    let all = fact::Entity::of(row.committee_id)
        .filter(Condition::any().add(C::Seq.lte(seq)).add(amended))
        .order_by_asc(C::Seq)
        .all(db)
        .await?;
    let (mut counted, mut later) = (FactRows::new(), FactRows::new());
    for fact in all {
        if fact.seq <= seq {
            let subject = fact
                .subject()
                .ok_or_else(|| corrupt(format_args!("fact {} is nobody's", fact.id)))?;
            counted.entry(subject).or_default().push(fact);
        } else {
            let amendment = AmendmentId(fact.source_id);
            later.entry(amendment).or_default().push(fact);
        }
    }
    Ok((counted, later))
}

async fn people(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    rows: &[sheet::Model],
) -> Result<Vec<Person>> {
    let mut first: BTreeMap<Subject, &sheet::Model> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.amendment_id.is_none()) {
        let subject = row
            .subject()
            .ok_or_else(|| corrupt(format_args!("sheet {} is nobody's", row.id)))?;
        first.insert(subject, row);
    }
    let mut bases = Vec::with_capacity(first.len());
    for (subject, row) in first {
        bases.push((subject, Basis::read(row)?, row.basis.clone()));
    }
    let ids = bases.iter().flat_map(|(_, basis, _)| &basis.closed);
    let earlier = earlier(db, committee, ids.copied().collect()).await?;
    let people = bases.into_iter().map(|(subject, basis, text)| Person {
        closed: basis
            .closed
            .iter()
            .filter_map(|id| earlier.get(id).cloned())
            .collect(),
        subject,
        basis,
        text,
    });
    Ok(people.collect())
}

/// The results of sheets that were closed before.
async fn earlier(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    ids: Vec<SheetId>,
) -> Result<HashMap<SheetId, Closed>> {
    let mut results = HashMap::new();
    if ids.is_empty() {
        return Ok(results);
    }
    let periods: HashMap<_, _> = period::Entity::of(committee)
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    // SQLite takes 32,766 parameters in a statement.
    for ids in ids.chunks(500) {
        let rows = sheet::Entity::of(committee)
            .filter(sheet::Column::Id.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            let Some(period) = periods.get(&row.period_id) else {
                continue;
            };
            let earlier = Earlier::of(&row, super::span_of(period)?)?;
            results.insert(row.id, earlier.closed);
        }
    }
    Ok(results)
}
