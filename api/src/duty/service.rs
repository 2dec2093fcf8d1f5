//! Declaring duty records and changing what is not yet submitted. What is done to them afterwards
//! is in [`super::steps`].

use chrono::NaiveDate;
use domain::content::{ContentField, ContentKind};
use domain::duty::{Declarer, DutyStatus, DutyStep, declarer};
use domain::ids::{DutyRecordId, FileId, GroupId, MemberId, TermId};
use domain::score::Attributes;
use domain::time::local_date;
use entity::{Scoped, duty_record, member, term};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};
use serde_json::json;

use super::filing::{DUTY_RECORD, Filing, after, attributes};
use super::parties::{Parties, resolve};
pub use super::queries::{Record, Signer, Wanted, describe, list};
use super::recording::{Recording, is_organ};
use super::vocabulary;
use crate::access::{Caller, On, Permit, op};
use crate::app::App;
use crate::content::free_texts;
use crate::content::service as content;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};
use crate::extract::{Fields, IfMatch};
use crate::files::service::not_own;

/// What is declared; the texts are checked already.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Who did it; the declaring member himself unless told.
    pub member: Option<MemberId>,
    /// The group that did it, where it was no member.
    pub group: Option<GroupId>,
    /// Everybody who signed it, where several did.
    pub signers: Vec<Signature>,
    /// The record that became this one.
    pub converted_from: Option<DutyRecordId>,
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

/// One of several who signed.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Who.
    pub member: MemberId,
    /// What he was in it; the first one `first`, the others `signer` unless told.
    pub role: Option<String>,
    /// His place, from 1.
    pub place: i32,
}

