//! One member's part in one activity, from the invitation on; one row for the pair.

use domain::attendance::{AttendanceSource, AttendanceStatus, Reply};
use domain::ids::{AccountId, ActivityId, AttendanceId, CommitteeId, GroupId, MemberId};
use domain::leave::LeaveReason;
use sea_orm::entity::prelude::*;

/// One member's part in one activity, from the invitation on; one row for the pair.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttendanceId,
    /// The activity.
    pub activity_id: ActivityId,
    /// The member.
    pub member_id: MemberId,
    /// The member's group when he was invited.
    pub group_id: GroupId,
    /// Where it stands; settled when the activity closes.
    pub status: AttendanceStatus,
    /// What it was before a correction, kept in every list.
    pub original_status: Option<AttendanceStatus>,
    /// What the status rests on.
    pub source: Option<AttendanceSource>,
    /// What he answered.
    pub reply: Reply,
    /// When he answered.
    pub replied_at: Option<DateTimeUtc>,
    /// The reason of an approved leave.
    pub leave_reason: Option<LeaveReason>,
    /// When he first checked in; the check-in to each session is in [`crate::checkin`].
    pub checked_in_at: Option<DateTimeUtc>,
    /// Whether he was late, at any session.
    pub late: bool,
    /// Whether a check-in of his came from the offline queue.
    pub offline: bool,
    /// Whether the place of a check-in of his could not be decided.
    pub needs_review: bool,
    /// When he last checked out.
    pub checked_out_at: Option<DateTimeUtc>,
    /// Who called the roll for him.
    pub rolled_by: Option<AccountId>,
    /// Why.
    pub roll_reason: Option<String>,
    /// When he first read the notice.
    pub read_at: Option<DateTimeUtc>,
    /// When the status was settled.
    pub settled_at: Option<DateTimeUtc>,
    /// How many sessions count as attended, once that was settled.
    pub sessions_attended: Option<i32>,
    /// How many sessions there were, once that was settled.
    pub sessions_total: Option<i32>,
    /// When he was invited.
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
