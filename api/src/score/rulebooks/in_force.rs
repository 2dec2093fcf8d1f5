//! Which version of the rules a committee is assessed by, on a day or in a period.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::ids::{CommitteeId, RulebookId};
use domain::rulebook::RulebookStatus;
use domain::score::{Period, Scheme};
use entity::{Scoped, committee, rulebook};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::app::App;
use crate::db::Write;
use crate::error::Result;

/// What a committee is assessed by.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The adopted version; none where the committee adopted none and the shipped default stands in.
    pub id: Option<RulebookId>,
    /// The hash of what it says.
    pub hash: String,
    /// The rulebook made ready for computing.
    pub scheme: Arc<Scheme>,
}

/// What a committee is assessed by in a period: the adopted version that took effect last before
/// it, or on its first day; the shipped default where there is none.
pub async fn in_force(app: &App, committee: CommitteeId, period: Period) -> Result<InForce> {
    in_force_on(app, committee, period.first).await
}

/// What a committee is assessed by on a day. Versions take effect on the first day of a period, so
/// this is what the period of that day is assessed by.
pub async fn in_force_on(app: &App, committee: CommitteeId, day: NaiveDate) -> Result<InForce> {
    find(app.db.read(), app, committee, day).await
}

/// The same, seen from within a change.
pub async fn find(
    db: &impl ConnectionTrait,
    app: &App,
    committee: CommitteeId,
    day: NaiveDate,
) -> Result<InForce> {
    use rulebook::Column as C;
    // Of two versions for one day the later adoption stands: it was made to replace the other
    // before anything was closed by it.
    let adopted = rulebook::Entity::of(committee)
        .filter(C::Status.eq(RulebookStatus::Adopted))
        .filter(C::EffectiveFrom.lte(day))
        .order_by_desc(C::EffectiveFrom)
        .order_by_desc(C::AdoptedAt)
        .order_by_desc(C::Id)
        .one(db)
        .await?;
    match adopted {
        Some(row) => Ok(InForce {
            scheme: app.schemes.of(&row.hash, &row.text)?,
            id: Some(row.id),
            hash: row.hash,
        }),
        None => Ok(shipped(app)),
    }
}

/// Holds what is in force as it is until the transaction ends: whoever adopts a version and whoever
/// closes a period by it wait for each other.
pub async fn hold(write: &Write) -> Result<()> {
    committee::Entity::find_by_id(write.committee)
        .lock_exclusive()
        .one(&write.txn)
        .await?;
    Ok(())
}

/// The shipped default as what is in force.
pub(super) fn shipped(app: &App) -> InForce {
    let ready = app.schemes.shipped();
    InForce {
        id: None,
        hash: ready.hash,
        scheme: ready.scheme,
    }
}
