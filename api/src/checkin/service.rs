//! Coming and going: a member's check-in and check-out.

use chrono::{DateTime, Utc};
use domain::attendance::{AttendanceSource, AttendanceStatus};
use domain::authority::Reach;
use domain::checkin::{
    Admission, Attempt, CodeKeys, Location, PlaceVerdict, Policy, Refusal, Slot, admit,
};
use domain::ids::{ActivityId, CheckinId, MemberId};
use entity::{Scoped, activity, attendance, checkin, committee};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Set, TryInsertResult,
};
use serde_json::json;

pub use super::settle::{Settled, settle_activity};

use super::code::{keys, not_open};
use super::policy::{check_in_policy, check_out_policy};
use super::refusal::{Door, explain};
use crate::access::{Caller, Guarded, OperationType, Permit, op};
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
struct Visit {
    member: MemberId,
    activity: activity::Model,
    attendance: Option<attendance::Model>,
}

/// Checks the caller in to an activity, or finds the check-in that already stands.
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
    // A second tap costs two look-ups and no attempt: a phone may repeat as often as it likes.
    if visit
        .attendance
        .as_ref()
        .is_some_and(|attendance| attendance.checked_in_at.is_some())
        && let Some(row) = stored(app.db.read(), &visit).await?
    {
        return Ok(CheckedIn { row, first: false });
    }
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    let policy = check_in_policy(&visit.activity, &committee);
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
                .on_conflict_do_nothing_on([checkin::Column::CommitteeId, checkin::Column::ActivityId, checkin::Column::MemberId])
                .exec_without_returning(&write.txn)
                .await?;
            if !matches!(inserted, TryInsertResult::Inserted(1..)) {
                write.unchanged();
                let row = stored(&write.txn, &visit).await?;
                let row = row.ok_or_else(|| ApiError::unavailable(anyhow::anyhow!("check-in vanished")))?;
                return Ok(CheckedIn { row, first: false });
            }
            attend(write, &attendance, &row).await?;
            write.about("activity", id);
            write.detail(json!({
                "member": row.member_id, "at": row.at, "late": row.late, "offline": row.offline, "needs_review": row.needs_review,
            }));
            Ok(CheckedIn { row, first: true })
        })
        .await
}

/// Checks the caller out of an activity; the last time counts.
pub async fn check_out(
    app: &App,
    permit: &Permit<op::CheckOut>,
    id: ActivityId,
    sent: Sent,
) -> Result<DateTime<Utc>> {
    let visit = visit(app, permit, id).await?;
    let committee = found(
        committee::Entity::find_by_id(permit.committee())
            .one(app.db.read())
            .await?,
    )?;
    let policy = check_out_policy(&visit.activity, &committee);
    let (attendance, admission) = at_the_door(
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
                attendance::Entity::find_by_id((write.committee, attendance.id))
                    .lock_exclusive()
                    .one(&write.txn)
                    .await?,
            )?;
            // What a phone kept while it had no network may arrive after a later check-out.
            if let Some(later) = attendance
                .checked_out_at
                .filter(|&stored| admission.at <= stored)
            {
                write.unchanged();
                return Ok(later);
            }
            let member = attendance.member_id;
            let mut row = attendance.into_active_model();
            row.checked_out_at = Set(Some(admission.at));
            row.updated_at = Set(write.at);
            row.update(&write.txn).await?;
            write.about("activity", id);
            write.detail(json!({ "member": member, "at": admission.at }));
            Ok(admission.at)
        })
        .await
}

async fn visit<O: OperationType>(app: &App, permit: &Permit<O>, id: ActivityId) -> Result<Visit> {
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

async fn stored(db: &impl ConnectionTrait, visit: &Visit) -> Result<Option<checkin::Model>> {
    let row = checkin::Entity::of(visit.activity.committee_id)
        .filter(checkin::Column::ActivityId.eq(visit.activity.id))
        .filter(checkin::Column::MemberId.eq(visit.member))
        .one(db)
        .await?;
    Ok(row)
}

/// Whether the member is invited, the activity open and the code good.
///
/// Only what is refused counts towards the limit, so that a storm of honest taps is never
/// answered with 429 and a thousand guesses are.
async fn at_the_door<O: OperationType>(
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
    if let Some(attendance) = &visit.attendance {
        if !visit.activity.status.open() {
            return Err(not_open(&visit.activity));
        }
        if matches!(door, Door::Out) && attendance.checked_in_at.is_none() {
            return Err(ApiError::new(Code::NotCheckedIn));
        }
    }
    let attempt = Attempt {
        code: &sent.code,
        slot: sent.slot,
        captured_at: sent.captured_at,
        location: sent.location,
    };
    let verdict = admit(keys, visit.activity.id, policy, &attempt, now);
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
async fn lock_as_seen(write: &Write, seen: &activity::Model) -> Result<()> {
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
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no two points on earth are more than 20,100 km apart"
)]
fn whole_metres(distance_m: f64) -> i32 {
    distance_m.round() as i32
}

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
    let mut row = attendance.into_active_model();
    if !decided {
        row.status = Set(arrival(checkin.late));
        row.source = Set(Some(AttendanceSource::Code));
    }
    row.checked_in_at = Set(Some(checkin.at));
    row.late = Set(checkin.late);
    row.offline = Set(checkin.offline);
    row.needs_review = Set(checkin.needs_review);
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
