//! What may be done to a duty record: one function for each step, each one transaction.

use chrono::NaiveDate;
use domain::duty::{DutyStatus, DutyStep};
use domain::ids::{DutyRecordId, FactId, FileId, MemberId, TermId};
use domain::score::{Attributes, Subject};
use domain::time::local_date;
use entity::{Scoped, duty_record, fact, member, term};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde_json::json;

pub use super::queries::{Record, Wanted, describe, list};
use super::vocabulary;
use crate::access::{Caller, On, Permit, op, second_person};
use crate::app::App;
use crate::crypto::random;
use crate::db::{NewFact, Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::{Fields, IfMatch};
use crate::files::service::not_own;

/// The table as facts and audit entries name it.
const DUTY_RECORD: &str = "duty_record";

/// What is declared; the texts are checked already.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Who did it; the declaring member himself unless told.
    pub member: Option<MemberId>,
    /// What it is.
    pub kind: String,
    /// What the kind tells of it.
    pub attributes: Attributes,
    /// Title.
    pub title: String,
    /// In words.
    pub content: String,
    /// The day it was done.
    pub done_on: NaiveDate,
    /// Files that show it.
    pub evidence: Vec<FileId>,
    /// The number under which an office filed it.
    pub reference_no: Option<String>,
    /// Whether it is submitted at once.
    pub submit: bool,
}

/// Declares a record for the caller himself or, from the office, for a member.
pub async fn declare(
    app: &App,
    permit: Permit<op::DutyDeclare>,
    new: Declaration,
) -> Result<duty_record::Model> {
    let committee = permit.committee();
    let own = permit.caller.member_id();
    let wanted = new.member.or(own);
    let member_id =
        wanted.ok_or_else(|| ApiError::field("/member_id", "required", "请选择委员"))?;
    let row = member::Entity::find_by_id((committee, member_id))
        .one(app.db.read())
        .await?;
    let on = permit.over(app, found(row)?).await?;
    on.write(app, async |write| {
        let member = &on.row;
        let mut fields = Fields::default();
        check_day(write, &mut fields, member.term_id, new.done_on).await?;
        check_evidence(write, &mut fields, &new.evidence, &[]).await?;
        vocabulary::check(&app.scheme, &new.kind, &new.attributes, &mut fields);
        fields.finish()?;
        let status = if new.submit {
            step(DutyStatus::Draft, DutyStep::Submit)?
        } else {
            DutyStatus::Draft
        };
        let row = duty_record::ActiveModel {
            committee_id: Set(write.committee),
            id: Set(DutyRecordId::new(write.at, random())),
            member_id: Set(member.id),
            group_id: Set(member.group_id),
            kind: Set(new.kind.clone()),
            attributes: Set(json!(new.attributes)),
            title: Set(new.title.clone()),
            content: Set(new.content.clone()),
            done_on: Set(new.done_on),
            evidence: Set(json!(new.evidence)),
            reference_no: Set(new.reference_no.clone()),
            status: Set(status),
            status_reason: Set(None),
            declared_by: Set(on.caller.account_id()),
            checked_by: Set(None),
            verified_by: Set(None),
            version: Set(1),
            created_at: Set(write.at),
            updated_at: Set(write.at),
        };
        let row = row.insert(&write.txn).await?;
        write.about(DUTY_RECORD, row.id);
        write.detail(json!({ "member_id": row.member_id, "kind": row.kind, "status": row.status }));
        Ok(row)
    })
    .await
}

/// What is changed in a draft; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct Amendment {
    /// What it is.
    pub kind: Option<String>,
    /// What the kind tells of it.
    pub attributes: Option<Attributes>,
    /// Title.
    pub title: Option<String>,
    /// In words.
    pub content: Option<String>,
    /// The day it was done.
    pub done_on: Option<NaiveDate>,
    /// Files that show it.
    pub evidence: Option<Vec<FileId>>,
    /// The number under which an office filed it; an inner none takes it away.
    pub reference_no: Option<Option<String>>,
}

