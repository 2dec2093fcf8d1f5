//! HTTP for the code, checking in and checking out.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::attendance::AttendanceStatus;
use domain::checkin::{Location, Slot};
use domain::ids::ActivityId;
use entity::activity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{On, Permit, op};
use crate::app::App;
use crate::checkin::code::{self, ShownCode};
use crate::checkin::service::{self, CheckedIn, CheckedOut, Desk, Sent};
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, instant};
use crate::telemetry::Metrics;

/// The code of this moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInCodeView {
    /// Eight digits to be shown large, for those who type.
    pub code: String,
    /// The 30-second slot that the code proves.
    pub slot: Slot,
    /// When the slot began.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub valid_from: DateTime<Utc>,
    /// When the next code replaces this one.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub valid_until: DateTime<Utc>,
    /// What the QR code says: `xd1:<activity id>:<slot>:<code>`.
    pub qr_payload: String,
}

impl From<ShownCode> for CheckInCodeView {
    fn from(shown: ShownCode) -> Self {
        let (valid_from, valid_until) = (shown.slot.valid_from(), shown.slot.valid_until());
        Self {
            code: shown.code,
            slot: shown.slot,
            valid_from,
            valid_until,
            qr_payload: shown.qr_payload,
        }
    }
}

/// The code for the venue's screen.
///
/// It changes every 30 seconds: ask again at `valid_until`. It is shown from half an hour before
/// check-in opens until check-in and check-out are over.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path)), responses((status = 200, body = CheckInCodeView), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/check-in-code")]
pub async fn check_in_code(
    app: Data<App>,
    on: On<op::CodeShow, activity::Model>,
) -> Result<HttpResponse> {
    let shown = code::show(&app, &on).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("Cache-Control", "no-store"))
        .json(CheckInCodeView::from(shown)))
}

/// The same code as a picture, for a screen that only shows pictures.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path)), responses((status = 200, content_type = "image/svg+xml", body = String), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/check-in-code.svg")]
pub async fn check_in_code_picture(
    app: Data<App>,
    on: On<op::CodeShow, activity::Model>,
) -> Result<HttpResponse> {
    let shown = code::show(&app, &on).await?;
    let picture = code::picture(&shown.qr_payload)?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header(("Cache-Control", "no-store"))
        .body(picture))
}

/// Where a phone says it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationRequest {
    /// GCJ-02 degrees north.
    latitude: f64,
    /// GCJ-02 degrees east.
    longitude: f64,
    /// How far the phone may be off, in metres.
    accuracy: f64,
}

/// An attempt to check in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInRequest {
    /// The code of the screen, scanned or typed; blanks and full-width digits will do.
    code: String,
    /// The slot in the QR code, or the one in which the code was typed. An offline check-in needs
    /// this or `captured_at`.
    slot: Option<Slot>,
    /// The phone's own id of this attempt: 1 to 64 letters, digits, `_` and `-`.
    client_id: String,
    /// When the phone took the code. A hint only: the code proves when it was.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    captured_at: Option<DateTime<Utc>>,
    /// Where the phone is; kept only where the activity asks for it.
    location: Option<LocationRequest>,
}

/// A check-in that stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckInView {
    /// `present` or `late`.
    pub status: AttendanceStatus,
    /// The number of the session, from 1.
    pub session: i32,
    /// When the member was there: the server's time, or the start of the code's slot if it was
    /// sent later.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: DateTime<Utc>,
    /// Whether it was sent later, from a phone without network.
    pub offline: bool,
    /// Whether it was late.
    pub late: bool,
    /// Whether the convener must look at the place.
    pub needs_review: bool,
}

impl From<&CheckedIn> for CheckInView {
    fn from(checked_in: &CheckedIn) -> Self {
        let row = &checked_in.row;
        Self {
            status: checked_in.status(),
            session: row.session,
            at: row.at,
            offline: row.offline,
            late: row.late,
            needs_review: row.needs_review,
        }
    }
}

