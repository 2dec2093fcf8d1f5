//! `Idempotency-Key`: the same POST with the same key is done once and answered the same for 24 h.

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, error::InternalError};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{CommitteeId, IdempotencyId};
use entity::{Scoped, idempotency};
use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, QueryFilter, Set, TryInsertResult};
use sha2::{Digest, Sha256};

use crate::access::{Caller, Claims};
use crate::app::App;
use crate::crypto::random;
use crate::edge::Received;
use crate::error::{ApiError, Code, Result};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// A request that has no answer after this long died on the way; its key may be used again.
const ABANDONED: TimeDelta = TimeDelta::seconds(30);

/// Wraps the operations of the API.
pub async fn once(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<BoxBody>, Error> {
    let app = request
        .app_data::<Data<App>>()
        .expect("mounted by app::configure")
        .clone();
    let Some(key) = request
        .headers()
        .get(KEY)
        .filter(|_| request.method() == Method::POST)
        .cloned()
    else {
        return next
            .call(request)
            .await
            .map(ServiceResponse::map_into_boxed_body);
    };
    // Who is not signed in is refused by the operation itself.
    let Ok(claims) = Caller::claims(&app, request.request()) else {
        return next
            .call(request)
            .await
            .map(ServiceResponse::map_into_boxed_body);
    };
    let operation = format!("{} {}", request.method(), request.path());
    let body = request
        .extensions()
        .get::<Received>()
        .map(|received| received.0.clone())
        .unwrap_or_default();
    let now = app.clock.now();
    let row = match begin(&app, &claims, &key, &operation, &body, now).await {
        Ok(Begun::First(row)) => row,
        Ok(Begun::Again(response)) => return Ok(request.into_response(response)),
        Err(refusal) => {
            return Err(InternalError::from_response(
                refusal.code.as_str(),
                refusal.error_response(),
            )
            .into());
        }
    };

    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => {
            forget(&app, claims.cid, row).await;
            return Err(error);
        }
    };
    if !response.status().is_success() {
        forget(&app, claims.cid, row).await;
        return Ok(response);
    }
    let status = response.status();
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let body = to_bytes(body)
        .await
        .map_err(|_| InternalError::new("answer unreadable", StatusCode::INTERNAL_SERVER_ERROR))?;
    if let Err(error) = keep(&app, claims.cid, row, status, &body).await {
        tracing::error!(error = %error, "an answer could not be kept for its idempotency key");
    }
    Ok(ServiceResponse::new(
        request,
        head.set_body(body).map_into_boxed_body(),
    ))
}

enum Begun {
    First(IdempotencyId),
    Again(HttpResponse),
}

async fn begin(
    app: &App,
    claims: &Claims,
    key: &HeaderValue,
    operation: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Begun> {
    let key = key
        .to_str()
        .ok()
        .filter(|key| (1..=100).contains(&key.len()))
        .ok_or_else(|| {
            ApiError::field(
                "Idempotency-Key",
                "invalid_key",
                "请求编号应为 1 到 100 个可见字符",
            )
        })?;
    let hash = hex::encode(Sha256::digest(body));
    let id = IdempotencyId::new(now, random());
    let row = idempotency::ActiveModel {
        committee_id: Set(claims.cid),
        id: Set(id),
        account_id: Set(claims.sub),
        operation: Set(operation.to_owned()),
        key: Set(key.to_owned()),
        body_hash: Set(hash.clone()),
        status: Set(None),
        body: Set(None),
        created_at: Set(now),
        expires_at: Set(now + KEPT),
    };
    let columns = [
        idempotency::Column::CommitteeId,
        idempotency::Column::AccountId,
        idempotency::Column::Operation,
        idempotency::Column::Key,
    ];
    app.db
        .housekeeping(async |txn| {
            // Two requests with one key can race; `idempotency_once` lets one of them in.
            let inserted = idempotency::Entity::insert(row.clone())
                .on_conflict_do_nothing_on(columns)
                .exec_without_returning(txn)
                .await?;
            if let TryInsertResult::Inserted(1..) = inserted {
                return Ok(Begun::First(id));
            }
            let earlier = idempotency::Entity::of(claims.cid)
                .filter(idempotency::Column::AccountId.eq(claims.sub))
                .filter(idempotency::Column::Operation.eq(operation))
                .filter(idempotency::Column::Key.eq(key))
                .one(txn)
                .await?
                .ok_or_else(|| {
                    ApiError::unavailable(anyhow::anyhow!("idempotency row vanished"))
                })?;
            let abandoned = earlier.status.is_none() && earlier.created_at + ABANDONED <= now;
            if abandoned || earlier.expires_at <= now {
                earlier.delete(txn).await?;
                idempotency::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                return Ok(Begun::First(id));
            }
            if earlier.body_hash != hash {
                return Err(ApiError::new(Code::IdempotencyKeyReused));
            }
            let Some(status) = earlier.status else {
                return Err(ApiError {
                    retry_after: Some(1),
                    ..ApiError::new(Code::IdempotencyInProgress)
                });
            };
            let status = u16::try_from(status)
                .ok()
                .and_then(|status| StatusCode::from_u16(status).ok())
                .unwrap_or(StatusCode::OK);
            let mut response = HttpResponse::build(status);
            response
                .insert_header((CONTENT_TYPE, "application/json"))
                .insert_header(("Idempotency-Replayed", "true"));
            Ok(Begun::Again(
                response.body(earlier.body.unwrap_or_default()),
            ))
        })
        .await
}

async fn keep(
    app: &App,
    committee: CommitteeId,
    id: IdempotencyId,
    status: StatusCode,
    body: &[u8],
) -> Result<()> {
    let row = idempotency::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        status: Set(Some(i32::from(status.as_u16()))),
        body: Set(Some(body.to_vec())),
        ..Default::default()
    };
    app.db
        .housekeeping(async |txn| {
            idempotency::Entity::update(row).exec(txn).await?;
            Ok(())
        })
        .await
}

async fn forget(app: &App, committee: CommitteeId, id: IdempotencyId) {
    let gone = app.db.housekeeping(async |txn| {
        idempotency::Entity::delete_by_id((committee, id))
            .exec(txn)
            .await?;
        Ok(())
    });
    if let Err(error) = gone.await {
        tracing::error!(error = %error, "an idempotency key could not be released");
    }
}
