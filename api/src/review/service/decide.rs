//! The decision, entered by a leader who had no hand in the list, and what is carried out after it.
//! Nothing here touches anybody's membership.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::ids::{FileId, ReviewCandidateId, ReviewDocumentId};
use domain::review::{FollowUpKind, ReviewStatus, ReviewStep, Verdict, publication_open};
use domain::score::ProposedRung;
use domain::time::local_date;
use entity::{Scoped, review, review_candidate, review_document};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, Set};
use serde_json::json;

use super::{
    candidates_of, listed_members, lock, lock_as_seen, moved, preparers, require_answered,
    require_fresh, rule_of, step, tell, touched,
};
use crate::access::{On, op, second_person};
use crate::app::App;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::{Fields, IfMatch};
use crate::files::service::not_own;

/// Puts a review before the deciding body: after its publication, or at once where the rulebook
/// has its list not published.
pub async fn present(
    app: &App,
    on: &On<op::ReviewPublish, review::Model>,
    seen: IfMatch,
) -> Result<review::Model> {
    require_fresh(app, &on.row).await?;
    on.write(app, async |write| {
        let row = lock_as_seen(write, &on.row, seen).await?;
        let status = step(row.status, ReviewStep::Present)?;
        if row.status == ReviewStatus::Confirmed && rule_of(&row)?.publication_workdays.is_some() {
            return Err(ApiError::with(Code::WrongStep, "这项评议须先公示"));
        }
        require_over(write, &row)?;
        require_answered(write, row.id).await?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.presented_by = Set(Some(on.caller.account_id()));
        row.presented_at = Set(Some(write.at));
        moved(write, row).await
    })
    .await
}

/// The publication, where there was one, has ended.
fn require_over(write: &Write, row: &review::Model) -> Result<()> {
    match row.published_until {
        Some(until) if publication_open(until, local_date(write.at)) => {
            let detail = format!("公示期至 {until}，期满后才能办理");
            Err(ApiError::with(Code::PublicationOpen, detail))
        }
        _ => Ok(()),
    }
}

/// What a body decided; the texts are checked already.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The body; the one the rulebook names unless told.
    pub body: Option<String>,
    /// The number of the document.
    pub document: String,
    /// The day.
    pub decided_on: NaiveDate,
    /// Those of whom it decided otherwise than proposed.
    pub exceptions: Vec<Judged>,
}

/// What a body decided of one candidate.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Of whom.
    pub candidate: ReviewCandidateId,
    /// What it said.
    pub verdict: Verdict,
    /// What it decided instead.
    pub consequence: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Enters the decision. Whoever stands on the list and is not named was decided as proposed.
pub async fn decide(
    app: &App,
    on: &On<op::ReviewDecide, review::Model>,
    seen: IfMatch,
    decision: Decision,
) -> Result<review::Model> {
    step(on.row.status, ReviewStep::Decide)?;
    require_fresh(app, &on.row).await?;
    on.write(app, async |write| {
        let row = lock_as_seen(write, &on.row, seen).await?;
        let status = step(row.status, ReviewStep::Decide)?;
        require_over(write, &row)?;
        require_answered(write, row.id).await?;
        let candidates = candidates_of(&write.txn, write.committee, row.id).await?;
        let mut prepared = preparers(&row, &candidates);
        prepared.extend(row.confirmed_by);
        prepared.extend(row.presented_by);
        second_person(
            write,
            &on.caller,
            &prepared,
            &listed_members(&candidates),
            "办理名单的人和名单上的人不能登记决定，须由另一人办理",
        )
        .await?;
        let today = local_date(write.at);
        if today < decision.decided_on {
            return Err(ApiError::field(
                "/decided_on",
                "in_future",
                "决定日期不能晚于今天",
            ));
        }
        let mut exceptions: HashMap<ReviewCandidateId, (usize, &Judged)> = decision
            .exceptions
            .iter()
            .enumerate()
            .map(|(index, one)| (one.candidate, (index, one)))
            .collect();
        let listed: Vec<_> = candidates.into_iter().filter(|one| one.listed).collect();
        let mut members = Vec::new();
        let (mut as_proposed, mut otherwise) = (0_u32, 0_u32);
        for one in listed {
            members.extend(one.member_id);
            let judged = exceptions.remove(&one.id).map(|(_, judged)| judged);
            let verdict = judged.map_or(Verdict::AsProposed, |judged| judged.verdict);
            if verdict == Verdict::AsProposed {
                as_proposed += 1;
            } else {
                otherwise += 1;
            }
            let mut one = one.into_active_model();
            one.verdict = Set(Some(verdict));
            one.consequence = Set(judged.and_then(|judged| judged.consequence.clone()));
            one.verdict_reason = Set(judged.and_then(|judged| judged.reason.clone()));
            one.update(&write.txn).await?;
        }
        let mut fields = Fields::default();
        for (index, _) in exceptions.into_values() {
            let pointer = format!("/candidates/{index}/candidate_id");
            fields.wrong(pointer, "not_listed", "不在名单上");
        }
        fields.finish()?;
        let body = match decision.body {
            Some(body) => body,
            None => rule_of(&row)?.decided_by,
        };
        let (id, title) = (row.id, row.title.clone());
        let mut row = touched(write, row);
        row.status = Set(status);
        row.decided_by = Set(Some(on.caller.account_id()));
        row.decided_at = Set(Some(write.at));
        row.deciding_body = Set(Some(body.clone()));
        row.decided_document = Set(Some(decision.document.clone()));
        row.decided_on = Set(Some(decision.decided_on));
        let row = row.update(&write.txn).await?;
        let text = format!(
            "{body}已作出决定（{}），详情见本人履职档案。",
            decision.document
        );
        tell(write, id, &members, &format!("评议结果：{title}"), &text).await?;
        write.detail(json!({
            "status": row.status, "version": row.version, "document": decision.document,
            "body": body, "as_proposed": as_proposed, "otherwise": otherwise,
        }));
        Ok(row)
    })
    .await
}

