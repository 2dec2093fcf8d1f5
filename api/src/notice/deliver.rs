//! Carrying a notice through official accounts.
//!
//! Each row is claimed before it is sent and its outcome written down after, one recipient apart
//! from the other. A try that may have been sent is repeated only with the same id and only while
//! WeChat still knows it; then it is left as unknown, for a person to decide.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{CommitteeId, DeliveryId, IdentityId, NoticeId};
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, committee, delivery, identity, job, notice};
use futures_util::{StreamExt, stream};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use wechat::template::{MiniProgram, TemplateMessage};
use wechat::values;

use super::outcome::{Attempt, record};
use super::verdict::{Verdict, judge};
use super::{reach, wording};
use crate::app::App;
use crate::callback;
use crate::db::found;
use crate::error::{ApiError, Result};
use crate::jobs::Outcome;
use crate::telemetry::Metrics;

/// How many messages are on their way at once.
const AT_ONCE: usize = 4;
/// How many rows are claimed at once: a worker that dies leaves no more than these in doubt.
const CLAIM: usize = 16;
/// How long one run sends before it gives the worker back: well within the lease of a job, with a
/// whole claim of calls that run into their time-out to follow.
const RUN: Duration = Duration::from_secs(20);
/// How long a doubtful message is repeated. WeChat knows its id for ten minutes.
const REPEAT: TimeDelta = TimeDelta::minutes(8);

/// The notice a job of ours is about.
pub(super) fn notice_id(job: &job::Model) -> Result<NoticeId> {
    job.payload["notice_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("job {} names no notice", job.id)))
}

/// The rows of a notice that are still to be sent.
pub(super) fn open_rows(
    committee: CommitteeId,
    notice: NoticeId,
) -> sea_orm::Select<delivery::Entity> {
    delivery::Entity::of(committee)
        .filter(delivery::Column::NoticeId.eq(notice))
        .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
        .filter(delivery::Column::State.is_in([DeliveryState::Pending, DeliveryState::Sending]))
}

/// Why an account sends nothing more in this run.
#[derive(Clone, Debug)]
enum Halt {
    Until(DateTime<Utc>),
    Broken(String),
}

/// A message without its recipient.
#[derive(Debug)]
struct Prepared {
    template_id: String,
    data: Vec<(String, String)>,
}

/// One run: the notice, ready for each account, and which accounts have stopped.
#[derive(Debug)]
struct Run<'a> {
    app: &'a App,
    notice: notice::Model,
    page: Option<MiniProgram>,
    prepared: HashMap<String, Result<Prepared, String>>,
    halted: Mutex<HashMap<String, Halt>>,
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
    let run = Run::prepare(app, notice).await?;
    let started = Instant::now();
    let ids: Vec<DeliveryId> = open_rows(job.committee_id, id)
        .order_by_asc(delivery::Column::Attempts)
        .order_by_asc(delivery::Column::Id)
        .select_only()
        .column(delivery::Column::Id)
        .into_tuple()
        .all(app.db.read())
        .await?;
    for chunk in ids.chunks(CLAIM) {
        if started.elapsed() > RUN {
            return Ok(Outcome::Later(app.clock.now()));
        }
        run.send(chunk).await?;
    }
    run.next().await
}

impl<'a> Run<'a> {
    async fn prepare(app: &'a App, notice: notice::Model) -> Result<Self> {
        let committee = found(
            committee::Entity::find_by_id(notice.committee_id)
                .one(app.db.read())
                .await?,
        )?;
        let page = app
            .wechat_apps
            .mini_program(&committee.code)
            .map(|account| MiniProgram {
                appid: account.config.app_id.clone(),
                pagepath: format!(
                    "pages/activity/index?id={}",
                    notice.activity_id.expect("so far every notice has one")
                ),
            });
        let fields = notice.fields.as_object().cloned().unwrap_or_default();
        let mut prepared = HashMap::new();
        for account in
            reach::accounts(app, app.db.read(), notice.committee_id, notice.purpose).await?
        {
            let template = &account.config.templates[&notice.purpose];
            let data: Vec<_> = template
                .fields
                .iter()
                .map(|(key, name)| (key.clone(), values::fit(key, wording::value(&fields, name))))
                .collect();
            let unfit = data
                .iter()
                .find_map(|(key, value)| values::check(key, value).err());
            if let Some(error) = &unfit {
                tracing::error!(app_id = account.config.app_id, purpose = %notice.purpose, %error, "a template cannot be filled");
            }
            let ready = match unfit {
                Some(error) => Err(format!("value_{}", error.key)),
                None => Ok(Prepared {
                    template_id: template.template_id.clone(),
                    data,
                }),
            };
            prepared.insert(account.config.app_id.clone(), ready);
        }
        Ok(Self {
            app,
            notice,
            page,
            prepared,
            halted: Mutex::default(),
        })
    }

