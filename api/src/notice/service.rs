//! Telling members, and showing the convener who was reached.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use domain::activity::ActivityStatus;
use domain::attendance::Reply;
use domain::authority::{Operation, Scope};
use domain::ids::{CommitteeId, DeliveryId, MemberId, NoticeId};
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{Scoped, activity, attendance, delivery, group, inbox_message, notice};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};
use serde_json::json;
use uuid::Uuid;

use super::outcome::{client_msg_id, new_delivery};
use super::{DELIVER, RECONCILE, reach, wording};
use crate::access::{Caller, Guarded, On, Permit, op};
use crate::activity::service as activities;
use crate::activity::status_now;
use crate::app::App;
use crate::cache::Limit;
use crate::crypto::random;
use crate::db::{NewJob, Write, found};
use crate::error::{ApiError, Code, Result};

/// How many rows one statement inserts.
const CHUNK: usize = 500;
/// How long WeChat has to report on a message before it counts as delivered.
const REPORTED_WITHIN: TimeDelta = TimeDelta::hours(24);
/// Reminders by hand for one activity.
const REMINDERS: Limit = Limit {
    name: "remind",
    count: 2,
    seconds: 86_400,
};

/// What is to be told, and to whom.
#[derive(Debug)]
pub struct Announcement<'a> {
    /// About which activity.
    pub activity: &'a activity::Model,
    /// Why.
    pub purpose: NoticePurpose,
    /// To whom.
    pub members: Vec<MemberId>,
    /// What is said in addition: why it was moved or cancelled, how a wish was decided.
    pub reason: Option<String>,
}

/// Writes down the notice, its inbox messages and its deliveries, and enqueues the sending. Wake
/// the worker with `app.work.notify_one()` once the change is committed.
pub async fn announce(app: &App, write: &mut Write, announcement: Announcement<'_>) -> Result<()> {
    let Announcement {
        activity,
        purpose,
        members,
        reason,
    } = announcement;
    let members: Vec<MemberId> = members
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if members.is_empty() {
        return Ok(());
    }
    let group = found(
        group::Entity::find_by_id((write.committee, activity.group_id))
            .one(&write.txn)
            .await?,
    )?;
    let said = wording::word(activity, &group.name, purpose, reason.as_deref());
    let notice = notice::Model {
        committee_id: write.committee,
        id: NoticeId::new(write.at, random()),
        activity_id: Some(activity.id),
        period_id: None,
        purpose,
        title: said.title,
        body: said.body,
        fields: said.fields,
        created_by: write.account(),
        created_at: write.at,
    };
    notice::Entity::insert(notice::ActiveModel::from(notice.clone()))
        .exec_without_returning(&write.txn)
        .await?;

    let targets = reach::targets(app, &write.txn, write.committee, purpose, &members).await?;
    let mut deliveries = Vec::with_capacity(members.len() * 2);
    for &member in &members {
        let mut inbox = new_delivery(&notice, member, Channel::Inbox, write.at);
        inbox.state = DeliveryState::Delivered;
        inbox.settled_at = Some(write.at);
        deliveries.push(inbox);
        if let Some(target) = targets.get(&member) {
            let mut row = new_delivery(&notice, member, Channel::OfficialAccount, write.at);
            row.client_msg_id = client_msg_id(row.id, &target.app_id);
            row.identity_id = Some(target.identity);
            row.app_id = Some(target.app_id.clone());
            deliveries.push(row);
        } else if wording::worth_a_call(purpose) {
            deliveries.push(new_delivery(&notice, member, Channel::Phone, write.at));
        }
    }
    for chunk in members.chunks(CHUNK) {
        let rows = chunk.iter().map(|&member| inbox_row(&notice, member));
        inbox_message::Entity::insert_many(rows)
            .exec_without_returning(&write.txn)
            .await?;
    }
    for chunk in deliveries.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(delivery::ActiveModel::from);
        delivery::Entity::insert_many(rows)
            .exec_without_returning(&write.txn)
            .await?;
    }
    if !targets.is_empty() {
        for (kind, word, run_at) in [
            (DELIVER, "deliver", write.at),
            (RECONCILE, "reconcile", write.at + REPORTED_WITHIN),
        ] {
            write.job(NewJob {
                kind,
                payload: json!({ "notice_id": notice.id }),
                run_at,
                unique_key: Some(format!("{word}:{}", notice.id)),
            });
        }
    }
    Ok(())
}

