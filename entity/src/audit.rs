//! One entry for each change and each refusal; never updated, never deleted.

use domain::ids::{AccountId, AuditId, CommitteeId};
use sea_orm::entity::prelude::*;

/// One entry for each change and each refusal; never updated, never deleted.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Place in the chain, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// Id.
    pub id: AuditId,
    /// When.
    pub at: DateTimeUtc,
    /// Who; nobody for a stranger or for the service itself.
    pub actor_id: Option<AccountId>,
    /// How he was called then.
    pub actor: String,
    /// What was asked.
    pub operation: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// Why it was refused.
    pub code: Option<String>,
    /// What it was about.
    pub subject_kind: Option<String>,
    /// Which one.
    pub subject_id: Option<String>,
    /// What changed, as JSON text, without personal data.
    pub detail: String,
    /// The request.
    pub trace_id: String,
    /// Hash of the entry before it.
    pub prev_hash: String,
    /// Hash of this entry.
    pub hash: String,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
