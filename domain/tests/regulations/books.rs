//! What holds of every rulebook.

use domain::score::{Rulebook, Scheme};

use super::desk::text_of;

const PUBLISHED: [&str; 14] = [
    "anqing",
    "dongcheng",
    "fushun",
    "guangshui",
    "haian",
    "hefei",
    "kenli",
    "minhang",
    "shandong",
    "tj_hebei",
    "tongcheng",
    "wuxi",
    "xuanwei",
    "zhongmu",
];

fn all() -> impl Iterator<Item = (&'static str, Rulebook)> {
    PUBLISHED
        .into_iter()
        .chain(["six_ones", "kitchen_sink"])
        .map(|book| match toml::from_str(&text_of(book)) {
            Ok(rulebook) => (book, rulebook),
            Err(error) => panic!("{book}: {error}"),
        })
}

#[test]
fn every_rulebook_is_named_like_its_file_and_says_where_it_comes_from() {
    for (book, rulebook) in all() {
        assert_eq!(rulebook.key, book);
        assert_eq!(
            rulebook.source.is_some(),
            PUBLISHED.contains(&book),
            "{book}"
        );
        // Of none of the published regulations is the whole text public.
        assert!(rulebook.notice.is_some(), "{book}");
    }
}

#[test]
fn a_rulebook_survives_being_written_as_json() {
    for (book, rulebook) in all() {
        let json = serde_json::to_string(&rulebook).unwrap();
        let back: Rulebook = serde_json::from_str(&json).unwrap();
        assert_eq!(back, rulebook, "{book}");
    }
}

#[test]
fn what_is_not_known_of_a_text_is_marked_where_it_matters() {
    for (book, rulebook) in all().filter(|(book, _)| PUBLISHED.contains(book)) {
        let totals = [&rulebook.total, &rulebook.group_total];
        for total in totals.into_iter().flatten() {
            assert!(
                total.choice.is_some(),
                "{book}: rounding was nowhere published"
            );
        }
        for review in rulebook.reviews.iter().filter(|one| one.pick.is_some()) {
            assert!(
                review.choice.is_some(),
                "{book}: ties were nowhere published"
            );
        }
    }
}

#[test]
fn every_fact_kind_that_a_rule_names_is_known() {
    for (book, rulebook) in all() {
        let scheme = Scheme::new(rulebook);
        let rules = scheme.rulebook().rules.iter().flat_map(|rule| &rule.counts);
        let recorders = &scheme.rulebook().recorders;
        let recorded = recorders.iter().flat_map(|one| &one.records);
        for pattern in rules.chain(recorded) {
            let kind = scheme.vocabulary().kind(&pattern.kind);
            assert!(kind.is_some(), "{book}: {}", pattern.kind);
        }
    }
}
