//! Whether an attempt to check in is admitted, and with which verdict (product.md §4.6).
//!
//! The server's clock and the slot proved by the code decide; what a phone says of its own clock
//! is never trusted. Who may check in at all, and that one row stands per member and activity, is
//! left to the service.

mod code;
mod place;

pub use code::{CodeKey, CodeKeys, CodeKeysError, SLOT_SECONDS, Slot, code};
pub use place::{Location, Place, PlaceVerdict, REVIEW_ACCURACY_M, ReviewReason};

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::ActivityId;
use code::Digits;

/// How many slots before the previous one are searched to tell an old code from a wrong one:
/// five minutes, the time a photograph of the screen takes to make its way to a friend.
const OLD_SLOTS: i64 = 10;

/// When check-ins are taken: from `opens_at` on, and before `closes_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant that is admitted.
    pub opens_at: DateTime<Utc>,
    /// The first instant that is admitted no more.
    pub closes_at: DateTime<Utc>,
}

/// When one session of an activity takes check-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionWindow {
    /// The ordinal of the session.
    pub session: i32,
    /// When check-ins are taken.
    pub window: Window,
    /// From this instant on a check-in is late.
    pub late_after: DateTime<Utc>,
}

/// What an activity asks of a check-in.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// When its sessions take check-ins: in order and without overlap.
    pub windows: Vec<SessionWindow>,
    /// How long after the end of its slot a code may still arrive from a phone that had no
    /// network; zero where the activity takes no offline check-ins.
    pub offline_delay: TimeDelta,
    /// Where the member must be, where the activity asks for a place.
    pub place: Option<Place>,
}

/// What a phone sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt<'a> {
    /// The code as it was scanned or typed.
    pub code: &'a str,
    /// The slot that the phone read beside the code.
    pub slot: Option<Slot>,
    /// When the phone says it took the code: a hint where to look, never a proof.
    pub captured_at: Option<DateTime<Utc>>,
    /// Where the phone says it is.
    pub location: Option<Location>,
}

/// A check-in that is admitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Admission {
    /// When the member was there: the server's time, or for an offline check-in the start of the
    /// slot that the code proves.
    pub at: DateTime<Utc>,
    /// The ordinal of the session in whose window that lies.
    pub session: i32,
    /// Whether that is late.
    pub late: bool,
    /// Whether the code came after its time from a phone without network.
    pub offline: bool,
    /// The slot that the code proves.
    pub slot: Slot,
    /// What the place says.
    pub place: PlaceVerdict,
}

/// Why an attempt is not admitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    /// Before check-in opens, or between the windows of two sessions.
    TooEarly {
        /// When it opens next.
        opens_at: DateTime<Utc>,
    },
    /// At or after the close of the last session.
    TooLate {
        /// When it closed.
        closes_at: DateTime<Utc>,
    },
    /// No code of this activity in any slot that was asked.
    WrongCode,
    /// A genuine code, but of an earlier slot, with no claim to be an offline check-in or at an
    /// activity that takes none.
    CodeExpired {
        /// The slot it was shown in.
        slot: Slot,
    },
    /// A genuine code of an earlier slot that came after the time allowed for offline check-ins.
    OfflineTooOld {
        /// The first instant that was too late.
        limit: DateTime<Utc>,
    },
    /// The phone names a slot that has not begun.
    CodeFromFuture,
    /// The activity asks for a place and none came.
    LocationMissing,
    /// The place is no place on earth.
    LocationInvalid,
    /// The member is certainly outside the venue, even with the stated accuracy in his favour.
    TooFar {
        /// How far from the venue.
        distance_m: f64,
        /// How far is allowed.
        radius_m: f64,
    },
}

