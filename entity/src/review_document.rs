//! What was carried out after a decision: a talk held, a letter sent.

use domain::ids::{
    AccountId, CommitteeId, FileId, GroupId, MemberId, ReviewCandidateId, ReviewDocumentId,
    ReviewId,
};
use domain::review::FollowUpKind;
use sea_orm::entity::prelude::*;

/// What was carried out after a decision: a talk held, a letter sent. It is recorded once and
/// stands in the member's dossier.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "review_document")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewDocumentId,
    /// The review.
    pub review_id: ReviewId,
    /// About whom.
    pub candidate_id: ReviewCandidateId,
    /// The member; nobody where groups are reviewed.
    pub member_id: Option<MemberId>,
    /// The member's group, or the group that was reviewed.
    pub group_id: GroupId,
    /// What it is.
    pub kind: FollowUpKind,
    /// What people call it, such as 提醒谈话 or 告知函.
    pub title: String,
    /// Its number (文号).
    pub number: Option<String>,
    /// The day it was held or sent.
    pub done_on: Date,
    /// Who held the talk or signed the letter.
    pub done_by: String,
    /// What else is to be known.
    pub note: Option<String>,
    /// The day on which the person signed for it.
    pub signed_on: Option<Date>,
    /// A copy.
    pub file_id: Option<FileId>,
    /// Who recorded it.
    pub recorded_by: AccountId,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
