//! Where one day, one point or one word makes the difference.

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_pool_used_up_to_its_last_point_is_not_said_to_be_held_up_by_its_floor() {
    let absences: Vec<Fact> = (1..=5)
        .map(|id| came(id, "2026-02-10", "plenary", "absent"))
        .collect();
    assert_eq!(
        sheet(&absences).parts[0].arithmetic,
        "50 - 50（缺席会议） = 0 分"
    );
}

#[test]
fn whoever_is_there_from_the_first_day_to_the_last_was_not_there_in_part() {
    let period = Period::of_year(YEAR);
    let stay = |joined: Option<&str>, left: Option<&str>| Person {
        joined_on: joined.map(day),
        left_on: left.map(day),
        ..person()
    };
    for (joined, left, in_part) in [
        (None, None, false),
        (Some("2026-01-01"), Some("2026-12-31"), false),
        (Some("2026-01-02"), None, true),
        (None, Some("2026-12-30"), true),
        (None, Some("2026-06-30"), true),
        (Some("2020-01-01"), Some("2027-05-01"), false),
    ] {
        let person = stay(joined, left);
        assert_eq!(
            person.was_there_in_part(period),
            in_part,
            "{joined:?} to {left:?}"
        );
    }
}

#[test]
fn a_period_is_of_the_year_it_is_named_after() {
    assert_eq!(Period::of_year(2026).year(), 2026);
    assert_eq!("2025-H2".parse::<Period>().unwrap().year(), 2025);
}

#[test]
fn a_condition_looks_back_when_any_part_of_it_does() {
    let back = [
        Condition {
            within: Some(Within::Term),
            ..Condition::default()
        },
        Condition {
            consecutive: Some(2),
            ..Condition::default()
        },
        Condition {
            times_in_term: Some(2),
            ..Condition::default()
        },
    ];
    let here = Condition {
        within: Some(Within::Period),
        ..Condition::default()
    };
    assert!(!here.looks_back());
    for one in back {
        assert!(one.looks_back(), "{one:?}");
        let not = Condition {
            not: Some(Box::new(one.clone())),
            ..Condition::default()
        };
        let any = Condition {
            any: Some(vec![here.clone(), one]),
            ..Condition::default()
        };
        assert!(not.looks_back() && any.looks_back());
    }
}

#[test]
fn whole_numbers_and_fractions_add_up_and_multiply_alike() {
    let amount = |text: &str| text.parse::<Amount>().unwrap();
    assert_eq!(amount("3") + amount("4"), amount("7"));
    assert_eq!(amount("3") + amount("1/3"), amount("10/3"));
    assert_eq!(amount("3") * amount("-4"), amount("-12"));
    assert_eq!(amount("3") * amount("1/3"), Amount::ONE);
    assert_eq!(amount("3") - amount("3"), Amount::ZERO);
}

#[test]
fn groups_and_members_are_ranked_apart() {
    let scheme = Scheme::new(small());
    let of = |subject, facts: &[Fact]| {
        let person = Person::new(subject, &[]);
        let sheet = scheme.sheet(Period::of_year(YEAR), Record::of(&person, facts));
        Assessed { person, sheet }
    };
    let group = Subject::Group(GroupId(Uuid::from_u128(9)));
    let more = [came(1, "2026-05-01", "research", "present")];

    let all = [of(member(), &more), of(member(), &[]), of(group, &[])];
    let ranks = scheme.rank(all.iter().map(Assessed::parts));

    let places: Vec<_> = ranks.iter().map(|place| (place.rank, place.of)).collect();
    assert_eq!(places, [(1, 2), (2, 2), (1, 1)]);
}

#[test]
fn a_rulebook_looks_back_where_a_sheet_depends_on_other_periods() {
    assert!(!Scheme::new(small()).looks_back());

    let mut demanding = small();
    demanding.requirements[0].need.consecutive = Some(2);
    assert!(Scheme::new(demanding).looks_back());
    let mut base = small();
    let history = Condition {
        within: Some(Within::Term),
        ..Condition::default()
    };
    base.grades[0].quota = Some(
        toml::from_str("from = \"top\"\ncount = 1\nper = \"whole\"\nties = \"none\"").unwrap(),
    );
    base.grades[0].quota.as_mut().unwrap().base = Some(history);
    assert!(Scheme::new(base).looks_back());
}
