//! How much of a review is shown to whom.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ids::AccountId;
use domain::points::Points;
use domain::review::ReviewStatus;
use domain::score::Review;
use entity::review_candidate;
use serde_json::Value;

use super::{
    ActView, BasisView, CandidateView, NominationView, ObjectionView, ReviewDocumentView,
    ReviewView, SettlementView, read,
};
use crate::error::{ApiError, Result};
use crate::review::service::Described;
use crate::review::sight::Sight;

impl Described {
    fn act(&self, by: Option<AccountId>, at: Option<DateTime<Utc>>) -> Option<ActView> {
        let by = self.names.get(&by?).cloned().unwrap_or_default();
        Some(ActView { by, at: at? })
    }

    /// One candidate; `shown` is how much of him.
    fn candidate(&self, one: &review_candidate::Model, shown: Shown) -> Result<CandidateView> {
        let points = shown.points.then(|| Points::from_hundredths(one.total));
        let settlement = self
            .act(one.settled_by, one.settled_at)
            .filter(|_| shown.reasons)
            .map(|act| SettlementView {
                reason: one.settled_reason.clone().unwrap_or_default(),
                basis: one.settled_basis.clone().unwrap_or_default(),
                act,
            });
        let nomination = self.nominations.get(&one.id).and_then(|nomination| {
            Some(NominationView {
                id: nomination.id,
                reason: nomination.reason.clone(),
                act: self.act(Some(nomination.nominated_by), Some(nomination.created_at))?,
            })
        });
        let documents = self
            .documents
            .iter()
            .filter(|row| row.candidate_id == one.id);
        let reasons = |stored: &Value| read(stored.clone());
        Ok(CandidateView {
            id: one.id,
            member_id: one.member_id,
            group_id: one.group_id,
            name: one.name.clone(),
            group: one.group_name.clone(),
            sector: one.sector_name.clone(),
            position: one.position,
            total: points,
            grade: one.grade.clone().filter(|_| shown.points),
            listed: one.listed,
            eligible: shown.eligible.then_some(one.eligible),
            outcome: shown.reasons.then_some(one.outcome),
            rung: one
                .rung
                .clone()
                .filter(|_| shown.reasons)
                .map(read)
                .transpose()?,
            reasons: shown.reasons.then(|| reasons(&one.reasons)).transpose()?,
            settlement,
            nomination,
            verdict: one.verdict.filter(|_| shown.verdict),
            consequence: one.consequence.clone().filter(|_| shown.reasons),
            verdict_reason: one.verdict_reason.clone().filter(|_| shown.reasons),
            documents: documents.cloned().map(ReviewDocumentView::from).collect(),
        })
    }

    /// The steps and who took them.
    fn acts(&self) -> BTreeMap<&'static str, ActView> {
        let row = &self.row;
        [
            ("create", Some(row.created_by), Some(row.created_at)),
            ("settle", row.settled_by, row.settled_at),
            ("confirm", row.confirmed_by, row.confirmed_at),
            ("publish", row.published_by, row.published_at),
            ("present", row.presented_by, row.presented_at),
            ("decide", row.decided_by, row.decided_at),
        ]
        .into_iter()
        .filter_map(|(step, by, at)| Some((step, self.act(by, at)?)))
        .collect()
    }
}

/// How much of a candidate is shown.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four things, each shown to others"
)]
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    points: bool,
    eligible: bool,
    reasons: bool,
    verdict: bool,
}

impl Shown {
    const ALL: Self = Self {
        points: true,
        eligible: true,
        reasons: true,
        verdict: true,
    };
}

impl TryFrom<Described> for ReviewView {
    type Error = ApiError;

    fn try_from(described: Described) -> Result<Self> {
        let row = described.row.clone();
        let whole = described.sight == Sight::Whole;
        let nominates = matches!(described.sight, Sight::Groups(_));
        let rule: Review = read(row.rule.clone())?;
        let shown = if whole {
            Shown::ALL
        } else {
            Shown {
                points: nominates || row.shows_points,
                eligible: nominates,
                reasons: false,
                verdict: row.status == ReviewStatus::Decided,
            }
        };
        let candidates = described
            .candidates
            .iter()
            .map(|one| described.candidate(one, shown))
            .collect::<Result<_>>()?;
        let own = described
            .own
            .as_ref()
            .map(|one| described.candidate(one, Shown::ALL))
            .transpose()?;
        let basis = whole.then(|| BasisView {
            rulebook: row.rulebook_key.clone(),
            rulebook_version: row.rulebook_version,
            rulebook_hash: row.rulebook_hash.clone(),
            sheets_hash: row.sheets_hash.clone(),
            computed_at: row.computed_at,
            stale: described.stale.clone(),
        });
        let acts = if whole {
            described.acts()
        } else {
            BTreeMap::new()
        };
        Ok(Self {
            clause: rule.clause,
            text: rule.text,
            deciding_body: row.deciding_body.clone().unwrap_or(rule.decided_by),
            decided_document: row.decided_document.clone(),
            published_at: row.published_at,
            until_reason: row.until_reason.clone(),
            status_reason: row.status_reason.clone().filter(|_| whole),
            basis,
            places: whole.then(|| read(row.places.clone())).transpose()?,
            nomination_places: (whole || nominates)
                .then(|| read(row.nominations.clone()))
                .transpose()?,
            candidates,
            own,
            objections: described
                .objections
                .into_iter()
                .map(ObjectionView::from)
                .collect(),
            acts,
            version: row.version,
            summary: row.into(),
        })
    }
}
