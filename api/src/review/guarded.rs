//! Where reviews, nominations and objections lie, for the permits that reach them.

use domain::authority::{Operation, Reach, Scope};
use domain::ids::{CommitteeId, NominationId, ObjectionId, ReviewId};
use entity::{nomination, objection, review};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::sight::Sight;
use crate::access::{Caller, Guarded};
use crate::app::App;
use crate::error::Result;

impl Guarded for review::Model {
    const PARAM: &'static str = "review_id";
    const READ: Operation = Operation::ReviewList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(review::Entity::find_by_id((committee, ReviewId(id)))
            .one(app.db.read())
            .await?)
    }

    /// A published list is everybody's; while groups nominate, a review lies with the groups of
    /// those who can; before that it is the office's.
    async fn scope(&self, _: &App, caller: &Caller) -> Result<Scope> {
        Ok(match Sight::of(caller, self) {
            Sight::Nothing => Scope::default(),
            Sight::Groups(groups) => Scope {
                groups,
                member: None,
            },
            Sight::Published | Sight::Whole => Scope {
                groups: Reach::of(Self::READ, caller.standings())
                    .unwrap_or_default()
                    .groups,
                member: caller.member_id(),
            },
        })
    }
}

impl Guarded for nomination::Model {
    const PARAM: &'static str = "nomination_id";
    const READ: Operation = Operation::ReviewList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(
            nomination::Entity::find_by_id((committee, NominationId(id)))
                .one(app.db.read())
                .await?,
        )
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: vec![self.group_id],
            member: Some(self.member_id),
        })
    }
}

impl Guarded for objection::Model {
    const PARAM: &'static str = "objection_id";
    const READ: Operation = Operation::ObjectionList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(objection::Entity::find_by_id((committee, ObjectionId(id)))
            .one(app.db.read())
            .await?)
    }

    /// An objection is known to whoever raised it and to those who answer for all.
    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: Vec::new(),
            member: Some(self.member_id),
        })
    }
}
