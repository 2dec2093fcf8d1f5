//! Objections against a published list, and their answers.

use chrono::NaiveDate;
use domain::calendar::add_workdays;
use domain::content::{ContentField, ContentKind};
use domain::ids::{FileId, MemberId, ObjectionId};
use domain::review::{ObjectionState, ObjectionStep, Remedy, ReviewStatus, publication_open};
use domain::time::local_date;
use entity::{Scoped, objection, review, review_candidate};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};
use serde_json::json;

use super::make::recalculate;
use super::{candidates_of, lock, results_of, rule_of, tell, touched};
use crate::access::{Caller, On, OperationType, op, second_person};
use crate::app::App;
use crate::content::service as content;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::Fields;
use crate::files::service::not_own;
use crate::review::results::{Row, digest_of_all};

/// An objection; the texts are checked already.
#[derive(Clone, Debug)]
pub struct Objection {
    /// About whom; about the whole list where nobody is named.
    pub about: Option<MemberId>,
    /// In words.
    pub text: String,
    /// Files that show it.
    pub evidence: Vec<FileId>,
}

/// Raises an objection within the publication.
pub async fn object(
    app: &App,
    on: &On<op::ReviewObject, review::Model>,
    new: Objection,
) -> Result<objection::Model> {
    let member_id = on.caller.member_id().ok_or_else(ApiError::not_found)?;
    let objection = on
        .write(app, async |write| {
            let row = lock(write, on.row.id).await?;
            let today = local_date(write.at);
            let until = row
                .published_until
                .filter(|_| row.status == ReviewStatus::Published);
            if !until.is_some_and(|until| publication_open(until, today)) {
                let detail = match until {
                    Some(until) => format!("公示期已于 {until} 结束，不能再提出异议"),
                    None => format!("评议当前为「{}」，不在公示期内", row.status.zh()),
                };
                return Err(ApiError::with(Code::PublicationClosed, detail));
            }
            let mut fields = Fields::default();
            let account = on.caller.account_id();
            for at in not_own(&write.txn, write.committee, account, &new.evidence).await? {
                fields.wrong(
                    format!("/evidence_ids/{at}"),
                    "unknown_file",
                    "没有这个文件",
                );
            }
            let about = match new.about {
                None => None,
                Some(member) => {
                    let one = review_candidate::Entity::of(write.committee)
                        .filter(review_candidate::Column::ReviewId.eq(row.id))
                        .filter(review_candidate::Column::MemberId.eq(member))
                        .one(&write.txn)
                        .await?;
                    // Whoever is neither on the list nor the caller himself is nobody's to ask about.
                    let one = one.filter(|one| one.listed || one.member_id == Some(member_id));
                    fields.check(
                        one.is_some(),
                        "/member_id",
                        "not_listed",
                        "不在公示名单上；如认为名单有遗漏，请对整个名单提出异议",
                    );
                    one
                }
            };
            fields.finish()?;
            let due_on = rule_of(&row)?
                .answer_workdays
                .map(|days| add_workdays(today, days).date);
            let objection = objection::ActiveModel {
                committee_id: Set(write.committee),
                id: Set(ObjectionId::new(write.at, random())),
                review_id: Set(row.id),
                candidate_id: Set(about.map(|one| one.id)),
                member_id: Set(member_id),
                raised_by: Set(account),
                text: Set(new.text),
                evidence: Set(json!(new.evidence)),
                state: Set(ObjectionState::Raised),
                due_on: Set(due_on),
                answer: Set(None),
                remedy: Set(None),
                answered_by: Set(None),
                answered_at: Set(None),
                created_at: Set(write.at),
            };
            let objection = objection.insert(&write.txn).await?;
            let texts = [(ContentField::Text, objection.text.as_str())];
            let subject = (ContentKind::Objection, objection.id.0);
            content::check(app, write, &on.caller, subject, &texts).await?;
            write.detail(json!({ "objection_id": objection.id, "due_on": due_on }));
            Ok(objection)
        })
        .await?;
    app.work.notify_one();
    Ok(objection)
}

/// The answer to an objection; the texts are checked already.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether the objection is right.
    pub upheld: bool,
    /// What the member is told.
    pub answer: String,
    /// What follows for the person it is about; unless told, he leaves the list he stands on, and
    /// whoever does not stand on it is computed anew.
    pub remedy: Option<Remedy>,
}

