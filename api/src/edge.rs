//! What every request passes on its way in and out: a trace id, a deadline, a limit for its body,
//! a guard against panics, a line in the log, and an audit entry when it was refused.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{
    Error, HttpMessage, HttpRequest, ResponseError,
    error::{InternalError, PayloadError},
};
use futures_util::{FutureExt, Stream, StreamExt};
use tracing::Instrument;
use uuid::Uuid;

use crate::access::Asked;
use crate::app::App;
use crate::cache::limits;
use crate::crypto::random;
use crate::db::{Actor, SYSTEM};
use crate::error::{ApiError, Code, Result};
use crate::telemetry::{RouteLabels, StatusLabels, TRACE};

/// A handler that takes longer than this is given up (reliability.md §3).
const DEADLINE: Duration = Duration::from_secs(8);
/// A body that takes longer than this to arrive is given up: actix has no such limit.
const BODY_DEADLINE: Duration = Duration::from_secs(10);
/// How many shapes of paths a thread remembers.
const MOST_PATTERNS: usize = 2_000;
/// How long a shape may be that is remembered; ours are shorter.
const LONGEST_SHAPE: usize = 200;
const JSON_LIMIT: usize = 1 << 20;
const FILE_LIMIT: usize = 10 << 20;

/// Wraps the whole service.
pub async fn edge(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<BoxBody>, Error> {
    let app = request
        .app_data::<Data<App>>()
        .expect("mounted by server::serve")
        .clone();
    let trace_id = Uuid::from_bytes(random()).simple().to_string();
    let method = request.method().clone();
    let route = pattern(&request).unwrap_or_else(|| "unmatched".to_owned());
    let address = address(&app, request.request());
    let span = tracing::info_span!("request", trace_id, method = %method, route);
    let started = Instant::now();
    app.metrics.in_flight.inc();

    let handled = TRACE.scope(
        RefCell::new(trace_id.clone()),
        async {
            if let Err(refusal) = receive(&mut request).await {
                return Err(answer(&refusal));
            }
            let guarded = AssertUnwindSafe(next.call(request)).catch_unwind();
            match tokio::time::timeout(DEADLINE, guarded).await {
                Ok(Ok(Ok(response))) => {
                    let response = response.map_into_boxed_body();
                    if let Some(code) = refusal_to_audit(&response, &method) {
                        // Boxed: whoever is answered at once would carry its room along.
                        Box::pin(audit_refusal(&app, &response, code, &method, &address)).await;
                    }
                    Ok(response)
                }
                Ok(Ok(Err(error))) => Err(error),
                Ok(Err(_)) => {
                    app.metrics.panics.inc();
                    Err(answer(&ApiError::internal(anyhow::anyhow!(
                        "handler panicked"
                    ))))
                }
                Err(_) => Err(answer(&ApiError {
                    retry_after: Some(2),
                    ..ApiError::new(Code::DeadlineExceeded)
                })),
            }
        }
        .instrument(span.clone()),
    );
    let outcome = handled.await;

    app.metrics.in_flight.dec();
    let status = match &outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let took = started.elapsed();
    let by_route = RouteLabels {
        method: label_of(&method).to_owned(),
        route,
    };
    let seconds = app.metrics.seconds.get_or_create(&by_route);
    seconds.observe(took.as_secs_f64());
    drop(seconds);
    let by_status = StatusLabels {
        method: by_route.method,
        route: by_route.route,
        status: status.as_u16(),
    };
    app.metrics.requests.get_or_create(&by_status).inc();
    span.in_scope(|| {
        tracing::info!(
            status = status.as_u16(),
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "done"
        );
    });
    outcome.map(|mut response| {
        let value = HeaderValue::from_str(&trace_id).expect("hex digits are a header value");
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-trace-id"), value);
        if app.is_leaving() {
            let head = response.response_mut().head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        response
    })
}

thread_local! {
    /// Patterns by the shape of paths that have one; paths nobody mounted are not remembered.
    static PATTERNS: RefCell<HashMap<String, String>> = RefCell::default();
}

/// The pattern that the path matches. actix holds the path against every route to tell; paths that
/// differ in ids alone match the same.
fn pattern(request: &ServiceRequest) -> Option<String> {
    let mut shape = String::with_capacity(request.path().len());
    for segment in request.path().split('/') {
        let is_id = Uuid::try_parse(segment).is_ok();
        shape.push_str(if is_id { "*" } else { segment });
        shape.push('/');
    }
    PATTERNS.with_borrow_mut(|known| {
        if let Some(pattern) = known.get(&shape) {
            return Some(pattern.clone());
        }
        let pattern = request.match_pattern()?;
        // Words may stand where ids do: what somebody makes up must not fill the memory.
        if known.len() < MOST_PATTERNS && shape.len() < LONGEST_SHAPE {
            known.insert(shape, pattern.clone());
        }
        Some(pattern)
    })
}

/// From where a request comes, for limits: the last address that none of our own proxies has, for
/// what stands before it anybody may have written.
pub(crate) fn address(app: &App, request: &HttpRequest) -> String {
    let trusted = &app.config.server.trusted_proxies;
    let Some(peer) = request.peer_addr().map(|peer| peer.ip().to_canonical()) else {
        return String::new();
    };
    if !trusted.contains(&peer) {
        return peer.to_string();
    }
    let forwarded = request.headers().get_all("x-forwarded-for");
    let mut hops: Vec<IpAddr> = forwarded
        .filter_map(|hops| hops.to_str().ok())
        .flat_map(|hops| hops.split(','))
        .filter_map(|hop| hop.trim().parse().ok())
        .collect();
    hops.retain(|hop| !trusted.contains(hop));
    hops.last().unwrap_or(&peer).to_string()
}

/// The methods anybody uses; whoever makes up others does not fill the memory of the figures.
fn label_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// An error whose response is already made, while the trace id is known.
fn answer(refusal: &ApiError) -> Error {
    InternalError::from_response(refusal.code.as_str(), refusal.error_response()).into()
}

/// Takes the whole body in, within its limits, and puts it back for the extractors.
async fn receive(request: &mut ServiceRequest) -> Result<()> {
    let multipart = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("multipart/form-data"));
    let limit = if multipart { FILE_LIMIT } else { JSON_LIMIT };
    let declared = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mut payload = request.take_payload();
    let whole = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| ApiError::new(Code::MalformedRequest))?;
            if body.len() + chunk.len() > limit {
                return Err(too_large(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let body = match tokio::time::timeout(BODY_DEADLINE, whole).await {
        Ok(body) => body?,
        Err(_) => return Err(ApiError::new(Code::RequestTimeout)),
    };
    put_back(request, body);
    Ok(())
}

fn too_large(limit: usize) -> ApiError {
    let sentence = format!("内容不能超过 {} MB", limit >> 20);
    ApiError::with(Code::PayloadTooLarge, sentence)
}

/// Gives the body to whoever reads it next.
pub(crate) fn put_back(request: &mut ServiceRequest, body: Bytes) {
    request.extensions_mut().insert(Received(body.clone()));
    let stream: BoxedStream = Box::pin(futures_util::stream::once(std::future::ready(Ok(body))));
    request.set_payload(Payload::from(stream));
}

type BoxedStream = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, PayloadError>>>>;

/// The body of the request, for who needs its bytes beside the handler.
#[derive(Clone, Debug)]
pub(crate) struct Received(pub Bytes);

/// Refusals that are written to the audit log: who one is, what one may do, and what the state of
/// things forbids a change. A typing error in a form is none of them.
fn is_audited(code: Code, method: &Method) -> bool {
    match code.status() {
        401 | 403 => true,
        409 => method != Method::GET && code != Code::IdempotencyInProgress,
        422 => matches!(
            code,
            Code::CodeInvalid
                | Code::CodeExpired
                | Code::CodeFromFuture
                | Code::OfflineTooOld
                | Code::LocationTooFar
                | Code::PhoneUnverified
                | Code::InviteCodeInvalid
        ),
        _ => code == Code::AccountLocked,
    }
}

fn refusal_to_audit(response: &ServiceResponse, method: &Method) -> Option<Code> {
    let code = response.response().extensions().get::<Code>().copied();
    code.filter(|&code| is_audited(code, method))
}

async fn audit_refusal(
    app: &App,
    response: &ServiceResponse,
    code: Code,
    method: &Method,
    address: &str,
) {
    let request = response.request();
    let actor = request.extensions().get::<Actor>().cloned();
    let operation = request
        .extensions()
        .get::<Asked>()
        .map_or("request", |asked| asked.0.as_str());
    let now = app.clock.now();
    let actor = match actor {
        Some(actor) => actor,
        // Strangers could fill the log; what is beyond the limit is in the metrics only.
        None if app
            .cache
            .take(limits::STRANGER, address, now)
            .await
            .is_err() =>
        {
            return;
        }
        None => Actor::stranger(SYSTEM),
    };
    let path = format!(
        "{} {}",
        label_of(method),
        request.match_pattern().unwrap_or_default()
    );
    if let Err(error) = app.db.refused(&actor, operation, now, code, &path).await {
        tracing::error!(error = %error, "a refusal could not be audited");
    }
}
