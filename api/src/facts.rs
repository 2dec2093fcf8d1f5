//! The facts of committees as rules look at them, remembered between requests.
//!
//! The ledger is only ever added to, and its head names it whole: what was read once stays true as
//! long as the chain goes on from there, and only what came behind it is read again. A page of
//! scores costs the look at one row instead of ten thousand.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use domain::ids::{CommitteeId, FactId, GroupId, MemberId};
use domain::score::{Fact, Subject};
use entity::{Scoped, fact, ledger_head};
use moka::future::Cache;
use moka::ops::compute::Op;
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DerivePartialModel, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use crate::db::Db;
use crate::error::{ApiError, Result};

/// How many facts are remembered, of all committees together: each takes about half a kilobyte.
const MOST: u64 = 60_000;
/// How long facts are remembered that nobody asks for.
const KEPT: Duration = Duration::from_mins(10);

/// Facts by whom they are about, each one's in the order of the ledger.
pub type BySubject = HashMap<Subject, Arc<[Fact]>>;

/// The days whose facts are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
}

impl Span {
    /// Whether a fact is looked at: one of these days, or a reversal, which may bear a later day
    /// than what it takes back.
    pub fn covers(self, fact: &Fact) -> bool {
        fact.reverses.is_some() || (self.from..=self.last).contains(&fact.on)
    }

    fn condition(self) -> Condition {
        Condition::any()
            .add(fact::Column::HappenedOn.between(self.from, self.last))
            .add(fact::Column::Reverses.is_not_null())
    }
}

/// Facts as they were at a place of the chain.
#[derive(Debug)]
struct Known {
    seq: i64,
    hash: String,
    facts: Arc<BySubject>,
    count: u32,
}

/// Whose facts, and of which days.
type Key = (CommitteeId, Span);

/// The facts that were looked at lately. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Facts {
    known: Cache<Key, Arc<Known>>,
}

impl Default for Facts {
    fn default() -> Self {
        let known = Cache::builder()
            .max_capacity(MOST)
            .weigher(|_, known: &Arc<Known>| known.count + 1)
            .time_to_idle(KEPT)
            .build();
        Self { known }
    }
}

impl Facts {
    /// The facts of these days and every reversal, as the ledger has them now.
    ///
    /// # Errors
    /// `internal` for a row that nothing of ours wrote.
    pub async fn of(&self, db: &Db, committee: CommitteeId, span: Span) -> Result<Arc<BySubject>> {
        let key = (committee, span);
        let seen = head(db.read(), committee).await?;
        if let Some(facts) = self.current(key, &seen).await {
            return Ok(facts);
        }
        // Whoever comes meanwhile waits for this one reading instead of reading beside it.
        let read = async |entry: Option<moka::Entry<Key, Arc<Known>>>| -> Result<_> {
            // The one before may have read beyond what was seen in front of the door.
            let head = head(db.read(), committee).await?;
            let known = entry.map(moka::Entry::into_value);
            let further = match known {
                Some(known) if (known.seq, &known.hash) == (head.seq, &head.hash) => {
                    return Ok(Op::Nop);
                }
                Some(known) if known.continues(db.read(), committee, head.seq).await? => {
                    known.and(db.read(), committee, span, &head).await?
                }
                _ => {
                    Known::nothing()
                        .and(db.read(), committee, span, &head)
                        .await?
                }
            };
            Ok(Op::Put(Arc::new(further)))
        };
        let done = self.known.entry(key).and_try_compute_with(read).await?;
        let known = done.into_entry().map(moka::Entry::into_value);
        let known = known.ok_or_else(|| ApiError::internal(anyhow::anyhow!("facts vanished")))?;
        Ok(Arc::clone(&known.facts))
    }

    /// The facts of one member on these days and every reversal of his.
    ///
    /// # Errors
    /// As of all.
    pub async fn of_member(
        &self,
        db: &Db,
        committee: CommitteeId,
        span: Span,
        member: MemberId,
    ) -> Result<Arc<[Fact]>> {
        let head = head(db.read(), committee).await?;
        if let Some(facts) = self.current((committee, span), &head).await {
            let his = facts.get(&Subject::Member(member));
            return Ok(his.cloned().unwrap_or_default());
        }
        // His few are read sooner than everybody's, which nobody else may want.
        let rows = fact::Entity::of(committee)
            .filter(fact::Column::MemberId.eq(member))
            .filter(span.condition())
            .order_by_asc(fact::Column::Seq)
            .into_partial_model::<Told>()
            .all(db.read())
            .await?;
        rows.into_iter().map(Told::read).collect()
    }

