//! HTTP for signing in and out.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, post};
use domain::ids::MemberId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::binding::{self, Proof};
use super::password::{self, Attempt};
use super::{me, mini_program};
use crate::access::Caller;
use crate::access::session::{self, TokenPair};
use crate::app::App;
use crate::error::{ApiError, Problem, Result};
use crate::extract::{Body, Fields};

/// The code of `wx.login`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WechatSignIn {
    /// The `AppID` of the mini-program.
    app_id: String,
    /// The code; it is good for one try.
    code: String,
}

/// A session inside WeChat.
#[derive(Debug, Serialize, ToSchema)]
pub struct WechatSession {
    /// The tokens.
    #[serde(flatten)]
    tokens: TokenPair,
    /// Whether this WeChat is bound to a member. If not, the next step is `/auth/wechat/bind`.
    bound: bool,
    /// The member it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
}

/// Sign in with WeChat.
///
/// On `wechat_code_invalid` and on `wechat_unavailable` ask `wx.login` for a new code before you
/// try again: the code is good for one try, also when no answer came.
#[utoipa::path(tag = "auth", request_body = WechatSignIn, responses((status = 200, body = WechatSession), (status = "default", body = Problem)), security(()))]
#[post("/auth/wechat")]
pub async fn sign_in_by_wechat(
    app: Data<App>,
    body: Body<WechatSignIn>,
) -> Result<Json<WechatSession>> {
    let mut fields = Fields::default();
    check_code(&mut fields, "/code", &body.code);
    fields.finish()?;
    let signed_in = mini_program::sign_in(&app, &body.app_id, &body.code).await?;
    Ok(Json(WechatSession {
        tokens: signed_in.tokens,
        bound: signed_in.member.is_some(),
        member_id: signed_in.member,
    }))
}

/// One of the two ways to show who one is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WechatBinding {
    /// The code of the phone button.
    phone_code: Option<String>,
    /// A code the office handed out; blanks, dashes and case do not matter.
    invite_code: Option<String>,
}

/// A WeChat that is bound now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bound {
    /// Always true.
    bound: bool,
    /// The member.
    member_id: MemberId,
}

/// Bind this WeChat to a member.
///
/// Give either `phone_code` or `invite_code`. The tokens stay valid. `phone_unverified` and
/// `invite_code_invalid` do not tell whether somebody is on the roster; when the entry is already
/// bound to another WeChat, the office finds a request to decide.
#[utoipa::path(tag = "auth", request_body = WechatBinding, responses((status = 200, body = Bound), (status = "default", body = Problem)))]
#[post("/auth/wechat/bind")]
pub async fn bind_wechat(
    app: Data<App>,
    caller: Caller,
    body: Body<WechatBinding>,
) -> Result<Json<Bound>> {
    let mut fields = Fields::default();
    let proof = match &body.0 {
        WechatBinding {
            phone_code: Some(code),
            invite_code: None,
        } => {
            check_code(&mut fields, "/phone_code", code);
            Proof::PhoneCode(code.clone())
        }
        WechatBinding {
            phone_code: None,
            invite_code: Some(code),
        } => {
            check_code(&mut fields, "/invite_code", code);
            Proof::InviteCode(code.clone())
        }
        _ => {
            return Err(ApiError::field(
                "",
                "exactly_one",
                "手机号凭证和邀请码须且只须提供一项",
            ));
        }
    };
    fields.finish()?;
    let member_id = binding::bind(&app, &caller, proof).await?;
    Ok(Json(Bound {
        bound: true,
        member_id,
    }))
}

fn check_code(fields: &mut Fields, pointer: &str, code: &str) {
    let plausible = (1..=256).contains(&code.len()) && !code.chars().any(char::is_control);
    fields.check(plausible, pointer, "invalid_code", "凭证格式不正确");
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordSignIn {
    /// `name`, or `name@committee` where several committees share the service.
    username: String,
    /// The password.
    password: String,
    /// Six digits, for accounts with a second factor.
    totp: Option<String>,
}

impl std::fmt::Debug for PasswordSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordSignIn(***)")
    }
}

/// Sign in with name and password, for the office, staff, leaders and auditors.
///
/// `totp_required` means that the password is right and the six digits are missing: send all three
/// again. After five wrong attempts in a row the account waits: `account_locked` with
/// `Retry-After`.
#[utoipa::path(tag = "auth", request_body = PasswordSignIn, responses((status = 200, body = TokenPair), (status = "default", body = Problem)), security(()))]
#[post("/auth/password")]
pub async fn sign_in_by_password(
    app: Data<App>,
    request: HttpRequest,
    body: Body<PasswordSignIn>,
) -> Result<Json<TokenPair>> {
    let mut fields = Fields::default();
    let username = body.username.trim();
    fields.check(
        (1..=200).contains(&username.len()) && !username.contains('\0'),
        "/username",
        "invalid_username",
        "请填写账号",
    );
    fields.check(
        (1..=4 * password::MAX_CHARS).contains(&body.password.len()),
        "/password",
        "invalid_password",
        "请填写密码",
    );
    fields.finish()?;
    let address = crate::edge::address(&app, &request);
    let totp = body
        .totp
        .as_deref()
        .map(str::trim)
        .filter(|totp| !totp.is_empty());
    let attempt = Attempt {
        username,
        password: &body.password,
        totp,
        address: &address,
    };
    password::sign_in(&app, attempt).await.map(Json)
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The one of the last answer.
    refresh_token: String,
}

/// Exchange the refresh token.
///
/// Each use yields a new refresh token. When the answer got lost, the same request within ten
/// seconds yields the same successor; an older token ends the session.
#[utoipa::path(tag = "auth", request_body = Refresh, responses((status = 200, body = TokenPair), (status = "default", body = Problem)), security(()))]
#[post("/auth/refresh")]
pub async fn refresh_tokens(app: Data<App>, body: Body<Refresh>) -> Result<Json<TokenPair>> {
    session::refresh(&app, &body.refresh_token, app.clock.now())
        .await
        .map(Json)
}

/// End this session.
#[utoipa::path(tag = "auth", responses((status = 204), (status = "default", body = Problem)))]
#[post("/auth/logout")]
pub async fn sign_out(app: Data<App>, caller: Caller) -> Result<HttpResponse> {
    me::sign_out(&app, &caller).await?;
    Ok(HttpResponse::NoContent().finish())
}
