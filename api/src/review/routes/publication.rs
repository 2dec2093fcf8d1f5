//! HTTP for the publication of a review's list, the objections against it, and their answers.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use domain::ids::{FileId, MemberId, ObjectionId};
use domain::review::Remedy;
use entity::{objection, review};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view;
use crate::access::{On, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, IfMatch, Page, day};
use crate::review::service::{self, Answer, ByHand, Objection};
use crate::review::views::{ObjectionView, ReviewView};

/// At most so many files show one objection.
const MOST_FILES: usize = 9;

/// How long a list is published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPublication {
    /// The last day; counted in workdays by the rulebook unless told. Never before the counted
    /// one.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    until: Option<NaiveDate>,
    /// Why the last day is set by hand, at most 200 characters; needed with `until`.
    reason: Option<String>,
}

/// Publish a confirmed list to all members (公示), as the office.
///
/// The day of publication does not count; make-up weekends do. Where the days reach into a year
/// without an official table the answer is `calendar_unconfirmed`, and the last day is to be given
/// by hand with a reason. Refused for provisional results (`review_provisional`) and for results
/// that have changed (`review_stale`). Every member finds it in his inbox.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = NewPublication, responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/publish")]
pub async fn review_publish(
    app: Data<App>,
    on: On<op::ReviewPublish, review::Model>,
    seen: IfMatch,
    body: Body<NewPublication>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let by_hand = body.until.map(|until| ByHand {
        until,
        reason: fields.line("/reason", body.reason.as_deref().unwrap_or_default(), 200),
    });
    let needless = by_hand.is_none() && body.reason.is_some();
    fields.check(!needless, "/until", "required", "写明原因时须填写截止日期");
    fields.finish()?;
    let row = service::publish(&app, &on, seen, by_hand).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// An objection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewObjection {
    /// About whom: somebody on the list, or oneself; the whole list unless told.
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// In words, at most 2000 characters.
    text: String,
    /// Ids of files that the caller uploaded, at most 9.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    evidence_ids: Vec<FileId>,
}

/// Object to a published list, as a member, up to the last day of the publication.
#[utoipa::path(tag = "review", params(("review_id" = String, Path)), request_body = NewObjection, responses((status = 201, body = ObjectionView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/object")]
pub async fn review_object(
    app: Data<App>,
    on: On<op::ReviewObject, review::Model>,
    body: Body<NewObjection>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let text = fields.paragraph("/text", &body.text, 2000);
    fields.check(!body.text.trim().is_empty(), "/text", "required", "必填");
    fields.check(
        body.evidence_ids.len() <= MOST_FILES,
        "/evidence_ids",
        "too_many",
        "最多 9 个文件",
    );
    fields.finish()?;
    let new = Objection {
        about: body.member_id,
        text,
        evidence: body.evidence_ids,
    };
    let row = service::object(&app, &on, new).await?;
    Ok(HttpResponse::Created().json(ObjectionView::from(row)))
}

/// The objections against a review: the caller's own, or all for office, leaders and auditors.
#[utoipa::path(tag = "review", params(("review_id" = String, Path)), responses((status = 200, body = Page<ObjectionView>), (status = "default", body = Problem)))]
#[get("/reviews/{review_id}/objections")]
pub async fn review_objections(
    app: Data<App>,
    on: On<op::ObjectionList, review::Model>,
) -> Result<Json<Page<ObjectionView>>> {
    let rows = service::objections(&app, &on.caller, &on.row).await?;
    let views = rows.into_iter().map(ObjectionView::from).collect();
    Ok(Json(Page::whole(views)))
}

/// The answer to an objection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// Whether the objection is right.
    upheld: bool,
    /// What the member is told, at most 1000 characters.
    answer: String,
    /// What follows for the person it is about. Unless told, he leaves the list he stands on, and
    /// whoever does not stand on it is computed anew.
    remedy: Option<Remedy>,
}

fn checked(fields: &mut Fields, body: &NewAnswer) -> Answer {
    Answer {
        upheld: body.upheld,
        answer: fields.line("/answer", &body.answer, 1000),
        remedy: body.remedy,
    }
}

/// Answer an objection, as the office; never by who raised it or whom it is about.
///
/// Where it is upheld the list changes with it: the person is taken off, or computed anew from the
/// results of this moment. The member finds the answer in his inbox.
#[utoipa::path(tag = "review", params(("objection_id" = String, Path)), request_body = NewAnswer, responses((status = 200, body = ObjectionView), (status = "default", body = Problem)))]
#[post("/objections/{objection_id}/answer")]
pub async fn objection_answer(
    app: Data<App>,
    on: On<op::ObjectionAnswer, objection::Model>,
    body: Body<NewAnswer>,
) -> Result<Json<ObjectionView>> {
    let mut fields = Fields::default();
    let answer = checked(&mut fields, &body);
    fields.finish()?;
    let row = service::answer(&app, &on.permit, on.row.id, answer).await?;
    Ok(Json(row.into()))
}

/// The answer to an objection of a review.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReviewAnswer {
    /// Which objection.
    #[schema(value_type = String)]
    objection_id: ObjectionId,
    /// Whether the objection is right.
    upheld: bool,
    /// What the member is told, at most 1000 characters.
    answer: String,
    /// What follows for the person it is about.
    remedy: Option<Remedy>,
}

/// Answer an objection of a review: the same as `POST /objections/{objection_id}/answer`.
#[utoipa::path(tag = "review", params(("review_id" = String, Path)), request_body = NewReviewAnswer, responses((status = 200, body = ObjectionView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/answer")]
pub async fn review_answer(
    app: Data<App>,
    on: On<op::ObjectionAnswer, review::Model>,
    body: Body<NewReviewAnswer>,
) -> Result<Json<ObjectionView>> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let new = NewAnswer {
        upheld: body.upheld,
        answer: body.answer,
        remedy: body.remedy,
    };
    let answer = checked(&mut fields, &new);
    fields.finish()?;
    let known = service::objections(&app, &on.caller, &on.row).await?;
    if !known.iter().any(|row| row.id == body.objection_id) {
        return Err(ApiError::not_found());
    }
    let row = service::answer(&app, &on.permit, body.objection_id, answer).await?;
    Ok(Json(row.into()))
}

/// Withdraw an objection before it is answered, as the member who raised it.
#[utoipa::path(tag = "review", params(("objection_id" = String, Path)), responses((status = 200, body = ObjectionView), (status = "default", body = Problem)))]
#[post("/objections/{objection_id}/withdraw")]
pub async fn objection_withdraw(
    app: Data<App>,
    on: On<op::ReviewObject, objection::Model>,
) -> Result<Json<ObjectionView>> {
    Ok(Json(service::withdraw_objection(&app, &on).await?.into()))
}
