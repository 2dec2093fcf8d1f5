//! HTTP for the tables of scores as Excel files.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;

use super::service;
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::Params;
use crate::score;
use crate::sheet::MEDIA_TYPE;

/// Which period.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportParams {
    /// `2026`, `2026-H1`, `2026-Q3`, `2026-09`, `2026-S` or `2026-T`. Unless told, the current
    /// period of the rulebook; for a dossier, the whole term.
    period: Option<String>,
}

impl ReportParams {
    /// The period that was named.
    pub(super) fn period(&self) -> Option<&str> {
        self.period.as_deref()
    }
}

/// A file to be saved under a name.
pub(super) fn download(media_type: &str, name: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(bytes)
}

/// The scores of a period as an Excel file.
///
/// Three sheets: a row for each member with his rules, parts, place and unmet requirements, a row
/// for each line with its arithmetic and facts, and the rules with the hashes of a closed period.
/// At most five a day for each account; every one is in the audit log.
#[utoipa::path(tag = "report", params(ReportParams), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "default", body = Problem)))]
#[get("/scores.xlsx")]
pub async fn scores_workbook(
    app: Data<App>,
    permit: Permit<op::ScoresExport>,
    params: Params<ReportParams>,
) -> Result<HttpResponse> {
    let period = score::service::period(&app, permit.committee(), params.period()).await?;
    let bytes = service::scores_workbook(&app, &permit, period).await?;
    let name = format!("scores-{period}.xlsx");
    Ok(download(MEDIA_TYPE, &name, bytes))
}

/// The scores of the groups in a period as an Excel file, in the layout of `/scores.xlsx`.
///
/// Without rows where the rulebook does not score groups.
#[utoipa::path(tag = "report", params(ReportParams), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "default", body = Problem)))]
#[get("/group-scores.xlsx")]
pub async fn group_scores_workbook(
    app: Data<App>,
    permit: Permit<op::ScoresExport>,
    params: Params<ReportParams>,
) -> Result<HttpResponse> {
    let period = score::service::period(&app, permit.committee(), params.period()).await?;
    let bytes = service::group_scores_workbook(&app, &permit, period).await?;
    let name = format!("group-scores-{period}.xlsx");
    Ok(download(MEDIA_TYPE, &name, bytes))
}
