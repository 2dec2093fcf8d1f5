//! HTTP for the list of an activity, calling the roll and a member's own list.

use actix_web::web::{Data, Json, Path};
use actix_web::{get, put};
use chrono::{DateTime, Datelike, Utc};
use domain::activity::ActivityKind;
use domain::attendance::{AttendanceSource, AttendanceStatus, Reply};
use domain::ids::{ActivityId, GroupId, MemberId};
use domain::leave::LeaveReason;
use domain::time::local_date;
use entity::{activity, attendance};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Caller, On, op};
use crate::activity::service::StayView;
use crate::app::App;
use crate::checkin::Desk;
use crate::checkin::roll::{self, Called, Line};
use crate::error::{ApiError, Code, Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params, instant};

/// One line of the list of an activity.
#[derive(Debug, Serialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent flags of one line of a list"
)]
pub struct AttendanceView {
    /// The member.
    pub member_id: MemberId,
    /// Name.
    pub name: String,
    /// The group he was invited with.
    pub group_id: GroupId,
    /// Its name.
    pub group: String,
    /// Where it stands; settled when the activity is closed.
    pub status: AttendanceStatus,
    /// What it was before a correction.
    pub original_status: Option<AttendanceStatus>,
    /// What the status rests on.
    pub source: Option<AttendanceSource>,
    /// What he answered.
    pub reply: Reply,
    /// When he answered.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub replied_at: Option<DateTime<Utc>>,
    /// When he first read the notice.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub read_at: Option<DateTime<Utc>>,
    /// The reason of an approved leave.
    pub leave_reason: Option<LeaveReason>,
    /// When he first checked in.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// Whether he was late, at any session.
    pub late: bool,
    /// Whether a check-in was sent later, from a phone without network.
    pub offline: bool,
    /// Whether somebody should look at the place.
    pub needs_review: bool,
    /// When he last checked out.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub checked_out_at: Option<DateTime<Utc>>,
    /// The sessions he checked in to, where the activity has several.
    pub sessions: Vec<StayView>,
    /// How many sessions count as attended, once the activity is closed.
    pub sessions_attended: Option<i32>,
    /// Of how many.
    pub sessions_total: Option<i32>,
    /// What was said at the roll call.
    pub roll_reason: Option<String>,
    /// Whether the roll call did not find him although he had checked in.
    pub conflicts_with_check_in: bool,
    /// Whether a correction waits to be decided.
    pub correction_pending: bool,
}

impl From<Line> for AttendanceView {
    fn from(line: Line) -> Self {
        let conflicts_with_check_in = line.conflicts();
        let row = line.attendance;
        Self {
            member_id: row.member_id,
            name: line.name,
            group_id: row.group_id,
            group: line.group,
            status: row.status,
            original_status: row.original_status,
            source: row.source,
            reply: row.reply,
            replied_at: row.replied_at,
            read_at: row.read_at,
            leave_reason: row.leave_reason,
            checked_in_at: row.checked_in_at,
            late: row.late,
            offline: row.offline,
            needs_review: row.needs_review,
            checked_out_at: row.checked_out_at,
            sessions: line.stays.into_iter().map(StayView::from).collect(),
            sessions_attended: row.sessions_attended,
            sessions_total: row.sessions_total,
            roll_reason: row.roll_reason,
            conflicts_with_check_in,
            correction_pending: line.correction_pending,
        }
    }
}

/// Who was invited to an activity, and what became of it, group by group.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path), PageParams), responses((status = 200, body = Page<AttendanceView>), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/attendance")]
pub async fn attendance_list(
    app: Data<App>,
    on: On<op::AttendanceList, activity::Model>,
    params: Params<PageParams>,
) -> Result<Json<Page<AttendanceView>>> {
    let window = PageParams::window(params.limit, params.cursor.as_deref())?;
    let (lines, total) = roll::list(&app, &on, window).await?;
    Ok(Json(Page::new(
        lines.into_iter().map(AttendanceView::from).collect(),
        total,
        window.0,
    )))
}

/// What was found when the roll was called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollCallRequest {
    /// Any status but `invited`.
    status: AttendanceStatus,
    /// Why it is recorded by hand, at most 200 characters.
    reason: String,
}

/// What calling the roll left.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollCallView {
    /// The member.
    pub member_id: MemberId,
    /// What was recorded.
    pub status: AttendanceStatus,
    /// Always `roll_call`.
    pub source: Option<AttendanceSource>,
    /// Why.
    pub roll_reason: Option<String>,
    /// When he had checked in, if he had.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// Whether the roll call did not find him although he had checked in; both are kept.
    pub conflicts_with_check_in: bool,
}

