//! Coming: a member's check-in, and what coming and going have in common.

use chrono::{DateTime, Utc};
use domain::attendance::{AttendanceSource, AttendanceStatus};
use domain::authority::Reach;
use domain::checkin::{
    Admission, Attempt, CodeKeys, Location, PlaceVerdict, Policy, Refusal, Slot, admit, meant,
};
use domain::ids::{ActivityId, CheckinId, MemberId};
use entity::{Scoped, activity, attendance, checkin, committee};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set, TryInsertResult,
};
use serde_json::json;

pub use super::out::{CheckedOut, check_out};
pub use super::settle::{Settled, settle_activity};

use super::code::{keys, not_open};
use super::policy::{check_in_policy, check_in_windows};
use super::refusal::{Door, explain};
use crate::access::{Caller, Guarded, OperationType, Permit, op};
use crate::activity::service::sessions_of;
use crate::app::App;
use crate::cache::limits;
use crate::crypto::random;
use crate::db::{Write, found};
use crate::error::{ApiError, Code, Result};

/// What a phone sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The code as it was scanned or typed.
    pub code: String,
    /// The slot the phone read beside the code.
    pub slot: Option<Slot>,
    /// The phone's own id of this attempt.
    pub client_id: String,
    /// When the phone says it took the code.
    pub captured_at: Option<DateTime<Utc>>,
    /// Where the phone says it is.
    pub location: Option<Location>,
}

impl Sent {
    fn attempt(&self) -> Attempt<'_> {
        Attempt {
            code: &self.code,
            slot: self.slot,
            captured_at: self.captured_at,
            location: self.location,
        }
    }

    /// Whether this is what the phone had sent for that check-in, as after a lost answer.
    fn made(&self, row: &checkin::Model) -> bool {
        let same_moment = match self.slot {
            Some(slot) => slot.0 == row.slot,
            None => self.captured_at.is_some() && self.captured_at == row.captured_at,
        };
        same_moment && self.client_id == row.client_id
    }
}

/// A check-in that stands.
#[derive(Clone, Debug)]
pub struct CheckedIn {
    /// The row.
    pub row: checkin::Model,
    /// Whether this very request made it.
    pub first: bool,
}

impl CheckedIn {
    /// How the member came, as it was decided then.
    pub const fn status(&self) -> AttendanceStatus {
        arrival(self.row.late)
    }
}

/// What the door knows of a member and an activity.
pub(super) struct Visit {
    member: MemberId,
    pub(super) activity: activity::Model,
    attendance: Option<attendance::Model>,
}

impl Visit {
    /// Whether the member has checked in, to any session.
    fn has_come(&self) -> bool {
        self.attendance
            .as_ref()
            .is_some_and(|attendance| attendance.checked_in_at.is_some())
    }
}

/// Checks the caller in to the session of an activity that his code proves, or finds the check-in
/// to it that already stands.
///
/// An offline check-in is taken until the activity is closed; after that its member asks for a
/// correction, which a second person decides.
pub async fn check_in(
    app: &App,
    permit: &Permit<op::CheckIn>,
    id: ActivityId,
    sent: Sent,
) -> Result<CheckedIn> {
    let visit = visit(app, permit, id).await?;
    let windows = check_in_windows(&sessions_of(&visit.activity)?);
    // A second tap costs two look-ups and no attempt: a phone may repeat as often as it likes.
    if visit.has_come() {
        let session = meant(&windows, &sent.attempt(), app.clock.now());
        let row = stored(app.db.read(), &visit)
            .await?
            .into_iter()
            .find(|row| Some(row.session) == session || sent.made(row));
        if let Some(row) = row {
            return Ok(CheckedIn { row, first: false });
        }
    }
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    let policy = check_in_policy(&visit.activity, windows, &committee);
    let (attendance, admission) = at_the_door(
        app,
        permit,
        &visit,
        &keys(app, &committee)?,
        &policy,
        &sent,
        Door::In,
    )
    .await?;
    permit
        .write(app, async |write| {
            lock_as_seen(write, &visit.activity).await?;
            let row = row(write, &visit, &sent, &policy, &admission);
            // Taps can race past the look-up above; `checkin_once` lets one of them in and the
            // others find its row.
            let inserted = checkin::Entity::insert(checkin::ActiveModel::from(row.clone()))
                .on_conflict_do_nothing_on([
                    checkin::Column::CommitteeId,
                    checkin::Column::ActivityId,
                    checkin::Column::MemberId,
                    checkin::Column::Session,
                ])
                .exec_without_returning(&write.txn)
                .await?;
            if !matches!(inserted, TryInsertResult::Inserted(1..)) {
                write.unchanged();
                let rows = stored(&write.txn, &visit).await?;
                let row = rows.into_iter().find(|row| row.session == admission.session);
                let row = row.ok_or_else(|| ApiError::unavailable(anyhow::anyhow!("check-in vanished")))?;
                return Ok(CheckedIn { row, first: false });
            }
            attend(write, &attendance, &row).await?;
            write.about("activity", id);
            write.detail(json!({
                "member": row.member_id, "session": row.session, "at": row.at, "late": row.late, "offline": row.offline, "needs_review": row.needs_review,
            }));
            Ok(CheckedIn { row, first: true })
        })
        .await
}

