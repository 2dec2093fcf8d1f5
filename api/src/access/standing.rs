//! What an account may do at this moment: its session, its member, its dated seats.
//!
//! Kept for at most one second, so that a seat that ended, an account that was disabled or a
//! session that was revoked counts within a second on every node, with or without Redis.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::authority::Standing;
use domain::ids::{CommitteeId, MemberId, SessionId};
use domain::people::{MemberStatus, SeatKind};
use domain::time::local_date;
use entity::{Scoped, account, group, member, seat, session};
use moka::future::Cache;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::token::Claims;
use crate::db::Db;
use crate::error::{ApiError, Code, Result};

/// What is known of a session.
#[derive(Clone, Debug)]
pub struct Known {
    pub session: session::Model,
    pub account: account::Model,
    pub member: Option<member::Model>,
    pub standings: Vec<Standing>,
}

/// Sessions that were looked up within the last second.
#[derive(Clone)]
pub struct Standings {
    known: Cache<(CommitteeId, SessionId), Option<Arc<Known>>>,
}

impl std::fmt::Debug for Standings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Standings")
    }
}

impl Default for Standings {
    fn default() -> Self {
        let known = Cache::builder()
            .max_capacity(100_000)
            .time_to_live(Duration::from_millis(900))
            .build();
        Self { known }
    }
}

impl Standings {
    /// Forgets everything, after a change on this node, so that it counts here at once.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }

    /// What the session of these claims may do now.
    pub(super) async fn of(
        &self,
        db: &Db,
        claims: &Claims,
        now: DateTime<Utc>,
    ) -> Result<Arc<Known>> {
        let key = (claims.cid, claims.sid);
        let known = self
            .known
            .try_get_with(key, async { load(db, claims, now).await })
            .await
            .map_err(|error: Arc<ApiError>| ApiError {
                retry_after: error.retry_after,
                cause: error
                    .cause
                    .as_ref()
                    .map(|cause| anyhow::anyhow!("{cause:#}")),
                ..ApiError::new(error.code)
            })?;
        let refused = || ApiError::new(Code::Unauthenticated);
        let known = known.ok_or_else(refused)?;
        let ended = known.session.revoked_at.is_some() || known.session.expires_at <= now;
        let same_account =
            known.account.id == claims.sub && known.account.session_version == claims.ver;
        if ended
            || !same_account
            || known.account.disabled_at.is_some()
            || known.session.audience != claims.aud.as_str()
        {
            return Err(refused());
        }
        Ok(known)
    }
}

async fn load(db: &Db, claims: &Claims, now: DateTime<Utc>) -> Result<Option<Arc<Known>>> {
    let committee = claims.cid;
    let Some(session) = session::Entity::find_by_id((committee, claims.sid))
        .one(db.read())
        .await?
    else {
        return Ok(None);
    };
    let Some(account) = account::Entity::find_by_id((committee, session.account_id))
        .one(db.read())
        .await?
    else {
        return Ok(None);
    };
    let member = match account.member_id {
        Some(id) => {
            member::Entity::find_by_id((committee, id))
                .one(db.read())
                .await?
        }
        None => None,
    };
    let member = member.filter(|member| member.status == MemberStatus::Active);
    let standings = standings(db, committee, &account, member.as_ref(), now).await?;
    Ok(Some(Arc::new(Known {
        session,
        account,
        member,
        standings,
    })))
}

async fn standings(
    db: &Db,
    committee: CommitteeId,
    account: &account::Model,
    member: Option<&member::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<Standing>> {
    let mut standings: Vec<_> = member
        .map(|member| Standing::Member(member.id, member.group_id))
        .into_iter()
        .collect();
    for seat in seats(db, committee, account, member.map(|member| member.id), now).await? {
        standings.push(match seat.kind {
            SeatKind::Office => Standing::Office,
            SeatKind::Leader => Standing::Leader,
            SeatKind::Auditor => Standing::Auditor,
            SeatKind::Admin => Standing::Admin,
            SeatKind::Convener => match seat.group_id {
                Some(group) => Standing::Convener(group),
                None => continue,
            },
            SeatKind::Staff => match seat.special_committee_id {
                Some(special) => {
                    let served = group::Entity::of(committee)
                        .filter(group::Column::SpecialCommitteeId.eq(special))
                        .all(db.read())
                        .await?;
                    Standing::Staff(special, served.into_iter().map(|group| group.id).collect())
                }
                None => continue,
            },
        });
    }
    Ok(standings)
}

/// The seats that count today: confirmed, and today lies between their first and last day.
async fn seats(
    db: &Db,
    committee: CommitteeId,
    account: &account::Model,
    member: Option<MemberId>,
    now: DateTime<Utc>,
) -> Result<Vec<seat::Model>> {
    let today = local_date(now);
    let mut holder = Condition::any().add(seat::Column::AccountId.eq(account.id));
    if let Some(member) = member {
        holder = holder.add(seat::Column::MemberId.eq(member));
    }
    let seats = seat::Entity::of(committee)
        .filter(holder)
        .filter(seat::Column::ConfirmedAt.is_not_null())
        .filter(seat::Column::FromDate.lte(today))
        .filter(
            Condition::any()
                .add(seat::Column::ToDate.is_null())
                .add(seat::Column::ToDate.gte(today)),
        )
        .all(db.read())
        .await?;
    Ok(seats)
}