/// Declares a record: of the caller himself or of several who signed with him, of his group, or,
/// from an organ, of whom it serves. Answers the caller's own record, or that of the first signer.
pub async fn declare(
    app: &App,
    permit: &Permit<op::DutyDeclare>,
    new: Declaration,
) -> Result<duty_record::Model> {
    let days = [new.done_on];
    let scheme = super::recording::schemes(app, permit.committee(), days).await?;
    let scheme = &scheme[&new.done_on];
    let kind = scheme.vocabulary().kind(&new.kind);
    let parties = resolve(app, permit, &new, kind).await?;
    let subjects = parties.list.iter().map(super::parties::Party::subject);
    let recording = Recording::of(app, &permit.caller, days, subjects).await?;
    may_declare(
        &new.kind,
        kind.map(|kind| kind.title.as_str()),
        parties.organ,
    )?;
    let row = permit
        .write(app, async |write| {
            let mut fields = Fields::default();
            let terms = parties.list.iter().filter_map(|party| party.term);
            check_day(write, &mut fields, terms, new.done_on).await?;
            check_evidence(write, &mut fields, &new.evidence, &[]).await?;
            let mut told = Vec::with_capacity(parties.list.len());
            for party in &parties.list {
                told.push(parties.attributes(kind, party, &new.attributes));
            }
            vocabulary::check(scheme, &new.kind, &told[0], &mut fields);
            let (subject, files) = (parties.list[0].subject(), new.evidence.len());
            vocabulary::check_basis(&new.kind, subject, &told[0], files, &mut fields);
            fields.finish()?;
            let mut recorders = Vec::with_capacity(told.len());
            for (party, told) in parties.list.iter().zip(&told) {
                let organ = parties
                    .organ
                    .then(|| recording.recorder(new.done_on, party.subject(), &new.kind, told));
                recorders.push(as_declared(&new.kind, organ)?);
            }
            let rows = insert(write, &parties, &new, &told, recorders).await?;
            check_texts(app, write, &permit.caller, &rows).await?;
            let own = permit.caller.member_id();
            let shown = rows
                .iter()
                .find(|row| row.member_id.is_some() && row.member_id == own);
            let row = shown.unwrap_or(&rows[0]).clone();
            write.about(DUTY_RECORD, row.id);
            write.detail(json!({
                "member_id": row.member_id, "group_id": row.group_id, "kind": row.kind,
                "status": row.status, "signers": rows.len(), "converted_from": new.converted_from,
            }));
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

/// Has checked what a thing says; the records of all who signed it say the same, so that of the
/// first one stands for them.
async fn check_texts(
    app: &App,
    write: &mut Write,
    caller: &Caller,
    rows: &[duty_record::Model],
) -> Result<()> {
    let first = found(rows.iter().min_by_key(|row| row.place))?;
    let others = free_texts(&first.attributes);
    let texts = [
        (ContentField::Title, first.title.as_str()),
        (ContentField::Content, first.content.as_str()),
        (
            ContentField::ReferenceNo,
            first.reference_no.as_deref().unwrap_or_default(),
        ),
        (ContentField::Attributes, others.as_str()),
    ];
    let thing = (ContentKind::DutyRecord, first.id.0);
    content::check(app, write, caller, thing, &texts).await
}

/// Proves that whoever declares may declare this kind: what others found of somebody is entered
/// by an organ.
fn may_declare(kind: &str, title: Option<&str>, organ: bool) -> Result<()> {
    if organ || declarer(kind) != Declarer::Organs {
        return Ok(());
    }
    let title = title.unwrap_or(kind);
    let detail = format!("「{title}」由办公室或联系该组的专委会登记，不由委员或召集人填报");
    Err(ApiError::with(Code::Forbidden, detail))
}

/// For which organ a declaration is. An organ may help a member to declare what another organ
/// records: then it is the member's declaration, and that organ verifies it.
fn as_declared(kind: &str, organ: Option<Result<Option<String>>>) -> Result<Option<String>> {
    match organ {
        Some(Ok(organ)) => Ok(organ),
        Some(Err(refused)) if declarer(kind) == Declarer::Organs => Err(refused),
        None | Some(Err(_)) => Ok(None),
    }
}

async fn insert(
    write: &mut Write,
    parties: &Parties,
    new: &Declaration,
    told: &[Attributes],
    recorders: Vec<Option<String>>,
) -> Result<Vec<duty_record::Model>> {
    let status = if new.submit {
        after(DutyStatus::Draft, DutyStep::Submit)?
    } else {
        DutyStatus::Draft
    };
    let declared_by = write
        .account()
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("nobody declares")))?;
    let ids: Vec<DutyRecordId> = parties
        .list
        .iter()
        .map(|_| DutyRecordId::new(write.at, random()))
        .collect();
    let thing = parties.source.first().map_or(ids[0], |row| row.thing_id);
    let converted_from = parties.source.first().map(|row| row.id);
    let mut rows = Vec::with_capacity(ids.len());
    for (((party, told), recorder), id) in parties.list.iter().zip(told).zip(recorders).zip(ids) {
        rows.push(duty_record::Model {
            committee_id: write.committee,
            id,
            member_id: party.member,
            group_id: party.group,
            thing_id: thing,
            place: party.place,
            kind: new.kind.clone(),
            title: new.title.clone(),
            content: new.content.clone(),
            done_on: new.done_on,
            attributes: json!(told),
            evidence: json!(new.evidence),
            reference_no: new.reference_no.clone(),
            filed_no: None,
            recorder,
            converted_from,
            import_id: None,
            progress: json!([]),
            status,
            status_reason: None,
            declared_by,
            checked_by: None,
            verified_by: None,
            version: 1,
            created_at: write.at,
            updated_at: write.at,
        });
    }
    // A second conversion of one thing can race past the look at it; `duty_record_place` lets one
    // of them in.
    let insert = rows.iter().map(|row| row.clone().into_active_model());
    duty_record::Entity::insert_many(insert)
        .exec_without_returning(&write.txn)
        .await?;
    Ok(rows)
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

/// Changes a draft or a returned record, for all who signed it. Only who declared it and its first
/// signer may: an office that could write into it would verify its own words.
pub async fn amend(
    app: &App,
    on: &On<op::DutyDeclare, duty_record::Model>,
    seen: IfMatch,
    new: Amendment,
) -> Result<duty_record::Model> {
    let day = new.done_on.unwrap_or(on.row.done_on);
    let signers = duty_record::Entity::of(on.committee())
        .filter(duty_record::Column::ThingId.eq(on.row.thing_id))
        .all(app.db.read())
        .await?;
    let subjects = signers.iter().map(duty_record::Model::subject);
    let recording = Recording::of(app, &on.caller, [day], subjects).await?;
    let row = on
        .write(app, async |write| {
            let filing = Filing::lock(write, on.row.id, seen).await?;
            let head = filing.head();
            let own = on.caller.member_id().is_some() && on.caller.member_id() == head.member_id;
            let declared = head.declared_by == on.caller.account_id();
            if !own && !declared {
                return Err(ApiError::new(Code::DeclarerOnly));
            }
            if !matches!(head.status, DutyStatus::Draft | DutyStatus::Returned) {
                let detail = format!("记录{}，不能修改", head.status.zh());
                return Err(ApiError::with(Code::WrongStep, detail));
            }
            let mut fields = Fields::default();
            if new.done_on.is_some() {
                let terms = terms(write, &filing.rows).await?;
                check_day(write, &mut fields, terms, day).await?;
            }
            let before: Vec<FileId> =
                serde_json::from_value(head.evidence.clone()).map_err(ApiError::internal)?;
            let given = new.evidence.as_deref().unwrap_or_default();
            check_evidence(write, &mut fields, given, &before).await?;
            let kind = new.kind.as_ref().unwrap_or(&head.kind);
            let same_kind = *kind == head.kind || filing.others.is_empty();
            fields.check(same_kind, "/kind", "converted", "经转换的记录不能改类别");
            let scheme = recording.scheme(day)?;
            let organ = declared
                && filing
                    .rows
                    .iter()
                    .all(|row| is_organ(&on.caller, &super::filing::scope(row)));
            let title = scheme
                .vocabulary()
                .kind(kind)
                .map(|kind| kind.title.as_str());
            may_declare(kind, title, organ)?;
            let mut told = Vec::with_capacity(filing.rows.len());
            for row in &filing.rows {
                told.push(retold(row, new.attributes.as_ref(), 1 < filing.rows.len())?);
            }
            vocabulary::check(scheme, kind, &told[0], &mut fields);
            let files = new.evidence.as_ref().map_or(before.len(), Vec::len);
            vocabulary::check_basis(kind, head.subject(), &told[0], files, &mut fields);
            fields.finish()?;

            let mut rows = Vec::with_capacity(filing.rows.len());
            for (row, told) in filing.rows.iter().zip(told) {
                let by_organ = organ.then(|| recording.recorder(day, row.subject(), kind, &told));
                let recorder = as_declared(kind, by_organ)?;
                rows.push(amended(write, row.clone(), &new, &told, recorder).await?);
            }
            check_texts(app, write, &on.caller, &rows).await?;
            let row = found(rows.into_iter().find(|row| row.id == on.row.id))?;
            write.detail(json!({ "version": row.version }));
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

/// What the kind tells of one of several: what is new, and what he was in it.
fn retold(row: &duty_record::Model, new: Option<&Attributes>, joint: bool) -> Result<Attributes> {
    let before = attributes(row)?;
    let Some(new) = new else {
        return Ok(before);
    };
    let mut told = new.clone();
    if joint {
        for name in vocabulary::SIGNATURE {
            told.remove(name);
            told.extend(
                before
                    .get(name)
                    .map(|value| (name.to_owned(), value.clone())),
            );
        }
    }
    Ok(told)
}

async fn amended(
    write: &Write,
    before: duty_record::Model,
    new: &Amendment,
    told: &Attributes,
    recorder: Option<String>,
) -> Result<duty_record::Model> {
    let version = before.version + 1;
    let mut row = before.into_active_model();
    row.kind = new.kind.clone().map_or(row.kind, Set);
    row.attributes = Set(json!(told));
    row.title = new.title.clone().map_or(row.title, Set);
    row.content = new.content.clone().map_or(row.content, Set);
    row.done_on = new.done_on.map_or(row.done_on, Set);
    row.evidence = new
        .evidence
        .as_ref()
        .map_or(row.evidence, |ids| Set(json!(ids)));
    row.reference_no = new.reference_no.clone().map_or(row.reference_no, Set);
    row.recorder = Set(recorder);
    row.version = Set(version);
    row.updated_at = Set(write.at);
    Ok(row.update(&write.txn).await?)
}

async fn terms(write: &Write, rows: &[duty_record::Model]) -> Result<Vec<TermId>> {
    let members = member::Entity::of(write.committee)
        .filter(member::Column::Id.is_in(rows.iter().filter_map(|row| row.member_id)))
        .all(&write.txn)
        .await?;
    Ok(members.into_iter().map(|member| member.term_id).collect())
}

/// The day is past, and in the term of everybody; of a group, in a term of the committee.
async fn check_day(
    write: &Write,
    fields: &mut Fields,
    of: impl IntoIterator<Item = TermId>,
    done_on: NaiveDate,
) -> Result<()> {
    let past = done_on <= local_date(write.at);
    fields.check(past, "/done_on", "in_future", "日期不能晚于今天");
    let terms = term::Entity::of(write.committee).all(&write.txn).await?;
    let holds = |term: &term::Model| (term.starts_on..=term.ends_on).contains(&done_on);
    let of: Vec<TermId> = of.into_iter().collect();
    let inside = if of.is_empty() {
        terms.iter().any(holds)
    } else {
        of.iter()
            .all(|id| terms.iter().any(|term| term.id == *id && holds(term)))
    };
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
