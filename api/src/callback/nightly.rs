//! The followers of each account, read in full each night: pushes get lost.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Days, NaiveTime, Utc};
use domain::ids::{CommitteeId, IdentityId};
use domain::time;
use entity::{Scoped, committee, identity, job, wechat_account};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set};
use serde_json::json;

use super::RESYNC;
use super::followers::{CHUNK, link_known, new_identity, not_answered, see_unionid};
use crate::app::App;
use crate::config::AppKind;
use crate::crypto::random;
use crate::db::{NewJob, found};
use crate::error::Result;
use crate::jobs::{Outcome, enqueue};
use crate::telemetry::redact;
use crate::wechat_apps::WechatApp;

/// When the followers are read, in Shanghai.
const NIGHT_HOUR: u32 = 3;

/// What a re-sync found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resync {
    /// How many follow.
    pub followers: usize,
    /// How many of them we did not know.
    pub new: usize,
    /// How many we took for followers and are none.
    pub left: usize,
    /// How many were found to be members.
    pub linked: usize,
}

/// Reads all followers of an account and puts right what pushes did not tell; notes what came of
/// it for the office.
///
/// A push that came while the list was read is later than the list and stands.
pub async fn resync(app: &App, account: &WechatApp) -> Result<Resync> {
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(account.config.committee.as_str()))
        .one(app.db.read())
        .await?;
    let committee = found(committee)?.id;
    let outcome = read_followers(app, committee, account).await;
    note(app, committee, account, &outcome).await?;
    outcome
}

