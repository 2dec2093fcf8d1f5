//! Something a member did outside activities. Only a verified one counts.

use domain::duty::DutyStatus;
use domain::ids::{AccountId, CommitteeId, DutyRecordId, GroupId, MemberId};
use sea_orm::entity::prelude::*;

/// Something a member did outside activities. Only a verified one counts.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "duty_record")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DutyRecordId,
    /// Who did it.
    pub member_id: MemberId,
    /// His group when it was declared.
    pub group_id: GroupId,
    /// What it is, a kind of `domain::score::Vocabulary`.
    pub kind: String,
    /// Title.
    pub title: String,
    /// In words.
    pub content: String,
    /// The day it was done; points belong to the period of this day.
    pub done_on: Date,
    /// What the kind tells of it, such as stages and signers.
    pub attributes: Json,
    /// Ids of files.
    pub evidence: Json,
    /// The number under which an office filed it.
    pub reference_no: Option<String>,
    /// Where it stands.
    pub status: DutyStatus,
    /// Why it was returned.
    pub status_reason: Option<String>,
    /// Who declared it.
    pub declared_by: AccountId,
    /// Who checked it first.
    pub checked_by: Option<AccountId>,
    /// Who verified it; never who declared it.
    pub verified_by: Option<AccountId>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
    /// When it was declared.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
