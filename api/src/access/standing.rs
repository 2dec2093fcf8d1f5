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
use domain::people::{AccountKind, MemberStatus, SeatKind};
use domain::time::local_date;
use entity::{account, group, member, seat, session};
use moka::sync::Cache;
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::token::Claims;
use crate::batch::Batcher;
use crate::clock::Clock;
use crate::db::{Db, among};
use crate::error::{ApiError, Code, Result};

/// How many sessions are looked up together.
const BATCH: usize = 512;
/// How many may wait to be looked up.
const ROOM: usize = 8_192;

/// What is known of a session.
#[derive(Clone, Debug)]
pub(super) struct Known {
    audience: String,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
    pub account: SignedIn,
    pub member: Option<InOffice>,
    pub standings: Vec<Standing>,
}

/// The account that signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Id.
    pub id: AccountId,
    /// How he signs in.
    pub kind: AccountKind,
    /// The member he is, once bound; in office or not.
    pub member_id: Option<MemberId>,
    /// Sign-in name, for accounts with a password.
    pub username: Option<String>,
    /// What others see in lists and in the audit log.
    pub display_name: String,
    /// Whether a TOTP code is asked for.
    pub totp: bool,
    /// Raised to end all sessions at once.
    pub session_version: i32,
}

/// The member in office that an account is.
#[derive(Clone, Copy, Debug)]
pub struct InOffice {
    /// Id.
    pub id: MemberId,
    /// The group he belongs to.
    pub group_id: GroupId,
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

    async fn looked_up(&self, key: Key) -> Result<Option<Arc<Known>>> {
        if let Some(known) = self.known.get(&key) {
            return Ok(known);
        }
        let known = self.look_up.ask(key).await?;
        self.known.insert(key, known.clone());
        Ok(known)
    }

    /// What the session of these claims may do now.
    pub(super) async fn of(&self, claims: &Claims, now: DateTime<Utc>) -> Result<Arc<Known>> {
        let key = (claims.cid, claims.sid);
        let refused = || ApiError::new(Code::Unauthenticated);
        let known = self.looked_up(key).await?.ok_or_else(refused)?;
        let ended = known.revoked_at.is_some() || known.expires_at <= now;
        let same_account =
            known.account.id == claims.sub && known.account.session_version == claims.ver;
        if ended
            || !same_account
            || known.disabled_at.is_some()
            || known.audience != claims.aud.as_str()
        {
            return Err(refused());
        }
        Ok(known)
    }
}

/// A session with its account and, while he is in office, its member.
#[derive(Debug, FromQueryResult)]
struct Row {
    committee_id: CommitteeId,
    session: SessionId,
    audience: String,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    account: AccountId,
    kind: AccountKind,
    member_id: Option<MemberId>,
    username: Option<String>,
    display_name: String,
    totp: bool,
    session_version: i32,
    disabled_at: Option<DateTime<Utc>>,
    in_office: Option<MemberId>,
    group_id: Option<GroupId>,
}

impl Row {
    fn account(&self) -> (CommitteeId, [Uuid; 1]) {
        (self.committee_id, [self.account.0])
    }

    fn member(&self) -> Option<(CommitteeId, [Uuid; 1])> {
        Some((self.committee_id, [self.in_office?.0]))
    }

    fn known(self, seats: &[seat::Model], served: &Served) -> Known {
        let member = self.in_office.zip(self.group_id);
        let member = member.map(|(id, group_id)| InOffice { id, group_id });
        Known {
            standings: standings((self.committee_id, self.account), member, seats, served),
            audience: self.audience,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            disabled_at: self.disabled_at,
            account: SignedIn {
                id: self.account,
                kind: self.kind,
                member_id: self.member_id,
                username: self.username,
                display_name: self.display_name,
                totp: self.totp,
                session_version: self.session_version,
            },
            member,
        }
    }
}

/// What is known of these sessions, in four queries however many they are.
async fn load(db: &Db, keys: &[Key], today: NaiveDate) -> Result<HashMap<Key, Arc<Known>>> {
    let rows = rows(db, keys).await?;
    let seats = seats(db, &rows, today).await?;
    let served = served(db, &seats).await?;
    let known = rows.into_iter().map(|row| {
        let key = (row.committee_id, row.session);
        (key, Arc::new(row.known(&seats, &served)))
    });
    Ok(known.collect())
}

async fn rows(db: &Db, keys: &[Key]) -> Result<Vec<Row>> {
    use account::Column as A;
    use member::Column as M;
    use session::Column as S;
    let its_account = session::Entity::belongs_to(account::Entity)
        .from((S::CommitteeId, S::AccountId))
        .to((A::CommitteeId, A::Id));
    let its_member = account::Entity::belongs_to(member::Entity)
        .from((A::CommitteeId, A::MemberId))
        .to((M::CommitteeId, M::Id))
        .on_condition(|_, member| {
            let status = Expr::col((member, M::Status));
            status.eq(MemberStatus::Active).into_condition()
        });
    let keys = keys.iter().map(|(committee, id)| (*committee, [id.0]));
    let backend = db.read().get_database_backend();
    let rows = session::Entity::find()
        .join(JoinType::InnerJoin, its_account.into())
        .join(JoinType::LeftJoin, its_member.into())
        .select_only()
        .columns([S::CommitteeId, S::Audience, S::ExpiresAt, S::RevokedAt])
        .column_as(S::Id, "session")
        .column_as(A::Id, "account")
        .columns([
            A::Kind,
            A::MemberId,
            A::Username,
            A::DisplayName,
            A::SessionVersion,
            A::DisabledAt,
        ])
        .column_as(A::TotpCipher.is_not_null(), "totp")
        .column_as(M::Id, "in_office")
        .column(M::GroupId)
        .filter(among::<session::Entity, 1>(backend, [S::Id], keys))
        .into_model::<Row>()
        .all(db.read())
        .await?;
    Ok(rows)
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
    (committee, account): (CommitteeId, AccountId),
    member: Option<InOffice>,
    seats: &[seat::Model],
    served: &Served,
) -> Vec<Standing> {
    let his = |seat: &&seat::Model| {
        let own = seat.account_id == Some(account);
        let by_member = seat.member_id.is_some() && seat.member_id == member.map(|one| one.id);
        seat.committee_id == committee && (own || by_member)
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
async fn seats(db: &Db, rows: &[Row], today: NaiveDate) -> Result<Vec<seat::Model>> {
    let backend = db.read().get_database_backend();
    let accounts = rows.iter().map(Row::account);
    let members = rows.iter().filter_map(Row::member);
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
