use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn from(starts: i64, ends: i64) -> GivenTimes {
    GivenTimes {
        starts_at: Some(at(starts)),
        ends_at: Some(at(ends)),
        ..GivenTimes::default()
    }
}

fn session(starts: i64, ends: i64) -> SessionTimes {
    SessionTimes {
        starts_at: at(starts),
        ends_at: at(ends),
        opens_at: None,
        closes_at: None,
        late_after: None,
    }
}

fn named(sessions: &[SessionTimes]) -> GivenTimes {
    GivenTimes {
        sessions: Some(sessions.to_vec()),
        ..GivenTimes::default()
    }
}

/// The first thing that is wrong with them.
fn wrong(times: Result<Times>) -> Option<(String, &'static str)> {
    let mut fields = Fields::default();
    let checked = times.and_then(|times| {
        times.check(&mut fields);
        fields.finish()
    });
    let error = checked.err()?.errors.into_iter().next()?;
    Some((error.pointer, error.code))
}

#[test]
fn a_plan_with_start_and_end_alone_is_complete() {
    let times = Times::planned(&from(0, 120)).unwrap();

    let only = times.sessions.outline();
    assert_eq!((only.opens_at, only.closes_at), (at(-30), at(120)));
    assert_eq!((only.late_after, times.reply_by), (at(10), at(-1440)));
    assert_eq!(wrong(Ok(times)), None);
    let half = GivenTimes {
        ends_at: None,
        ..from(0, 120)
    };
    assert_eq!(
        wrong(Times::planned(&half)),
        Some(("/ends_at".to_owned(), "required"))
    );
}

#[test]
fn what_is_not_mentioned_moves_with_the_start_and_the_end() {
    let given = GivenTimes {
        late_after: Some(at(5)),
        ..from(0, 120)
    };
    let times = Times::planned(&given)
        .unwrap()
        .moved(&from(60, 240))
        .unwrap();

    let only = times.sessions.outline();
    assert_eq!((only.opens_at, only.late_after), (at(30), at(65)));
    assert_eq!(only.closes_at, at(240));
}

#[test]
fn the_check_in_of_a_session_opens_no_earlier_than_the_one_ahead_closes() {
    let times = Times::planned(&named(&[session(0, 120), session(130, 300)])).unwrap();

    assert_eq!(times.sessions.last().opens_at, at(120));
    assert_eq!(wrong(Ok(times)), None);
}

#[test]
fn what_is_said_twice_must_agree() {
    let both = |starts, ends| GivenTimes {
        sessions: Some(vec![session(0, 120), session(300, 420)]),
        ..from(starts, ends)
    };
    assert_eq!(wrong(Times::planned(&both(0, 420))), None);
    assert_eq!(
        wrong(Times::planned(&both(1, 420))),
        Some(("/sessions/0/starts_at".to_owned(), "differs"))
    );
    assert_eq!(
        wrong(Times::planned(&both(0, 419))),
        Some(("/sessions/1/ends_at".to_owned(), "differs"))
    );
    let several = [session(0, 120), session(110, 420)];
    assert_eq!(
        wrong(Times::planned(&named(&several))),
        Some(("/sessions/1/starts_at".to_owned(), "overlaps"))
    );
    for count in [0, 13] {
        assert_eq!(
            wrong(Times::planned(&named(&vec![session(0, 120); count]))),
            Some(("/sessions".to_owned(), "out_of_range"))
        );
    }
}

#[test]
fn several_sessions_are_moved_one_by_one() {
    let day = Times::planned(&named(&[session(0, 120), session(300, 420)])).unwrap();

    assert_eq!(
        wrong(day.clone().moved(&from(60, 480))),
        Some(("/sessions".to_owned(), "required"))
    );
    assert_eq!(day.clone().moved(&from(0, 420)).unwrap(), day);
    let moved = day
        .moved(&named(&[session(60, 180), session(360, 480)]))
        .unwrap();
    assert_eq!((moved.starts_at(), moved.reply_by), (at(60), at(60 - 1440)));
}
