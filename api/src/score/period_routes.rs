//! HTTP for periods: their days, closing them and opening them again.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::closing::PeriodStatus;
use domain::ids::{AccountId, PeriodId, RulebookId};
use domain::score::{Period, PeriodUnit};
use entity::period;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::periods::closing::{self, Said};
use super::periods::findings::Findings;
use super::periods::reopening::{self, Why};
use super::periods::{self, closing_view};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params};

/// A period.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodView {
    /// Id; none of a period that nobody fixed or wanted to close yet.
    pub id: Option<PeriodId>,
    /// Its name, such as `2026` or `2026-S`; operations take it as well as the id.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it is.
    pub unit: PeriodUnit,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// Where it stands.
    pub status: PeriodStatus,
    /// How often it was closed; more than once when it was opened again.
    pub closings: i32,
    /// How many sheets are frozen.
    pub sheets: u64,
    /// How many amendments wait for a decision.
    pub amendments_proposed: u64,
    /// How many amendments of the last closing were approved.
    pub amendments_approved: u64,
    /// What was unsettled when the closing was proposed.
    pub findings: Option<Findings>,
    /// Why it is closed although something was unsettled.
    pub force_reason: Option<String>,
    /// Who proposed to close it.
    pub close_proposed_by: Option<AccountId>,
    /// Who closed it.
    pub closed_by: Option<AccountId>,
    /// When.
    #[serde(with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// The number of the document that closed it.
    pub document: Option<String>,
    /// The adopted rulebook of the freeze; none of the shipped default.
    pub rulebook_id: Option<RulebookId>,
    /// The hash of what the frozen rulebook says.
    pub rulebook_hash: Option<String>,
    /// The number of the last fact that was counted.
    pub facts_seq: Option<i64>,
    /// Its hash.
    pub facts_hash: Option<String>,
    /// The hash over every sheet that counts.
    pub sheets_hash: Option<String>,
    /// Who proposed to open it again.
    pub reopen_proposed_by: Option<AccountId>,
    /// Why it was opened again, or is to be.
    pub reopen_reason: Option<String>,
    /// The number of the document that asks for it.
    pub reopen_document: Option<String>,
    /// When it was opened again the last time.
    #[serde(with = "crate::extract::instant::option")]
    #[schema(value_type = Option<String>)]
    pub reopened_at: Option<DateTime<Utc>>,
}

impl PeriodView {
    fn of(row: period::Model, counts: closing_view::Counts) -> Result<Self> {
        let span = periods::span_of(&row)?;
        let findings = row.findings.map(serde_json::from_value).transpose();
        Ok(Self {
            id: Some(row.id),
            key: row.key,
            title: span.zh(),
            unit: span.unit,
            first: row.first,
            last: row.last,
            status: row.status,
            closings: row.closings,
            sheets: counts.sheets,
            amendments_proposed: counts.proposed,
            amendments_approved: counts.approved,
            findings: findings.map_err(ApiError::internal)?,
            force_reason: row.force_reason,
            close_proposed_by: row.close_proposed_by,
            closed_by: row.closed_by,
            closed_at: row.closed_at,
            document: row.document,
            rulebook_id: row.rulebook_id,
            rulebook_hash: row.rulebook_hash,
            facts_seq: row.facts_seq,
            facts_hash: row.facts_hash,
            sheets_hash: row.sheets_hash,
            reopen_proposed_by: row.reopen_proposed_by,
            reopen_reason: row.reopen_reason,
            reopen_document: row.reopen_document,
            reopened_at: row.reopened_at,
        })
    }

    /// A period of the calendar that has no row.
    fn open(period: Period) -> Self {
        Self {
            id: None,
            key: period.to_string(),
            title: period.zh(),
            unit: period.unit,
            first: period.first,
            last: period.last,
            status: PeriodStatus::Open,
            closings: 0,
            sheets: 0,
            amendments_proposed: 0,
            amendments_approved: 0,
            findings: None,
            force_reason: None,
            close_proposed_by: None,
            closed_by: None,
            closed_at: None,
            document: None,
            rulebook_id: None,
            rulebook_hash: None,
            facts_seq: None,
            facts_hash: None,
            sheets_hash: None,
            reopen_proposed_by: None,
            reopen_reason: None,
            reopen_document: None,
            reopened_at: None,
        }
    }
}

