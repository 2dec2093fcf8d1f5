//! HTTP for accounts with passwords.

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::web::{Data, Json};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use domain::ids::{AccountId, SeatId};
use domain::people::SeatKind;
use entity::account;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::queries::{self, Held};
use super::service::{self, NewAccount, Secrets};
use crate::access::{On, Permit, op};
use crate::app::App;
use crate::error::{Problem, Result};
use crate::extract::{Body, Fields, Page, PageParams, Params, instant};
use crate::sign_in::totp;

/// A seat an account holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldSeatView {
    id: SeatId,
    kind: SeatKind,
    /// The kind in Chinese.
    kind_name: &'static str,
    /// Whether it counts; if not, it waits for a second person.
    confirmed: bool,
}

/// An account with a password.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    id: AccountId,
    /// Sign-in name.
    username: String,
    /// Name in lists and in the audit log.
    display_name: String,
    /// Whether it signs in with a second factor.
    totp: bool,
    /// The seats it holds today.
    seats: Vec<HeldSeatView>,
    /// Whether nobody can sign in with it.
    disabled: bool,
    /// Since when.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    disabled_at: Option<DateTime<Utc>>,
    /// When somebody last signed in with it.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    last_sign_in_at: Option<DateTime<Utc>>,
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    created_at: DateTime<Utc>,
}

impl From<Held> for AccountView {
    fn from(held: Held) -> Self {
        let account = held.account;
        Self {
            id: account.id,
            username: account.username.unwrap_or_default(),
            display_name: account.display_name,
            totp: account.totp_cipher.is_some(),
            seats: held
                .seats
                .into_iter()
                .map(|seat| HeldSeatView {
                    id: seat.id,
                    kind: seat.kind,
                    kind_name: seat.kind.zh(),
                    confirmed: seat.confirmed_at.is_some(),
                })
                .collect(),
            disabled: account.disabled_at.is_some(),
            disabled_at: account.disabled_at,
            last_sign_in_at: held.last_sign_in_at,
            created_at: account.created_at,
        }
    }
}

/// Which accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountParams {
    /// Those that hold a seat of this kind today.
    kind: Option<SeatKind>,
    /// Those with these letters in the sign-in name or the display name.
    q: Option<String>,
    /// How many items, 1 to 200; 50 unless told.
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The accounts with passwords, by sign-in name. Members sign in by WeChat and are not among them.
#[utoipa::path(tag = "accounts", params(AccountParams), responses((status = 200, body = Page<AccountView>), (status = "default", body = Problem)))]
#[get("/accounts")]
pub async fn list_accounts(
    app: Data<App>,
    permit: Permit<op::AccountList>,
    params: Params<AccountParams>,
) -> Result<Json<Page<AccountView>>> {
    let (skip, limit) = PageParams::window(params.limit, params.cursor.as_deref())?;
    let accounts = queries::list(&app, &permit, params.kind, params.q.as_deref()).await?;
    let views = accounts.into_iter().map(AccountView::from).collect();
    Ok(Json(Page::cut(views, skip, limit)))
}

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountForm {
    /// Sign-in name: 3 to 32 of a–z, 0–9, `.`, `_` and `-`.
    username: String,
    /// Name in lists and in the audit log.
    display_name: String,
    /// Whether it signs in with a second factor; every seat but that of staff asks for one.
    totp: bool,
}

impl AccountForm {
    fn check(&self) -> Result<NewAccount> {
        let mut fields = Fields::default();
        let name_is_plain = (3..=32).contains(&self.username.len())
            && self.username.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
            });
        fields.check(
            name_is_plain,
            "/username",
            "invalid",
            "账号为 3 到 32 个小写字母、数字、点、下划线或连字符",
        );
        let display_name = fields.line("/display_name", &self.display_name, 30);
        fields.finish()?;
        Ok(NewAccount {
            username: self.username.clone(),
            display_name,
            totp: self.totp,
        })
    }
}

/// What is told once: hand it to the person on paper, or let him scan it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountSecretsView {
    id: AccountId,
    /// Sign-in name.
    username: String,
    /// Drawn at random; it is not shown again.
    password: String,
    /// The TOTP secret, base32, for an authenticator app.
    #[serde(skip_serializing_if = "Option::is_none")]
    totp_secret: Option<String>,
    /// The same as the address an authenticator app reads from a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    otpauth_url: Option<String>,
}

