//! Activities: drafted, approved, announced, answered, closed. What happens at the door is the
//! business of [`crate::checkin`], what becomes of a wish for leave that of [`crate::leave`].

mod audience;
mod edit;
mod files;
mod plan;
mod publish;
mod queries;
mod reply;
mod routes;
pub mod service;
mod sessions;
mod steps;
mod times;

use crate::mount::Mount;
use chrono::{DateTime, Utc};
use domain::activity::ActivityStatus;
use domain::authority::{Operation, Reach, Scope};
use domain::ids::{ActivityId, CommitteeId, MemberId};
use entity::{Scoped, activity, attendance};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use crate::access::{Caller, Guarded};
use crate::app::App;
use crate::error::Result;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::activity_list)
        .service(routes::activity_read)
        .service(routes::activity_create)
        .service(routes::activity_update)
        .service(routes::files::activity_files)
        .service(routes::steps::activity_submit)
        .service(routes::steps::activity_approve)
        .service(routes::steps::activity_return)
        .service(routes::steps::activity_publish)
        .service(routes::steps::activity_cancel)
        .service(routes::steps::activity_reschedule)
        .service(routes::steps::activity_close)
        .service(routes::reply::activity_reply);
}

/// Where an activity stands at `now`.
///
/// Nobody has to start an activity: what is published runs from its start on. The column keeps
/// saying `published` until the activity is closed, so everything that asks for the status asks
/// here.
pub fn status_now(activity: &activity::Model, now: DateTime<Utc>) -> ActivityStatus {
    if activity.status == ActivityStatus::Published && activity.starts_at <= now {
        ActivityStatus::Running
    } else {
        activity.status
    }
}

impl Guarded for activity::Model {
    const PARAM: &'static str = "activity_id";
    const READ: Operation = Operation::ActivityRead;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(activity::Entity::find_by_id((committee, ActivityId(id)))
            .one(app.db.read())
            .await?)
    }

    /// An activity lies with its group, and with each member who was invited to it once it is
    /// public.
    ///
    /// A member who knows of it by another seat may ask for his own part as well: the operation
    /// then tells him `not_invited`, which says more than the seat he lacks.
    async fn scope(&self, app: &App, caller: &Caller) -> Result<Scope> {
        let mut scope = Scope {
            groups: vec![self.group_id],
            member: None,
        };
        let Some(member) = caller.member_id() else {
            return Ok(scope);
        };
        let knows =
            Reach::of(Self::READ, caller.standings()).is_some_and(|reach| reach.covers(&scope));
        if knows || (self.status.public() && invited(app, self, member).await?) {
            scope.member = Some(member);
        }
        Ok(scope)
    }
}

async fn invited(app: &App, activity: &activity::Model, member: MemberId) -> Result<bool> {
    let rows = attendance::Entity::of(activity.committee_id)
        .filter(attendance::Column::ActivityId.eq(activity.id))
        .filter(attendance::Column::MemberId.eq(member))
        .count(app.db.read())
        .await?;
    Ok(rows > 0)
}
