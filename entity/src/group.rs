//! An activity group (活动组): the unit that meets.

use domain::ids::{CommitteeId, GroupId, SpecialCommitteeId};
use sea_orm::entity::prelude::*;

/// An activity group (活动组): the unit that meets.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_group")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Place in lists.
    pub ordinal: i32,
    /// The special committee that contacts and serves it.
    pub special_committee_id: Option<SpecialCommitteeId>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
