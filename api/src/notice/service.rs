//! Telling members, and showing the convener who was reached.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::activity::ActivityStatus;
use domain::attendance::Reply;
use domain::authority::{Operation, Scope};
use domain::ids::{ActivityId, CommitteeId, DeliveryId, MemberId, NoticeId, PeriodId};
use domain::notice::delivery::Policy;
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{Scoped, activity, attendance, delivery, group, inbox_message, member, notice};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use serde_json::json;
use uuid::Uuid;

use super::pauses::Pauses;
use super::rows::{machine, new_delivery, put, put_on, store};
use super::{DELIVER, RECONCILE, reach, wording};
use crate::access::{Caller, Guarded, On, Permit, op};
use crate::activity::service as activities;
use crate::activity::status_now;
use crate::app::App;
use crate::cache::Limit;
use crate::crypto::random;
use crate::db::{NewJob, Write, found};
use crate::error::{ApiError, Code, Result};
use crate::jobs::enqueue;

/// How many rows one statement inserts.
const CHUNK: usize = 500;
/// Why what was not sent yet is not sent any more: a later notice takes its place.
const SUPERSEDED: &str = "superseded";
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
///
/// When an activity is moved or cancelled, what was not sent of its earlier notices is not sent any
/// more; who was told of it and is not invited now is told so.
pub async fn announce(app: &App, write: &mut Write, announcement: Announcement<'_>) -> Result<()> {
    let Announcement {
        activity,
        purpose,
        mut members,
        reason,
    } = announcement;
    let reason = reason.as_deref();
    if purpose.announces() && purpose != NoticePurpose::ActivityPublished {
        let earlier = supersede(write, activity.id).await?;
        let invited: BTreeSet<MemberId> = members.iter().copied().collect();
        let others: Vec<MemberId> = earlier.difference(&invited).copied().collect();
        if purpose == NoticePurpose::ActivityCancelled {
            members.extend(others);
        } else if !others.is_empty() {
            let said = NoticePurpose::Uninvited;
            write_down(app, write, activity, said, others, reason).await?;
        }
    }
    write_down(app, write, activity, purpose, members, reason).await
}

async fn write_down(
    app: &App,
    write: &mut Write,
    activity: &activity::Model,
    purpose: NoticePurpose,
    members: Vec<MemberId>,
    reason: Option<&str>,
) -> Result<()> {
    let group = found(
        group::Entity::find_by_id((write.committee, activity.group_id))
            .one(&write.txn)
            .await?,
    )?;
    let said = wording::word(activity, &group.name, purpose, reason);
    let subject = Subject {
        activity: Some(activity.id),
        period: None,
    };
    let useful_until = match purpose {
        NoticePurpose::CodeOpen => activity.closes_at,
        _ => activity.starts_at,
    };
    tell(app, write, subject, purpose, said, members, useful_until).await
}

/// Tells members that a period of assessment was closed. Wake the worker once it is committed.
pub async fn announce_closing(
    app: &App,
    write: &mut Write,
    period: PeriodId,
    name: &str,
    members: Vec<MemberId>,
) -> Result<()> {
    let subject = Subject {
        activity: None,
        period: Some(period),
    };
    let said = wording::word_closing(name, write.at);
    let useful_until = write.at + Policy::WECHAT.life;
    let purpose = NoticePurpose::ScoreClosed;
    tell(app, write, subject, purpose, said, members, useful_until).await
}

/// What a notice is about.
#[derive(Clone, Copy, Debug)]
struct Subject {
    activity: Option<ActivityId>,
    period: Option<PeriodId>,
}