/// Writes down when the followers were last read, or why that failed.
async fn note(
    app: &App,
    committee: CommitteeId,
    account: &WechatApp,
    outcome: &Result<Resync>,
) -> Result<()> {
    use wechat_account::Column as C;
    let mut row = wechat_account::ActiveModel {
        committee_id: Set(committee),
        app_id: Set(account.config.app_id.clone()),
        ..Default::default()
    };
    let columns = match outcome {
        Ok(found) => {
            row.resynced_at = Set(Some(app.clock.now()));
            row.followers = Set(i32::try_from(found.followers).ok());
            row.resync_problem = Set(None);
            vec![C::ResyncedAt, C::Followers, C::ResyncProblem]
        }
        Err(error) => {
            let cause = error.cause.as_ref().map(|cause| format!("{cause:#}"));
            row.resync_problem = Set(Some(redact(&cause.unwrap_or_else(|| error.to_string()))));
            vec![C::ResyncProblem]
        }
    };
    app.db
        .housekeeping(async |txn| {
            let there = OnConflict::columns([C::CommitteeId, C::AppId])
                .update_columns(columns)
                .to_owned();
            wechat_account::Entity::insert(row)
                .on_conflict(there)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
}

async fn read_followers(app: &App, committee: CommitteeId, account: &WechatApp) -> Result<Resync> {
    let app_id = account.config.app_id.as_str();
    let began = app.clock.now();
    let openids = account.client.all_followers().await.map_err(not_answered)?;
    let people = account
        .client
        .user_info_batch(&openids)
        .await
        .map_err(not_answered)?;
    let unionids: HashMap<&str, &str> = people
        .iter()
        .filter_map(|one| Some((one.openid.as_str(), one.unionid.as_deref()?)))
        .collect();
    let follows: HashSet<&str> = openids.iter().map(String::as_str).collect();

    app.db
        .housekeeping(async |txn| {
            let known = identity::Entity::of(committee)
                .filter(identity::Column::AppId.eq(app_id))
                .all(txn)
                .await?;
            let mut found = Resync {
                followers: openids.len(),
                ..Resync::default()
            };
            let names: HashSet<&str> = known.iter().map(|row| row.openid.as_str()).collect();
            let new: Vec<identity::ActiveModel> = openids
                .iter()
                .filter(|openid| !names.contains(openid.as_str()))
                .map(|openid| {
                    let mut row = new_identity(
                        committee,
                        IdentityId::new(began, random()),
                        app_id,
                        openid,
                        true,
                        began.timestamp(),
                        began,
                    );
                    if let Some(unionid) = unionids.get(openid.as_str()) {
                        row.unionid = Set(Some((*unionid).to_owned()));
                        row.unionid_seen_at = Set(Some(began));
                    }
                    row
                })
                .collect();
            found.new = new.len();
            for chunk in new.chunks(CHUNK) {
                let columns = [
                    identity::Column::CommitteeId,
                    identity::Column::AppId,
                    identity::Column::Openid,
                ];
                identity::Entity::insert_many(chunk.to_vec())
                    .on_conflict_do_nothing_on(columns)
                    .exec_without_returning(txn)
                    .await?;
            }
            let came: Vec<IdentityId> = known
                .iter()
                .filter(|row| !row.following && follows.contains(row.openid.as_str()))
                .map(|row| row.id)
                .collect();
            let left: Vec<IdentityId> = known
                .iter()
                .filter(|row| row.following && !follows.contains(row.openid.as_str()))
                .map(|row| row.id)
                .collect();
            turn(txn, committee, &came, true, began).await?;
            found.left = turn(txn, committee, &left, false, began).await?;
            for row in &known {
                if let Some(unionid) = unionids.get(row.openid.as_str())
                    && row.unionid.as_deref() != Some(*unionid)
                {
                    see_unionid(txn, committee, row.id, unionid, began).await?;
                }
            }
            found.linked = link_known(txn, committee, app_id).await?;
            Ok(found)
        })
        .await
}

/// Says of these that they follow or do not, where nothing later is known.
async fn turn(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    ids: &[IdentityId],
    follows: bool,
    began: DateTime<Utc>,
) -> Result<usize> {
    let mut turned = 0;
    for chunk in ids.chunks(CHUNK) {
        let changed = identity::Entity::update_many()
            .col_expr(identity::Column::Following, Expr::value(follows))
            .col_expr(
                identity::Column::FollowingAt,
                Expr::value(began.timestamp()),
            )
            .col_expr(
                identity::Column::RefusedCode,
                Expr::value(Option::<i32>::None),
            )
            .filter(identity::Column::CommitteeId.eq(committee))
            .filter(
                identity::Column::Id
                    .is_in(chunk.iter().copied())
                    .and(identity::Column::FollowingAt.lt(began.timestamp())),
            )
            .exec(txn)
            .await?;
        turned += usize::try_from(changed.rows_affected).unwrap_or(usize::MAX);
    }
    Ok(turned)
}

/// Reads the followers of an account, as every night.
pub async fn resync_due(app: &App, job: &job::Model) -> Result<Outcome> {
    let account = job.payload["app_id"]
        .as_str()
        .and_then(|app_id| app.wechat_apps.get(app_id));
    // An account that is no longer configured is not read again.
    let Some(account) = account else {
        return Ok(Outcome::Done);
    };
    // The next night is certain before this one is tried.
    schedule(app, account).await?;
    let found = resync(app, account).await?;
    tracing::info!(
        app_id = account.config.app_id,
        followers = found.followers,
        new = found.new,
        left = found.left,
        linked = found.linked,
        "followers were read"
    );
    Ok(Outcome::Done)
}

/// Makes sure that the followers of every official account are read tonight.
pub async fn ensure_scheduled(app: &App) -> Result<()> {
    for account in app
        .wechat_apps
        .all()
        .filter(|account| account.config.kind == AppKind::OfficialAccount)
    {
        schedule(app, account).await?;
    }
    Ok(())
}

async fn schedule(app: &App, account: &WechatApp) -> Result<()> {
    let committee = committee::Entity::find()
        .filter(committee::Column::Code.eq(account.config.committee.as_str()))
        .one(app.db.read())
        .await?;
    let Some(committee) = committee else {
        tracing::warn!(
            app_id = account.config.app_id,
            "an account is configured for a committee that does not exist"
        );
        return Ok(());
    };
    let now = app.clock.now();
    let night = next_night(now);
    let job = NewJob {
        kind: RESYNC,
        payload: json!({ "app_id": account.config.app_id }),
        run_at: night,
        unique_key: Some(format!(
            "resync:{}:{}",
            account.config.app_id,
            time::local_date(night)
        )),
    };
    app.db
        .housekeeping(async |txn| enqueue(txn, committee.id, job, now).await)
        .await
}

/// The next three o'clock in the morning in Shanghai.
fn next_night(now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = NaiveTime::from_hms_opt(NIGHT_HOUR, 0, 0).expect("a time of day");
    let today = time::local_date(now);
    let tonight = time::instant(today, hour);
    if now < tonight {
        tonight
    } else {
        time::instant(today + Days::new(1), hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_night_is_never_now() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(
            next_night(at("2026-09-23T18:59:59Z")),
            at("2026-09-23T19:00:00Z")
        );
        assert_eq!(
            next_night(at("2026-09-23T19:00:00Z")),
            at("2026-09-24T19:00:00Z")
        );
    }
}
