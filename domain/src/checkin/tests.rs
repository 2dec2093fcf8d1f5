use chrono::NaiveTime;

use super::*;
use crate::time;

/// The activity begins at 09:00 on the last Friday of the quarter; check-in runs from 08:30 to
/// 09:30 and is late from 09:10 on.
fn at(clock: &str) -> DateTime<Utc> {
    let time = NaiveTime::parse_from_str(clock, "%H:%M:%S%.f").unwrap();
    time::instant(chrono::NaiveDate::from_ymd_opt(2026, 11, 27).unwrap(), time)
}

fn keys() -> CodeKeys {
    let current = CodeKey {
        id: 1,
        secret: [1; 32],
    };
    let old = CodeKey {
        id: 0,
        secret: [2; 32],
    };
    CodeKeys::new(vec![current, old]).unwrap()
}

fn activity() -> ActivityId {
    "01920000-0000-7000-8000-00000000000a".parse().unwrap()
}

fn window(session: i32, opens: &str, late: &str, closes: &str) -> SessionWindow {
    SessionWindow {
        session,
        window: Window {
            opens_at: at(opens),
            closes_at: at(closes),
        },
        late_after: at(late),
    }
}

fn policy() -> Policy {
    Policy {
        windows: vec![window(1, "08:30:00", "09:10:00", "09:30:00")],
        offline_delay: TimeDelta::hours(24),
        place: None,
    }
}

/// The code that the screen showed at `clock`.
fn shown(clock: &str) -> String {
    code(keys().current(), activity(), Slot::at(at(clock)))
}

fn attempt(code: &str) -> Attempt<'_> {
    Attempt {
        code,
        slot: None,
        captured_at: None,
        location: None,
    }
}

fn decide(attempt: &Attempt<'_>, now: DateTime<Utc>) -> Result<Admission, Refusal> {
    admit(&keys(), activity(), &policy(), attempt, now)
}

#[test]
fn the_window_is_half_open_and_so_is_being_on_time() {
    let early = Err(Refusal::TooEarly {
        opens_at: at("08:30:00"),
    });
    let late = Err(Refusal::TooLate {
        closes_at: at("09:30:00"),
    });
    for (clock, expected) in [
        ("08:29:59", early),
        ("08:30:00", Ok(false)),
        ("08:30:01", Ok(false)),
        ("09:09:59.999", Ok(false)),
        ("09:10:00", Ok(true)),
        ("09:10:01", Ok(true)),
        ("09:29:59", Ok(true)),
        ("09:30:00", late),
        ("09:30:01", late),
    ] {
        let admission = decide(&attempt(&shown(clock)), at(clock));
        assert_eq!(
            admission.map(|admission| admission.late),
            expected,
            "{clock}"
        );
    }
}

#[test]
fn a_code_is_good_in_its_slot_and_the_next_and_counts_from_the_servers_clock() {
    let code = shown("09:00:00");
    for clock in ["09:00:00", "09:00:29", "09:00:30", "09:00:59.999"] {
        let admission = decide(&attempt(&code), at(clock)).unwrap();
        assert_eq!(
            (admission.at, admission.offline),
            (at(clock), false),
            "{clock}"
        );
        assert_eq!(admission.slot, Slot::at(at("09:00:00")));
    }
    let expired = Err(Refusal::CodeExpired {
        slot: Slot::at(at("09:00:00")),
    });
    assert_eq!(decide(&attempt(&code), at("09:01:00")), expired);
    assert_eq!(decide(&attempt(&code), at("09:05:59")), expired);
    assert_eq!(
        decide(&attempt(&code), at("09:06:00")),
        Err(Refusal::WrongCode)
    );
}

#[test]
fn codes_of_another_activity_another_key_or_with_one_digit_changed_are_wrong() {
    let now = at("09:00:00");
    let other = "01920000-0000-7000-8000-00000000000b".parse().unwrap();
    let mut codes = vec![
        code(keys().current(), other, Slot::at(now)),
        code(
            &CodeKey {
                id: 1,
                secret: [9; 32],
            },
            activity(),
            Slot::at(now),
        ),
        code(
            &CodeKey {
                id: 2,
                secret: [1; 32],
            },
            activity(),
            Slot::at(now),
        ),
        code(keys().current(), activity(), Slot(Slot::at(now).0 + 1)),
        String::new(),
        "签到".to_owned(),
    ];
    for place in 0..8 {
        let mut digits = shown("09:00:00").into_bytes();
        digits[place] = b'0' + (digits[place] - b'0' + 1) % 10;
        codes.push(String::from_utf8(digits).unwrap());
    }
    for code in codes {
        assert_eq!(
            decide(&attempt(&code), now),
            Err(Refusal::WrongCode),
            "{code}"
        );
    }
}

