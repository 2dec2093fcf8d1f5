//! What attempts came to, and what is written down for them: many in one transaction.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::ids::{CommitteeId, DeliveryId, IdentityId, MemberId};
use domain::notice::delivery::{Answer, NotAgain, Policy, Report as Reported};
use domain::notice::pause::Stop;
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, delivery, identity, notice};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use wechat::callback::JobOutcome;

use super::pauses::{Stopped, alarm, strike};
use super::rows::{machine, new_delivery, put, put_on, store};
use super::verdict::{Heard, Refusal};
use super::{TURN, credit, reach, wording};
use crate::app::App;
use crate::db::NewJob;
use crate::error::Result;
use crate::jobs::enqueue;
use crate::telemetry::Metrics;

/// WeChat's code for a person who refuses the messages of an account, which a job event tells
/// without a code.
const USER_REFUSES: i32 = 43101;
const POLICY: &Policy = &Policy::WECHAT;

/// An attempt that was made.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The row as it was claimed.
    pub row: delivery::Model,
    /// What was heard.
    pub heard: Heard,
}

/// Writes down what attempts of one notice came to, each only if it still counts.
pub async fn record(app: &App, notice: &notice::Model, tried: &[Tried]) -> Result<()> {
    let now = app.clock.now();
    let (ended, alarms) = app
        .db
        .housekeeping(async |txn| {
            let ids = tried.iter().map(|one| one.row.id);
            let mut there = locked(txn, notice.committee_id, ids).await?;
            let mut stops: BTreeMap<Stopped, (Stop, Option<&Refusal>)> = BTreeMap::new();
            let mut unspent = Vec::new();
            let mut changed = Vec::new();
            for Tried { row, heard } in tried {
                let Some(mut current) = there.remove(&row.id) else {
                    continue;
                };
                let mut machine = machine(&current);
                let counted = machine.answered(row.fence, &heard.answer, now, POLICY);
                if let Answer::Stopped(stop) = heard.answer {
                    let template = row.template_id.clone();
                    let stopped = Stopped {
                        app_id: row.app_id.clone().unwrap_or_default(),
                        channel: row.channel,
                        template_id: template
                            .filter(|_| heard.is_about_template())
                            .unwrap_or_default(),
                    };
                    stops
                        .entry(stopped)
                        .or_insert((stop, heard.refusal.as_ref()));
                }
                let Some(state) = counted else { continue };
                remember(txn, &current, heard, now).await?;
                let certain = matches!(
                    state,
                    DeliveryState::Pending | DeliveryState::Failed | DeliveryState::Skipped
                );
                if row.channel.needs_credit() && certain && !heard.out_of_credit() {
                    unspent.push(row.id);
                }
                put(&mut current, machine);
                changed.push(current);
            }
            credit::give_back(txn, notice.committee_id, &unspent).await?;
            let mut alarms = Vec::new();
            for (stopped, (stop, refusal)) in stops {
                alarms
                    .extend(strike(txn, notice.committee_id, &stopped, stop, refusal, now).await?);
            }
            let ended = settle(app, txn, notice, changed, now).await?;
            Ok((ended, alarms))
        })
        .await?;
    count(app, &ended);
    alarms.iter().for_each(|row| alarm(app, row));
    Ok(())
}

/// Counts final states.
pub fn count(app: &App, ended: &[DeliveryState]) {
    for state in ended.iter().filter(|state| state.settled()) {
        Metrics::count(&app.metrics.deliveries, state.as_str());
    }
}

/// Remembers of a recipient what WeChat said of him.
async fn remember(
    txn: &DatabaseTransaction,
    row: &delivery::Model,
    heard: &Heard,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(identity) = row.identity_id else {
        return Ok(());
    };
    if row.channel == Channel::OfficialAccount
        && let Some(code) = heard.lasting_refusal()
    {
        refuse(txn, row.committee_id, identity, code).await?;
    }
    if heard.out_of_credit()
        && let Some(template) = &row.template_id
    {
        credit::empty(txn, row.committee_id, identity, template, now).await?;
    }
    Ok(())
}