/// Changes a draft or a returned record. Only who declared it and the member himself may: an
/// office that could write into it would verify its own words.
pub async fn amend(
    app: &App,
    on: &On<op::DutyDeclare, duty_record::Model>,
    seen: IfMatch,
    change: Amendment,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let own = on.caller.member_id() == Some(row.member_id);
        if !own && row.declared_by != on.caller.account_id() {
            return Err(ApiError::new(Code::DeclarerOnly));
        }
        if !matches!(row.status, DutyStatus::Draft | DutyStatus::Returned) {
            let detail = format!("记录{}，不能修改", row.status.zh());
            return Err(ApiError::with(Code::WrongStep, detail));
        }
        let mut fields = Fields::default();
        if let Some(done_on) = change.done_on {
            let key = (write.committee, row.member_id);
            let member = found(member::Entity::find_by_id(key).one(&write.txn).await?)?;
            check_day(write, &mut fields, member.term_id, done_on).await?;
        }
        let before: Vec<FileId> =
            serde_json::from_value(row.evidence.clone()).map_err(ApiError::internal)?;
        let given = change.evidence.as_deref().unwrap_or_default();
        check_evidence(write, &mut fields, given, &before).await?;
        let kind = change.kind.as_ref().unwrap_or(&row.kind);
        let attributes = match &change.attributes {
            Some(attributes) => attributes.clone(),
            None => attributes(&row)?,
        };
        vocabulary::check(&app.scheme, kind, &attributes, &mut fields);
        fields.finish()?;

        let mut row = touched(write, row);
        row.kind = change.kind.clone().map_or(row.kind, Set);
        row.attributes = change
            .attributes
            .as_ref()
            .map_or(row.attributes, |attributes| Set(json!(attributes)));
        row.title = change.title.clone().map_or(row.title, Set);
        row.content = change.content.clone().map_or(row.content, Set);
        row.done_on = change.done_on.map_or(row.done_on, Set);
        row.evidence = change
            .evidence
            .as_ref()
            .map_or(row.evidence, |ids| Set(json!(ids)));
        row.reference_no = change.reference_no.clone().map_or(row.reference_no, Set);
        let row = row.update(&write.txn).await?;
        write.about(DUTY_RECORD, row.id);
        write.detail(json!({ "version": row.version }));
        Ok(row)
    })
    .await
}

/// Submits a draft or a returned record.
pub async fn submit(
    app: &App,
    on: &On<op::DutySubmit, duty_record::Model>,
    seen: IfMatch,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, DutyStep::Submit)?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(None);
        row.checked_by = Set(None);
        row.verified_by = Set(None);
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// Checks a submitted record first, as its convener. Nobody checks his own.
pub async fn check(
    app: &App,
    on: &On<op::DutyCheck, duty_record::Model>,
    seen: IfMatch,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, DutyStep::Check)?;
        require_second_person(write, &on.caller, &row).await?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.checked_by = Set(Some(on.caller.account_id()));
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// Verifies a record: from now on it is a fact.
pub async fn verify(
    app: &App,
    on: &On<op::DutyVerify, duty_record::Model>,
    seen: IfMatch,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, DutyStep::Verify)?;
        require_second_person(write, &on.caller, &row).await?;
        write.fact(fact_of(&row)?);
        let mut row = touched(write, row);
        row.status = Set(status);
        row.verified_by = Set(Some(on.caller.account_id()));
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// Returns a submitted record to the member.
pub async fn give_back(
    app: &App,
    on: &On<op::DutyReturn, duty_record::Model>,
    seen: IfMatch,
    reason: String,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, DutyStep::Return)?;
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(Some(reason.clone()));
        Ok(row.update(&write.txn).await?)
    })
    .await
}

/// Takes back a verified record that was found wrong: its fact is reversed, and the member has the
/// record again.
pub async fn reverse(
    app: &App,
    on: &On<op::DutyVerify, duty_record::Model>,
    seen: IfMatch,
    reason: String,
) -> Result<duty_record::Model> {
    on.write(app, async |write| {
        let row = lock(write, on.row.id, seen).await?;
        let status = step(row.status, DutyStep::Reverse)?;
        let standing = standing_fact(write, row.id).await?;
        write.fact(NewFact::reversing(&standing)?);
        let mut row = touched(write, row);
        row.status = Set(status);
        row.status_reason = Set(Some(reason.clone()));
        row.checked_by = Set(None);
        row.verified_by = Set(None);
        let row = row.update(&write.txn).await?;
        write.detail(
            json!({ "step": DutyStep::Reverse, "reverses": standing.id, "version": row.version }),
        );
        Ok(row)
    })
    .await
}

