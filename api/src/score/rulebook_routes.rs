//! HTTP for the versions of the rules.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, HttpResponseBuilder, get, patch, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::AccountId;
use domain::rulebook::RulebookStatus;
use domain::score::{Period, Rulebook};
use entity::rulebook;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::preview::{self, Comparison, Difference};
use super::rulebooks::{self, DEFAULT, Version};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch, Page, PageParams, Params, etag, instant};

/// A text of more bytes than this is no regulation that anybody could read.
const MOST_BYTES: usize = 500_000;

/// A version in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulebookView {
    /// Id; `default` for the one that the service ships with.
    pub id: String,
    /// Its stable name, the same for every version.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// Which version of the text this is.
    pub version: u32,
    /// The document it writes down.
    pub source: Option<String>,
    /// What must be shown beside every result.
    pub notice: Option<String>,
    /// Where it stands.
    pub status: RulebookStatus,
    /// The first day of the first period that is assessed by it; none of a draft and of the
    /// shipped default.
    pub effective_from: Option<NaiveDate>,
    /// Whether the current period is assessed by it.
    pub in_force: bool,
    /// The SHA-256 of what it says, whatever its spaces and comments.
    pub hash: String,
    /// The account that drafted it.
    pub created_by: Option<AccountId>,
    /// The account that proposed it.
    pub proposed_by: Option<AccountId>,
    /// When it was proposed.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub proposed_at: Option<DateTime<Utc>>,
    /// The account that entered its adoption.
    pub adopted_by: Option<AccountId>,
    /// When it was adopted.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub adopted_at: Option<DateTime<Utc>>,
    /// The number of the document (文号) that adopted it.
    pub adopted_document: Option<String>,
    /// Counts edits, for `If-Match`; 0 of the shipped default.
    pub row_version: i32,
    /// When it was drafted.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub created_at: Option<DateTime<Utc>>,
}

impl From<&Version> for RulebookView {
    fn from(version: &Version) -> Self {
        let Version {
            row,
            rulebook,
            hash,
            in_force,
            ..
        } = version;
        let row = row.as_ref();
        Self {
            id: row.map_or_else(|| DEFAULT.to_owned(), |row| row.id.to_string()),
            key: rulebook.key.clone(),
            title: rulebook.title.clone(),
            version: rulebook.version,
            source: rulebook.source.clone(),
            notice: rulebook.notice.clone(),
            status: row.map_or(RulebookStatus::Adopted, |row| row.status),
            effective_from: row.and_then(|row| row.effective_from),
            in_force: *in_force,
            hash: hash.clone(),
            created_by: row.map(|row| row.created_by),
            proposed_by: row.and_then(|row| row.proposed_by),
            proposed_at: row.and_then(|row| row.proposed_at),
            adopted_by: row.and_then(|row| row.adopted_by),
            adopted_at: row.and_then(|row| row.adopted_at),
            adopted_document: row.and_then(|row| row.adopted_document.clone()),
            row_version: row.map_or(0, |row| row.row_version),
            created_at: row.map(|row| row.created_at),
        }
    }
}

/// A version with everything it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulebookDetail {
    /// The version.
    #[serde(flatten)]
    pub version: RulebookView,
    /// What it says, clause by clause.
    pub rulebook: Rulebook,
    /// The text in TOML as it was written, with its comments.
    pub text: String,
}

impl From<Version> for RulebookDetail {
    fn from(version: Version) -> Self {
        Self {
            version: RulebookView::from(&version),
            rulebook: version.rulebook,
            text: version.text,
        }
    }
}

/// The versions of the committee's rules, the latest draft first; the one that the service ships
/// with is the last.
///
/// Until a version is adopted, and for periods before it takes effect, the shipped one is in force
/// and its `notice` says that the office has not confirmed it.
#[utoipa::path(tag = "rulebook", params(PageParams), responses((status = 200, body = Page<RulebookView>), (status = "default", body = Problem)))]
#[get("/rulebooks")]
pub async fn rulebook_list(
    app: Data<App>,
    permit: Permit<op::RulebookRead>,
    params: Params<PageParams>,
) -> Result<Json<Page<RulebookView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let versions = rulebooks::list(&app, permit.committee()).await?;
    let views = versions.iter().map(RulebookView::from).collect();
    Ok(Json(Page::cut(views, skip, limit)))
}

