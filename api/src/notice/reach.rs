//! By which ways a member can be reached: the best that can work comes first.
//!
//! The official account of his own station, then any other he follows; then a subscription message
//! of an account, then one of the mini-program, while he has agreed to one. The inbox always holds
//! the notice, and a call is what is left.

use std::collections::HashMap;

use domain::ids::{CommitteeId, GroupId, IdentityId, MemberId};
use domain::notice::{Channel, NoticePurpose};
use entity::{Scoped, committee, identity, member, station};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::credit;
use super::pauses::Pauses;
use super::templates::Templates;
use crate::app::App;
use crate::config::Template;
use crate::db::found;
use crate::error::Result;
use crate::wechat_apps::WechatApp;

/// How many ids one query names; SQLite takes 32,766 at most.
const CHUNK: usize = 500;

/// One way to reach one person through WeChat. Ways compare by the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The channel.
    pub channel: Channel,
    /// Whether the account is another than that of his station.
    pub away: bool,
    /// The account.
    pub app_id: String,
    /// The person as the account knows him.
    pub identity: IdentityId,
    /// The template it would be sent with.
    pub template_id: String,
}

/// The accounts of a committee that can tell of `purpose`, with the channel and its template.
async fn senders<'a>(
    app: &'a App,
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    templates: &'a Templates,
    purpose: NoticePurpose,
) -> Result<Vec<(&'a WechatApp, Channel, &'a Template)>> {
    let committee = found(committee::Entity::find_by_id(committee).one(db).await?)?;
    Ok(app
        .wechat_apps
        .all()
        .filter(|account| account.config.committee == committee.code)
        .flat_map(|account| {
            Channel::ALL.iter().filter_map(move |&channel| {
                Some((account, channel, templates.get(account, channel, purpose)?))
            })
        })
        .collect())
}

/// The ways to reach each of these members, the best first; who is not in it has none.
pub async fn routes(
    app: &App,
    db: &impl ConnectionTrait,
    committee: CommitteeId,
    purpose: NoticePurpose,
    members: &[MemberId],
) -> Result<HashMap<MemberId, Vec<Route>>> {
    let templates = Templates::of(db, committee).await?;
    let senders = senders(app, db, committee, &templates, purpose).await?;
    let mut routes: HashMap<MemberId, Vec<Route>> = HashMap::new();
    if senders.is_empty() || members.is_empty() {
        return Ok(routes);
    }
    let mut app_ids: Vec<&str> = senders
        .iter()
        .map(|(account, ..)| account.config.app_id.as_str())
        .collect();
    app_ids.dedup();
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
        let people = identity::Entity::of(committee)
            .filter(identity::Column::MemberId.is_in(chunk.iter().copied()))
            .filter(identity::Column::AppId.is_in(app_ids.iter().copied()))
            .all(db)
            .await?;
        let subscribed: Vec<IdentityId> = senders
            .iter()
            .filter(|(_, channel, template)| channel.needs_credit() && !template.long_term)
            .flat_map(|(account, ..)| {
                people
                    .iter()
                    .filter(|person| person.app_id == account.config.app_id)
                    .map(|person| person.id)
            })
            .collect();
        let left = credit::left(db, committee, &subscribed).await?;
        for person in &people {
            let Some(member) = person.member_id else {
                continue;
            };
            let home = groups.get(&member).and_then(|group| home_of.get(group));
            for (account, channel, template) in &senders {
                let works = person.app_id == account.config.app_id
                    && match channel {
                        Channel::OfficialAccount => {
                            person.following && person.refused_code.is_none()
                        }
                        _ => {
                            template.long_term
                                || left.contains_key(&(person.id, template.template_id.clone()))
                        }
                    };
                if works {
                    routes.entry(member).or_default().push(Route {
                        channel: *channel,
                        away: home != Some(&person.app_id),
                        app_id: person.app_id.clone(),
                        identity: person.id,
                        template_id: template.template_id.clone(),
                    });
                }
            }
        }
    }
    for ways in routes.values_mut() {
        ways.sort();
    }
    Ok(routes)
}

/// The best of these ways that is not paused, or the best of all when every one is.
pub fn best<'a>(ways: &'a [Route], pauses: &Pauses) -> Option<&'a Route> {
    ways.iter()
        .find(|route| !pauses.hold(&route.app_id, route.channel, &route.template_id))
        .or(ways.first())
}

/// By which way each of those to be told can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Each of them, with the channel by which he would be told.
    pub members: Vec<(MemberId, Channel)>,
}

impl Preview {
    /// How many would be told by a channel.
    pub fn count(&self, channel: Channel) -> usize {
        self.members.iter().filter(|(_, by)| *by == channel).count()
    }
}

/// By which way each would be told of the announcement of an activity.
pub async fn preview(app: &App, committee: CommitteeId, members: &[MemberId]) -> Result<Preview> {
    let purpose = NoticePurpose::ActivityPublished;
    let routes = routes(app, app.db.read(), committee, purpose, members).await?;
    let pauses = Pauses::of(app.db.read(), committee, app.clock.now()).await?;
    let by = |member| {
        let ways = routes.get(member).map_or(&[][..], Vec::as_slice);
        best(ways, &pauses).map_or(Channel::Phone, |route| route.channel)
    };
    Ok(Preview {
        members: members.iter().map(|member| (*member, by(member))).collect(),
    })
}
