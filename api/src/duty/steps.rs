//! What is done to declared records, each step to the whole of a thing: submitted, checked,
//! verified, returned, taken back; and what becomes of it later.

use domain::authority::Standing;
use domain::duty::{DutyStatus, DutyStep, Growth, without};
use domain::score::{Attributes, Holds, Kind, Scheme};
use entity::duty_record;
use sea_orm::sea_query::Expr;
use serde_json::json;

use super::filing::{Filing, Retold, attributes, change, record, retell, standing_facts};
use super::recording::Recording;
use super::vocabulary::{self, CONVERTED, conversion};
use crate::access::{On, op};
use crate::app::App;
use crate::db::{NewFact, Write};
use crate::error::{ApiError, Code, Result};
use crate::extract::{Fields, IfMatch, instant};

use duty_record::Column as C;

/// Submits a draft or a returned record: who declared it, its first signer, or the office.
pub async fn submit(
    app: &App,
    on: &On<op::DutySubmit, duty_record::Model>,
    seen: IfMatch,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let filing = Filing::lock(write, on.row.id, seen).await?;
        let head = filing.head();
        let own = on.caller.member_id().is_some() && on.caller.member_id() == head.member_id;
        let office = on.caller.standings().contains(&Standing::Office);
        if !own && !office && head.declared_by != on.caller.account_id() {
            return Err(ApiError::new(Code::DeclarerOnly));
        }
        let status = filing.after(DutyStep::Submit)?;
        let none = Expr::value(Option::<uuid::Uuid>::None);
        let rows = change(write, &filing.rows, |update| {
            update
                .col_expr(C::Status, Expr::value(status))
                .col_expr(C::StatusReason, Expr::value(Option::<String>::None))
                .col_expr(C::CheckedBy, none.clone())
                .col_expr(C::VerifiedBy, none.clone())
        })
        .await?;
        shown(write, on.row.id, DutyStep::Submit, rows)
    })
    .await
}

/// Checks a submitted record first, as a convener of somebody who signed it. Nobody checks his
/// own.
pub async fn check(
    app: &App,
    on: &On<op::DutyCheck, duty_record::Model>,
    seen: IfMatch,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let filing = Filing::lock(write, on.row.id, seen).await?;
        let status = filing.after(DutyStep::Check)?;
        filing.by_second_person(write, &on.caller).await?;
        let checked_by = on.caller.account_id();
        let rows = change(write, &filing.rows, |update| {
            update
                .col_expr(C::Status, Expr::value(status))
                .col_expr(C::CheckedBy, Expr::value(checked_by))
        })
        .await?;
        shown(write, on.row.id, DutyStep::Check, rows)
    })
    .await
}

/// Verifies a record with everybody who signed it: from now on each has a fact.
pub async fn verify(
    app: &App,
    on: &On<op::DutyVerify, duty_record::Model>,
    seen: IfMatch,
) -> Result<duty_record::Model> {
    let recording = about(app, on).await?;
    on.write(app, async |write| {
        let filing = Filing::lock(write, on.row.id, seen).await?;
        let status = filing.after(DutyStep::Verify)?;
        filing.within(&on.reach)?;
        filing.by_second_person(write, &on.caller).await?;
        let recorders = record(write, &recording, &filing.rows).await?;
        mark_conversion(write, &recording, &filing).await?;
        let verified_by = on.caller.account_id();
        let recorder = recorders.get(&filing.head().id).cloned().flatten();
        let rows = change(write, &filing.rows, |update| {
            update
                .col_expr(C::Status, Expr::value(status))
                .col_expr(C::VerifiedBy, Expr::value(verified_by))
                .col_expr(C::Recorder, Expr::value(recorder.clone()))
        })
        .await?;
        hold_number(write, &filing.rows[..1]).await?;
        shown(write, on.row.id, DutyStep::Verify, rows)
    })
    .await
}

/// Keeps the numbers of these first signers' records from being used for another thing.
pub(super) async fn hold_number(write: &mut Write, heads: &[duty_record::Model]) -> Result<()> {
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    for chunk in heads.chunks(super::filing::CHUNK) {
        duty_record::Entity::update_many()
            .filter(C::CommitteeId.eq(write.committee))
            .filter(C::Id.is_in(chunk.iter().map(|row| row.id)))
            .col_expr(C::FiledNo, Expr::col(C::ReferenceNo))
            .exec(&write.txn)
            .await?;
    }
    Ok(())
}