#[test]
fn a_code_of_the_previous_key_still_opens() {
    let old = code(
        &CodeKey {
            id: 0,
            secret: [2; 32],
        },
        activity(),
        Slot::at(at("09:00:00")),
    );
    assert!(old.starts_with('0'));
    assert!(decide(&attempt(&old), at("09:00:10")).is_ok());
}

#[test]
fn a_code_may_be_typed_in_full_width_and_in_groups() {
    let wide: String = shown("09:00:00")
        .chars()
        .map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + u32::from('０')).unwrap())
        .flat_map(|digit| [digit, ' '])
        .collect();
    assert!(decide(&attempt(&wide), at("09:00:00")).is_ok());
}

#[test]
fn a_phone_without_network_may_deliver_for_24_hours_after_the_slot() {
    let code = shown("09:00:20");
    let next_day = |clock| at(clock) + TimeDelta::days(1);
    let slot = Slot::at(at("09:00:20"));
    for stored in [
        Attempt {
            slot: Some(slot),
            ..attempt(&code)
        },
        Attempt {
            captured_at: Some(at("09:00:25")),
            ..attempt(&code)
        },
        Attempt {
            captured_at: Some(at("09:00:31")),
            ..attempt(&code)
        },
    ] {
        for now in [at("09:01:00"), at("12:00:00"), next_day("09:00:29")] {
            let admission = decide(&stored, now).unwrap();
            assert!(admission.offline && !admission.late);
            assert_eq!(
                admission.at,
                at("09:00:00"),
                "the code proves the slot, not the second"
            );
        }
        let limit = next_day("09:00:30");
        for now in [
            limit,
            limit + TimeDelta::seconds(1),
            limit + TimeDelta::hours(49),
        ] {
            assert_eq!(decide(&stored, now), Err(Refusal::OfflineTooOld { limit }));
        }
    }
}

#[test]
fn an_offline_code_counts_from_its_slot_and_that_must_lie_in_the_window() {
    for (clock, expected) in [
        (
            "08:29:59",
            Err(Refusal::TooEarly {
                opens_at: at("08:30:00"),
            }),
        ),
        ("08:30:00", Ok(false)),
        ("09:09:59", Ok(false)),
        ("09:10:00", Ok(true)),
        ("09:29:59", Ok(true)),
        (
            "09:30:00",
            Err(Refusal::TooLate {
                closes_at: at("09:30:00"),
            }),
        ),
    ] {
        let code = shown(clock);
        let stored = Attempt {
            slot: Some(Slot::at(at(clock))),
            ..attempt(&code)
        };
        let admission = decide(&stored, at("20:00:00"));
        assert_eq!(
            admission.map(|admission| admission.late),
            expected,
            "{clock}"
        );
    }
}

#[test]
fn a_code_shown_before_the_close_is_taken_after_it_whether_its_slot_is_named_or_not() {
    let code = shown("09:29:59");
    let slot = Slot::at(at("09:29:59"));
    let typed = attempt(&code);
    let named = Attempt {
        slot: Some(slot),
        ..typed
    };
    for sent in [typed, named] {
        for clock in ["09:30:00", "09:30:29.999"] {
            let admission = decide(&sent, at(clock)).unwrap();
            assert_eq!(
                (admission.at, admission.offline, admission.late),
                (at("09:29:30"), true, true),
                "{clock}"
            );
        }
    }
    assert!(decide(&named, at("09:31:00")).is_ok());
    let too_late = Err(Refusal::TooLate {
        closes_at: at("09:30:00"),
    });
    assert_eq!(
        decide(&attempt(&shown("09:30:00")), at("09:30:00")),
        too_late
    );
    let strict = Policy {
        offline_delay: TimeDelta::zero(),
        ..policy()
    };
    for sent in [typed, named] {
        let answer = admit(&keys(), activity(), &strict, &sent, at("09:30:00"));
        assert_eq!(answer, too_late);
    }
}

