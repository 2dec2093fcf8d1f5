//! Where members, seats and binding requests lie, for the permits that reach them.

use domain::authority::{Operation, Scope};
use domain::ids::CommitteeId;
use entity::{binding_request, member, seat};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::access::{Caller, Guarded};
use crate::app::App;
use crate::error::Result;

impl Guarded for member::Model {
    const PARAM: &'static str = "member_id";
    const READ: Operation = Operation::MemberRead;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(member::Entity::find_by_id((committee, id.into()))
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: vec![self.group_id],
            member: Some(self.id),
        })
    }
}

impl Guarded for seat::Model {
    const PARAM: &'static str = "seat_id";
    const READ: Operation = Operation::SeatList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(seat::Entity::find_by_id((committee, id.into()))
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: self.group_id.into_iter().collect(),
            member: self.member_id,
        })
    }
}

impl Guarded for binding_request::Model {
    const PARAM: &'static str = "request_id";
    const READ: Operation = Operation::BindingDecide;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(binding_request::Entity::find_by_id((committee, id.into()))
            .one(app.db.read())
            .await?)
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope {
            groups: Vec::new(),
            member: Some(self.member_id),
        })
    }
}
