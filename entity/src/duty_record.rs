//! Something a member or a group did outside activities. Only a verified one counts.

use domain::duty::DutyStatus;
use domain::ids::{AccountId, CommitteeId, DutyImportId, DutyRecordId, GroupId, MemberId};
use domain::score::Subject;
use sea_orm::entity::prelude::*;

/// Something a member or a group did outside activities; one row for each who signed it. Only a
/// verified one counts, and no two things of a kind are verified under one number.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "duty_record")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DutyRecordId,
    /// Who did it; none where it was the group.
    pub member_id: Option<MemberId>,
    /// The group that did it, or the member's group when it was declared.
    pub group_id: GroupId,
    /// The record by which the thing behind this one is known: its own, or that of the first
    /// signer, or the one it was converted from.
    pub thing_id: DutyRecordId,
    /// The place among those who signed, from 1.
    pub place: i32,
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
    /// The number again, on the first signer's record and only while it is verified.
    pub filed_no: Option<String>,
    /// Which organ recorded it, in the word of the rulebook's `recorders`.
    pub recorder: Option<String>,
    /// The record that became this one.
    pub converted_from: Option<DutyRecordId>,
    /// The list it came from.
    pub import_id: Option<DutyImportId>,
    /// What became of it after it was verified: stages and levels, with their documents.
    pub progress: Json,
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

impl Model {
    /// Whom it is about.
    pub fn subject(&self) -> Subject {
        self.member_id
            .map_or(Subject::Group(self.group_id), Subject::Member)
    }
}
