use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::*;

prop_compose! {
    fn any_fact()(
        id in 1_u128..10_000,
        kind in proptest::sample::select(FactKind::all().collect::<Vec<_>>()),
        day in 0_i64..800,
    ) -> Fact {
        let first = NaiveDate::from_ymd_opt(2025, 12, 1).unwrap();
        Fact { kind, on: first + TimeDelta::days(day), ..fact(id, "duty.award", "2026-01-01") }
    }
}

/// Facts with distinct ids.
fn any_facts() -> impl Strategy<Value = Vec<Fact>> {
    proptest::collection::vec(any_fact(), 0..40).prop_map(|mut facts| {
        for (fact, id) in facts.iter_mut().zip(20_000..) {
            fact.id = FactId(Uuid::from_u128(id));
        }
        facts
    })
}

fn any_rulebook() -> impl Strategy<Value = Rulebook> {
    prop_oneof![Just(six_ones()), Just(quarterly())]
}

/// What a sheet says of points, without what it lists.
fn earned(sheet: &Sheet) -> (Points, Vec<Points>, Invitations) {
    (
        sheet.total,
        sheet.lines.iter().map(|line| line.points).collect(),
        sheet.attendance,
    )
}

proptest! {
    #[test]
    fn the_order_of_facts_does_not_matter(
        (facts, shuffled) in any_facts().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
        rulebook in any_rulebook(),
    ) {
        let one = serde_json::to_string(&tally(&rulebook, YEAR, ALICE, &facts)).unwrap();
        let other = serde_json::to_string(&tally(&rulebook, YEAR, ALICE, &shuffled)).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn no_line_exceeds_its_cap_and_every_fact_is_accounted_for(
        facts in any_facts(),
        rulebook in any_rulebook(),
    ) {
        let sheet = tally(&rulebook, YEAR, ALICE, &facts);
        for (line, item) in sheet.lines.iter().zip(&rulebook.items) {
            let times = if item.period == PeriodKind::Quarter { 4 } else { 1 };
            prop_assert!(line.points <= item.cap.times(times).unwrap());
            prop_assert!(line.done <= line.target);
            prop_assert_eq!(line.missing.is_none(), line.done == line.target);
        }
        prop_assert!(sheet.points_from_attendance <= sheet.lines.iter().map(|line| line.points).sum());
        let over_cap = sheet.unused.iter().filter(|unused| unused.reason == UnusedReason::OverCap);
        let listed = sheet.lines.iter().map(|line| line.facts.len()).sum::<usize>()
            + sheet.unused.len()
            - over_cap.count();
        prop_assert_eq!(listed, facts.iter().filter(|fact| YEAR.contains(fact.on)).count());
    }

    #[test]
    fn one_more_fact_never_lowers_a_score(
        facts in any_facts(),
        more in any_fact(),
        rulebook in any_rulebook(),
    ) {
        let before = tally(&rulebook, YEAR, ALICE, &facts);
        let with = [facts, vec![more]].concat();
        let after = tally(&rulebook, YEAR, ALICE, &with);
        prop_assert!(before.total <= after.total);
        let band = |sheet: &Sheet| rulebook.bands.iter().position(|b| Some(&b.key) == sheet.grade_key.as_ref());
        prop_assert!(band(&after) <= band(&before), "bands are listed from the highest");
    }

    #[test]
    fn a_fact_and_its_reversal_are_as_if_nothing_had_been(
        facts in any_facts(),
        more in any_fact(),
        rulebook in any_rulebook(),
    ) {
        let before = tally(&rulebook, YEAR, ALICE, &facts);
        let undo = reversal(30_000, &more);
        let after = tally(&rulebook, YEAR, ALICE, &[facts, vec![more, undo]].concat());
        prop_assert_eq!(earned(&before), earned(&after));
    }
}
