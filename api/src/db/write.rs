//! A change in progress: what is recorded with it and committed beside it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{AccountId, CommitteeId, FactId, JobId};
use domain::score::{Attributes, Subject};
use entity::{fact, job};
use sea_orm::{DatabaseTransaction, EntityTrait, Set};
use serde_json::Value;
use uuid::Uuid;

use super::Actor;
use super::chain::{Entry, Head, append_audit, seal_fact};
use crate::crypto::random;
use crate::error::{ApiError, Result};

/// A fact to be recorded.
#[derive(Clone, Debug)]
pub struct NewFact {
    /// Whom it is about.
    pub subject: Subject,
    /// What it is, a kind of `domain::score::Vocabulary`.
    pub kind: String,
    /// The day it belongs to.
    pub happened_on: NaiveDate,
    /// What a sheet shows.
    pub title: String,
    /// The one thing behind several facts.
    pub reference: Option<String>,
    /// What the kind tells of it.
    pub attributes: Attributes,
    /// Which organ records it, in the word of the rulebook.
    pub recorder: Option<String>,
    /// The table it comes from.
    pub source_kind: String,
    /// The row it comes from.
    pub source_id: Uuid,
    /// The fact it takes back.
    pub reverses: Option<FactId>,
}

impl NewFact {
    /// The fact that takes this one back. Both belong to the same day, so that the points go from
    /// the period that had them.
    pub fn reversing(of: &fact::Model) -> Result<Self> {
        let unreadable = || ApiError::internal(anyhow::anyhow!("fact {} is unreadable", of.id));
        Ok(Self {
            subject: of.subject().ok_or_else(unreadable)?,
            kind: of.kind.clone(),
            happened_on: of.happened_on,
            title: of.title.clone(),
            reference: of.reference.clone(),
            attributes: serde_json::from_str(&of.attributes).map_err(ApiError::internal)?,
            recorder: of.recorder.clone(),
            source_kind: of.source_kind.clone(),
            source_id: of.source_id,
            reverses: Some(of.id),
        })
    }
}

/// A job to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What is to be done.
    pub kind: &'static str,
    /// With what.
    pub payload: Value,
    /// Not before this.
    pub run_at: DateTime<Utc>,
    /// At most one job of this key is ever enqueued.
    pub unique_key: Option<String>,
}

/// A transaction in progress, and what will be recorded with it.
#[derive(Debug)]
pub struct Write {
    /// The transaction; statements run on it.
    pub txn: DatabaseTransaction,
    /// The committee it is for.
    pub committee: CommitteeId,
    /// When it happens.
    pub at: DateTime<Utc>,
    pub(super) actor: Actor,
    pub(super) operation: &'static str,
    pub(super) subject: Option<(&'static str, String)>,
    pub(super) detail: Value,
    pub(super) facts: Vec<(FactId, NewFact)>,
    pub(super) jobs: Vec<NewJob>,
    pub(super) changed: bool,
}

impl Write {
    /// What the change is about.
    pub fn about(&mut self, kind: &'static str, id: impl std::fmt::Display) {
        self.subject = Some((kind, id.to_string()));
    }

    /// What changed, for the audit entry; ids and words, never personal data.
    pub fn detail(&mut self, detail: Value) {
        self.detail = detail;
    }

    /// Records a fact with the change, under the id that is returned.
    pub fn fact(&mut self, fact: NewFact) -> FactId {
        let id = FactId::new(self.at, random());
        self.facts.push((id, fact));
        id
    }

    /// Enqueues a job with the change.
    pub fn job(&mut self, job: NewJob) {
        self.jobs.push(job);
    }

    /// Says that nothing was changed after all, such as on a second tap: no entry is made.
    pub fn unchanged(&mut self) {
        self.changed = false;
    }

    /// Who does it, if somebody signed in.
    pub fn account(&self) -> Option<AccountId> {
        self.actor.account
    }

    pub(super) async fn record(&mut self) -> Result<()> {
        let jobs: Vec<_> = std::mem::take(&mut self.jobs)
            .into_iter()
            .map(|job| self.job_row(job))
            .collect();
        for chunk in jobs.chunks(500) {
            job::Entity::insert_many(chunk.to_vec())
                .on_conflict_do_nothing_on([job::Column::CommitteeId, job::Column::UniqueKey])
                .exec_without_returning(&self.txn)
                .await?;
        }
        // Facts before audit, always: two writers that took the heads in different order would
        // wait for each other.
        self.record_facts().await?;
        let entry = Entry {
            actor: self.actor.clone(),
            operation: self.operation,
            outcome: "done",
            code: None,
            subject: self.subject.take(),
            detail: std::mem::take(&mut self.detail),
        };
        append_audit(&self.txn, self.committee, self.at, entry).await
    }

    fn job_row(&self, new: NewJob) -> job::ActiveModel {
        job::ActiveModel {
            committee_id: Set(self.committee),
            id: Set(JobId::new(self.at, random())),
            kind: Set(new.kind.to_owned()),
            payload: Set(new.payload),
            unique_key: Set(new.unique_key),
            run_at: Set(new.run_at),
            state: Set("ready".to_owned()),
            attempts: Set(0),
            lease_until: Set(None),
            fence: Set(0),
            last_error: Set(None),
            created_at: Set(self.at),
            finished_at: Set(None),
        }
    }

    async fn record_facts(&mut self) -> Result<()> {
        if self.facts.is_empty() {
            return Ok(());
        }
        let mut head = Head::lock(&self.txn, self.committee, "facts").await?;
        let mut rows = Vec::with_capacity(self.facts.len());
        for (id, new) in std::mem::take(&mut self.facts) {
            let (member_id, group_id) = match new.subject {
                Subject::Member(member) => (Some(member), None),
                Subject::Group(group) => (None, Some(group)),
            };
            let attributes = serde_json::to_string(&new.attributes);
            let mut row = fact::Model {
                committee_id: self.committee,
                id,
                seq: 0,
                member_id,
                group_id,
                kind: new.kind,
                happened_on: new.happened_on,
                title: new.title,
                reference: new.reference,
                attributes: attributes.map_err(ApiError::internal)?,
                recorder: new.recorder,
                source_kind: new.source_kind,
                source_id: new.source_id,
                reverses: new.reverses,
                recorded_by: self.actor.account,
                recorded_at: self.at,
                prev_hash: String::new(),
                hash: String::new(),
            };
            (row.seq, row.prev_hash) = (head.seq + 1, head.hash.to_string());
            head.advance(seal_fact(&row, head.hash));
            row.hash = head.hash.to_string();
            rows.push(fact::ActiveModel::from(row));
        }
        for chunk in rows.chunks(500) {
            fact::Entity::insert_many(chunk.to_vec())
                .exec_without_returning(&self.txn)
                .await?;
        }
        head.store(&self.txn).await
    }
}
