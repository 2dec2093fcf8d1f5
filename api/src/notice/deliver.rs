//! Carrying a notice: every account at once, several messages of each on their way, and what they
//! came to written down in batches beside the sending.
//!
//! Each row is claimed before it is sent. What a claim, an answer and a report make of it is in
//! `domain::notice::delivery`; here rows are only fetched, sent and stored.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::ids::{IdentityId, NoticeId};
use domain::notice::delivery::{Answer, Claim, NOT_FOLLOWING, Policy, Way};
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, delivery, identity, job, notice};
use futures_util::future::{join, try_join_all};
use futures_util::{StreamExt, stream};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use tokio::sync::mpsc;

use super::carry::Letter;
use super::credit;
use super::outcome::{Tried, count, record, settle};
use super::pauses::Pauses;
use super::rows::{machine, open_rows, put};
use super::verdict::Heard;
use crate::app::App;
use crate::callback;
use crate::error::{ApiError, Result};
use crate::jobs::Outcome;
use crate::wechat_apps::AT_ONCE;

/// How many rows are claimed at once: all of them are sent within their lease even when every call
/// runs into its time-out, and a worker that dies leaves no more than these in doubt.
const CLAIM: u64 = 40;
/// How many answers are written down at once.
const BATCH: usize = 64;
/// How long one run sends before it gives the worker back: well within the lease of a job.
const RUN: Duration = Duration::from_secs(20);
const POLICY: &Policy = &Policy::WECHAT;

/// The notice a job of ours is about.
pub(super) fn notice_id(job: &job::Model) -> Result<NoticeId> {
    job.payload["notice_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("job {} names no notice", job.id)))
}

/// One channel of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lane {
    app_id: String,
    channel: Channel,
}

/// A row that was claimed, with its recipient.
#[derive(Debug)]
struct Attempt {
    row: delivery::Model,
    person: Option<identity::Model>,
    /// What is known without asking WeChat.
    known: Option<Answer>,
}

/// What a look for rows brought.
#[derive(Debug, Default)]
struct Claimed {
    attempts: Vec<Attempt>,
    /// Whether some came to their end instead.
    settled: bool,
}

/// One run: the notice, ready for each account.
#[derive(Debug)]
struct Run<'a> {
    app: &'a App,
    notice: notice::Model,
    letter: Letter<'a>,
    started: Instant,
}

/// Sends what is still to be sent of a notice, for as long as a run may take.
pub async fn deliver(app: &App, job: &job::Model) -> Result<Outcome> {
    let id = notice_id(job)?;
    let Some(notice) = notice::Entity::find_by_id((job.committee_id, id))
        .one(app.db.read())
        .await?
    else {
        return Ok(Outcome::Done);
    };
    let run = Run {
        app,
        letter: Letter::prepare(app, &notice).await?,
        notice,
        started: Instant::now(),
    };
    // Who is lost by one way is given the next, which may be a lane that was empty before.
    loop {
        let lanes = run.lanes().await?;
        let moved = try_join_all(lanes.iter().map(|lane| run.carry(lane))).await?;
        if !moved.contains(&true) || run.is_over() {
            break;
        }
    }
    // The report on a message may have been here before its id was written down.
    callback::catch_up(app, job.committee_id, id).await?;
    if run.is_over() {
        return Ok(Outcome::Later(app.clock.now()));
    }
    run.next().await
}

