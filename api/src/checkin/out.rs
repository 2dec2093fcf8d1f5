//! Going: a member's check-out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::ActivityId;
use entity::{activity, attendance, committee};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect, Set};
use serde_json::json;

use super::code::keys;
use super::policy::check_out_policy;
use super::refusal::Door;
use super::service::{Sent, at_the_door, lock_as_seen, stored, visit};
use crate::access::{Permit, op};
use crate::activity::service::sessions_of;
use crate::app::App;
use crate::db::found;
use crate::error::Result;

/// A check-out that stands.
#[derive(Clone, Copy, Debug)]
pub struct CheckedOut {
    /// The ordinal of the session that was left.
    pub session: i32,
    /// When.
    pub at: DateTime<Utc>,
}

/// Checks the caller out of the session that he is in, or that he last was; of each the last time
/// counts.
pub async fn check_out(
    app: &App,
    permit: &Permit<op::CheckOut>,
    id: ActivityId,
    sent: Sent,
) -> Result<CheckedOut> {
    let activity = found(
        activity::Entity::find_by_id((permit.committee(), id))
            .one(app.db.read())
            .await?,
    )?;
    let visit = visit(app, permit, Arc::new(activity)).await?;
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    let came = stored(app.db.read(), &visit).await?;
    let policy = check_out_policy(&sessions_of(&visit.activity)?, &came, &committee);
    let (invitation, admission) = at_the_door(
        app,
        permit,
        &visit,
        &keys(app, &committee)?,
        &policy,
        &sent,
        Door::Out,
    )
    .await?;
    permit
        .write(app, async |write| {
            lock_as_seen(write, &visit.activity).await?;
            let attendance = found(
                attendance::Entity::find_by_id((write.committee, invitation.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            let session = admission.session;
            let rows = stored(&write.txn, &visit).await?;
            let checkin = found(rows.into_iter().find(|row| row.session == session))?;
            // What a phone kept while it had no network may arrive after a later check-out.
            if let Some(at) = checkin
                .checked_out_at
                .filter(|&stored| admission.at <= stored)
            {
                write.unchanged();
                return Ok(CheckedOut { session, at });
            }
            let mut row = checkin.into_active_model();
            row.checked_out_at = Set(Some(admission.at));
            row.update(&write.txn).await?;
            let member = attendance.member_id;
            let last = attendance.checked_out_at.max(Some(admission.at));
            let mut row = attendance.into_active_model();
            row.checked_out_at = Set(last);
            row.updated_at = Set(write.at);
            row.update(&write.txn).await?;
            write.about("activity", id);
            write.detail(json!({ "member": member, "session": session, "at": admission.at }));
            Ok(CheckedOut {
                session,
                at: admission.at,
            })
        })
        .await
}