/// Returns a submitted record to whoever declared it.
pub async fn give_back(
    app: &App,
    on: &On<op::DutyReturn, duty_record::Model>,
    seen: IfMatch,
    reason: String,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let filing = Filing::lock(write, on.row.id, seen).await?;
        let status = filing.after(DutyStep::Return)?;
        let rows = change(write, &filing.rows, |update| {
            update
                .col_expr(C::Status, Expr::value(status))
                .col_expr(C::StatusReason, Expr::value(Some(reason.clone())))
        })
        .await?;
        shown(write, on.row.id, DutyStep::Return, rows)
    })
    .await
}

/// Takes back a verified record that was found wrong: the facts of everybody who signed it are
/// reversed, and whoever declared it has the record again.
pub async fn reverse(
    app: &App,
    on: &On<op::DutyVerify, duty_record::Model>,
    seen: IfMatch,
    reason: String,
) -> Result<duty_record::Model> {
    let recording = about(app, on).await?;
    on.write(app, async |write| {
        let filing = Filing::lock(write, on.row.id, seen).await?;
        let status = filing.after(DutyStep::Reverse)?;
        filing.within(&on.reach)?;
        require_open(write, &filing.rows).await?;
        let mut standing = standing_facts(write, &filing.rows).await?;
        for row in &filing.rows {
            if let Some(fact) = standing.remove(&row.id.0) {
                write.fact(NewFact::reversing(&fact)?);
            }
        }
        unmark_conversion(write, &recording, &filing).await?;
        let none = Expr::value(Option::<uuid::Uuid>::None);
        let nothing = Expr::value(Option::<String>::None);
        let rows = change(write, &filing.rows, |update| {
            update
                .col_expr(C::Status, Expr::value(status))
                .col_expr(C::StatusReason, Expr::value(Some(reason.clone())))
                .col_expr(C::CheckedBy, none.clone())
                .col_expr(C::VerifiedBy, none.clone())
                .col_expr(C::FiledNo, nothing.clone())
                .col_expr(C::Recorder, nothing.clone())
        })
        .await?;
        shown(write, on.row.id, DutyStep::Reverse, rows)
    })
    .await
}

/// What became of a verified thing.
#[derive(Clone, Debug)]
pub struct Advance {
    /// What is added; words without an attribute are stages of the kind.
    pub growth: Growth,
    /// Words of the attribute in which the kind gathers stages.
    pub stages: Vec<String>,
    /// The document that says so.
    pub document: Option<String>,
}

/// Adds stages or levels to a verified thing, for everybody who signed it: the facts are reversed
/// and new ones of the same day take their place. What is there already changes nothing.
pub async fn advance(
    app: &App,
    on: &On<op::DutyVerify, duty_record::Model>,
    seen: IfMatch,
    new: Advance,
) -> Result<duty_record::Model> {
    let recording = about(app, on).await?;
    on.write(app, async |write| {
        let filing = Filing::lock(write, on.row.id, seen).await?;
        filing.after(DutyStep::Advance)?;
        filing.within(&on.reach)?;
        filing.by_second_person(write, &on.caller).await?;
        let head = filing.head();
        let growth = growth(recording.scheme(head.done_on)?, head, &new)?;
        let progress = json!({
            "at": instant::text(write.at), "by": on.caller.account_id(),
            "words": growth.words, "flags": growth.flags, "document": new.document,
        });
        let retold = grown(&recording, &filing.rows, &growth, &progress, true)?;
        if retold.is_empty() {
            write.unchanged();
            return filing.row(on.row.id);
        }
        require_open(write, &filing.rows).await?;
        let rows = retell(write, retold).await?;
        write.detail(json!({ "step": DutyStep::Advance, "added": growth, "signers": rows.len() }));
        shown(write, on.row.id, DutyStep::Advance, rows)
    })
    .await
}

/// What is added, in the words of the kind.
fn growth(scheme: &Scheme, head: &duty_record::Model, new: &Advance) -> Result<Growth> {
    let kind = scheme.vocabulary().kind(&head.kind);
    let kind = kind.ok_or_else(|| ApiError::new(Code::Conflict))?;
    let mut growth = new.growth.clone();
    let mut fields = Fields::default();
    if !new.stages.is_empty() {
        match vocabulary::stages(kind) {
            Some(attribute) => {
                let words = growth.words.entry(attribute.key.clone()).or_default();
                words.extend(new.stages.iter().cloned());
            }
            None => fields.wrong(
                "/add",
                "no_stages",
                format!("「{}」没有阶段或层级", kind.title),
            ),
        }
    }
    for (name, words) in &growth.words {
        let gathers = kind
            .attribute(name)
            .is_some_and(|attribute| attribute.holds == Holds::Words);
        let pointer = format!("/words/{name}");
        fields.check(gathers, &pointer, "not_gathered", "这一项不能累加");
        fields.check(!words.is_empty(), &pointer, "required", "必填");
    }
    for name in &growth.flags {
        let flag = kind
            .attribute(name)
            .is_some_and(|attribute| attribute.holds == Holds::Flag);
        fields.check(
            flag,
            "/flags",
            "unknown_word",
            &format!("「{name}」不是是否项"),
        );
    }
    fields.check(
        !growth.is_empty(),
        "/add",
        "required",
        "请填写新的阶段或层级",
    );
    fields.finish()?;
    Ok(growth)
}

