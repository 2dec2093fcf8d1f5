//! Somebody who signs in: a member by WeChat, or staff by password.

use domain::ids::{AccountId, CommitteeId, MemberId};
use domain::people::AccountKind;
use sea_orm::entity::prelude::*;

/// Somebody who signs in: a member by WeChat, or staff by password.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// How he signs in.
    pub kind: AccountKind,
    /// The member he is, once bound.
    pub member_id: Option<MemberId>,
    /// Sign-in name, for accounts with a password.
    pub username: Option<String>,
    /// What others see in lists and in the audit log.
    pub display_name: String,
    /// argon2id.
    pub password_hash: Option<String>,
    /// The TOTP secret, encrypted.
    pub totp_cipher: Option<Vec<u8>>,
    /// The last TOTP step that was used; a code counts once.
    pub totp_step: Option<i64>,
    /// Raised to end all sessions at once.
    pub session_version: i32,
    /// Wrong passwords in a row.
    pub failed_attempts: i32,
    /// No sign-in before this.
    pub locked_until: Option<DateTimeUtc>,
    /// No sign-in at all since this.
    pub disabled_at: Option<DateTimeUtc>,
    /// When the account was made.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