/// Locks rows in the order of their ids, so that two writers never wait for each other.
async fn locked(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    ids: impl Iterator<Item = DeliveryId>,
) -> Result<HashMap<DeliveryId, delivery::Model>> {
    Ok(delivery::Entity::of(committee)
        .filter(delivery::Column::Id.is_in(ids))
        .order_by_asc(delivery::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect())
}

/// Writes rows of one notice that changed, and gives those whose way failed the next one; tells
/// the states.
pub async fn settle(
    app: &App,
    txn: &DatabaseTransaction,
    notice: &notice::Model,
    mut changed: Vec<delivery::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryState>> {
    let ended = changed.iter().map(|row| row.state).collect();
    let failed: Vec<usize> = (0..changed.len())
        .filter(|&index| machine(&changed[index]).asks_for_another_way())
        .collect();
    let mut more = Vec::new();
    if !failed.is_empty() {
        let members: Vec<MemberId> = failed
            .iter()
            .map(|&index| changed[index].member_id)
            .collect();
        let routes = reach::routes(app, txn, notice.committee_id, notice.purpose, &members).await?;
        let mut beside = others(txn, notice, &members).await?;
        for index in failed {
            let row = &mut changed[index];
            let ways = routes.get(&row.member_id).map_or(&[][..], Vec::as_slice);
            let rows = beside.remove(&row.member_id).unwrap_or_default();
            more.extend(turn(notice, row, ways, rows, now));
        }
    }
    changed.extend(more);
    store(txn, &changed).await?;
    Ok(ended)
}

/// The rows of these members for a notice.
async fn others(
    txn: &DatabaseTransaction,
    notice: &notice::Model,
    members: &[MemberId],
) -> Result<HashMap<MemberId, Vec<delivery::Model>>> {
    let mut others: HashMap<MemberId, Vec<delivery::Model>> = HashMap::new();
    let rows = delivery::Entity::of(notice.committee_id)
        .filter(delivery::Column::NoticeId.eq(notice.id))
        .filter(delivery::Column::MemberId.is_in(members.iter().copied()))
        .order_by_asc(delivery::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    for row in rows {
        others.entry(row.member_id).or_default().push(row);
    }
    Ok(others)
}

/// The next way for a row that failed: turned to another account of its channel, or a row of the
/// next channel, or a place on the list of those to be phoned.
fn turn(
    notice: &notice::Model,
    row: &mut delivery::Model,
    ways: &[reach::Route],
    beside: Vec<delivery::Model>,
    now: DateTime<Utc>,
) -> Option<delivery::Model> {
    let expires_at = machine(row).expires_at;
    let late = machine(row).came_too_late() || expires_at <= now;
    // Who is lost by one account may follow another; who was refused for the moment by one that
    // still counts him would be by the next.
    let still_there = ways
        .iter()
        .any(|way| way.channel == row.channel && Some(&way.app_id) == row.app_id.as_ref());
    for way in ways.iter().filter(|_| !late) {
        if way.channel == row.channel && !still_there && row.channel == Channel::OfficialAccount {
            let mut machine = machine(row);
            machine.turn();
            put(row, machine);
            put_on(row, way, now);
            return None;
        }
        if way.channel <= row.channel {
            continue;
        }
        let Some(mut there) = beside
            .iter()
            .find(|one| one.channel == way.channel)
            .cloned()
        else {
            let mut next = new_delivery(notice, row.member_id, way.channel, expires_at, now);
            put_on(&mut next, way, now);
            return Some(next);
        };
        match again(&mut there, way, false, expires_at, now) {
            Ok(()) => return Some(there),
            // He is being told, or may have been.
            Err(NotAgain::OnItsWay | NotAgain::Reached | NotAgain::MayBeSeenTwice(_)) => {
                return None;
            }
        }
    }
    if !wording::worth_a_call(notice.purpose) {
        return None;
    }
    match beside.into_iter().find(|one| one.channel == Channel::Phone) {
        None => Some(new_delivery(
            notice,
            row.member_id,
            Channel::Phone,
            expires_at,
            now,
        )),
        Some(mut there) if there.state == DeliveryState::Skipped => {
            there.state = DeliveryState::Pending;
            there.reason = None;
            there.settled_at = None;
            Some(there)
        }
        Some(_) => None,
    }
}

/// Begins a row anew on a way.
pub fn again(
    row: &mut delivery::Model,
    way: &reach::Route,
    confirmed: bool,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), NotAgain> {
    let mut machine = machine(row);
    machine.redrive(confirmed, expires_at)?;
    put(row, machine);
    row.round += 1;
    row.phoned_by = None;
    put_on(row, way, now);
    Ok(())
}

/// Remembers that WeChat does not deliver to this follower.
async fn refuse(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    identity: IdentityId,
    code: i32,
) -> Result<()> {
    identity::Entity::update_many()
        .col_expr(identity::Column::RefusedCode, Expr::value(Some(code)))
        .filter(identity::Column::CommitteeId.eq(committee))
        .filter(identity::Column::Id.eq(identity))
        .exec(txn)
        .await?;
    Ok(())
}

/// What WeChat reports of a message it had taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Through which account.
    pub app_id: String,
    /// WeChat's id of the message.
    pub msg_id: i64,
    /// How it ended.
    pub outcome: JobOutcome,
}

/// Writes down what WeChat reports. `None` when no delivery of this message is known yet, else
/// the final state it came to, if it had none before.
pub async fn report(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    report: &Report,
    now: DateTime<Utc>,
) -> Result<Option<Option<DeliveryState>>> {
    let row = delivery::Entity::of(committee)
        .filter(delivery::Column::AppId.eq(report.app_id.as_str()))
        .filter(delivery::Column::MsgId.eq(report.msg_id))
        .lock_exclusive()
        .one(txn)
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let reported = match &report.outcome {
        JobOutcome::Success => Reported::Delivered,
        JobOutcome::UserBlock => Reported::Failed("user_block"),
        JobOutcome::SystemFailed => Reported::Failed("system_failed"),
        JobOutcome::FreqLimit => Reported::Failed("freq_limit"),
        JobOutcome::Other(_) => Reported::Failed("not_delivered"),
    };
    let mut machine = machine(&row);
    let Some(state) = machine.reported(&reported, now) else {
        return Ok(Some(None));
    };
    let turns = machine.asks_for_another_way();
    put(&mut row, machine);
    if let (JobOutcome::UserBlock, Some(identity)) = (&report.outcome, row.identity_id) {
        refuse(txn, committee, identity, USER_REFUSES).await?;
    }
    if turns {
        let job = NewJob {
            kind: TURN,
            payload: json!({ "delivery_id": row.id }),
            run_at: now,
            unique_key: Some(format!("turn:{}:{}", row.id, row.fence)),
        };
        enqueue(txn, committee, job, now).await?;
    }
    store(txn, &[row]).await?;
    Ok(Some(Some(state)))
}
