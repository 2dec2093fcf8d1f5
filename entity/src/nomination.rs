//! A group's nomination of one of its members in a review.

use domain::ids::{
    AccountId, CommitteeId, GroupId, MemberId, NominationId, ReviewCandidateId, ReviewId,
};
use sea_orm::entity::prelude::*;

/// A group's nomination of one of its members in a review; at most one row for a candidate, which
/// counts unless it was withdrawn.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "nomination")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NominationId,
    /// The review.
    pub review_id: ReviewId,
    /// Whom.
    pub candidate_id: ReviewCandidateId,
    /// The member he is.
    pub member_id: MemberId,
    /// The group that nominates.
    pub group_id: GroupId,
    /// Why.
    pub reason: String,
    /// Who entered it; never the member himself.
    pub nominated_by: AccountId,
    /// When.
    pub created_at: DateTimeUtc,
    /// Who withdrew it.
    pub withdrawn_by: Option<AccountId>,
    /// When.
    pub withdrawn_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
