//! Reviews as clients see them. How much of one somebody sees is told by `shown`.

mod shown;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::{
    FileId, GroupId, MemberId, NominationId, ObjectionId, ReviewCandidateId, ReviewDocumentId,
    ReviewId,
};
use domain::people::Position;
use domain::points::Points;
use domain::review::{FollowUpKind, ObjectionState, Remedy, ReviewStatus, Verdict};
use domain::score::{Outcome, Places, ProposedRung, Reason, ReviewKind};
use entity::{objection, review, review_document};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::service::DossierEntry;
use crate::error::{ApiError, Result};
use crate::extract::instant;

/// A review in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewSummary {
    /// Id.
    #[schema(value_type = String)]
    pub id: ReviewId,
    /// The key of the review in the rulebook.
    pub key: String,
    /// What it is for.
    pub kind: ReviewKind,
    /// What people call it.
    pub title: String,
    /// The period whose results are reviewed.
    pub period: String,
    /// Where it stands.
    pub status: ReviewStatus,
    /// Whether it rests on results of a period that was not closed.
    pub provisional: bool,
    /// The last day of the publication.
    pub published_until: Option<NaiveDate>,
    /// The day of the decision.
    pub decided_on: Option<NaiveDate>,
}

impl From<review::Model> for ReviewSummary {
    fn from(row: review::Model) -> Self {
        Self {
            id: row.id,
            key: row.key,
            kind: row.kind,
            title: row.title,
            period: row.period,
            status: row.status,
            provisional: row.provisional,
            published_until: row.published_until,
            decided_on: row.decided_on,
        }
    }
}

/// Who did something, and when.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActView {
    /// By his name.
    pub by: String,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: DateTime<Utc>,
}

/// What the office settled about a candidate beside what the rules propose.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettlementView {
    /// Why.
    pub reason: String,
    /// On what basis.
    pub basis: String,
    /// Who, and when.
    #[serde(flatten)]
    pub act: ActView,
}

/// The nomination of a candidate.
#[derive(Debug, Serialize, ToSchema)]
pub struct NominationView {
    /// Id, for withdrawing it.
    #[schema(value_type = String)]
    pub id: NominationId,
    /// Why.
    pub reason: String,
    /// Who, and when.
    #[serde(flatten)]
    pub act: ActView,
}

/// A talk or a letter after a decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewDocumentView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ReviewDocumentId,
    /// About whom.
    #[schema(value_type = String)]
    pub candidate_id: ReviewCandidateId,
    /// What it is.
    pub kind: FollowUpKind,
    /// What people call it.
    pub title: String,
    /// Its number.
    pub number: Option<String>,
    /// The day it was held or sent.
    pub done_on: NaiveDate,
    /// Who held the talk or signed the letter.
    pub done_by: String,
    /// What else is to be known.
    pub note: Option<String>,
    /// The day on which the person signed for it.
    pub signed_on: Option<NaiveDate>,
    /// A copy.
    #[schema(value_type = Option<String>)]
    pub file_id: Option<FileId>,
}

impl From<review_document::Model> for ReviewDocumentView {
    fn from(row: review_document::Model) -> Self {
        Self {
            id: row.id,
            candidate_id: row.candidate_id,
            kind: row.kind,
            title: row.title,
            number: row.number,
            done_on: row.done_on,
            done_by: row.done_by,
            note: row.note,
            signed_on: row.signed_on,
            file_id: row.file_id,
        }
    }
}

/// What a review says of one candidate. What the caller may not see is absent.
#[derive(Debug, Serialize, ToSchema)]
pub struct CandidateView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ReviewCandidateId,
    /// The member; absent where groups are reviewed.
    #[schema(value_type = Option<String>)]
    pub member_id: Option<MemberId>,
    /// The member's group, or the group that is reviewed.
    #[schema(value_type = String)]
    pub group_id: GroupId,
    /// The name.
    pub name: String,
    /// The name of the group.
    pub group: String,
    /// The name of the sector.
    pub sector: Option<String>,
    /// The position.
    pub position: Option<Position>,
    /// The points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Points>,
    /// The grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// Whether he stands on the list.
    pub listed: bool,
    /// Whether he could be picked, were there places enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eligible: Option<bool>,
    /// What the rules propose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The consequence that the rules propose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rung: Option<ProposedRung>,
    /// Why, each with its clause and its facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<Reason>>,
    /// What the office settled beside it: a tie, somebody put on the list or taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settlement: Option<SettlementView>,
    /// The nomination by his group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nomination: Option<NominationView>,
    /// What the deciding body said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What it decided instead of the proposal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consequence: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict_reason: Option<String>,
    /// What was carried out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<ReviewDocumentView>,
}

