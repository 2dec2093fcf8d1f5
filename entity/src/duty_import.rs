//! A list of duty records that was previewed, may be applied once as previewed, and counts once a
//! second person verified it.

use domain::ids::{AccountId, CommitteeId, DutyImportId};
use sea_orm::entity::prelude::*;

/// A list of duty records that was previewed, may be applied once as previewed, and counts once a
/// second person verified it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "duty_import")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DutyImportId,
    /// What its rows are, a kind of `domain::score::Vocabulary`.
    pub kind: String,
    /// As uploaded.
    pub file_name: String,
    /// What applying and verifying it will do, row by row.
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
    /// Who applied it.
    pub applied_by: Option<AccountId>,
    /// When.
    pub applied_at: Option<DateTimeUtc>,
    /// Who verified it; never who uploaded or applied it.
    pub verified_by: Option<AccountId>,
    /// When.
    pub verified_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
