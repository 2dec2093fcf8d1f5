//! Many who follow official accounts: members with phones in the simulated WeChat, so that what
//! reaches them can be counted.
//!
//! Written straight into the tables like the crowd they come from, because following is not what
//! its users are after.

use api::db::Actor;
use api::notice::{Announcement, announce};
use domain::ids::{ActivityId, IdentityId, MemberId, NoticeId};
use domain::notice::NoticePurpose;
use entity::{Scoped, activity, identity, member, notice};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use uuid::Uuid;
use wechat::sim::PersonSpec;

use crate::TestApp;

/// A member who follows one official account.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The member.
    pub member: MemberId,
    /// Their key in the simulated WeChat.
    pub person: String,
}

impl TestApp {
    /// Adds one member of group 一 for each of these accounts, who follows it. To be asked for
    /// once in a test.
    pub async fn readers(&self, accounts: &[String]) -> Vec<Reader> {
        self.crowd(accounts.len()).await;
        let members = member::Entity::of(self.committee)
            .filter(member::Column::Id.is_not_in(self.members.values().copied()))
            .order_by_asc(member::Column::Id)
            .all(self.app.db.read())
            .await
            .expect("members");
        let (now, wechat) = (self.now(), &self.sim.handle);
        // Who follows from the beginning is no news.
        for app_id in accounts {
            wechat.set_callback(app_id, None);
        }
        let (mut readers, mut identities) = (Vec::new(), Vec::new());
        for (number, (member, app_id)) in members.iter().zip(accounts).enumerate() {
            let person = format!("reader{number}");
            let phone = format!("139{number:08}");
            wechat.add_person(PersonSpec {
                key: &person,
                phone: &phone,
            });
            wechat.follow(app_id, &person);
            identities.push(identity::ActiveModel {
                committee_id: Set(self.committee),
                id: Set(IdentityId(Uuid::now_v7())),
                openid: Set(wechat.openid(app_id, &person)),
                app_id: Set(app_id.clone()),
                unionid: Set(None),
                unionid_seen_at: Set(None),
                account_id: Set(None),
                member_id: Set(Some(member.id)),
                following: Set(true),
                following_at: Set(now.timestamp()),
                refused_code: Set(None),
                created_at: Set(now),
            });
            readers.push(Reader {
                member: member.id,
                person,
            });
        }
        for app_id in accounts {
            let callback = format!("{}/wechat/callback/{app_id}", self.base);
            wechat.set_callback(app_id, callback);
        }
        self.app
            .db
            .housekeeping(async |txn| {
                for chunk in identities.chunks(200) {
                    identity::Entity::insert_many(chunk.to_vec())
                        .exec_without_returning(txn)
                        .await?;
                }
                Ok(())
            })
            .await
            .expect("the followers are written");
        readers
    }

    /// Tells these readers of an activity, whoever is invited; returns the notice.
    pub async fn announce(&self, activity: &str, readers: &[Reader]) -> NoticeId {
        let id = ActivityId(activity.parse().expect("an id"));
        let (app, committee) = (&self.app, self.committee);
        let activity = activity::Entity::find_by_id((committee, id))
            .one(app.db.read())
            .await
            .expect("activities")
            .expect("the activity");
        let actor = Actor::service(committee);
        app.db
            .write(&actor, "activity_publish", self.now(), async |write| {
                write.about("activity", id);
                let announcement = Announcement {
                    activity: &activity,
                    purpose: NoticePurpose::ActivityPublished,
                    members: readers.iter().map(|reader| reader.member).collect(),
                    reason: None,
                };
                announce(app, write, announcement).await
            })
            .await
            .expect("it is announced");
        let last = notice::Entity::of(committee)
            .order_by_desc(notice::Column::Id)
            .one(app.db.read())
            .await
            .expect("notices");
        last.expect("the notice").id
    }
}