impl Run<'_> {
    fn is_over(&self) -> bool {
        RUN < self.started.elapsed() || self.app.halt.is_asked()
    }

    fn open(&self) -> Select<delivery::Entity> {
        open_rows(self.notice.committee_id, self.notice.id)
    }

    fn of_lane(&self, lane: &Lane) -> Select<delivery::Entity> {
        self.open()
            .filter(delivery::Column::AppId.eq(lane.app_id.as_str()))
            .filter(delivery::Column::Channel.eq(lane.channel))
    }

    /// Through which accounts and channels something is still to be sent.
    async fn lanes(&self) -> Result<Vec<Lane>> {
        let lanes: Vec<(Option<String>, Channel)> = self
            .open()
            .select_only()
            .columns([delivery::Column::AppId, delivery::Column::Channel])
            .distinct()
            .into_tuple()
            .all(self.app.db.read())
            .await?;
        Ok(lanes
            .into_iter()
            .map(|(app_id, channel)| Lane {
                app_id: app_id.unwrap_or_default(),
                channel,
            })
            .collect())
    }

    /// Sends what is due of one lane; tells whether anything was.
    async fn carry(&self, lane: &Lane) -> Result<bool> {
        let (answers, mut heard) = mpsc::channel::<Tried>(4 * BATCH);
        let sending = async move {
            let mut broken = None;
            let mut moved = false;
            let claims = stream::unfold(true, async |more| {
                if !more || self.is_over() {
                    return None;
                }
                let claimed = self.claim(lane).await;
                let more = claimed
                    .as_ref()
                    .is_ok_and(|claimed| claimed.settled || !claimed.attempts.is_empty());
                Some((claimed, more))
            });
            let attempts = claims.flat_map(|claimed| {
                let (attempts, error) = match claimed {
                    Ok(claimed) => {
                        moved |= claimed.settled || !claimed.attempts.is_empty();
                        (claimed.attempts, None)
                    }
                    Err(error) => (Vec::new(), Some(error)),
                };
                broken = broken.take().or(error);
                stream::iter(attempts)
            });
            attempts
                .map(|attempt| self.send(attempt))
                .buffer_unordered(AT_ONCE)
                .for_each(async |tried| {
                    // The other end is read until this one is dropped.
                    let _written = answers.send(tried).await;
                })
                .await;
            broken.map_or(Ok(moved), Err)
        };
        let writing = async {
            let mut broken = None;
            let mut batch = Vec::new();
            while heard.recv_many(&mut batch, BATCH).await > 0 {
                // What is not written down stays claimed, and in doubt when its lease is over.
                if let Err(error) = record(self.app, &self.notice, &batch).await {
                    broken = Some(error);
                }
                batch.clear();
            }
            broken.map_or(Ok(()), Err)
        };
        let (moved, written) = join(sending, writing).await;
        written?;
        moved
    }

    /// Takes rows that are due, and writes down that they are about to be sent.
    async fn claim(&self, lane: &Lane) -> Result<Claimed> {
        let (app, committee) = (self.app, self.notice.committee_id);
        let now = app.clock.now();
        let (claimed, ended) = app
            .db
            .housekeeping(async |txn| {
                let template = self.letter.template(&lane.app_id, lane.channel);
                let name = template.map(|(name, _)| name);
                let way = async || {
                    let pauses = Pauses::of(txn, committee, now).await?;
                    let way = pauses.way(&lane.app_id, lane.channel, name.unwrap_or_default());
                    Ok::<Way, ApiError>(way)
                };
                let rows = self
                    .of_lane(lane)
                    .filter(due(way().await?, now))
                    .order_by_asc(delivery::Column::NextAttemptAt)
                    .order_by_asc(delivery::Column::Id)
                    .limit(CLAIM)
                    .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                    .all(txn)
                    .await?;
                // What stops the lane is written with the row that found it out: a row that came back
                // since the lane was looked at is not sent again.
                let way = way().await?;
                let mut attempts = Vec::new();
                let mut changed = Vec::new();
                for mut row in rows {
                    let mut machine = machine(&row);
                    let claim = machine.claim(way, now, POLICY);
                    put(&mut row, machine);
                    if let Claim::Send(_) = claim {
                        row.template_id = name.map(ToOwned::to_owned);
                        let long_term = template.is_none_or(|(_, long_term)| long_term);
                        let known = if lane.channel.needs_credit() && !long_term {
                            let (person, name) = (row.identity_id, name.unwrap_or_default());
                            let spent = match person {
                                Some(one) => {
                                    credit::spend(txn, committee, one, name, row.id, now).await?
                                }
                                None => false,
                            };
                            (!spent).then(|| Answer::Refused("no_credit".to_owned()))
                        } else {
                            None
                        };
                        attempts.push((row.clone(), known));
                    }
                    if !matches!(claim, Claim::Wait(_) | Claim::Nothing) {
                        changed.push(row);
                    }
                }
                let ended: Vec<DeliveryState> =
                    settle(app, txn, &self.notice, changed, now).await?;
                let people = people(txn, &attempts, committee).await?;
                let attempts = attempts
                    .into_iter()
                    .map(|(row, known)| Attempt {
                        person: row.identity_id.and_then(|id| people.get(&id).cloned()),
                        row,
                        known,
                    })
                    .collect();
                let settled = ended.iter().any(|state| state.settled());
                Ok((Claimed { attempts, settled }, ended))
            })
            .await?;
        count(app, &ended);
        Ok(claimed)
    }

    /// Sends one message.
    async fn send(&self, attempt: Attempt) -> Tried {
        let Attempt { row, person, known } = attempt;
        let heard = match (known, person) {
            (Some(known), _) => Heard::unasked(known),
            (None, Some(person)) if is_there(&row, &person) => self.hand_over(&row, &person).await,
            (None, _) => Heard::unasked(Answer::Refused(NOT_FOLLOWING.to_owned())),
        };
        tell(&row, &heard);
        Tried { row, heard }
    }

    async fn hand_over(&self, row: &delivery::Model, person: &identity::Model) -> Heard {
        let Some(account) = self.app.wechat_apps.get(&person.app_id) else {
            return Heard::unasked(Answer::Unsendable("account_gone".to_owned()));
        };
        // Two messages to one person at once are refused (43108).
        let _turn = account.turn(&person.openid).await;
        let _place = account.sending.acquire().await;
        // What a node that is about to end has not sent yet, another sends.
        if self.app.halt.is_asked() {
            return Heard::unasked(Answer::NotSent);
        }
        // A worker that froze must not send what another sent meanwhile.
        if !machine(row).may_send(row.fence, self.app.clock.now()) {
            return Heard::unasked(Answer::NotSent);
        }
        self.letter.send(row, person).await
    }

    /// When to go on with what is left.
    async fn next(&self) -> Result<Outcome> {
        use delivery::Column as C;
        let now = self.app.clock.now();
        let db = self.app.db.read();
        let pauses = Pauses::of(db, self.notice.committee_id, now).await?;
        let mut next: Option<DateTime<Utc>> = None;
        for lane in self.lanes().await? {
            let template = self.letter.template(&lane.app_id, lane.channel);
            let name = template.map_or("", |(name, _)| name);
            let way = pauses.way(&lane.app_id, lane.channel, name);
            // One of these is the first to be due: the machine says when.
            for column in [C::NextAttemptAt, C::LeaseUntil, C::ExpiresAt, C::DoubtSince] {
                let first = self
                    .of_lane(&lane)
                    .filter(column.is_not_null())
                    .order_by_asc(column)
                    .one(db)
                    .await?;
                let due = first.map(|row| match machine(&row).claim(way, now, POLICY) {
                    Claim::Wait(at) => at.unwrap_or(now),
                    Claim::Send(_) | Claim::Settled(_) | Claim::Nothing => now,
                });
                next = next.into_iter().chain(due).min();
            }
        }
        Ok(next.map_or(Outcome::Done, Outcome::Later))
    }
}

