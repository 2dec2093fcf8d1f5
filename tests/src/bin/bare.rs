//! The least that a service on our server library does: an answer, and an answer to a token that
//! was checked. `cargo xtask bench` holds our own pages against it.
//!
//! `bare CONFIG ADDRESS`; tokens are those of the configuration.

use std::path::Path;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, get};
use anyhow::{Context, Result};
use api::access::Tokens;
use api::clock::Clock;
use api::config::Config;
use serde_json::json;

#[get("/")]
async fn answer() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

#[get("/signed")]
async fn signed(request: HttpRequest, tokens: Data<Tokens>) -> HttpResponse {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let claims = token.and_then(|token| tokens.verify(token, Clock::System.now()).ok());
    match claims {
        Some(claims) => HttpResponse::Ok().json(json!({ "account": claims.sub })),
        None => HttpResponse::Unauthorized().finish(),
    }
}

#[get("/readyz")]
async fn readyz() -> HttpResponse {
    HttpResponse::Ok().body("ready")
}

#[actix_web::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (config, address) = arguments
        .next()
        .zip(arguments.next())
        .context("usage: bare CONFIG ADDRESS")?;
    let config = Config::load(Some(Path::new(&config)))?;
    let keys = config.signing_keys()?;
    let tokens = Tokens::new(&config.auth.issuer, config.auth.access_seconds, &keys);
    let tokens = Data::new(tokens);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(tokens.clone())
            .service(answer)
            .service(signed)
            .service(readyz)
    });
    Ok(server.bind(address)?.run().await?)
}