impl From<Secrets> for AccountSecretsView {
    fn from(secrets: Secrets) -> Self {
        Self {
            id: secrets.id,
            otpauth_url: secrets.totp.map(|secret| {
                let name = format!("{}@{}", secrets.username, secrets.committee);
                totp::otpauth_url(&name, &secret)
            }),
            totp_secret: secrets.totp.map(|secret| BASE32_NOPAD.encode(&secret)),
            username: secrets.username,
            password: secrets.password,
        }
    }
}

const NEVER_KEPT: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// Make an account.
///
/// It can do nothing until a seat is granted to it (`POST /seats`) and another person has
/// confirmed that seat. The answer shows the password once.
#[utoipa::path(tag = "accounts", request_body = AccountForm, responses((status = 201, body = AccountSecretsView), (status = "default", body = Problem)))]
#[post("/accounts")]
pub async fn create_account(
    app: Data<App>,
    permit: Permit<op::AccountCreate>,
    body: Body<AccountForm>,
) -> Result<HttpResponse> {
    let secrets = service::create(&app, &permit, body.check()?).await?;
    Ok(HttpResponse::Created()
        .insert_header(NEVER_KEPT)
        .json(AccountSecretsView::from(secrets)))
}

/// Why an account is disabled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisableForm {
    /// For the audit log.
    reason: String,
}

/// Whether an account can be used.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountStateView {
    id: AccountId,
    disabled: bool,
    /// Since when.
    #[serde(with = "instant::option")]
    #[schema(value_type = Option<String>)]
    disabled_at: Option<DateTime<Utc>>,
}

impl From<account::Model> for AccountStateView {
    fn from(row: account::Model) -> Self {
        Self {
            id: row.id,
            disabled: row.disabled_at.is_some(),
            disabled_at: row.disabled_at,
        }
    }
}

/// Disable an account.
///
/// Its sessions end within a second, and nobody signs in with it any more. Its seats stay and
/// count again when it is enabled. Nobody disables his own account.
#[utoipa::path(tag = "accounts", params(("account_id" = String, Path)), request_body = DisableForm, responses((status = 200, body = AccountStateView), (status = "default", body = Problem)))]
#[post("/accounts/{account_id}/disable")]
pub async fn disable_account(
    app: Data<App>,
    on: On<op::AccountDisable, account::Model>,
    body: Body<DisableForm>,
) -> Result<Json<AccountStateView>> {
    let mut fields = Fields::default();
    let reason = fields.line("/reason", &body.reason, 200);
    fields.finish()?;
    let row = service::disable(&app, &on, reason).await?;
    Ok(Json(row.into()))
}

/// Enable an account that was disabled; its password and its seats are what they were.
#[utoipa::path(tag = "accounts", params(("account_id" = String, Path)), responses((status = 200, body = AccountStateView), (status = "default", body = Problem)))]
#[post("/accounts/{account_id}/enable")]
pub async fn enable_account(
    app: Data<App>,
    on: On<op::AccountEnable, account::Model>,
) -> Result<Json<AccountStateView>> {
    let row = service::enable(&app, &on).await?;
    Ok(Json(row.into()))
}

/// Draw a new password for an account, and a new TOTP secret if it has one.
///
/// Its sessions end within a second. Its seats count again once another person than the one who
/// asks here has confirmed them (`POST /seats/{seat_id}/confirm`), because he knows the password.
/// Nobody resets his own account; `PUT /me/password` is for that.
#[utoipa::path(tag = "accounts", params(("account_id" = String, Path)), responses((status = 200, body = AccountSecretsView), (status = "default", body = Problem)))]
#[post("/accounts/{account_id}/reset")]
pub async fn reset_account(
    app: Data<App>,
    on: On<op::AccountReset, account::Model>,
) -> Result<HttpResponse> {
    let secrets = service::reset(&app, &on).await?;
    Ok(HttpResponse::Ok()
        .insert_header(NEVER_KEPT)
        .json(AccountSecretsView::from(secrets)))
}
