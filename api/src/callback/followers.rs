//! Who follows an official account, and which member that is.
//!
//! A follower is known to be a member when both his openid here and his openid in the
//! mini-program carry the same unionid.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::ids::{CommitteeId, IdentityId, MemberId};
use entity::{Scoped, identity, job};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set};

use crate::app::App;
use crate::error::{ApiError, Code, Result};
use crate::jobs::Outcome;

/// How many rows one statement touches.
pub(super) const CHUNK: usize = 500;

pub(super) fn not_answered(error: wechat::Error) -> ApiError {
    ApiError {
        cause: Some(error.into()),
        ..ApiError::new(Code::WechatUnavailable)
    }
}

/// A person seen at an account for the first time.
pub(super) fn new_identity(
    committee: CommitteeId,
    id: IdentityId,
    app_id: &str,
    openid: &str,
    following: bool,
    following_at: i64,
    now: DateTime<Utc>,
) -> identity::ActiveModel {
    identity::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        app_id: Set(app_id.to_owned()),
        openid: Set(openid.to_owned()),
        unionid: Set(None),
        unionid_seen_at: Set(None),
        account_id: Set(None),
        member_id: Set(None),
        following: Set(following),
        following_at: Set(following_at),
        refused_code: Set(None),
        created_at: Set(now),
    }
}

/// Says of everybody with this unionid who is nobody yet that he is this member; tells how many
/// those were.
async fn link(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    unionid: &str,
    member: MemberId,
) -> Result<u64> {
    let linked = identity::Entity::update_many()
        .col_expr(identity::Column::MemberId, Expr::value(Some(member)))
        .filter(identity::Column::CommitteeId.eq(committee))
        .filter(identity::Column::Unionid.eq(unionid))
        .filter(identity::Column::MemberId.is_null())
        .exec(txn)
        .await?;
    Ok(linked.rows_affected)
}

/// Links the followers of an account to the members their unionids belong to.
pub(super) async fn link_known(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    app_id: &str,
) -> Result<usize> {
    let strangers = identity::Entity::of(committee)
        .filter(identity::Column::AppId.eq(app_id))
        .filter(identity::Column::MemberId.is_null())
        .filter(identity::Column::Unionid.is_not_null())
        .all(txn)
        .await?;
    let unionids: BTreeSet<String> = strangers
        .iter()
        .filter_map(|row| row.unionid.clone())
        .collect();
    let unionids: Vec<String> = unionids.into_iter().collect();
    let mut linked = 0;
    for chunk in unionids.chunks(CHUNK) {
        let known = identity::Entity::of(committee)
            .filter(identity::Column::Unionid.is_in(chunk.iter().cloned()))
            .filter(identity::Column::MemberId.is_not_null())
            .all(txn)
            .await?;
        let members: HashMap<String, MemberId> = known
            .into_iter()
            .filter_map(|row| Some((row.unionid?, row.member_id?)))
            .collect();
        for (unionid, member) in members {
            linked += usize::try_from(link(txn, committee, &unionid, member).await?)
                .unwrap_or(usize::MAX);
        }
    }
    Ok(linked)
}

/// Asks WeChat who a new follower is, and links him to the member if he is one.
pub async fn follow(app: &App, job: &job::Model) -> Result<Outcome> {
    let committee = job.committee_id;
    let id: IdentityId = job.payload["identity_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("job {} names no follower", job.id)))?;
    let Some(row) = identity::Entity::find_by_id((committee, id))
        .one(app.db.read())
        .await?
    else {
        return Ok(Outcome::Done);
    };
    let Some(account) = app.wechat_apps.get(&row.app_id) else {
        return Ok(Outcome::Done);
    };
    let doubt = job.payload["doubt"].as_bool().unwrap_or(false);
    let info = match account.client.user_info(&row.openid).await {
        Ok(info) => info,
        // He has left again, or never was: the nightly reading finds out.
        Err(wechat::Error::Api(error)) if error.class == wechat::Class::RecipientLasting => {
            return Ok(Outcome::Done);
        }
        Err(error) => return Err(not_answered(error)),
    };
    let now = app.clock.now();
    app.db
        .housekeeping(async |txn| {
            if doubt {
                settle(txn, &row, info.follows).await?;
            }
            if let Some(unionid) = &info.unionid {
                see_unionid(txn, committee, id, unionid, now).await?;
                link_known(txn, committee, &row.app_id).await?;
            }
            Ok(())
        })
        .await?;
    Ok(Outcome::Done)
}

/// Notes whether somebody follows, as WeChat says when asked, unless a later push was here since.
async fn settle(txn: &DatabaseTransaction, row: &identity::Model, follows: bool) -> Result<()> {
    identity::Entity::update_many()
        .col_expr(identity::Column::Following, Expr::value(follows))
        .filter(identity::Column::CommitteeId.eq(row.committee_id))
        .filter(identity::Column::Id.eq(row.id))
        .filter(identity::Column::FollowingAt.eq(row.following_at))
        .exec(txn)
        .await?;
    Ok(())
}

pub(super) async fn see_unionid(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    id: IdentityId,
    unionid: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    identity::Entity::update_many()
        .col_expr(identity::Column::Unionid, Expr::value(Some(unionid)))
        .col_expr(identity::Column::UnionidSeenAt, Expr::value(Some(now)))
        .filter(identity::Column::CommitteeId.eq(committee))
        .filter(identity::Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}