/// One version: where it stands, what it says clause by clause, and its text.
///
/// The `ETag` is what `If-Match` of a change takes. `default` is the one that the service ships
/// with.
#[utoipa::path(tag = "rulebook", params(("rulebook_id" = String, Path)), responses((status = 200, body = RulebookDetail, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[get("/rulebooks/{rulebook_id}")]
pub async fn rulebook_read(
    app: Data<App>,
    permit: Permit<op::RulebookRead>,
    rulebook_id: Path<String>,
) -> Result<HttpResponse> {
    let version = rulebooks::read(&app, permit.committee(), &rulebook_id).await?;
    Ok(answer(version, HttpResponse::Ok()))
}

/// The text of a version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulebookText {
    /// The rulebook in TOML, at most 500,000 bytes; `xingdong rulebook schema` describes it.
    text: String,
}

/// Take in a new version as a draft, as the office.
///
/// The text is checked whole: what is wrong comes in `errors`, each pointing at `/text` and naming
/// line and column. `rulebook_exists` where its `key` has its `version` already.
#[utoipa::path(tag = "rulebook", request_body = RulebookText, responses((status = 201, body = RulebookDetail, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[post("/rulebooks")]
pub async fn rulebook_create(
    app: Data<App>,
    permit: Permit<op::RulebookWrite>,
    body: Body<RulebookText>,
) -> Result<HttpResponse> {
    check_length(&body.text)?;
    let row = rulebooks::create(&app, &permit, &body.text).await?;
    view(&app, row, HttpResponse::Created()).await
}

/// Put another text in the place of a draft's, as the office.
///
/// Send the `ETag` as `If-Match`. What is proposed or adopted is never changed: `wrong_step`.
#[utoipa::path(tag = "rulebook", params(("rulebook_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = RulebookText, responses((status = 200, body = RulebookDetail, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[patch("/rulebooks/{rulebook_id}")]
pub async fn rulebook_update(
    app: Data<App>,
    on: On<op::RulebookWrite, rulebook::Model>,
    seen: IfMatch,
    body: Body<RulebookText>,
) -> Result<HttpResponse> {
    check_length(&body.text)?;
    let row = rulebooks::amend(&app, &on, seen, &body.text).await?;
    view(&app, row, HttpResponse::Ok()).await
}

/// From when on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulebookProposal {
    /// The first day of a period of this rulebook, after every period that is closed or being
    /// closed.
    effective_from: NaiveDate,
}

/// Put a draft before the leaders, as the office.
///
/// `not_period_start` at `/effective_from` names the days it could be; `period_closed` where a
/// closed period would be assessed anew.
#[utoipa::path(tag = "rulebook", params(("rulebook_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = RulebookProposal, responses((status = 200, body = RulebookDetail, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[post("/rulebooks/{rulebook_id}/propose")]
pub async fn rulebook_propose(
    app: Data<App>,
    on: On<op::RulebookPropose, rulebook::Model>,
    seen: IfMatch,
    body: Body<RulebookProposal>,
) -> Result<HttpResponse> {
    let row = rulebooks::propose(&app, &on, seen, body.effective_from).await?;
    view(&app, row, HttpResponse::Ok()).await
}

/// By what it was adopted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulebookAdoption {
    /// The number of the document (文号), at most 100 characters.
    document: String,
}

/// Adopt a proposed version, as a leader.
///
/// Never by who wrote or proposed it: `second_person_required`. From then on the version does not
/// change; what is to be different becomes a version of its own.
#[utoipa::path(tag = "rulebook", params(("rulebook_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = RulebookAdoption, responses((status = 200, body = RulebookDetail, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[post("/rulebooks/{rulebook_id}/adopt")]
pub async fn rulebook_adopt(
    app: Data<App>,
    on: On<op::RulebookAdopt, rulebook::Model>,
    seen: IfMatch,
    body: Body<RulebookAdoption>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let document = fields.line("/document", &body.document, 100);
    fields.finish()?;
    let row = rulebooks::adopt(&app, &on, seen, &document).await?;
    view(&app, row, HttpResponse::Ok()).await
}

