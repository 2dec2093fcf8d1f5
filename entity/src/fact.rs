//! An immutable fact that scoring counts. Changed only by a reversal and a new fact.

use domain::ids::{AccountId, CommitteeId, FactId, MemberId};
use sea_orm::entity::prelude::*;

/// An immutable fact that scoring counts. Changed only by a reversal and a new fact.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "fact")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FactId,
    /// Place in the chain, from 1, without gaps.
    pub seq: i64,
    /// Whom it is about.
    pub member_id: MemberId,
    /// What it is, in the spelling of `domain::score::FactKind`.
    pub kind: String,
    /// The day it belongs to.
    pub happened_on: Date,
    /// What a sheet shows.
    pub title: String,
    /// The table it came from.
    pub source_kind: String,
    /// The row it came from.
    pub source_id: Uuid,
    /// The fact it takes back.
    pub reverses: Option<FactId>,
    /// Who caused it.
    pub recorded_by: Option<AccountId>,
    /// When.
    pub recorded_at: DateTimeUtc,
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
