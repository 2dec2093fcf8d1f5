//! HTTP for what was found in texts and pictures, and for WeChat to fetch pictures.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::content::{
    ContentDecision, ContentField, ContentKind, ContentObstacle, ContentOutcome,
};
use domain::ids::{AccountId, ContentCheckId, FileId};
use entity::content_check;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::list::{self, Shown, Wanted};
use super::{picture, service};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params, instant};

/// What was found of one text or picture, and what was decided of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContentCheckView {
    /// Id.
    #[schema(value_type = String)]
    id: ContentCheckId,
    /// What it stands in.
    kind: ContentKind,
    /// The kind in Chinese.
    kind_name: &'static str,
    /// The id of that; of a duty record that of the first signer.
    subject_id: Uuid,
    /// Which part of it.
    field: ContentField,
    /// The part in Chinese.
    field_name: &'static str,
    /// The text; absent of a picture, and where another text stands there by now.
    text: Option<String>,
    /// Of a picture: `GET /files/{file_id}` shows it.
    file_id: Option<FileId>,
    /// Who wrote or uploaded it.
    written_by: AccountId,
    /// His name.
    written_by_name: String,
    /// When.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    written_at: DateTime<Utc>,
    /// What WeChat found.
    outcome: ContentOutcome,
    /// The outcome in Chinese.
    outcome_name: &'static str,
    /// WeChat's own word: `pass`, `review` or `risky`.
    suggest: Option<String>,
    /// WeChat's label: 100 nothing, 20001 politics, 20002 pornography …
    label: Option<i64>,
    /// The label in Chinese.
    label_name: Option<&'static str>,
    /// Why WeChat found nothing.
    obstacle: Option<ContentObstacle>,
    /// The same in Chinese.
    obstacle_name: Option<&'static str>,
    /// When the outcome was known.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    checked_at: Option<DateTime<Utc>>,
    /// Whether a person must decide.
    pending: bool,
    /// What a person decided.
    decision: Option<ContentDecision>,
    /// Who decided.
    decided_by_name: Option<String>,
    /// When.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    decided_at: Option<DateTime<Utc>>,
    /// What was said with the decision.
    note: Option<String>,
}

impl From<Shown> for ContentCheckView {
    fn from(shown: Shown) -> Self {
        let row = shown.row;
        Self {
            id: row.id,
            kind: row.kind,
            kind_name: row.kind.zh(),
            subject_id: row.subject_id,
            field: row.field,
            field_name: row.field.zh(),
            text: shown.text,
            file_id: (row.kind == ContentKind::File).then_some(FileId(row.subject_id)),
            written_by: row.account_id,
            written_by_name: shown.writer,
            written_at: row.written_at,
            outcome: row.outcome,
            outcome_name: row.outcome.zh(),
            suggest: row.suggest,
            label: row.label,
            label_name: row.label.map(label_name),
            obstacle: row.obstacle,
            obstacle_name: row.obstacle.map(ContentObstacle::zh),
            checked_at: row.checked_at,
            pending: shown.pending,
            decision: row.decision,
            decided_by_name: shown.decided_by,
            decided_at: row.decided_at,
            note: row.note,
        }
    }
}

/// WeChat's labels by the names of its manual of `msg_sec_check`.
const fn label_name(label: i64) -> &'static str {
    match label {
        100 => "正常",
        10001 => "广告",
        20001 => "时政",
        20002 => "色情",
        20003 => "辱骂",
        20006 => "违法犯罪",
        20008 => "欺诈",
        20012 => "低俗",
        20013 => "版权",
        _ => "其他",
    }
}

/// Which checks by their decision.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionFilter {
    /// What a person must decide.
    Pending,
    /// What stays.
    Keep,
    /// What is hidden.
    Hide,
}

/// Which checks, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContentParams {
    /// Only what is to be decided, or was decided so; everything unless told.
    #[param(value_type = Option<String>)]
    decision: Option<DecisionFilter>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What WeChat found in the texts and pictures of members, the latest first.
///
/// With `decision=pending` what a person must decide: what WeChat objects to, and, where unchecked
/// content is hidden, what it could not judge. Until then it is shown or hidden as `wechat.
/// content_check` says.
#[utoipa::path(tag = "content", params(ContentParams), responses((status = 200, body = Page<ContentCheckView>), (status = "default", body = Problem)))]
#[get("/content-checks")]
pub async fn content_checks(
    app: Data<App>,
    permit: Permit<op::ContentList>,
    params: Params<ContentParams>,
) -> Result<Json<Page<ContentCheckView>>> {
    let window = PageParams::window(params.limit, params.cursor.as_deref())?;
    let wanted = match params.decision {
        None => Wanted::All,
        Some(DecisionFilter::Pending) => Wanted::Pending,
        Some(DecisionFilter::Keep) => Wanted::Decided(ContentDecision::Keep),
        Some(DecisionFilter::Hide) => Wanted::Decided(ContentDecision::Hide),
    };
    let (shown, total) = list::list(&app, permit.committee(), wanted, window).await?;
    let items = shown.into_iter().map(ContentCheckView::from).collect();
    Ok(Json(Page::new(items, total, window.0)))
}

/// What a person decides of a text or a picture.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentDecisionForm {
    /// Whether others go on reading it.
    decision: ContentDecision,
    /// Why, at most 200 characters.
    note: Option<String>,
}

/// Decide whether others read a text or see a picture.
///
/// Hidden, it is read by its writer, by the staff, the office, leaders and auditors only; what was
/// asked with it (a leave, a correction) goes on. A decision may be changed. Never about one's own.
#[utoipa::path(tag = "content", params(("content_check_id" = String, Path)), request_body = ContentDecisionForm, responses((status = 200, body = ContentCheckView), (status = "default", body = Problem)))]
#[post("/content-checks/{content_check_id}/decision")]
pub async fn decide_content_check(
    app: Data<App>,
    on: On<op::ContentDecide, content_check::Model>,
    body: Body<ContentDecisionForm>,
) -> Result<Json<ContentCheckView>> {
    let mut fields = Fields::default();
    let note = body
        .note
        .as_deref()
        .filter(|note| !note.trim().is_empty())
        .map(|note| fields.line("/note", note, 200));
    fields.finish()?;
    let row = service::decide(&app, &on, body.decision, note).await?;
    let shown = list::show(&app, on.committee(), vec![row]).await?;
    let shown = shown.into_iter().next().ok_or_else(ApiError::not_found)?;
    Ok(Json(shown.into()))
}

/// A picture for WeChat to judge, under an address that was told to WeChat alone and counts for an
/// hour at most.
#[utoipa::path(tag = "wechat", params(("word" = String, Path)), responses((status = 200, content_type = "image/*", body = Vec<u8>), (status = 404)), security(()))]
#[get("/wechat/media/{word}")]
pub async fn checked_picture(app: Data<App>, word: Path<String>) -> Result<HttpResponse> {
    let file = picture::fetched(&app, &word).await?;
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "no-store"))
        .body(file.data))
}