    fn halt(&self, app_id: &str) -> Option<Halt> {
        self.halted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(app_id)
            .cloned()
    }

    /// Claims the rows of `ids` and sends them side by side.
    async fn send(&self, ids: &[DeliveryId]) -> Result<()> {
        let attempts = self.claim(ids).await?;
        let followers: HashMap<IdentityId, identity::Model> =
            identity::Entity::of(self.notice.committee_id)
                .filter(
                    identity::Column::Id.is_in(
                        attempts
                            .iter()
                            .filter_map(|attempt| attempt.delivery.identity_id),
                    ),
                )
                .all(self.app.db.read())
                .await?
                .into_iter()
                .map(|row| (row.id, row))
                .collect();
        let carried: Vec<Result<()>> = stream::iter(&attempts)
            .map(|attempt| {
                self.carry(
                    attempt,
                    attempt
                        .delivery
                        .identity_id
                        .and_then(|id| followers.get(&id)),
                )
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        // The report on a message may have been here before its id was written down.
        callback::catch_up(self.app, self.notice.committee_id, self.notice.id).await?;
        carried.into_iter().collect()
    }

    /// Writes down that these rows are about to be sent. Who is found in `sending` was left there
    /// by a worker that died or by an answer that was lost.
    async fn claim(&self, ids: &[DeliveryId]) -> Result<Vec<Attempt>> {
        let now = self.app.clock.now();
        let committee = self.notice.committee_id;
        let (attempts, given_up) = self
            .app
            .db
            .housekeeping(async |txn| {
                let rows = open_rows(committee, self.notice.id)
                    .filter(delivery::Column::Id.is_in(ids.iter().copied()))
                    .lock_exclusive()
                    .all(txn)
                    .await?;
                let (mut attempts, mut given_up) = (Vec::new(), Vec::new());
                for mut row in rows {
                    let doubtful = row.state == DeliveryState::Sending;
                    let waits = row
                        .app_id
                        .as_deref()
                        .and_then(|app_id| self.halt(app_id))
                        .is_some_and(|halt| matches!(halt, Halt::Until(_)));
                    if doubtful
                        && row
                            .first_attempt_at
                            .is_none_or(|first| first + REPEAT <= now)
                    {
                        given_up.push(row.id);
                    } else if !waits {
                        row.state = DeliveryState::Sending;
                        row.attempts += 1;
                        row.first_attempt_at = row.first_attempt_at.or(Some(now));
                        attempts.push(Attempt {
                            delivery: row,
                            doubtful,
                        });
                    }
                }
                let mine = |ids: Vec<DeliveryId>| {
                    delivery::Entity::update_many()
                        .filter(delivery::Column::CommitteeId.eq(committee))
                        .filter(delivery::Column::Id.is_in(ids))
                };
                mine(attempts.iter().map(|attempt| attempt.delivery.id).collect())
                    .col_expr(delivery::Column::State, Expr::value(DeliveryState::Sending))
                    .col_expr(
                        delivery::Column::Attempts,
                        Expr::col(delivery::Column::Attempts).add(1),
                    )
                    .col_expr(
                        delivery::Column::FirstAttemptAt,
                        Expr::col(delivery::Column::FirstAttemptAt).if_null(now),
                    )
                    .exec(txn)
                    .await?;
                let count = given_up.len();
                mine(given_up)
                    .col_expr(delivery::Column::State, Expr::value(DeliveryState::Unknown))
                    .col_expr(delivery::Column::Reason, Expr::value("ambiguous"))
                    .col_expr(delivery::Column::SettledAt, Expr::value(Some(now)))
                    .exec(txn)
                    .await?;
                Ok((attempts, count))
            })
            .await?;
        for _ in 0..given_up {
            Metrics::count(
                &self.app.metrics.deliveries,
                DeliveryState::Unknown.as_str(),
            );
        }
        Ok(attempts)
    }

    /// Sends one message and writes down what came of it.
    async fn carry(&self, attempt: &Attempt, follower: Option<&identity::Model>) -> Result<()> {
        let verdict = self.attempt(attempt, follower).await;
        if let Some(state) = record(self.app, self.notice.purpose, attempt, &verdict).await? {
            Metrics::count(&self.app.metrics.deliveries, state.as_str());
        }
        Ok(())
    }

    async fn attempt(&self, attempt: &Attempt, follower: Option<&identity::Model>) -> Verdict {
        let row = &attempt.delivery;
        let Some(follower) =
            follower.filter(|follower| follower.following && follower.refused_code.is_none())
        else {
            return Verdict::Gone(None);
        };
        let app_id = follower.app_id.as_str();
        match self.halt(app_id) {
            Some(Halt::Until(until)) => return Verdict::Paused(until),
            Some(Halt::Broken(reason)) => return Verdict::Broken(reason),
            None => {}
        }
        let (Some(account), Some(prepared)) =
            (self.app.wechat_apps.get(app_id), self.prepared.get(app_id))
        else {
            return Verdict::Failed("account_gone".to_owned());
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(reason) => return Verdict::Failed(reason.clone()),
        };
        let message = TemplateMessage {
            touser: follower.openid.clone(),
            template_id: prepared.template_id.clone(),
            url: None,
            miniprogram: self.page.clone(),
            client_msg_id: Some(row.client_msg_id.clone()),
            data: prepared.data.clone(),
        };
        let answer = account.client.send_template(&message).await;
        let verdict = judge(&answer, self.app.clock.now());
        if let Err(error) = &answer {
            self.tell(app_id, row.id, &verdict, error);
        }
        verdict
    }

    /// Logs what went wrong, and stops the account where everybody would fare alike.
    fn tell(&self, app_id: &str, delivery: DeliveryId, verdict: &Verdict, error: &wechat::Error) {
        let halt = match verdict {
            Verdict::Paused(until) => Halt::Until(*until),
            Verdict::Broken(reason) => Halt::Broken(reason.clone()),
            Verdict::Failed(_) => {
                tracing::error!(app_id, %delivery, %error, "a message cannot be sent");
                return;
            }
            _ => {
                tracing::warn!(app_id, %delivery, %error, "a message was not accepted");
                return;
            }
        };
        let first = self
            .halted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(app_id.to_owned(), halt)
            .is_none();
        if first {
            tracing::error!(app_id, %error, "an account cannot send");
        }
    }

    /// When to go on with what is left.
    async fn next(&self) -> Result<Outcome> {
        let left = open_rows(self.notice.committee_id, self.notice.id)
            .all(self.app.db.read())
            .await?;
        let now = self.app.clock.now();
        let due = left.iter().map(|row| {
            match row.app_id.as_deref().and_then(|app_id| self.halt(app_id)) {
                Some(Halt::Until(until)) if row.state == DeliveryState::Pending => until,
                _ => now + wait(row.state, row.attempts),
            }
        });
        Ok(due.min().map_or(Outcome::Done, Outcome::Later))
    }
}

/// One second, then twice as long each time: up to ten minutes for what was not sent, up to half
/// a minute for what is in doubt, because its time is short.
fn wait(state: DeliveryState, attempts: i32) -> TimeDelta {
    let longest = if state == DeliveryState::Sending {
        30
    } else {
        600
    };
    match u32::try_from(attempts) {
        Err(_) | Ok(0) => TimeDelta::zero(),
        Ok(attempts) => TimeDelta::seconds(Ord::min(1 << Ord::min(attempts - 1, 20), longest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_doubt_is_repeated_often_enough_within_its_time() {
        let spent: i64 = (1..=12)
            .map(|attempts| wait(DeliveryState::Sending, attempts).num_seconds())
            .sum();
        assert!(spent < REPEAT.num_seconds(), "{spent}");
        assert_eq!(wait(DeliveryState::Pending, 30).num_seconds(), 600);
        assert_eq!(wait(DeliveryState::Pending, 0).num_seconds(), 0);
    }
}
