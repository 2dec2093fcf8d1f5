//! One attempt to tell one member by one channel; ends in exactly one state.

use domain::ids::{AccountId, ActivityId, CommitteeId, DeliveryId, IdentityId, MemberId, NoticeId};
use domain::notice::{Channel, DeliveryState};
use sea_orm::entity::prelude::*;

/// One attempt to tell one member by one channel; ends in exactly one state.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    /// What is told.
    pub notice_id: NoticeId,
    /// About which activity.
    pub activity_id: Option<ActivityId>,
    /// To whom.
    pub member_id: MemberId,
    /// By which way.
    pub channel: Channel,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it failed or is unknown: a stable word.
    pub reason: Option<String>,
    /// The follower it goes to.
    pub identity_id: Option<IdentityId>,
    /// Through which account.
    pub app_id: Option<String>,
    /// WeChat delivers one message per person and this id within ten minutes.
    pub client_msg_id: String,
    /// WeChat's id of the message.
    pub msg_id: Option<i64>,
    /// How often it was tried, apart from tries that a quota or a pause turned away.
    pub attempts: i32,
    /// The number of the last claim; it only grows, and an answer counts for the claim it was
    /// asked with.
    pub fence: i64,
    /// How often it was begun anew; each time has a `client_msg_id` of its own.
    pub round: i32,
    /// The template it is sent with, known once it was claimed.
    pub template_id: Option<String>,
    /// Not before this; at once if empty.
    pub next_attempt_at: Option<DateTimeUtc>,
    /// Until when a worker has it.
    pub lease_until: Option<DateTimeUtc>,
    /// The first of those tries that may have been sent, if there is one.
    pub doubt_since: Option<DateTimeUtc>,
    /// When the oldest try was made of those not known to have failed.
    pub first_attempt_at: Option<DateTimeUtc>,
    /// When WeChat took it.
    pub accepted_at: Option<DateTimeUtc>,
    /// After this it is not sent any more; a day after it was made if empty.
    pub expires_at: Option<DateTimeUtc>,
    /// Why it is not to be sent any more, if somebody said so while it was on its way.
    pub withdrawn: Option<String>,
    /// When it reached its final state.
    pub settled_at: Option<DateTimeUtc>,
    /// Who phoned.
    pub phoned_by: Option<AccountId>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}

/// Whether a delivery has not come to an end, in the words of the index `delivery_unsettled`: with
/// parameters in it neither engine would see that the index answers.
pub fn unsettled() -> sea_orm::Condition {
    sea_orm::Condition::all().add(sea_orm::sea_query::Expr::cust(
        "state IN ('pending', 'sending', 'accepted')",
    ))
}
