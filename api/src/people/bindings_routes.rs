//! HTTP for invite codes and binding requests.

use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::ids::{AccountId, BindingRequestId, MemberId};
use domain::people::BindingState;
use entity::{binding_request, member};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::bindings::{self, NamedRequest};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params, instant};

/// A code for one member.
#[derive(Debug, Serialize, ToSchema)]
pub struct InviteCodeView {
    member_id: MemberId,
    /// Shown here and nowhere again.
    code: String,
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    expires_at: DateTime<Utc>,
}

/// Make a code with which a member binds his WeChat; it is good for seven days and one use.
///
/// Earlier codes of the member count no more.
#[utoipa::path(tag = "people", params(("member_id" = String, Path)), responses((status = 201, body = InviteCodeView), (status = "default", body = Problem)))]
#[post("/members/{member_id}/invite-codes")]
pub async fn create_invite_code(
    app: Data<App>,
    on: On<op::InviteCodeCreate, member::Model>,
) -> Result<HttpResponse> {
    let invitation = bindings::invite(&app, &on).await?;
    let view = InviteCodeView {
        member_id: on.row.id,
        code: invitation.code,
        expires_at: invitation.expires_at,
    };
    Ok(HttpResponse::Created()
        .insert_header(("Cache-Control", "no-store"))
        .json(view))
}

/// Somebody who wants to bind to a member who is bound already.
#[derive(Debug, Serialize, ToSchema)]
pub struct BindingRequestView {
    id: BindingRequestId,
    /// The account that asks.
    account_id: AccountId,
    member_id: MemberId,
    /// The member's name.
    member: String,
    /// The member's phone, masked.
    phone: String,
    /// Whether another account is bound to the member now.
    held: bool,
    state: BindingState,
    /// The state in Chinese.
    state_name: &'static str,
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    created_at: DateTime<Utc>,
    decided_by: Option<String>,
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    decided_at: Option<DateTime<Utc>>,
    note: Option<String>,
}

impl From<NamedRequest> for BindingRequestView {
    fn from(named: NamedRequest) -> Self {
        let request = named.request;
        Self {
            id: request.id,
            account_id: request.account_id,
            member_id: request.member_id,
            member: named.member,
            phone: named.masked_phone,
            held: named.held,
            state: request.state,
            state_name: request.state.zh(),
            created_at: request.created_at,
            decided_by: named.decided_by,
            decided_at: request.decided_at,
            note: request.note,
        }
    }
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BindingRequestParams {
    /// In this state; all unless told.
    state: Option<BindingState>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The requests to bind to members who are bound already, the oldest first.
#[utoipa::path(tag = "people", params(BindingRequestParams), responses((status = 200, body = Page<BindingRequestView>), (status = "default", body = Problem)))]
#[get("/binding-requests")]
pub async fn binding_requests(
    app: Data<App>,
    permit: Permit<op::BindingDecide>,
    params: Params<BindingRequestParams>,
) -> Result<Json<Page<BindingRequestView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let page = bindings::requests(&app, &permit, params.state, skip, limit).await?;
    let items = page
        .items
        .into_iter()
        .map(BindingRequestView::from)
        .collect();
    Ok(Json(Page {
        items,
        total: page.total,
        next_cursor: page.next_cursor,
    }))
}

/// The office's word.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindingDecision {
    approve: bool,
    /// How the office made sure, or why not.
    note: Option<String>,
}

/// Decide a request.
///
/// With consent the account that asked is bound to the member; the one bound until now loses him
/// and is signed out.
#[utoipa::path(tag = "people", params(("request_id" = String, Path)), request_body = BindingDecision, responses((status = 200, body = BindingRequestView), (status = "default", body = Problem)))]
#[post("/binding-requests/{request_id}/decide")]
pub async fn decide_binding_request(
    app: Data<App>,
    on: On<op::BindingDecide, binding_request::Model>,
    body: Body<BindingDecision>,
) -> Result<Json<BindingRequestView>> {
    let mut fields = Fields::default();
    let note = body
        .note
        .as_deref()
        .map(|note| fields.paragraph("/note", note, 500))
        .filter(|note| !note.is_empty());
    fields.finish()?;
    let decided = bindings::decide(&app, &on, body.approve, note).await?;
    Ok(Json(decided.into()))
}
