//! What has stopped an account, or one template of it, from sending: kept in a table, so that every
//! node knows, and shown to the office with what to do about it.

use chrono::{DateTime, Utc};
use domain::authority::{Operation, Scope};
use domain::ids::{CommitteeId, PauseId};
use domain::notice::Channel;
use domain::notice::delivery::Way;
use domain::notice::pause::{Cause, Pause, Stop};
use entity::{Scoped, channel_pause, delivery, job};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use serde_json::json;
use uuid::Uuid;

use super::DELIVER;
use super::rows::OPEN;
use super::verdict::Refusal;
use crate::access::{Caller, Guarded, On, Permit, op};
use crate::app::App;
use crate::crypto::random;
use crate::db::found;
use crate::error::Result;
use crate::telemetry::Metrics;

/// The stops of a committee at one moment.
#[derive(Clone, Debug, Default)]
pub struct Pauses(Vec<channel_pause::Model>);

impl Pauses {
    /// Those that hold at `now`.
    pub async fn of(
        db: &impl ConnectionTrait,
        committee: CommitteeId,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let rows = channel_pause::Entity::of(committee)
            .filter(channel_pause::Column::ResumedAt.is_null())
            .order_by_asc(channel_pause::Column::Since)
            .all(db)
            .await?;
        let holding = rows.into_iter().filter(|row| pause(row).holds(now));
        Ok(Self(holding.collect()))
    }

    fn at(&self, app_id: &str, channel: Channel, template: &str) -> impl Iterator<Item = Pause> {
        self.0
            .iter()
            .filter(move |row| {
                let here = row.app_id == app_id && row.channel == channel;
                here && (row.template_id.is_empty() || row.template_id == template)
            })
            .map(pause)
    }

    /// Whether something stops this template of the account.
    pub fn hold(&self, app_id: &str, channel: Channel, template: &str) -> bool {
        self.at(app_id, channel, template).next().is_some()
    }

    /// Whether this template of the account may send, and when if not.
    pub fn way(&self, app_id: &str, channel: Channel, template: &str) -> Way {
        let mut ends = self.at(app_id, channel, template).map(|pause| pause.until);
        match ends.next() {
            None => Way::Open,
            Some(first) => Way::Paused(ends.fold(first, |last, end| {
                last.zip(end).map(|(last, end)| last.max(end))
            })),
        }
    }
}

fn pause(row: &channel_pause::Model) -> Pause {
    Pause {
        cause: row.cause,
        since: row.since,
        until: row.until,
        strikes: u32::try_from(row.strikes).unwrap_or(0),
    }
}

/// What is stopped: a channel of an account, or one template of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stopped {
    /// The account.
    pub app_id: String,
    /// Its channel.
    pub channel: Channel,
    /// The template; empty where it is the whole channel.
    pub template_id: String,
}

/// Writes down that a refusal stops something; tells the row where it has to be told to somebody,
/// which is once for each pause.
pub async fn strike(
    txn: &DatabaseTransaction,
    committee: CommitteeId,
    stopped: &Stopped,
    stop: Stop,
    refusal: Option<&Refusal>,
    now: DateTime<Utc>,
) -> Result<Option<channel_pause::Model>> {
    use channel_pause::Column as C;
    let there = channel_pause::Entity::of(committee)
        .filter(C::AppId.eq(stopped.app_id.as_str()))
        .filter(C::Channel.eq(stopped.channel))
        .filter(C::TemplateId.eq(stopped.template_id.as_str()))
        .lock_exclusive()
        .one(txn)
        .await?;
    let before = there
        .as_ref()
        .filter(|row| row.resumed_at.is_none())
        .map(pause);
    let Some(next) = Pause::struck(before.as_ref(), stop, now) else {
        return Ok(None);
    };
    let row = channel_pause::Model {
        committee_id: committee,
        id: there
            .as_ref()
            .map_or_else(|| PauseId::new(now, random()), |row| row.id),
        app_id: stopped.app_id.clone(),
        channel: stopped.channel,
        template_id: stopped.template_id.clone(),
        cause: next.cause,
        code: refusal.and_then(|refusal| refusal.code),
        message: refusal.map(|refusal| refusal.message.clone()),
        rid: refusal.and_then(|refusal| refusal.rid.clone()),
        seen_ip: refusal.and_then(|refusal| refusal.seen_ip.clone()),
        since: next.since,
        until: next.until,
        strikes: i32::try_from(next.strikes).unwrap_or(i32::MAX),
        resumed_by: None,
        resumed_at: None,
    };
    let change = channel_pause::ActiveModel::from(row.clone()).reset_all();
    if there.is_some() {
        channel_pause::Entity::update(change).exec(txn).await?;
    } else {
        // Two workers can race past the look above; the unique index `channel_pause_once` lets one
        // of them in.
        channel_pause::Entity::insert(change)
            .on_conflict_do_nothing_on([C::CommitteeId, C::AppId, C::Channel, C::TemplateId])
            .exec_without_returning(txn)
            .await?;
    }
    let told = before.is_some_and(|before| before.is_alarming() && before.since == next.since);
    Ok((next.is_alarming() && !told).then_some(row))
}

