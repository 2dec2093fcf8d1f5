//! A request to mend an attendance afterwards (补签).

use domain::attendance::{AttendanceStatus, CorrectionState};
use domain::ids::{AccountId, ActivityId, CommitteeId, CorrectionId, MemberId};
use sea_orm::entity::prelude::*;

/// A request to mend an attendance afterwards (补签).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "correction")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CorrectionId,
    /// The activity.
    pub activity_id: ActivityId,
    /// The member.
    pub member_id: MemberId,
    /// Kind of reason.
    pub reason_code: String,
    /// In words.
    pub reason: String,
    /// Ids of files.
    pub evidence: Json,
    /// Where it stands.
    pub state: CorrectionState,
    /// What the list said before.
    pub original_status: AttendanceStatus,
    /// Who asked.
    pub requested_by: AccountId,
    /// Who decided; never who asked.
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
