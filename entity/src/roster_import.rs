//! A roster file that was previewed and may be applied, once, as previewed.

use domain::ids::{AccountId, CommitteeId, RosterImportId};
use sea_orm::entity::prelude::*;

/// A roster file that was previewed and may be applied, once, as previewed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "roster_import")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RosterImportId,
    /// As uploaded.
    pub file_name: String,
    /// What applying it will do, row by row, phones encrypted.
    pub plan: Json,
    /// SHA-256 of the plan; the same plan is applied or none.
    pub plan_hash: String,
    /// Rows in the file.
    pub row_count: i32,
    /// Rows that stand in the way.
    pub error_count: i32,
    /// Who uploaded it.
    pub created_by: AccountId,
    /// When.
    pub created_at: DateTimeUtc,
    /// When it was applied.
    pub applied_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
