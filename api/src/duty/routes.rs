//! HTTP for duty records: reading, declaring and changing them.

mod covered;
pub(super) mod import;
pub(super) mod kinds;
pub(super) mod steps;

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, patch, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::duty::DutyStatus;
use domain::ids::{AccountId, DutyImportId, DutyRecordId, FileId, GroupId, MemberId};
use entity::duty_record::Model as DutyRecord;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::service::{self, Amendment, Declaration, Record, Signature, Signer, Wanted};
use crate::access::{On, OperationType, Permit, op};
use crate::app::App;
use crate::content::ContentMark;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch, Page, PageParams, Params, day, etag, instant};

/// At most so many files show one thing.
const MOST_EVIDENCE: usize = 20;

/// A duty record.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyRecordView {
    /// Id.
    pub id: DutyRecordId,
    /// Who did it; none where it was the group itself.
    pub member_id: Option<MemberId>,
    /// His name.
    pub member_name: Option<String>,
    /// The group that did it, or his group when it was declared.
    pub group_id: GroupId,
    /// Its name.
    pub group_name: String,
    /// The same for every record of one thing: of all who signed it, and of what it was converted
    /// to or from. The ledger counts one thing under it.
    pub thing_id: DutyRecordId,
    /// Everybody who signed it, by place; empty where one did.
    pub signers: Vec<Signer>,
    /// The record that became this one.
    pub converted_from: Option<DutyRecordId>,
    /// The record it became.
    pub converted_to: Option<DutyRecordId>,
    /// What it is, a kind such as `proposal` or `opinion_report`.
    pub kind: String,
    /// What the kind tells of it, such as `{"stage": ["filed"], "role": "first", "signers": 3}`.
    #[schema(value_type = domain::score::Attributes)]
    pub attributes: serde_json::Value,
    /// Title.
    pub title: String,
    /// In words.
    pub content: String,
    /// What is to be said of title, content and other words.
    pub content_marks: Vec<ContentMark>,
    /// The day it was done; points belong to the period of this day.
    pub done_on: NaiveDate,
    /// Files that show it.
    #[schema(value_type = Vec<FileId>)]
    pub evidence_ids: serde_json::Value,
    /// The number under which an office filed it.
    pub reference_no: Option<String>,
    /// Which organ recorded it, in the word of the rulebook.
    pub recorder: Option<String>,
    /// The list it came from.
    pub import_id: Option<DutyImportId>,
    /// What became of it after it was verified, such as
    /// `[{"at": "…", "by": "…", "words": {"stage": ["filed"]}, "document": "…"}]`.
    #[schema(value_type = Vec<serde_json::Value>)]
    pub progress: serde_json::Value,
    /// Where it stands; only a verified one counts.
    pub status: DutyStatus,
    /// Why it was returned or taken back.
    pub status_reason: Option<String>,
    /// The account that declared it.
    pub declared_by: AccountId,
    /// The name of who declared it.
    pub declared_by_name: String,
    /// The account that checked it first.
    pub checked_by: Option<AccountId>,
    /// The account that verified it.
    pub verified_by: Option<AccountId>,
    /// The name of who verified it.
    pub verified_by_name: Option<String>,
    /// Other records of the member, of the same kind, with the same reference number or title.
    pub possible_duplicates: Vec<DutyRecordId>,
    /// Counts edits, for `If-Match`.
    pub version: i32,
    /// When it was declared.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub updated_at: DateTime<Utc>,
}

