//! How a notice fared: who was reached, and who is still to be phoned.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::attendance::Reply;
use domain::ids::{MemberId, NoticeId};
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{Scoped, activity, attendance, delivery, inbox_message, member, notice};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::access::{On, op};
use crate::app::App;
use crate::db::found;
use crate::error::Result;

/// How many ids one query names.
const CHUNK: usize = 500;

/// How one member was told.
#[derive(Clone, Debug)]
pub struct Told {
    /// The member.
    pub member: member::Model,
    /// One for each channel that was tried.
    pub deliveries: Vec<delivery::Model>,
    /// When he read the notice in the mini-program.
    pub read_at: Option<DateTime<Utc>>,
    /// What he answered.
    pub reply: Reply,
}

impl Told {
    fn has(&self, channel: Channel, states: &[DeliveryState]) -> bool {
        self.deliveries
            .iter()
            .any(|row| row.channel == channel && states.contains(&row.state))
    }

    /// The last of the ways by which WeChat was to tell him.
    fn way(&self) -> Option<&delivery::Model> {
        self.deliveries
            .iter()
            .filter(|row| row.channel.is_wechat())
            .max_by_key(|row| row.channel)
    }

    fn stands(&self, states: &[DeliveryState]) -> bool {
        self.way().is_some_and(|row| states.contains(&row.state))
    }

    /// Whether he surely knows: WeChat delivered it, somebody phoned, he read it or answered.
    pub fn reached(&self) -> bool {
        self.read_at.is_some()
            || self.reply != Reply::None
            || self.deliveries.iter().any(|row| match row.state {
                DeliveryState::Phoned => true,
                DeliveryState::Delivered => row.channel.is_wechat(),
                _ => false,
            })
    }

    /// Whether somebody still has to phone.
    pub fn needs_call(&self) -> bool {
        !self.reached() && self.has(Channel::Phone, &[DeliveryState::Pending])
    }

    /// Whether WeChat could not deliver by any way.
    pub fn failed(&self) -> bool {
        self.stands(&[DeliveryState::Failed])
    }

    /// Whether nobody knows if WeChat delivered.
    pub fn unknown(&self) -> bool {
        !self.reached() && self.stands(&[DeliveryState::Unknown])
    }

    /// Whether WeChat is still at it.
    pub fn pending(&self) -> bool {
        !self.reached()
            && self.stands(&[
                DeliveryState::Pending,
                DeliveryState::Sending,
                DeliveryState::Accepted,
            ])
    }
}

/// The notices of an activity, and how one of them fared.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// All, newest first.
    pub notices: Vec<notice::Model>,
    /// The one shown, if there is any.
    pub shown: Option<NoticeId>,
    /// Who was told, by name.
    pub told: Vec<Told>,
}

/// How a notice fared: the one asked for, else the newest that says when and whether the activity
/// takes place.
pub async fn sheet(
    app: &App,
    on: &On<op::DeliveryList, activity::Model>,
    asked: Option<NoticeId>,
) -> Result<Sheet> {
    use NoticePurpose as P;
    let committee = on.committee();
    let db = app.db.read();
    let notices = notice::Entity::of(committee)
        .filter(notice::Column::ActivityId.eq(on.row.id))
        .order_by_desc(notice::Column::CreatedAt)
        .order_by_desc(notice::Column::Id)
        .all(db)
        .await?;
    let main = |notice: &&notice::Model| {
        matches!(
            notice.purpose,
            P::ActivityPublished | P::ActivityRescheduled | P::ActivityCancelled
        )
    };
    let shown = match asked {
        Some(asked) => Some(found(notices.iter().find(|notice| notice.id == asked))?),
        None => notices.iter().find(main).or(notices.first()),
    };
    let Some(shown) = shown.map(|notice| notice.id) else {
        return Ok(Sheet {
            notices,
            shown: None,
            told: Vec::new(),
        });
    };
    let mut by_member: BTreeMap<MemberId, Vec<delivery::Model>> = BTreeMap::new();
    for row in delivery::Entity::of(committee)
        .filter(delivery::Column::NoticeId.eq(shown))
        .all(db)
        .await?
    {
        by_member.entry(row.member_id).or_default().push(row);
    }
    let read: HashMap<MemberId, Option<DateTime<Utc>>> = inbox_message::Entity::of(committee)
        .filter(inbox_message::Column::NoticeId.eq(shown))
        .select_only()
        .columns([
            inbox_message::Column::MemberId,
            inbox_message::Column::ReadAt,
        ])
        .into_tuple::<(MemberId, Option<DateTime<Utc>>)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let replies: HashMap<MemberId, Reply> = attendance::Entity::of(committee)
        .filter(attendance::Column::ActivityId.eq(on.row.id))
        .select_only()
        .columns([attendance::Column::MemberId, attendance::Column::Reply])
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let ids: Vec<MemberId> = by_member.keys().copied().collect();
    let mut told = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        for member in member::Entity::of(committee)
            .filter(member::Column::Id.is_in(chunk.iter().copied()))
            .all(db)
            .await?
        {
            let mut deliveries = by_member.remove(&member.id).unwrap_or_default();
            deliveries.sort_by_key(|row| row.channel);
            told.push(Told {
                read_at: read.get(&member.id).copied().flatten(),
                reply: replies.get(&member.id).copied().unwrap_or(Reply::None),
                member,
                deliveries,
            });
        }
    }
    told.sort_by(|a, b| (&a.member.name, a.member.id).cmp(&(&b.member.name, b.member.id)));
    Ok(Sheet {
        notices,
        shown: Some(shown),
        told,
    })
}
