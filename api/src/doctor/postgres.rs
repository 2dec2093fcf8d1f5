//! PostgreSQL: whether a commit outlasts a crash, who follows it, and whether its log is archived.

use std::collections::BTreeMap;

use super::Findings;
use super::database::{rows, value};
use crate::app::App;
use crate::db::Db;
use crate::error::Result;

/// The oldest version we test with.
const VERSION: i32 = 150_000;
/// A follower this far behind would lose that much where it does not hold up commits.
const LAG_WRONG_SECONDS: f64 = 60.0;
const LAG_NOTE_SECONDS: f64 = 10.0;

/// What an operator set, by its name.
type Settings = BTreeMap<String, String>;

/// Looks at the server.
pub(super) async fn examine(app: &App, findings: &mut Findings) -> Result<()> {
    let db = &app.db;
    let settings = settings(db).await?;
    let of = |name: &str| settings.get(name).map_or("", String::as_str);
    let version: i32 = of("server_version_num").parse().unwrap_or(0);
    if version < VERSION {
        findings.wrong(
            "database",
            format!("PostgreSQL {} 太旧", of("server_version")),
            "升级到 15 或更新的版本",
        );
    } else {
        findings.fine(
            "database",
            format!("PostgreSQL {} 可以读取", of("server_version")),
        );
    }
    if value::<bool>(db, "SELECT pg_is_in_recovery()").await? {
        findings.wrong(
            "database",
            "连接到的是备库，不能写入",
            "核对 database.url 或代理的健康检查：应指向主库",
        );
    }
    examine_settings(&settings, findings);
    examine_connections(app, of("max_connections"), findings).await?;
    examine_replicas(db, of("synchronous_standby_names"), findings).await?;
    examine_archive(db, of("archive_mode"), findings).await
}

async fn settings(db: &Db) -> Result<Settings> {
    let sql = "SELECT name, setting FROM pg_settings WHERE name IN ('server_version', \
        'server_version_num', 'fsync', 'full_page_writes', 'synchronous_commit', \
        'synchronous_standby_names', 'server_encoding', 'data_checksums', 'archive_mode', \
        'max_connections', 'default_transaction_isolation')";
    let mut settings = Settings::new();
    for row in rows(db, sql).await? {
        settings.insert(row.try_get("", "name")?, row.try_get("", "setting")?);
    }
    Ok(settings)
}

fn examine_settings(settings: &Settings, findings: &mut Findings) {
    let of = |name: &str| settings.get(name).map_or("", String::as_str);
    let before = findings.0.len();
    for (name, why) in [
        ("fsync", "断电会损坏整个数据库"),
        ("full_page_writes", "断电会损坏正在写的页"),
    ] {
        if of(name) != "on" {
            findings.wrong(
                "engine",
                format!("{name} = {}：{why}", of(name)),
                format!("在 postgresql.conf 中设 {name} = on 并重新加载"),
            );
        }
    }
    let commit = of("synchronous_commit");
    let follows = !of("synchronous_standby_names").is_empty();
    if commit == "off" {
        findings.wrong(
            "engine",
            "synchronous_commit = off：断电会丢失已经确认的签到",
            "设 synchronous_commit = on；若只对这个账号或数据库设过，ALTER ROLE / DATABASE … RESET synchronous_commit",
        );
    } else if follows && matches!(commit, "local" | "remote_write") {
        findings.wrong(
            "engine",
            format!(
                "配置了同步备库，而 synchronous_commit = {commit}：主库损坏时会丢失已确认的数据"
            ),
            "设 synchronous_commit = on",
        );
    }
    if of("server_encoding") != "UTF8" {
        findings.wrong(
            "engine",
            format!("数据库编码为 {}", of("server_encoding")),
            "用 ENCODING 'UTF8' 重新建库，再恢复备份",
        );
    }
    if findings.0.len() == before {
        findings.fine(
            "engine",
            "fsync、full_page_writes、synchronous_commit 都已启用",
        );
    }
    if of("data_checksums") != "on" {
        findings.note(
            "engine",
            "没有启用数据页校验，磁盘出错时不易发现",
            "停机时运行 pg_checksums --enable，或在新建集群时用 initdb --data-checksums",
        );
    }
}

