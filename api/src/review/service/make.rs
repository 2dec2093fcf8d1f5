//! Computing a review: what the rules propose from the results of a period, kept as it was then.

use std::collections::HashMap;

use domain::ids::{ReviewCandidateId, ReviewId};
use domain::review::{ReviewStatus, ReviewStep};
use domain::score::{Outcome, Subject};
use entity::{Scoped, review, review_candidate};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, Set,
    TryInsertResult,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{REVIEW, candidates_of, lock_as_seen, results_of, step, touched};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::Write;
use crate::error::{ApiError, Code, Result};
use crate::extract::IfMatch;
use crate::review::results::{Proposed, Results, Row, digest_of_all, subject_of};
use crate::score;

/// Computes the review of a key of the rulebook for a period.
pub async fn create(
    app: &App,
    permit: &Permit<op::ReviewWrite>,
    key: &str,
    period: &str,
    title: Option<String>,
) -> Result<review::Model> {
    let committee = permit.committee();
    let period = score::service::period(app, committee, Some(period)).await?;
    let results = Results::load(app, committee, period).await?;
    let proposed = results.propose(key)?;
    permit
        .write(app, async |write| {
            let cancelled = review::Entity::of(write.committee)
                .filter(review::Column::Key.eq(key))
                .filter(review::Column::Period.eq(period.to_string()))
                .filter(review::Column::Status.eq(ReviewStatus::Cancelled))
                .count(&write.txn)
                .await?;
            let id = ReviewId::new(write.at, random());
            let candidates: Vec<_> = (1..)
                .zip(&proposed.rows)
                .map(|(ordinal, row)| new_candidate(write, id, ordinal, row))
                .collect::<Result<_>>()?;
            let title = title.unwrap_or_else(|| format!("{}{}", period.zh(), proposed.rule.title));
            let mut row = blank(write, id, &results, &proposed, title)?;
            row.round = i32::try_from(cancelled + 1).unwrap_or(i32::MAX);
            row.sheets_hash = digest_of_all(candidates.iter().map(|row| row.sheet_hash.as_str()));
            // Two clerks can begin at once; `review_once` lets one of them in.
            let inserted = review::Entity::insert(review::ActiveModel::from(row.clone()))
                .on_conflict_do_nothing_on([
                    review::Column::CommitteeId,
                    review::Column::Key,
                    review::Column::Period,
                    review::Column::Round,
                ])
                .exec_without_returning(&write.txn)
                .await?;
            let TryInsertResult::Inserted(1..) = inserted else {
                let detail = format!(
                    "{}已有「{}」，请在原评议上办理",
                    period.zh(),
                    proposed.rule.title
                );
                return Err(ApiError::with(Code::ReviewExists, detail));
            };
            insert(write, candidates).await?;
            write.about(REVIEW, row.id);
            write.detail(json!({
                "key": row.key, "period": row.period, "candidates": proposed.rows.len(),
                "rulebook_hash": row.rulebook_hash, "sheets_hash": row.sheets_hash,
                "provisional": row.provisional,
            }));
            Ok(row)
        })
        .await
}

/// Computes a draft anew. What the office settled about somebody stays where the rules still
/// propose the same for him.
pub async fn refresh(
    app: &App,
    on: &On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
) -> Result<review::Model> {
    let results = results_of(app, &on.row).await?;
    let proposed = results.propose(&on.row.key)?;
    on.write(app, async |write| {
        let row = lock_as_seen(write, &on.row, seen).await?;
        let status = step(row.status, ReviewStep::Refresh)?;
        let stored = candidates_of(&write.txn, write.committee, row.id).await?;
        let mut last = stored.iter().map(|row| row.ordinal).max().unwrap_or(0);
        let mut before: HashMap<Subject, review_candidate::Model> = stored
            .into_iter()
            .map(|row| (subject_of(&row), row))
            .collect();
        let mut hashes = Vec::new();
        let mut new = Vec::new();
        for proposal in &proposed.rows {
            hashes.push(proposal.one.sheet_hash.as_str());
            if let Some(old) = before.remove(&proposal.one.subject()) {
                recompute(write, old, proposal).await?;
            } else {
                last += 1;
                new.push(new_candidate(write, row.id, last, proposal)?);
            }
        }
        insert(write, new).await?;
        for gone in before.into_values() {
            no_longer_assessed(write, gone).await?;
        }
        let sheets_hash = digest_of_all(hashes.into_iter());
        let fresh = blank(write, row.id, &results, &proposed, row.title.clone())?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.rule = Set(fresh.rule);
        row.rulebook_key = Set(fresh.rulebook_key);
        row.rulebook_version = Set(fresh.rulebook_version);
        row.rulebook_hash = Set(fresh.rulebook_hash);
        row.sheets_hash = Set(sheets_hash);
        row.provisional = Set(fresh.provisional);
        row.shows_points = Set(fresh.shows_points);
        row.computed_at = Set(write.at);
        row.places = Set(fresh.places);
        row.nominations = Set(fresh.nominations);
        let row = row.update(&write.txn).await?;
        write.detail(json!({
            "version": row.version, "rulebook_hash": row.rulebook_hash,
            "sheets_hash": row.sheets_hash, "provisional": row.provisional,
        }));
        Ok(row)
    })
    .await
}

