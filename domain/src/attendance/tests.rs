use chrono::TimeDelta;

use super::*;
use AttendanceStatus::{Absent, Exempt, Invited, Late, Leave, LeftEarly, Present};

/// Minutes after the start of the activity.
fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_741_200, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn session(starts: i64, ends: i64) -> Session {
    Session {
        starts_at: at(starts),
        ends_at: at(ends),
        opens_at: at(starts - 30),
        closes_at: at(ends),
        late_after: at(starts + 10),
    }
}

/// Under two thirds of the time is absent (product.md §4.3). The activity takes 90 minutes.
fn rule() -> ClosingRule {
    ClosingRule {
        sessions: Sessions::one(session(0, 90)),
        min_share: Some((2, 3)),
        checkout_required: false,
        exempt_reasons: vec![LeaveReason::ALL[0]],
    }
}

/// A morning of 90 minutes and an afternoon of 180.
fn day() -> ClosingRule {
    ClosingRule {
        sessions: Sessions::of(vec![session(0, 90), session(300, 480)]).unwrap(),
        ..rule()
    }
}

fn stay(session: i32, came: i64, late: bool, left: Option<i64>) -> Stay {
    Stay {
        session,
        checked_in_at: at(came),
        late,
        checked_out_at: left.map(at),
    }
}

fn came(minutes: i64) -> Presence {
    stayed(&[stay(1, minutes, false, None)])
}

fn stayed(stays: &[Stay]) -> Presence {
    Presence {
        stays: stays.to_vec(),
        ..Presence::default()
    }
}

fn status(presence: &Presence, rule: &ClosingRule) -> AttendanceStatus {
    settle(presence, rule).status
}

fn settled(status: AttendanceStatus, sessions_attended: usize) -> Settlement {
    Settlement {
        status,
        sessions_attended,
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
        let presence = stayed(&[stay(1, came_at, late, left_at)]);
        let attended = usize::from(expected != Absent);
        assert_eq!(
            settle(&presence, &rule()),
            settled(expected, attended),
            "{came_at} to {left_at:?}"
        );
    }
}

#[test]
fn one_second_below_the_share_is_absent() {
    let left = |seconds| {
        stayed(&[Stay {
            checked_out_at: Some(at(60) + TimeDelta::seconds(seconds)),
            ..stay(1, 0, false, None)
        }])
    };
    assert_eq!(status(&left(-1), &rule()), Absent);
    assert_eq!(status(&left(0), &rule()), LeftEarly);
    assert_eq!(status(&left(1), &rule()), LeftEarly);
}

#[test]
fn without_a_share_any_stay_counts() {
    for min_share in [None, Some((1, 0))] {
        let rule = ClosingRule {
            min_share,
            ..rule()
        };
        let presence = stayed(&[stay(1, 0, false, Some(1))]);
        assert_eq!(status(&presence, &rule), LeftEarly);
    }
}

#[test]
fn who_must_check_out_and_does_not_has_left_early() {
    let rule = ClosingRule {
        checkout_required: true,
        ..rule()
    };
    assert_eq!(status(&came(0), &rule), LeftEarly);
}

