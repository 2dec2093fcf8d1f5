//! SQLite: `VACUUM INTO` for the copy. Copying the file itself misses what is still in its WAL
//! (reliability.md §2).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement,
};

use super::{Restored, Saved, beside, cause, close, keys_fit, open, proved, settle, stamp};
use crate::audit::offline::Report;
use crate::config::Config;
use crate::db::Db;

pub(super) async fn backup(config: &Config, file: &Path) -> Result<Saved> {
    let live = file_of(config)?;
    if !live.is_file() {
        bail!("there is no database {}", live.display());
    }
    let copy = beside(file)?;
    let name = copy
        .path()
        .to_str()
        .context("the name of the file is not UTF-8")?;
    let db = open(config).await?;
    let vacuum =
        Statement::from_sql_and_values(DatabaseBackend::Sqlite, "VACUUM INTO ?", [name.into()]);
    let written = db.read().execute_raw(vacuum).await;
    close(&db).await?;
    written.context("the copy could not be written")?;
    let proof = whole(copy.path(), None).await?.0;
    let bytes = copy.path().metadata()?.len();
    settle(copy, file)?;
    Ok(Saved {
        file: file.to_owned(),
        bytes,
        proof: Some(proof),
    })
}

pub(super) async fn restore(
    config: &Config,
    from: &Path,
    force: bool,
    now: DateTime<Utc>,
) -> Result<Restored> {
    let target = file_of(config)?;
    if has_content(&with_suffix(from, "-wal")) {
        bail!(
            "{} is a database in use and no backup: make one with `xingdong backup`",
            from.display()
        );
    }
    let occupied = has_content(&target) || has_content(&with_suffix(&target, "-wal"));
    if occupied && !force {
        bail!(
            "{} is not empty: give --force to move it aside",
            target.display()
        );
    }
    let copy = beside(&target)?;
    std::fs::copy(from, copy.path()).with_context(|| format!("cannot copy {}", from.display()))?;
    // What is proved is the very file that is put in place.
    let (proof, keys_fit) = whole(copy.path(), Some(config))
        .await
        .with_context(|| format!("{} was not restored", from.display()))?;
    if occupied {
        nobody_uses(&target).await?;
    }
    let aside = move_aside(&target, now)?.filter(|_| occupied);
    settle(copy, &target)?;
    Ok(Restored {
        aside: aside.map(|aside| aside.display().to_string()),
        proof,
        keys_fit,
    })
}

/// Where the configured database is.
pub(super) fn file_of(config: &Config) -> Result<PathBuf> {
    let url = config.database.url.reveal();
    let options: SqliteConnectOptions = url
        .parse()
        .map_err(|_| anyhow::anyhow!("database.url names no file"))?;
    let file = options.get_filename().to_owned();
    if url.contains(":memory:") || file.as_os_str().is_empty() {
        bail!("database.url names no file");
    }
    Ok(file)
}

/// Proves that a file at rest is a whole database, and with a configuration whether its keys fit.
async fn whole(file: &Path, config: Option<&Config>) -> Result<(Report, bool)> {
    let db = Db::open_at_rest(file).await.map_err(cause)?;
    let outcome = look_through(&db, config).await;
    close(&db).await?;
    outcome
}

async fn look_through(db: &Db, config: Option<&Config>) -> Result<(Report, bool)> {
    let found = text(db.read(), "PRAGMA integrity_check")
        .await
        .context("it is no whole database")?;
    if found != "ok" {
        bail!("it is damaged: {found}");
    }
    let proof = proved(db).await?;
    let keys_fit = match config {
        Some(config) => keys_fit(config, db).await?,
        None => true,
    };
    Ok((proof, keys_fit))
}

/// Refuses when anybody has the database open, and brings what is in its WAL home otherwise.
async fn nobody_uses(target: &Path) -> Result<()> {
    let path = target.to_owned();
    let mut options = ConnectOptions::new("sqlite:database");
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .filename(&path)
                .create_if_missing(false)
                .busy_timeout(Duration::from_secs(1))
        });
    // A damaged database is in nobody's use; it is moved aside as it is.
    let Ok(db) = Database::connect(options).await else {
        return Ok(());
    };
    // Only who is alone with a database can take it out of WAL mode.
    let left = text(&db, "PRAGMA journal_mode = DELETE").await;
    db.close().await?;
    let in_use = match &left {
        Ok(mode) => mode == "wal",
        Err(error) => format!("{error:#}").contains("locked"),
    };
    if in_use {
        bail!("{} is in use: stop the service first", target.display());
    }
    Ok(())
}

/// Moves the database and what belongs to it; tells where it went.
fn move_aside(target: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>> {
    let mut aside = None;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let from = with_suffix(target, suffix);
        if !from.exists() {
            continue;
        }
        let to = with_suffix(target, &format!(".before-{}{suffix}", stamp(now)));
        if to.exists() {
            bail!("{} is there already", to.display());
        }
        std::fs::rename(&from, &to)
            .with_context(|| format!("{} cannot be moved aside", from.display()))?;
        aside.get_or_insert(to);
    }
    Ok(aside)
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    name.into()
}

fn has_content(file: &Path) -> bool {
    file.metadata().is_ok_and(|about| about.len() > 0)
}

/// The first column of the first row.
async fn text(db: &DatabaseConnection, sql: &str) -> Result<String> {
    let row = db
        .query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, sql))
        .await?
        .context("no answer")?;
    Ok(row.try_get_by_index(0)?)
}
