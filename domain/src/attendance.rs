//! How a member's part in one activity is called, and how it is settled when the activity ends.
//!
//! Whether a check-in is admitted is decided in [`crate::checkin`], whether a leave is approved in
//! [`crate::leave`]; here their outcome becomes one status.

use chrono::{DateTime, Utc};

use crate::leave::LeaveReason;
use crate::session::{Session, Sessions};

words! {
    /// A member's part in an activity (product.md §4.6).
    AttendanceStatus {
        Invited = "invited" "待参加";
        Present = "present" "出席";
        Late = "late" "迟到";
        LeftEarly = "left_early" "早退";
        Leave = "leave" "请假";
        Exempt = "exempt" "免予考勤";
        Absent = "absent" "缺席";
    }

    /// What a member answered to the notice.
    Reply {
        None = "none" "未回复";
        Attend = "attend" "参加";
        Leave = "leave" "请假";
    }

    /// Where an attendance comes from.
    AttendanceSource {
        Code = "code" "扫码";
        RollCall = "roll_call" "点名";
        Correction = "correction" "补签";
        Settled = "settled" "结束时认定";
    }

    /// Where a correction (补签) stands.
    CorrectionState {
        Requested = "requested" "待审批";
        Approved = "approved" "已同意";
        Refused = "refused" "未同意";
    }
}

impl AttendanceStatus {
    /// Whether the member was there, if only for a part.
    pub const fn attended(self) -> bool {
        match self {
            Self::Present | Self::Late | Self::LeftEarly => true,
            Self::Invited | Self::Leave | Self::Exempt | Self::Absent => false,
        }
    }
}

/// A member's stay at one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The ordinal of the session.
    pub session: i32,
    /// When he checked in.
    pub checked_in_at: DateTime<Utc>,
    /// Whether that was late, as admitted then.
    pub late: bool,
    /// When he checked out.
    pub checked_out_at: Option<DateTime<Utc>>,
}

/// What is known of one member at the end of an activity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// The sessions he checked in to; at most one stay for each.
    pub stays: Vec<Stay>,
    /// The reason of his approved leave.
    pub leave: Option<LeaveReason>,
    /// What the convener found when calling the roll.
    pub roll_call: Option<AttendanceStatus>,
}

/// How an activity is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingRule {
    /// When its sessions began and ended.
    pub sessions: Sessions,
    /// Numerator and denominator of the share of the time of all sessions that must be attended:
    /// strictly below it is absent, exactly at it is not. A denominator of zero is no rule.
    pub min_share: Option<(u32, u32)>,
    /// Whether members must check out of each session: who does not, left early.
    pub checkout_required: bool,
    /// The reasons of leave that take the activity out of the member's count.
    pub exempt_reasons: Vec<LeaveReason>,
}

/// What becomes of a member's part when the activity ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The status with which he leaves it.
    pub status: AttendanceStatus,
    /// How many of its sessions count as attended: none unless the status says that he was there.
    pub sessions_attended: usize,
}

/// The status with which a member leaves the activity, and how much of it he attended.
///
/// What a person found at the roll call stands above everything and holds for all sessions; who
/// was found to have left early was at those he checked in to, at one at least. A check-in stands
/// above a leave: who asked for leave and came all the same was there. Of those who came, from the
/// heaviest to the lightest:
///
/// 1. strictly less of the time than the share asked: absent, or on leave if that was approved;
/// 2. gone before the end of a session, not checked out where that is asked, or a whole session
///    missed without leave: left early;
/// 3. late at any session: late;
/// 4. present.
pub fn settle(presence: &Presence, rule: &ClosingRule) -> Settlement {
    let total = rule.sessions.total();
    let came_to = presence.stays.len();
    let status = match presence.roll_call {
        Some(found) => found,
        None if came_to == 0 || below_share(presence, rule) => stayed_away(presence, rule),
        None if left_early(presence, rule) => AttendanceStatus::LeftEarly,
        None if presence.stays.iter().any(|stay| stay.late) => AttendanceStatus::Late,
        None => AttendanceStatus::Present,
    };
    let sessions_attended = match (status.attended(), presence.roll_call) {
        (false, _) => 0,
        (true, Some(AttendanceStatus::LeftEarly)) => came_to.clamp(1, total),
        (true, Some(_)) => total,
        (true, None) => came_to,
    };
    Settlement {
        status,
        sessions_attended,
    }
}

fn stayed_away(presence: &Presence, rule: &ClosingRule) -> AttendanceStatus {
    match presence.leave {
        Some(reason) if rule.exempt_reasons.contains(&reason) => AttendanceStatus::Exempt,
        Some(_) => AttendanceStatus::Leave,
        None => AttendanceStatus::Absent,
    }
}

fn left_early(presence: &Presence, rule: &ClosingRule) -> bool {
    let missed_one = presence.stays.len() < rule.sessions.total();
    let left_one = pairs(presence, rule).any(|(stay, session)| match stay.checked_out_at {
        Some(left_at) => left_at < session.ends_at,
        None => rule.checkout_required,
    });
    left_one || (missed_one && presence.leave.is_none())
}

/// Whether the time attended lies strictly below the share asked, counted in whole seconds of the
/// sessions: coming early earns nothing, nor does staying on. A session without check-out counts
/// in full: how long he stayed is not known, and having left early says so where it matters.
fn below_share(presence: &Presence, rule: &ClosingRule) -> bool {
    let Some((numerator, denominator)) = rule.min_share.filter(|(_, denominator)| *denominator > 0)
    else {
        return false;
    };
    let attended: i128 = pairs(presence, rule)
        .map(|(stay, session)| match stay.checked_out_at {
            Some(left_at) => seconds(
                stay.checked_in_at.max(session.starts_at),
                left_at.min(session.ends_at),
            ),
            None => seconds(session.starts_at, session.ends_at),
        })
        .sum();
    let whole: i128 = rule
        .sessions
        .numbered()
        .map(|(_, session)| seconds(session.starts_at, session.ends_at))
        .sum();
    attended * i128::from(denominator) < i128::from(numerator) * whole
}

fn seconds(from: DateTime<Utc>, until: DateTime<Utc>) -> i128 {
    i128::from((until - from).num_seconds().max(0))
}

/// Each stay with its session.
fn pairs<'a>(
    presence: &'a Presence,
    rule: &'a ClosingRule,
) -> impl Iterator<Item = (&'a Stay, &'a Session)> {
    rule.sessions.numbered().flat_map(|(ordinal, session)| {
        presence
            .stays
            .iter()
            .filter(move |stay| stay.session == ordinal)
            .map(move |stay| (stay, session))
    })
}

#[cfg(test)]
mod tests;