impl DutyRecordView {
    /// The record; `content_marks` are what [`covered`] says of it.
    fn of(record: Record, content_marks: Vec<ContentMark>) -> Self {
        let Record {
            row,
            member_name,
            group_name,
            signers,
            converted_to,
            declared_by_name,
            verified_by_name,
            possible_duplicates,
        } = record;
        Self {
            id: row.id,
            member_id: row.member_id,
            member_name,
            group_id: row.group_id,
            group_name,
            thing_id: row.thing_id,
            signers,
            converted_from: row.converted_from,
            converted_to,
            kind: row.kind,
            attributes: row.attributes,
            title: row.title,
            content: row.content,
            content_marks,
            done_on: row.done_on,
            evidence_ids: row.evidence,
            reference_no: row.reference_no,
            recorder: row.recorder,
            import_id: row.import_id,
            progress: row.progress,
            status: row.status,
            status_reason: row.status_reason,
            declared_by: row.declared_by,
            declared_by_name,
            checked_by: row.checked_by,
            verified_by: row.verified_by,
            verified_by_name,
            possible_duplicates,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Which duty records, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DutyParams {
    /// Where they stand.
    #[param(value_type = Option<String>)]
    status: Option<DutyStatus>,
    /// What they are.
    kind: Option<String>,
    /// Id of a member.
    #[param(value_type = Option<String>)]
    member: Option<MemberId>,
    /// Id of a group: what it and its members did.
    #[param(value_type = Option<String>)]
    group: Option<GroupId>,
    /// Id of a list that was imported.
    #[param(value_type = Option<String>)]
    import: Option<DutyImportId>,
    /// Done on this day or later.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    from: Option<NaiveDate>,
    /// Done on this day or earlier.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    to: Option<NaiveDate>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The duty records within the caller's reach, the latest first.
#[utoipa::path(tag = "duty", params(DutyParams), responses((status = 200, body = Page<DutyRecordView>), (status = "default", body = Problem)))]
#[get("/duty-records")]
pub async fn duty_records(
    app: Data<App>,
    permit: Permit<op::DutyList>,
    params: Params<DutyParams>,
) -> Result<Json<Page<DutyRecordView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let wanted = Wanted {
        status: params.status,
        kind: params.kind.clone(),
        member: params.member,
        group: params.group,
        import: params.import,
        from: params.from,
        to: params.to,
    };
    let (records, total) = service::list(
        &app,
        permit.committee(),
        &permit.reach,
        &wanted,
        (skip, limit),
    )
    .await?;
    let views = covered::views(&app, &permit.caller, records).await?;
    Ok(Json(Page::new(views, total, skip)))
}

/// One duty record.
///
/// The `ETag` is what `If-Match` of a change takes.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[get("/duty-records/{duty_record_id}")]
pub async fn duty_record(app: Data<App>, on: On<op::DutyList, DutyRecord>) -> Result<HttpResponse> {
    view(&app, &on.permit, on.row.clone(), HttpResponse::Ok()).await
}

/// One of several who signed one thing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignerDeclaration {
    /// Who.
    member_id: MemberId,
    /// A word of the kind's `role`; `first` for the first one and `signer` for others unless told.
    role: Option<String>,
    /// His place, from 1; in the order of the list unless told.
    place: Option<i32>,
}

/// What a member or a group did.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyDeclaration {
    /// Who did it. Members declare for themselves and leave it out; the office and the staff that
    /// serves him name a member.
    member_id: Option<MemberId>,
    /// The group that did it itself, instead of a member: entered by its conveners, the staff that
    /// serves it, and the office.
    group_id: Option<GroupId>,
    /// Everybody who signed it, 2 to 100, where several did. Each gets a record of his own, and
    /// all are verified together. A member names himself among them.
    #[serde(default)]
    signers: Vec<SignerDeclaration>,
    /// The record that became this one, such as a proposal that was handled as an opinion report:
    /// both are one thing. Its signers are taken over unless others are named.
    converted_from: Option<DutyRecordId>,
    /// What it is, one of `GET /duty-kinds`. `conduct`, `exemption`, `score` and `group_work` are
    /// entered by the office and by staff, the first three with evidence.
    kind: String,
    /// What the kind tells of it, such as `{"stage": ["filed"], "role": "first", "signers": 3}`.
    #[serde(default)]
    attributes: domain::score::Attributes,
    /// At most 100 characters.
    title: String,
    /// At most 5000 characters.
    #[serde(default)]
    content: String,
    /// The day it was done, not in the future and within the term.
    #[serde(deserialize_with = "day::deserialize")]
    done_on: NaiveDate,
    /// Files that show it, at most 20.
    #[serde(default)]
    evidence_ids: Vec<FileId>,
    /// The number under which an office filed it, at most 50 characters.
    reference_no: Option<String>,
    /// Submits it at once instead of leaving a draft.
    #[serde(default)]
    submit: bool,
}

/// Declare a duty record.
///
/// A draft unless `submit` is set. Answers the caller's own record, or that of the first signer.
/// `possible_duplicates` of the answer names records of the member
/// that seem to say the same; they are a hint and forbid nothing.
#[utoipa::path(tag = "duty", request_body = DutyDeclaration, responses((status = 201, body = DutyRecordView), (status = "default", body = Problem)))]
#[post("/duty-records")]
pub async fn declare_duty(
    app: Data<App>,
    permit: Permit<op::DutyDeclare>,
    body: Body<DutyDeclaration>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let declaration = Declaration {
        member: body.member_id,
        group: body.group_id,
        signers: signatures(&body.signers),
        converted_from: body.converted_from,
        kind: body.kind,
        attributes: body.attributes,
        title: fields.line("/title", &body.title, 100),
        content: fields.paragraph("/content", &body.content, 5000),
        done_on: body.done_on,
        evidence: evidence(&mut fields, body.evidence_ids),
        reference_no: body
            .reference_no
            .and_then(|text| reference(&mut fields, &text)),
        submit: body.submit,
    };
    fields.finish()?;
    let row = service::declare(&app, &permit, declaration).await?;
    view(&app, &permit, row, HttpResponse::Created()).await
}

/// What is changed in a duty record; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyAmendment {
    /// What it is.
    kind: Option<String>,
    /// What the kind tells of it; takes the place of all before.
    attributes: Option<domain::score::Attributes>,
    /// At most 100 characters.
    title: Option<String>,
    /// At most 5000 characters.
    content: Option<String>,
    /// The day it was done.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    done_on: Option<NaiveDate>,
    /// Files that show it, at most 20; takes the place of all before.
    evidence_ids: Option<Vec<FileId>>,
    /// The number under which an office filed it; an empty text takes it away.
    reference_no: Option<String>,
}

