//! HTTP for WeChat's pushes.

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use wechat::callback::reply::{Content, Salt, seal};
use wechat::callback::{Endpoint, Query, open, verify_url};
use wechat::crypto::MessageCrypt;

use super::service;
use crate::app::App;
use crate::crypto::random;
use crate::error::{ApiError, Code, Result};
use crate::wechat_apps::WechatApp;

fn account<'a>(app: &'a App, app_id: &str) -> Result<(&'a WechatApp, Endpoint)> {
    let account = app
        .wechat_apps
        .get(app_id)
        .ok_or_else(ApiError::not_found)?;
    let config = &account.config;
    let (Some(token), Some(key)) = (&config.token, &config.aes_key) else {
        return Err(ApiError::not_found());
    };
    let previous = config
        .previous_aes_key
        .as_ref()
        .map(crate::config::Secret::reveal);
    let crypt =
        MessageCrypt::new(app_id, token.reveal(), key.reveal(), previous).map_err(|error| {
            tracing::error!(app_id, %error, "the callback key of an account cannot be used");
            ApiError::not_found()
        })?;
    Ok((
        account,
        Endpoint {
            crypt,
            mode: config.callback_mode,
            to_user_name: config.original_id.clone(),
        },
    ))
}

/// The reason stays in the log: whoever forges a push learns nothing from the answer.
fn refuse(app_id: &str, why: &dyn std::fmt::Display) -> ApiError {
    tracing::warn!(app_id, error = %why, "a callback was turned away");
    ApiError::new(Code::Forbidden)
}

fn query(request: &HttpRequest, app_id: &str) -> Result<Query> {
    web::Query::<Query>::from_query(request.query_string())
        .map(web::Query::into_inner)
        .map_err(|error| refuse(app_id, &error))
}

fn plain(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(text)
}

/// WeChat checks that this address is ours.
#[utoipa::path(tag = "wechat", params(("app_id" = String, Path)), responses((status = 200, body = String), (status = 403), (status = 404)), security(()))]
#[get("/wechat/callback/{app_id}")]
pub async fn verify(
    app: Data<App>,
    request: HttpRequest,
    app_id: Path<String>,
) -> Result<HttpResponse> {
    let (_, endpoint) = account(&app, &app_id)?;
    let query = query(&request, &app_id)?;
    let echo =
        verify_url(&endpoint, &query, app.clock.now()).map_err(|error| refuse(&app_id, &error))?;
    Ok(plain(echo))
}

/// WeChat pushes an event, or what a follower wrote.
///
/// Answered once it is stored: with `success`, or with a text for the follower, sealed like the
/// push.
#[utoipa::path(tag = "wechat", params(("app_id" = String, Path)), request_body = String, responses((status = 200, body = String), (status = 403), (status = 404)), security(()))]
#[post("/wechat/callback/{app_id}")]
pub async fn receive(
    app: Data<App>,
    request: HttpRequest,
    app_id: Path<String>,
    body: Bytes,
) -> Result<HttpResponse> {
    let (account, endpoint) = account(&app, &app_id)?;
    let query = query(&request, &app_id)?;
    let push =
        open(&endpoint, &query, &body, app.clock.now()).map_err(|error| refuse(&app_id, &error))?;
    Ok(match service::receive(&app, account, &push).await? {
        None => plain("success".to_owned()),
        Some(text) => {
            let nonce = u32::from_be_bytes(random()).to_string();
            let salt = Salt {
                nonce: &nonce,
                random16: random(),
            };
            let answer = seal(
                &endpoint,
                &push,
                &Content::Text(text),
                salt,
                app.clock.now(),
            )
            .map_err(ApiError::internal)?;
            HttpResponse::Ok()
                .content_type(answer.content_type)
                .body(answer.body)
        }
    })
}
