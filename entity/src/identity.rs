//! A person known to one WeChat app under one openid.

use domain::ids::{AccountId, CommitteeId, IdentityId, MemberId};
use sea_orm::entity::prelude::*;

/// A person known to one WeChat app under one openid.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityId,
    /// The app.
    pub app_id: String,
    /// The person, to that app.
    pub openid: String,
    /// The person across apps of one open platform account, where WeChat told us.
    pub unionid: Option<String>,
    /// When it was told.
    pub unionid_seen_at: Option<DateTimeUtc>,
    /// Who signs in with it (mini-program only).
    pub account_id: Option<AccountId>,
    /// The member it is known to be.
    pub member_id: Option<MemberId>,
    /// Whether this person follows the official account.
    pub following: bool,
    /// WeChat's `CreateTime` of the last follow or unfollow that was applied.
    pub following_at: i64,
    /// WeChat's lasting refusal to deliver to this openid.
    pub refused_code: Option<i32>,
    /// When it was first seen.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
