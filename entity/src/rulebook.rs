//! One version of a committee's assessment rules; its text never changes once it is adopted.

use domain::ids::{AccountId, CommitteeId, RulebookId};
use domain::rulebook::RulebookStatus;
use sea_orm::entity::prelude::*;

/// One version of a committee's assessment rules; its text never changes once it is adopted, and a
/// key has at most one row for a version.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rulebook")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RulebookId,
    /// Its stable name, the same for every version.
    pub key: String,
    /// Which version of the text this is.
    pub version: i32,
    /// What people call it.
    pub title: String,
    /// The text in TOML as the office wrote it, with its comments.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// The SHA-256 of what it says, whatever its spaces and comments.
    pub hash: String,
    /// Where it stands.
    pub status: RulebookStatus,
    /// The first day of the first period that is assessed by it; known once it is proposed.
    pub effective_from: Option<Date>,
    /// Who drafted it.
    pub created_by: AccountId,
    /// Everybody who wrote at its text: a list of accounts.
    pub authors: Json,
    /// Who proposed it to the leaders.
    pub proposed_by: Option<AccountId>,
    /// When it was proposed.
    pub proposed_at: Option<DateTimeUtc>,
    /// Who entered that the leaders adopted it; never who wrote or proposed it.
    pub adopted_by: Option<AccountId>,
    /// When it was adopted.
    pub adopted_at: Option<DateTimeUtc>,
    /// The number of the document (文号) that adopted it.
    pub adopted_document: Option<String>,
    /// Counts edits, for `If-Match`.
    pub row_version: i32,
    /// When drafted.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