/// Answers an objection, never by whom it concerns. Where it is upheld, the list changes with it.
pub async fn answer<O: OperationType>(
    app: &App,
    permit: &crate::access::Permit<O>,
    id: ObjectionId,
    new: Answer,
) -> Result<objection::Model> {
    let committee = permit.committee();
    let objection = found(
        objection::Entity::find_by_id((committee, id))
            .one(app.db.read())
            .await?,
    )?;
    let review = found(
        review::Entity::find_by_id((committee, objection.review_id))
            .one(app.db.read())
            .await?,
    )?;
    let now = results_of(app, &review).await?.propose(&review.key)?;
    permit
        .write(app, async |write| {
            let review = lock(write, objection.review_id).await?;
            if review.status.ended() {
                let detail = format!("评议当前为「{}」，不能再答复异议", review.status.zh());
                return Err(ApiError::with(Code::WrongStep, detail));
            }
            let row = found(
                objection::Entity::find_by_id((write.committee, id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            let about = match row.candidate_id {
                None => None,
                Some(candidate) => {
                    review_candidate::Entity::find_by_id((write.committee, candidate))
                        .lock_exclusive()
                        .one(&write.txn)
                        .await?
                }
            };
            concerns_nobody_here(write, &permit.caller, &row, about.as_ref()).await?;
            let taken = if new.upheld {
                ObjectionStep::Uphold
            } else {
                ObjectionStep::Dismiss
            };
            let state = row.state.after(taken).map_err(|wrong| {
                let detail = format!("异议当前为「{}」，不能再答复", wrong.state.zh());
                ApiError::with(Code::WrongStep, detail)
            })?;
            let remedy = remedy(&new, about.as_ref())?;
            if let Some(about) = about {
                follow(
                    write,
                    &permit.caller,
                    &row,
                    about,
                    remedy,
                    &new.answer,
                    &now.rows,
                )
                .await?;
            }
            let (member, title) = (row.member_id, review.title.clone());
            let mut row = row.into_active_model();
            row.state = Set(state);
            row.answer = Set(Some(new.answer.clone()));
            row.remedy = Set(remedy);
            row.answered_by = Set(Some(permit.caller.account_id()));
            row.answered_at = Set(Some(write.at));
            let row = row.update(&write.txn).await?;
            if remedy.is_some_and(|remedy| remedy != Remedy::Nothing) {
                let all = candidates_of(&write.txn, write.committee, review.id).await?;
                let assessed = all.iter().map(|one| one.sheet_hash.as_str());
                let sheets_hash = digest_of_all(assessed);
                let mut review = touched(write, review);
                review.sheets_hash = Set(sheets_hash);
                review.update(&write.txn).await?;
            }
            let body = format!("{}。答复：{}", state.zh(), new.answer);
            tell(
                write,
                row.review_id,
                &[member],
                &format!("异议答复：{title}"),
                &body,
            )
            .await?;
            write.detail(json!({ "objection_id": row.id, "state": state, "remedy": remedy }));
            Ok(row)
        })
        .await
}

async fn concerns_nobody_here(
    write: &Write,
    caller: &Caller,
    row: &objection::Model,
    about: Option<&review_candidate::Model>,
) -> Result<()> {
    let mut members = vec![row.member_id];
    members.extend(about.and_then(|one| one.member_id));
    let refusal = "提出异议的人和异议所涉的人不能答复，须由另一人办理";
    second_person(write, caller, &[row.raised_by], &members, refusal).await
}

/// What follows; only from an objection that is upheld, and only for a person.
fn remedy(new: &Answer, about: Option<&review_candidate::Model>) -> Result<Option<Remedy>> {
    match (new.upheld, about, new.remedy) {
        (false, _, Some(_)) => Err(ApiError::field(
            "/remedy",
            "not_upheld",
            "异议不成立的，不作处理",
        )),
        (false, _, None) | (true, None, None) => Ok(None),
        (true, None, Some(_)) => Err(ApiError::field(
            "/remedy",
            "about_nobody",
            "异议针对整个名单；如须修改，请退回起草",
        )),
        (true, Some(_), Some(remedy)) => Ok(Some(remedy)),
        (true, Some(one), None) if one.listed => Ok(Some(Remedy::Remove)),
        (true, Some(_), None) => Ok(Some(Remedy::Recalculate)),
    }
}

/// Changes what the review says of the person, with the objection as the basis.
async fn follow(
    write: &Write,
    caller: &Caller,
    objection: &objection::Model,
    about: review_candidate::Model,
    remedy: Option<Remedy>,
    answer: &str,
    now: &[Row],
) -> Result<()> {
    let (row, listed) = match remedy {
        None | Some(Remedy::Nothing) => return Ok(()),
        Some(Remedy::Remove) => (about, false),
        Some(Remedy::Recalculate) => {
            let proposal = now.iter().find(|row| row.one.member_id == about.member_id);
            let row = recalculate(write, about, proposal).await?;
            let listed = row.listed;
            (row, listed)
        }
    };
    let raised: NaiveDate = local_date(objection.created_at);
    let mut row = row.into_active_model();
    row.listed = Set(listed);
    row.settled_by = Set(Some(caller.account_id()));
    row.settled_reason = Set(Some(answer.to_owned()));
    row.settled_basis = Set(Some(format!("{raised} 提出的异议成立")));
    row.settled_at = Set(Some(write.at));
    row.update(&write.txn).await?;
    Ok(())
}

/// Takes an objection back before it is answered.
pub async fn withdraw_objection(
    app: &App,
    on: &On<op::ReviewObject, objection::Model>,
) -> Result<objection::Model> {
    on.write(app, async |write| {
        let row = found(
            objection::Entity::find_by_id((write.committee, on.row.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        let state = row.state.after(ObjectionStep::Withdraw).map_err(|wrong| {
            let detail = format!("异议当前为「{}」，不能撤回", wrong.state.zh());
            ApiError::with(Code::WrongStep, detail)
        })?;
        let mut row = row.into_active_model();
        row.state = Set(state);
        write.about("objection", on.row.id);
        Ok(row.update(&write.txn).await?)
    })
    .await
}
