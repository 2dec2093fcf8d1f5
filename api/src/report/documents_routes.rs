//! HTTP for what is printed about one member.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use entity::member;
use serde::Deserialize;
use utoipa::IntoParams;

use super::paper::MEDIA_TYPE;
use super::routes::{ReportParams, download};
use super::{dossier, evaluation};
use crate::access::{On, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::Params;

/// A member's dossier (履职档案) as a Word document.
///
/// Of his term up to today, or of `period` alone: of every period the result with each line, its
/// calculation and the facts it rests on, what earned nothing and why, the requirements; then every
/// activity he was invited to, his duty records, and what reviews decided of him. A closed result
/// carries its hash and revision. Members take out their own; at most five a day for each account,
/// and every one is in the audit log.
#[utoipa::path(tag = "report", params(("member_id" = String, Path), ReportParams), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), (status = "default", body = Problem)))]
#[get("/members/{member_id}/dossier.docx")]
pub async fn member_dossier(
    app: Data<App>,
    on: On<op::DossierExport, member::Model>,
    params: Params<ReportParams>,
) -> Result<HttpResponse> {
    let bytes = dossier::dossier(&app, &on, params.period()).await?;
    let name = format!("dossier-{}.docx", on.row.id);
    Ok(download(MEDIA_TYPE, &name, bytes))
}

/// Which notice.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoticeParams {
    /// A closed period, such as `2026`.
    period: Option<String>,
    /// In how many workdays from today he can object, 1 to 60; as long as the rulebook publishes
    /// lists of reviews unless told.
    objection_workdays: Option<u32>,
}

/// The notice of a member's result in a closed period (考核结果告知书) as a Word document.
///
/// It says the result with each line, how to object and until which day, and carries the hash of
/// the frozen sheet. `wrong_step` while the period is open.
#[utoipa::path(tag = "report", params(("member_id" = String, Path), NoticeParams), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), (status = "default", body = Problem)))]
#[get("/members/{member_id}/evaluation-notice.docx")]
pub async fn evaluation_notice(
    app: Data<App>,
    on: On<op::EvaluationNotice, member::Model>,
    params: Params<NoticeParams>,
) -> Result<HttpResponse> {
    let workdays = params.objection_workdays;
    if workdays.is_some_and(|days| !(1..=60).contains(&days)) {
        return Err(ApiError::field(
            "objection_workdays",
            "out_of_range",
            "异议期限应为 1 至 60 个工作日",
        ));
    }
    let bytes = evaluation::notice(&app, &on, params.period.as_deref(), workdays).await?;
    let name = format!("evaluation-notice-{}.docx", on.row.id);
    Ok(download(MEDIA_TYPE, &name, bytes))
}
