//! How a member's part in one activity is called, and how it is settled when the activity ends.
//!
//! Whether a check-in is admitted is decided in [`crate::checkin`], whether a leave is approved in
//! [`crate::leave`]; here their outcome becomes one status.

use chrono::{DateTime, Utc};

use crate::leave::LeaveReason;

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

/// What is known of one member at the end of an activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// When he checked in.
    pub checked_in_at: Option<DateTime<Utc>>,
    /// Whether that was late, as admitted then.
    pub late: bool,
    /// When he checked out.
    pub checked_out_at: Option<DateTime<Utc>>,
    /// The reason of his approved leave.
    pub leave: Option<LeaveReason>,
    /// What the convener found when calling the roll.
    pub roll_call: Option<AttendanceStatus>,
}

/// How an activity is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingRule {
    /// When the activity began.
    pub starts_at: DateTime<Utc>,
    /// When it ended.
    pub ends_at: DateTime<Utc>,
    /// Numerator and denominator of the share of the time that must be attended: strictly below
    /// it is absent, exactly at it is not. A denominator of zero is no rule.
    pub min_share: Option<(u32, u32)>,
    /// Whether members must check out: who does not, left early.
    pub checkout_required: bool,
    /// The reasons of leave that take the activity out of the member's count.
    pub exempt_reasons: Vec<LeaveReason>,
}

/// The status with which a member leaves the activity.
///
/// What a person found at the roll call stands above everything. A check-in stands above a leave:
/// who asked for leave and came all the same was there.
pub fn settle(presence: &Presence, rule: &ClosingRule) -> AttendanceStatus {
    if let Some(found) = presence.roll_call {
        return found;
    }
    if let Some(checked_in_at) = presence.checked_in_at {
        return settle_present(presence, checked_in_at, rule);
    }
    match presence.leave {
        Some(reason) if rule.exempt_reasons.contains(&reason) => AttendanceStatus::Exempt,
        Some(_) => AttendanceStatus::Leave,
        None => AttendanceStatus::Absent,
    }
}

fn settle_present(
    presence: &Presence,
    checked_in_at: DateTime<Utc>,
    rule: &ClosingRule,
) -> AttendanceStatus {
    let left_early = match presence.checked_out_at {
        Some(left_at) => {
            if below_share(checked_in_at, left_at, rule) {
                return AttendanceStatus::Absent;
            }
            left_at < rule.ends_at
        }
        None => rule.checkout_required,
    };
    if left_early {
        AttendanceStatus::LeftEarly
    } else if presence.late {
        AttendanceStatus::Late
    } else {
        AttendanceStatus::Present
    }
}

/// Whether the time between the two lies strictly below the share asked, counted in whole seconds
/// of the activity: coming early earns nothing and staying on neither.
fn below_share(came_at: DateTime<Utc>, left_at: DateTime<Utc>, rule: &ClosingRule) -> bool {
    let Some((numerator, denominator)) = rule.min_share.filter(|(_, denominator)| *denominator > 0)
    else {
        return false;
    };
    let attended = left_at.min(rule.ends_at) - came_at.max(rule.starts_at);
    let attended = i128::from(attended.num_seconds().max(0));
    let whole = i128::from((rule.ends_at - rule.starts_at).num_seconds().max(0));
    attended * i128::from(denominator) < i128::from(numerator) * whole
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use AttendanceStatus::{Absent, Exempt, Invited, Late, Leave, LeftEarly, Present};

    /// Minutes after the start; the activity takes 90.
    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_741_200, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    /// Under two thirds of the time is absent (product.md §4.3).
    fn rule() -> ClosingRule {
        ClosingRule {
            starts_at: at(0),
            ends_at: at(90),
            min_share: Some((2, 3)),
            checkout_required: false,
            exempt_reasons: vec![LeaveReason::ALL[0]],
        }
    }

    fn came(minutes: i64) -> Presence {
        Presence {
            checked_in_at: Some(at(minutes)),
            ..Presence::default()
        }
    }

    #[test]
    fn the_table_of_comings_and_goings() {
        for (came_at, late, left_at, expected) in [
            (-10, false, None, Present),
            (10, true, None, Late),
            (-10, false, Some(90), Present),
            (-10, false, Some(120), Present),
            (-10, false, Some(89), LeftEarly),
            (10, true, Some(90), Late),
            (10, true, Some(80), LeftEarly),
            // Two thirds of 90 minutes are 60: reached exactly it is enough.
            (0, false, Some(60), LeftEarly),
            (-30, false, Some(59), Absent),
            (30, true, Some(90), Late),
            (31, true, Some(90), Absent),
            (31, true, Some(300), Absent),
            (50, true, Some(40), Absent),
        ] {
            let presence = Presence {
                late,
                checked_out_at: left_at.map(at),
                ..came(came_at)
            };
            assert_eq!(
                settle(&presence, &rule()),
                expected,
                "{came_at} to {left_at:?}"
            );
        }
    }

    #[test]
    fn one_second_below_the_share_is_absent() {
        let left = |seconds| Presence {
            checked_out_at: Some(at(60) + TimeDelta::seconds(seconds)),
            ..came(0)
        };
        assert_eq!(settle(&left(-1), &rule()), Absent);
        assert_eq!(settle(&left(0), &rule()), LeftEarly);
        assert_eq!(settle(&left(1), &rule()), LeftEarly);
    }

    #[test]
    fn without_a_share_any_stay_counts() {
        for min_share in [None, Some((1, 0))] {
            let rule = ClosingRule {
                min_share,
                ..rule()
            };
            let presence = Presence {
                checked_out_at: Some(at(1)),
                ..came(0)
            };
            assert_eq!(settle(&presence, &rule), LeftEarly);
        }
    }

    #[test]
    fn who_must_check_out_and_does_not_has_left_early() {
        let rule = ClosingRule {
            checkout_required: true,
            ..rule()
        };
        assert_eq!(settle(&came(0), &rule), LeftEarly);
    }

    #[test]
    fn who_did_not_come_is_absent_unless_a_leave_was_approved() {
        let on_leave = |reason| Presence {
            leave: Some(reason),
            ..Presence::default()
        };
        assert_eq!(settle(&Presence::default(), &rule()), Absent);
        assert_eq!(settle(&on_leave(LeaveReason::ALL[0]), &rule()), Exempt);
        assert_eq!(settle(&on_leave(LeaveReason::ALL[1]), &rule()), Leave);
    }

    #[test]
    fn who_comes_in_spite_of_his_leave_was_there() {
        let presence = Presence {
            leave: Some(LeaveReason::ALL[0]),
            ..came(0)
        };
        assert_eq!(settle(&presence, &rule()), Present);
    }

    #[test]
    fn the_roll_call_stands_above_the_phone() {
        for &found in AttendanceStatus::ALL {
            let presence = Presence {
                roll_call: Some(found),
                ..came(0)
            };
            assert_eq!(settle(&presence, &rule()), found);
        }
    }

    #[test]
    fn only_being_there_is_attending() {
        let attended: Vec<_> = AttendanceStatus::ALL
            .iter()
            .copied()
            .filter(|status| status.attended())
            .collect();
        assert_eq!(attended, [Present, Late, LeftEarly]);
        assert!(!Invited.attended());
    }
}
