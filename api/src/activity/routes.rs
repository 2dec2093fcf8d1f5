//! HTTP for activities: reading them and writing them down.

pub mod files;
pub mod reply;
pub mod steps;

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, patch, post};
use chrono::{DateTime, NaiveDate, Utc};
use domain::activity::{ActivityKind, ActivityMode, ActivityStatus};
use domain::attendance::{AttendanceStatus, Reply};
use domain::ids::{AccountId, ActivityId, GroupId, LeaveRequestId, TermId};
use domain::leave::LeaveState;
use entity::activity;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::audience::Audience;
use super::edit::ActivityEdit;
use super::files::{self as attached, GivenFile, ShownFile};
use super::plan::{Plan, Point};
use super::queries::{self, Counts, Filter, Mine, Seen};
use super::service;
use super::sessions::{SessionTimes, SessionView, StayView, shown as sessions_shown};
use super::times::{GivenTimes, Times};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, IfMatch, Page, PageParams, Params, day, etag, instant};

/// The caller's own part in an activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyPart {
    /// What he answered.
    pub reply: Reply,
    /// When.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub replied_at: Option<DateTime<Utc>>,
    /// His attendance as it stands.
    pub status: AttendanceStatus,
    /// When he first checked in.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// Whether he was late, at any session.
    pub late: bool,
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
    /// His latest request for leave.
    pub leave_request_id: Option<LeaveRequestId>,
    /// Where that stands; `registered` waits for his confirmation.
    pub leave_state: Option<LeaveState>,
}

impl From<Mine> for MyPart {
    fn from(mine: Mine) -> Self {
        let row = mine.attendance;
        let (leave_request_id, leave_state) =
            mine.leave.map(|leave| (leave.id, leave.state)).unzip();
        Self {
            reply: row.reply,
            replied_at: row.replied_at,
            status: row.status,
            checked_in_at: row.checked_in_at,
            late: row.late,
            checked_out_at: row.checked_out_at,
            sessions: mine.stays.into_iter().map(StayView::from).collect(),
            sessions_attended: row.sessions_attended,
            sessions_total: row.sessions_total,
            leave_request_id,
            leave_state,
        }
    }
}

/// An activity as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivitySummary {
    /// Id.
    pub id: ActivityId,
    /// The group that holds it.
    pub group_id: GroupId,
    /// What it is.
    pub kind: ActivityKind,
    /// Under which mode it is planned.
    pub mode: ActivityMode,
    /// Title.
    pub title: String,
    /// Where, in words.
    pub venue: String,
    /// Start, of the first session where there are several.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub starts_at: DateTime<Utc>,
    /// End, of the last session where there are several.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub ends_at: DateTime<Utc>,
    /// Its sessions in order; one for the usual activity.
    pub sessions: Vec<SessionView>,
    /// Replies are asked for until then; they are taken until the start.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub reply_by: DateTime<Utc>,
    /// Where it stands. A published activity is `running` from its start on.
    pub status: ActivityStatus,
    /// Why it was returned, cancelled or moved.
    pub status_reason: Option<String>,
    /// How many were invited and what they answered; for those whose seat reaches the activity.
    pub counts: Option<Counts>,
    /// The caller's own part, where he was invited.
    pub mine: Option<MyPart>,
}

/// An activity with everything that is written about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityView {
    /// What lists show of it.
    #[serde(flatten)]
    pub summary: ActivitySummary,
    /// The term it falls into.
    pub term_id: TermId,
    /// Agenda and what to bring.
    pub content: String,
    /// GCJ-02 degrees north, where check-in asks for the place.
    pub latitude: Option<f64>,
    /// GCJ-02 degrees east.
    pub longitude: Option<f64>,
    /// How far from the point still counts as there.
    pub radius_m: Option<i32>,
    /// Check-in opens, to the first session where there are several.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub opens_at: DateTime<Utc>,
    /// Check-in closes, to the last session where there are several; at this instant it is closed.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub closes_at: DateTime<Utc>,
    /// From here on a check-in is late, to the first session where there are several.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub late_after: DateTime<Utc>,
    /// Below this share of the time a member counts as absent.
    pub min_share_percent: Option<i32>,
    /// Why it was announced later than the rule asks.
    pub lead_reason: Option<String>,
    /// What is shown with it: agenda, materials.
    pub files: Vec<ShownFile>,
    /// Who is invited; for those whose seat reaches the activity.
    pub audience: Option<Audience>,
    /// Who drafted it; for those whose seat reaches the activity.
    pub created_by: Option<AccountId>,
    /// Who submitted it.
    pub submitted_by: Option<AccountId>,
    /// Who approved it.
    pub approved_by: Option<AccountId>,
    /// When it was published.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub published_at: Option<DateTime<Utc>>,
    /// When it was closed.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts changes; the `ETag`.
    pub version: i32,
}