/// The rows that `growth` changes, as they are then.
pub(super) fn grown(
    recording: &Recording,
    rows: &[duty_record::Model],
    growth: &Growth,
    progress: &serde_json::Value,
    by_organ: bool,
) -> Result<Vec<Retold>> {
    let mut retold = Vec::with_capacity(rows.len());
    for row in rows {
        let scheme = recording.scheme(row.done_on)?;
        let kind = scheme.vocabulary().kind(&row.kind);
        let kind = kind.ok_or_else(|| ApiError::new(Code::Conflict))?;
        let before = attributes(row)?;
        let after = growth.applied(kind, &before);
        if after == before {
            continue;
        }
        let mut fields = Fields::default();
        vocabulary::check(scheme, &row.kind, &after, &mut fields);
        fields.finish()?;
        let recorder = if by_organ {
            recording.recorder(row.done_on, row.subject(), &row.kind, &after)?
        } else {
            None
        };
        retold.push(Retold {
            row: row.clone(),
            attributes: after,
            progress: Some(progress.clone()),
            recorder,
        });
    }
    Ok(retold)
}

/// Says of what this was converted from that it was.
pub(super) async fn mark_conversion(
    write: &mut Write,
    recording: &Recording,
    filing: &Filing,
) -> Result<()> {
    let tell = |kind: &Kind, name: &str, before: &Attributes| {
        Growth::word(name, CONVERTED).applied(kind, before)
    };
    tell_source(write, recording, filing, tell).await
}

/// Takes that back.
async fn unmark_conversion(
    write: &mut Write,
    recording: &Recording,
    filing: &Filing,
) -> Result<()> {
    let tell = |_: &Kind, name: &str, before: &Attributes| without(before, name, CONVERTED);
    tell_source(write, recording, filing, tell).await
}

async fn tell_source(
    write: &mut Write,
    recording: &Recording,
    filing: &Filing,
    tell: impl Fn(&Kind, &str, &Attributes) -> Attributes,
) -> Result<()> {
    let source = filing.source();
    let mut retold = Vec::with_capacity(source.len());
    for row in &source {
        let scheme = recording.scheme(row.done_on)?;
        let kind = scheme.vocabulary().kind(&row.kind);
        let Some((kind, attribute)) = kind.and_then(|kind| Some((kind, conversion(kind)?))) else {
            continue;
        };
        let before = attributes(row)?;
        let after = tell(kind, &attribute.key, &before);
        if after != before {
            let id = filing.head().id;
            retold.push(Retold {
                row: row.clone(),
                attributes: after,
                progress: Some(json!({ "at": instant::text(write.at), "converted_to": id })),
                recorder: None,
            });
        }
    }
    let verified: Vec<_> = source
        .into_iter()
        .filter(|row| row.status == DutyStatus::Verified)
        .collect();
    if !retold.is_empty() {
        require_open(write, &verified).await?;
        retell(write, retold).await?;
    }
    Ok(())
}

/// No fact falls into a period that is closed.
pub(super) async fn require_open(write: &Write, rows: &[duty_record::Model]) -> Result<()> {
    let mut days: Vec<_> = rows.iter().map(|row| row.done_on).collect();
    days.sort_unstable();
    days.dedup();
    for day in days {
        crate::score::periods::require_open(write, day).await?;
    }
    Ok(())
}

/// What is needed to judge a row and everything of its thing.
async fn about<O: crate::access::OperationType>(
    app: &App,
    on: &On<O, duty_record::Model>,
) -> Result<Recording> {
    let rows = super::queries::of_things(app, on.committee(), [on.row.thing_id]).await?;
    Recording::of_rows(app, &on.caller, &rows).await
}

/// The row that was asked about, among those that changed.
fn shown(
    write: &mut Write,
    id: domain::ids::DutyRecordId,
    step: DutyStep,
    rows: Vec<duty_record::Model>,
) -> Result<duty_record::Model> {
    let signers = rows.len();
    let row = rows.into_iter().find(|row| row.id == id);
    let row = row.ok_or_else(ApiError::not_found)?;
    if step != DutyStep::Advance {
        write.detail(json!({ "step": step, "version": row.version, "signers": signers }));
    }
    Ok(row)
}
