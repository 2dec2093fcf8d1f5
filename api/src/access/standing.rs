//! What an account may do at this moment: its session, its member, its dated seats.
//!
//! Kept for at most one second, so that a seat that ended, an account that was disabled or a
//! session that was revoked counts within a second on every node, with or without Redis.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use domain::authority::Standing;
use domain::ids::{AccountId, CommitteeId, GroupId, MemberId, SessionId, SpecialCommitteeId};
use domain::people::{MemberStatus, SeatKind};
use domain::time::local_date;
use entity::{account, group, member, seat, session};
use moka::future::Cache;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::token::Claims;
use crate::batch::Batcher;
use crate::clock::Clock;
use crate::db::{Db, among};
use crate::error::{ApiError, Code, Result};

/// How many sessions are looked up together.
const BATCH: usize = 256;
/// How many may wait to be looked up.
const ROOM: usize = 8_192;

/// What is known of a session.
#[derive(Clone, Debug)]
pub struct Known {
    pub session: session::Model,
    pub account: account::Model,
    pub member: Option<member::Model>,
    pub standings: Vec<Standing>,
}

/// A session, by the committee it is of.
type Key = (CommitteeId, SessionId);

/// Sessions that were looked up within the last second.
#[derive(Clone)]
pub struct Standings {
    known: Cache<Key, Option<Arc<Known>>>,
    look_up: Batcher<Key, Option<Arc<Known>>>,
}

impl std::fmt::Debug for Standings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Standings")
    }
}

impl Standings {
    /// Nothing is known yet; look-ups run on this thread's runtime.
    pub fn new(db: &Db, clock: &Clock) -> Self {
        let known = Cache::builder()
            .max_capacity(100_000)
            .time_to_live(Duration::from_millis(900))
            .build();
        let (db, clock) = (db.clone(), clock.clone());
        let look_up = Batcher::spawn(ROOM, BATCH, async move |keys: &[Key]| {
            let found = load(&db, keys, local_date(clock.now())).await?;
            Ok(keys.iter().map(|key| Ok(found.get(key).cloned())).collect())
        });
        Self { known, look_up }
    }

    /// Forgets everything, after a change on this node, so that it counts here at once.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }

