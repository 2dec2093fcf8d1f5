//! A review of one period by one rule of the rulebook, with what it rests on.

use domain::ids::{AccountId, CommitteeId, ReviewId, TermId};
use domain::review::ReviewStatus;
use domain::score::ReviewKind;
use sea_orm::entity::prelude::*;

/// A review of one period by one rule of the rulebook, with what it rests on; at most one that is
/// not cancelled for the pair.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewId,
    /// The term it is of.
    pub term_id: TermId,
    /// The key of the review in the rulebook.
    pub key: String,
    /// What it is for.
    pub kind: ReviewKind,
    /// What people call it.
    pub title: String,
    /// The key of the period whose results are reviewed.
    pub period: String,
    /// One more than the cancelled reviews of the same key and period.
    pub round: i32,
    /// The rule of the rulebook as it was when computed.
    pub rule: Json,
    /// The key of the rulebook.
    pub rulebook_key: String,
    /// The version of the rulebook.
    pub rulebook_version: i32,
    /// The SHA-256 of the rulebook.
    pub rulebook_hash: String,
    /// The SHA-256 over the sheets of everybody assessed, in the order of the candidates.
    pub sheets_hash: String,
    /// Whether the period was not closed when it was computed.
    pub provisional: bool,
    /// Whether the list itself says the points: the rulebook lets every member see them.
    pub shows_points: bool,
    /// When it was computed.
    pub computed_at: DateTimeUtc,
    /// The places of each partition, by its name.
    pub places: Json,
    /// How many each group nominates, by its name.
    pub nominations: Json,
    /// Where it stands.
    pub status: ReviewStatus,
    /// Why it was given back or cancelled.
    pub status_reason: Option<String>,
    /// Who made it.
    pub created_by: AccountId,
    /// Who settled the list.
    pub settled_by: Option<AccountId>,
    /// When.
    pub settled_at: Option<DateTimeUtc>,
    /// Who confirmed the list; nobody who prepared it.
    pub confirmed_by: Option<AccountId>,
    /// When.
    pub confirmed_at: Option<DateTimeUtc>,
    /// Who published it.
    pub published_by: Option<AccountId>,
    /// When.
    pub published_at: Option<DateTimeUtc>,
    /// The last day of the publication.
    pub published_until: Option<Date>,
    /// Why that day was set by hand.
    pub until_reason: Option<String>,
    /// Who put it before the deciding body.
    pub presented_by: Option<AccountId>,
    /// When.
    pub presented_at: Option<DateTimeUtc>,
    /// Who entered the decision; nobody who prepared the list.
    pub decided_by: Option<AccountId>,
    /// When it was entered.
    pub decided_at: Option<DateTimeUtc>,
    /// The body that decided.
    pub deciding_body: Option<String>,
    /// The number of the document (文号).
    pub decided_document: Option<String>,
    /// The day of the decision.
    pub decided_on: Option<Date>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
