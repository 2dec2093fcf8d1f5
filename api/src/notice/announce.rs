//! Writing a notice down: what is said, to whom, by which way first, and what it takes back.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::ids::{ActivityId, MemberId, NoticeId, PeriodId};
use domain::notice::delivery::Policy;
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use entity::{Scoped, activity, delivery, group, inbox_message, notice};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use serde_json::json;

use super::pauses::Pauses;
use super::rows::{machine, new_delivery, put, put_on, store};
use super::{DELIVER, RECONCILE, reach, wording};
use crate::app::App;
use crate::crypto::random;
use crate::db::{NewJob, Write, found};
use crate::error::Result;
use crate::jobs::enqueue;

/// How many rows one statement inserts.
const CHUNK: usize = 500;
/// Why what was not sent yet is not sent any more: a later notice takes its place.
const SUPERSEDED: &str = "superseded";

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
        for job in carrying(&notice, "", "", write.at) {
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

/// The job that carries a notice and the one that sees to its end; `again` and `after` tell one
/// carrying from the other.
fn carrying(notice: &notice::Model, again: &str, after: &str, now: DateTime<Utc>) -> [NewJob; 2] {
    [
        (DELIVER, format!("deliver:{}{again}", notice.id), now),
        (
            RECONCILE,
            format!("reconcile:{}{after}", notice.id),
            now + Policy::WECHAT.report,
        ),
    ]
    .map(|(kind, key, run_at)| NewJob {
        kind,
        payload: json!({ "notice_id": notice.id }),
        run_at,
        unique_key: Some(key),
    })
}

/// Enqueues the carrying of a notice of which something is to be sent again.
pub async fn enqueue_carrying(
    txn: &DatabaseTransaction,
    notice: &notice::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let again = format!(":{}", now.timestamp_millis());
    // Whoever is at it looks again while anything is open: one for the hour is enough.
    let after = format!(":{}", now.timestamp() / 3600);
    for job in carrying(notice, &again, &after, now) {
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
