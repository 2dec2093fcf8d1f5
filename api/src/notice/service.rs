//! Who would be reached, reminding by hand, and what was said on the phone.

use std::collections::HashMap;

use domain::activity::ActivityStatus;
use domain::attendance::Reply;
use domain::authority::{Operation, Scope};
use domain::ids::{ActivityId, CommitteeId, DeliveryId, MemberId, NoticeId};
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{Scoped, activity, attendance, delivery, member, notice};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set,
};
use serde_json::json;
use uuid::Uuid;

use super::announce::{Announcement, announce};
use super::reach;
use crate::access::{Caller, Guarded, On, Permit, op};
use crate::activity::service as activities;
use crate::activity::status_now;
use crate::app::App;
use crate::cache::Limit;
use crate::db::found;
use crate::error::{ApiError, Code, Result};

/// How many ids one query names.
const CHUNK: usize = 500;
/// Reminders by hand for one activity.
const REMINDERS: Limit = Limit {
    name: "remind",
    count: 2,
    seconds: 86_400,
};

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
        scope(app, self.committee_id, self.activity_id).await
    }
}

impl Guarded for notice::Model {
    const PARAM: &'static str = "notice_id";
    const READ: Operation = Operation::DeliveryList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(notice::Entity::find_by_id((committee, NoticeId(id)))
            .one(app.db.read())
            .await?)
    }

    /// A notice lies with the group that holds the activity.
    async fn scope(&self, app: &App, _: &Caller) -> Result<Scope> {
        scope(app, self.committee_id, self.activity_id).await
    }
}

/// What is not about an activity lies with nobody but the committee.
async fn scope(app: &App, committee: CommitteeId, activity: Option<ActivityId>) -> Result<Scope> {
    let Some(activity) = activity else {
        return Ok(Scope::default());
    };
    let activity = found(
        activity::Entity::find_by_id((committee, activity))
            .one(app.db.read())
            .await?,
    )?;
    Ok(Scope {
        groups: vec![activity.group_id],
        member: None,
    })
}

/// By which way everybody would be told if the activity were announced now, and their names.
pub async fn reach_preview(
    app: &App,
    on: &On<op::DeliveryList, activity::Model>,
) -> Result<(reach::Preview, HashMap<MemberId, String>)> {
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
    let preview = reach::preview(app, on.committee(), &members).await?;
    let mut names = HashMap::new();
    for chunk in members.chunks(CHUNK) {
        let some: Vec<(MemberId, String)> = member::Entity::of(on.committee())
            .filter(member::Column::Id.is_in(chunk.iter().copied()))
            .select_only()
            .columns([member::Column::Id, member::Column::Name])
            .into_tuple()
            .all(app.db.read())
            .await?;
        names.extend(some);
    }
    Ok((preview, names))
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
                (Channel::Phone, DeliveryState::Pending) => {}
                (channel, DeliveryState::Failed | DeliveryState::Unknown)
                    if channel.is_wechat() => {}
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