/// Decide an attempt that reached the server at `now`.
///
/// The code is verified before anything is said about the place, so that nobody can probe where a
/// venue is without standing before its screen. A code of this slot or the one before is online
/// and counts from `now`; an older one is offline and counts from the start of its slot. That
/// instant must lie in the window of a session, and is a check-in to that one. A code that was
/// shown in the window of a session and arrives at its close or just after is offline as well: a
/// moment later it would be, and admitted.
pub fn admit(
    keys: &CodeKeys,
    activity: ActivityId,
    policy: &Policy,
    attempt: &Attempt<'_>,
    now: DateTime<Utc>,
) -> Result<Admission, Refusal> {
    let digits = Digits::read(attempt.code).ok_or(Refusal::WrongCode)?;
    if let Some(first) = policy.windows.first()
        && now < first.window.opens_at
    {
        // No slot up to now can lie in a window, so nothing needs to be looked at.
        return Err(Refusal::TooEarly {
            opens_at: first.window.opens_at,
        });
    }
    let current = Slot::at(now);
    let slot = proved_slot(keys, activity, &digits, attempt, current)?;
    let online = current.previous() <= slot && !is_overtaken_by_the_close(policy, slot, now);
    let at = if online { now } else { slot.valid_from() };
    let session = window_at(&policy.windows, at)?;
    if !online {
        in_time_for_offline(slot, policy.offline_delay, now)?;
    }
    let place = place::verdict(policy.place.as_ref(), attempt.location.as_ref())?;
    Ok(Admission {
        at,
        session: session.session,
        late: session.late_after <= at,
        offline: !online,
        slot,
        place,
    })
}

/// The window in which an instant lies.
fn window_at(windows: &[SessionWindow], at: DateTime<Utc>) -> Result<&SessionWindow, Refusal> {
    match windows.iter().find(|one| at < one.window.closes_at) {
        Some(one) if one.window.opens_at <= at => Ok(one),
        Some(next) => Err(Refusal::TooEarly {
            opens_at: next.window.opens_at,
        }),
        None => Err(Refusal::TooLate {
            closes_at: windows
                .last()
                .map_or(DateTime::<Utc>::MIN_UTC, |last| last.window.closes_at),
        }),
    }
}

/// The session to which `attempt` can only be a check-in if it is admitted at all, told before its
/// code is looked at; none where the code has to tell.
///
/// Between sessions nothing is meant: who taps there waits for the next one, whatever he has done
/// before. After the last close it is the last one.
pub fn meant(windows: &[SessionWindow], attempt: &Attempt<'_>, now: DateTime<Utc>) -> Option<i32> {
    if let [only] = windows {
        return Some(only.session);
    }
    let session_at = |at| match window_at(windows, at) {
        Ok(one) => Some(one.session),
        Err(Refusal::TooLate { .. }) => windows.last().map(|last| last.session),
        Err(_) => None,
    };
    let claimed = attempt.slot.map(Slot::valid_from).or(attempt.captured_at);
    let session = session_at(now)?;
    claimed
        .is_none_or(|claimed| session_at(claimed) == Some(session))
        .then_some(session)
}

/// Whether the check-in of the session in which a code was shown closed while it was on its way,
/// where codes may come later at all.
fn is_overtaken_by_the_close(policy: &Policy, slot: Slot, now: DateTime<Utc>) -> bool {
    TimeDelta::zero() < policy.offline_delay
        && window_at(&policy.windows, slot.valid_from())
            .is_ok_and(|shown_in| shown_in.window.closes_at <= now)
}

/// The slot whose code this is, newest first.
fn proved_slot(
    keys: &CodeKeys,
    activity: ActivityId,
    digits: &Digits,
    attempt: &Attempt<'_>,
    current: Slot,
) -> Result<Slot, Refusal> {
    let proves = |slot: &Slot| keys.prove(digits, activity, *slot);
    if let Some(named) = attempt.slot {
        if current < named {
            return Err(Refusal::CodeFromFuture);
        }
        // A phone that reads the clock a moment after the code names the slot that follows.
        return [named, named.previous()]
            .into_iter()
            .find(proves)
            .ok_or(Refusal::WrongCode);
    }
    let captured = attempt
        .captured_at
        .map(Slot::at)
        .filter(|captured| *captured <= current);
    let claimed = captured
        .into_iter()
        .flat_map(|captured| [captured, captured.previous()]);
    let online = [current, current.previous()];
    if let Some(slot) = online.into_iter().chain(claimed).find(proves) {
        return Ok(slot);
    }
    let older = (2..=OLD_SLOTS + 1).map(|back| current.before(back));
    match older.into_iter().find(proves) {
        Some(slot) => Err(Refusal::CodeExpired { slot }),
        None => Err(Refusal::WrongCode),
    }
}

fn in_time_for_offline(slot: Slot, delay: TimeDelta, now: DateTime<Utc>) -> Result<(), Refusal> {
    if delay <= TimeDelta::zero() {
        return Err(Refusal::CodeExpired { slot });
    }
    let limit = slot
        .valid_until()
        .checked_add_signed(delay)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    if limit <= now {
        return Err(Refusal::OfflineTooOld { limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
