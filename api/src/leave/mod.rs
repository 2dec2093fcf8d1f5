//! Leave from an activity: asked for by the member or registered for him, and decided by whoever
//! the kind of activity gives it to. A member asks by answering his invitation
//! ([`crate::activity`]).

mod queries;
mod routes;
pub mod service;

use crate::mount::Mount;
use domain::authority::{Operation, Scope};
use domain::ids::{CommitteeId, LeaveRequestId};
use entity::{activity, leave_request};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::access::{Caller, Guarded};
use crate::app::App;
use crate::db::found;
use crate::error::Result;

/// Mounts the operations.
pub fn configure(on: &mut impl Mount) {
    on.service(routes::leave_list)
        .service(routes::activity_leave_list)
        .service(routes::leave_register)
        .service(routes::leave_decide)
        .service(routes::leave_confirm)
        .service(routes::leave_withdraw);
}

impl Guarded for leave_request::Model {
    const PARAM: &'static str = "leave_request_id";
    const READ: Operation = Operation::LeaveList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(
            leave_request::Entity::find_by_id((committee, LeaveRequestId(id)))
                .one(app.db.read())
                .await?,
        )
    }

    /// A request lies with the member and with the group that holds the activity.
    async fn scope(&self, app: &App, _caller: &Caller) -> Result<Scope> {
        let activity = activity::Entity::find_by_id((self.committee_id, self.activity_id))
            .one(app.db.read())
            .await?;
        Ok(Scope {
            groups: vec![found(activity)?.group_id],
            member: Some(self.member_id),
        })
    }
}