async fn tell(
    app: &App,
    write: &mut Write,
    subject: Subject,
    purpose: NoticePurpose,
    said: wording::Wording,
    members: Vec<MemberId>,
    useful_until: DateTime<Utc>,
) -> Result<()> {
    let members: Vec<MemberId> = members
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if members.is_empty() {
        return Ok(());
    }
    let notice = notice::Model {
        committee_id: write.committee,
        id: NoticeId::new(write.at, random()),
        activity_id: subject.activity,
        period_id: subject.period,
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

    let routes = reach::routes(app, &write.txn, write.committee, purpose, &members).await?;
    let pauses = Pauses::of(&write.txn, write.committee, write.at).await?;
    let expires_at = expiry(useful_until, write.at);
    let mut deliveries = Vec::with_capacity(members.len() * 2);
    for &member in &members {
        let new = |channel| new_delivery(&notice, member, channel, expires_at, write.at);
        let mut inbox = new(Channel::Inbox);
        inbox.state = DeliveryState::Delivered;
        inbox.settled_at = Some(write.at);
        deliveries.push(inbox);
        let ways = routes.get(&member).map_or(&[][..], Vec::as_slice);
        if let Some(route) = reach::best(ways, &pauses) {
            let mut row = new(route.channel);
            put_on(&mut row, route, write.at);
            deliveries.push(row);
        } else if wording::worth_a_call(purpose) {
            deliveries.push(new(Channel::Phone));
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
    if !routes.is_empty() {
        for job in carrying(&notice, "", write.at) {
            write.job(job);
        }
    }
    Ok(())
}

/// Until when a message is worth sending: until what it is about begins, and a day at most.
pub fn expiry(useful_until: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let a_day = now + Policy::WECHAT.life;
    if now < useful_until {
        useful_until.min(a_day)
    } else {
        a_day
    }
}

/// The jobs that carry a notice and see to its end; `again` tells one carrying from the other.
fn carrying(notice: &notice::Model, again: &str, now: DateTime<Utc>) -> [NewJob; 2] {
    [
        (DELIVER, "deliver", now),
        (RECONCILE, "reconcile", now + Policy::WECHAT.report),
    ]
    .map(|(kind, word, run_at)| NewJob {
        kind,
        payload: json!({ "notice_id": notice.id }),
        run_at,
        unique_key: Some(format!("{word}:{}{again}", notice.id)),
    })
}

/// Enqueues the carrying of a notice of which something is to be sent again.
pub async fn enqueue_carrying(
    txn: &DatabaseTransaction,
    notice: &notice::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    for job in carrying(notice, &format!(":{}", now.timestamp_millis()), now) {
        enqueue(txn, notice.committee_id, job, now).await?;
    }
    Ok(())
}

/// Takes back what was not sent yet of the earlier notices of an activity; tells who was told.
async fn supersede(write: &Write, activity: ActivityId) -> Result<BTreeSet<MemberId>> {
    use delivery::Column as C;
    let notices: Vec<NoticeId> = notice::Entity::of(write.committee)
        .filter(notice::Column::ActivityId.eq(activity))
        // How a wish was decided stays true.
        .filter(notice::Column::Purpose.is_not_in([
            NoticePurpose::LeaveDecided,
            NoticePurpose::CorrectionDecided,
        ]))
        .select_only()
        .column(notice::Column::Id)
        .into_tuple()
        .all(&write.txn)
        .await?;
    let told = delivery::Entity::of(write.committee)
        .filter(C::NoticeId.is_in(notices.iter().copied()))
        .filter(C::State.is_not_in([
            DeliveryState::Pending,
            DeliveryState::Skipped,
            DeliveryState::Failed,
        ]))
        .select_only()
        .column(C::MemberId)
        .distinct()
        .into_tuple::<MemberId>()
        .all(&write.txn)
        .await?
        .into_iter()
        .collect();
    let open = delivery::Entity::of(write.committee)
        .filter(C::NoticeId.is_in(notices))
        .filter(C::State.is_in([
            DeliveryState::Pending,
            DeliveryState::Sending,
            DeliveryState::Accepted,
        ]))
        .order_by_asc(C::Id)
        .lock_exclusive()
        .all(&write.txn)
        .await?;
    let mut changed = Vec::with_capacity(open.len());
    for mut row in open {
        let mut machine = machine(&row);
        machine.withdraw(SUPERSEDED, write.at);
        put(&mut row, machine);
        changed.push(row);
    }
    store(&write.txn, &changed).await?;
    Ok(told)
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