async fn view(app: &App, row: period::Model) -> Result<PeriodView> {
    let mut counts =
        closing_view::counts(app, row.committee_id, std::slice::from_ref(&row)).await?;
    let counts = counts.remove(&row.id).unwrap_or_default();
    PeriodView::of(row, counts)
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodListParams {
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The periods, the newest first: those that were closed, are being closed, or whose days the
/// office fixed, and the one that today belongs to.
#[utoipa::path(tag = "period", params(PeriodListParams), responses((status = 200, body = Page<PeriodView>), (status = "default", body = Problem)))]
#[get("/periods")]
pub async fn period_list(
    app: Data<App>,
    permit: Permit<op::PeriodRead>,
    params: Params<PeriodListParams>,
) -> Result<Json<Page<PeriodView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let committee = permit.committee();
    let rows = periods::list(&app, committee).await?;
    let mut counts = closing_view::counts(&app, committee, &rows).await?;
    let now = periods::period(&app, committee, None).await?;
    let listed = rows.iter().any(|row| row.key == now.to_string());
    let mut views = (!listed)
        .then(|| PeriodView::open(now))
        .into_iter()
        .collect::<Vec<_>>();
    for row in rows {
        let counts = counts.remove(&row.id).unwrap_or_default();
        views.push(PeriodView::of(row, counts)?);
    }
    views.sort_by_key(|view| std::cmp::Reverse((view.first, view.last)));
    Ok(Json(Page::cut(views, skip, limit)))
}

/// One period, by its name or its id.
#[utoipa::path(tag = "period", params(("period" = String, Path, description = "name or id")), responses((status = 200, body = PeriodView), (status = "default", body = Problem)))]
#[get("/periods/{period}")]
pub async fn period_read(
    app: Data<App>,
    permit: Permit<op::PeriodRead>,
    name: Path<String>,
) -> Result<Json<PeriodView>> {
    let committee = permit.committee();
    match periods::find(app.db.read(), committee, &name).await? {
        Some(row) => Ok(Json(view(&app, row).await?)),
        None => match periods::period(&app, committee, Some(&name)).await {
            Ok(period) => Ok(Json(PeriodView::open(period))),
            Err(_) => Err(ApiError::not_found()),
        },
    }
}

/// A session year or a term to be fixed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPeriod {
    /// `session_year` or `term`; periods of the calendar need no fixing.
    unit: PeriodUnit,
    /// The first day.
    #[serde(with = "crate::extract::day")]
    #[schema(value_type = String)]
    first: NaiveDate,
    /// The last day.
    #[serde(with = "crate::extract::day")]
    #[schema(value_type = String)]
    last: NaiveDate,
    /// The year it is named after; that of the first day unless told.
    year: Option<i32>,
}

/// Fix the days of a session year or of a term.
///
/// `period_exists` when there is one of that name or one that shares a day with it.
#[utoipa::path(tag = "period", request_body = NewPeriod, responses((status = 201, body = PeriodView), (status = "default", body = Problem)))]
#[post("/periods")]
pub async fn period_create(
    app: Data<App>,
    permit: Permit<op::PeriodWrite>,
    body: Body<NewPeriod>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let fixed = matches!(body.unit, PeriodUnit::SessionYear | PeriodUnit::Term);
    fields.check(
        fixed,
        "/unit",
        "not_fixed",
        "只有会议年度和届的起止日由办公室确定",
    );
    let days = (body.last - body.first).num_days();
    let longest = if body.unit == PeriodUnit::Term {
        2200
    } else {
        550
    };
    let message = "最后一日应在第一日之后，会议年度不超过 550 日，届不超过 2200 日";
    fields.check(
        (1..=longest).contains(&days),
        "/last",
        "out_of_range",
        message,
    );
    let mut period = Period::fixed(body.unit, body.first, body.last);
    if let Some(year) = body.year {
        let near = (period.year - 1..=period.year + 1).contains(&year);
        fields.check(near, "/year", "out_of_range", "年份应与第一日的年份相邻");
        period.year = year;
    }
    let known = (2000..=2100).contains(&period.year);
    fields.check(
        known,
        "/first",
        "out_of_range",
        "年份应在 2000 至 2100 之间",
    );
    fields.finish()?;
    let row = periods::fix(&app, &permit, period).await?;
    Ok(HttpResponse::Created().json(view(&app, row).await?))
}

