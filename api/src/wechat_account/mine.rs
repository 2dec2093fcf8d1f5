//! The stations' accounts as one member sees them, and the two ways to link one to him.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::ids::{GroupId, MemberId, StationId};
use entity::{Scoped, committee, identity, link_token, station};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wechat::qrcode::{QrCode, QrScene};

use crate::access::{InOffice, Permit, op};
use crate::app::App;
use crate::cache::Limit;
use crate::callback::links::{self, Claim};
use crate::callback::name_of;
use crate::config::AppKind;
use crate::db::found;
use crate::error::{ApiError, Code, Result};
use crate::wechat_apps::WechatApp;

/// Codes and words a member may try; a person needs one.
const LINKS: Limit = Limit {
    name: "official_account_link",
    count: 20,
    seconds: 3_600,
};

/// The least time a code shown again still counts.
const STILL_GOOD: chrono::TimeDelta = chrono::TimeDelta::minutes(2);

/// A station's account, as a member sees it.
#[derive(Debug)]
pub(super) struct MyAccount {
    pub app_id: String,
    pub name: String,
    pub station: Option<(StationId, GroupId)>,
    /// It is the account of his own group's station.
    pub own: bool,
    /// A follower of it is linked to him.
    pub linked: bool,
    /// That follower follows still.
    pub following: bool,
}

/// The member who asks.
fn me(permit: &Permit<op::OfficialAccountLink>) -> Result<InOffice> {
    permit.caller.member().ok_or_else(ApiError::not_found)
}

/// The official accounts of the caller's committee.
async fn accounts<'a>(
    app: &'a App,
    permit: &Permit<op::OfficialAccountLink>,
) -> Result<Vec<&'a WechatApp>> {
    let committee = committee::Entity::find_by_id(permit.committee())
        .one(app.db.read())
        .await?;
    let code = found(committee)?.code;
    Ok(app
        .wechat_apps
        .all()
        .filter(|account| {
            account.config.kind == AppKind::OfficialAccount && account.config.committee == code
        })
        .collect())
}

/// The accounts of every station, the caller's own first.
pub(super) async fn list(
    app: &App,
    permit: &Permit<op::OfficialAccountLink>,
) -> Result<Vec<MyAccount>> {
    let me = me(permit)?;
    let db = app.db.read();
    let stations: HashMap<String, station::Model> = station::Entity::of(permit.committee())
        .all(db)
        .await?
        .into_iter()
        .filter_map(|station| Some((station.app_id.clone()?, station)))
        .collect();
    let mut followers: HashMap<String, bool> = HashMap::new();
    for row in identity::Entity::of(permit.committee())
        .filter(identity::Column::MemberId.eq(me.id))
        .all(db)
        .await?
    {
        *followers.entry(row.app_id).or_default() |= row.following;
    }
    let mut mine = Vec::new();
    for account in accounts(app, permit).await? {
        let app_id = &account.config.app_id;
        let station = stations.get(app_id);
        mine.push(MyAccount {
            app_id: app_id.clone(),
            name: name_of(app, permit.committee(), account).await?,
            station: station.map(|station| (station.id, station.group_id)),
            own: station.is_some_and(|station| station.group_id == me.group_id),
            linked: followers.contains_key(app_id),
            following: followers.get(app_id).copied().unwrap_or(false),
        });
    }
    mine.sort_by_key(|account| !account.own);
    Ok(mine)
}

/// Links the follower who was told `word` to the caller.
///
/// # Errors
/// `link_token_invalid`; `follower_taken` when he is linked to somebody else: then the office has
/// been asked.
pub(super) async fn claim(
    app: &App,
    permit: &Permit<op::OfficialAccountLink>,
    word: &str,
) -> Result<MyAccount> {
    let member = me(permit)?.id;
    app.cache
        .take(LINKS, &member.to_string(), app.clock.now())
        .await?;
    let index = links::index(app, word);
    let claim = permit
        .write(app, async |write| links::claim(write, member, &index).await)
        .await?;
    match claim {
        Claim::Invalid => Err(ApiError::new(Code::LinkTokenInvalid)),
        Claim::Conflict => Err(ApiError::with(
            Code::FollowerTaken,
            "该微信在此公众号已关联其他委员，已转办公室核实；请勿重复操作，如有疑问请联系办公室",
        )),
        Claim::Linked(app_id) => found(
            list(app, permit)
                .await?
                .into_iter()
                .find(|account| account.app_id == app_id),
        ),
    }
}

