//! What a member says against a published list, and what he is answered.

use domain::ids::{AccountId, CommitteeId, MemberId, ObjectionId, ReviewCandidateId, ReviewId};
use domain::review::{ObjectionState, Remedy};
use sea_orm::entity::prelude::*;

/// What a member says against a published list, and what he is answered.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "objection")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ObjectionId,
    /// Against which review.
    pub review_id: ReviewId,
    /// About whom; about the whole list where nobody is named.
    pub candidate_id: Option<ReviewCandidateId>,
    /// Who objects.
    pub member_id: MemberId,
    /// By which account.
    pub raised_by: AccountId,
    /// In words.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Ids of files.
    pub evidence: Json,
    /// Where it stands.
    pub state: ObjectionState,
    /// The last day for the answer, where the rules set one.
    pub due_on: Option<Date>,
    /// The answer.
    pub answer: Option<String>,
    /// What followed for the person it is about.
    pub remedy: Option<Remedy>,
    /// Who answered; nobody whom it concerns.
    pub answered_by: Option<AccountId>,
    /// When.
    pub answered_at: Option<DateTimeUtc>,
    /// When it was raised.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
