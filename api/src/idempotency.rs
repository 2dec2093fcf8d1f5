//! `Idempotency-Key`: the same POST with the same key is done once and answered the same for 24 h.
//!
//! What was done is noted in the transaction that does it ([`note_done`]), the answer only after:
//! a phone that lost its network between the two does not do the thing twice.

use std::collections::HashSet;
use std::time::Duration;

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
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, Set,
    TryInsertResult,
};
use sha2::{Digest, Sha256};

use crate::access::Caller;
use crate::app::App;
use crate::crypto::random;
use crate::db::among;
use crate::edge::Received;
use crate::error::{ApiError, Code, Result};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// A request that has no answer after this long died with its node, and its key may be used again.
/// If it was only slow it is not done a second time: [`note_done`] finds its key taken over.
const ABANDONED: TimeDelta = TimeDelta::seconds(6);
/// Stands in place of the status of an answer that is not known, or not yet, while the change
/// itself is committed.
const DONE: i32 = 0;
/// The same where it is known that no answer will come.
const UNANSWERED: i32 = -1;
/// How often, and after how long each time, a key is released that could not be released at once.
const TRIES: u32 = 10;
const RETRY: Duration = Duration::from_secs(1);

/// The row of the key under which a request is done.
pub type Under = (CommitteeId, IdempotencyId);

tokio::task_local! {
    /// The key under which the request of this task is done.
    static UNDER: Under;
}

/// The key under which the request of this task is done, if it came with one: for what is done on
/// its behalf on another task.
pub fn current() -> Option<Under> {
    UNDER.try_with(|under| *under).ok()
}

/// Notes with a change made for several requests that each of them has been done, and tells of
/// which that is true: the keys of the others were taken over, and they must not be done.
pub async fn note_all(txn: &impl ConnectionTrait, under: &[Under]) -> Result<HashSet<Under>> {
    if under.is_empty() {
        return Ok(HashSet::new());
    }
    let row = idempotency::ActiveModel {
        status: Set(Some(DONE)),
        ..Default::default()
    };
    let keys = under.iter().map(|(committee, id)| (*committee, [id.0]));
    let noted = idempotency::Entity::update_many()
        .set(row)
        .filter(among::<idempotency::Entity, 1>(
            txn.get_database_backend(),
            [idempotency::Column::Id],
            keys,
        ))
        .exec_with_returning(txn)
        .await?;
    Ok(noted
        .into_iter()
        .map(|row| (row.committee_id, row.id))
        .collect())
}

/// Takes back in the same transaction what [`note_all`] noted of requests that were not done after all.
pub async fn take_back(txn: &impl ConnectionTrait, under: &[Under]) -> Result<()> {
    if under.is_empty() {
        return Ok(());
    }
    let keys = under.iter().map(|(committee, id)| (*committee, [id.0]));
    let row = idempotency::ActiveModel {
        status: Set(None),
        ..Default::default()
    };
    idempotency::Entity::update_many()
        .set(row)
        .filter(among::<idempotency::Entity, 1>(
            txn.get_database_backend(),
            [idempotency::Column::Id],
            keys,
        ))
        .filter(idempotency::Column::Status.eq(DONE))
        .exec(txn)
        .await?;
    Ok(())
}

/// Notes with a change that the request of this task, if it came with a key, has been done.
///
/// # Errors
/// `idempotency_in_progress` when the key was given up for abandoned and taken over: then the
/// other request does it, and this one must not.
pub async fn note_done(txn: &impl ConnectionTrait) -> Result<()> {
    let Ok((committee, id)) = UNDER.try_with(|under| *under) else {
        return Ok(());
    };
    let row = idempotency::ActiveModel {
        status: Set(Some(DONE)),
        ..Default::default()
    };
    let noted = idempotency::Entity::update_many()
        .set(row)
        .filter(idempotency::Column::CommitteeId.eq(committee))
        .filter(idempotency::Column::Id.eq(id))
        .exec(txn)
        .await?;
    if noted.rows_affected == 0 {
        return Err(in_progress());
    }
    Ok(())
}

