//! What a review says of one person or group, as it was computed and as it was settled.

use domain::ids::{AccountId, CommitteeId, GroupId, MemberId, ReviewCandidateId, ReviewId};
use domain::people::Position;
use domain::review::Verdict;
use domain::score::Outcome;
use sea_orm::entity::prelude::*;

/// What a review says of one person or group, as it was computed and as it was settled; one row
/// for everybody assessed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "review_candidate")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewCandidateId,
    /// The review.
    pub review_id: ReviewId,
    /// Place in the list, from 1.
    pub ordinal: i32,
    /// The member; nobody where groups are reviewed.
    pub member_id: Option<MemberId>,
    /// The member's group, or the group that is reviewed.
    pub group_id: GroupId,
    /// The name when it was computed.
    pub name: String,
    /// The name of the group.
    pub group_name: String,
    /// The name of the sector; groups have none.
    pub sector_name: Option<String>,
    /// The name of the special committee, where the group has one.
    pub special_committee_name: Option<String>,
    /// The position; groups have none.
    pub position: Option<Position>,
    /// The rounded total, in hundredths.
    pub total: i64,
    /// The title of the grade.
    pub grade: Option<String>,
    /// The SHA-256 of the sheet it rests on.
    pub sheet_hash: String,
    /// Whether he could be picked at all, were there places enough.
    pub eligible: bool,
    /// What the rules propose.
    pub outcome: Outcome,
    /// The consequence that the rules propose.
    pub rung: Option<Json>,
    /// The reasons, each with its clause, its text and its facts.
    pub reasons: Json,
    /// Whether he stands on the list.
    pub listed: bool,
    /// Who put him on the list or took him off against, or beyond, what the rules propose.
    pub settled_by: Option<AccountId>,
    /// Why.
    pub settled_reason: Option<String>,
    /// On what basis: a document, a vote, an objection.
    pub settled_basis: Option<String>,
    /// When.
    pub settled_at: Option<DateTimeUtc>,
    /// What the deciding body said.
    pub verdict: Option<Verdict>,
    /// What it decided instead, where it did not follow the proposal.
    pub consequence: Option<String>,
    /// Why.
    pub verdict_reason: Option<String>,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
