//! Signing in inside WeChat: the code of `wx.login` against an openid, the openid against an
//! account.
//!
//! WeChat is asked before the transaction begins. Nothing of WeChat's goes back to the client.

use chrono::{DateTime, Utc};
use domain::ids::{AccountId, CommitteeId, IdentityId, MemberId};
use domain::people::AccountKind;
use domain::time::local_date;
use entity::{Scoped, account, committee, identity};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, Set, TryInsertResult,
};
use wechat::Class;
use wechat::login::Session;

use super::binding;
use crate::access::Audience;
use crate::access::session::{self, TokenPair};
use crate::app::App;
use crate::cache::limits;
use crate::config::AppKind;
use crate::crypto::random;
use crate::db::{Actor, Write, found};
use crate::error::{ApiError, Code, Result};
use crate::people;

/// How an account is called while nobody knows who it is.
pub(super) const UNBOUND: &str = "未绑定微信用户";

/// A session that began, and who it is.
#[derive(Debug)]
pub(super) struct SignedIn {
    pub tokens: TokenPair,
    pub member: Option<MemberId>,
}

/// Begins a session for whoever holds the phone.
pub(super) async fn sign_in(app: &App, app_id: &str, code: &str) -> Result<SignedIn> {
    let mini_program = app
        .wechat_apps
        .get(app_id)
        .filter(|account| account.config.kind == AppKind::MiniProgram)
        .ok_or_else(|| ApiError::field("/app_id", "unknown_app", "未配置的小程序"))?;
    let session = mini_program.client.login(code).await.map_err(refusal)?;
    let now = app.clock.now();
    app.cache
        .take(
            limits::LOGIN,
            &app.vault.index("openid", &session.openid),
            now,
        )
        .await?;
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(mini_program.config.committee.as_str()))
        .one(app.db.read())
        .await?
        .ok_or_else(|| {
            ApiError::internal(anyhow::anyhow!(
                "app {app_id} is configured for a committee that was never founded"
            ))
        })?;
    // Two first sign-ins of one person can race past the look-up; `identity_openid` lets one of
    // them in and the other finds its row on the second try.
    for _ in 0..2 {
        if let Some(signed_in) = attempt(app, committee.id, app_id, &session, now).await? {
            return Ok(signed_in);
        }
    }
    Err(ApiError::unavailable(anyhow::anyhow!(
        "an identity was made by others twice"
    )))
}

async fn attempt(
    app: &App,
    committee: CommitteeId,
    app_id: &str,
    session: &Session,
    now: DateTime<Utc>,
) -> Result<Option<SignedIn>> {
    let identity = identity::Entity::of(committee)
        .filter(identity::Column::AppId.eq(app_id))
        .filter(identity::Column::Openid.eq(session.openid.as_str()))
        .one(app.db.read())
        .await?;
    let known = match identity.as_ref().and_then(|identity| identity.account_id) {
        Some(id) => {
            account::Entity::find_by_id((committee, id))
                .one(app.db.read())
                .await?
        }
        None => None,
    };
    let (id, name) = match &known {
        Some(account) => (account.id, account.display_name.clone()),
        None => (AccountId::new(now, random()), UNBOUND.to_owned()),
    };
    let actor = Actor {
        committee,
        account: Some(id),
        name,
    };
    app.db
        .write(&actor, "wechat_sign_in", now, async |write| {
            let account = if known.is_some() {
                found(
                    account::Entity::find_by_id((committee, id))
                        .lock_exclusive()
                        .one(&write.txn)
                        .await?,
                )?
            } else {
                let account = new_account(write, id).await?;
                if !claim(write, identity.as_ref(), app_id, &session.openid, id).await? {
                    write.unchanged();
                    return Ok(None);
                }
                account
            };
            if account.disabled_at.is_some() {
                return Err(ApiError::with(Code::Forbidden, "账号已停用，请联系办公室"));
            }
            let member = match account.member_id {
                Some(member) => people::in_office(&write.txn, committee, member, local_date(now))
                    .await?
                    .map(|member| member.id),
                None => None,
            };
            if let Some(unionid) = &session.unionid {
                remember_unionid(write, app_id, &session.openid, unionid).await?;
                if let Some(member) = member {
                    binding::link_by_unionid(&write.txn, committee, unionid, member).await?;
                }
            }
            write.about("account", id);
            let tokens =
                session::begin(app, &write.txn, &account, Audience::MiniProgram, now).await?;
            Ok(Some(SignedIn { tokens, member }))
        })
        .await
}

