//! The confirmed activity day of one quarter. Both dates are kept.

use domain::ids::{AccountId, ActivityDayId, CommitteeId};
use sea_orm::entity::prelude::*;

/// The confirmed activity day of one quarter. Both dates are kept.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_day")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityDayId,
    /// Year.
    pub year: i32,
    /// 1 to 4.
    pub quarter: i32,
    /// What the rule says: the last Friday.
    pub rule_date: Date,
    /// What the office confirmed.
    pub confirmed_date: Date,
    /// Why they differ.
    pub reason: Option<String>,
    /// Who confirmed.
    pub confirmed_by: AccountId,
    /// When.
    pub confirmed_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
