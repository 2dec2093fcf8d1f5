//! Taking in what is to be checked, what WeChat found in a picture, and what a person decides.

use chrono::{DateTime, Utc};
use domain::authority::{Operation, Scope};
use domain::content::{
    ContentDecision, ContentField, ContentKind, ContentObstacle, ContentOutcome, ContentPolicy,
};
use domain::ids::{CommitteeId, ContentCheckId};
use entity::{Scoped, content_check, file};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set, TryInsertResult,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use wechat::security::{Judgement, Label, Verdict};

use super::CHECK;
use crate::access::{Audience, Caller, Guarded, On, op, second_person};
use crate::app::App;
use crate::crypto::random;
use crate::db::{NewJob, Write, found};
use crate::error::Result;

/// What a picture that was asked about turned out to be, as WeChat pushes it.
#[derive(Clone, Debug)]
pub struct MediaVerdict {
    /// The mini-program that asked.
    pub app_id: String,
    /// What WeChat called the check.
    pub trace_id: String,
    /// Not 0 where it could not be judged; -1008 where it could not be fetched.
    pub code: Option<i64>,
    /// `pass`, `review` or `risky`.
    pub suggest: Option<String>,
    /// What was found; 100 is nothing.
    pub label: Option<i64>,
}

/// WeChat could not fetch the picture.
const UNFETCHED: i64 = -1008;

/// Has the texts of one row checked that the caller writes with this change, if they come from the
/// mini-program: what clerks write at their desks is no content of users. An empty text is none.
///
/// Of a field whose text is now another the earlier one is forgotten, unless somebody decided it.
/// Whoever calls wakes the worker after the commit.
pub async fn check(
    app: &App,
    write: &mut Write,
    caller: &Caller,
    (kind, subject): (ContentKind, Uuid),
    texts: &[(ContentField, &str)],
) -> Result<()> {
    if !is_checked(app, caller) {
        return Ok(());
    }
    for (field, text) in texts {
        let hash = text_hash(text);
        forget(write, (kind, subject, *field), &hash).await?;
        if !text.trim().is_empty() {
            note(write, caller, (kind, subject, *field), hash).await?;
        }
    }
    Ok(())
}

/// Has a picture checked that the caller uploads with this change from the mini-program. WeChat
/// judges no documents.
pub async fn check_picture(
    app: &App,
    write: &mut Write,
    caller: &Caller,
    file: &file::Model,
) -> Result<()> {
    if is_checked(app, caller) && file.media_type.starts_with("image/") {
        let subject = (ContentKind::File, file.id.0, ContentField::Picture);
        note(write, caller, subject, file.sha256.clone()).await?;
    }
    Ok(())
}

fn is_checked(app: &App, caller: &Caller) -> bool {
    app.config.wechat.content_check != ContentPolicy::Off
        && caller.audience == Audience::MiniProgram
}

/// SHA-256 of a text, by which a row is found again.
pub(super) fn text_hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

async fn forget(
    write: &Write,
    (kind, subject, field): (ContentKind, Uuid, ContentField),
    but: &str,
) -> Result<()> {
    content_check::Entity::delete_many()
        .filter(content_check::Column::CommitteeId.eq(write.committee))
        .filter(content_check::Column::Kind.eq(kind))
        .filter(content_check::Column::SubjectId.eq(subject))
        .filter(content_check::Column::Field.eq(field))
        .filter(content_check::Column::TextHash.ne(but))
        .filter(content_check::Column::Decision.is_null())
        .exec(&write.txn)
        .await?;
    Ok(())
}

async fn note(
    write: &mut Write,
    caller: &Caller,
    (kind, subject, field): (ContentKind, Uuid, ContentField),
    text_hash: String,
) -> Result<()> {
    use content_check::Column as C;
    let id = ContentCheckId::new(write.at, random());
    let row = content_check::ActiveModel {
        committee_id: Set(write.committee),
        id: Set(id),
        kind: Set(kind),
        subject_id: Set(subject),
        field: Set(field),
        text_hash: Set(text_hash),
        account_id: Set(caller.account_id()),
        written_at: Set(write.at),
        outcome: Set(ContentOutcome::Unchecked),
        suggest: Set(None),
        label: Set(None),
        obstacle: Set(None),
        app_id: Set(None),
        trace_id: Set(None),
        asked_at: Set(None),
        checked_at: Set(None),
        decision: Set(None),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
    };
    let inserted = content_check::Entity::insert(row)
        .on_conflict_do_nothing_on([C::CommitteeId, C::Kind, C::SubjectId, C::Field, C::TextHash])
        .exec_without_returning(&write.txn)
        .await?;
    // The same text was there before, and so was its job.
    if let TryInsertResult::Inserted(1..) = inserted {
        write.job(NewJob {
            kind: CHECK,
            payload: json!({ "content_check_id": id }),
            run_at: write.at,
            unique_key: Some(format!("content:{id}")),
        });
    }
    Ok(())
}