pub(super) async fn visit<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    id: ActivityId,
) -> Result<Visit> {
    let member = permit
        .reach
        .member
        .ok_or_else(|| ApiError::new(Code::NotBound))?;
    let activity = found(
        activity::Entity::find_by_id((permit.committee(), id))
            .one(app.db.read())
            .await?,
    )?;
    let attendance = attendance::Entity::of(permit.committee())
        .filter(attendance::Column::ActivityId.eq(id))
        .filter(attendance::Column::MemberId.eq(member))
        .one(app.db.read())
        .await?;
    Ok(Visit {
        member,
        activity,
        attendance,
    })
}

/// The check-ins that stand, by session.
pub(super) async fn stored(
    db: &impl ConnectionTrait,
    visit: &Visit,
) -> Result<Vec<checkin::Model>> {
    let rows = checkin::Entity::of(visit.activity.committee_id)
        .filter(checkin::Column::ActivityId.eq(visit.activity.id))
        .filter(checkin::Column::MemberId.eq(visit.member))
        .order_by_asc(checkin::Column::Session)
        .all(db)
        .await?;
    Ok(rows)
}

/// Whether the member is invited, the activity open and the code good.
///
/// Only what is refused counts towards the limit, so that a storm of honest taps is never
/// answered with 429 and a thousand guesses are.
pub(super) async fn at_the_door<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    visit: &Visit,
    keys: &CodeKeys,
    policy: &Policy,
    sent: &Sent,
    door: Door,
) -> Result<(attendance::Model, Admission)> {
    let now = app.clock.now();
    let subject = visit.member.to_string();
    app.cache.check(limits::CHECK_IN, &subject, now).await?;
    if visit.attendance.is_some() {
        if !visit.activity.status.open() {
            return Err(not_open(&visit.activity));
        }
        if matches!(door, Door::Out) && !visit.has_come() {
            return Err(ApiError::new(Code::NotCheckedIn));
        }
    }
    let verdict = admit(keys, visit.activity.id, policy, &sent.attempt(), now);
    match (&visit.attendance, verdict) {
        (Some(attendance), Ok(admission)) => Ok((attendance.clone(), admission)),
        (Some(_), Err(refusal)) => {
            app.cache.take(limits::CHECK_IN, &subject, now).await?;
            Err(explain(door, refusal))
        }
        (None, verdict) => {
            app.cache.take(limits::CHECK_IN, &subject, now).await?;
            Err(uninvited(app, &permit.caller, &visit.activity, &verdict).await?)
        }
    }
}

/// Who stands before the screen, or knows of the activity by another seat, is told that he is not
/// on the list; anybody else, that there is no such activity.
async fn uninvited(
    app: &App,
    caller: &Caller,
    activity: &activity::Model,
    verdict: &Result<Admission, Refusal>,
) -> Result<ApiError> {
    let unproved = matches!(
        verdict,
        Err(Refusal::WrongCode | Refusal::CodeFromFuture | Refusal::TooEarly { .. })
    );
    let scope = activity.scope(app, caller).await?;
    let reads = Reach::of(activity::Model::READ, caller.standings())
        .is_some_and(|reach| reach.covers(&scope));
    let knows = reads || (!unproved && activity.status.public());
    Ok(if knows {
        ApiError::new(Code::NotInvited)
    } else {
        ApiError::not_found()
    })
}

