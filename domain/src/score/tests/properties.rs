//! What holds of every sheet, whatever the facts.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

prop_compose! {
    fn any_fact()(
        kind in 0..3,
        activity in proptest::sample::select(vec!["plenary", "standing", "research", "study"]),
        status in proptest::sample::select(vec!["present", "late", "leave", "absent", "exempt"]),
        form in proptest::sample::select(vec!["individual", "joint"]),
        role in proptest::sample::select(vec!["first", "signer"]),
        signers in 1_i64..40,
        stage in proptest::sample::select(vec!["submitted", "filed", "key"]),
        reference in proptest::option::weighted(0.3, 0..5),
        day in 0_i64..500,
    ) -> Fact {
        let on = NaiveDate::from_ymd_opt(2025, 10, 1).unwrap() + TimeDelta::days(day);
        let mut one = match kind {
            0 => came(0, "2026-01-01", activity, status),
            1 => proposal(0, form, role, signers, stage),
            _ => fact(0, "award", "2026-01-01", &[("level", word("city"))]),
        };
        one.on = on;
        one.reference = reference.map(|number| format!("第 {number} 号")).filter(|_| kind == 1);
        one
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

fn json(facts: &[Fact]) -> String {
    serde_json::to_string(&sheet(facts)).unwrap()
}

proptest! {
    #[test]
    fn the_order_of_facts_never_matters(
        (facts, shuffled) in any_facts().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
    ) {
        prop_assert_eq!(json(&facts), json(&shuffled));
    }

    #[test]
    fn caps_and_floors_are_never_passed(facts in any_facts()) {
        let sheet = sheet(&facts);
        for part in &sheet.parts {
            prop_assert!(Amount::ZERO <= part.exact || part.key != "meetings");
            prop_assert!(part.exact <= Amount::whole(25) || part.key != "proposals");
        }
        for line in sheet.lines.iter().filter(|line| line.key == "activity") {
            prop_assert!(line.exact <= Amount::whole(10));
        }
        let parts: Amount = sheet.parts.iter().map(|part| part.exact).sum();
        let rules: Amount = sheet.lines.iter().filter(|line| line.part == TOTAL).map(|line| line.exact).sum();
        prop_assert_eq!(parts + rules, sheet.exact);
    }

    #[test]
    fn every_fact_of_the_period_is_in_a_line_or_has_a_reason(facts in any_facts()) {
        let sheet = sheet(&facts);
        for fact in facts.iter().filter(|fact| Period::of_year(YEAR).contains(fact.on)) {
            let counted = sheet.lines.iter().any(|line| line.facts.iter().any(|one| one.id == fact.id));
            let explained = sheet.unused.iter().any(|one| one.id == fact.id);
            prop_assert!(counted || explained, "{fact:?}");
        }
    }

    #[test]
    fn one_more_fact_under_rules_that_only_earn_never_lowers_a_score(facts in any_facts(), more in any_fact()) {
        let earning = |facts: &[Fact]| -> Amount {
            let sheet = sheet(facts);
            sheet.exact - sheet.parts.iter().find(|part| part.key == "meetings").unwrap().exact
        };
        let mut with = facts.clone();
        with.push(Fact { reference: None, ..more });
        prop_assert!(earning(&facts) <= earning(&with));
    }

    #[test]
    fn removing_a_fact_and_adding_it_again_changes_nothing_that_counts(facts in any_facts(), which in 0_usize..40) {
        prop_assume!(which < facts.len() && facts[which].reference.is_none());
        let removed = facts[which].clone();
        let reversal = Fact {
            id: FactId(Uuid::from_u128(1)),
            reverses: Some(removed.id),
            ..removed.clone()
        };
        let again = Fact { id: FactId(Uuid::from_u128(40_000)), ..removed };
        let before = sheet(&facts);
        let after = sheet(&[facts, vec![reversal, again]].concat());
        prop_assert_eq!(before.exact, after.exact);
        prop_assert_eq!(&before.grade, &after.grade);
        let amounts = |sheet: &Sheet| sheet.lines.iter().map(|line| line.exact).collect::<Vec<_>>();
        prop_assert_eq!(amounts(&before), amounts(&after));
    }

    #[test]
    fn the_shares_of_all_signers_add_up_to_the_proposal(signers in 2_i64..40) {
        let alone = sheet(&[proposal(1, "individual", "first", 1, "filed")]);
        let first = sheet(&[proposal(1, "joint", "first", signers, "filed")]);
        let other = sheet(&[proposal(1, "joint", "signer", signers, "filed")]);
        let line = |sheet: &Sheet| sheet.lines.iter().find(|line| line.key == "proposal").unwrap().exact;
        let all = line(&first) + (1..signers).map(|_| line(&other)).sum::<Amount>();
        prop_assert_eq!(all, line(&alone));
    }
}

/// Three rules that look at the same proposals, two of them soon full.
fn overlapping() -> Rulebook {
    let mut book = small();
    let proposal = book.rules.remove(1);
    let rule = |key: &str, stages: &[&str], points: i64| Rule {
        key: key.to_owned(),
        part: TOTAL.to_owned(),
        counts: vec![Pattern {
            kind: "proposal".to_owned(),
            of: None,
            tests: if stages.is_empty() {
                Tests::new()
            } else {
                let words = stages.iter().map(|stage| (*stage).to_owned()).collect();
                Tests::from([("stage".to_owned(), Test::OneOf(words))])
            },
        }],
        values: Vec::new(),
        splits: Vec::new(),
        points: Some(Amount::whole(points)),
        ..proposal.clone()
    };
    book.rules = vec![
        Rule {
            cap: Some(Amount::whole(20)),
            each: Some(PeriodUnit::Quarter),
            cap_in_all: Some(Amount::whole(30)),
            ..rule("key", &["key"], 8)
        },
        Rule {
            most: Some(2),
            ..rule("filed", &["filed", "key"], 6)
        },
        rule("any", &[], 5),
    ];
    book
}

proptest! {
    #[test]
    fn of_rules_that_look_at_the_same_each_thing_is_left_to_one(facts in any_facts(), more in any_fact()) {
        let scheme = Scheme::new(overlapping());
        let sheet = |facts: &[Fact]| scheme.sheet(Period::of_year(YEAR), Record::of(&person(), facts));
        let own = sheet(&facts);
        let proposals = facts.iter().filter(|fact| {
            fact.kind == "proposal" && Period::of_year(YEAR).contains(fact.on)
        });
        for fact in proposals {
            let lines = own.lines.iter().filter(|line| line.facts.iter().any(|one| one.id == fact.id));
            let lines = lines.count();
            prop_assert!(lines <= 1, "{fact:?}");
            prop_assert!(lines == 1 || own.unused.iter().any(|one| one.id == fact.id), "{fact:?}");
            // What is over a cap here is not said to count there.
            let said: Vec<UnusedReason> = own.unused.iter().filter(|one| one.id == fact.id).map(|one| one.reason).collect();
            let both = said.contains(&UnusedReason::OverCap) && said.contains(&UnusedReason::CountedElsewhere);
            prop_assert!(!both, "{said:?}");
            // The last rule takes whatever the others leave.
            prop_assert!(!said.contains(&UnusedReason::OverCap) && !said.contains(&UnusedReason::BeyondMost), "{said:?}");
        }
        let mut with = facts.clone();
        with.push(Fact { reference: None, ..more });
        prop_assert!(own.exact <= sheet(&with).exact);
    }
}
