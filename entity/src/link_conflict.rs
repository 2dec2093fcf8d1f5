//! A follower whom two members call theirs; at most one row for a follower and a member.

use domain::follower::LinkConflictState;
use domain::ids::{AccountId, CommitteeId, IdentityId, LinkConflictId, MemberId};
use sea_orm::entity::prelude::*;

/// A follower whom two members call theirs; at most one row for a follower and a member.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_conflict")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkConflictId,
    /// The follower.
    pub identity_id: IdentityId,
    /// The member who asks for him, though he is linked to another.
    pub member_id: MemberId,
    /// What the office decided.
    pub state: LinkConflictState,
    /// When it was last asked.
    pub asked_at: DateTimeUtc,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Why.
    pub note: Option<String>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
