//! Check-ins, written by the hundred.

use std::cmp::{max, min};
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::attendance::AttendanceSource;
use domain::ids::{ActivityId, CommitteeId, MemberId};
use entity::{attendance, checkin};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, Statement, Value,
};

use super::write::Done;
use super::{Invited, Judged, Written};
use crate::checkin::service::{CheckedIn, arrival};
use crate::db::{GIVEN, among, insert_fit};
use crate::error::{ApiError, Result};

/// Writes check-ins down, or finds those that stood before. Whoever is not on the list, and what
/// vanished meanwhile, is left out.
pub(super) async fn arrive(
    txn: &DatabaseTransaction,
    arriving: Vec<(usize, &Judged)>,
) -> Result<Vec<Done>> {
    if arriving.is_empty() {
        return Ok(Vec::new());
    }
    let sent_again = sent_again(txn, &arriving).await?;
    let mut arriving: Vec<_> = arriving
        .into_iter()
        .filter(|(at, _)| !sent_again.contains_key(at))
        .collect();
    // In one order, so that two nodes with the same members never wait for each other.
    arriving.sort_by_key(|(_, judged)| which(&judged.row));
    let mut seen = HashSet::with_capacity(arriving.len());
    let (arriving, twice): (Vec<_>, Vec<_>) = arriving
        .into_iter()
        .partition(|(_, judged)| seen.insert(which(&judged.row)));
    let rows = arriving.iter().map(|(_, judged)| &judged.row);
    let new = insert(txn, rows.collect()).await?;
    let (first, mut again): (Vec<_>, Vec<_>) = arriving
        .into_iter()
        .partition(|(_, judged)| new.contains(&which(&judged.row)));
    again.extend(twice);
    attend(txn, first.iter().map(|(_, judged)| *judged)).await?;
    let stood = stood(txn, &again).await?;
    let stood = stood.into_iter().chain(sent_again);
    let stood = stood.map(|(at, row)| (at, row, None));
    let first = first.into_iter();
    let first = first.map(|(at, judged)| (at, judged.row.clone(), Some(judged.act())));
    let done = first.chain(stood).map(|(at, row, act)| Done {
        at,
        written: Written::In(Box::new(CheckedIn {
            row,
            first: act.is_some(),
        })),
        act,
    });
    Ok(done.collect())
}

/// The check-ins that stand already and were made by the same tap, of activities with several
/// sessions: sent again after a lost answer, it may fall into the next one.
async fn sent_again(
    txn: &DatabaseTransaction,
    arriving: &[(usize, &Judged)],
) -> Result<HashMap<usize, checkin::Model>> {
    let several = arriving.iter().filter(|(_, judged)| judged.sessions > 1);
    let several: Vec<(usize, &Judged)> = several.copied().collect();
    let there = there(txn, &several).await?;
    let by_tap: HashMap<_, checkin::Model> =
        there.into_iter().map(|row| (tap(&row), row)).collect();
    let made = |(at, judged): &(usize, &Judged)| {
        let row = by_tap.get(&tap(&judged.row))?;
        Some((*at, row.clone()))
    };
    Ok(several.iter().filter_map(made).collect())
}

/// One tap of a phone: who, at what, the phone's own id of it, and the slot of the code.
fn tap(row: &checkin::Model) -> (CommitteeId, ActivityId, MemberId, String, i64) {
    (
        row.committee_id,
        row.activity_id,
        row.member_id,
        row.client_id.clone(),
        row.slot,
    )
}

/// Writes the rows of those who are on the lists; tells which of them are new. Taps can race past
/// every look-up: the table's key lets one of them in.
async fn insert(txn: &DatabaseTransaction, rows: Vec<&checkin::Model>) -> Result<HashSet<Which>> {
    use checkin::Column as C;
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let key = [C::CommitteeId, C::ActivityId, C::MemberId, C::Session];
    let once = OnConflict::columns(key).do_nothing().to_owned();
    let mut insert = insert_fit(txn.get_database_backend(), &rows, on_the_list());
    let returning = Query::returning().columns(key);
    insert.on_conflict(once).returning(returning);
    let new = txn.query_all(&insert).await?;
    let keys = new.iter().map(|row| {
        Ok((
            row.try_get_by_index(0)?,
            row.try_get_by_index(1)?,
            row.try_get_by_index(2)?,
            row.try_get_by_index(3)?,
        ))
    });
    Ok(keys.collect::<std::result::Result<_, DbErr>>()?)
}

/// Whether a given check-in is of somebody on the list.
fn on_the_list() -> Expr {
    use attendance::Column as A;
    use checkin::Column as C;
    let mut line = Query::select();
    line.expr(Expr::val(1)).from(attendance::Entity);
    for (own, given) in [
        (A::CommitteeId, C::CommitteeId),
        (A::ActivityId, C::ActivityId),
        (A::MemberId, C::MemberId),
    ] {
        line.and_where(own.into_expr().eq(Expr::col((GIVEN, given))));
    }
    Expr::exists(line)
}

/// The check-ins that stood before these.
async fn stood(
    txn: &DatabaseTransaction,
    again: &[(usize, &Judged)],
) -> Result<Vec<(usize, checkin::Model)>> {
    let there = there(txn, again).await?;
    let there: HashMap<_, checkin::Model> =
        there.into_iter().map(|row| (which(&row), row)).collect();
    let found =
        |(at, judged): &(usize, &Judged)| Some((*at, there.get(&which(&judged.row))?.clone()));
    Ok(again.iter().filter_map(found).collect())
}

