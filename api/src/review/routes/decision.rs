//! HTTP for the decision of a review and what is carried out after it.

use std::collections::HashSet;

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use chrono::NaiveDate;
use domain::ids::{FileId, ReviewCandidateId};
use domain::review::{FollowUpKind, Verdict};
use entity::review;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view;
use crate::access::{On, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch, day};
use crate::review::service::{self, Carried, Decision, Judged};
use crate::review::views::{ReviewDocumentView, ReviewView};

/// Put a review before the deciding body, as the office: after the publication, or at once where
/// the rulebook has the list not published.
///
/// `publication_open` before the end of the publication, `objections_open` while an objection
/// waits for its answer.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/present")]
pub async fn review_present(
    app: Data<App>,
    on: On<op::ReviewPublish, review::Model>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = service::present(&app, &on, seen).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

/// What was decided of one candidate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVerdict {
    /// Of whom on the list.
    #[schema(value_type = String)]
    candidate_id: ReviewCandidateId,
    /// What the body said.
    verdict: Verdict,
    /// What it decided instead, at most 100 characters; needed with `otherwise`.
    consequence: Option<String>,
    /// Why, at most 500 characters; needed unless it is as proposed.
    reason: Option<String>,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// The body that decided, at most 100 characters; the one of the rulebook unless told.
    deciding_body: Option<String>,
    /// The number of the document (文号), at most 100 characters.
    document: String,
    /// The day of the decision.
    #[serde(deserialize_with = "day::deserialize")]
    decided_on: NaiveDate,
    /// Those of whom it was decided otherwise; all others on the list were decided as proposed.
    #[serde(default)]
    candidates: Vec<NewVerdict>,
}

/// Enter the decision, as a leader.
///
/// After the publication and when every objection is answered; never by who had a hand in the list
/// or stands on it. A membership does not change by it. Whoever is on the list finds in his inbox
/// that there is a decision.
#[utoipa::path(tag = "review", params(("review_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = NewDecision, responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/decide")]
pub async fn review_decide(
    app: Data<App>,
    on: On<op::ReviewDecide, review::Model>,
    seen: IfMatch,
    body: Body<NewDecision>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let deciding_body = body
        .deciding_body
        .map(|name| fields.line("/deciding_body", &name, 100));
    let document = fields.line("/document", &body.document, 100);
    let named: HashSet<_> = body.candidates.iter().map(|one| one.candidate_id).collect();
    let once = named.len() == body.candidates.len();
    fields.check(once, "/candidates", "duplicate", "有重复的人选");
    let exceptions = body
        .candidates
        .into_iter()
        .enumerate()
        .map(|(index, one)| judged(&mut fields, index, one))
        .collect();
    fields.finish()?;
    let decision = Decision {
        body: deciding_body,
        document,
        decided_on: body.decided_on,
        exceptions,
    };
    let row = service::decide(&app, &on, seen, decision).await?;
    view(&app, &on.caller, row, HttpResponse::Ok()).await
}

fn judged(fields: &mut Fields, index: usize, one: NewVerdict) -> Judged {
    let at = |name: &str| format!("/candidates/{index}/{name}");
    let otherwise = one.verdict == Verdict::Otherwise;
    let as_proposed = one.verdict == Verdict::AsProposed;
    let fits = one.consequence.is_some() == otherwise;
    fields.check(
        fits,
        &at("consequence"),
        "mismatch",
        "另作决定的须写明决定内容，其他情形不填",
    );
    fields.check(
        as_proposed || one.reason.is_some(),
        &at("reason"),
        "required",
        "与建议不同的须写明理由",
    );
    Judged {
        candidate: one.candidate_id,
        verdict: one.verdict,
        consequence: one
            .consequence
            .map(|text| fields.line(&at("consequence"), &text, 100)),
        reason: one
            .reason
            .map(|text| fields.line(&at("reason"), &text, 500)),
    }
}

/// Something carried out after a decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReviewDocument {
    /// About whom on the list.
    #[schema(value_type = String)]
    candidate_id: ReviewCandidateId,
    /// What it is.
    kind: FollowUpKind,
    /// What people call it, such as 告知函; the consequence decided unless told.
    title: Option<String>,
    /// The number of a letter, at most 100 characters.
    number: Option<String>,
    /// The day the talk was held or the letter sent.
    #[serde(deserialize_with = "day::deserialize")]
    done_on: NaiveDate,
    /// Who held the talk or signed the letter, at most 100 characters.
    done_by: String,
    /// What else is to be known, at most 1000 characters.
    note: Option<String>,
    /// The day on which the person signed for it.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    signed_on: Option<NaiveDate>,
    /// A copy that the caller uploaded.
    #[schema(value_type = Option<String>)]
    file_id: Option<FileId>,
}

/// Record a talk or a letter after a decision, as the office. It stands in the member's dossier.
#[utoipa::path(tag = "review", params(("review_id" = String, Path)), request_body = NewReviewDocument, responses((status = 201, body = ReviewDocumentView), (status = "default", body = Problem)))]
#[post("/reviews/{review_id}/documents")]
pub async fn review_document(
    app: Data<App>,
    on: On<op::ReviewDocument, review::Model>,
    body: Body<NewReviewDocument>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let new = Carried {
        candidate: body.candidate_id,
        kind: body.kind,
        title: body.title.map(|text| fields.line("/title", &text, 100)),
        number: body.number.map(|text| fields.line("/number", &text, 100)),
        done_on: body.done_on,
        done_by: fields.line("/done_by", &body.done_by, 100),
        note: body
            .note
            .map(|text| fields.paragraph("/note", &text, 1000))
            .filter(|text| !text.is_empty()),
        signed_on: body.signed_on,
        file: body.file_id,
    };
    fields.finish()?;
    let row = service::carry_out(&app, &on, new).await?;
    Ok(HttpResponse::Created().json(ReviewDocumentView::from(row)))
}
