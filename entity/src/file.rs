//! A file somebody uploaded: a picture made anew, or a document as it came.

use domain::ids::{AccountId, CommitteeId, FileId};
use sea_orm::entity::prelude::*;

/// A file somebody uploaded: a picture made anew, or a document as it came.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "file")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FileId,
    /// Who uploaded it.
    pub owner_id: AccountId,
    /// What is in it, such as `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// Of the stored bytes.
    pub sha256: String,
    /// What is handed out.
    pub data: Vec<u8>,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
