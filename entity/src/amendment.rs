//! A change of what a closed period counts: proposed by one person, decided by another.

use domain::closing::{AmendmentKind, AmendmentStatus};
use domain::ids::{AccountId, AmendmentId, CommitteeId, FactId, GroupId, MemberId, PeriodId};
use domain::score::Subject;
use sea_orm::entity::prelude::*;

/// A change of what a closed period counts: proposed by one person, decided by another.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "amendment")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AmendmentId,
    /// Of which period.
    pub period_id: PeriodId,
    /// After which closing of the period, from 1.
    pub closing: i32,
    /// What it does.
    pub kind: AmendmentKind,
    /// Whose facts: a member's or
    pub member_id: Option<MemberId>,
    /// a group's.
    pub group_id: Option<GroupId>,
    /// The fact to be recorded, JSON; none of a reversal.
    pub fact: Option<Json>,
    /// The fact to be taken back; none of a fact that was missing.
    pub reverses: Option<FactId>,
    /// Why.
    pub reason: String,
    /// The number of the document (文号) it rests on.
    pub document: String,
    /// Where it stands.
    pub status: AmendmentStatus,
    /// Who proposed it.
    pub proposed_by: AccountId,
    /// When.
    pub proposed_at: DateTimeUtc,
    /// Who decided it; never who proposed it.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Which of the amendments of the closing it was, from 1, once it was approved.
    pub ordinal: Option<i32>,
    /// What was said with the decision.
    pub note: Option<String>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}

impl Model {
    /// Whose facts it changes; nobody's of a row that names neither, which no writer makes.
    pub fn subject(&self) -> Option<Subject> {
        let group = self.group_id.map(Subject::Group);
        self.member_id.map(Subject::Member).or(group)
    }
}