/// Another request does this one's work.
pub fn in_progress() -> ApiError {
    ApiError {
        retry_after: Some(1),
        ..ApiError::new(Code::IdempotencyInProgress)
    }
}

/// Wraps the operations of the API.
pub async fn once(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<BoxBody>, Error> {
    let key = request.headers().get(KEY);
    if let Some(key) = key.filter(|_| request.method() == Method::POST).cloned() {
        // Boxed: whoever asks without a key would carry its room along.
        Box::pin(keyed(request, next, key)).await
    } else {
        let answered = next.call(request).await;
        answered.map(ServiceResponse::map_into_boxed_body)
    }
}

async fn keyed(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    key: HeaderValue,
) -> std::result::Result<ServiceResponse<BoxBody>, Error> {
    let app = request
        .app_data::<Data<App>>()
        .expect("mounted by server::serve")
        .clone();
    let caller = match Caller::of(&app, request.request()).await {
        Ok(caller) => caller,
        // Who is not signed in is refused by the operation itself, and so is he whose session
        // ended: a kept answer is not for him either.
        Err(refusal) if refusal.code.status() == 401 => {
            return next
                .call(request)
                .await
                .map(ServiceResponse::map_into_boxed_body);
        }
        // Nobody knows who asks, so the key cannot be held; a moment later the operation itself
        // might succeed, and a second time with the next try.
        Err(refusal) => return Err(refused(&refusal)),
    };
    let operation = format!("{} {}", request.method(), request.path());
    let body = request
        .extensions()
        .get::<Received>()
        .map(|received| received.0.clone())
        .unwrap_or_default();
    let now = app.clock.now();
    let row = match begin(&app, &caller, &key, &operation, &body, now).await {
        Ok(Begun::First(row)) => row,
        Ok(Begun::Again(response)) => return Ok(request.into_response(response)),
        Err(refusal) => return Err(refused(&refusal)),
    };

    let under = (caller.committee, row);
    let hold = Hold::on(&app, under);
    let response = match UNDER.scope(under, next.call(request)).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => {
            let may_be_done = error.as_response_error().status_code().is_server_error();
            hold.release(may_be_done).await;
            return Err(error);
        }
    };
    if !response.status().is_success() {
        hold.release(response.status().is_server_error()).await;
        return Ok(response);
    }
    let status = response.status();
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let body = to_bytes(body)
        .await
        .map_err(|_| InternalError::new("answer unreadable", StatusCode::INTERNAL_SERVER_ERROR))?;
    match keep(&app, under, status, &body).await {
        Ok(()) => hold.let_go(),
        Err(error) => {
            tracing::error!(error = %error, "an answer could not be kept for its idempotency key");
        }
    }
    Ok(ServiceResponse::new(
        request,
        head.set_body(body).map_into_boxed_body(),
    ))
}

fn refused(refusal: &ApiError) -> Error {
    InternalError::from_response(refusal.code.as_str(), refusal.error_response()).into()
}

enum Begun {
    First(IdempotencyId),
    Again(HttpResponse),
}