/// An objection with its answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectionView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ObjectionId,
    /// About which candidate; about the whole list where absent.
    #[schema(value_type = Option<String>)]
    pub candidate_id: Option<ReviewCandidateId>,
    /// Who objects.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// In words.
    pub text: String,
    /// Ids of files.
    #[schema(value_type = Vec<String>)]
    pub evidence_ids: Value,
    /// Where it stands.
    pub state: ObjectionState,
    /// The last day for the answer.
    pub due_on: Option<NaiveDate>,
    /// The answer.
    pub answer: Option<String>,
    /// What followed for the person.
    pub remedy: Option<Remedy>,
    /// When it was answered.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub answered_at: Option<DateTime<Utc>>,
    /// When it was raised.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub created_at: DateTime<Utc>,
}

impl From<objection::Model> for ObjectionView {
    fn from(row: objection::Model) -> Self {
        Self {
            id: row.id,
            candidate_id: row.candidate_id,
            member_id: row.member_id,
            text: row.text,
            evidence_ids: row.evidence,
            state: row.state,
            due_on: row.due_on,
            answer: row.answer,
            remedy: row.remedy,
            answered_at: row.answered_at,
            created_at: row.created_at,
        }
    }
}

/// What a review rests on, for those who answer for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BasisView {
    /// The key of the rulebook.
    pub rulebook: String,
    /// Its version.
    pub rulebook_version: i32,
    /// The SHA-256 of the rulebook.
    pub rulebook_hash: String,
    /// The SHA-256 over the sheets, in the order of the candidates.
    pub sheets_hash: String,
    /// When it was computed.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub computed_at: DateTime<Utc>,
    /// Why the review no longer says what the results say; it must then be computed anew.
    pub stale: Option<String>,
}

/// One review. A member sees the published list, his own row with its reasons and his own
/// objections; a convener the candidates of his group while groups nominate; office, leaders and
/// auditors everything.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewView {
    /// What lists say of it.
    #[serde(flatten)]
    pub summary: ReviewSummary,
    /// Where the rules say it.
    pub clause: String,
    /// The rule as people read it.
    pub text: String,
    /// The body that decided, or the one that is to.
    pub deciding_body: String,
    /// The number of the decision's document.
    pub decided_document: Option<String>,
    /// When it was published.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub published_at: Option<DateTime<Utc>>,
    /// Why the end of the publication was set by hand.
    pub until_reason: Option<String>,
    /// Why it was given back or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// What it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<BasisView>,
    /// The places of each partition, by its name; the whole is the empty name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places: Option<BTreeMap<String, Places>>,
    /// How many each group nominates, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nomination_places: Option<BTreeMap<String, Places>>,
    /// The candidates; for members those on the list.
    pub candidates: Vec<CandidateView>,
    /// The caller's own row, on the list or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<CandidateView>,
    /// The objections the caller may see.
    pub objections: Vec<ObjectionView>,
    /// Who did which step, by the name of the step.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acts: BTreeMap<&'static str, ActView>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
}

fn read<T: DeserializeOwned>(stored: Value) -> Result<T> {
    serde_json::from_value(stored).map_err(ApiError::internal)
}

/// A decided review as a member's dossier tells of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DossierReviewView {
    /// The review.
    #[schema(value_type = String)]
    pub review_id: ReviewId,
    /// What it was for.
    pub kind: ReviewKind,
    /// What people call it.
    pub title: String,
    /// The period whose results were reviewed.
    pub period: String,
    /// Why he was proposed.
    pub reasons: Vec<Reason>,
    /// What the deciding body said.
    pub verdict: Option<Verdict>,
    /// What was decided of him, where the rules or the body name a consequence.
    pub consequence: Option<String>,
    /// Why, where it was not as proposed.
    pub verdict_reason: Option<String>,
    /// The body that decided.
    pub deciding_body: Option<String>,
    /// The number of the document.
    pub decided_document: Option<String>,
    /// The day.
    pub decided_on: Option<NaiveDate>,
    /// The talks and letters that followed.
    pub documents: Vec<ReviewDocumentView>,
}

impl TryFrom<DossierEntry> for DossierReviewView {
    type Error = ApiError;

    fn try_from(entry: DossierEntry) -> Result<Self> {
        let DossierEntry {
            review,
            candidate,
            consequence,
            documents,
        } = entry;
        Ok(Self {
            review_id: review.id,
            kind: review.kind,
            title: review.title,
            period: review.period,
            reasons: read(candidate.reasons)?,
            verdict: candidate.verdict,
            consequence,
            verdict_reason: candidate.verdict_reason,
            deciding_body: review.deciding_body,
            decided_document: review.decided_document,
            decided_on: review.decided_on,
            documents: documents
                .into_iter()
                .map(ReviewDocumentView::from)
                .collect(),
        })
    }
}
