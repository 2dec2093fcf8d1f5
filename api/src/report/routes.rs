//! HTTP for reports.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get};
use domain::points::Points;
use domain::score::{Period, Share};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::service::{self, Figures, Named};
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
    /// `2026`, `2026-H1`, `2026-Q3` or `2026-09`; the current period of the rulebook unless told.
    period: Option<String>,
}

/// The scores of a period as an Excel file.
///
/// Three sheets: a row for each member, a row for each line with its arithmetic and facts, and
/// the rules. At most five a day for each account; every one is in the audit log.
#[utoipa::path(tag = "report", params(ReportParams), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = "default", body = Problem)))]
#[get("/scores.xlsx")]
pub async fn scores_workbook(
    app: Data<App>,
    permit: Permit<op::ScoresExport>,
    params: Params<ReportParams>,
) -> Result<HttpResponse> {
    let period = score::service::period(&app, params.period.as_deref())?;
    let bytes = service::scores_workbook(&app, &permit, period).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"scores-{period}.xlsx\""),
        ))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(bytes))
}

/// Figures of some members.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// How many members.
    pub members: u32,
    /// To how many activities they were invited, counted for each member.
    pub invited: u32,
    /// How many of these they attended.
    pub attended: u32,
    /// How much of what they could attend they attended.
    pub attendance_share: Option<Share>,
    /// Their average total, rounded half up at the second decimal.
    pub average_total: Option<Points>,
}

impl From<Figures> for FiguresView {
    fn from(figures: Figures) -> Self {
        Self {
            members: figures.members,
            invited: figures.invited,
            attended: figures.attended,
            attendance_share: figures.attendance_share,
            average_total: figures.average(),
        }
    }
}

/// Figures of the members of one group or sector.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartFigures {
    /// Id of the group or sector.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: FiguresView,
}

fn parts<Id: std::fmt::Display>(named: Named<Id>) -> Vec<PartFigures> {
    named
        .into_iter()
        .map(|(id, name, figures)| PartFigures {
            id: id.to_string(),
            name,
            figures: figures.into(),
        })
        .collect()
}

/// The figures of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatisticsView {
    /// The period.
    pub period: Period,
    /// Of everybody within the caller's reach.
    pub all: FiguresView,
    /// Of each group.
    pub groups: Vec<PartFigures>,
    /// Of each sector.
    pub sectors: Vec<PartFigures>,
}

/// Attendance and average scores of a period, by group and by sector.
///
/// Only members within the caller's reach are counted.
#[utoipa::path(tag = "report", params(ReportParams), responses((status = 200, body = StatisticsView), (status = "default", body = Problem)))]
#[get("/statistics")]
pub async fn statistics(
    app: Data<App>,
    permit: Permit<op::ScoreList>,
    params: Params<ReportParams>,
) -> Result<Json<StatisticsView>> {
    let period = score::service::period(&app, params.period.as_deref())?;
    let statistics = service::statistics(&app, &permit, period).await?;
    Ok(Json(StatisticsView {
        period,
        all: statistics.all.into(),
        groups: parts(statistics.groups),
        sectors: parts(statistics.sectors),
    }))
}
