//! The chains of facts and audit entries: how an entry is sealed and put behind the last one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::ids::{AuditId, CommitteeId};
use domain::ledger::{self, Hash};
use entity::{Scoped, audit, fact, ledger_head};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use serde_json::Value;

use super::{Act, Actor, among, insert, update};
use crate::crypto::random;
use crate::error::{ApiError, Result};

/// What an entry says, name by name. What it does not say is left out rather than sealed as an
/// empty text: facts whose references were made empty behind our back would count as one thing.
#[derive(Default)]
struct Said(Vec<(&'static str, String)>);

impl Said {
    fn says(mut self, name: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        self.0.push((name, value.to_string()));
        self
    }

    fn may_say(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.says(name, &value),
            None => self,
        }
    }

    fn fields(&self) -> Vec<(&str, &[u8])> {
        let fields = self.0.iter();
        fields
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect()
    }
}

/// The hash of a fact that follows `prev`.
pub fn seal_fact(row: &fact::Model, prev: Hash) -> Hash {
    let said = Said::default()
        .says("id", &row.id)
        .may_say("member", row.member_id)
        .may_say("group", row.group_id)
        .says("kind", &row.kind)
        .says("happened_on", &row.happened_on)
        .says("title", &row.title)
        .may_say("reference", row.reference.as_ref())
        .says("attributes", &row.attributes)
        .may_say("recorder", row.recorder.as_ref())
        .says("source_kind", &row.source_kind)
        .says("source_id", &row.source_id)
        .may_say("reverses", row.reverses)
        .may_say("recorded_by", row.recorded_by);
    ledger::seal(&ledger::Entry {
        chain: "facts",
        committee: row.committee_id,
        seq: row.seq.unsigned_abs(),
        prev,
        at: row.recorded_at,
        fields: &said.fields(),
    })
}

/// The hash of an audit entry that follows `prev`.
pub fn seal_audit(row: &audit::Model, prev: Hash) -> Hash {
    let said = Said::default()
        .says("id", &row.id)
        .may_say("actor_id", row.actor_id)
        .says("actor", &row.actor)
        .says("operation", &row.operation)
        .says("outcome", &row.outcome)
        .may_say("code", row.code.as_ref())
        .may_say("subject_kind", row.subject_kind.as_ref())
        .may_say("subject_id", row.subject_id.as_ref())
        .says("detail", &row.detail)
        .says("trace_id", &row.trace_id);
    ledger::seal(&ledger::Entry {
        chain: "audit",
        committee: row.committee_id,
        seq: row.seq.unsigned_abs(),
        prev,
        at: row.at,
        fields: &said.fields(),
    })
}

/// What an audit entry says.
pub(super) struct Entry {
    pub actor: Actor,
    pub operation: &'static str,
    pub outcome: &'static str,
    pub code: Option<&'static str>,
    pub subject: Option<(&'static str, String)>,
    pub detail: Value,
}

impl Entry {
    /// The row behind `head`, sealed; the head moves on to it.
    fn sealed(self, head: &mut Head, at: DateTime<Utc>, trace_id: String) -> audit::Model {
        let (subject_kind, subject_id) = self.subject.unzip();
        let mut row = audit::Model {
            committee_id: head.committee,
            id: AuditId::new(at, random()),
            seq: head.seq + 1,
            at,
            actor_id: self.actor.account,
            actor: self.actor.name,
            operation: self.operation.to_owned(),
            outcome: self.outcome.to_owned(),
            code: self.code.map(str::to_owned),
            subject_kind: subject_kind.map(str::to_owned),
            subject_id,
            detail: self.detail.to_string(),
            trace_id,
            prev_hash: head.hash.to_string(),
            hash: String::new(),
        };
        head.advance(seal_audit(&row, head.hash));
        row.hash = head.hash.to_string();
        row
    }
}

pub(super) async fn append_audit(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    at: DateTime<Utc>,
    entry: Entry,
) -> Result<()> {
    let mut head = Head::lock(txn, committee, "audit").await?;
    let row = entry.sealed(&mut head, at, crate::telemetry::trace_id());
    audit::Entity::insert(audit::ActiveModel::from(row))
        .exec_without_returning(txn)
        .await?;
    head.store(txn).await
}

/// Appends the entries of several acts, each to the chain of its committee: three statements
/// however many they are.
pub(super) async fn append_acts(txn: &DatabaseTransaction, acts: Vec<Act>) -> Result<()> {
    let backend = txn.get_database_backend();
    let committees: BTreeSet<CommitteeId> = acts.iter().map(|act| act.actor.committee).collect();
    let keys = committees.into_iter().map(|committee| (committee, []));
    // In one order, so that two groups never wait for each other.
    let mut heads: BTreeMap<CommitteeId, Head> = ledger_head::Entity::find()
        .filter(among::<ledger_head::Entity, 0>(backend, [], keys))
        .filter(ledger_head::Column::Chain.eq("audit"))
        .order_by_asc(ledger_head::Column::CommitteeId)
        .lock_exclusive()
        .all(txn)
        .await?
        .into_iter()
        .map(|row| Ok((row.committee_id, Head::of(&row, "audit")?)))
        .collect::<Result<_>>()?;
    let mut rows = Vec::with_capacity(acts.len());
    for act in acts {
        let committee = act.actor.committee;
        let head = heads.get_mut(&committee).ok_or_else(|| no_head("audit"))?;
        let entry = Entry {
            actor: act.actor,
            operation: act.operation,
            outcome: "done",
            code: None,
            subject: act.subject,
            detail: act.detail,
        };
        rows.push(entry.sealed(head, act.at, act.trace_id));
    }
    for some in rows.chunks(1_000) {
        txn.execute(&insert(backend, some)).await?;
    }
    let moved: Vec<ledger_head::Model> = heads.into_values().map(Head::row).collect();
    let columns = [ledger_head::Column::Seq, ledger_head::Column::Hash];
    update(txn, &moved, columns).await?;
    Ok(())
}

fn no_head(chain: &str) -> ApiError {
    ApiError::internal(anyhow::anyhow!("committee without ledger head {chain}"))
}

/// The end of one chain, locked until the transaction ends.
pub(super) struct Head {
    pub committee: CommitteeId,
    pub chain: &'static str,
    pub seq: i64,
    pub hash: Hash,
}

impl Head {
    pub async fn lock(
        txn: &DatabaseTransaction,
        committee: CommitteeId,
        chain: &'static str,
    ) -> Result<Self> {
        let row = ledger_head::Entity::of(committee)
            .filter(ledger_head::Column::Chain.eq(chain))
            .lock_exclusive()
            .one(txn)
            .await?
            .ok_or_else(|| no_head(chain))?;
        Self::of(&row, chain)
    }

    fn of(row: &ledger_head::Model, chain: &'static str) -> Result<Self> {
        let unreadable = || ApiError::internal(anyhow::anyhow!("ledger head {chain} unreadable"));
        Ok(Self {
            committee: row.committee_id,
            chain,
            seq: row.seq,
            hash: row.hash.parse().map_err(|_| unreadable())?,
        })
    }

    pub fn advance(&mut self, hash: Hash) {
        self.seq += 1;
        self.hash = hash;
    }

    pub async fn store(self, txn: &DatabaseTransaction) -> Result<()> {
        let row = ledger_head::ActiveModel::from(self.row());
        row.reset_all().update(txn).await?;
        Ok(())
    }

    fn row(self) -> ledger_head::Model {
        ledger_head::Model {
            committee_id: self.committee,
            chain: self.chain.to_owned(),
            seq: self.seq,
            hash: self.hash.to_string(),
        }
    }
}

/// Begins the chains of a new committee; called in the transaction that makes it.
pub async fn begin_chains(txn: &impl ConnectionTrait, committee: CommitteeId) -> Result<()> {
    let heads = ["audit", "facts"].map(|chain| ledger_head::ActiveModel {
        committee_id: Set(committee),
        chain: Set(chain.to_owned()),
        seq: Set(0),
        hash: Set(Hash::GENESIS.to_string()),
    });
    ledger_head::Entity::insert_many(heads)
        .on_conflict_do_nothing_on([ledger_head::Column::CommitteeId, ledger_head::Column::Chain])
        .exec_without_returning(txn)
        .await?;
    Ok(())
}