    async fn current(&self, key: Key, head: &ledger_head::Model) -> Option<Arc<BySubject>> {
        let known = self.known.get(&key).await?;
        let same = (known.seq, &known.hash) == (head.seq, &head.hash);
        same.then(|| Arc::clone(&known.facts))
    }

    /// Forgets the facts of everybody, before a decision that rests on what is stored now.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }
}

async fn head(db: &DatabaseConnection, committee: CommitteeId) -> Result<ledger_head::Model> {
    let head = ledger_head::Entity::find_by_id((committee, "facts".to_owned()))
        .one(db)
        .await?;
    head.ok_or_else(|| ApiError::internal(anyhow::anyhow!("committee without ledger head facts")))
}

impl Known {
    fn nothing() -> Self {
        Self {
            seq: 0,
            hash: String::new(),
            facts: Arc::default(),
            count: 0,
        }
    }

    /// Whether the chain that ends at `seq` now goes on from here: a backup put back does not.
    async fn continues(
        &self,
        db: &DatabaseConnection,
        committee: CommitteeId,
        seq: i64,
    ) -> Result<bool> {
        if self.seq > seq {
            return Ok(false);
        }
        let hash: Option<String> = fact::Entity::of(committee)
            .filter(fact::Column::Seq.eq(self.seq))
            .select_only()
            .column(fact::Column::Hash)
            .into_tuple()
            .one(db)
            .await?;
        Ok(hash.as_ref() == Some(&self.hash))
    }

    /// These facts and those that follow them up to `head`.
    async fn and(
        &self,
        db: &DatabaseConnection,
        committee: CommitteeId,
        span: Span,
        head: &ledger_head::Model,
    ) -> Result<Self> {
        use fact::Column as C;
        let rows = fact::Entity::of(committee)
            .filter(C::Seq.gt(self.seq))
            .filter(C::Seq.lte(head.seq))
            .filter(span.condition())
            .order_by_asc(C::Seq)
            .into_partial_model::<Told>()
            .all(db)
            .await?;
        let mut count = self.count;
        let mut more: HashMap<Subject, Vec<Fact>> = HashMap::new();
        for row in rows {
            let fact = row.read()?;
            more.entry(fact.subject).or_default().push(fact);
            count += 1;
        }
        let mut facts = (*self.facts).clone();
        for (subject, more) in more {
            let before = facts.remove(&subject);
            let all = before.iter().flat_map(|facts| facts.iter().cloned());
            facts.insert(subject, all.chain(more).collect());
        }
        Ok(Self {
            seq: head.seq,
            hash: head.hash.clone(),
            facts: Arc::new(facts),
            count,
        })
    }
}

/// What rules look at of a row of the ledger; what proves the row is left in the table.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "fact::Entity")]
struct Told {
    id: FactId,
    member_id: Option<MemberId>,
    group_id: Option<GroupId>,
    kind: String,
    happened_on: NaiveDate,
    title: String,
    reference: Option<String>,
    attributes: String,
    recorder: Option<String>,
    reverses: Option<FactId>,
}

impl Told {
    fn read(self) -> Result<Fact> {
        let group = self.group_id.map(Subject::Group);
        let subject = self.member_id.map(Subject::Member).or(group);
        let attributes = serde_json::from_str(&self.attributes).ok();
        let (Some(subject), Some(attributes)) = (subject, attributes) else {
            let what = anyhow::anyhow!("fact {} is unreadable", self.id);
            return Err(ApiError::internal(what));
        };
        Ok(Fact {
            id: self.id,
            subject,
            attributes,
            kind: self.kind,
            on: self.happened_on,
            title: self.title,
            reference: self.reference,
            recorder: self.recorder,
            verified: true,
            reverses: self.reverses,
        })
    }
}

/// A row of the ledger as rules look at it.
///
/// # Errors
/// `internal` for a row that nothing of ours wrote.
pub fn fact_of(row: fact::Model) -> Result<Fact> {
    let told = Told {
        id: row.id,
        member_id: row.member_id,
        group_id: row.group_id,
        kind: row.kind,
        happened_on: row.happened_on,
        title: row.title,
        reference: row.reference,
        attributes: row.attributes,
        recorder: row.recorder,
        reverses: row.reverses,
    };
    told.read()
}
