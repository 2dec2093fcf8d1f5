//! The answer to a request that carried an `Idempotency-Key`.

use domain::ids::{AccountId, CommitteeId, IdempotencyId};
use sea_orm::entity::prelude::*;

/// The answer to a request that carried an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdempotencyId,
    /// Whose key.
    pub account_id: AccountId,
    /// Method and path.
    pub operation: String,
    /// The key.
    pub key: String,
    /// Hash of the request body.
    pub body_hash: String,
    /// HTTP status of the answer; none while it is being worked on.
    pub status: Option<i32>,
    /// The answer.
    pub body: Option<Vec<u8>>,
    /// When the request came.
    pub created_at: DateTimeUtc,
    /// When it is forgotten.
    pub expires_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
