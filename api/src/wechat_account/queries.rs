//! How the accounts of a committee fare, from what is stored; WeChat is not asked.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::follower::LinkConflictState;
use domain::ids::CommitteeId;
use entity::{Scoped, callback, committee, identity, link_conflict, station, wechat_account};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::app::App;
use crate::callback::name_of;
use crate::config::AppKind;
use crate::db::found;
use crate::error::Result;
use crate::wechat_apps::WechatApp;

/// One account and what is known of it.
#[derive(Debug)]
pub(super) struct AccountState<'a> {
    pub account: &'a WechatApp,
    pub name: String,
    pub station: Option<station::Model>,
    /// People known there; of an official account those who follow.
    pub people: u64,
    /// How many of them are linked to members.
    pub members: u64,
    pub last_callback_at: Option<DateTime<Utc>>,
    pub learned: Option<wechat_account::Model>,
    /// Followers whom two members call theirs.
    pub open_conflicts: u64,
}

/// The configured accounts of a committee, the mini-program first.
pub(super) async fn of_committee(app: &App, committee: CommitteeId) -> Result<Vec<&WechatApp>> {
    let row = committee::Entity::find_by_id(committee)
        .one(app.db.read())
        .await?;
    let code = found(row)?.code;
    let mut accounts: Vec<_> = app
        .wechat_apps
        .all()
        .filter(|account| account.config.committee == code)
        .collect();
    accounts.sort_by_key(|account| account.config.kind != AppKind::MiniProgram);
    Ok(accounts)
}

/// The state of every account of a committee.
pub(super) async fn states(app: &App, committee: CommitteeId) -> Result<Vec<AccountState<'_>>> {
    let mut states = Vec::new();
    for account in of_committee(app, committee).await? {
        states.push(state(app, committee, account).await?);
    }
    Ok(states)
}

/// The state of one account.
pub(super) async fn state<'a>(
    app: &App,
    committee: CommitteeId,
    account: &'a WechatApp,
) -> Result<AccountState<'a>> {
    let db = app.db.read();
    let app_id = account.config.app_id.as_str();
    let (people, members) = count_people(db, committee, account).await?;
    let last_callback = callback::Entity::of(committee)
        .filter(callback::Column::AppId.eq(app_id))
        .order_by_desc(callback::Column::ReceivedAt)
        .one(db)
        .await?;
    let station = station::Entity::of(committee)
        .filter(station::Column::AppId.eq(app_id))
        .one(db)
        .await?;
    let name = match (&account.config.name, account.config.kind) {
        (None, AppKind::MiniProgram) => "小程序".to_owned(),
        _ => name_of(app, committee, account).await?,
    };
    Ok(AccountState {
        account,
        name,
        station,
        people,
        members,
        last_callback_at: last_callback.map(|row| row.received_at),
        learned: wechat_account::Entity::find_by_id((committee, app_id.to_owned()))
            .one(db)
            .await?,
        open_conflicts: count_conflicts(db, committee, app_id).await?,
    })
}

async fn count_people(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    account: &WechatApp,
) -> Result<(u64, u64)> {
    let mut query = identity::Entity::of(committee)
        .filter(identity::Column::AppId.eq(account.config.app_id.as_str()));
    if account.config.kind == AppKind::OfficialAccount {
        query = query.filter(identity::Column::Following.eq(true));
    }
    let (people, members): (i64, i64) = query
        .select_only()
        .column_as(identity::Column::Id.count(), "people")
        .column_as(identity::Column::MemberId.count(), "members")
        .into_tuple()
        .one(db)
        .await?
        .unwrap_or_default();
    Ok((people.unsigned_abs(), members.unsigned_abs()))
}

async fn count_conflicts(
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    app_id: &str,
) -> Result<u64> {
    let open = link_conflict::Entity::of(committee)
        .filter(link_conflict::Column::State.eq(LinkConflictState::Open))
        .all(db)
        .await?;
    let followers: HashMap<_, String> = identity::Entity::of(committee)
        .filter(identity::Column::Id.is_in(open.iter().map(|row| row.identity_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.app_id))
        .collect();
    let here = open.iter().filter(|row| {
        followers
            .get(&row.identity_id)
            .is_some_and(|of| of == app_id)
    });
    Ok(here.count() as u64)
}
