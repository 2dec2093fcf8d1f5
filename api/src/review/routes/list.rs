//! HTTP for the list of a review: nominations, settling, confirming, giving back.

use std::collections::HashSet;

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post, put};
use domain::ids::{MemberId, ReviewCandidateId, ReviewId};
use entity::{nomination, review};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view;
use crate::access::{On, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch};
use crate::review::service::{self, Settlement};
use crate::review::views::ReviewView;

/// Let the groups nominate, as the office. Conveners find it in their inbox.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/open")]
pub async fn review_open(
    app: Data<App>,
    on: On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = service::open(&app, &on, seen).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Whom a group nominates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNominations {
    /// 1 to 50 members of the caller's groups.
    #[schema(value_type = Vec<String>)]
    member_ids: Vec<MemberId>,
    /// Why, at most 500 characters.
    reason: String,
}

/// Nominate members of one's own group, as its convener.
///
/// Only within the places of the group (`places_full`), only who can be picked by the rules, and
/// never oneself. Whoever is nominated already stays so.
#[utoipa::path(tag = "review", params(("review_id" = String, Path)), request_body = NewNominations, responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/nominate")]
pub async fn review_nominate(
    app: Data<App>,
    on: On<op::ReviewNominate, review::Model>,
    body: Body<NewNominations>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let members = &body.member_ids;
    fields.check(!members.is_empty(), "/member_ids", "required", "请选择委员");
    fields.check(members.len() <= 50, "/member_ids", "too_many", "最多 50 人");
    let once = members.iter().collect::<HashSet<_>>().len() == members.len();
    fields.check(once, "/member_ids", "duplicate", "有重复的委员");
    let reason = fields.line("/reason", &body.reason, 500);
    fields.finish()?;
    let row = service::nominate(&app, &on, members, &reason).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Withdraw a nomination of one's own group while groups nominate.
#[utoipa::path(tag = "review", params(("nomination_id" = String, Path)), responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/nominations/{nomination_id}/withdraw")]
pub async fn nomination_withdraw(
    app: Data<App>,
    on: On<op::ReviewNominate, nomination::Model>,
) -> Result<HttpResponse> {
    let row = service::withdraw_nomination(&app, &on).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// What the office settles about one candidate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettlement {
    /// Whether he stands on the list.
    listed: bool,
    /// Why, at most 500 characters.
    reason: String,
    /// On what basis: a document, a vote, a meeting; at most 200 characters.
    basis: String,
}

/// Put a candidate on the list, take him off, or decide a tie, as the office and never about
/// oneself.
///
/// What the rules propose stays beside it, with the reason and the basis of the change.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("candidate_id" = String, Path)), request_body = NewSettlement, responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[put("/reviews/{review_id}/candidates/{candidate_id}")]
pub async fn review_candidate(
    app: Data<App>,
    on: On<op::ReviewWrite, review::Model>,
    path: Path<(ReviewId, ReviewCandidateId)>,
    body: Body<NewSettlement>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let settlement = Settlement {
        listed: body.listed,
        reason: fields.line("/reason", &body.reason, 500),
        basis: fields.line("/basis", &body.basis, 200),
    };
    fields.finish()?;
    let (_, candidate) = path.into_inner();
    let row = service::put(&app, &on, candidate, &settlement).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Settle the list, as the office.
///
/// Every tie must be decided (`ties_open`), and no partition may have more on the list than it has
/// places (`places_full`).
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/settle")]
pub async fn review_settle(
    app: Data<App>,
    on: On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = service::settle(&app, &on, seen).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Confirm a settled list, as a second person of the office.
///
/// Never by who prepared it or stands on it: `second_person_required`.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/confirm")]
pub async fn review_confirm(
    app: Data<App>,
    on: On<op::ReviewConfirm, review::Model>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = service::confirm(&app, &on, seen).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewReason {
    /// At most 500 characters; where the list was published, members read it.
    reason: String,
}

/// Give a review back to be drafted anew, before it is decided.
///
/// A publication is taken back, and members are told why. The objections stay.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = ReviewReason, responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/return")]
pub async fn review_return(
    app: Data<App>,
    on: On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
    body: Body<ReviewReason>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 500);
    fields.finish()?;
    let row = service::give_back(&app, &on, seen, reason).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// End a review without a decision. The same review can then be computed again.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = ReviewReason, responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/cancel")]
pub async fn review_cancel(
    app: Data<App>,
    on: On<op::ReviewWrite, review::Model>,
    seen: IfMatch,
    body: Body<ReviewReason>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 500);
    fields.finish()?;
    let row = service::cancel(&app, &on, seen, reason).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}
