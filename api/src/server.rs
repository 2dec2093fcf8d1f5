//! The service on the wire: every capability mounted, the API's description, its start and its stop.

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header::{ALLOW, AcceptEncoding, ContentEncoding, Encoding, VARY};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{HttpResponse, HttpServer, ResponseError, get, web};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::edge::edge;
use crate::error::{ApiError, Code, Result};
use crate::idempotency::once;
use crate::methods::Methods;
use crate::mount::Mount;
use crate::{
    account, activity, audit, calendar, callback, checkin, content, description, duty, files,
    leave, notice, people, plan, report, review, roster, score, sign_in, telemetry, wechat_account,
};

/// Serves on `listener` until the server is stopped. Jobs are left to a worker beside it.
pub fn serve(app: &Arc<App>, listener: TcpListener) -> std::io::Result<Server> {
    let data = Data::from(Arc::clone(app));
    let methods = Data::new(Methods::of(description::paths()));
    let desk = Data::new(checkin::Desk::open(app));
    let mut server = HttpServer::new(move || {
        let path_is_no_id =
            web::PathConfig::default().error_handler(|_, _| ApiError::not_found().into());
        let pages = SwaggerUi::new("/api/docs/{_:.*}").config(Config::from("/api/openapi.json"));
        let operations = web::scope("/api/v1")
            .wrap(from_fn(once))
            .configure(operations);
        actix_web::App::new()
            .app_data(data.clone())
            .app_data(desk.clone())
            .app_data(methods.clone())
            .app_data(path_is_no_id)
            .app_data(web::PayloadConfig::new(10 << 20))
            .configure(outside)
            .service(operations)
            .service(openapi)
            .service(pages)
            .default_service(web::to(unmatched))
            .wrap(from_fn(edge))
    });
    if app.config.server.workers > 0 {
        server = server.workers(app.config.server.workers);
    }
    Ok(server
        .shutdown_timeout(app.config.server.shutdown_seconds)
        .client_request_timeout(std::time::Duration::from_secs(10))
        .disable_signals()
        .listen(listener)?
        .run())
}

/// What no operation answers: a path that is none of ours, or a method the path does not have.
async fn unmatched(request: actix_web::HttpRequest, methods: Data<Methods>) -> HttpResponse {
    match methods.allowed(request.path()) {
        None => ApiError::not_found().error_response(),
        Some(allowed) => {
            let mut response = ApiError::new(Code::MethodNotAllowed).error_response();
            if let Ok(allowed) = allowed.parse() {
                response.headers_mut().insert(ALLOW, allowed);
            }
            response
        }
    }
}

/// Mounts what is asked for outside of the API: by the operator, and by WeChat.
pub(crate) fn outside(on: &mut impl Mount) {
    on.service(healthz).service(readyz).service(metrics);
    callback::configure(on);
    content::configure_public(on);
}

/// Mounts every capability. A path is held against them in this order: what hundreds ask for at
/// once is first.
pub(crate) fn operations(on: &mut impl Mount) {
    checkin::configure(on);
    activity::configure(on);
    sign_in::configure(on);
    people::configure(on);
    account::configure(on);
    roster::configure(on);
    files::configure(on);
    content::configure(on);
    calendar::configure(on);
    plan::configure(on);
    leave::configure(on);
    notice::configure(on);
    wechat_account::configure(on);
    duty::configure(on);
    score::configure(on);
    report::configure(on);
    review::configure(on);
    audit::configure(on);
}

/// The description of the API, compressed for whoever accepts that.
#[get("/api/openapi.json")]
async fn openapi(accepted: web::Header<AcceptEncoding>) -> std::io::Result<HttpResponse> {
    let mut response = HttpResponse::Ok();
    response
        .content_type("application/json")
        .insert_header((VARY, "Accept-Encoding"));
    let choice = [Encoding::gzip(), Encoding::identity()];
    if accepted.negotiate(choice.iter()) == Some(Encoding::gzip()) {
        response.insert_header(ContentEncoding::Gzip);
        return Ok(response.body(description::PUBLISHED));
    }
    let mut text = Vec::new();
    description::published().read_to_end(&mut text)?;
    Ok(response.body(text))
}

/// Alive.
#[utoipa::path(tag = "operation", responses((status = 200)), security(()))]
#[get("/healthz")]
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().body("ok")
}

/// Ready: the database answers, its tables are up to date, or newer (steps only add, and the nodes of
/// before go on while a new version comes), and this node is not about to stop.
#[utoipa::path(tag = "operation", responses((status = 200), (status = 503, body = crate::error::Problem)), security(()))]
#[get("/readyz")]
async fn readyz(app: Data<App>) -> Result<HttpResponse> {
    if app.is_leaving() {
        return Err(ApiError::unavailable(anyhow::anyhow!("this node stops")));
    }
    let tables = app.db.tables().await.map_err(ApiError::unavailable)?;
    if !tables.pending.is_empty() {
        return Err(ApiError::unavailable(anyhow::anyhow!(
            "{} migrations are pending",
            tables.pending.len()
        )));
    }
    Ok(HttpResponse::Ok().body("ready"))
}

/// Figures for Prometheus, for the bearer of the operator's token.
#[utoipa::path(tag = "operation", responses((status = 200), (status = 404, body = crate::error::Problem)), security(()))]
#[get("/metrics")]
async fn metrics(
    app: Data<App>,
    desk: Data<checkin::Desk>,
    request: actix_web::HttpRequest,
) -> Result<HttpResponse> {
    let token = app
        .config
        .server
        .metrics_token
        .as_ref()
        .ok_or_else(ApiError::not_found)?;
    let given = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let matches = given.is_some_and(|given| {
        subtle::ConstantTimeEq::ct_eq(given.as_bytes(), token.reveal().as_bytes()).into()
    });
    if !matches {
        return Err(ApiError::new(Code::Unauthenticated));
    }
    let waiting = telemetry::Waiting {
        desk: desk.waiting(),
    };
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(telemetry::look(&app, waiting).await))
}
