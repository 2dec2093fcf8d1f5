//! Coming: a member's check-in, and what coming and going have in common.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::attendance::AttendanceStatus;
use domain::authority::Reach;
use domain::checkin::{
    Admission, Attempt, CodeKeys, Location, PlaceVerdict, Policy, Refusal, Slot, admit, meant,
};
use domain::ids::{ActivityId, AttendanceId, MemberId};
use entity::{Scoped, activity, attendance, checkin};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

pub use super::desk::Desk;
pub use super::out::{CheckedOut, check_out};
pub use super::settle::{Settled, settle_activity};

use super::code::not_open;
use super::desk::{Judged, Place};
use super::refusal::{Door, explain};
use crate::access::{Caller, Guarded, OperationType, Permit, op};
use crate::app::App;
use crate::cache::limits;
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

/// What the door asks of the line of a list of invitations.
#[derive(Clone, Debug, DerivePartialModel)]
#[sea_orm(entity = "attendance::Entity")]
pub(super) struct Invitation {
    pub id: AttendanceId,
    pub checked_in_at: Option<DateTime<Utc>>,
}

/// What the door knows of a member and an activity.
pub(super) struct Visit {
    member: MemberId,
    pub(super) activity: Arc<activity::Model>,
    invitation: Option<Invitation>,
}

impl Visit {
    /// Whether the member has checked in, to any session.
    fn has_come(&self) -> bool {
        self.invitation
            .as_ref()
            .is_some_and(|invitation| invitation.checked_in_at.is_some())
    }
}

/// Checks the caller in to the session of an activity that his code proves, or finds the check-in
/// to it that already stands.
///
/// An offline check-in is taken until the activity is closed; after that its member asks for a
/// correction, which a second person decides.
pub async fn check_in(
    app: &App,
    desk: &Desk,
    permit: &Permit<op::CheckIn>,
    id: ActivityId,
    sent: Sent,
) -> Result<CheckedIn> {
    let place = desk.place(permit.committee(), id).await?;
    if let Some(good) = good_at_a_glance(app, permit, &place, &sent).await?
        && let Some(done) = desk.check_in(good).await?
    {
        return Ok(done);
    }
    // Refused, not on the list, or the activity was changed: only what is known now decides that.
    let place = desk.place_now(permit.committee(), id).await?;
    let visit = visit(app, permit, Arc::clone(&place.activity)).await?;
    // A second tap is no attempt: a phone may repeat as often as it likes.
    if let Some(row) = stands(app, &visit, &place, &sent).await? {
        return Ok(CheckedIn { row, first: false });
    }
    let (_, admission) = at_the_door(
        app,
        permit,
        &visit,
        &place.keys,
        &place.policy,
        &sent,
        Door::In,
    )
    .await?;
    let row = row(app.clock.now(), visit.member, &place, &sent, &admission);
    let judged = Judged::new(permit.caller.actor(), &place, row);
    desk.check_in(judged).await?.ok_or_else(moved)
}

/// The check-in that stands already where this attempt is a second tap, or the first one sent
/// again after a lost answer.
async fn stands(
    app: &App,
    visit: &Visit,
    place: &Place,
    sent: &Sent,
) -> Result<Option<checkin::Model>> {
    if !visit.has_come() {
        return Ok(None);
    }
    let session = meant(&place.policy.windows, &sent.attempt(), app.clock.now());
    let rows = stored(app.db.read(), visit).await?;
    Ok(rows
        .into_iter()
        .find(|row| Some(row.session) == session || sent.made(row)))
}

/// The check-in, where it is good by what was known of the activity a moment ago; whether the
/// member is on its list is seen when it is written.
async fn good_at_a_glance(
    app: &App,
    permit: &Permit<op::CheckIn>,
    place: &Place,
    sent: &Sent,
) -> Result<Option<Judged>> {
    let member = member_of(permit)?;
    let now = app.clock.now();
    // Whoever guessed too often may still be in, and hear so.
    let subject = member.to_string();
    let allowed = app.cache.check(limits::CHECK_IN, &subject, now).await;
    if allowed.is_err() {
        return Ok(None);
    }
    let verdict = admit(
        &place.keys,
        place.activity.id,
        &place.policy,
        &sent.attempt(),
        now,
    );
    let good = verdict
        .ok()
        .filter(|_| place.activity.status.open())
        .map(|admission| {
            let row = row(now, member, place, sent, &admission);
            Judged::new(permit.caller.actor(), place, row)
        });
    Ok(good)
}

/// The caller before an activity, with his line of its list as it is now.
pub(super) async fn visit<O: OperationType>(
    app: &App,
    permit: &Permit<O>,
    activity: Arc<activity::Model>,
) -> Result<Visit> {
    let member = member_of(permit)?;
    let invitation = attendance::Entity::of(permit.committee())
        .filter(attendance::Column::ActivityId.eq(activity.id))
        .filter(attendance::Column::MemberId.eq(member))
        .into_partial_model()
        .one(app.db.read())
        .await?;
    Ok(Visit {
        member,
        activity,
        invitation,
    })
}

fn member_of<O: OperationType>(permit: &Permit<O>) -> Result<MemberId> {
    let member = permit.reach.member;
    member.ok_or_else(|| ApiError::new(Code::NotBound))
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
) -> Result<(Invitation, Admission)> {
    let now = app.clock.now();
    let subject = visit.member.to_string();
    app.cache.check(limits::CHECK_IN, &subject, now).await?;
    if visit.invitation.is_some() {
        if !visit.activity.status.open() {
            return Err(not_open(visit.activity.status));
        }
        if matches!(door, Door::Out) && !visit.has_come() {
            return Err(ApiError::new(Code::NotCheckedIn));
        }
    }
    let verdict = admit(keys, visit.activity.id, policy, &sent.attempt(), now);
    match (&visit.invitation, verdict) {
        (Some(invitation), Ok(admission)) => Ok((invitation.clone(), admission)),
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
        Err(not_open(activity.status))
    }
}

/// The same, unless the activity was moved since the attempt was judged by its times and its place.
pub(super) async fn lock_as_seen(write: &Write, seen: &activity::Model) -> Result<()> {
    let activity = lock_open(write, seen.id).await?;
    if activity.version == seen.version {
        Ok(())
    } else {
        Err(moved())
    }
}

fn moved() -> ApiError {
    ApiError::with(Code::Conflict, "活动安排刚有变动，请刷新后重试")
}

fn row(
    now: DateTime<Utc>,
    member: MemberId,
    place: &Place,
    sent: &Sent,
    admission: &Admission,
) -> checkin::Model {
    let (distance_m, needs_review) = match admission.place {
        PlaceVerdict::NotAsked => (None, false),
        PlaceVerdict::Inside { distance_m } => (Some(distance_m), false),
        PlaceVerdict::Review { distance_m, .. } => (distance_m, true),
    };
    // A place that nobody asked for is not kept.
    let location = sent.location.filter(|_| place.policy.place.is_some());
    checkin::Model {
        committee_id: place.activity.committee_id,
        activity_id: place.activity.id,
        member_id: member,
        session: admission.session,
        at: admission.at,
        received_at: now,
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

/// The status of who came.
pub(super) const fn arrival(late: bool) -> AttendanceStatus {
    if late {
        AttendanceStatus::Late
    } else {
        AttendanceStatus::Present
    }
}