/// Under which word an attempt to check in is counted.
fn word(outcome: &Result<CheckedIn>) -> &'static str {
    match outcome {
        Ok(checked_in) if checked_in.first => "first",
        Ok(_) => "again",
        Err(refusal) => refusal.code.as_str(),
    }
}

/// Check in to an activity.
///
/// Checking in twice is not an error: the first check-in stands and is returned again with 200,
/// whatever `client_id` the second has. Where the activity has several sessions, each is checked
/// in to; the code proves which one it is, also when it was kept and is sent during another one.
/// Between two sessions the answer is `checkin_too_early` with the next opening. A phone without network keeps code, slot, time and place
/// and sends them later, within the committee's allowed delay and before the activity is closed;
/// after that a correction is asked for. Ten refused attempts within a minute end in 429.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path)), request_body = CheckInRequest, responses(
    (status = 201, body = CheckInView), (status = 200, description = "already checked in", body = CheckInView), (status = "default", body = Problem),
))]
#[post("/activities/{activity_id}/check-ins")]
pub async fn check_in(
    app: Data<App>,
    desk: Data<Desk>,
    permit: Permit<op::CheckIn>,
    activity: Path<ActivityId>,
    body: Body<CheckInRequest>,
) -> Result<HttpResponse> {
    let Body(CheckInRequest {
        code,
        slot,
        client_id,
        captured_at,
        location,
    }) = body;
    let mut fields = Fields::default();
    check_client_id(&mut fields, &client_id);
    fields.finish()?;
    let location = location.map(|at| Location {
        latitude: at.latitude,
        longitude: at.longitude,
        accuracy_m: at.accuracy,
    });
    let sent = Sent {
        code,
        slot,
        client_id,
        captured_at,
        location,
    };
    let outcome = service::check_in(&app, &desk, &permit, *activity, sent).await;
    Metrics::count(&app.metrics.checkins, word(&outcome));
    let checked_in = outcome?;
    let view = CheckInView::from(&checked_in);
    Ok(if checked_in.first {
        HttpResponse::Created().json(view)
    } else {
        HttpResponse::Ok().json(view)
    })
}

/// An attempt to check out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckOutRequest {
    /// The code of the screen.
    code: String,
    /// The slot in the QR code.
    slot: Option<Slot>,
    /// The phone's own id of this attempt.
    client_id: Option<String>,
    /// When the phone took the code.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    captured_at: Option<DateTime<Utc>>,
}

/// A check-out that stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckOutView {
    /// The number of the session that was left.
    pub session: i32,
    /// When the member went.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: DateTime<Utc>,
}

/// Check out of an activity.
///
/// From the start until two hours after the end, with the code of the screen. Who checks out
/// again was there until then: the last time counts. Of several sessions it ends the latest one
/// that has begun and was checked in to. Where the activity asks for a share of its
/// time, who does not check out has left early.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path)), request_body = CheckOutRequest, responses((status = 200, body = CheckOutView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/check-outs")]
pub async fn check_out(
    app: Data<App>,
    permit: Permit<op::CheckOut>,
    activity: Path<ActivityId>,
    body: Body<CheckOutRequest>,
) -> Result<Json<CheckOutView>> {
    let Body(CheckOutRequest {
        code,
        slot,
        client_id,
        captured_at,
    }) = body;
    let mut fields = Fields::default();
    if let Some(client_id) = &client_id {
        check_client_id(&mut fields, client_id);
    }
    fields.finish()?;
    let sent = Sent {
        code,
        slot,
        client_id: client_id.unwrap_or_default(),
        captured_at,
        location: None,
    };
    let CheckedOut { session, at } = service::check_out(&app, &permit, *activity, sent).await?;
    Ok(Json(CheckOutView { session, at }))
}

fn check_client_id(fields: &mut Fields, client_id: &str) {
    let good = (1..=64).contains(&client_id.len())
        && client_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    fields.check(
        good,
        "/client_id",
        "invalid_client_id",
        "应为 1 到 64 个字母、数字、下划线或短横线",
    );
}
