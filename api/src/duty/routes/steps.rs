//! HTTP for what is done to declared records.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use domain::duty::Growth;
use entity::duty_record::Model as DutyRecord;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::{DutyRecordView, view};
use crate::access::{On, op};
use crate::app::App;
use crate::duty::steps::{self, Advance};
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, IfMatch};

/// Submit a draft or a returned duty record.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[post("/duty-records/{duty_record_id}/submit")]
pub async fn submit_duty(
    app: Data<App>,
    on: On<op::DutySubmit, DutyRecord>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = steps::submit(&app, &on, seen).await?;
    view(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// Check a submitted duty record first, as its convener.
///
/// This step may be left out: verification is what counts.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[post("/duty-records/{duty_record_id}/check")]
pub async fn check_duty(
    app: Data<App>,
    on: On<op::DutyCheck, DutyRecord>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = steps::check(&app, &on, seen).await?;
    view(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// Verify a duty record with everybody who signed it, so that it counts.
///
/// Never by who declared it and never by who signed it: `second_person_required`. Where the
/// rulebook gives the kind to certain organs, by one of them. `reference_taken` where another thing
/// of the kind is verified under the same number.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[post("/duty-records/{duty_record_id}/verify")]
pub async fn verify_duty(
    app: Data<App>,
    on: On<op::DutyVerify, DutyRecord>,
    seen: IfMatch,
) -> Result<HttpResponse> {
    let row = steps::verify(&app, &on, seen).await?;
    view(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyReason {
    /// At most 200 characters; the member reads it.
    reason: String,
}

impl DutyReason {
    fn checked(&self) -> Result<String> {
        let mut fields = Fields::default();
        let reason = fields.line("/reason", &self.reason, 200);
        fields.finish().map(|()| reason)
    }
}

/// Return a submitted duty record to the member.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), request_body = DutyReason, responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[post("/duty-records/{duty_record_id}/return")]
pub async fn return_duty(
    app: Data<App>,
    on: On<op::DutyReturn, DutyRecord>,
    seen: IfMatch,
    body: Body<DutyReason>,
) -> Result<HttpResponse> {
    let row = steps::give_back(&app, &on, seen, body.checked()?).await?;
    view(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// Take back a verified duty record that was found wrong.
///
/// Its facts, one for each who signed it, are not deleted: reversals are added to the ledger, and the record is
/// returned to whoever declared it with the reason.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), request_body = DutyReason, responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[post("/duty-records/{duty_record_id}/reverse")]
pub async fn reverse_duty(
    app: Data<App>,
    on: On<op::DutyVerify, DutyRecord>,
    seen: IfMatch,
    body: Body<DutyReason>,
) -> Result<HttpResponse> {
    let row = steps::reverse(&app, &on, seen, body.checked()?).await?;
    view(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// What became of a verified thing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyAdvance {
    /// Words of the attribute in which the kind gathers stages: `stage` of a proposal, `level` of
    /// an opinion report.
    #[serde(default)]
    add: Vec<String>,
    /// Words of other attributes that hold several, such as `{"instructed": ["city"]}`.
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
    /// Attributes that become yes, such as `adopted`.
    #[serde(default)]
    flags: Vec<String>,
    /// The document that says so, at most 200 characters.
    document: Option<String>,
}

/// Add stages or levels to a verified thing, for everybody who signed it.
///
/// Facts are not changed: each is reversed and told anew on the same day, in one transaction, and
/// the score sheet shows both. Never by who declared or signed it. What is there already changes
/// nothing.
#[utoipa::path(tag = "duty", params(("duty_record_id" = String, Path)), request_body = DutyAdvance, responses((status = 200, body = DutyRecordView), (status = "default", body = Problem)))]
#[post("/duty-records/{duty_record_id}/stage")]
pub async fn advance_duty(
    app: Data<App>,
    on: On<op::DutyVerify, DutyRecord>,
    seen: IfMatch,
    body: Body<DutyAdvance>,
) -> Result<HttpResponse> {
    let Body(body) = body;
    let mut fields = Fields::default();
    let document = body.document.filter(|text| !text.trim().is_empty());
    let new = Advance {
        growth: Growth {
            words: body.words,
            flags: body.flags,
        },
        stages: body.add,
        document: document.map(|text| fields.line("/document", &text, 200)),
    };
    fields.finish()?;
    let row = steps::advance(&app, &on, seen, new).await?;
    view(&app, &on.permit, row, HttpResponse::Ok()).await
}