    /// What the session of these claims may do now.
    pub(super) async fn of(&self, claims: &Claims, now: DateTime<Utc>) -> Result<Arc<Known>> {
        let key = (claims.cid, claims.sid);
        let known = self
            .known
            .try_get_with(key, self.look_up.ask(key))
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

/// What is known of these sessions, in six queries however many they are.
async fn load(db: &Db, keys: &[Key], today: NaiveDate) -> Result<HashMap<Key, Arc<Known>>> {
    let backend = db.read().get_database_backend();
    let keys = keys.iter().map(|(committee, id)| (*committee, [id.0]));
    let sessions = session::Entity::find()
        .filter(among::<session::Entity, 1>(
            backend,
            [session::Column::Id],
            keys,
        ))
        .all(db.read())
        .await?;
    let keys = sessions
        .iter()
        .map(|session| (session.committee_id, [session.account_id.0]));
    let accounts: HashMap<(CommitteeId, AccountId), account::Model> = account::Entity::find()
        .filter(among::<account::Entity, 1>(
            backend,
            [account::Column::Id],
            keys,
        ))
        .all(db.read())
        .await?
        .into_iter()
        .map(|row| ((row.committee_id, row.id), row))
        .collect();
    let keys = accounts
        .values()
        .filter_map(|row| Some((row.committee_id, [row.member_id?.0])));
    let members: HashMap<(CommitteeId, MemberId), member::Model> = member::Entity::find()
        .filter(among::<member::Entity, 1>(
            backend,
            [member::Column::Id],
            keys,
        ))
        .filter(member::Column::Status.eq(MemberStatus::Active))
        .all(db.read())
        .await?
        .into_iter()
        .map(|row| ((row.committee_id, row.id), row))
        .collect();
    let seats = seats(db, &accounts, &members, today).await?;
    let served = served(db, &seats).await?;
    let mut known = HashMap::with_capacity(sessions.len());
    for session in sessions {
        let committee = session.committee_id;
        let Some(account) = accounts.get(&(committee, session.account_id)).cloned() else {
            continue;
        };
        let member = account
            .member_id
            .and_then(|id| members.get(&(committee, id)))
            .cloned();
        let standings = standings(&account, member.as_ref(), &seats, &served);
        let key = (committee, session.id);
        let one = Known {
            session,
            account,
            member,
            standings,
        };
        known.insert(key, Arc::new(one));
    }
    Ok(known)
}

/// The groups that special committees serve.
type Served = HashMap<(CommitteeId, SpecialCommitteeId), Vec<GroupId>>;

async fn served(db: &Db, seats: &[seat::Model]) -> Result<Served> {
    let specials: HashSet<(CommitteeId, SpecialCommitteeId)> = seats
        .iter()
        .filter(|seat| seat.kind == SeatKind::Staff)
        .filter_map(|seat| Some((seat.committee_id, seat.special_committee_id?)))
        .collect();
    let mut served = Served::new();
    if specials.is_empty() {
        return Ok(served);
    }
    let keys = specials
        .into_iter()
        .map(|(committee, special)| (committee, [special.0]));
    let groups = group::Entity::find()
        .filter(among::<group::Entity, 1>(
            db.read().get_database_backend(),
            [group::Column::SpecialCommitteeId],
            keys,
        ))
        .all(db.read())
        .await?;
    for group in groups {
        if let Some(special) = group.special_committee_id {
            let key = (group.committee_id, special);
            served.entry(key).or_default().push(group.id);
        }
    }
    Ok(served)
}

fn standings(
    account: &account::Model,
    member: Option<&member::Model>,
    seats: &[seat::Model],
    served: &Served,
) -> Vec<Standing> {
    let his = |seat: &&seat::Model| {
        let own = seat.account_id == Some(account.id);
        let by_member = seat.member_id.is_some() && seat.member_id == member.map(|one| one.id);
        seat.committee_id == account.committee_id && (own || by_member)
    };
    let member = member.map(|member| Standing::Member(member.id, member.group_id));
    let held = seats.iter().filter(his).filter_map(|seat| {
        Some(match seat.kind {
            SeatKind::Office => Standing::Office,
            SeatKind::Leader => Standing::Leader,
            SeatKind::Auditor => Standing::Auditor,
            SeatKind::Admin => Standing::Admin,
            SeatKind::Convener => Standing::Convener(seat.group_id?),
            SeatKind::Staff => {
                let special = seat.special_committee_id?;
                let groups = served.get(&(seat.committee_id, special));
                Standing::Staff(special, groups.cloned().unwrap_or_default())
            }
        })
    });
    member.into_iter().chain(held).collect()
}

/// The seats of these people that count today: confirmed, and today lies between their first and
/// last day.
async fn seats(
    db: &Db,
    accounts: &HashMap<(CommitteeId, AccountId), account::Model>,
    members: &HashMap<(CommitteeId, MemberId), member::Model>,
    today: NaiveDate,
) -> Result<Vec<seat::Model>> {
    let backend = db.read().get_database_backend();
    let accounts = accounts.keys().map(|(committee, id)| (*committee, [id.0]));
    let members = members.keys().map(|(committee, id)| (*committee, [id.0]));
    // One query each: no index serves an "or" of the two.
    let held = [
        among::<seat::Entity, 1>(backend, [seat::Column::AccountId], accounts),
        among::<seat::Entity, 1>(backend, [seat::Column::MemberId], members),
    ];
    let mut seats = BTreeMap::new();
    for theirs in held {
        let found = seat::Entity::find()
            .filter(theirs)
            .filter(seat::Column::ConfirmedAt.is_not_null())
            .filter(seat::Column::FromDate.lte(today))
            .filter(
                Condition::any()
                    .add(seat::Column::ToDate.is_null())
                    .add(seat::Column::ToDate.gte(today)),
            )
            .all(db.read())
            .await?;
        seats.extend(found.into_iter().map(|seat| (seat.id, seat)));
    }
    Ok(seats.into_values().collect())
}