#[test]
fn an_activity_without_offline_check_ins_calls_an_old_code_expired() {
    let code = shown("09:00:00");
    let slot = Slot::at(at("09:00:00"));
    let stored = Attempt {
        slot: Some(slot),
        ..attempt(&code)
    };
    let strict = Policy {
        offline_delay: TimeDelta::zero(),
        ..policy()
    };
    let answer = admit(&keys(), activity(), &strict, &stored, at("09:01:00"));
    assert_eq!(answer, Err(Refusal::CodeExpired { slot }));
}

#[test]
fn a_phone_may_name_the_slot_after_but_never_one_that_has_not_begun() {
    let code = shown("09:00:29");
    let next = Slot::at(at("09:00:30"));
    let stored = Attempt {
        slot: Some(next),
        ..attempt(&code)
    };
    assert_eq!(
        decide(&stored, at("09:00:29")),
        Err(Refusal::CodeFromFuture)
    );
    assert_eq!(
        decide(&stored, at("09:00:30")).unwrap().slot,
        next.previous()
    );
    for slot in [Slot(i64::MAX), Slot(next.0 + 360)] {
        let stored = Attempt {
            slot: Some(slot),
            ..attempt(&code)
        };
        assert_eq!(
            decide(&stored, at("09:00:30")),
            Err(Refusal::CodeFromFuture)
        );
    }
    for slot in [Slot(i64::MIN), Slot(0), Slot(next.0 - 2)] {
        let stored = Attempt {
            slot: Some(slot),
            ..attempt(&code)
        };
        assert_eq!(decide(&stored, at("09:00:30")), Err(Refusal::WrongCode));
    }
}

#[test]
fn a_phone_whose_clock_is_three_hours_ahead_checks_in_by_the_servers_clock() {
    let code = shown("09:00:00");
    let fast = Attempt {
        captured_at: Some(at("12:00:00")),
        ..attempt(&code)
    };
    let admission = decide(&fast, at("09:00:05")).unwrap();
    assert_eq!((admission.at, admission.offline), (at("09:00:05"), false));
    let ahead = shown("12:00:00");
    let forged = Attempt {
        captured_at: Some(at("12:00:00")),
        ..attempt(&ahead)
    };
    assert_eq!(decide(&forged, at("09:00:05")), Err(Refusal::WrongCode));
}

#[test]
fn nothing_is_said_about_the_place_before_the_code_is_right() {
    let place = Place {
        latitude: 37.0,
        longitude: 114.5,
        radius_m: 200.0,
    };
    let policy = Policy {
        place: Some(place),
        ..policy()
    };
    let now = at("09:00:00");
    let right = shown("09:00:00");
    let decide = |attempt: Attempt<'_>| admit(&keys(), activity(), &policy, &attempt, now);
    let far = Location {
        latitude: 38.0,
        longitude: 114.5,
        accuracy_m: 5.0,
    };
    let nowhere = Location {
        latitude: f64::NAN,
        ..far
    };
    for location in [None, Some(far), Some(nowhere)] {
        let guess = Attempt {
            location,
            ..attempt("10000000")
        };
        assert_eq!(decide(guess), Err(Refusal::WrongCode));
    }

    let with = |location| {
        decide(Attempt {
            location,
            ..attempt(&right)
        })
    };
    assert_eq!(with(None), Err(Refusal::LocationMissing));
    assert_eq!(with(Some(nowhere)), Err(Refusal::LocationInvalid));
    assert!(matches!(
        with(Some(far)),
        Err(Refusal::TooFar {
            radius_m: 200.0,
            ..
        })
    ));
    let here = Location {
        latitude: 37.0,
        longitude: 114.5,
        accuracy_m: 15.0,
    };
    assert_eq!(
        with(Some(here)).unwrap().place,
        PlaceVerdict::Inside { distance_m: 0.0 }
    );
    let vague = Location {
        accuracy_m: 5_000.0,
        ..here
    };
    let review = PlaceVerdict::Review {
        distance_m: Some(0.0),
        why: ReviewReason::Accuracy,
    };
    assert_eq!(with(Some(vague)).unwrap().place, review);
}

