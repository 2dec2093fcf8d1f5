//! What keeps the service well and is done from outside of it: when it was last done, and where
//! the result is.
//!
//! It stands in the database and not in a file, so that every node, the doctor and the figures
//! know of a backup that was made on another machine.

use std::path::Path;

use chrono::{DateTime, Utc};
use entity::upkeep;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, Set};

use crate::db::{Db, SYSTEM};
use crate::error::Result;

/// A kind of upkeep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// `xingdong backup`.
    Backup,
    /// `xingdong audit checkpoint`.
    Checkpoint,
}

impl Upkeep {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Backup, Self::Checkpoint];

    /// Its word in the database and in the figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Checkpoint => "checkpoint",
        }
    }
}

/// Notes that it was done. What was done stands also when the note cannot be made, such as on a
/// replica that takes no writes: then the log says so.
pub async fn note(db: &Db, what: Upkeep, at: DateTime<Utc>, file: &Path) {
    if let Err(error) = try_note(db, what, at, file).await {
        tracing::warn!(kind = what.as_str(), %error, "upkeep was done and could not be noted");
    }
}

async fn try_note(db: &Db, what: Upkeep, at: DateTime<Utc>, file: &Path) -> Result<()> {
    use upkeep::Column as C;
    // The doctor looks for the space that is left there from wherever it is run.
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let row = upkeep::ActiveModel {
        committee_id: Set(SYSTEM),
        kind: Set(what.as_str().to_owned()),
        done_at: Set(at),
        note: Set(file.display().to_string()),
    };
    let again = OnConflict::columns([C::CommitteeId, C::Kind])
        .update_columns([C::DoneAt, C::Note])
        .to_owned();
    db.housekeeping(async |txn| {
        upkeep::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(txn)
            .await?;
        Ok(())
    })
    .await
}

/// When it was last done, if ever.
///
/// # Errors
/// When the database does not answer.
pub async fn last(db: &Db, what: Upkeep) -> Result<Option<upkeep::Model>> {
    let key = (SYSTEM, what.as_str().to_owned());
    Ok(upkeep::Entity::find_by_id(key).one(db.read()).await?)
}
