//! An answer on its way to the caller: as it is, or spoilt as a trouble orders.

use std::io::Write;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_ENCODING, ContentEncoding};
use actix_web::http::{ConnectionType, StatusCode};
use serde_json::Value;

use super::answer::Reply;
use super::fault::FaultKind;
use super::trickle::{Line, Trickle};

/// The answer as it is.
pub(super) fn plain(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).expect("the simulator's own statuses are real");
    HttpResponse::build(status)
        .content_type(reply.content_type)
        .body(reply.body)
}

/// The HTTP status a caller will see; `None` when he is left without an answer.
pub(super) fn seen_status(reply: &Reply, kind: Option<FaultKind>) -> Option<u16> {
    match kind {
        Some(
            FaultKind::Timeout { .. }
            | FaultKind::HangUp
            | FaultKind::HalfClosed
            | FaultKind::Reset,
        ) => None,
        Some(FaultKind::Html) => Some(502),
        _ => Some(reply.status),
    }
}

/// The answer with its trouble.
pub(super) async fn spoil(mut reply: Reply, kind: FaultKind, line: Option<Line>) -> HttpResponse {
    let body = |reply: &Reply, body: Trickle| {
        HttpResponse::Ok()
            .content_type(reply.content_type)
            .body(body)
    };
    match kind {
        FaultKind::Errcode(_) | FaultKind::ClockJump { .. } => {}
        FaultKind::Timeout { millis } => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            return HttpResponse::Ok().body(Trickle::nothing());
        }
        FaultKind::Drip { millis } => {
            let drip = Trickle::drip(&reply.body, Duration::from_millis(millis));
            return body(&reply, drip);
        }
        FaultKind::HangUp => return HttpResponse::Ok().body(Trickle::nothing()),
        FaultKind::Reset => {
            // Without the option the connection ends politely, which is a trouble, too.
            let _ = line.map(|line| line.end_with_reset());
            return HttpResponse::Ok().body(Trickle::nothing());
        }
        FaultKind::HalfClosed => {
            let half = Trickle::half(&reply.body, line);
            return body(&reply, half);
        }
        FaultKind::Truncated => reply.body.truncate(reply.body.len() / 2),
        FaultKind::Empty => reply.body.clear(),
        FaultKind::Html => {
            reply.status = 502;
            reply.content_type = "text/html";
            reply.body = b"<html><body><h1>502 Bad Gateway</h1></body></html>".to_vec();
        }
        FaultKind::PlainText => reply.content_type = "text/plain",
        FaultKind::ErrcodeAsString => {
            if let Ok(Value::Object(mut answer)) = serde_json::from_slice(&reply.body) {
                let errcode = answer.get("errcode").and_then(Value::as_i64).unwrap_or(0);
                answer.insert("errcode".to_owned(), errcode.to_string().into());
                reply.body = Value::Object(answer).to_string().into_bytes();
            }
        }
        FaultKind::Close => {
            let mut response = plain(reply);
            response
                .head_mut()
                .set_connection_type(ConnectionType::Close);
            return response;
        }
        FaultKind::Gzip => {
            reply.body = gzip(&reply.body);
            let mut response = plain(reply);
            let gzip = ContentEncoding::Gzip.to_header_value();
            response.headers_mut().insert(CONTENT_ENCODING, gzip);
            return response;
        }
    }
    plain(reply)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(body)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
}