/// Take back a draft or a proposed version, as the office.
///
/// It stays in the list, and its number stays taken.
#[utoipa::path(tag = "rulebook", params(("rulebook_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = RulebookDetail, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[post("/rulebooks/{rulebook_id}/withdraw")]
pub async fn rulebook_withdraw(
    app: Data<App>,
    on: On<op::RulebookWithdraw, rulebook::Model>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = rulebooks::withdraw(&app, &on, seen).await?;
    view(&app, row, HttpResponse::Ok()).await
}

/// What is to be tried. Without `text` and `changes` the version is held against what is in force;
/// with one of them, what it says is held against the version.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulebookTrial {
    /// `2026`, `2026-H1`, `2026-Q3`, `2026-09`; the current period unless told.
    period: Option<String>,
    /// Another rulebook in TOML.
    text: Option<String>,
    /// Values to put in the places of the version that JSON pointers name, such as
    /// `{"/rules/2/points": "3"}`; at most 100.
    #[schema(value_type = Option<std::collections::BTreeMap<String, serde_json::Value>>)]
    changes: Option<BTreeMap<String, serde_json::Value>>,
}

/// Everybody under two rulebooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulebookTrialView {
    /// The period.
    pub period: Period,
    /// The hash of the rulebook before.
    pub before_hash: String,
    /// The hash of the rulebook after.
    pub after_hash: String,
    /// Who moves from which grade to which, and what moved him.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// Try a version, or a change of it, on the facts of a period: who would move from which grade to
/// which, and which clauses move him.
///
/// Nothing is stored, but the audit log says that it was asked. Facts are those of now, also for a
/// closed period. `default` names the one that the service ships with.
#[utoipa::path(tag = "rulebook", params(("rulebook_id" = String, Path)), request_body = RulebookTrial, responses((status = 200, body = RulebookTrialView), (status = "default", body = Problem)))]
#[post("/rulebooks/{rulebook_id}/preview")]
pub async fn rulebook_preview(
    app: Data<App>,
    permit: Permit<op::RulebookPreview>,
    rulebook_id: Path<String>,
    body: Body<RulebookTrial>,
) -> Result<Json<RulebookTrialView>> {
    let Body(body) = body;
    let mut fields = Fields::default();
    fields.check(
        body.text.is_none() || body.changes.is_none(),
        "/changes",
        "exclusive",
        "text 和 changes 只能填一项",
    );
    fields.check(
        body.changes
            .as_ref()
            .is_none_or(|changes| changes.len() <= 100),
        "/changes",
        "too_many",
        "最多 100 处",
    );
    fields.finish()?;
    let difference = match (body.text, body.changes) {
        (Some(text), _) => {
            check_length(&text)?;
            Difference::Text(text)
        }
        (None, Some(changes)) => Difference::Values(changes),
        (None, None) => Difference::None,
    };
    let period = body.period.as_deref();
    let preview = preview::preview(&app, &permit, &rulebook_id, period, difference).await?;
    Ok(Json(RulebookTrialView {
        period: preview.period,
        before_hash: preview.before,
        after_hash: preview.after,
        comparison: preview.comparison,
    }))
}

fn check_length(text: &str) -> Result<()> {
    let mut fields = Fields::default();
    fields.check(
        text.len() <= MOST_BYTES,
        "/text",
        "too_long",
        "最多 500000 个字节",
    );
    fields.finish()
}

async fn view(
    app: &App,
    row: rulebook::Model,
    response: HttpResponseBuilder,
) -> Result<HttpResponse> {
    let version = rulebooks::described(app, row).await?;
    Ok(answer(version, response))
}

fn answer(version: Version, mut response: HttpResponseBuilder) -> HttpResponse {
    if let Some(row) = &version.row {
        response.insert_header(etag(row.row_version));
    }
    response.json(RulebookDetail::from(version))
}