impl From<Seen> for ActivitySummary {
    fn from(seen: Seen) -> Self {
        let Seen {
            row,
            sessions,
            status,
            counts,
            mine,
        } = seen;
        Self {
            id: row.id,
            group_id: row.group_id,
            kind: row.kind,
            mode: row.mode,
            title: row.title,
            venue: row.venue,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            sessions: sessions_shown(&sessions),
            reply_by: row.reply_by,
            status,
            status_reason: row.status_reason,
            counts,
            mine: mine.map(MyPart::from),
        }
    }
}

impl ActivityView {
    fn of(seen: Seen, files: Vec<ShownFile>) -> Result<Self> {
        let row = seen.row.clone();
        let within_reach = seen.counts.is_some();
        let audience = if within_reach {
            Some(Audience::of(&row)?)
        } else {
            None
        };
        Ok(Self {
            summary: seen.into(),
            term_id: row.term_id,
            content: row.content,
            latitude: row.latitude,
            longitude: row.longitude,
            radius_m: row.radius_m,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            late_after: row.late_after,
            min_share_percent: row.min_share_percent,
            lead_reason: row.lead_reason,
            files,
            audience,
            created_by: within_reach.then_some(row.created_by),
            submitted_by: row.submitted_by.filter(|_| within_reach),
            approved_by: row.approved_by.filter(|_| within_reach),
            published_at: row.published_at,
            closed_at: row.closed_at,
            version: row.version,
        })
    }
}

/// The row as the caller sees it, with its `ETag`.
async fn shown<O: crate::access::OperationType>(
    app: &App,
    permit: &Permit<O>,
    row: activity::Model,
    mut response: actix_web::HttpResponseBuilder,
) -> Result<HttpResponse> {
    let files = attached::of(app, row.committee_id, row.id).await?;
    let view = ActivityView::of(queries::see_one(app, &permit.caller, row).await?, files)?;
    Ok(response.insert_header(etag(view.version)).json(view))
}

/// Which activities.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivityParams {
    /// Where they stand.
    status: Option<ActivityStatus>,
    /// First day of their starts, such as 2026-09-01.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    from: Option<NaiveDate>,
    /// Last day of their starts.
    #[serde(default, deserialize_with = "day::option::deserialize")]
    to: Option<NaiveDate>,
    /// The group that holds them.
    group: Option<GroupId>,
    /// What they are.
    kind: Option<ActivityKind>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The activities the caller may see, the latest start first.
///
/// A member sees what he was invited to, from its publication on; conveners and staff see all of
/// their groups; office, leaders and auditors see all.
#[utoipa::path(tag = "activity", params(ActivityParams), responses((status = 200, body = Page<ActivitySummary>), (status = "default", body = Problem)))]
#[get("/activities")]
pub async fn activity_list(
    app: Data<App>,
    permit: Permit<op::ActivityList>,
    params: Params<ActivityParams>,
) -> Result<Json<Page<ActivitySummary>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let filter = Filter {
        status: params.status,
        from: params.from,
        to: params.to,
        group: params.group,
        kind: params.kind,
    };
    let (seen, total) =
        queries::list(&app, &permit.caller, &permit.reach, &filter, skip, limit).await?;
    Ok(Json(Page::new(
        seen.into_iter().map(ActivitySummary::from).collect(),
        total,
        skip,
    )))
}

/// One activity.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path)), responses((status = 200, body = ActivityView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}")]
pub async fn activity_read(
    app: Data<App>,
    on: On<op::ActivityRead, activity::Model>,
) -> Result<HttpResponse> {
    shown(&app, &on.permit, on.row, HttpResponse::Ok()).await
}

