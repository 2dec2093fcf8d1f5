//! HTTP for the activity days.

use actix_web::web::{Data, Json, Path};
use actix_web::{get, put};
use chrono::NaiveDate;
use domain::calendar::{DayKind, Quarter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::service::{self, ActivityDay};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, Params, day};

/// The activity day of one quarter.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityDayView {
    /// Such as `2026-Q3`.
    #[schema(value_type = String)]
    pub quarter: Quarter,
    /// The last Friday of the quarter.
    pub rule_date: NaiveDate,
    /// What kind of day the rule date is, by the State Council's table.
    pub status: DayKind,
    /// What is proposed: the rule date, or the day it shifts to.
    pub proposed_date: NaiveDate,
    /// What the office confirmed.
    pub confirmed_date: Option<NaiveDate>,
    /// Why the confirmed date is not the rule date.
    pub reason: Option<String>,
}

impl From<ActivityDay> for ActivityDayView {
    fn from(day: ActivityDay) -> Self {
        let (confirmed_date, reason) = day
            .confirmed
            .map(|row| (row.confirmed_date, row.reason))
            .unzip();
        Self {
            quarter: day.proposal.quarter,
            rule_date: day.proposal.rule_date,
            status: day.proposal.status,
            proposed_date: day.proposal.proposed_date,
            confirmed_date,
            reason: reason.flatten(),
        }
    }
}

/// Which year.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct YearParams {
    /// 2000 to 2100.
    year: i32,
}

/// The four activity days of a year.
#[utoipa::path(tag = "calendar", params(YearParams), responses((status = 200, body = Vec<ActivityDayView>), (status = "default", body = Problem)))]
#[get("/calendar/activity-days")]
pub async fn activity_days(
    app: Data<App>,
    permit: Permit<op::CalendarRead>,
    params: Params<YearParams>,
) -> Result<Json<Vec<ActivityDayView>>> {
    if !(2000..=2100).contains(&params.year) {
        return Err(ApiError::field(
            "year",
            "out_of_range",
            "年份应在 2000 到 2100 之间",
        ));
    }
    let days = service::activity_days(&app, &permit, params.year).await?;
    Ok(Json(days.into_iter().map(ActivityDayView::from).collect()))
}

/// A date the office confirms.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// A day of the quarter.
    #[serde(deserialize_with = "day::deserialize")]
    confirmed_date: NaiveDate,
    /// Needed when it is not the rule date.
    reason: Option<String>,
}

/// Confirm the activity day of a quarter.
///
/// Both the rule date and the confirmed date are kept. Another date than the rule date needs a
/// reason.
#[utoipa::path(tag = "calendar", params(("quarter" = String, Path, description = "such as 2026-Q3")), request_body = Confirmation, responses((status = 200, body = ActivityDayView), (status = "default", body = Problem)))]
#[put("/calendar/activity-days/{quarter}")]
pub async fn confirm(
    app: Data<App>,
    permit: Permit<op::CalendarConfirm>,
    quarter: Path<String>,
    body: Body<Confirmation>,
) -> Result<Json<ActivityDayView>> {
    let quarter: Quarter = quarter.parse().map_err(|_| ApiError::not_found())?;
    let mut fields = Fields::default();
    let reason = body
        .reason
        .as_deref()
        .map(|reason| fields.line("/reason", reason, 200));
    fields.check(
        Quarter::of(body.confirmed_date) == quarter,
        "/confirmed_date",
        "outside_quarter",
        "活动日应在本季度内",
    );
    fields.finish()?;
    let day = service::confirm(&app, &permit, quarter, body.confirmed_date, reason).await?;
    Ok(Json(day.into()))
}
