//! HTTP for the steps of an activity.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::web::{Data, Json};
use actix_web::{FromRequest, HttpRequest, HttpResponse, post};
use chrono::{DateTime, Utc};
use domain::activity::ActivityStatus;
use domain::ids::ActivityId;
use entity::activity;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ActivityView, shown};
use crate::access::{On, op};
use crate::activity::edit::Edited;
use crate::activity::plan::Point;
use crate::activity::sessions::SessionTimes;
use crate::activity::times::GivenTimes;
use crate::activity::{publish, steps};
use crate::app::App;
use crate::checkin::service::Settled;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, instant};

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// At most 200 characters.
    reason: String,
}

impl Because {
    fn checked(&self) -> Result<String> {
        let mut fields = Fields::default();
        let reason = fields.line("/reason", &self.reason, 200);
        fields.finish()?;
        Ok(reason)
    }
}

/// Hand a draft in for approval.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), responses((status = 200, body = ActivityView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/submit")]
pub async fn activity_submit(
    app: Data<App>,
    on: On<op::ActivitySubmit, activity::Model>,
) -> Result<HttpResponse> {
    let row = steps::submit(&app, &on).await?;
    shown(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// Approve an activity.
///
/// Whoever drafted or submitted it cannot approve it.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), responses((status = 200, body = ActivityView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/approve")]
pub async fn activity_approve(
    app: Data<App>,
    on: On<op::ActivityApprove, activity::Model>,
) -> Result<HttpResponse> {
    let row = steps::approve(&app, &on).await?;
    shown(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// Give an activity back to its author, with a reason.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), request_body = Because, responses((status = 200, body = ActivityView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/return")]
pub async fn activity_return(
    app: Data<App>,
    on: On<op::ActivityReturn, activity::Model>,
    body: Body<Because>,
) -> Result<HttpResponse> {
    let row = steps::give_back(&app, &on, body.checked()?).await?;
    shown(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// How to publish; the body may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Needed when a plenary starts in less than seven days, or anything else in less than three.
    lead_reason: Option<String>,
}

/// A body that may be left out where there is nothing to say.
#[derive(Debug)]
pub struct Optional<T>(T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for Optional<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let empty = headers
            .get(CONTENT_LENGTH)
            .is_none_or(|length| length == "0")
            && !headers.contains_key(TRANSFER_ENCODING);
        let body = Body::<T>::from_request(request, payload);
        Box::pin(async move {
            if empty {
                Ok(Self(T::default()))
            } else {
                Ok(Self(body.await?.0))
            }
        })
    }
}

/// What was published.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedView {
    /// The activity.
    pub activity_id: ActivityId,
    /// Where it stands.
    pub status: ActivityStatus,
    /// How many members were invited; they are being told now.
    pub invited: usize,
}

/// Publish an approved activity.
///
/// The audience becomes a list of people that later changes of groups do not touch, and
/// everybody on it is told. The answer does not wait for the telling: see the deliveries.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), request_body = Option<Publication>, responses((status = 202, body = PublishedView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/publish")]
pub async fn activity_publish(
    app: Data<App>,
    on: On<op::ActivityPublish, activity::Model>,
    body: Optional<Publication>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let lead_reason = body
        .0
        .lead_reason
        .as_deref()
        .map(|reason| fields.line("/lead_reason", reason, 200));
    fields.finish()?;
    let (row, invited) = publish::publish(&app, &on, lead_reason).await?;
    Ok(HttpResponse::Accepted().json(PublishedView {
        activity_id: row.id,
        status: row.status,
        invited,
    }))
}

/// Cancel an activity, with a reason. Everybody who was invited is told.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), request_body = Because, responses((status = 200, body = ActivityView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/cancel")]
pub async fn activity_cancel(
    app: Data<App>,
    on: On<op::ActivityCancel, activity::Model>,
    body: Body<Because>,
) -> Result<HttpResponse> {
    let row = steps::cancel(&app, &on, body.checked()?).await?;
    shown(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// Where and when an activity is held instead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rescheduling {
    /// The new start. Start and end are needed unless `sessions` are given.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    starts_at: Option<DateTime<Utc>>,
    /// The new end.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    ends_at: Option<DateTime<Utc>>,
    /// The sessions anew, 1 to 12 in order and without overlap; needed to move an activity that
    /// has several.
    sessions: Option<Vec<SessionTimes>>,
    /// Check-in opens; unless told as long before the start as before.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    opens_at: Option<DateTime<Utc>>,
    /// Check-in closes; unless told as far from the end as before.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    closes_at: Option<DateTime<Utc>>,
    /// From here on a check-in is late; unless told as far from the start as before.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    late_after: Option<DateTime<Utc>>,
    /// Replies are asked for until then; unless told as long before the start as before.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    reply_by: Option<DateTime<Utc>>,
    /// The new venue, at most 100 characters.
    venue: Option<String>,
    /// The new point. Where the venue changes and the activity asks for the place, the point is
    /// given again, or `null` for an activity that asks for it no more.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    latitude: Edited<f64>,
    /// GCJ-02 degrees east.
    #[serde(default)]
    #[schema(value_type = Option<f64>)]
    longitude: Edited<f64>,
    /// 10 to 5000.
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    radius_m: Edited<i32>,
    /// Why, at most 200 characters.
    reason: String,
}

/// Move a published activity to another time, and to another place if need be.
///
/// Everybody who was invited is told. Replies and leaves stand; members may change theirs until
/// the new start. An activity that has begun, or at which somebody has checked in, is not moved.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), request_body = Rescheduling, responses((status = 200, body = ActivityView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/reschedule")]
pub async fn activity_reschedule(
    app: Data<App>,
    on: On<op::ActivityReschedule, activity::Model>,
    body: Body<Rescheduling>,
) -> Result<HttpResponse> {
    let body = body.0;
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 200);
    let venue = body
        .venue
        .as_deref()
        .map(|venue| fields.line("/venue", venue, 100));
    fields.finish()?;
    let silent = matches!(
        (body.latitude, body.longitude, body.radius_m),
        (Edited::Kept, Edited::Kept, Edited::Kept)
    );
    let point = Point {
        latitude: body.latitude.over(None),
        longitude: body.longitude.over(None),
        radius_m: body.radius_m.over(None),
    };
    let to = steps::Move {
        given: GivenTimes {
            starts_at: body.starts_at,
            ends_at: body.ends_at,
            sessions: body.sessions,
            opens_at: body.opens_at,
            closes_at: body.closes_at,
            late_after: body.late_after,
            reply_by: body.reply_by,
        },
        venue,
        point: (!silent).then_some(point),
        reason,
    };
    let row = steps::reschedule(&app, &on, to).await?;
    shown(&app, &on.permit, row, HttpResponse::Ok()).await
}

/// How an activity ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosedView {
    /// The activity.
    pub activity_id: ActivityId,
    /// Where it stands.
    pub status: ActivityStatus,
    /// How many members were found to be what.
    pub settled: Settled,
    /// Requests for leave that nobody had decided; they no longer count.
    pub undecided_leaves: u64,
}

/// End an activity that has begun, and settle everybody's attendance.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), responses((status = 200, body = ClosedView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/close")]
pub async fn activity_close(
    app: Data<App>,
    on: On<op::ActivityClose, activity::Model>,
) -> Result<Json<ClosedView>> {
    let closed = steps::close(&app, &on).await?;
    Ok(Json(ClosedView {
        activity_id: closed.row.id,
        status: closed.row.status,
        settled: closed.settled,
        undecided_leaves: closed.undecided_leaves,
    }))
}
