//! What WeChat found in a picture or a recording; at most one row for each check.

use domain::ids::{CommitteeId, MediaCheckId};
use sea_orm::entity::prelude::*;

/// What WeChat found in a picture or a recording; at most one row for each check.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "media_check")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MediaCheckId,
    /// The mini-program that asked.
    pub app_id: String,
    /// What WeChat called the check.
    pub trace_id: String,
    /// Not 0 where it could not be judged; -1008 where it could not be fetched.
    pub code: Option<i64>,
    /// `pass`, `review` or `risky`.
    pub suggest: Option<String>,
    /// What was found; 100 is nothing.
    pub label: Option<i64>,
    /// When WeChat told.
    pub told_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