/// Change a draft or a returned duty record, for everybody who signed it.
///
/// Only who declared it and its first signer; who signed it cannot be changed. Send the `ETag` as `If-Match`.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), request_body = DutyAmendment, responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[patch("/duty-records/{duty_record_id}")]
pub async fn amend_duty(
    app: Data<App>,
    on: On<op::DutyDeclare, DutyRecord>,
    seen: IfMatch,
    body: Body<DutyAmendment>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let change = Amendment {
        kind: body.kind,
        attributes: body.attributes,
        title: body.title.map(|title| fields.line("/title", &title, 100)),
        content: body
            .content
            .map(|content| fields.paragraph("/content", &content, 5000)),
        done_on: body.done_on,
        evidence: body.evidence_ids.map(|ids| evidence(&mut fields, ids)),
        reference_no: body.reference_no.map(|text| reference(&mut fields, &text)),
    };
    fields.finish()?;
    let row = service::amend(&app, &on, seen, change).await?;
    view(&app, &on.permit, row, HttpResponse::Ok()).await
}

pub(super) async fn view<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    row: DutyRecord,
    mut response: actix_web::HttpResponseBuilder,
) -> Result<HttpResponse> {
    let tag = etag(row.version);
    let records = service::describe(app, permit.committee(), &permit.reach, vec![row]).await?;
    let views = covered::views(app, &permit.caller, records).await?;
    Ok(response.insert_header(tag).json(views.into_iter().next()))
}

fn signatures(signers: &[SignerDeclaration]) -> Vec<Signature> {
    (1..)
        .zip(signers)
        .map(|(place, signer)| Signature {
            member: signer.member_id,
            role: signer.role.clone(),
            place: signer.place.unwrap_or(place),
        })
        .collect()
}

fn evidence(fields: &mut Fields, mut ids: Vec<FileId>) -> Vec<FileId> {
    fields.check(
        ids.len() <= MOST_EVIDENCE,
        "/evidence_ids",
        "too_many",
        "最多 20 个文件",
    );
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids
}

fn reference(fields: &mut Fields, text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| fields.line("/reference_no", text, 50))
}
