//! A file as one activity shows it; a file stands at most once with an activity.

use domain::ids::{ActivityFileId, ActivityId, CommitteeId, FileId};
use sea_orm::entity::prelude::*;

/// A file as one activity shows it. The files of an activity are replaced together.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_file")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityFileId,
    /// The activity.
    pub activity_id: ActivityId,
    /// The file.
    pub file_id: FileId,
    /// What people see, such as 议程.pdf.
    pub name: String,
    /// Place in the list, from 1.
    pub ordinal: i32,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
