//! The last entry of each chain; its row lock orders the writers of a committee.

use domain::ids::CommitteeId;
use sea_orm::entity::prelude::*;

/// The last entry of each chain; its row lock orders the writers of a committee.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_head")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// `audit` or `facts`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: String,
    /// How many entries the chain has.
    pub seq: i64,
    /// Hash of the last one.
    pub hash: String,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