async fn begin(
    app: &App,
    caller: &Caller,
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
        committee_id: Set(caller.committee),
        id: Set(id),
        account_id: Set(caller.account_id()),
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
            let earlier = idempotency::Entity::of(caller.committee)
                .filter(idempotency::Column::AccountId.eq(caller.account_id()))
                .filter(idempotency::Column::Operation.eq(operation))
                .filter(idempotency::Column::Key.eq(key))
                .one(txn)
                .await?
                .ok_or_else(|| {
                    ApiError::unavailable(anyhow::anyhow!("idempotency row vanished"))
                })?;
            let old = earlier.created_at + ABANDONED <= now;
            let abandoned = earlier.status.is_none() && old;
            if abandoned || earlier.expires_at <= now {
                // Of two that find it abandoned one takes it over, unless it was slow, not dead.
                let mut taken = idempotency::Entity::delete_many()
                    .filter(idempotency::Column::CommitteeId.eq(caller.committee))
                    .filter(idempotency::Column::Id.eq(earlier.id));
                if abandoned {
                    taken = taken.filter(idempotency::Column::Status.is_null());
                }
                if taken.exec(txn).await?.rows_affected == 0 {
                    return Err(in_progress());
                }
                idempotency::Entity::insert(row)
                    .exec_without_returning(txn)
                    .await?;
                return Ok(Begun::First(id));
            }
            if earlier.body_hash != hash {
                return Err(ApiError::new(Code::IdempotencyKeyReused));
            }
            let status = match earlier.status {
                Some(status) if status == UNANSWERED || status == DONE && old => {
                    return Err(ApiError::with(
                        Code::Conflict,
                        "该请求已办理，请刷新后查看结果",
                    ));
                }
                None | Some(DONE) => return Err(in_progress()),
                Some(status) => status,
            };
            let body = match &earlier.body {
                Some(sealed) => app.vault.open(sealed)?,
                None => Vec::new(),
            };
            let status = u16::try_from(status)
                .ok()
                .and_then(|status| StatusCode::from_u16(status).ok())
                .unwrap_or(StatusCode::OK);
            let mut response = HttpResponse::build(status);
            response
                .insert_header((CONTENT_TYPE, "application/json"))
                .insert_header(("Idempotency-Replayed", "true"));
            Ok(Begun::Again(response.body(body)))
        })
        .await
}

/// Keeps an answer, sealed: some tell an invite code.
async fn keep(
    app: &App,
    (committee, id): (CommitteeId, IdempotencyId),
    status: StatusCode,
    body: &[u8],
) -> Result<()> {
    let row = idempotency::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        status: Set(Some(i32::from(status.as_u16()))),
        body: Set(Some(app.vault.seal(body))),
        ..Default::default()
    };
    app.db
        .housekeeping(async |txn| {
            row.update(txn).await?;
            Ok(())
        })
        .await
}

/// A key whose request is on its way. However that ends, also by the deadline, which drops it: the
/// key does not stay in progress.
struct Hold {
    app: Data<App>,
    under: Option<Under>,
}

impl Hold {
    fn on(app: &Data<App>, under: Under) -> Self {
        Self {
            app: app.clone(),
            under: Some(under),
        }
    }

    /// The request was answered, and the answer is kept.
    fn let_go(mut self) {
        self.under = None;
    }

    /// The request was refused, or something failed after the change may have been made.
    async fn release(mut self, may_be_done: bool) {
        if let Some(under) = self.under
            && release(&self.app, under, may_be_done).await.is_ok()
        {
            self.under = None;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let (app, Some(under)) = (self.app.clone(), self.under) else {
            return;
        };
        actix_web::rt::spawn(async move {
            for _ in 0..TRIES {
                match release(&app, under, true).await {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(%error, "an idempotency key is not released yet"),
                }
                actix_web::rt::time::sleep(RETRY).await;
            }
        });
    }
}

/// Releases a key; where the change may have been made before something failed, only if it was not.
async fn release(app: &App, (committee, id): Under, may_be_done: bool) -> Result<()> {
    let this = Condition::all()
        .add(idempotency::Column::CommitteeId.eq(committee))
        .add(idempotency::Column::Id.eq(id));
    app.db
        .housekeeping(async |txn| {
            if may_be_done {
                let unanswered = idempotency::ActiveModel {
                    status: Set(Some(UNANSWERED)),
                    ..Default::default()
                };
                idempotency::Entity::update_many()
                    .set(unanswered)
                    .filter(this.clone())
                    .filter(idempotency::Column::Status.eq(DONE))
                    .exec(txn)
                    .await?;
            }
            let mut gone = idempotency::Entity::delete_many().filter(this);
            if may_be_done {
                gone = gone.filter(idempotency::Column::Status.is_null());
            }
            gone.exec(txn).await?;
            Ok(())
        })
        .await
}