/// What is said with a closing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// Propose it although something is unsettled.
    #[serde(default)]
    force: bool,
    /// Why, at most 200 characters; required with `force`.
    reason: Option<String>,
    /// The number of the document, at most 60 characters.
    document: Option<String>,
}

/// Propose to close a period, or close it when that was proposed.
///
/// The office calls it first: what is unsettled is refused as `closing_blocked` unless `force` and
/// a reason are given. A leader calls it second, another human than the one who proposed: then the
/// ledger's head, the rulebook and everybody's sheets are frozen, and from then on scores are
/// answered from there. Facts of its days need an amendment afterwards (`period_closed`).
#[utoipa::path(tag = "period", params(("period" = String, Path, description = "name or id")), request_body = CloseRequest, responses((status = 200, body = PeriodView), (status = "default", body = Problem)))]
#[post("/periods/{period}/close")]
pub async fn period_close(
    app: Data<App>,
    permit: Permit<op::PeriodClose>,
    name: Path<String>,
    body: Body<CloseRequest>,
) -> Result<Json<PeriodView>> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let said = Said {
        force: body.force,
        reason: line(&mut fields, "/reason", body.reason.as_deref(), 200),
        document: line(&mut fields, "/document", body.document.as_deref(), 60),
    };
    let explained = !said.force || said.reason.is_some();
    fields.check(explained, "/reason", "required", "强行结账须说明理由");
    fields.finish()?;
    let row = closing::close(&app, &permit, &name, &said).await?;
    Ok(Json(view(&app, row).await?))
}

/// Why a period is to be opened again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenRequest {
    /// Why, at most 200 characters; required of whoever proposes it.
    reason: Option<String>,
    /// The number of the document, at most 60 characters; required of whoever proposes it.
    document: Option<String>,
}

/// Propose to open a closed period again, or open it when that was proposed.
///
/// The office calls it first with reason and document, a leader second. The frozen sheets are
/// kept; a later closing makes the next revisions of them.
#[utoipa::path(tag = "period", params(("period" = String, Path, description = "name or id")), request_body = ReopenRequest, responses((status = 200, body = PeriodView), (status = "default", body = Problem)))]
#[post("/periods/{period}/reopen")]
pub async fn period_reopen(
    app: Data<App>,
    permit: Permit<op::PeriodReopen>,
    name: Path<String>,
    body: Body<ReopenRequest>,
) -> Result<Json<PeriodView>> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let why = Why {
        reason: line(&mut fields, "/reason", body.reason.as_deref(), 200),
        document: line(&mut fields, "/document", body.document.as_deref(), 60),
    };
    fields.finish()?;
    let row = reopening::reopen(&app, &permit, &name, &why).await?;
    Ok(Json(view(&app, row).await?))
}

/// Why a proposal is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawRequest {
    /// Why, at most 200 characters.
    reason: String,
}

/// Take back a proposal to close a period, or to open it again; the office may, and a leader who
/// does not agree with it.
#[utoipa::path(tag = "period", params(("period" = String, Path, description = "name or id")), request_body = WithdrawRequest, responses((status = 200, body = PeriodView), (status = "default", body = Problem)))]
#[post("/periods/{period}/withdraw")]
pub async fn period_withdraw(
    app: Data<App>,
    permit: Permit<op::PeriodWithdraw>,
    name: Path<String>,
    body: Body<WithdrawRequest>,
) -> Result<Json<PeriodView>> {
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 200);
    fields.finish()?;
    let row = reopening::withdraw(&app, &permit, &name, &reason).await?;
    Ok(Json(view(&app, row).await?))
}

fn line(fields: &mut Fields, pointer: &str, text: Option<&str>, max: usize) -> Option<String> {
    text.map(|text| fields.line(pointer, text, max))
}