/// Morning and afternoon, and a talk in the evening that follows the afternoon without a break.
fn three_sessions() -> Policy {
    Policy {
        windows: vec![
            window(1, "08:30:00", "09:10:00", "11:30:00"),
            window(2, "14:00:00", "14:40:00", "16:30:00"),
            window(3, "16:30:00", "16:40:00", "18:00:00"),
        ],
        ..policy()
    }
}

#[test]
fn an_instant_belongs_to_the_session_whose_window_holds_it() {
    let early = |clock| {
        Err(Refusal::TooEarly {
            opens_at: at(clock),
        })
    };
    let late = Err(Refusal::TooLate {
        closes_at: at("18:00:00"),
    });
    // No offline check-ins: what is shown before a close counts from when it arrives.
    let policy = Policy {
        offline_delay: TimeDelta::zero(),
        ..three_sessions()
    };
    for (clock, expected) in [
        ("08:29:59", early("08:30:00")),
        ("08:30:00", Ok((1, false))),
        ("09:10:00", Ok((1, true))),
        ("11:29:59", Ok((1, true))),
        ("11:30:00", early("14:00:00")),
        ("13:59:59", early("14:00:00")),
        ("14:00:00", Ok((2, false))),
        ("16:29:59", Ok((2, true))),
        ("16:30:00", Ok((3, false))),
        ("17:59:59", Ok((3, true))),
        ("18:00:00", late),
    ] {
        let code = shown(clock);
        let answer = admit(&keys(), activity(), &policy, &attempt(&code), at(clock));
        assert_eq!(
            answer.map(|admission| (admission.session, admission.late)),
            expected,
            "{clock}"
        );
    }
}

#[test]
fn a_code_kept_from_one_session_and_sent_in_another_is_a_check_in_to_the_first() {
    for (clock, sent, expected) in [
        ("09:00:00", "11:45:00", Ok((1, true))),
        ("09:00:00", "14:30:00", Ok((1, true))),
        ("14:30:00", "17:00:00", Ok((2, true))),
        // Shown before the break, sent in it, and just after a close that is an opening as well.
        ("11:29:59", "11:30:10", Ok((1, true))),
        ("16:29:59", "16:30:10", Ok((2, true))),
        ("16:30:00", "16:30:10", Ok((3, false))),
        (
            "12:00:00",
            "14:30:00",
            Err(Refusal::TooEarly {
                opens_at: at("14:00:00"),
            }),
        ),
    ] {
        let code = shown(clock);
        let kept = Attempt {
            slot: Some(Slot::at(at(clock))),
            ..attempt(&code)
        };
        let answer = admit(&keys(), activity(), &three_sessions(), &kept, at(sent));
        assert_eq!(
            answer.map(|admission| (admission.session, admission.offline)),
            expected,
            "{clock} sent {sent}"
        );
    }
}

#[test]
fn only_a_tap_that_can_mean_one_session_alone_means_it_before_its_code_is_read() {
    let code = shown("09:00:00");
    let windows = three_sessions().windows;
    for (claim, now, expected) in [
        (None, "09:00:00", Some(1)),
        (None, "12:00:00", None),
        (None, "17:00:00", Some(3)),
        (None, "19:00:00", Some(3)),
        (Some("14:30:00"), "14:30:20", Some(2)),
        (Some("09:00:00"), "14:30:20", None),
        (Some("09:00:00"), "12:00:00", None),
    ] {
        let slot = claim.map(|clock| Slot::at(at(clock)));
        let tap = Attempt {
            slot,
            ..attempt(&code)
        };
        assert_eq!(meant(&windows, &tap, at(now)), expected, "{claim:?} {now}");
        let tap = Attempt {
            captured_at: claim.map(at),
            ..attempt(&code)
        };
        assert_eq!(meant(&windows, &tap, at(now)), expected, "{claim:?} {now}");
    }
    let anything = Attempt {
        slot: Some(Slot(0)),
        ..attempt("0")
    };
    assert_eq!(meant(&policy().windows, &anything, at("09:00:00")), Some(1));
}
