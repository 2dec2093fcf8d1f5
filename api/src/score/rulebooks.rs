//! Versions of the rules: drafted by the office, proposed, adopted by a leader as a second person,
//! and from then on never changed. What they give is computed in [`super::service`].

mod in_force;
mod steps;

use domain::authority::{Operation, Scope};
use domain::ids::{CommitteeId, RulebookId};
use domain::rulebook::RulebookStatus;
use domain::score::Rulebook;
use domain::time::local_date;
use entity::{Scoped, rulebook};
use sea_orm::{EntityTrait, QueryOrder};
use uuid::Uuid;

pub use in_force::{InForce, find, hold, in_force, in_force_on};
pub use steps::{adopt, amend, create, propose, withdraw};

use crate::access::{Caller, Guarded};
use crate::app::App;
use crate::error::{ApiError, Result};

/// How the shipped default is called where a version has an id.
pub const DEFAULT: &str = "default";

impl Guarded for rulebook::Model {
    const PARAM: &'static str = "rulebook_id";
    const READ: Operation = Operation::RulebookRead;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(rulebook::Entity::find_by_id((committee, RulebookId(id)))
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        // The rules are those of the whole committee; only who reaches all of it reaches them.
        Ok(Scope::default())
    }
}

/// A version, or the shipped default.
#[derive(Clone, Debug)]
pub struct Version {
    /// The row; none of the shipped default.
    pub row: Option<rulebook::Model>,
    /// What it says.
    pub rulebook: Rulebook,
    /// The hash of what it says.
    pub hash: String,
    /// The text in TOML.
    pub text: String,
    /// Whether the current period is assessed by it.
    pub in_force: bool,
}

/// Every version of a committee, the latest draft first; the shipped default is the last.
pub async fn list(app: &App, committee: CommitteeId) -> Result<Vec<Version>> {
    let rows = rulebook::Entity::of(committee)
        .order_by_desc(rulebook::Column::CreatedAt)
        .order_by_desc(rulebook::Column::Id)
        .all(app.db.read())
        .await?;
    let now = current(app, committee).await?.id;
    let mut versions = Vec::with_capacity(rows.len() + 1);
    for row in rows {
        versions.push(version(app, row, now)?);
    }
    versions.push(shipped(app, now));
    Ok(versions)
}

/// The version of this id, or the shipped default.
pub async fn read(app: &App, committee: CommitteeId, id: &str) -> Result<Version> {
    let now = current(app, committee).await?.id;
    if id == DEFAULT {
        return Ok(shipped(app, now));
    }
    let id = id.parse().map_err(|_| ApiError::not_found())?;
    let row = rulebook::Model::load(app, committee, id).await?;
    version(app, row.ok_or_else(ApiError::not_found)?, now)
}

/// A row that was just changed, as it is shown.
pub async fn described(app: &App, row: rulebook::Model) -> Result<Version> {
    let now = current(app, row.committee_id).await?.id;
    version(app, row, now)
}

async fn current(app: &App, committee: CommitteeId) -> Result<InForce> {
    in_force_on(app, committee, local_date(app.clock.now())).await
}

fn version(app: &App, row: rulebook::Model, now: Option<RulebookId>) -> Result<Version> {
    let scheme = app.schemes.of(&row.hash, &row.text)?;
    Ok(Version {
        rulebook: scheme.rulebook().clone(),
        hash: row.hash.clone(),
        text: row.text.clone(),
        in_force: row.status == RulebookStatus::Adopted && now == Some(row.id),
        row: Some(row),
    })
}

fn shipped(app: &App, now: Option<RulebookId>) -> Version {
    let shipped = in_force::shipped(app);
    Version {
        row: None,
        rulebook: shipped.scheme.rulebook().clone(),
        hash: shipped.hash,
        text: domain::score::SIX_ONES.to_owned(),
        in_force: now.is_none(),
    }
}