impl From<Called> for RollCallView {
    fn from(called: Called) -> Self {
        let attendance::Model {
            member_id,
            status,
            source,
            roll_reason,
            checked_in_at,
            ..
        } = called.attendance;
        Self {
            member_id,
            status,
            source,
            roll_reason,
            checked_in_at,
            conflicts_with_check_in: called.conflicts,
        }
    }
}

/// Call the roll: record what you found of one member.
///
/// From the opening of check-in until the activity is closed, with a reason, for members within
/// reach and never for oneself. It holds for the activity as a whole: who is found present was at
/// all its sessions. It stands above a check-in, which is kept beside it.
#[utoipa::path(tag = "checkin", params(("activity_id" = String, Path), ("member_id" = String, Path)), request_body = RollCallRequest, responses((status = 200, body = RollCallView), (status = "default", body = Problem)))]
#[put("/activities/{activity_id}/attendance/{member_id}")]
pub async fn roll_call(
    app: Data<App>,
    desk: Data<Desk>,
    on: On<op::RollCall, activity::Model>,
    path: Path<(ActivityId, MemberId)>,
    body: Body<RollCallRequest>,
) -> Result<Json<RollCallView>> {
    let (_, member) = path.into_inner();
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 200);
    fields.check(
        body.status != AttendanceStatus::Invited,
        "/status",
        "unknown_word",
        "点名结果不能是“待参加”",
    );
    fields.finish()?;
    let called = roll::call(&app, &desk, &on, member, body.status, &reason).await?;
    Ok(Json(called.into()))
}

/// Which of one's own attendances.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MyAttendanceParams {
    /// The year of the activities; this year unless told.
    year: Option<i32>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// One's own part in one activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyAttendanceView {
    /// The activity.
    pub activity_id: ActivityId,
    /// Its title.
    pub title: String,
    /// What it was.
    pub kind: ActivityKind,
    /// When it began.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub starts_at: DateTime<Utc>,
    /// When it ended.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub ends_at: DateTime<Utc>,
    /// Where one's part stands.
    pub status: AttendanceStatus,
    /// What it was before a correction.
    pub original_status: Option<AttendanceStatus>,
    /// What the status rests on.
    pub source: Option<AttendanceSource>,
    /// What one answered.
    pub reply: Reply,
    /// The reason of an approved leave.
    pub leave_reason: Option<LeaveReason>,
    /// When one first checked in.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// When one last checked out.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub checked_out_at: Option<DateTime<Utc>>,
    /// How many sessions count as attended, once the activity is closed.
    pub sessions_attended: Option<i32>,
    /// Of how many.
    pub sessions_total: Option<i32>,
}

impl From<(attendance::Model, activity::Model)> for MyAttendanceView {
    fn from((row, activity): (attendance::Model, activity::Model)) -> Self {
        Self {
            activity_id: activity.id,
            title: activity.title,
            kind: activity.kind,
            starts_at: activity.starts_at,
            ends_at: activity.ends_at,
            status: row.status,
            original_status: row.original_status,
            source: row.source,
            reply: row.reply,
            leave_reason: row.leave_reason,
            checked_in_at: row.checked_in_at,
            checked_out_at: row.checked_out_at,
            sessions_attended: row.sessions_attended,
            sessions_total: row.sessions_total,
        }
    }
}

/// One's own part in the activities of a year, the latest first.
#[utoipa::path(tag = "checkin", params(MyAttendanceParams), responses((status = 200, body = Page<MyAttendanceView>), (status = "default", body = Problem)))]
#[get("/me/attendance")]
pub async fn my_attendance(
    app: Data<App>,
    caller: Caller,
    params: Params<MyAttendanceParams>,
) -> Result<Json<Page<MyAttendanceView>>> {
    let member = caller
        .member_id()
        .ok_or_else(|| ApiError::new(Code::NotBound))?;
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let year = params
        .year
        .unwrap_or_else(|| local_date(app.clock.now()).year());
    if !(2000..=2100).contains(&year) {
        return Err(ApiError::field(
            "year",
            "out_of_range",
            "年份应在 2000 到 2100 之间",
        ));
    }
    let mine = roll::mine(&app, caller.committee, member, year).await?;
    Ok(Json(Page::cut(
        mine.into_iter().map(MyAttendanceView::from).collect(),
        skip,
        limit,
    )))
}
