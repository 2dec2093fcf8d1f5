//! One accepted check-in; at most one for a member and a session of an activity.

use domain::ids::{ActivityId, CommitteeId, MemberId};
use sea_orm::entity::prelude::*;

/// One accepted check-in; at most one for a member and a session of an activity.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "checkin")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// The activity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub activity_id: ActivityId,
    /// The member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    /// The ordinal of the session, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session: i32,
    /// When he was there: the server's clock, or the slot of the code if it came later.
    pub at: DateTimeUtc,
    /// When it reached us.
    pub received_at: DateTimeUtc,
    /// The 30-second slot of the code.
    pub slot: i64,
    /// Whether it was late.
    pub late: bool,
    /// Whether it came from the offline queue.
    pub offline: bool,
    /// The phone's own id of this attempt.
    pub client_id: String,
    /// When the phone says it was; kept, never trusted.
    pub captured_at: Option<DateTimeUtc>,
    /// GCJ-02, deleted after 30 days.
    pub latitude: Option<f64>,
    /// GCJ-02, deleted after 30 days.
    pub longitude: Option<f64>,
    /// As the phone says.
    pub accuracy_m: Option<f64>,
    /// From the venue.
    pub distance_m: Option<i32>,
    /// Whether the place could not be decided.
    pub needs_review: bool,
    /// When he checked out of the session.
    pub checked_out_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
