//! One revision of a frozen sheet; never updated, never deleted. Of those of the last closing of
//! its period, the highest revision counts.

use domain::ids::{AmendmentId, CommitteeId, GroupId, MemberId, PeriodId, SheetId};
use domain::score::Subject;
use sea_orm::entity::prelude::*;

/// One revision of a frozen sheet; never updated, never deleted.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sheet")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SheetId,
    /// Of which period.
    pub period_id: PeriodId,
    /// Of which closing of the period, from 1.
    pub closing: i32,
    /// Whose sheet: a member's or
    pub member_id: Option<MemberId>,
    /// a group's.
    pub group_id: Option<GroupId>,
    /// Which one of his sheets of this period, from 1.
    pub revision: i32,
    /// The amendment that made it; none of a closing.
    pub amendment_id: Option<AmendmentId>,
    /// The sheet, JSON as it was first written.
    #[sea_orm(column_type = "Text")]
    pub document: String,
    /// The SHA-256 of the document.
    pub hash: String,
    /// What it was computed from besides facts and rulebook: who he was, and what was closed
    /// before; JSON.
    #[sea_orm(column_type = "Text")]
    pub basis: String,
    /// The total, in hundredths of a point.
    pub total: i64,
    /// The title of the grade.
    pub grade: Option<String>,
    /// When.
    pub created_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}

impl Model {
    /// Whose sheet it is; nobody's of a row that names neither, which no writer makes.
    pub fn subject(&self) -> Option<Subject> {
        let group = self.group_id.map(Subject::Group);
        self.member_id.map(Subject::Member).or(group)
    }
}
