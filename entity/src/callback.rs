//! A push from WeChat, kept until it is handled.

use domain::follower::PushKind;
use domain::ids::{CallbackId, CommitteeId};
use sea_orm::entity::prelude::*;

/// A push from WeChat, kept until it is handled.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "callback")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CallbackId,
    /// From which account.
    pub app_id: String,
    /// Hash of its decrypted body and identity fields.
    pub dedupe_key: String,
    /// What it tells.
    pub kind: PushKind,
    /// What is needed of it; the words people write are not kept.
    pub event: Json,
    /// WeChat's own time of it, in seconds.
    pub create_time: i64,
    /// When it reached us.
    pub received_at: DateTimeUtc,
    /// When it was handled.
    pub handled_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