/// Tells the operator of a stop; the office sees it in its list.
pub fn alarm(app: &App, row: &channel_pause::Model) {
    Metrics::count(&app.metrics.pauses, row.cause.as_str());
    tracing::error!(
        app_id = row.app_id,
        channel = %row.channel,
        template_id = row.template_id,
        cause = %row.cause,
        code = row.code,
        rid = row.rid,
        seen_ip = row.seen_ip,
        "an account cannot send"
    );
}

/// What the office can do about a stop.
pub fn advice(row: &channel_pause::Model) -> String {
    let fixed = match (row.code, row.cause) {
        (Some(40164), _) => {
            let address = row.seen_ip.as_deref().unwrap_or("本服务器的出口 IP");
            return format!("请在公众平台的 IP 白名单中加入 {address}，然后恢复发送");
        }
        (_, Cause::DayQuota) => "当日额度已用完，零点后自动恢复；也可在公众平台清零额度后手动恢复",
        (_, Cause::MinuteQuota) => "一分钟内自动恢复，无需处理",
        (_, Cause::Token) => "稍后自动重试；持续出现时，请核对该账号的 AppID 和 AppSecret",
        (Some(40037 | 40036), _) => {
            "请在公众平台核对模板编号是否存在、是否属于该账号，更正配置后恢复发送"
        }
        (Some(43116 | 43107 | 43106), _) => {
            "模板或能力被微信封禁，请在公众平台查看通知并申诉或更换模板，然后恢复发送"
        }
        (Some(40001 | 40125 | 40243 | 41004), _) => {
            "AppSecret 不正确或已冻结，请在公众平台重置并更新配置，然后恢复发送"
        }
        (Some(40013 | 41002 | 61024), _) => "AppID 不正确，请核对配置，然后恢复发送",
        (Some(48001 | 45103 | 50001), _) => {
            "该账号没有此接口权限，请确认是已认证的服务号并已开通相应能力，然后恢复发送"
        }
        (Some(48004 | 50002 | 50004 | 50007), _) => {
            "账号或接口被微信限制，请在公众平台查看通知，解除后恢复发送"
        }
        (Some(89503 | 89506 | 89507), _) => {
            "调用须由公众号管理员在微信中确认，请联系管理员，确认后恢复发送"
        }
        (Some(45064), _) => "小程序未与该公众号关联，请在公众平台关联小程序，然后恢复发送",
        (_, Cause::Template) => "模板不可用，请在公众平台核对，然后恢复发送",
        (_, Cause::Configuration) => "请按微信返回的错误码核对账号和配置，然后恢复发送",
    };
    fixed.to_owned()
}

/// A stop as the office sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The row.
    pub row: channel_pause::Model,
    /// How many messages wait for its end.
    pub waiting: u64,
}

/// What holds now, the oldest first.
pub async fn list(app: &App, permit: &Permit<op::PauseList>) -> Result<Vec<Seen>> {
    let committee = permit.committee();
    let Pauses(rows) = Pauses::of(app.db.read(), committee, app.clock.now()).await?;
    let mut seen = Vec::with_capacity(rows.len());
    for row in rows {
        let waiting = delivery::Entity::of(committee)
            .filter(delivery::Column::AppId.eq(row.app_id.as_str()))
            .filter(delivery::Column::Channel.eq(row.channel))
            .filter(delivery::Column::State.is_in(OPEN));
        let waiting = match row.template_id.as_str() {
            "" => waiting,
            template => waiting.filter(delivery::Column::TemplateId.eq(template)),
        };
        let waiting = waiting.count(app.db.read()).await?;
        seen.push(Seen { row, waiting });
    }
    Ok(seen)
}

/// Lets it go on: what waits is sent at once. A second tap changes nothing.
pub async fn resume(
    app: &App,
    on: &On<op::PauseResume, channel_pause::Model>,
) -> Result<channel_pause::Model> {
    let row = on
        .write(app, async |write| {
            let row = found(
                channel_pause::Entity::find_by_id((write.committee, on.row.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            if row.resumed_at.is_some() || !pause(&row).holds(write.at) {
                write.unchanged();
                return Ok(row);
            }
            write.about("channel_pause", row.id);
            write.detail(json!({
                "app_id": row.app_id, "channel": row.channel, "template_id": row.template_id,
                "cause": row.cause, "code": row.code, "since": row.since,
            }));
            let mut change = row.into_active_model();
            change.until = Set(Some(write.at));
            change.resumed_at = Set(Some(write.at));
            change.resumed_by = Set(write.account());
            let row = change.update(&write.txn).await?;
            job::Entity::update_many()
                .col_expr(job::Column::RunAt, Expr::value(write.at))
                .filter(job::Column::CommitteeId.eq(write.committee))
                .filter(job::Column::Kind.eq(DELIVER))
                .filter(job::Column::State.eq("ready"))
                .filter(job::Column::RunAt.gt(write.at))
                .exec(&write.txn)
                .await?;
            Ok(row)
        })
        .await?;
    app.work.notify_one();
    Ok(row)
}

impl Guarded for channel_pause::Model {
    const PARAM: &'static str = "pause_id";
    const READ: Operation = Operation::PauseList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(channel_pause::Entity::find_by_id((committee, PauseId(id)))
            .one(app.db.read())
            .await?)
    }

    /// An account is the committee's.
    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope::default())
    }
}
