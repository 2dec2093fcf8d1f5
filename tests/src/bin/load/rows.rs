//! What stands in the tables: a request counts only when its rows are found afterwards.

use anyhow::Result;
use api::app::App;
use domain::notice::{Channel, DeliveryState};
use entity::{attendance, audit, checkin, delivery};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

/// Rows of all committees.
pub struct Rows {
    /// Check-ins.
    pub checkins: u64,
    /// Attendances that know of a check-in.
    pub attended: u64,
    /// Audit entries about check-ins.
    pub audited: u64,
    /// Notices that WeChat took.
    pub delivered: u64,
}

/// Counts them.
pub async fn count(app: &App) -> Result<Rows> {
    let db = app.db.read();
    Ok(Rows {
        checkins: checkin::Entity::find().count(db).await?,
        attended: attendance::Entity::find()
            .filter(attendance::Column::CheckedInAt.is_not_null())
            .count(db)
            .await?,
        audited: audit::Entity::find()
            .filter(audit::Column::Operation.eq("check_in"))
            .filter(audit::Column::Outcome.eq("done"))
            .count(db)
            .await?,
        delivered: delivery::Entity::find()
            .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
            .filter(delivery::Column::State.eq(DeliveryState::Accepted))
            .count(db)
            .await?,
    })
}
