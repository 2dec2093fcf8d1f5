//! HTTP for the accounts at WeChat, for the office.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::follower::LinkConflictState;
use domain::ids::{GroupId, LinkConflictId, MemberId, StationId};
use entity::link_conflict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conflicts::{self, Conflict};
use super::queries::{self, AccountState};
use super::service;
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::config::AppKind;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, Page, instant};

/// Something wrong with an account, and what to do about it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountProblemView {
    text: String,
    advice: String,
}

/// An account at WeChat.
#[derive(Debug, Serialize, ToSchema)]
pub struct WechatAccountView {
    app_id: String,
    /// `mini_program` or `official_account`.
    kind: &'static str,
    /// The kind in Chinese.
    kind_name: &'static str,
    /// How it is called.
    name: String,
    station_id: Option<StationId>,
    group_id: Option<GroupId>,
    /// People known there; of an official account those who follow, as far as is known.
    followers: u64,
    /// How many of them are linked to members.
    members: u64,
    /// When WeChat last pushed anything.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    last_callback_at: Option<DateTime<Utc>>,
    /// When all followers were last read.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    last_resync_at: Option<DateTime<Utc>>,
    /// How many there were.
    last_resync_followers: Option<i32>,
    /// Why the last reading failed, if it did, for the operator.
    resync_problem: Option<String>,
    /// When the menu was last published by us.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    menu_published_at: Option<DateTime<Utc>>,
    /// When the configuration was last held against WeChat.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    checked_at: Option<DateTime<Utc>>,
    /// What was wrong then: secret, address list, kind, templates, callback address.
    problems: Vec<AccountProblemView>,
    /// How many followers two members call theirs: `GET /wechat/link-conflicts`.
    open_conflicts: u64,
}

impl From<AccountState<'_>> for WechatAccountView {
    fn from(state: AccountState<'_>) -> Self {
        let (kind, kind_name) = match state.account.config.kind {
            AppKind::MiniProgram => ("mini_program", "小程序"),
            AppKind::OfficialAccount => ("official_account", "公众号"),
        };
        let learned = state.learned;
        let problems = learned
            .as_ref()
            .and_then(|row| serde_json::from_value(row.problems.clone()?).ok());
        Self {
            app_id: state.account.config.app_id.clone(),
            kind,
            kind_name,
            name: state.name,
            station_id: state.station.as_ref().map(|station| station.id),
            group_id: state.station.as_ref().map(|station| station.group_id),
            followers: state.people,
            members: state.members,
            last_callback_at: state.last_callback_at,
            last_resync_at: learned.as_ref().and_then(|row| row.resynced_at),
            last_resync_followers: learned.as_ref().and_then(|row| row.followers),
            menu_published_at: learned.as_ref().and_then(|row| row.menu_published_at),
            checked_at: learned.as_ref().and_then(|row| row.checked_at),
            resync_problem: learned.and_then(|row| row.resync_problem),
            problems: problems.unwrap_or_default(),
            open_conflicts: state.open_conflicts,
        }
    }
}

/// The mini-program and the official accounts, and how they fare, as far as is known here.
#[utoipa::path(tag = "wechat", responses((status = 200, body = Page<WechatAccountView>), (status = "default", body = Problem)))]
#[get("/wechat/accounts")]
pub async fn accounts(
    app: Data<App>,
    permit: Permit<op::WechatAccountList>,
) -> Result<Json<Page<WechatAccountView>>> {
    let states = queries::states(&app, permit.committee()).await?;
    Ok(Json(Page::whole(
        states.into_iter().map(Into::into).collect(),
    )))
}

/// Read all followers of an official account again.
///
/// Every account is read each night; ask for it after an account was put under an open platform
/// account, for then WeChat tells also of earlier followers who they are. It is done by a job:
/// `last_resync_at` tells when.
#[utoipa::path(tag = "wechat", params(("app_id" = String, Path)), responses((status = 202, body = WechatAccountView), (status = "default", body = Problem)))]
#[post("/wechat/accounts/{app_id}/resync")]
pub async fn resync(
    app: Data<App>,
    permit: Permit<op::WechatAccountResync>,
    app_id: Path<String>,
) -> Result<HttpResponse> {
    let account = service::resync(&app, &permit, &app_id).await?;
    let state = queries::state(&app, permit.committee(), account).await?;
    Ok(HttpResponse::Accepted().json(WechatAccountView::from(state)))
}

