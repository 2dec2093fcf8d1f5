//! A message in a member's in-app inbox.

use domain::ids::{
    ActivityId, CommitteeId, InboxMessageId, MemberId, NoticeId, PeriodId, ReviewId,
};
use sea_orm::entity::prelude::*;

/// A message in a member's in-app inbox.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_message")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InboxMessageId,
    /// Whose inbox.
    pub member_id: MemberId,
    /// What is told of an activity.
    pub notice_id: Option<NoticeId>,
    /// About which activity.
    pub activity_id: Option<ActivityId>,
    /// About which review.
    pub review_id: Option<ReviewId>,
    /// About which period of assessment.
    pub period_id: Option<PeriodId>,
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// When it arrived.
    pub created_at: DateTimeUtc,
    /// When it was read.
    pub read_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
