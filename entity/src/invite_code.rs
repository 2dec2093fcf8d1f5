//! A code the office hands to one member so that he can bind his WeChat.

use domain::ids::{AccountId, CommitteeId, InviteCodeId, MemberId};
use sea_orm::entity::prelude::*;

/// A code the office hands to one member so that he can bind his WeChat.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invite_code")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InviteCodeId,
    /// For whom.
    pub member_id: MemberId,
    /// HMAC of the code; the code itself is shown once.
    pub code_index: String,
    /// Until when.
    pub expires_at: DateTimeUtc,
    /// When it was used.
    pub used_at: Option<DateTimeUtc>,
    /// Who issued it.
    pub created_by: AccountId,
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
