//! HTTP for members.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, patch, post};
use chrono::NaiveDate;
use domain::ids::{GroupId, MemberId, SectorId, TermId};
use domain::people::{IMPLAUSIBLE_BIRTH, MemberStatus, Position, plausible_birth};
use domain::text::Phone;
use domain::time::local_date;
use entity::member;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::export;
use super::members::{self, Filter, Listed};
use super::members_change::{self, Birth, Edit, NewMember};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch, Page, PageParams, Params, day, etag};
use crate::sheet;

/// A member as others see him.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    id: MemberId,
    name: String,
    /// Masked: `138****8000`.
    phone: String,
    group_id: GroupId,
    /// The group's name.
    group: Option<String>,
    sector_id: SectorId,
    /// The sector's name.
    sector: Option<String>,
    position: Position,
    /// The position in Chinese.
    position_name: &'static str,
    status: MemberStatus,
    /// The status in Chinese.
    status_name: &'static str,
    term_id: TermId,
    employer: Option<String>,
    joined_on: NaiveDate,
    left_on: Option<NaiveDate>,
    /// The day of birth, for the office and himself where one member is read; never in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    born_on: Option<NaiveDate>,
    /// A clerk's note, for clerks.
    remark: Option<String>,
    /// Whether a WeChat is bound to him.
    bound: bool,
    /// Counts edits; the `ETag`.
    version: i32,
}

impl From<Listed> for MemberView {
    fn from(listed: Listed) -> Self {
        let member = listed.member;
        Self {
            id: member.id,
            name: member.name,
            phone: listed.masked_phone,
            group_id: member.group_id,
            group: listed.group,
            sector_id: member.sector_id,
            sector: listed.sector,
            position: member.position,
            position_name: member.position.zh(),
            status: member.status,
            status_name: member.status.zh(),
            term_id: member.term_id,
            employer: member.employer,
            joined_on: member.joined_on,
            left_on: member.left_on,
            born_on: listed.born_on,
            remark: listed.remark,
            bound: listed.bound,
            version: member.version,
        }
    }
}

/// Which members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberParams {
    /// Of this group.
    group: Option<GroupId>,
    /// Of this sector.
    sector: Option<SectorId>,
    /// Of this position.
    position: Option<Position>,
    /// `active` unless told.
    status: Option<MemberStatus>,
    /// Of this term; the current one unless told.
    term: Option<TermId>,
    /// A part of the name, or for the office a whole phone number.
    q: Option<String>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl MemberParams {
    fn filter(&self) -> Filter {
        Filter {
            term: self.term,
            group: self.group,
            sector: self.sector,
            position: self.position,
            status: self.status,
            q: self.q.clone().filter(|q| !q.trim().is_empty()),
        }
    }
}

/// The members within your reach, by group and name. Phone numbers are masked.
#[utoipa::path(tag = "people", params(MemberParams), responses((status = 200, body = Page<MemberView>), (status = "default", body = Problem)))]
#[get("/members")]
pub async fn list_members(
    app: Data<App>,
    permit: Permit<op::MemberList>,
    params: Params<MemberParams>,
) -> Result<Json<Page<MemberView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let page = members::list(&app, &permit, &params.filter(), skip, limit).await?;
    let items = page.items.into_iter().map(MemberView::from).collect();
    Ok(Json(Page {
        items,
        total: page.total,
        next_cursor: page.next_cursor,
    }))
}

/// Which members go into the file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberExportParams {
    /// Of this group.
    group: Option<GroupId>,
    /// Of this sector.
    sector: Option<SectorId>,
    /// Of this position.
    position: Option<Position>,
    /// `active` unless told.
    status: Option<MemberStatus>,
    /// Of this term; the current one unless told.
    term: Option<TermId>,
}

/// The members as an Excel file, with masked phone numbers and a watermark; five a day.
#[utoipa::path(tag = "people", params(MemberExportParams), responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>), (status = "default", body = Problem)))]
#[get("/members.xlsx")]
pub async fn members_xlsx(
    app: Data<App>,
    permit: Permit<op::MembersExport>,
    params: Params<MemberExportParams>,
) -> Result<HttpResponse> {
    let MemberExportParams {
        group,
        sector,
        position,
        status,
        term,
    } = params.0;
    let filter = Filter {
        term,
        group,
        sector,
        position,
        status,
        q: None,
    };
    let file = export::workbook(&app, &permit, &filter).await?;
    let name = format!(
        "attachment; filename=\"members-{}.xlsx\"",
        local_date(app.clock.now()).format("%Y%m%d")
    );
    Ok(HttpResponse::Ok()
        .content_type(sheet::MEDIA_TYPE)
        .insert_header(("Content-Disposition", name))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "no-store"))
        .body(file))
}

/// One member. The `ETag` is for `If-Match` when you edit.
#[utoipa::path(tag = "people", params(("member_id" = String, Path)), responses((status = 200, body = MemberView), (status = "default", body = Problem)))]
#[get("/members/{member_id}")]
pub async fn read_member(
    app: Data<App>,
    on: On<op::MemberRead, member::Model>,
) -> Result<HttpResponse> {
    let version = on.row.version;
    let view = members::one(&app, &on.permit.caller, on.row).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(version))
        .json(MemberView::from(view)))
}

/// A member to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberForm {
    name: String,
    /// A mainland mobile number, with or without `+86`.
    phone: String,
    sector_id: SectorId,
    group_id: GroupId,
    position: Position,
    /// Today unless told.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    joined_on: Option<NaiveDate>,
    /// The day of birth; only to count by age bands. It is kept sealed.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    born_on: Option<NaiveDate>,
    employer: Option<String>,
    remark: Option<String>,
}