/// A code of an account that links whoever scans it, once, to the member it was made for.
#[derive(Debug)]
pub(super) struct LinkCode {
    pub app_id: String,
    pub name: String,
    pub image_url: String,
    pub url: String,
    pub expires_at: DateTime<Utc>,
}

/// What of a code is sealed beside its word.
#[derive(Serialize, Deserialize)]
struct Sealed {
    image_url: String,
    url: String,
}

/// A code of this account, or of the caller's own station: the one he was shown, while it is good,
/// else a new one.
pub(super) async fn code(
    app: &App,
    permit: &Permit<op::OfficialAccountLink>,
    app_id: Option<&str>,
) -> Result<LinkCode> {
    let me = me(permit)?;
    let account = match app_id {
        Some(app_id) => accounts(app, permit)
            .await?
            .into_iter()
            .find(|account| account.config.app_id == app_id)
            .ok_or_else(|| ApiError::field("/app_id", "unknown_account", "没有这个公众号"))?,
        None => own_account(app, permit, me.group_id).await?,
    };
    let name = name_of(app, permit.committee(), account).await?;
    let app_id = account.config.app_id.as_str();
    let now = app.clock.now();
    if let Some((sealed, expires_at)) = shown(app, permit, me.id, app_id, now).await? {
        return Ok(LinkCode {
            app_id: app_id.to_owned(),
            name,
            image_url: sealed.image_url,
            url: sealed.url,
            expires_at,
        });
    }
    app.cache.take(LINKS, &me.id.to_string(), now).await?;
    let word = links::draw();
    let seconds = u32::try_from(links::LIVES.num_seconds()).expect("ten minutes");
    let code =
        QrCode::temporary(QrScene::Text(word.clone()), seconds).map_err(ApiError::internal)?;
    let ticket = account
        .client
        .create_qrcode(&code)
        .await
        .map_err(|error| ApiError {
            retry_after: Some(5),
            cause: Some(error.into()),
            ..ApiError::new(Code::WechatUnavailable)
        })?;
    let sealed = Sealed {
        image_url: account.client.qrcode_image_url(&ticket.ticket),
        url: ticket.url,
    };
    let cipher = app
        .vault
        .seal(&serde_json::to_vec(&sealed).map_err(ApiError::internal)?);
    let index = links::index(app, &word);
    let (member, committee) = (me.id, permit.committee());
    let expires_at = permit
        .write(app, async |write| {
            let mut token = links::new_token(committee, app_id, index.clone(), now);
            token.member_id = Set(Some(member));
            token.code_cipher = Set(Some(cipher.clone()));
            link_token::Entity::insert(token)
                .exec_without_returning(&write.txn)
                .await?;
            write.about("member", member);
            write.detail(json!({ "account": app_id, "outcome": "code_shown" }));
            Ok(now + links::LIVES)
        })
        .await?;
    Ok(LinkCode {
        app_id: app_id.to_owned(),
        name,
        image_url: sealed.image_url,
        url: sealed.url,
        expires_at,
    })
}

async fn own_account<'a>(
    app: &'a App,
    permit: &Permit<op::OfficialAccountLink>,
    group: GroupId,
) -> Result<&'a WechatApp> {
    let station = station::Entity::of(permit.committee())
        .filter(station::Column::GroupId.eq(group))
        .filter(station::Column::AppId.is_not_null())
        .one(app.db.read())
        .await?;
    station
        .and_then(|station| app.wechat_apps.get(&station.app_id?))
        .ok_or_else(|| ApiError::with(Code::NotFound, "您所在活动组的驿站还没有公众号"))
}

async fn shown(
    app: &App,
    permit: &Permit<op::OfficialAccountLink>,
    member: MemberId,
    app_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<(Sealed, DateTime<Utc>)>> {
    let token = link_token::Entity::of(permit.committee())
        .filter(link_token::Column::MemberId.eq(member))
        .filter(link_token::Column::AppId.eq(app_id))
        .filter(link_token::Column::UsedAt.is_null())
        .filter(link_token::Column::ExpiresAt.gt(now + STILL_GOOD))
        .order_by_desc(link_token::Column::ExpiresAt)
        .one(app.db.read())
        .await?;
    let Some((cipher, expires_at)) = token.and_then(|t| Some((t.code_cipher?, t.expires_at)))
    else {
        return Ok(None);
    };
    let sealed = serde_json::from_slice(&app.vault.open(&cipher)?).map_err(ApiError::internal)?;
    Ok(Some((sealed, expires_at)))
}