/// The row as it is now, locked until the transaction ends.
async fn lock(write: &mut Write, id: DutyRecordId, seen: IfMatch) -> Result<duty_record::Model> {
    let key = (write.committee, id);
    let row = found(
        duty_record::Entity::find_by_id(key)
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    seen.check(row.version)?;
    write.about(DUTY_RECORD, row.id);
    Ok(row)
}

fn touched(write: &mut Write, row: duty_record::Model) -> duty_record::ActiveModel {
    let version = row.version + 1;
    write.detail(json!({ "version": version }));
    let mut row = row.into_active_model();
    row.version = Set(version);
    row.updated_at = Set(write.at);
    row
}

fn step(status: DutyStatus, step: DutyStep) -> Result<DutyStatus> {
    status.after(step).map_err(|wrong| {
        let detail = format!("记录为「{}」，不能{}", wrong.status.zh(), wrong.step.zh());
        ApiError::with(Code::WrongStep, detail)
    })
}

/// Neither the member himself nor who declared it.
async fn require_second_person(
    write: &Write,
    caller: &Caller,
    row: &duty_record::Model,
) -> Result<()> {
    let refusal = "填报人和委员本人不能核实自己的记录，须由另一人办理";
    second_person(write, caller, &[row.declared_by], &[row.member_id], refusal).await
}

/// The fact of a verified record.
fn fact_of(row: &duty_record::Model) -> Result<NewFact> {
    // A number is one of its kind: proposal 12 and opinion report 12 are two things.
    let number = row.reference_no.as_ref();
    Ok(NewFact {
        subject: Subject::Member(row.member_id),
        kind: row.kind.clone(),
        happened_on: row.done_on,
        title: row.title.clone(),
        reference: number.map(|number| format!("{}:{number}", row.kind)),
        attributes: attributes(row)?,
        recorder: None,
        source_kind: DUTY_RECORD.to_owned(),
        source_id: row.id.into(),
        reverses: None,
    })
}

fn attributes(row: &duty_record::Model) -> Result<Attributes> {
    serde_json::from_value(row.attributes.clone()).map_err(ApiError::internal)
}

/// The fact of the record that no reversal has taken back.
async fn standing_fact(write: &Write, id: DutyRecordId) -> Result<fact::Model> {
    let facts = fact::Entity::of(write.committee)
        .filter(fact::Column::SourceKind.eq(DUTY_RECORD))
        .filter(fact::Column::SourceId.eq(id.0))
        .order_by_desc(fact::Column::Seq)
        .all(&write.txn)
        .await?;
    let reversed: Vec<FactId> = facts.iter().filter_map(|fact| fact.reverses).collect();
    facts
        .into_iter()
        .find(|fact| fact.reverses.is_none() && !reversed.contains(&fact.id))
        .ok_or_else(|| {
            ApiError::internal(anyhow::anyhow!("verified duty record {id} without a fact"))
        })
}

async fn check_day(
    write: &Write,
    fields: &mut Fields,
    term: TermId,
    done_on: NaiveDate,
) -> Result<()> {
    let term = found(
        term::Entity::find_by_id((write.committee, term))
            .one(&write.txn)
            .await?,
    )?;
    let past = done_on <= local_date(write.at);
    fields.check(past, "/done_on", "in_future", "日期不能晚于今天");
    let inside = (term.starts_on..=term.ends_on).contains(&done_on);
    fields.check(inside, "/done_on", "outside_term", "日期应在本届任期内");
    Ok(())
}

/// Evidence is what the caller uploaded himself, or what the record shows already.
async fn check_evidence(
    write: &Write,
    fields: &mut Fields,
    ids: &[FileId],
    before: &[FileId],
) -> Result<()> {
    let Some(caller) = write.account() else {
        return Err(ApiError::internal(anyhow::anyhow!("nobody declares")));
    };
    for index in not_own(&write.txn, write.committee, caller, ids).await? {
        let pointer = format!("/evidence_ids/{index}");
        let known = before.contains(&ids[index]);
        fields.check(known, &pointer, "unknown_file", "没有这个文件");
    }
    Ok(())
}
