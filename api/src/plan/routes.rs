//! HTTP for yearly plans.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, patch, post};
use domain::activity::{ActivityKind, ActivityMode};
use domain::ids::{GroupId, MemberId};
use domain::plan::PlanStatus;
use entity::plan::Model as Plan;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::service::{self, NewItem, Wanted};
use super::views::{PlanSummary, PlanView};
use crate::access::{Caller, On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch, Page, PageParams, Params, etag};
use crate::sheet::MEDIA_TYPE;

/// At most so many things are planned for one year.
const MOST_ITEMS: usize = 20;

/// Which plans, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanParams {
    /// For which year.
    year: Option<i32>,
    /// Id of a group.
    #[param(value_type = Option<String>)]
    group: Option<GroupId>,
    /// Where they stand.
    #[param(value_type = Option<String>)]
    status: Option<PlanStatus>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The plans within the caller's reach, the latest year first and in a year by group.
#[utoipa::path(tag = "plan", params(PlanParams), responses((status = 200, body = Page<PlanSummary>), (status = "default", body = Problem)))]
#[get("/plans")]
pub async fn plan_list(
    app: Data<App>,
    permit: Permit<op::PlanList>,
    params: Params<PlanParams>,
) -> Result<Json<Page<PlanSummary>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let wanted = Wanted {
        year: params.year,
        group: params.group,
        status: params.status,
    };
    let plans = service::list(&app, permit.committee(), &permit.reach, &wanted).await?;
    let plans = plans.into_iter().map(PlanSummary::from).collect();
    Ok(Json(Page::cut(plans, skip, limit)))
}

/// One plan with its items and what came of them.
///
/// The `ETag` is what `If-Match` of a change takes.
#[utoipa::path(tag = "plan", params(("plan_id" = String, Path)), responses((status = 200, body = PlanView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[get("/plans/{plan_id}")]
pub async fn plan_read(app: Data<App>, on: On<op::PlanList, Plan>) -> Result<HttpResponse> {
    view(&app, &on.caller, on.row.clone(), HttpResponse::Ok()).await
}

/// One thing to be planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlanItem {
    /// 1 to 4.
    quarter: i32,
    /// Under which mode it is planned.
    mode: ActivityMode,
    /// What kind of activity it is to be.
    kind: ActivityKind,
    /// What it is to be about, at most 100 characters.
    topic: String,
    /// An active member of the group, who sees to it.
    owner_member_id: MemberId,
    /// What else is to be known, at most 500 characters.
    note: Option<String>,
}

/// A new plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// Whose plan it is.
    group_id: GroupId,
    /// 2000 to 2100.
    year: i32,
    /// 1 to 20 items.
    items: Vec<NewPlanItem>,
}

/// Draft the plan of a group for a year.
///
/// A group has one plan for a year: `plan_exists` where there is one already.
#[utoipa::path(tag = "plan", request_body = NewPlan, responses((status = 201, body = PlanView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[post("/plans")]
pub async fn plan_create(
    app: Data<App>,
    permit: Permit<op::PlanWrite>,
    body: Body<NewPlan>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    check_year(&mut fields, "/year", body.year);
    let items = checked(&mut fields, body.items);
    fields.finish()?;
    let row = service::create(&app, &permit, body.group_id, body.year, &items).await?;
    view(&app, &permit.caller, row, HttpResponse::Created()).await
}

/// What takes the place of a plan's items.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanEdit {
    /// 1 to 20 items; they take the place of all before.
    items: Vec<NewPlanItem>,
}

