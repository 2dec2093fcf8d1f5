//! A word that proves, once and for minutes, whose follower somebody is.

use domain::ids::{CommitteeId, LinkTokenId, MemberId};
use sea_orm::entity::prelude::*;

/// A word that proves, once and for minutes, whose follower somebody is.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_token")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkTokenId,
    /// The account that is followed.
    pub app_id: String,
    /// HMAC of the word; the word itself is told once and kept nowhere.
    pub token_index: String,
    /// The follower who was told it, for a member to claim.
    pub openid: Option<String>,
    /// The member who was shown it as a code, for a follower to scan.
    pub member_id: Option<MemberId>,
    /// Ticket and address of that code, sealed: who has them can be linked.
    pub code_cipher: Option<Vec<u8>>,
    /// Until when it counts.
    pub expires_at: DateTimeUtc,
    /// The member it was used for; the same member may use it again.
    pub used_by: Option<MemberId>,
    /// When it was used.
    pub used_at: Option<DateTimeUtc>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