async fn new_account(write: &Write, id: AccountId) -> Result<account::Model> {
    let account = account::ActiveModel {
        committee_id: Set(write.committee),
        id: Set(id),
        kind: Set(AccountKind::WeChat),
        member_id: Set(None),
        username: Set(None),
        display_name: Set(UNBOUND.to_owned()),
        password_hash: Set(None),
        totp_cipher: Set(None),
        totp_step: Set(None),
        session_version: Set(1),
        failed_attempts: Set(0),
        locked_until: Set(None),
        disabled_at: Set(None),
        created_at: Set(write.at),
    };
    Ok(account.insert(&write.txn).await?)
}

/// Makes the openid sign in with this account, unless somebody was faster.
async fn claim(
    write: &Write,
    known: Option<&identity::Model>,
    app_id: &str,
    openid: &str,
    account: AccountId,
) -> Result<bool> {
    if let Some(known) = known {
        let claimed = identity::Entity::update_many()
            .set(identity::ActiveModel {
                account_id: Set(Some(account)),
                ..Default::default()
            })
            .filter(identity::Column::CommitteeId.eq(write.committee))
            .filter(identity::Column::Id.eq(known.id))
            .filter(identity::Column::AccountId.is_null())
            .exec(&write.txn)
            .await?;
        return Ok(claimed.rows_affected == 1);
    }
    let identity = identity::ActiveModel {
        committee_id: Set(write.committee),
        id: Set(IdentityId::new(write.at, random())),
        app_id: Set(app_id.to_owned()),
        openid: Set(openid.to_owned()),
        unionid: Set(None),
        unionid_seen_at: Set(None),
        account_id: Set(Some(account)),
        member_id: Set(None),
        following: Set(false),
        following_at: Set(0),
        refused_code: Set(None),
        created_at: Set(write.at),
    };
    let inserted = identity::Entity::insert(identity)
        .on_conflict_do_nothing_on([
            identity::Column::CommitteeId,
            identity::Column::AppId,
            identity::Column::Openid,
        ])
        .exec_without_returning(&write.txn)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}

async fn remember_unionid(write: &Write, app_id: &str, openid: &str, unionid: &str) -> Result<()> {
    let seen = identity::ActiveModel {
        unionid: Set(Some(unionid.to_owned())),
        unionid_seen_at: Set(Some(write.at)),
        ..Default::default()
    };
    identity::Entity::update_many()
        .set(seen)
        .filter(identity::Column::CommitteeId.eq(write.committee))
        .filter(identity::Column::AppId.eq(app_id))
        .filter(identity::Column::Openid.eq(openid))
        .exec(&write.txn)
        .await?;
    Ok(())
}

/// What a call that spent a one-time code says to the client when it failed.
pub(super) fn refusal(error: wechat::Error) -> ApiError {
    match &error {
        wechat::Error::Api(refused) if refused.class == Class::OneTimeCode => {
            ApiError::new(Code::WechatCodeInvalid)
        }
        wechat::Error::Api(refused) if refused.class == Class::RecipientLasting => {
            ApiError::with(Code::Forbidden, "微信限制了该用户登录")
        }
        wechat::Error::CodeMaybeBurnt { .. } => ApiError {
            retry_after: Some(1),
            cause: Some(error.into()),
            ..ApiError::with(Code::WechatUnavailable, "微信没有回应，请重新进入小程序")
        },
        _ => ApiError {
            retry_after: Some(5),
            cause: Some(error.into()),
            ..ApiError::new(Code::WechatUnavailable)
        },
    }
}
