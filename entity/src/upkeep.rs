//! When one kind of upkeep, such as a backup, was last done; one row for each kind.

use domain::ids::CommitteeId;
use sea_orm::entity::prelude::*;

/// When one kind of upkeep was last done.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "upkeep")]
pub struct Model {
    /// The committee that stands for the service itself: upkeep is done for all at once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// What was done: `backup` or `checkpoint`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// When.
    pub done_at: DateTimeUtc,
    /// Where the result is: the name of a file.
    #[sea_orm(column_type = "Text")]
    pub note: String,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