/// Publish the menu of an official account: the configured one, else the usual one.
///
/// Phones show it when the account is opened the next time, at the latest some minutes later.
#[utoipa::path(tag = "wechat", params(("app_id" = String, Path)), responses((status = 200, body = WechatAccountView), (status = "default", body = Problem)))]
#[post("/wechat/accounts/{app_id}/menu")]
pub async fn publish_menu(
    app: Data<App>,
    permit: Permit<op::WechatMenuPublish>,
    app_id: Path<String>,
) -> Result<Json<WechatAccountView>> {
    let account = service::publish_menu(&app, &permit, &app_id).await?;
    let state = queries::state(&app, permit.committee(), account).await?;
    Ok(Json(state.into()))
}

/// A follower whom two members call theirs.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkConflictView {
    id: LinkConflictId,
    /// The account he follows.
    app_id: String,
    /// The member who asks for him.
    member_id: MemberId,
    /// His name.
    member: String,
    /// The member he is linked to now; nobody when WeChat knows him as another person than the
    /// member who asks.
    linked_member_id: Option<MemberId>,
    /// His name.
    linked_member: Option<String>,
    state: LinkConflictState,
    /// The state in Chinese.
    state_name: &'static str,
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    asked_at: DateTime<Utc>,
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    decided_at: Option<DateTime<Utc>>,
    /// Why it was decided so.
    note: Option<String>,
}

impl From<Conflict> for LinkConflictView {
    fn from(conflict: Conflict) -> Self {
        let (linked_member_id, linked_member) = conflict.linked_to.unzip();
        Self {
            id: conflict.row.id,
            app_id: conflict.app_id,
            member_id: conflict.row.member_id,
            member: conflict.asked_by,
            linked_member_id,
            linked_member,
            state: conflict.row.state,
            state_name: conflict.row.state.zh(),
            asked_at: conflict.row.asked_at,
            decided_at: conflict.row.decided_at,
            note: conflict.row.note,
        }
    }
}

/// Followers whom two members call theirs, open ones first.
#[utoipa::path(tag = "wechat", responses((status = 200, body = Page<LinkConflictView>), (status = "default", body = Problem)))]
#[get("/wechat/link-conflicts")]
pub async fn link_conflicts(
    app: Data<App>,
    permit: Permit<op::LinkConflictList>,
) -> Result<Json<Page<LinkConflictView>>> {
    let conflicts = conflicts::list(&app, &permit).await?;
    Ok(Json(Page::whole(
        conflicts.into_iter().map(Into::into).collect(),
    )))
}

/// What the office decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkDecisionForm {
    /// Whether the follower becomes that of the member who asks.
    approve: bool,
    /// How it was found out.
    note: String,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkDecisionView {
    id: LinkConflictId,
    state: LinkConflictState,
}

/// Decide whose follower it is. Ask both members first: notices go where this points.
#[utoipa::path(tag = "wechat", params(("conflict_id" = String, Path)), request_body = LinkDecisionForm, responses((status = 200, body = LinkDecisionView), (status = "default", body = Problem)))]
#[post("/wechat/link-conflicts/{conflict_id}/decide")]
pub async fn decide_link_conflict(
    app: Data<App>,
    on: On<op::LinkConflictDecide, link_conflict::Model>,
    body: Body<LinkDecisionForm>,
) -> Result<Json<LinkDecisionView>> {
    let mut fields = Fields::default();
    let note = fields.line("/note", &body.note, 200);
    fields.finish()?;
    let id = on.row.id;
    let state = conflicts::decide(&app, &on, body.approve, note).await?;
    Ok(Json(LinkDecisionView { id, state }))
}
