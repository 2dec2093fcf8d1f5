//! Something members can attend.

use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
use domain::ids::{AccountId, ActivityId, CommitteeId, GroupId, TermId};
use sea_orm::entity::prelude::*;

/// Something members can attend.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityId,
    /// The term.
    pub term_id: TermId,
    /// The group that holds it.
    pub group_id: GroupId,
    /// What it is.
    pub kind: ActivityKind,
    /// Under which mode it is planned.
    pub mode: ActivityMode,
    /// Title.
    pub title: String,
    /// Agenda and what to bring.
    pub content: String,
    /// Where, in words.
    pub venue: String,
    /// GCJ-02 degrees north, where check-in asks for the place.
    pub latitude: Option<f64>,
    /// GCJ-02 degrees east.
    pub longitude: Option<f64>,
    /// How far from the point still counts as there.
    pub radius_m: Option<i32>,
    /// Start.
    pub starts_at: DateTimeUtc,
    /// End.
    pub ends_at: DateTimeUtc,
    /// Check-in opens.
    pub opens_at: DateTimeUtc,
    /// Check-in closes; half-open.
    pub closes_at: DateTimeUtc,
    /// From here on a check-in is late.
    pub late_after: DateTimeUtc,
    /// Replies are asked for until then.
    pub reply_by: DateTimeUtc,
    /// When each of its sessions is, where there are several; then the instants above are their
    /// outline. An activity of one session has nothing here: the instants above are that session.
    pub sessions: Option<Json>,
    /// Below this share of the time a member counts as absent.
    pub min_share_percent: Option<i32>,
    /// Why it is announced later than the rule asks.
    pub lead_reason: Option<String>,
    /// Who is invited: groups and picked members.
    pub audience: Json,
    /// Where it stands.
    pub status: ActivityStatus,
    /// Why it was returned, cancelled or rescheduled.
    pub status_reason: Option<String>,
    /// Who drafted it.
    pub created_by: AccountId,
    /// Who submitted it.
    pub submitted_by: Option<AccountId>,
    /// Who approved it.
    pub approved_by: Option<AccountId>,
    /// When it was published.
    pub published_at: Option<DateTimeUtc>,
    /// When it was closed.
    pub closed_at: Option<DateTimeUtc>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
    /// When drafted.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub updated_at: DateTimeUtc,
}

/// None: rows are found by key, and joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::Scoped for Entity {
    const COMMITTEE: Column = Column::CommitteeId;
}
