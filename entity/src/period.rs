//! A period of assessment that the office fixed, or that is being closed or was; at most one row
//! for a key. The columns of the freeze tell from what the sheets of the last closing came.

use domain::closing::PeriodStatus;
use domain::ids::{AccountId, CommitteeId, PeriodId, RulebookId};
use domain::score::Period;
use sea_orm::entity::prelude::*;

/// A period of assessment that the office fixed, or that is being closed or was.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "period")]
pub struct Model {
    /// The committee it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub committee_id: CommitteeId,
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PeriodId,
    /// Its name, such as `2026` or `2026-S`.
    pub key: String,
    /// What it is, in the word of a rulebook.
    pub unit: String,
    /// The year it is named after.
    pub year: i32,
    /// Which one of that year.
    pub number: i32,
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// Where it stands.
    pub status: PeriodStatus,
    /// How often it was closed.
    pub closings: i32,
    /// What was unsettled when closing was proposed: counts and titles.
    pub findings: Option<Json>,
    /// Why it is to be closed although something is unsettled.
    pub force_reason: Option<String>,
    /// Who proposed the closing that stands or is waiting.
    pub close_proposed_by: Option<AccountId>,
    /// When.
    pub close_proposed_at: Option<DateTimeUtc>,
    /// Who closed it; never who proposed it.
    pub closed_by: Option<AccountId>,
    /// When.
    pub closed_at: Option<DateTimeUtc>,
    /// The number of the document (文号) that closed it.
    pub document: Option<String>,
    /// The adopted rulebook of the freeze; none of the shipped default.
    pub rulebook_id: Option<RulebookId>,
    /// The hash of what it says.
    pub rulebook_hash: Option<String>,
    /// Its text in TOML.
    #[sea_orm(column_type = "Text", nullable)]
    pub rulebook_text: Option<String>,
    /// The last fact that was counted.
    pub facts_seq: Option<i64>,
    /// Its hash.
    pub facts_hash: Option<String>,
    /// The hash over every sheet that counts.
    pub sheets_hash: Option<String>,
    /// Who proposed to open it again.
    pub reopen_proposed_by: Option<AccountId>,
    /// Why.
    pub reopen_reason: Option<String>,
    /// The number of the document that asks for it.
    pub reopen_document: Option<String>,
    /// Who opened it again; never who proposed it.
    pub reopened_by: Option<AccountId>,
    /// When.
    pub reopened_at: Option<DateTimeUtc>,
    /// Counts changes.
    pub row_version: i32,
    /// When the row was made.
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
    /// The period as rules look at it; none of a row whose unit no rulebook has, which no writer
    /// makes.
    pub fn span(&self) -> Option<Period> {
        Some(Period {
            first: self.first,
            last: self.last,
            unit: self.unit.parse().ok()?,
            year: self.year,
            number: u8::try_from(self.number).ok()?,
        })
    }
}