/// All check-ins of these members to these activities.
async fn there(
    txn: &DatabaseTransaction,
    these: &[(usize, &Judged)],
) -> Result<Vec<checkin::Model>> {
    if these.is_empty() {
        return Ok(Vec::new());
    }
    let keys = these.iter().map(|(_, judged)| judged.invited());
    let rows = checkin::Entity::find()
        .filter(among::<checkin::Entity, 2>(
            txn.get_database_backend(),
            [checkin::Column::ActivityId, checkin::Column::MemberId],
            keys.map(|(committee, activity, member)| (committee, [activity.0, member.0])),
        ))
        .all(txn)
        .await?;
    Ok(rows)
}

/// A check-in that can be there once.
type Which = (CommitteeId, ActivityId, MemberId, i32);

fn which(row: &checkin::Model) -> Which {
    (
        row.committee_id,
        row.activity_id,
        row.member_id,
        row.session,
    )
}

/// Adds new check-ins to what the attendances say of all sessions together.
async fn attend<'a>(
    txn: &DatabaseTransaction,
    judged: impl Iterator<Item = &'a Judged>,
) -> Result<()> {
    let mut arrivals: BTreeMap<Invited, Arrival> = BTreeMap::new();
    for one in judged {
        let arrival = Arrival::of(&one.row);
        arrivals
            .entry(one.invited())
            .and_modify(|known| known.and(&arrival))
            .or_insert(arrival);
    }
    if arrivals.is_empty() {
        return Ok(());
    }
    let backend = txn.get_database_backend();
    let (given, values) = given(backend, &arrivals);
    let statement = Statement::from_sql_and_values(backend, added(&given), values);
    let added = txn.execute_raw(statement).await?.rows_affected();
    if usize::try_from(added) == Ok(arrivals.len()) {
        Ok(())
    } else {
        Err(ApiError::not_found())
    }
}

/// What check-ins to sessions of one activity say together of one member.
#[derive(Clone, Copy)]
struct Arrival {
    late: bool,
    offline: bool,
    needs_review: bool,
    /// The first.
    at: DateTime<Utc>,
    /// The last.
    received_at: DateTime<Utc>,
}

impl Arrival {
    fn of(row: &checkin::Model) -> Self {
        Self {
            late: row.late,
            offline: row.offline,
            needs_review: row.needs_review,
            at: row.at,
            received_at: row.received_at,
        }
    }

    fn and(&mut self, other: &Self) {
        self.late |= other.late;
        self.offline |= other.offline;
        self.needs_review |= other.needs_review;
        // What was kept from an earlier session may arrive after the check-in to a later one.
        self.at = min(self.at, other.at);
        self.received_at = max(self.received_at, other.received_at);
    }
}

const COLUMNS: &str =
    "committee_id, activity_id, member_id, late, offline, needs_review, at, received_at";

/// The statement that adds arrivals, given as a query for the columns [`COLUMNS`], to attendances.
fn added(given: &str) -> String {
    // What a person found stands; the check-in is kept beside it and the conflict is shown.
    let decided = format!(
        "attendance.source IN ('{}', '{}')",
        AttendanceSource::RollCall.as_str(),
        AttendanceSource::Correction.as_str()
    );
    let (late, present) = (arrival(true).as_str(), arrival(false).as_str());
    let code = AttendanceSource::Code.as_str();
    format!(
        "WITH given ({COLUMNS}) AS ({given}) UPDATE attendance SET \
         late = attendance.late OR given.late, \
         offline = attendance.offline OR given.offline, \
         needs_review = attendance.needs_review OR given.needs_review, \
         status = CASE WHEN {decided} THEN attendance.status \
             WHEN attendance.late OR given.late THEN '{late}' ELSE '{present}' END, \
         source = CASE WHEN {decided} THEN attendance.source ELSE '{code}' END, \
         checked_in_at = CASE WHEN attendance.checked_in_at < given.at THEN attendance.checked_in_at \
             ELSE given.at END, \
         updated_at = given.received_at \
         FROM given WHERE attendance.committee_id = given.committee_id \
         AND attendance.activity_id = given.activity_id AND attendance.member_id = given.member_id"
    )
}

/// The arrivals as rows of the columns [`COLUMNS`]: lists, of which PostgreSQL plans the statement
/// once; for SQLite values, which is the faster way there.
fn given(backend: DatabaseBackend, arrivals: &BTreeMap<Invited, Arrival>) -> (String, Vec<Value>) {
    if backend == DatabaseBackend::Postgres {
        let keys = || arrivals.keys();
        let all = || arrivals.values();
        let values = vec![
            Value::from(keys().map(|key| key.0.0).collect::<Vec<_>>()),
            Value::from(keys().map(|key| key.1.0).collect::<Vec<_>>()),
            Value::from(keys().map(|key| key.2.0).collect::<Vec<_>>()),
            Value::from(all().map(|one| one.late).collect::<Vec<_>>()),
            Value::from(all().map(|one| one.offline).collect::<Vec<_>>()),
            Value::from(all().map(|one| one.needs_review).collect::<Vec<_>>()),
            Value::from(all().map(|one| one.at).collect::<Vec<_>>()),
            Value::from(all().map(|one| one.received_at).collect::<Vec<_>>()),
        ];
        (
            "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)".to_owned(),
            values,
        )
    } else {
        let rows = vec!["(?, ?, ?, ?, ?, ?, ?, ?)"; arrivals.len()].join(", ");
        let values = arrivals
            .iter()
            .flat_map(|((committee, activity, member), one)| {
                [
                    committee.0.into(),
                    activity.0.into(),
                    member.0.into(),
                    one.late.into(),
                    one.offline.into(),
                    one.needs_review.into(),
                    one.at.into(),
                    one.received_at.into(),
                ]
            });
        (format!("VALUES {rows}"), values.collect())
    }
}