/// Writes what the rules propose now over what they proposed of the same person before; what was
/// settled by hand counts only where the proposal is the same.
async fn recompute(
    write: &Write,
    old: review_candidate::Model,
    proposal: &Row,
) -> Result<review_candidate::Model> {
    let fresh = new_candidate(write, old.review_id, old.ordinal, proposal)?;
    let stays = old.outcome == fresh.outcome && old.rung == fresh.rung;
    let row = review_candidate::Model {
        id: old.id,
        listed: if stays { old.listed } else { fresh.listed },
        settled_by: old.settled_by.filter(|_| stays),
        settled_reason: old.settled_reason.filter(|_| stays),
        settled_basis: old.settled_basis.filter(|_| stays),
        settled_at: old.settled_at.filter(|_| stays),
        ..fresh
    };
    Ok(row
        .into_active_model()
        .reset_all()
        .update(&write.txn)
        .await?)
}

/// The candidate after an objection: the results of this moment, and the list as they propose it.
pub(super) async fn recalculate(
    write: &Write,
    old: review_candidate::Model,
    proposal: Option<&Row>,
) -> Result<review_candidate::Model> {
    match proposal {
        None => no_longer_assessed(write, old).await,
        Some(proposal) => {
            let mut row = recompute(write, old, proposal).await?;
            row.listed = proposal.proposal.outcome == Outcome::In;
            Ok(row)
        }
    }
}

async fn no_longer_assessed(
    write: &Write,
    gone: review_candidate::Model,
) -> Result<review_candidate::Model> {
    let mut row = gone.into_active_model();
    row.eligible = Set(false);
    row.outcome = Set(Outcome::Out);
    row.rung = Set(None);
    row.reasons = Set(json!([{ "clause": "", "text": "已不在考核范围内", "facts": [] }]));
    row.listed = Set(false);
    row.settled_by = Set(None);
    row.settled_reason = Set(None);
    row.settled_basis = Set(None);
    row.settled_at = Set(None);
    Ok(row.update(&write.txn).await?)
}

async fn insert(write: &Write, rows: Vec<review_candidate::Model>) -> Result<()> {
    let rows: Vec<_> = rows
        .into_iter()
        .map(review_candidate::ActiveModel::from)
        .collect();
    for chunk in rows.chunks(500) {
        review_candidate::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(&write.txn)
            .await?;
    }
    Ok(())
}

fn value(of: &impl Serialize) -> Result<Value> {
    serde_json::to_value(of).map_err(ApiError::internal)
}

fn new_candidate(
    write: &Write,
    review: ReviewId,
    ordinal: i32,
    row: &Row,
) -> Result<review_candidate::Model> {
    let one = &row.one;
    let word = |name| one.word(name).map(str::to_owned);
    Ok(review_candidate::Model {
        committee_id: write.committee,
        id: ReviewCandidateId::new(write.at, random()),
        review_id: review,
        ordinal,
        member_id: one.member_id,
        group_id: one.group_id,
        name: one.name.clone(),
        group_name: word("group").unwrap_or_default(),
        sector_name: word("sector"),
        special_committee_name: word("special_committee"),
        position: one.position,
        total: one.sheet().total.hundredths(),
        grade: one.sheet().grade.clone(),
        sheet_hash: one.sheet_hash.clone(),
        eligible: row.eligible,
        outcome: row.proposal.outcome,
        rung: row.proposal.rung.as_ref().map(value).transpose()?,
        reasons: value(&row.proposal.reasons)?,
        listed: row.proposal.outcome == Outcome::In,
        settled_by: None,
        settled_reason: None,
        settled_basis: None,
        settled_at: None,
        verdict: None,
        consequence: None,
        verdict_reason: None,
    })
}

/// A draft as it is computed, before it is known where it goes.
fn blank(
    write: &Write,
    id: ReviewId,
    results: &Results,
    proposed: &Proposed,
    title: String,
) -> Result<review::Model> {
    let rulebook = results.scheme.rulebook();
    Ok(review::Model {
        committee_id: write.committee,
        id,
        term_id: results.term,
        key: proposed.rule.key.clone(),
        kind: proposed.rule.kind,
        title,
        period: results.period.to_string(),
        round: 1,
        rule: value(&proposed.rule)?,
        rulebook_key: rulebook.key.clone(),
        rulebook_version: i32::try_from(rulebook.version).unwrap_or(i32::MAX),
        rulebook_hash: results.rulebook_hash.clone(),
        sheets_hash: String::new(),
        provisional: !results.closed,
        shows_points: results.shows_points(),
        computed_at: write.at,
        places: value(&proposed.places)?,
        nominations: value(&proposed.nominations)?,
        status: ReviewStatus::Draft,
        status_reason: None,
        created_by: write
            .account()
            .ok_or_else(|| ApiError::new(Code::Unauthenticated))?,
        settled_by: None,
        settled_at: None,
        confirmed_by: None,
        confirmed_at: None,
        published_by: None,
        published_at: None,
        published_until: None,
        until_reason: None,
        presented_by: None,
        presented_at: None,
        decided_by: None,
        decided_at: None,
        deciding_body: None,
        decided_document: None,
        decided_on: None,
        version: 1,
        created_at: write.at,
        updated_at: write.at,
    })
}
