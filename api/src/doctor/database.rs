//! The database: whether it is there and answers, and how far its tables and its clock are.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, QueryResult, Statement, TryGetable};

use super::{Findings, machine, postgres, sqlite};
use crate::app::App;
use crate::backup;
use crate::config::Config;
use crate::db::{Db, SYSTEM};
use crate::error::Result;

/// Looks before anything is opened: a file of SQLite that is not there would be made.
pub(super) fn is_there(config: &Config, findings: &mut Findings) -> bool {
    match backup::database_file(config) {
        Ok(Some(file)) if !file.is_file() => {
            findings.wrong(
                "database",
                format!("数据库文件 {} 不存在", file.display()),
                "新安装先运行 xingdong migrate up；否则核对 database.url 和当前目录",
            );
            false
        }
        // Whoever opens it makes a log beside it, which the service could then not write.
        Ok(Some(file)) if !is_ours(&file) => {
            findings.wrong(
                "database",
                format!("数据库文件 {} 属于另一个账号，没有打开它", file.display()),
                "以运行服务的账号运行：sudo -u xingdong xingdong doctor …",
            );
            false
        }
        Ok(Some(file)) => {
            let folder = std::path::absolute(&file).unwrap_or(file);
            let folder = folder.parent().unwrap_or(&folder);
            machine::examine_space("数据目录", folder, findings);
            sqlite::examine_place(folder, findings);
            true
        }
        Ok(None) => true,
        Err(error) => {
            findings.wrong("database", format!("{error:#}"), "改正 database.url");
            false
        }
    }
}

fn is_ours(file: &Path) -> bool {
    let us = rustix::process::geteuid().as_raw();
    std::fs::metadata(file).is_ok_and(|about| about.uid() == us)
}

/// Looks at the database; tells whether its tables can be read.
pub(super) async fn examine(app: &App, findings: &mut Findings) -> bool {
    let before = app.clock.now();
    let answered = match app.db.engine() {
        DatabaseBackend::Sqlite => sqlite::examine(&app.db, findings).await,
        _ => postgres::examine(app, findings).await,
    };
    if let Err(error) = answered {
        findings.unread("database", &error);
        return false;
    }
    if app.db.engine() == DatabaseBackend::Postgres {
        match its_time(&app.db).await {
            Ok(at) => {
                let middle = before + (app.clock.now() - before) / 2;
                machine::judge_clock("clock_database", "数据库", middle - at, findings);
            }
            Err(error) => findings.unread("clock_database", &error),
        }
    }
    examine_tables(app, findings).await
}

async fn its_time(db: &Db) -> Result<DateTime<Utc>> {
    value(db, "SELECT clock_timestamp()").await
}

async fn examine_tables(app: &App, findings: &mut Findings) -> bool {
    let tables = match app.db.tables().await {
        Ok(tables) => tables,
        Err(error) => {
            findings.unread("tables", &error);
            return false;
        }
    };
    if let Some(last) = tables.newer.last() {
        findings.note(
            "tables",
            format!(
                "数据库比本程序新 {} 步（到 {last}）：新版本已经升级过它",
                tables.newer.len()
            ),
            "尽快把本节点也换成新版本；不要用旧版本重新安装",
        );
    }
    if tables.pending.is_empty() {
        findings.fine("tables", "表结构与本程序相符");
    } else {
        findings.wrong(
            "tables",
            format!(
                "有 {} 步迁移没有执行：{}",
                tables.pending.len(),
                tables.pending.join("、")
            ),
            "先备份，再运行 xingdong migrate up；在此之前服务不会启动",
        );
        return false;
    }
    match is_founded(app).await {
        Ok(true) => true,
        Ok(false) => {
            findings.note(
                "committees",
                "还没有建立任何委员会",
                "运行 xingdong found committee.toml，见 docs/runbook.md",
            );
            true
        }
        Err(error) => {
            findings.unread("committees", &error);
            false
        }
    }
}

async fn is_founded(app: &App) -> Result<bool> {
    use entity::committee;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let one = committee::Entity::find()
        .filter(committee::Column::Id.ne(SYSTEM))
        .one(app.db.read())
        .await?;
    Ok(one.is_some())
}

/// The first column of the only row.
pub(super) async fn value<T: TryGetable>(db: &Db, sql: &str) -> Result<T> {
    let row = db
        .read()
        .query_one_raw(Statement::from_string(db.engine(), sql))
        .await?
        .ok_or_else(|| anyhow::anyhow!("no answer to {sql}"))?;
    Ok(row.try_get_by_index(0)?)
}

/// Every row.
pub(super) async fn rows(db: &Db, sql: &str) -> Result<Vec<QueryResult>> {
    let statement = Statement::from_string(db.engine(), sql);
    Ok(db.read().query_all_raw(statement).await?)
}
