//! A member's request for leave from one activity.

use domain::ids::{AccountId, ActivityId, CommitteeId, LeaveRequestId, MemberId};
use domain::leave::{LeaveReason, LeaveState};
use sea_orm::entity::prelude::*;

/// A member's request for leave from one activity.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "leave_request")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LeaveRequestId,
    /// The activity.
    pub activity_id: ActivityId,
    /// The member.
    pub member_id: MemberId,
    /// Kind of reason.
    pub reason_code: LeaveReason,
    /// In his words.
    pub reason: String,
    /// Where it stands.
    pub state: LeaveState,
    /// Who registered a phoned-in request for him.
    pub registered_by: Option<AccountId>,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// What was said with the decision.
    pub note: Option<String>,
    /// When it was asked.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
