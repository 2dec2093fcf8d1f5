//! A member (委员) in a term.

use domain::ids::{CommitteeId, GroupId, MemberId, SectorId, TermId};
use domain::people::{MemberStatus, Position};
use sea_orm::entity::prelude::*;

/// A member (委员) in a term.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    /// The term he was elected for.
    pub term_id: TermId,
    /// Name, NFC.
    pub name: String,
    /// Phone number, AES-256-GCM with the key's id in front.
    pub phone_cipher: Vec<u8>,
    /// HMAC of the phone number, for look-up.
    pub phone_index: String,
    /// The day of birth such as `1968-05-04`, sealed like the phone number; where it is known.
    pub born_on_cipher: Option<Vec<u8>>,
    /// Sector.
    pub sector_id: SectorId,
    /// Group.
    pub group_id: GroupId,
    /// Position, which matters to scoring.
    pub position: Position,
    /// Whether he still is a member.
    pub status: MemberStatus,
    /// Where he works.
    pub employer: Option<String>,
    /// First day as a member.
    pub joined_on: Date,
    /// Last day as a member.
    pub left_on: Option<Date>,
    /// A clerk's note.
    pub remark: Option<String>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it was last edited.
    pub updated_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