fn inbox_row(notice: &notice::Model, member: MemberId) -> inbox_message::ActiveModel {
    inbox_message::ActiveModel {
        committee_id: Set(notice.committee_id),
        id: Set(domain::ids::InboxMessageId::new(
            notice.created_at,
            random(),
        )),
        member_id: Set(member),
        notice_id: Set(Some(notice.id)),
        activity_id: Set(notice.activity_id),
        review_id: Set(None),
        period_id: Set(notice.period_id),
        title: Set(notice.title.clone()),
        body: Set(notice.body.clone()),
        created_at: Set(notice.created_at),
        read_at: Set(None),
    }
}

impl Guarded for delivery::Model {
    const PARAM: &'static str = "delivery_id";
    const READ: Operation = Operation::DeliveryList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(delivery::Entity::find_by_id((committee, DeliveryId(id)))
            .one(app.db.read())
            .await?)
    }

    /// A delivery lies with the group that holds the activity.
    async fn scope(&self, app: &App, _: &Caller) -> Result<Scope> {
        // What is not about an activity lies with nobody but the committee.
        let Some(activity) = self.activity_id else {
            return Ok(Scope::default());
        };
        let activity = found(
            activity::Entity::find_by_id((self.committee_id, activity))
                .one(app.db.read())
                .await?,
        )?;
        Ok(Scope {
            groups: vec![activity.group_id],
            member: None,
        })
    }
}

/// Who would be reached if the activity were announced now.
pub async fn reach_preview(
    app: &App,
    on: &On<op::DeliveryList, activity::Model>,
) -> Result<reach::Preview> {
    let mut members: Vec<MemberId> = attendance::Entity::of(on.committee())
        .filter(attendance::Column::ActivityId.eq(on.row.id))
        .select_only()
        .column(attendance::Column::MemberId)
        .into_tuple()
        .all(app.db.read())
        .await?;
    if members.is_empty() {
        members = activities::would_be_invited(app.db.read(), &on.row).await?;
    }
    reach::preview(app, on.committee(), &members).await
}

/// Reminds those who have not replied; tells how many those were.
pub async fn remind(
    app: &App,
    on: &On<op::Remind, activity::Model>,
    message: Option<String>,
) -> Result<usize> {
    let step = |row: &activity::Model, now| {
        let open = status_now(row, now) == ActivityStatus::Published;
        if open {
            Ok(())
        } else {
            Err(ApiError::with(
                Code::WrongStep,
                "活动未发布或已开始，不能提醒回复",
            ))
        }
    };
    step(&on.row, app.clock.now())?;
    app.cache
        .take(REMINDERS, &on.row.id.to_string(), app.clock.now())
        .await?;
    let count = on
        .write(app, async |write| {
            let row = found(
                activity::Entity::find_by_id((write.committee, on.row.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            step(&row, write.at)?;
            let members: Vec<MemberId> = attendance::Entity::of(write.committee)
                .filter(attendance::Column::ActivityId.eq(row.id))
                .filter(attendance::Column::Reply.eq(Reply::None))
                .select_only()
                .column(attendance::Column::MemberId)
                .into_tuple()
                .all(&write.txn)
                .await?;
            let count = members.len();
            if count == 0 {
                write.unchanged();
                return Ok(0);
            }
            announce(
                app,
                write,
                Announcement {
                    activity: &row,
                    purpose: NoticePurpose::ReplyReminder,
                    members,
                    reason: message,
                },
            )
            .await?;
            write.about("activity", row.id);
            write.detail(json!({ "members": count }));
            Ok(count)
        })
        .await?;
    app.work.notify_one();
    Ok(count)
}

/// Notes that a member was told on the phone. A second tap changes nothing.
pub async fn phoned(
    app: &App,
    on: &On<op::DeliveryPhone, delivery::Model>,
    note: Option<String>,
) -> Result<delivery::Model> {
    let permit: &Permit<op::DeliveryPhone> = on;
    permit
        .write(app, async |write| {
            let row = found(
                delivery::Entity::find_by_id((write.committee, on.row.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            match (row.channel, row.state) {
                (_, DeliveryState::Phoned) => {
                    write.unchanged();
                    return Ok(row);
                }
                (Channel::Phone, DeliveryState::Pending)
                | (Channel::OfficialAccount, DeliveryState::Failed | DeliveryState::Unknown) => {}
                _ => return Err(ApiError::with(Code::WrongStep, "该通知不在待电话通知之列")),
            }
            let mut row = row.into_active_model();
            row.state = Set(DeliveryState::Phoned);
            // A phone call has no code to give; what the caller noted stands in its place.
            if note.is_some() {
                row.reason = Set(note);
            }
            row.phoned_by = Set(write.account());
            row.settled_at = Set(Some(write.at));
            let row = row.update(&write.txn).await?;
            write.about("delivery", row.id);
            write.detail(json!({ "activity": row.activity_id, "member": row.member_id }));
            Ok(row)
        })
        .await
}
