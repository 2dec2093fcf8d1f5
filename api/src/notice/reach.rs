//! Who can be reached by which official account.

use std::collections::HashMap;

use domain::ids::{CommitteeId, GroupId, IdentityId, MemberId};
use domain::notice::NoticePurpose;
use entity::{Scoped, committee, identity, member, station};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::app::App;
use crate::config::AppKind;
use crate::db::found;
use crate::error::Result;
use crate::wechat_apps::WechatApp;

/// How many ids one query names; SQLite takes 32,766 at most.
const CHUNK: usize = 500;

/// A follower to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The follower.
    pub identity: IdentityId,
    /// The account he follows.
    pub app_id: String,
}

/// The official accounts of a committee that have a template for `purpose`.
pub async fn accounts<'a>(
    app: &'a App,
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    purpose: NoticePurpose,
) -> Result<Vec<&'a WechatApp>> {
    let committee = found(committee::Entity::find_by_id(committee).one(db).await?)?;
    Ok(app
        .wechat_apps
        .all()
        .filter(|account| {
            account.config.kind == AppKind::OfficialAccount
                && account.config.committee == committee.code
                && account.config.templates.contains_key(&purpose)
        })
        .collect())
}

/// For each member who can be reached: the account of his group's station if he follows it, else
/// any other he follows.
pub async fn targets(
    app: &App,
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    purpose: NoticePurpose,
    members: &[MemberId],
) -> Result<HashMap<MemberId, Target>> {
    let app_ids: Vec<String> = accounts(app, db, committee, purpose)
        .await?
        .into_iter()
        .map(|account| account.config.app_id.clone())
        .collect();
    let mut targets = HashMap::new();
    if app_ids.is_empty() {
        return Ok(targets);
    }
    let home_of: HashMap<GroupId, String> = station::Entity::of(committee)
        .all(db)
        .await?
        .into_iter()
        .filter_map(|station| Some((station.group_id, station.app_id?)))
        .collect();
    for chunk in members.chunks(CHUNK) {
        let groups: HashMap<MemberId, GroupId> = member::Entity::of(committee)
            .filter(member::Column::Id.is_in(chunk.iter().copied()))
            .select_only()
            .columns([member::Column::Id, member::Column::GroupId])
            .into_tuple()
            .all(db)
            .await?
            .into_iter()
            .collect();
        let followers = identity::Entity::of(committee)
            .filter(identity::Column::MemberId.is_in(chunk.iter().copied()))
            .filter(identity::Column::AppId.is_in(app_ids.iter().cloned()))
            .filter(identity::Column::Following.eq(true))
            .filter(identity::Column::RefusedCode.is_null())
            .all(db)
            .await?;
        for follower in followers {
            let Some(member) = follower.member_id else {
                continue;
            };
            let home = groups
                .get(&member)
                .and_then(|group| home_of.get(group))
                .is_some_and(|home| *home == follower.app_id);
            if home || !targets.contains_key(&member) {
                targets.insert(
                    member,
                    Target {
                        identity: follower.id,
                        app_id: follower.app_id,
                    },
                );
            }
        }
    }
    Ok(targets)
}

/// How many of those to be told can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// How many are to be told.
    pub members: usize,
    /// How many of them an official account reaches.
    pub official_account: usize,
    /// How many have nothing but the inbox and will be on the list of those to be phoned.
    pub inbox_only: usize,
}

/// Counts who would be reached by the announcement of an activity.
pub async fn preview(app: &App, committee: CommitteeId, members: &[MemberId]) -> Result<Preview> {
    let targets = targets(
        app,
        app.db.read(),
        committee,
        NoticePurpose::ActivityPublished,
        members,
    )
    .await?;
    let official_account = members
        .iter()
        .filter(|member| targets.contains_key(member))
        .count();
    Ok(Preview {
        members: members.len(),
        official_account,
        inbox_only: members.len() - official_account,
    })
}
