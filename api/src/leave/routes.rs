//! HTTP for leave.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::content::{ContentField, ContentKind};
use domain::ids::{ActivityId, LeaveRequestId, MemberId};
use domain::leave::{LeaveReason, LeaveState};
use entity::{activity, leave_request};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::queries::{self, Filter, Seen};
use super::service::{self, Wish};
use crate::access::{Caller, On, Permit, op};
use crate::app::App;
use crate::content::{ContentMark, Sight};
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params, instant};

/// A request for leave.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaveRequestView {
    /// Id.
    pub id: LeaveRequestId,
    /// From which activity.
    pub activity_id: ActivityId,
    /// Its title.
    pub activity_title: String,
    /// When it starts.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub starts_at: DateTime<Utc>,
    /// Who asks.
    pub member_id: MemberId,
    /// His name.
    pub member_name: String,
    /// Kind of reason.
    pub reason_code: LeaveReason,
    /// In his words.
    pub reason: String,
    /// What is to be said of his words.
    pub content_marks: Vec<ContentMark>,
    /// Where it stands.
    pub state: LeaveState,
    /// Whether staff registered it for him.
    pub registered: bool,
    /// When it was decided.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    pub decided_at: Option<DateTime<Utc>>,
    /// What was said with the decision.
    pub note: Option<String>,
    /// When it was asked.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub created_at: DateTime<Utc>,
}

impl LeaveRequestView {
    fn of(seen: Seen, sight: &Sight) -> Self {
        let Seen {
            mut row,
            activity,
            member,
        } = seen;
        let field = (row.id.0, ContentField::Reason);
        let mark = sight.cover(Some(row.member_id), field, &mut row.reason);
        Self {
            content_marks: mark.into_iter().collect(),
            id: row.id,
            activity_id: row.activity_id,
            activity_title: activity.title,
            starts_at: activity.starts_at,
            member_id: row.member_id,
            member_name: member.name,
            reason_code: row.reason_code,
            reason: row.reason,
            state: row.state,
            registered: row.registered_by.is_some(),
            decided_at: row.decided_at,
            note: row.note,
            created_at: row.created_at,
        }
    }
}

/// The requests as the caller reads them.
async fn views(app: &App, caller: &Caller, seen: Vec<Seen>) -> Result<Vec<LeaveRequestView>> {
    let ids = seen.iter().map(|seen| seen.row.id.0);
    let sight = Sight::of(app, caller, ContentKind::LeaveRequest, ids).await?;
    let views = seen
        .into_iter()
        .map(|seen| LeaveRequestView::of(seen, &sight));
    Ok(views.collect())
}

/// The request with what it is about.
async fn shown(app: &App, caller: &Caller, row: leave_request::Model) -> Result<LeaveRequestView> {
    let seen = queries::see_one(app, row).await?;
    let view = views(app, caller, vec![seen]).await?.into_iter().next();
    view.ok_or_else(ApiError::not_found)
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeaveParams {
    /// Where they stand.
    state: Option<LeaveState>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Requests for leave, the latest first.
///
/// A member sees his own; conveners and staff see those from activities of their groups.
#[utoipa::path(tag = "leave", params(LeaveParams), responses((status = 200, body = Page<LeaveRequestView>), (status = "default", body = Problem)))]
#[get("/leave-requests")]
pub async fn leave_list(
    app: Data<App>,
    permit: Permit<op::LeaveList>,
    params: Params<LeaveParams>,
) -> Result<Json<Page<LeaveRequestView>>> {
    page(&app, &permit, None, &params).await
}

/// Requests for leave from one activity, the latest first. A member sees his own.
#[utoipa::path(tag = "leave", params(("activity_id" = String, Path), LeaveParams), responses((status = 200, body = Page<LeaveRequestView>), (status = "default", body = Problem)))]
#[get("/activities/{activity_id}/leave-requests")]
pub async fn activity_leave_list(
    app: Data<App>,
    on: On<op::LeaveList, activity::Model>,
    params: Params<LeaveParams>,
) -> Result<Json<Page<LeaveRequestView>>> {
    page(&app, &on.permit, Some(on.row.id), &params).await
}

async fn page(
    app: &App,
    permit: &Permit<op::LeaveList>,
    activity: Option<ActivityId>,
    params: &LeaveParams,
) -> Result<Json<Page<LeaveRequestView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let filter = Filter {
        state: params.state,
        activity,
    };
    let (seen, total) =
        queries::list(app, permit.committee(), &permit.reach, filter, skip, limit).await?;
    let views = views(app, &permit.caller, seen).await?;
    Ok(Json(Page::new(views, total, skip)))
}

/// A leave that was asked for by phone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisteredLeave {
    /// Who asked.
    member_id: MemberId,
    /// Kind of reason.
    reason_code: LeaveReason,
    /// As he said it, at most 500 characters.
    reason: String,
}

