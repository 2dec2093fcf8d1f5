//! Telling those again who were not reached: after a template was put right, or somebody follows
//! again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::activity::ActivityStatus;
use domain::ids::MemberId;
use domain::notice::delivery::NotAgain;
use domain::notice::{Channel, DeliveryState, NoticePurpose};
use domain::time;
use entity::{Scoped, activity, delivery, inbox_message, notice};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::announce::{enqueue_carrying, expiry};
use super::outcome::again;
use super::pauses::Pauses;
use super::reach::{self, Route};
use super::rows::{machine, new_delivery, put, put_on, store};
use crate::access::{On, op};
use crate::activity::status_now;
use crate::app::App;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};

/// Why a call is not asked for any more: the message is sent again.
const RESENT: &str = "resent";

/// What came of telling the members of a notice again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resent {
    /// How many are told again.
    pub resent: usize,
    /// How many cannot be: WeChat has no way to them.
    pub unreachable: usize,
    /// How many were left alone because they may have been told.
    pub doubtful: usize,
}

/// Tells one member again, by the best way there is now.
///
/// # Errors
/// `may_send_twice` when he may have been told and that was not `confirmed`; `wrong_step` when he
/// was told, is being told, or what the notice says is over; `conflict` when there is no way.
pub async fn one(
    app: &App,
    on: &On<op::DeliveryResend, delivery::Model>,
    confirmed: bool,
) -> Result<delivery::Model> {
    let row = on
        .write(app, async |write| {
            let notice = found(
                notice::Entity::find_by_id((write.committee, on.row.notice_id))
                    .one(&write.txn)
                    .await?,
            )?;
            let useful_until = useful_until(write, &notice).await?;
            let members = [on.row.member_id];
            let mut rows = rows_of(write, &notice, Some(on.row.member_id)).await?;
            let own = rows.remove(&on.row.member_id).unwrap_or_default();
            let plan = Plan::of(app, write, &notice, &members, useful_until).await?;
            let changed = plan.again(own, on.row.member_id, confirmed).map_err(told)?;
            let row = changed[0].clone();
            store(&write.txn, &changed).await?;
            enqueue_carrying(&write.txn, &notice, write.at).await?;
            write.about("delivery", row.id);
            write.detail(json!({
                "notice": notice.id, "member": row.member_id, "channel": row.channel,
                "round": row.round, "confirmed": confirmed,
            }));
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

/// Tells everybody again whom a notice did not reach, and who may have been told only if that was
/// `confirmed`.
///
/// # Errors
/// `wrong_step` when what the notice says is over.
pub async fn all(
    app: &App,
    on: &On<op::DeliveryResend, notice::Model>,
    confirmed: bool,
) -> Result<Resent> {
    let resent = on
        .write(app, async |write| {
            let notice = &on.row;
            let useful_until = useful_until(write, notice).await?;
            let mut rows = rows_of(write, notice, None).await?;
            for member in readers(write, notice).await? {
                rows.remove(&member);
            }
            let members: Vec<MemberId> = rows.keys().copied().collect();
            let plan = Plan::of(app, write, notice, &members, useful_until).await?;
            let mut resent = Resent::default();
            let mut changed = Vec::new();
            for (member, own) in rows {
                match plan.again(own, member, confirmed) {
                    Ok(rows) => {
                        resent.resent += 1;
                        changed.extend(rows);
                    }
                    Err(Refused::NoWay) => resent.unreachable += 1,
                    Err(Refused::NotAgain(NotAgain::MayBeSeenTwice(_))) => resent.doubtful += 1,
                    Err(Refused::NotAgain(NotAgain::OnItsWay | NotAgain::Reached)) => {}
                }
            }
            if resent.resent == 0 {
                write.unchanged();
                return Ok(resent);
            }
            store(&write.txn, &changed).await?;
            enqueue_carrying(&write.txn, notice, write.at).await?;
            write.about("notice", notice.id);
            write.detail(json!({ "resent": resent.resent, "confirmed": confirmed }));
            Ok(resent)
        })
        .await?;
    app.work.notify_one();
    Ok(resent)
}

/// The rows of a notice by member, locked.
async fn rows_of(
    write: &Write,
    notice: &notice::Model,
    member: Option<MemberId>,
) -> Result<BTreeMap<MemberId, Vec<delivery::Model>>> {
    let mut query = delivery::Entity::of(write.committee)
        .filter(delivery::Column::NoticeId.eq(notice.id))
        .filter(delivery::Column::Channel.ne(Channel::Inbox))
        .order_by_asc(delivery::Column::Id)
        .lock_exclusive();
    if let Some(member) = member {
        query = query.filter(delivery::Column::MemberId.eq(member));
    }
    let mut rows: BTreeMap<MemberId, Vec<delivery::Model>> = BTreeMap::new();
    for row in query.all(&write.txn).await? {
        rows.entry(row.member_id).or_default().push(row);
    }
    Ok(rows)
}

/// Who read it in the mini-program.
async fn readers(write: &Write, notice: &notice::Model) -> Result<Vec<MemberId>> {
    let readers = inbox_message::Entity::of(write.committee)
        .filter(inbox_message::Column::NoticeId.eq(notice.id))
        .filter(inbox_message::Column::ReadAt.is_not_null())
        .select_only()
        .column(inbox_message::Column::MemberId)
        .into_tuple()
        .all(&write.txn)
        .await?;
    Ok(readers)
}

/// Until when it helps to tell it.
async fn useful_until(write: &Write, notice: &notice::Model) -> Result<DateTime<Utc>> {
    let Some(activity) = notice.activity_id else {
        return Ok(write.at);
    };
    let activity = found(
        activity::Entity::find_by_id((write.committee, activity))
            .lock_shared()
            .one(&write.txn)
            .await?,
    )?;
    let over = match notice.purpose {
        NoticePurpose::ActivityCancelled
        | NoticePurpose::Uninvited
        | NoticePurpose::LeaveDecided
        | NoticePurpose::CorrectionDecided
        | NoticePurpose::ScoreClosed => false,
        NoticePurpose::CodeOpen => activity.closes_at <= write.at,
        NoticePurpose::ActivityPublished
        | NoticePurpose::ActivityRescheduled
        | NoticePurpose::ReplyReminder
        | NoticePurpose::EveReminder => {
            status_now(&activity, write.at) != ActivityStatus::Published
        }
    };
    let later = notice::Entity::of(write.committee)
        .filter(notice::Column::ActivityId.eq(activity.id))
        .filter(notice::Column::Id.gt(notice.id))
        .filter(notice::Column::Purpose.is_in([
            NoticePurpose::ActivityRescheduled,
            NoticePurpose::ActivityCancelled,
        ]))
        .count(&write.txn)
        .await?;
    let of_its_own = matches!(
        notice.purpose,
        NoticePurpose::LeaveDecided | NoticePurpose::CorrectionDecided
    );
    if over || (later > 0 && !of_its_own) {
        let detail = "活动已开始、结束、改期或取消，该通知不再重发";
        return Err(ApiError::with(Code::WrongStep, detail));
    }
    Ok(match notice.purpose {
        NoticePurpose::CodeOpen => activity.closes_at,
        _ => activity.starts_at,
    })
}

/// Why somebody is not told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    NoWay,
    NotAgain(NotAgain),
}

fn told(refused: Refused) -> ApiError {
    let detail = match refused {
        Refused::NoWay => {
            let detail = "微信没有可以送达该委员的渠道，请电话通知";
            return ApiError::with(Code::Conflict, detail);
        }
        Refused::NotAgain(NotAgain::MayBeSeenTwice(since)) => {
            let at = time::local(since).format("%-m月%-d日 %H:%M");
            let detail = format!("{at} 的发送结果不明，委员可能已经收到；确认重发请带 confirm");
            return ApiError::with(Code::MaySendTwice, detail);
        }
        Refused::NotAgain(NotAgain::OnItsWay) => "该通知正在发送，不能重发",
        Refused::NotAgain(NotAgain::Reached) => "该委员已收到通知，不必重发",
    };
    ApiError::with(Code::WrongStep, detail)
}

/// What is needed to begin rows anew.
struct Plan<'a> {
    notice: &'a notice::Model,
    routes: std::collections::HashMap<MemberId, Vec<Route>>,
    pauses: Pauses,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl<'a> Plan<'a> {
    async fn of(
        app: &App,
        write: &Write,
        notice: &'a notice::Model,
        members: &[MemberId],
        useful_until: DateTime<Utc>,
    ) -> Result<Self> {
        let (committee, now) = (write.committee, write.at);
        Ok(Self {
            notice,
            routes: reach::routes(app, &write.txn, committee, notice.purpose, members).await?,
            pauses: Pauses::of(&write.txn, committee, now).await?,
            expires_at: expiry(useful_until, now),
            now,
        })
    }

    /// The rows of one member that change, that which is sent again first.
    fn again(
        &self,
        own: Vec<delivery::Model>,
        member: MemberId,
        confirmed: bool,
    ) -> Result<Vec<delivery::Model>, Refused> {
        // Whatever the way, he is told again only if none of the others told him or may have.
        for row in own.iter().filter(|row| row.channel.is_wechat()) {
            machine(row)
                .redrive(confirmed, self.expires_at)
                .map_err(Refused::NotAgain)?;
        }
        if own.iter().any(|row| row.state == DeliveryState::Phoned) {
            return Err(Refused::NotAgain(NotAgain::Reached));
        }
        let ways = self.routes.get(&member).map_or(&[][..], Vec::as_slice);
        let way = reach::best(ways, &self.pauses).ok_or(Refused::NoWay)?;
        let mut changed = Vec::new();
        match own.iter().find(|row| row.channel == way.channel) {
            Some(row) => {
                let mut row = row.clone();
                again(&mut row, way, confirmed, self.expires_at, self.now)
                    .map_err(Refused::NotAgain)?;
                changed.push(row);
            }
            None => {
                let channel = way.channel;
                let mut row = new_delivery(self.notice, member, channel, self.expires_at, self.now);
                put_on(&mut row, way, self.now);
                changed.push(row);
            }
        }
        let calls = own.into_iter().filter(|row| row.channel == Channel::Phone);
        for mut call in calls {
            let mut machine = machine(&call);
            if machine.withdraw(RESENT, self.now).is_some() {
                put(&mut call, machine);
                changed.push(call);
            }
        }
        Ok(changed)
    }
}
