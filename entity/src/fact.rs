//! An immutable fact that scoring counts. Changed only by a reversal and a new fact.

use domain::ids::{AccountId, CommitteeId, FactId, GroupId, MemberId};
use domain::score::Subject;
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
    /// The member it is about; either a member or a group.
    pub member_id: Option<MemberId>,
    /// The group it is about.
    pub group_id: Option<GroupId>,
    /// What it is, a kind of `domain::score::Vocabulary`.
    pub kind: String,
    /// The day it belongs to.
    pub happened_on: Date,
    /// What a sheet shows.
    pub title: String,
    /// The one thing behind several facts.
    pub reference: Option<String>,
    /// What the kind tells of it: an object in JSON, its names in order.
    pub attributes: String,
    /// Which organ recorded it, in the word of the rulebook.
    pub recorder: Option<String>,
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

impl Model {
    /// Whom it is about; none of a row that names neither, which no writer makes.
    pub fn subject(&self) -> Option<Subject> {
        let group = self.group_id.map(Subject::Group);
        self.member_id.map(Subject::Member).or(group)
    }
}
