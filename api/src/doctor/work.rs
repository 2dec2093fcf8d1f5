//! The work behind the requests: jobs, messages on their way, paused accounts, and Redis.

use chrono::TimeDelta;
use domain::notice::DeliveryState;
use entity::{channel_pause, delivery, job};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::Findings;
use crate::app::App;
use crate::error::Result;

/// A job due for this long is one that no worker takes.
const OVERDUE: TimeDelta = TimeDelta::minutes(5);

/// Looks at the work.
pub(super) async fn examine(app: &App, findings: &mut Findings) {
    if let Err(error) = examine_jobs(app, findings).await {
        findings.unread("jobs", &error);
    }
    if let Err(error) = examine_deliveries(app, findings).await {
        findings.unread("deliveries", &error);
    }
    if let Err(error) = examine_pauses(app, findings).await {
        findings.unread("pauses", &error);
    }
}

async fn examine_jobs(app: &App, findings: &mut Findings) -> Result<()> {
    let now = app.clock.now();
    let free = Condition::any()
        .add(job::Column::LeaseUntil.is_null())
        .add(job::Column::LeaseUntil.lt(now));
    let overdue = job::Entity::find()
        .filter(job::Column::State.eq("ready"))
        .filter(job::Column::RunAt.lt(now - OVERDUE))
        .filter(free);
    let count = overdue.clone().count(app.db.read()).await?;
    let oldest = overdue
        .order_by_asc(job::Column::RunAt)
        .one(app.db.read())
        .await?;
    match oldest {
        None => findings.fine("jobs", "没有过期未做的后台任务"),
        Some(oldest) => findings.wrong(
            "jobs",
            format!(
                "{count} 个后台任务过期未做，最早的 {} 已等了 {} 分钟",
                oldest.kind,
                (now - oldest.run_at).num_minutes()
            ),
            "没有节点在做后台任务：启动 xingdong worker，或设 jobs.in_serve = true；都在运行时查看日志",
        ),
    }
    let dead = job::Entity::find()
        .filter(job::Column::State.eq("dead"))
        .order_by_desc(job::Column::FinishedAt);
    let count = dead.clone().count(app.db.read()).await?;
    if let Some(last) = dead.one(app.db.read()).await? {
        findings.wrong(
            "jobs",
            format!(
                "{count} 个后台任务失败后已放弃，最近一个是 {}：{}",
                last.kind,
                last.last_error.unwrap_or_default()
            ),
            "查明原因后，把这些行的 state 改回 ready、attempts 改为 0；不再需要的删去",
        );
    }
    Ok(())
}

async fn examine_deliveries(app: &App, findings: &mut Findings) -> Result<()> {
    let now = app.clock.now();
    let waiting = delivery::Entity::find()
        .filter(delivery::unsettled())
        .filter(delivery::Column::State.ne(DeliveryState::Accepted))
        .filter(delivery::Column::CreatedAt.lt(now - TimeDelta::hours(1)))
        .count(app.db.read())
        .await?;
    if waiting == 0 {
        findings.fine("deliveries", "没有积压的消息");
    } else {
        findings.note(
            "deliveries",
            format!("{waiting} 条消息等待发送已超过一小时"),
            "查看下面暂停的账号，运行 xingdong check-config",
        );
    }
    Ok(())
}

async fn examine_pauses(app: &App, findings: &mut Findings) -> Result<()> {
    let now = app.clock.now();
    let lasting = Condition::any()
        .add(channel_pause::Column::Until.is_null())
        .add(channel_pause::Column::Until.gt(now));
    let pauses = channel_pause::Entity::find()
        .filter(channel_pause::Column::ResumedAt.is_null())
        .filter(lasting)
        .all(app.db.read())
        .await?;
    for pause in &pauses {
        let template = if pause.template_id.is_empty() {
            String::new()
        } else {
            format!(" 的模板 {}", pause.template_id)
        };
        let text = format!(
            "账号 {}{template} 暂停发送：{}",
            pause.app_id,
            pause.cause.zh()
        );
        match pause.until {
            Some(until) => findings.note(
                "pauses",
                format!(
                    "{text}，{} 自动恢复",
                    domain::time::local(until).format("%m-%d %H:%M")
                ),
                "",
            ),
            None => findings.wrong(
                "pauses",
                text,
                "运行 xingdong check-config 查明原因，改正后 POST /wechat/pauses/{id}/resume",
            ),
        }
    }
    if pauses.is_empty() {
        findings.fine("pauses", "没有暂停发送的账号");
    }
    Ok(())
}

/// Redis holds nothing that decides: without it limits are counted by each node for itself.
pub(super) async fn examine_redis(app: &App, findings: &mut Findings) {
    if !app.cache.is_shared() {
        findings.fine("redis", "没有配置 Redis：单节点不需要它");
        return;
    }
    // The first question may end before the connection stands.
    if app.cache.answers().await || app.cache.answers().await {
        findings.fine("redis", "Redis 有应答");
    } else {
        findings.note(
            "redis",
            "Redis 没有应答：服务照常，限流改由各节点分别计数",
            "核对 redis.url 和 Redis 是否运行",
        );
    }
}
