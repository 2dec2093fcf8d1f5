//! A dated role of a person. It counts from its first to its last day, once confirmed.

use domain::ids::{AccountId, CommitteeId, GroupId, MemberId, SeatId, SpecialCommitteeId};
use domain::people::SeatKind;
use sea_orm::entity::prelude::*;

/// A dated role of a person. It counts from its first to its last day, once confirmed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "seat")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SeatId,
    /// Which role.
    pub kind: SeatKind,
    /// The member who holds it, or
    pub member_id: Option<MemberId>,
    /// the account that holds it.
    pub account_id: Option<AccountId>,
    /// For a convener: of which group.
    pub group_id: Option<GroupId>,
    /// For staff: of which special committee.
    pub special_committee_id: Option<SpecialCommitteeId>,
    /// First day, Asia/Shanghai.
    pub from_date: Date,
    /// Last day, or open.
    pub to_date: Option<Date>,
    /// Who granted it.
    pub granted_by: Option<AccountId>,
    /// The second person; a convener's seat needs none.
    pub confirmed_by: Option<AccountId>,
    /// When it was confirmed and began to count.
    pub confirmed_at: Option<DateTimeUtc>,
    /// Who ended it.
    pub ended_by: Option<AccountId>,
    /// When it was granted.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