/// Something carried out after a decision; the texts are checked already.
#[derive(Clone, Debug)]
pub struct Carried {
    /// About whom.
    pub candidate: ReviewCandidateId,
    /// What it is.
    pub kind: FollowUpKind,
    /// What people call it; the consequence unless told.
    pub title: Option<String>,
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
    pub file: Option<FileId>,
}

/// Records a talk or a letter after a decision.
pub async fn carry_out(
    app: &App,
    on: &On<op::ReviewDocument, review::Model>,
    new: Carried,
) -> Result<review_document::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id).await?;
        let Some(decided_on) = row
            .decided_on
            .filter(|_| row.status == ReviewStatus::Decided)
        else {
            let detail = format!("评议当前为「{}」，决定之后才有谈话和函件", row.status.zh());
            return Err(ApiError::with(Code::WrongStep, detail));
        };
        let one = review_candidate::Entity::of(write.committee)
            .filter(review_candidate::Column::ReviewId.eq(row.id))
            .filter(review_candidate::Column::Id.eq(new.candidate))
            .one(&write.txn)
            .await?;
        let one = found(one)?;
        let mut fields = Fields::default();
        let concerned = one.listed && one.verdict != Some(Verdict::Rejected);
        fields.check(
            concerned,
            "/candidate_id",
            "not_concerned",
            "决定不涉及此人",
        );
        let today = local_date(write.at);
        let in_time = |day: NaiveDate| (decided_on..=today).contains(&day);
        fields.check(
            in_time(new.done_on),
            "/done_on",
            "out_of_range",
            "应在决定之后、今天之前",
        );
        let signed_in_time = new
            .signed_on
            .is_none_or(|day| new.done_on <= day && day <= today);
        fields.check(
            signed_in_time,
            "/signed_on",
            "out_of_range",
            "应在送达之后、今天之前",
        );
        let copy: Vec<FileId> = new.file.into_iter().collect();
        let unknown = not_own(&write.txn, write.committee, on.caller.account_id(), &copy).await?;
        fields.check(
            unknown.is_empty(),
            "/file_id",
            "unknown_file",
            "没有这个文件",
        );
        let title = new.title.or_else(|| consequence(&one));
        fields.check(title.is_some(), "/title", "required", "必填");
        fields.finish()?;
        let himself: Vec<_> = one.member_id.into_iter().collect();
        second_person(write, &on.caller, &[], &himself, "本人的事须由另一人办理").await?;
        let document = review_document::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(ReviewDocumentId::new(write.at, random())),
            review_id: Set(row.id),
            candidate_id: Set(one.id),
            member_id: Set(one.member_id),
            group_id: Set(one.group_id),
            kind: Set(new.kind),
            title: Set(title.unwrap_or_default()),
            number: Set(new.number),
            done_on: Set(new.done_on),
            done_by: Set(new.done_by),
            note: Set(new.note),
            signed_on: Set(new.signed_on),
            file_id: Set(new.file),
            recorded_by: Set(on.caller.account_id()),
            created_at: Set(write.at),
        };
        let document = document.insert(&write.txn).await?;
        write.detail(
            json!({ "document_id": document.id, "kind": document.kind, "candidate_id": one.id }),
        );
        Ok(document)
    })
    .await
}

/// What was decided of somebody: the consequence of the rules, or the other one.
pub(crate) fn consequence(one: &review_candidate::Model) -> Option<String> {
    if let Some(other) = &one.consequence {
        return Some(other.clone());
    }
    let rung: ProposedRung = serde_json::from_value(one.rung.clone()?).ok()?;
    Some(rung.title)
}
