//! What was last learned of one account at WeChat.

use domain::ids::CommitteeId;
use sea_orm::entity::prelude::*;

/// What was last learned of one account at WeChat.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_account")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: String,
    /// When its followers were last read in full.
    pub resynced_at: Option<DateTimeUtc>,
    /// How many there were.
    pub followers: Option<i32>,
    /// Why the last reading failed, if it did.
    #[sea_orm(column_type = "Text", nullable)]
    pub resync_problem: Option<String>,
    /// When its configuration was last held against WeChat.
    pub checked_at: Option<DateTimeUtc>,
    /// What was wrong then: a list of sentences.
    pub problems: Option<Json>,
    /// When its menu was last published.
    pub menu_published_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