/// A new activity.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewActivity {
    /// The group that holds it.
    group_id: GroupId,
    /// What it is.
    kind: ActivityKind,
    /// Under which mode it is planned.
    mode: ActivityMode,
    /// At most 100 characters.
    title: String,
    /// Agenda and what to bring, at most 5000 characters; may be empty.
    #[serde(default)]
    content: String,
    /// Where, in words, at most 100 characters.
    venue: String,
    /// GCJ-02 degrees north. Latitude, longitude and radius are given together or not at all;
    /// where they are given, check-in asks for the place.
    latitude: Option<f64>,
    /// GCJ-02 degrees east.
    longitude: Option<f64>,
    /// 10 to 5000.
    radius_m: Option<i32>,
    /// Start. Start and end are needed unless `sessions` are given.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    starts_at: Option<DateTime<Utc>>,
    /// End.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    ends_at: Option<DateTime<Utc>>,
    /// An activity of several sessions names them here, 1 to 12 in order and without overlap, in
    /// place of the instants above and below; where both are given they must agree.
    sessions: Option<Vec<SessionTimes>>,
    /// Check-in opens; half an hour before the start unless told.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    opens_at: Option<DateTime<Utc>>,
    /// Check-in closes; at the end unless told.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    closes_at: Option<DateTime<Utc>>,
    /// From here on a check-in is late; ten minutes after the start unless told.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    late_after: Option<DateTime<Utc>>,
    /// Replies are asked for until then; a day before the start unless told.
    #[serde(default, with = "instant::option")]
    #[schema(value_type = Option<String>)]
    reply_by: Option<DateTime<Utc>>,
    /// Below this share of the time a member counts as absent, 1 to 100.
    min_share_percent: Option<i32>,
    /// Who is invited; the members of the group unless told.
    audience: Option<Audience>,
    /// What is shown with it, at most 10 files.
    #[serde(default)]
    files: Vec<GivenFile>,
}

impl NewActivity {
    fn plan(self) -> Result<(Plan, Option<Audience>)> {
        let given = GivenTimes {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            sessions: self.sessions,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            late_after: self.late_after,
            reply_by: self.reply_by,
        };
        let plan = Plan {
            kind: self.kind,
            mode: self.mode,
            title: self.title,
            content: self.content,
            venue: self.venue,
            point: Point {
                latitude: self.latitude,
                longitude: self.longitude,
                radius_m: self.radius_m,
            },
            times: Times::planned(&given)?,
            min_share_percent: self.min_share_percent,
        };
        Ok((plan, self.audience))
    }
}

/// Draft an activity.
///
/// A convener drafts for the own group and invites its members; the office drafts for every group
/// and invites anybody. Nobody is told of a draft.
#[utoipa::path(tag = "activity", request_body = NewActivity, responses((status = 201, body = ActivityView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[post("/activities")]
pub async fn activity_create(
    app: Data<App>,
    permit: Permit<op::ActivityCreate>,
    body: Body<NewActivity>,
) -> Result<HttpResponse> {
    let mut new = body.0;
    let (group, files) = (new.group_id, std::mem::take(&mut new.files));
    let (plan, audience) = new.plan()?;
    let row = service::create(&app, &permit, group, plan, audience, files).await?;
    shown(&app, &permit, row, HttpResponse::Created()).await
}

/// Change an activity that is a draft or was returned.
///
/// With `If-Match`, an edit that did not see the latest version is refused. What was submitted
/// must be returned first; what was published is moved or cancelled.
#[utoipa::path(tag = "activity", params(("activity_id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = ActivityEdit, responses((status = 200, body = ActivityView, headers(("ETag" = String))), (status = "default", body = Problem)))]
#[patch("/activities/{activity_id}")]
pub async fn activity_update(
    app: Data<App>,
    on: On<op::ActivityUpdate, activity::Model>,
    seen: IfMatch,
    body: Body<ActivityEdit>,
) -> Result<HttpResponse> {
    let row = service::update(&app, &on, seen, body.0).await?;
    shown(&app, &on.permit, row, HttpResponse::Ok()).await
}