/// Replace the items of a draft or a returned plan.
///
/// Send the `ETag` as `If-Match`.
#[utoipa::path(tag = "plan", params(("plan_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = PlanEdit, responses((status = 200, body = PlanView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[patch("/plans/{plan_id}")]
pub async fn plan_update(
    app: Data<App>,
    on: On<op::PlanWrite, Plan>,
    seen: IfMatch,
    body: Body<PlanEdit>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let items = checked(&mut fields, body.0.items);
    fields.finish()?;
    let row = service::amend(&app, &on, seen, &items).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Submit a draft or a returned plan to the office.
#[utoipa::path(tag = "plan", params(("plan_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = PlanView), (status = "default", body = Problem)))]
#[post("/plans/{plan_id}/submit")]
pub async fn plan_submit(
    app: Data<App>,
    on: On<op::PlanSubmit, Plan>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = service::submit(&app, &on, seen).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Put a submitted plan together with those of the other groups, as the office.
#[utoipa::path(tag = "plan", params(("plan_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = PlanView), (status = "default", body = Problem)))]
#[post("/plans/{plan_id}/accept")]
pub async fn plan_accept(
    app: Data<App>,
    on: On<op::PlanAccept, Plan>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = service::accept(&app, &on, seen).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanReason {
    /// At most 200 characters; the group reads it.
    reason: String,
}

/// Return a submitted or accepted plan to its group, as the office.
#[utoipa::path(tag = "plan", params(("plan_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = PlanReason, responses((status = 200, body = PlanView), (status = "default", body = Problem)))]
#[post("/plans/{plan_id}/return")]
pub async fn plan_return(
    app: Data<App>,
    on: On<op::PlanReturn, Plan>,
    seen: IfMatch,
    body: Body<PlanReason>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 200);
    fields.finish()?;
    let row = service::give_back(&app, &on, seen, reason).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// What the leaders adopted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanAdoption {
    /// The plans of which year.
    year: i32,
    /// The number of the document (文号), at most 100 characters.
    document: String,
}

/// Adopt the plans of a year, as a leader.
///
/// Every group needs an accepted plan: `plans_incomplete` names those without one. Never by who
/// accepted any of them: `second_person_required`. The answer is the plans of the year.
#[utoipa::path(tag = "plan", request_body = PlanAdoption, responses((status = 200, body = Page<PlanSummary>), (status = "default", body = Problem)))]
#[post("/plans/adopt")]
pub async fn plans_adopt(
    app: Data<App>,
    permit: Permit<op::PlanAdopt>,
    body: Body<PlanAdoption>,
) -> Result<Json<Page<PlanSummary>>> {
    let mut fields = Fields::default();
    check_year(&mut fields, "/year", body.year);
    let document = fields.line("/document", &body.document, 100);
    fields.finish()?;
    let rows = service::adopt(&app, &permit, body.year, &document).await?;
    let plans = service::summaries(&app, permit.committee(), rows).await?;
    Ok(Json(Page::whole(
        plans.into_iter().map(PlanSummary::from).collect(),
    )))
}

/// Of which year.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanYear {
    /// 2000 to 2100.
    year: i32,
}

/// The plans of a year within the caller's reach as an Excel file, a row for each item.
///
/// The day of a quarter is the confirmed one, or the one proposed. At most five files a day for
/// each account; every one is in the audit log.
#[utoipa::path(tag = "plan", params(PlanYear), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "default", body = Problem)))]
#[get("/plans.xlsx")]
pub async fn plans_workbook(
    app: Data<App>,
    permit: Permit<op::PlanList>,
    params: Params<PlanYear>,
) -> Result<HttpResponse> {
    let year = params.year;
    let mut fields = Fields::default();
    check_year(&mut fields, "year", year);
    fields.finish()?;
    let bytes = service::workbook(&app, &permit, year).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"plans-{year}.xlsx\""),
        ))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(bytes))
}

async fn view(
    app: &App,
    caller: &Caller,
    row: Plan,
    mut response: actix_web::HttpResponseBuilder,
) -> Result<HttpResponse> {
    let tag = etag(row.version);
    let described = service::describe(app, caller, row).await?;
    Ok(response.insert_header(tag).json(PlanView::from(described)))
}

fn check_year(fields: &mut Fields, pointer: &str, year: i32) {
    fields.check(
        (2000..=2100).contains(&year),
        pointer,
        "out_of_range",
        "年份应在 2000 到 2100 之间",
    );
}

fn checked(fields: &mut Fields, items: Vec<NewPlanItem>) -> Vec<NewItem> {
    fields.check(!items.is_empty(), "/items", "required", "至少填写一项");
    fields.check(
        items.len() <= MOST_ITEMS,
        "/items",
        "too_many",
        "最多 20 项",
    );
    let items = items.into_iter().take(MOST_ITEMS).enumerate();
    items
        .map(|(index, item)| {
            let at = |name: &str| format!("/items/{index}/{name}");
            fields.check(
                (1..=4).contains(&item.quarter),
                &at("quarter"),
                "out_of_range",
                "季度应为 1 到 4",
            );
            NewItem {
                quarter: item.quarter,
                mode: item.mode,
                kind: item.kind,
                topic: fields.line(&at("topic"), &item.topic, 100),
                note: item
                    .note
                    .map(|note| fields.paragraph(&at("note"), &note, 500))
                    .filter(|note| !note.is_empty()),
                owner: item.owner_member_id,
            }
        })
        .collect()
}