/// The activity, held open until the transaction ends: closing it waits for us or we for it.
///
/// # Errors
/// `checkin_not_open` when it was closed or cancelled meanwhile.
pub(super) async fn lock_open(write: &Write, id: ActivityId) -> Result<activity::Model> {
    let activity = found(
        activity::Entity::find_by_id((write.committee, id))
            .lock_shared()
            .one(&write.txn)
            .await?,
    )?;
    if activity.status.open() {
        Ok(activity)
    } else {
        Err(not_open(&activity))
    }
}

/// The same, unless the activity was moved since the attempt was judged by its times and its place.
pub(super) async fn lock_as_seen(write: &Write, seen: &activity::Model) -> Result<()> {
    let activity = lock_open(write, seen.id).await?;
    if activity.version == seen.version {
        Ok(())
    } else {
        Err(ApiError::with(
            Code::Conflict,
            "活动安排刚有变动，请刷新后重试",
        ))
    }
}

fn row(
    write: &Write,
    visit: &Visit,
    sent: &Sent,
    policy: &Policy,
    admission: &Admission,
) -> checkin::Model {
    let (distance_m, needs_review) = match admission.place {
        PlaceVerdict::NotAsked => (None, false),
        PlaceVerdict::Inside { distance_m } => (Some(distance_m), false),
        PlaceVerdict::Review { distance_m, .. } => (distance_m, true),
    };
    // A place that nobody asked for is not kept.
    let location = sent.location.filter(|_| policy.place.is_some());
    checkin::Model {
        committee_id: write.committee,
        id: CheckinId::new(write.at, random()),
        activity_id: visit.activity.id,
        member_id: visit.member,
        session: admission.session,
        at: admission.at,
        received_at: write.at,
        slot: admission.slot.0,
        late: admission.late,
        offline: admission.offline,
        client_id: sent.client_id.clone(),
        captured_at: sent.captured_at,
        latitude: location.map(|location| location.latitude),
        longitude: location.map(|location| location.longitude),
        accuracy_m: location.map(|location| location.accuracy_m),
        distance_m: distance_m.map(whole_metres),
        needs_review,
        checked_out_at: None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no two points on earth are more than 20,100 km apart"
)]
fn whole_metres(distance_m: f64) -> i32 {
    distance_m.round() as i32
}

/// Adds a check-in to what the attendance says of all sessions together.
async fn attend(
    write: &Write,
    attendance: &attendance::Model,
    checkin: &checkin::Model,
) -> Result<()> {
    let attendance = found(
        attendance::Entity::find_by_id((write.committee, attendance.id))
            .lock_exclusive()
            .one(&write.txn)
            .await?,
    )?;
    // What a person found stands; the check-in is kept beside it and the conflict is shown.
    let decided = matches!(
        attendance.source,
        Some(AttendanceSource::RollCall | AttendanceSource::Correction)
    );
    // What was kept from an earlier session may arrive after the check-in to a later one.
    let first = attendance
        .checked_in_at
        .map_or(checkin.at, |before| before.min(checkin.at));
    let late = attendance.late || checkin.late;
    let offline = attendance.offline || checkin.offline;
    let needs_review = attendance.needs_review || checkin.needs_review;
    let mut row = attendance.into_active_model();
    if !decided {
        row.status = Set(arrival(late));
        row.source = Set(Some(AttendanceSource::Code));
    }
    row.checked_in_at = Set(Some(first));
    row.late = Set(late);
    row.offline = Set(offline);
    row.needs_review = Set(needs_review);
    row.updated_at = Set(write.at);
    row.update(&write.txn).await?;
    Ok(())
}

const fn arrival(late: bool) -> AttendanceStatus {
    if late {
        AttendanceStatus::Late
    } else {
        AttendanceStatus::Present
    }
}