/// What WeChat found, as it is written down.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub outcome: ContentOutcome,
    pub suggest: Option<String>,
    pub label: Option<i64>,
    pub obstacle: Option<ContentObstacle>,
}

impl Found {
    pub(super) fn judged(judgement: &Judgement) -> Self {
        Self {
            outcome: match judgement.verdict {
                Verdict::Pass => ContentOutcome::Clean,
                Verdict::HumanReview => ContentOutcome::Review,
                Verdict::Risky => ContentOutcome::Risky,
            },
            suggest: Some(judgement.suggest.clone()),
            label: Some(judgement.label.0),
            obstacle: None,
        }
    }

    pub(super) fn nothing(obstacle: ContentObstacle) -> Self {
        Self {
            outcome: ContentOutcome::Unjudged,
            suggest: None,
            label: None,
            obstacle: Some(obstacle),
        }
    }

    pub(super) fn of_media(
        code: Option<i64>,
        suggest: Option<&str>,
        label: Option<i64>,
        trace_id: &str,
    ) -> Self {
        match (code.unwrap_or(0), suggest) {
            (0, Some(suggest)) => {
                let label = label.map_or(Label::OTHER, Label);
                Self::judged(&Judgement::read(suggest, label, trace_id))
            }
            (UNFETCHED, _) => Self::nothing(ContentObstacle::Unfetched),
            _ => Self::nothing(ContentObstacle::NoVerdict),
        }
    }
}

/// Writes down what was found, unless something was before.
pub(super) async fn settle(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    id: ContentCheckId,
    found: Found,
    now: DateTime<Utc>,
) -> Result<()> {
    use content_check::Column as C;
    content_check::Entity::update_many()
        .col_expr(C::Outcome, Expr::value(found.outcome))
        .col_expr(C::Suggest, Expr::value(found.suggest))
        .col_expr(C::Label, Expr::value(found.label))
        .col_expr(C::Obstacle, Expr::value(found.obstacle))
        .col_expr(C::CheckedAt, Expr::value(Some(now)))
        .filter(C::CommitteeId.eq(committee))
        .filter(C::Id.eq(id))
        .filter(C::Outcome.eq(ContentOutcome::Unchecked))
        .exec(txn)
        .await?;
    Ok(())
}

/// Writes down what WeChat pushes of a picture. What it says of a check whose number is not
/// written down yet is found by the job that asked.
pub async fn media_found(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    verdict: &MediaVerdict,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = content_check::Entity::of(committee)
        .filter(content_check::Column::AppId.eq(verdict.app_id.as_str()))
        .filter(content_check::Column::TraceId.eq(verdict.trace_id.as_str()))
        .one(txn)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let (suggest, trace_id) = (verdict.suggest.as_deref(), verdict.trace_id.as_str());
    let found = Found::of_media(verdict.code, suggest, verdict.label, trace_id);
    settle(txn, committee, row.id, found, now).await
}

/// Decides whether others read a text or see a picture. A decision may be changed, and the audit
/// log has each; the same once more changes nothing. Nobody decides what he wrote himself.
pub(super) async fn decide(
    app: &App,
    on: &On<op::ContentDecide, content_check::Model>,
    decision: ContentDecision,
    said: Option<String>,
) -> Result<content_check::Model> {
    on.write(app, async |write| {
        let row = found(
            content_check::Entity::find_by_id((write.committee, on.row.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        let refusal = "不能处理本人填写的内容，须由另一人办理";
        second_person(write, &on.caller, &[row.account_id], &[], refusal).await?;
        if row.decision == Some(decision) && row.note == said {
            write.unchanged();
            return Ok(row);
        }
        write.about("content_check", row.id);
        write.detail(json!({
            "kind": row.kind, "subject_id": row.subject_id, "field": row.field,
            "outcome": row.outcome, "label": row.label,
            "before": row.decision, "decision": decision, "note": said,
        }));
        let mut row = row.into_active_model();
        row.decision = Set(Some(decision));
        row.decided_by = Set(write.account());
        row.decided_at = Set(Some(write.at));
        row.note = Set(said.clone());
        Ok(row.update(&write.txn).await?)
    })
    .await
}

impl Guarded for content_check::Model {
    const PARAM: &'static str = "content_check_id";
    const READ: Operation = Operation::ContentList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(
            content_check::Entity::find_by_id((committee, ContentCheckId(id)))
                .one(app.db.read())
                .await?,
        )
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope::default())
    }
}
