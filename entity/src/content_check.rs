//! What was found of one text or picture of a member, and what was decided of it; at most one row
//! for each text of a field.

use domain::content::{
    ContentDecision, ContentField, ContentKind, ContentObstacle, ContentOutcome,
};
use domain::ids::{AccountId, CommitteeId, ContentCheckId};
use sea_orm::entity::prelude::*;

/// What was found of one text or picture of a member, and what was decided of it; at most one row
/// for each text of a field.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "content_check")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContentCheckId,
    /// What it stands in.
    pub kind: ContentKind,
    /// The row it stands in; of a duty record that of the first signer.
    pub subject_id: Uuid,
    /// The part of it.
    pub field: ContentField,
    /// SHA-256 of the text, or of the stored picture.
    pub text_hash: String,
    /// Who wrote or uploaded it.
    pub account_id: AccountId,
    /// When.
    pub written_at: DateTimeUtc,
    /// What WeChat found.
    pub outcome: ContentOutcome,
    /// In WeChat's word: `pass`, `review` or `risky`.
    pub suggest: Option<String>,
    /// WeChat's label; 100 is nothing, 20001 politics.
    pub label: Option<i64>,
    /// Why WeChat found nothing.
    pub obstacle: Option<ContentObstacle>,
    /// The mini-program that asked.
    pub app_id: Option<String>,
    /// What WeChat called the check.
    pub trace_id: Option<String>,
    /// When WeChat was last asked.
    pub asked_at: Option<DateTimeUtc>,
    /// When the outcome was known.
    pub checked_at: Option<DateTimeUtc>,
    /// What a person decided.
    pub decision: Option<ContentDecision>,
    /// Who.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// What he said with it.
    pub note: Option<String>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
