//! `xingdong backup` and `xingdong restore`: the whole database in one file while the service
//! runs, and the way back.
//!
//! A backup that was not read back is a hope. What is restored is proved first: the file is whole,
//! and every chain ends where its head says. What was there before is moved aside, never deleted.

mod postgres;
mod sqlite;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use entity::committee;
use sea_orm::EntityTrait;

use crate::audit::offline::{Report, Source, verify};
use crate::config::Config;
use crate::crypto::Vault;
use crate::db::Db;
use crate::error::ApiError;
use crate::upkeep::{self, Upkeep};

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Where it is.
    pub file: PathBuf,
    /// How large it is.
    pub bytes: u64,
    /// What was proved of the copy; an archive of PostgreSQL is proved when it is restored.
    pub proof: Option<Report>,
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} bytes", self.file.display(), self.bytes)?;
        match &self.proof {
            Some(proof) => write!(f, "{proof}"),
            None => writeln!(
                f,
                "the archive can be read; its chains are proved when it is restored"
            ),
        }
    }
}

/// A backup that was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Where the database that was there before is now: a file, or a schema of the database.
    pub aside: Option<String>,
    /// What was proved of what is there now.
    pub proof: Report,
    /// Whether the configured keys open what is encrypted in it.
    pub keys_fit: bool,
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.proof)?;
        if let Some(aside) = &self.aside {
            writeln!(f, "what was there before is now {aside}")?;
        }
        if !self.keys_fit {
            writeln!(
                f,
                "WARNING: the keys of this configuration do not open what is encrypted in it"
            )?;
        }
        writeln!(
            f,
            "restored; `xingdong migrate status` says whether its tables are up to date"
        )
    }
}

/// Writes the database into a new file, as it is at one moment; the service may go on meanwhile.
/// That it was done at `now` is noted in the database.
///
/// # Errors
/// When the file is there already, the database is not, or the copy does not prove whole.
pub async fn backup(config: &Config, file: &Path, now: DateTime<Utc>) -> Result<Saved> {
    if file.exists() {
        bail!("{} is there already: nothing was written", file.display());
    }
    let saved = if is_sqlite(config) {
        sqlite::backup(config, file).await?
    } else {
        postgres::backup(config, file).await?
    };
    let db = open(config).await?;
    upkeep::note(&db, Upkeep::Backup, now, file).await;
    close(&db).await?;
    Ok(saved)
}

/// Puts a backup in the place of the configured database, which must be empty unless `force`:
/// then what is there is moved aside under a name that carries `now`. The service must not run.
///
/// # Errors
/// When the backup does not prove whole; then what was there is there still.
pub async fn restore(
    config: &Config,
    file: &Path,
    force: bool,
    now: DateTime<Utc>,
) -> Result<Restored> {
    if !file.is_file() {
        bail!("there is no file {}", file.display());
    }
    if is_sqlite(config) {
        sqlite::restore(config, file, force, now).await
    } else {
        postgres::restore(config, file, force, now).await
    }
}

/// The file of an SQLite database; none of PostgreSQL.
///
/// # Errors
/// When the address of an SQLite database names no file.
pub fn database_file(config: &Config) -> Result<Option<PathBuf>> {
    if is_sqlite(config) {
        sqlite::file_of(config).map(Some)
    } else {
        Ok(None)
    }
}

fn is_sqlite(config: &Config) -> bool {
    config.database.url.reveal().starts_with("sqlite:")
}

/// A stamp for the names of what is moved aside.
fn stamp(now: DateTime<Utc>) -> String {
    now.format("%Y%m%dt%H%M%Sz").to_string()
}

/// An empty file beside the one that is to be, so that no reader ever sees half of it.
fn beside(file: &Path) -> Result<tempfile::NamedTempFile> {
    let folder = folder_of(file);
    tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write into {}", folder.display()))
}

fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Gives a written file its name, so that both outlast a loss of power.
fn settle(written: tempfile::NamedTempFile, file: &Path) -> Result<()> {
    written.as_file().sync_all()?;
    written
        .persist_noclobber(file)
        .with_context(|| format!("{} cannot be made", file.display()))?;
    std::fs::File::open(folder_of(file))?.sync_all()?;
    Ok(())
}

async fn open(config: &Config) -> Result<Db> {
    Db::open(&config.database).await.map_err(cause)
}

fn cause(error: ApiError) -> anyhow::Error {
    error
        .cause
        .unwrap_or_else(|| anyhow::anyhow!("the database does not open"))
}

/// Closes every connection: whoever looks next for others must not find us.
async fn close(db: &Db) -> Result<()> {
    db.read().clone().close().await?;
    db.migrations().clone().close().await?;
    Ok(())
}

/// Proves the chains of a database.
async fn proved(db: &Db) -> Result<Report> {
    let proof = verify(Source::Database(db))
        .await
        .context("the chains cannot be read")?;
    if proof.chains.is_empty() {
        bail!("there is no committee in it");
    }
    if !proof.ok() {
        bail!("its record was changed:\n{proof}");
    }
    Ok(proof)
}

/// Whether the configured keys open what is encrypted in a database.
async fn keys_fit(config: &Config, db: &Db) -> Result<bool> {
    let vault = Vault::new(&config.field_keys()?, config.index_key()?);
    let committees = committee::Entity::find().all(db.read()).await?;
    Ok(committees
        .iter()
        .filter(|committee| !committee.code_secret.is_empty())
        .all(|committee| vault.open(&committee.code_secret).is_ok()))
}