/// What may be claimed now; of what is stopped only what may come to its end.
fn due(way: Way, now: DateTime<Utc>) -> Condition {
    use delivery::Column as C;
    let free = Condition::any()
        .add(C::LeaseUntil.is_null())
        .add(C::LeaseUntil.lte(now));
    let ending = Condition::any()
        .add(C::ExpiresAt.lte(now))
        .add(C::State.eq(DeliveryState::Sending));
    let due = match way {
        Way::Open => ending
            .add(C::NextAttemptAt.is_null())
            .add(C::NextAttemptAt.lte(now)),
        Way::Paused(_) => ending,
    };
    Condition::all().add(free).add(due)
}

/// The recipients of these rows.
async fn people(
    txn: &sea_orm::DatabaseTransaction,
    attempts: &[(delivery::Model, Option<Answer>)],
    committee: domain::ids::CommitteeId,
) -> Result<HashMap<IdentityId, identity::Model>> {
    let ids: Vec<IdentityId> = attempts
        .iter()
        .filter_map(|(row, _)| row.identity_id)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(identity::Entity::of(committee)
        .filter(identity::Column::Id.is_in(ids))
        .all(txn)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect())
}

/// Whether he can be written to this way: a template message needs somebody who follows.
fn is_there(row: &delivery::Model, person: &identity::Model) -> bool {
    row.channel != Channel::OfficialAccount || (person.following && person.refused_code.is_none())
}

/// Logs what was refused. That somebody has no credit left is nothing to be told of.
fn tell(row: &delivery::Model, heard: &Heard) {
    let Some(refusal) = &heard.refusal else {
        return;
    };
    let app_id = row.app_id.as_deref();
    let (code, rid) = (refusal.code, refusal.rid.as_deref());
    match &heard.answer {
        Answer::Unsendable(_) => {
            tracing::error!(app_id, delivery = %row.id, code, rid, message = refusal.message, "a message cannot be sent");
        }
        Answer::Refused(_) | Answer::Taken(_) => {
            tracing::debug!(app_id, delivery = %row.id, code, rid, "a message was refused");
        }
        _ => {
            tracing::warn!(app_id, delivery = %row.id, code, rid, message = refusal.message, "a message was not accepted");
        }
    }
}