/// Register a leave that a member asked for by phone.
///
/// Only before the start. The member confirms it, and then it is decided like any other.
#[utoipa::path(tag = "leave", params(("activity_id" = String, Path)), request_body = RegisteredLeave, responses((status = 201, body = LeaveRequestView), (status = "default", body = Problem)))]
#[post("/activities/{activity_id}/leave-requests")]
pub async fn leave_register(
    app: Data<App>,
    on: On<op::LeaveRegister, activity::Model>,
    body: Body<RegisteredLeave>,
) -> Result<HttpResponse> {
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 500);
    fields.finish()?;
    let wish = Wish {
        reason_code: body.reason_code,
        reason,
    };
    let row = service::register(&app, &on, body.member_id, wish).await?;
    Ok(HttpResponse::Created().json(shown(&app, &on.caller, row).await?))
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveDecision {
    /// Whether leave is given.
    approve: bool,
    /// What is said with it, at most 200 characters.
    note: Option<String>,
}

/// Decide a request for leave.
///
/// The special committee that serves the group decides, and the office; leave from a plenary or a
/// meeting of the standing committee is decided by the office alone, for the leaders. Nobody
/// decides his own.
#[utoipa::path(tag = "leave", params(("leave_request_id" = String, Path)), request_body = LeaveDecision, responses((status = 200, body = LeaveRequestView), (status = "default", body = Problem)))]
#[post("/leave-requests/{leave_request_id}/decide")]
pub async fn leave_decide(
    app: Data<App>,
    on: On<op::LeaveDecide, leave_request::Model>,
    body: Body<LeaveDecision>,
) -> Result<Json<LeaveRequestView>> {
    let mut fields = Fields::default();
    let note = body
        .note
        .as_deref()
        .filter(|note| !note.trim().is_empty())
        .map(|note| fields.line("/note", note, 200));
    fields.finish()?;
    let row = service::decide(&app, &on, body.approve, note).await?;
    Ok(Json(shown(&app, &on.caller, row).await?))
}

/// Confirm a leave that staff registered for the caller.
#[utoipa::path(tag = "leave", params(("leave_request_id" = String, Path)), responses((status = 200, body = LeaveRequestView), (status = "default", body = Problem)))]
#[post("/leave-requests/{leave_request_id}/confirm")]
pub async fn leave_confirm(
    app: Data<App>,
    on: On<op::LeaveRequest, leave_request::Model>,
) -> Result<Json<LeaveRequestView>> {
    let row = service::confirm(&app, &on).await?;
    Ok(Json(shown(&app, &on.caller, row).await?))
}

/// Withdraw one's own request for leave.
///
/// An approved leave can be withdrawn until the start; withdrawing twice changes nothing.
#[utoipa::path(tag = "leave", params(("leave_request_id" = String, Path)), responses((status = 200, body = LeaveRequestView), (status = "default", body = Problem)))]
#[post("/leave-requests/{leave_request_id}/withdraw")]
pub async fn leave_withdraw(
    app: Data<App>,
    on: On<op::LeaveRequest, leave_request::Model>,
) -> Result<Json<LeaveRequestView>> {
    let row = service::withdraw(&app, &on).await?;
    Ok(Json(shown(&app, &on.caller, row).await?))
}
