//! One sign-in on one device. Its refresh token is derived from the generation, so none is stored.

use domain::ids::{AccountId, CommitteeId, SessionId};
use sea_orm::entity::prelude::*;

/// One sign-in on one device. Its refresh token is derived from the generation, so none is stored.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Who signed in.
    pub account_id: AccountId,
    /// `mini-program` or `console`.
    pub audience: String,
    /// How often the refresh token was rotated.
    pub generation: i32,
    /// When it was last rotated.
    pub rotated_at: DateTimeUtc,
    /// When it began.
    pub created_at: DateTimeUtc,
    /// When it ends at the latest.
    pub expires_at: DateTimeUtc,
    /// When it was ended.
    pub revoked_at: Option<DateTimeUtc>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
