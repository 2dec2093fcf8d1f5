//! Followers whom two members call theirs: a list for the office, and its decision.

use std::collections::HashMap;

use domain::authority::{Operation, Scope};
use domain::follower::LinkConflictState;
use domain::ids::{CommitteeId, IdentityId, LinkConflictId, MemberId};
use entity::{Scoped, identity, link_conflict, member};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde_json::json;
use uuid::Uuid;

use crate::access::{Caller, Guarded, On, Permit, op};
use crate::app::App;
use crate::db::found;
use crate::error::{ApiError, Code, Result};

/// A conflict with the names the office needs.
#[derive(Debug)]
pub(super) struct Conflict {
    pub row: link_conflict::Model,
    pub app_id: String,
    /// Who asks.
    pub asked_by: String,
    /// Whose follower it is now, if anybody's.
    pub linked_to: Option<(MemberId, String)>,
}

/// The conflicts of a committee, open ones first, the newest before the older.
pub(super) async fn list(
    app: &App,
    permit: &Permit<op::LinkConflictList>,
) -> Result<Vec<Conflict>> {
    let committee = permit.committee();
    let db = app.db.read();
    let mut rows = link_conflict::Entity::of(committee)
        .order_by_desc(link_conflict::Column::AskedAt)
        .limit(200)
        .all(db)
        .await?;
    rows.sort_by_key(|row| row.state != LinkConflictState::Open);
    let followers: HashMap<IdentityId, identity::Model> = identity::Entity::of(committee)
        .filter(identity::Column::Id.is_in(rows.iter().map(|row| row.identity_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let members = rows
        .iter()
        .map(|row| row.member_id)
        .chain(followers.values().filter_map(|row| row.member_id));
    let names: HashMap<MemberId, String> = member::Entity::of(committee)
        .filter(member::Column::Id.is_in(members))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect();
    let name = |id: MemberId| names.get(&id).cloned().unwrap_or_default();
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let follower = followers.get(&row.identity_id)?;
            Some(Conflict {
                app_id: follower.app_id.clone(),
                asked_by: name(row.member_id),
                linked_to: follower.member_id.map(|id| (id, name(id))),
                row,
            })
        })
        .collect())
}

/// Moves the follower to the member who asks, or leaves him where he is.
///
/// # Errors
/// `wrong_step` when it is decided already.
pub(super) async fn decide(
    app: &App,
    on: &On<op::LinkConflictDecide, link_conflict::Model>,
    approve: bool,
    note: String,
) -> Result<LinkConflictState> {
    on.write(app, async |write| {
        let row = found(
            link_conflict::Entity::find_by_id((write.committee, on.row.id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        if row.state != LinkConflictState::Open {
            return Err(ApiError::new(Code::WrongStep));
        }
        let follower = found(
            identity::Entity::find_by_id((write.committee, row.identity_id))
                .lock_exclusive()
                .one(&write.txn)
                .await?,
        )?;
        let state = if approve {
            LinkConflictState::Moved
        } else {
            LinkConflictState::Kept
        };
        write.about("link_conflict", row.id);
        write.detail(json!({
            "identity": row.identity_id, "member": row.member_id,
            "before": follower.member_id, "state": state, "note": note,
        }));
        if approve {
            let mut follower = follower.into_active_model();
            follower.member_id = Set(Some(row.member_id));
            follower.update(&write.txn).await?;
        }
        let mut row = row.into_active_model();
        row.state = Set(state);
        row.decided_by = Set(write.account());
        row.decided_at = Set(Some(write.at));
        row.note = Set(Some(note));
        row.update(&write.txn).await?;
        Ok(state)
    })
    .await
}

impl Guarded for link_conflict::Model {
    const PARAM: &'static str = "conflict_id";
    const READ: Operation = Operation::LinkConflictList;

    async fn load(app: &App, committee: CommitteeId, id: Uuid) -> Result<Option<Self>> {
        Ok(
            link_conflict::Entity::find_by_id((committee, LinkConflictId(id)))
                .one(app.db.read())
                .await?,
        )
    }

    async fn scope(&self, _: &App, _: &Caller) -> Result<Scope> {
        Ok(Scope::default())
    }
}
