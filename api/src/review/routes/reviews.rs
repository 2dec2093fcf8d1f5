//! HTTP for reviews: the list, making one, reading it, and what a dossier holds of them.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use domain::review::ReviewStatus;
use domain::score::ReviewKind;
use entity::{member, review};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::view;
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch, Page, PageParams, Params};
use crate::review::service::{self, Wanted};
use crate::review::views::{DossierReviewView, ReviewSummary, ReviewView};
use crate::sheet::MEDIA_TYPE;

/// Which reviews, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReviewParams {
    /// What it is for.
    #[param(value_type = Option<String>)]
    kind: Option<ReviewKind>,
    /// The period whose results are reviewed, such as `2026`.
    period: Option<String>,
    /// Where it stands.
    #[param(value_type = Option<String>)]
    status: Option<ReviewStatus>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The reviews the caller may know of, the newest first.
///
/// Members see those that are published; conveners also those for which groups nominate now.
#[utoipa::path(tag = "review", params(ReviewParams), responses((status = 200, body = Page<ReviewSummary>), (status = "default", body = Problem)))]
#[get("/reviews")]
pub async fn review_list(
    app: Data<App>,
    permit: Permit<op::ReviewList>,
    params: Params<ReviewParams>,
) -> Result<Json<Page<ReviewSummary>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let wanted = Wanted {
        kind: params.kind,
        period: params.period.clone(),
        status: params.status,
    };
    let (rows, total) = service::list(&app, &permit.caller, &wanted, (skip, limit)).await?;
    let items = rows.into_iter().map(ReviewSummary::from).collect();
    Ok(Json(Page::new(items, total, skip)))
}

/// A new review.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// The key of a review in the rulebook that is in force for the period.
    key: String,
    /// The period whose results are reviewed, such as `2026`.
    period: String,
    /// What people call it, at most 100 characters; period and rule unless told.
    title: Option<String>,
}

/// Compute a review, as the office.
///
/// Everybody assessed is in it with what the rules propose and why. Results of a period that is
/// not closed are `provisional`. What it rests on is kept with its hashes; `review_exists` where
/// the period has this review already.
#[utoipa::path(tag = "review", request_body = NewReview, responses((status = 201, body = ReviewView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[post("/reviews")]
pub async fn review_create(
    app: Data<App>,
    permit: Permit<op::ReviewWrite>,
    body: Body<NewReview>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let key = fields.line("/key", &body.key, 100);
    let title = body
        .title
        .as_deref()
        .map(|title| fields.line("/title", title, 100));
    fields.finish()?;
    let row = service::create(&app, &permit, &key, &body.period, title).await?;
    view(&app, &permit.caller, row, HttpResponse::Created()).await
}

/// One review, as far as the caller may see it.
///
/// The `ETag` is what `If-Match` of a step takes. `basis.stale` says why a review must be computed
/// anew: a period was reopened or amended, or the rulebook changed.
#[utoipa::path(tag = "review", params(("review_id" = String, Path)), responses((status = 200, body = ReviewView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[get("/reviews/{review_id}")]
pub async fn review_read(
    app: Data<App>,
    on: On<op::ReviewList, review::Model>,
) -> Result<HttpResponse> {
    view(&app, &on.caller, on.row.clone(), HttpResponse::Ok()).await
}

/// Compute a draft anew.
///
/// What the office settled about somebody stays where the rules propose the same for him.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/refresh")]
pub async fn review_refresh(
    app: Data<App>,
    on: On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = service::refresh(&app, &on, seen).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// A review as an Excel file.
///
/// The list with reasons, settlements, nominations and decisions, the places, the objections, the
/// talks and letters, and what it all rests on. At most five files a day for each account; every
/// one is in the audit log.
#[utoipa::path(tag = "review", params(("review_id" = String, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "default", body = Problem)))]
#[get("/reviews/{review_id}.xlsx")]
pub async fn review_workbook(
    app: Data<App>,
    on: On<op::ReviewExport, review::Model>,
) -> Result<HttpResponse> {
    let bytes = service::workbook(&app, &on).await?;
    let name = format!(
        "attachment; filename=\"review-{}-{}.xlsx\"",
        on.row.key, on.row.period
    );
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(bytes))
}

/// The decided reviews on whose list a member stood, with the talks and letters that followed, the
/// oldest first.
#[utoipa::path(tag = "review", params(("member_id" = String, Path)), responses((status = 200, body = Page<DossierReviewView>), (status = "default", body = Problem)))]
#[get("/members/{member_id}/reviews")]
pub async fn member_reviews(
    app: Data<App>,
    on: On<op::ScoreRead, member::Model>,
) -> Result<Json<Page<DossierReviewView>>> {
    let entries = service::of_member(&app, on.committee(), on.row.id).await?;
    let views = entries
        .into_iter()
        .map(DossierReviewView::try_from)
        .collect::<Result<_>>()?;
    Ok(Json(Page::whole(views)))
}
