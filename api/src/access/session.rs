//! Sessions: one sign-in on one device, with a refresh token that changes at each use.
//!
//! The refresh token is derived from the session and its generation under a key outside the
//! database, so none is stored and the successor can be told again within ten seconds to a phone
//! that lost the answer. An older one that comes back is a copy: the session ends.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{AccountId, CommitteeId, SessionId};
use entity::{account, session};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect, Set};
use serde::Serialize;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;

use super::token::Audience;
use crate::app::App;
use crate::crypto::{mac, random};
use crate::db::Actor;
use crate::error::{ApiError, Code, Result};

/// How long the predecessor of a refresh token still yields its successor.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// What a client gets when it signs in or refreshes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TokenPair {
    /// For the `Authorization` header.
    pub access_token: String,
    /// For `/auth/refresh`; each use yields a new one.
    pub refresh_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds the access token lives.
    pub expires_in: i64,
}

/// Begins a session of `account`, inside the transaction that signs him in.
pub async fn begin(
    app: &App,
    txn: &impl ConnectionTrait,
    account: &account::Model,
    audience: Audience,
    now: DateTime<Utc>,
) -> Result<TokenPair> {
    let session = session::ActiveModel {
        committee_id: Set(account.committee_id),
        id: Set(SessionId::new(now, random())),
        account_id: Set(account.id),
        audience: Set(audience.as_str().to_owned()),
        generation: Set(1),
        rotated_at: Set(now),
        created_at: Set(now),
        expires_at: Set(now + TimeDelta::days(i64::from(app.config.auth.session_days))),
        revoked_at: Set(None),
    };
    let session = session.insert(txn).await?;
    pair(app, &session, account.session_version, now)
}

/// Exchanges a refresh token.
///
/// # Errors
/// `refresh_rejected` for anything but the current token or, within the grace, the one before it.
/// A token that was exchanged earlier than that ends the session.
pub async fn refresh(app: &App, token: &str, now: DateTime<Utc>) -> Result<TokenPair> {
    let rejected = || ApiError::new(Code::RefreshRejected);
    let (committee, id, generation) = open(app, token).ok_or_else(rejected)?;
    let outcome = app
        .db
        .housekeeping(async |txn| {
            let session = session::Entity::find_by_id((committee, id))
                .lock_exclusive()
                .one(txn)
                .await?
                .ok_or_else(rejected)?;
            let account = account::Entity::find_by_id((committee, session.account_id))
                .one(txn)
                .await?
                .ok_or_else(rejected)?;
            if session.revoked_at.is_some()
                || session.expires_at <= now
                || account.disabled_at.is_some()
            {
                return Err(rejected());
            }
            if generation == session.generation {
                let mut next = session.into_active_model();
                next.generation = Set(generation + 1);
                next.rotated_at = Set(now);
                let next = next.update(txn).await?;
                return Ok(Rotated::To(pair(app, &next, account.session_version, now)?));
            }
            if generation + 1 == session.generation && now < session.rotated_at + GRACE {
                return Ok(Rotated::To(pair(
                    app,
                    &session,
                    account.session_version,
                    now,
                )?));
            }
            Ok(Rotated::Reused(account.id))
        })
        .await?;
    match outcome {
        Rotated::To(pair) => Ok(pair),
        Rotated::Reused(account) => {
            let actor = Actor {
                committee,
                account: Some(account),
                name: "系统".to_owned(),
            };
            end(app, &actor, "refresh_token_reused", id).await?;
            Err(rejected())
        }
    }
}

enum Rotated {
    To(TokenPair),
    Reused(AccountId),
}

/// Ends a session; it counts no more within a second.
pub async fn end(app: &App, actor: &Actor, operation: &'static str, id: SessionId) -> Result<()> {
    let now = app.clock.now();
    app.db
        .write(actor, operation, now, async |write| {
            let Some(session) = session::Entity::find_by_id((write.committee, id))
                .one(&write.txn)
                .await?
            else {
                write.unchanged();
                return Ok(());
            };
            let mut session = session.into_active_model();
            session.revoked_at = Set(Some(now));
            session.update(&write.txn).await?;
            write.about("session", id);
            Ok(())
        })
        .await?;
    app.standings.forget();
    Ok(())
}

fn pair(
    app: &App,
    session: &session::Model,
    version: i32,
    now: DateTime<Utc>,
) -> Result<TokenPair> {
    let audience = if session.audience == Audience::Console.as_str() {
        Audience::Console
    } else {
        Audience::MiniProgram
    };
    Ok(TokenPair {
        access_token: app.tokens.issue(
            audience,
            session.committee_id,
            session.account_id,
            session.id,
            version,
            now,
        )?,
        refresh_token: seal(app, session.committee_id, session.id, session.generation),
        token_type: "Bearer",
        expires_in: app.tokens.lifetime_seconds(),
    })
}

fn seal(app: &App, committee: CommitteeId, id: SessionId, generation: i32) -> String {
    let head = [
        &committee.0.as_bytes()[..],
        id.0.as_bytes(),
        &generation.to_be_bytes(),
    ]
    .concat();
    let tag = mac(&app.vault.derive("refresh"), &[&head]);
    URL_SAFE_NO_PAD.encode([&head[..], &tag].concat())
}

fn open(app: &App, token: &str) -> Option<(CommitteeId, SessionId, i32)> {
    let bytes: [u8; 68] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    let (head, tag) = bytes.split_at(36);
    let expected = mac(&app.vault.derive("refresh"), &[head]);
    if !bool::from(expected.ct_eq(tag)) {
        return None;
    }
    let committee = CommitteeId(Uuid::from_slice(&head[..16]).ok()?);
    let session = SessionId(Uuid::from_slice(&head[16..32]).ok()?);
    Some((
        committee,
        session,
        i32::from_be_bytes(head[32..].try_into().ok()?),
    ))
}
