//! HTTP for a member's own links to the stations' accounts.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::ids::{GroupId, StationId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mine::{self, MyAccount};
use crate::access::{Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, instant};

/// A station's official account, as the caller sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyOfficialAccountView {
    /// The account.
    app_id: String,
    /// How it is called.
    name: String,
    station_id: Option<StationId>,
    group_id: Option<GroupId>,
    /// Whether it is the account of the caller's own group.
    own: bool,
    /// Whether the caller's WeChat there is known to be his.
    linked: bool,
    /// Whether he follows it, as far as is known; without a link nothing is known.
    following: bool,
}

impl From<MyAccount> for MyOfficialAccountView {
    fn from(account: MyAccount) -> Self {
        Self {
            app_id: account.app_id,
            name: account.name,
            station_id: account.station.map(|(station, _)| station),
            group_id: account.station.map(|(_, group)| group),
            own: account.own,
            linked: account.linked,
            following: account.following,
        }
    }
}

/// The caller's links.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyOfficialAccountsView {
    /// The accounts of all stations, his own group's first.
    items: Vec<MyOfficialAccountView>,
}

/// The stations' official accounts, and whether the caller follows them. His own group's is first.
#[utoipa::path(tag = "wechat", responses((status = 200, body = MyOfficialAccountsView), (status = "default", body = Problem)))]
#[get("/me/official-accounts")]
pub async fn official_accounts(
    app: Data<App>,
    permit: Permit<op::OfficialAccountLink>,
) -> Result<Json<MyOfficialAccountsView>> {
    let items = mine::list(&app, &permit).await?;
    Ok(Json(MyOfficialAccountsView {
        items: items.into_iter().map(Into::into).collect(),
    }))
}

/// The word from the link in an official account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkForm {
    /// `link` in the query of the page that was opened.
    token: String,
}

/// Link the WeChat that opened this page from an official account to the caller.
///
/// The account tells a follower a link when he follows it or writes 绑定; it counts once and for
/// ten minutes. A second tap answers the same. `follower_taken` means that this WeChat is linked
/// to another member there: nothing is moved, and the office is asked.
#[utoipa::path(tag = "wechat", request_body = LinkForm, responses((status = 200, body = MyOfficialAccountView), (status = "default", body = Problem)))]
#[post("/me/official-accounts")]
pub async fn link_official_account(
    app: Data<App>,
    permit: Permit<op::OfficialAccountLink>,
    body: Body<LinkForm>,
) -> Result<Json<MyOfficialAccountView>> {
    let mut fields = Fields::default();
    let token = fields.line("/token", &body.token, 64);
    fields.finish()?;
    let account = mine::claim(&app, &permit, &token).await?;
    Ok(Json(account.into()))
}

/// Which account's code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkCodeForm {
    /// The account; that of the caller's own station unless told.
    #[serde(default)]
    app_id: Option<String>,
}

/// A code to scan with WeChat.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkCodeView {
    /// The account.
    app_id: String,
    /// How it is called.
    name: String,
    /// Where WeChat shows the picture of the code.
    image_url: String,
    /// What the code says, for drawing it oneself.
    url: String,
    /// Until when it counts.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    expires_at: DateTime<Utc>,
}

/// A QR code of a station's account that links whoever scans it, once, to the caller.
///
/// It counts for ten minutes; asking again shows the same one while it is good. Nobody else should
/// scan it: he would get the caller's notices.
#[utoipa::path(tag = "wechat", request_body = LinkCodeForm, responses((status = 200, body = LinkCodeView), (status = "default", body = Problem)))]
#[post("/me/official-accounts/qr")]
pub async fn link_code(
    app: Data<App>,
    permit: Permit<op::OfficialAccountLink>,
    body: Body<LinkCodeForm>,
) -> Result<HttpResponse> {
    let code = mine::code(&app, &permit, body.app_id.as_deref()).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(LinkCodeView {
            app_id: code.app_id,
            name: code.name,
            image_url: code.image_url,
            url: code.url,
            expires_at: code.expires_at,
        }))
}