#[test]
fn the_table_of_a_day_with_two_sessions() {
    let (morning, afternoon) = ((1, -10, false, None), (2, 290, false, None));
    let table: [(&[_], _, _, _); 10] = [
        // The stays; what follows without a share, and with two thirds of 270 minutes, 180; and
        // how many sessions count then.
        (&[morning, afternoon], Present, Present, 2),
        (&[(1, 10, true, None), afternoon], Late, Late, 2),
        (&[morning, (2, 310, true, None)], Late, Late, 2),
        // A whole session missed is like leaving early, where the rest is enough.
        (&[morning], LeftEarly, Absent, 0),
        (&[afternoon], LeftEarly, LeftEarly, 1),
        (&[(2, 310, true, None)], LeftEarly, LeftEarly, 1),
        (&[(2, 301, false, Some(480))], LeftEarly, Absent, 0),
        (
            &[morning, (2, 290, false, Some(390))],
            LeftEarly,
            LeftEarly,
            2,
        ),
        (&[morning, (2, 290, false, Some(389))], LeftEarly, Absent, 0),
        (
            &[(1, 0, false, Some(90)), (2, 300, false, Some(480))],
            Present,
            Present,
            2,
        ),
    ];
    let any_stay = ClosingRule {
        min_share: None,
        ..day()
    };
    for (stays, without, with, count) in table {
        let stays: Vec<_> = stays
            .iter()
            .map(|&(session, came, late, left)| stay(session, came, late, left))
            .collect();
        let presence = stayed(&stays);
        assert_eq!(
            settle(&presence, &any_stay),
            settled(without, stays.len()),
            "{stays:?}"
        );
        assert_eq!(settle(&presence, &day()), settled(with, count), "{stays:?}");
    }
}

#[test]
fn the_share_of_several_sessions_is_counted_by_the_second() {
    let left = |seconds| Stay {
        checked_out_at: Some(at(390) + TimeDelta::seconds(seconds)),
        ..stay(2, 300, false, None)
    };
    let morning = stay(1, 0, false, Some(90));
    for (seconds, expected) in [(-1, Absent), (0, LeftEarly), (1, LeftEarly)] {
        let presence = stayed(&[morning, left(seconds)]);
        assert_eq!(status(&presence, &day()), expected, "{seconds}");
    }
}

#[test]
fn each_session_must_be_checked_out_of_where_that_is_asked() {
    let rule = ClosingRule {
        checkout_required: true,
        ..day()
    };
    let (morning, afternoon) = (stay(1, 0, false, Some(90)), stay(2, 300, false, Some(480)));
    assert_eq!(status(&stayed(&[morning, afternoon]), &rule), Present);
    let forgot = stay(1, 0, false, None);
    assert_eq!(status(&stayed(&[forgot, afternoon]), &rule), LeftEarly);
}

#[test]
fn a_session_missed_with_leave_is_not_left_early_and_too_little_is_leave() {
    let morning = Presence {
        leave: Some(LeaveReason::ALL[1]),
        ..came(0)
    };
    let any_stay = ClosingRule {
        min_share: None,
        ..day()
    };
    assert_eq!(settle(&morning, &any_stay), settled(Present, 1));
    assert_eq!(settle(&morning, &day()), settled(Leave, 0));
}

#[test]
fn who_did_not_come_is_absent_unless_a_leave_was_approved() {
    let on_leave = |reason| Presence {
        leave: Some(reason),
        ..Presence::default()
    };
    assert_eq!(settle(&Presence::default(), &rule()), settled(Absent, 0));
    assert_eq!(status(&on_leave(LeaveReason::ALL[0]), &rule()), Exempt);
    assert_eq!(status(&on_leave(LeaveReason::ALL[1]), &rule()), Leave);
}

#[test]
fn who_comes_in_spite_of_his_leave_was_there() {
    let presence = Presence {
        leave: Some(LeaveReason::ALL[0]),
        ..came(0)
    };
    assert_eq!(status(&presence, &rule()), Present);
}

#[test]
fn the_roll_call_stands_above_the_phone_and_holds_for_all_sessions() {
    for &found in AttendanceStatus::ALL {
        let presence = Presence {
            roll_call: Some(found),
            ..came(0)
        };
        let attended = match found {
            Present | Late => 2,
            LeftEarly => 1,
            Invited | Leave | Exempt | Absent => 0,
        };
        assert_eq!(settle(&presence, &day()), settled(found, attended));
    }
    let unseen = Presence {
        roll_call: Some(LeftEarly),
        ..Presence::default()
    };
    assert_eq!(settle(&unseen, &day()), settled(LeftEarly, 1));
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