/// Enter a member of the current term.
#[utoipa::path(tag = "people", request_body = MemberForm, responses((status = 201, body = MemberView), (status = "default", body = Problem)))]
#[post("/members")]
pub async fn create_member(
    app: Data<App>,
    permit: Permit<op::MemberCreate>,
    body: Body<MemberForm>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let name = fields.name("/name", &body.name);
    let phone = phone(&mut fields, &body.phone);
    let employer = optional_line(&mut fields, "/employer", body.employer.as_deref(), 100);
    let remark = body
        .remark
        .as_deref()
        .map(|remark| fields.paragraph("/remark", remark, 500));
    check_birth(&mut fields, &app, body.born_on);
    fields.finish()?;
    let new = NewMember {
        name,
        phone: phone.expect("without a number the check above has refused"),
        sector: body.sector_id,
        group: body.group_id,
        position: body.position,
        joined_on: body.joined_on,
        born_on: body.born_on,
        employer: employer.filter(|text| !text.is_empty()),
        remark: remark.filter(|text| !text.is_empty()),
    };
    let row = members_change::create(&app, &permit, new).await?;
    let (id, version) = (row.id, row.version);
    let view = members::one(&app, &permit.caller, row).await?;
    Ok(HttpResponse::Created()
        .insert_header(etag(version))
        .insert_header(("Location", format!("/api/v1/members/{id}")))
        .json(MemberView::from(view)))
}

/// What is to be changed; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberEdit {
    name: Option<String>,
    phone: Option<String>,
    sector_id: Option<SectorId>,
    group_id: Option<GroupId>,
    position: Option<Position>,
    /// `left` when he leaves office, `active` when he comes back.
    status: Option<MemberStatus>,
    #[serde(default, deserialize_with = "day::option::deserialize")]
    joined_on: Option<NaiveDate>,
    /// With `left`; today unless told.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    left_on: Option<NaiveDate>,
    /// The day of birth; an empty text clears it.
    born_on: Option<String>,
    /// An empty text clears it.
    employer: Option<String>,
    /// An empty text clears it.
    remark: Option<String>,
}

/// Edit a member.
///
/// With `If-Match` an edit that would overwrite somebody else's is `precondition_failed`.
#[utoipa::path(tag = "people", params(("member_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = MemberEdit, responses((status = 200, body = MemberView), (status = "default", body = Problem)))]
#[patch("/members/{member_id}")]
pub async fn update_member(
    app: Data<App>,
    on: On<op::MemberUpdate, member::Model>,
    seen: IfMatch,
    body: Body<MemberEdit>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let edit = Edit {
        name: body.name.as_deref().map(|name| fields.name("/name", name)),
        phone: body
            .phone
            .as_deref()
            .and_then(|text| phone(&mut fields, text)),
        sector: body.sector_id,
        group: body.group_id,
        position: body.position,
        status: body.status,
        joined_on: body.joined_on,
        left_on: body.left_on,
        born_on: body
            .born_on
            .as_deref()
            .and_then(|text| birth(&mut fields, &app, text)),
        employer: optional_line(&mut fields, "/employer", body.employer.as_deref(), 100),
        remark: body
            .remark
            .as_deref()
            .map(|remark| fields.paragraph("/remark", remark, 500)),
    };
    fields.finish()?;
    let row = members_change::update(&app, &on, seen, edit).await?;
    let version = row.version;
    let view = members::one(&app, &on.permit.caller, row).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(version))
        .json(MemberView::from(view)))
}

/// What an edit says of the day of birth, unless it is wrong.
fn birth(fields: &mut Fields, app: &App, text: &str) -> Option<Birth> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Birth::Unknown);
    }
    let born_on = day::parse(text);
    if born_on.is_none() {
        fields.wrong("/born_on", "invalid_date", "日期请写成 1968-05-04 的样子");
    }
    check_birth(fields, app, born_on);
    born_on.map(Birth::On)
}

fn check_birth(fields: &mut Fields, app: &App, born_on: Option<NaiveDate>) {
    let today = local_date(app.clock.now());
    fields.check(
        born_on.is_none_or(|born_on| plausible_birth(born_on, today)),
        "/born_on",
        "implausible",
        IMPLAUSIBLE_BIRTH,
    );
}

fn phone(fields: &mut Fields, text: &str) -> Option<Phone> {
    Phone::parse(text)
        .map_err(|error| fields.wrong("/phone", "invalid_phone", error.zh()))
        .ok()
}

fn optional_line(
    fields: &mut Fields,
    pointer: &str,
    text: Option<&str>,
    max: usize,
) -> Option<String> {
    text.map(|text| {
        if text.trim().is_empty() {
            String::new()
        } else {
            fields.line(pointer, text, max)
        }
    })
}

/// Why the number is needed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PhoneParams {
    /// Needed for anybody's number but your own; it is kept.
    reason: Option<String>,
}

/// A phone number in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneView {
    member_id: MemberId,
    /// Eleven digits.
    phone: String,
}

/// The full phone number of a member: your own, or for the office with a reason. It is logged.
#[utoipa::path(tag = "people", params(("member_id" = String, Path), PhoneParams), responses((status = 200, body = PhoneView), (status = "default", body = Problem)))]
#[get("/members/{member_id}/phone")]
pub async fn member_phone(
    app: Data<App>,
    on: On<op::MemberPhoneRead, member::Model>,
    params: Params<PhoneParams>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let reason = optional_line(&mut fields, "reason", params.reason.as_deref(), 100)
        .filter(|reason| !reason.is_empty());
    fields.finish()?;
    let phone = members::full_phone(&app, &on, reason).await?;
    let view = PhoneView {
        member_id: on.row.id,
        phone,
    };
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-store"))
        .json(view))
}