async fn examine_connections(app: &App, most: &str, findings: &mut Findings) -> Result<()> {
    let ours = app.config.database.max_connections;
    let most: u32 = most.parse().unwrap_or(u32::MAX);
    if most < ours.saturating_add(10) {
        findings.note(
            "connections",
            format!("本节点最多用 {ours} 个连接，数据库一共只允许 {most} 个"),
            "提高 max_connections，或减小 database.max_connections；所有节点之和须留出余量",
        );
    }
    let encrypted: Option<bool> = value(
        &app.db,
        "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    )
    .await?;
    let remote: bool = value(
        &app.db,
        "SELECT inet_server_addr() IS NOT NULL AND NOT inet_server_addr() <<= inet '127.0.0.0/8' \
         AND inet_server_addr() <> inet '::1'",
    )
    .await?;
    if remote && encrypted != Some(true) {
        findings.note(
            "connections",
            "到数据库的连接没有加密",
            "在 database.url 后加 ?sslmode=verify-full，并配置服务器证书",
        );
    }
    Ok(())
}

/// How far a follower is behind, as `pg_stat_replication` tells it.
struct Follower {
    name: String,
    sync: Option<String>,
    lag_seconds: Option<f64>,
}

async fn examine_replicas(db: &Db, wanted: &str, findings: &mut Findings) -> Result<()> {
    let sql = "SELECT coalesce(application_name, '?') AS name, sync_state, \
        extract(epoch FROM replay_lag)::float8 AS lag FROM pg_stat_replication";
    let mut followers = Vec::new();
    for row in rows(db, sql).await? {
        followers.push(Follower {
            name: row.try_get("", "name")?,
            sync: row.try_get("", "sync_state")?,
            lag_seconds: row.try_get("", "lag")?,
        });
    }
    judge_replicas(wanted, &followers, findings);
    Ok(())
}

fn judge_replicas(wanted: &str, followers: &[Follower], findings: &mut Findings) {
    if followers.iter().any(|follower| follower.sync.is_none()) {
        findings.note(
            "replication",
            format!("有 {} 个备库，本账号无权查看它们的进度", followers.len()),
            "GRANT pg_monitor TO 服务所用的数据库账号",
        );
        return;
    }
    let in_step =
        |follower: &&Follower| matches!(follower.sync.as_deref(), Some("sync" | "quorum"));
    if !wanted.is_empty() && followers.iter().find(in_step).is_none() {
        findings.wrong(
            "replication",
            format!("synchronous_standby_names = {wanted}，但没有同步备库连着：所有写入都在等待"),
            "恢复备库；等不到时由 Patroni 或人工把它从 synchronous_standby_names 中去掉",
        );
    }
    for follower in followers {
        let lag = follower.lag_seconds.unwrap_or(0.0);
        let text = format!("备库 {} 落后 {lag:.0} 秒", follower.name);
        let advice = "查看备库的磁盘、网络和日志";
        if LAG_WRONG_SECONDS < lag {
            findings.wrong("replication", text, advice);
        } else if LAG_NOTE_SECONDS < lag {
            findings.note("replication", text, advice);
        } else {
            findings.fine("replication", text);
        }
    }
    if followers.is_empty() && wanted.is_empty() {
        findings.fine("replication", "没有备库");
    }
}

async fn examine_archive(db: &Db, mode: &str, findings: &mut Findings) -> Result<()> {
    if mode == "off" {
        findings.note(
            "archive",
            "没有归档 WAL：只能恢复到上一次备份，不能恢复到任意时刻",
            "按 docs/runbook.md“Point in time”一节配置 archive_mode 和 archive_command",
        );
        return Ok(());
    }
    let failing: bool = value(
        db,
        "SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) \
         FROM pg_stat_archiver",
    )
    .await?;
    if failing {
        findings.wrong(
            "archive",
            "最近一次归档 WAL 失败，WAL 会占满数据库磁盘",
            "查看 PostgreSQL 日志中 archive_command 的错误，核对归档目录的空间和权限",
        );
    } else {
        findings.fine("archive", "WAL 正在归档");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    fn worst(look: impl FnOnce(&mut Findings)) -> Verdict {
        let mut findings = Findings::default();
        look(&mut findings);
        let verdicts = findings.0.iter().map(|finding| finding.verdict);
        verdicts.max().expect("something was found")
    }

    fn with(name: &str, setting: &str) -> Verdict {
        let sound = [
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("synchronous_standby_names", "second"),
            ("server_encoding", "UTF8"),
            ("data_checksums", "on"),
        ];
        let mut settings: Settings = sound
            .map(|(name, setting)| (name.to_owned(), setting.to_owned()))
            .into();
        settings.insert(name.to_owned(), setting.to_owned());
        worst(|findings| examine_settings(&settings, findings))
    }

    #[test]
    fn a_server_that_may_forget_what_it_acknowledged_is_wrong() {
        assert_eq!(with("fsync", "on"), Verdict::Fine);
        assert_eq!(with("fsync", "off"), Verdict::Wrong);
        assert_eq!(with("full_page_writes", "off"), Verdict::Wrong);
        assert_eq!(with("synchronous_commit", "off"), Verdict::Wrong);
        assert_eq!(with("synchronous_commit", "local"), Verdict::Wrong);
        assert_eq!(with("synchronous_commit", "remote_apply"), Verdict::Fine);
        assert_eq!(with("server_encoding", "SQL_ASCII"), Verdict::Wrong);
        assert_eq!(with("data_checksums", "off"), Verdict::Note);
    }

    fn follower(sync: &str, lag_seconds: f64) -> Follower {
        Follower {
            name: "second".to_owned(),
            sync: Some(sync.to_owned()),
            lag_seconds: Some(lag_seconds),
        }
    }

    #[test]
    fn a_follower_that_is_missing_or_far_behind_is_wrong() {
        let judged = |wanted, followers: &[Follower]| {
            worst(|findings| judge_replicas(wanted, followers, findings))
        };

        assert_eq!(judged("", &[]), Verdict::Fine);
        assert_eq!(judged("second", &[]), Verdict::Wrong);
        assert_eq!(judged("second", &[follower("async", 0.0)]), Verdict::Wrong);
        assert_eq!(judged("second", &[follower("sync", 0.1)]), Verdict::Fine);
        assert_eq!(judged("", &[follower("async", 11.0)]), Verdict::Note);
        assert_eq!(judged("", &[follower("async", 61.0)]), Verdict::Wrong);
        let unseen = Follower {
            sync: None,
            ..follower("", 0.0)
        };
        assert_eq!(judged("second", &[unseen]), Verdict::Note);
    }
}
