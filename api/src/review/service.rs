//! What may be done to a review: one function for each step, each one transaction.

mod decide;
mod list;
mod make;
mod nominate;
mod object;
mod publish;

use domain::ids::{AccountId, CommitteeId, InboxMessageId, MemberId, ReviewId};
use domain::review::ObjectionState;
use domain::review::{ReviewStatus, ReviewStep};
use domain::score::Review;
use entity::{Scoped, inbox_message, objection, review, review_candidate};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Set,
};
use serde_json::json;

pub use super::queries::{Described, DossierEntry, Wanted, describe, list, objections, of_member};
pub use super::workbook::workbook;
pub(crate) use decide::consequence;
pub use decide::{Carried, Decision, Judged, carry_out, decide, present};
pub use list::{Settlement, cancel, confirm, give_back, open, put, settle};
pub use make::{create, refresh};
pub use nominate::{nominate, withdraw_nomination};
pub use object::{Answer, Objection, answer, object, withdraw_objection};
pub use publish::{ByHand, publish};

use super::results::{Results, active_members, outdated};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::IfMatch;
use crate::score;

/// The table as audit entries name it.
const REVIEW: &str = "review";

/// The rule a review was computed by.
pub(super) fn rule_of(review: &review::Model) -> Result<Review> {
    serde_json::from_value(review.rule.clone()).map_err(ApiError::internal)
}

/// The candidates of a review, in their order.
pub(super) async fn candidates_of(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    review: ReviewId,
) -> Result<Vec<review_candidate::Model>> {
    Ok(review_candidate::Entity::of(committee)
        .filter(review_candidate::Column::ReviewId.eq(review))
        .order_by_asc(review_candidate::Column::Ordinal)
        .all(db)
        .await?)
}

/// Why a review no longer says what the results say; `None` while it does, and of what ended.
pub(super) async fn staleness(
    app: &App,
    review: &review::Model,
    stored: &[review_candidate::Model],
) -> Result<Option<String>> {
    if review.status.ended() {
        return Ok(None);
    }
    outdated(review, stored, &results_of(app, review).await?)
}

/// The results of the period of a review as they are now.
async fn results_of(app: &App, review: &review::Model) -> Result<Results> {
    let committee = review.committee_id;
    let period = score::service::period(app, committee, Some(&review.period)).await?;
    Results::load(app, committee, period).await
}

/// Refuses what rests on results that have changed meanwhile.
async fn require_fresh(app: &App, review: &review::Model) -> Result<()> {
    let stored = candidates_of(app.db.read(), review.committee_id, review.id).await?;
    match staleness(app, review, &stored).await? {
        None => Ok(()),
        Some(why) => Err(ApiError::with(
            Code::ReviewStale,
            format!("{why}，请退回起草后重新计算"),
        )),
    }
}

/// The row as it is now, locked until the transaction ends.
async fn lock(write: &mut Write, id: ReviewId) -> Result<review::Model> {
    let row = found(
        review::Entity::find_by_id((write.committee, id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    write.about(REVIEW, row.id);
    Ok(row)
}

/// The same, where an earlier look must still be true: nobody changed the row since.
async fn lock_as_seen(
    write: &mut Write,
    earlier: &review::Model,
    seen: IfMatch,
) -> Result<review::Model> {
    let row = lock(write, earlier.id).await?;
    seen.check(row.version)?;
    if row.version != earlier.version {
        return Err(ApiError::with(
            Code::Conflict,
            "评议刚被他人修改，请刷新后重试",
        ));
    }
    Ok(row)
}

fn step(status: ReviewStatus, step: ReviewStep) -> Result<ReviewStatus> {
    status.after(step).map_err(|wrong| {
        let detail = format!(
            "评议当前为「{}」，不能{}",
            wrong.status.zh(),
            wrong.step.zh()
        );
        ApiError::with(Code::WrongStep, detail)
    })
}

/// A change of the row, with its version counted on.
fn touched(write: &Write, row: review::Model) -> review::ActiveModel {
    let version = row.version + 1;
    let mut row = row.into_active_model();
    row.version = Set(version);
    row.updated_at = Set(write.at);
    row
}

/// Stores a step that only moves the review on.
async fn moved(write: &mut Write, row: review::ActiveModel) -> Result<review::Model> {
    let row = row.update(&write.txn).await?;
    write.detail(json!({ "status": row.status, "version": row.version }));
    Ok(row)
}

/// Everybody who had a hand in the list.
fn preparers(review: &review::Model, candidates: &[review_candidate::Model]) -> Vec<AccountId> {
    let mut accounts = vec![review.created_by];
    accounts.extend(review.settled_by);
    accounts.extend(candidates.iter().filter_map(|row| row.settled_by));
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// The members on the list, about whom none of them decides.
fn listed_members(candidates: &[review_candidate::Model]) -> Vec<MemberId> {
    let listed = candidates.iter().filter(|row| row.listed);
    listed.filter_map(|row| row.member_id).collect()
}

/// How many objections wait for an answer.
async fn unanswered(write: &Write, review: ReviewId) -> Result<u64> {
    Ok(objection::Entity::of(write.committee)
        .filter(objection::Column::ReviewId.eq(review))
        .filter(objection::Column::State.eq(ObjectionState::Raised))
        .count(&write.txn)
        .await?)
}

async fn require_answered(write: &Write, review: ReviewId) -> Result<()> {
    match unanswered(write, review).await? {
        0 => Ok(()),
        number => Err(ApiError::with(
            Code::ObjectionsOpen,
            format!("还有 {number} 条异议未答复"),
        )),
    }
}

/// Puts a message about a review into inboxes.
async fn tell(
    write: &Write,
    review: ReviewId,
    members: &[MemberId],
    title: &str,
    body: &str,
) -> Result<()> {
    let rows: Vec<_> = members
        .iter()
        .map(|&member| inbox_message::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(InboxMessageId::new(write.at, random())),
            member_id: Set(member),
            notice_id: Set(None),
            activity_id: Set(None),
            review_id: Set(Some(review)),
            period_id: Set(None),
            title: Set(title.to_owned()),
            body: Set(body.to_owned()),
            created_at: Set(write.at),
            read_at: Set(None),
        })
        .collect();
    for chunk in rows.chunks(500) {
        inbox_message::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(&write.txn)
            .await?;
    }
    Ok(())
}

/// Puts a message about a review into every member's inbox.
async fn tell_all(write: &Write, review: ReviewId, title: &str, body: &str) -> Result<()> {
    let members = active_members(&write.txn, write.committee).await?;
    tell(write, review, &members, title, body).await
}
