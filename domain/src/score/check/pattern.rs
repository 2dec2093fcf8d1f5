//! Whether patterns and tests speak of what there is: kinds, attributes, words, numbers.

use std::collections::BTreeSet;

use super::super::amount::Amount;
use super::super::pattern::{Bounds, Pattern, Test, Tests};
use super::super::person::TRAITS;
use super::super::rulebook::SubjectKind;
use super::super::vocabulary::{Attribute, Holds, Kind};
use super::suggest::unknown;
use super::{Check, Whose};

/// What people call [`TRAITS`].
const TRAIT_NAMES: [(&str, &str); 4] = [
    ("position", "职务"),
    ("sector", "界别"),
    ("group", "活动组"),
    ("special_committee", "专委会"),
];

/// What people call one of [`TRAITS`]; nothing of what is none.
pub(super) fn trait_title(name: &str) -> &'static str {
    let known = TRAIT_NAMES.iter().find(|(key, _)| *key == name);
    known.map_or("", |(_, title)| title)
}

/// The words of `position`.
const POSITIONS: [(&str, &str); 3] = [
    ("member", "委员"),
    ("standing_member", "常委"),
    ("leading_member", "主席会议成员"),
];

impl<'a> Check<'a> {
    pub(super) fn patterns(&mut self, at: &str, patterns: &[Pattern], whose: Whose) {
        if patterns.is_empty() {
            self.wrong(at, "应至少写一类事，如 [{ kind = \"proposal\" }]");
        }
        for (index, pattern) in patterns.iter().enumerate() {
            self.pattern(&format!("{at}[{index}]"), pattern, whose);
        }
    }

    pub(super) fn pattern(&mut self, at: &str, pattern: &Pattern, whose: Whose) {
        let kind = self.vocabulary.kind(&pattern.kind);
        if kind.is_none() {
            let vocabulary = self.vocabulary;
            let known: Vec<_> = vocabulary
                .kinds()
                .map(|kind| (kind.key.as_str(), kind.title.as_str()))
                .collect();
            self.wrong(format!("{at}.kind"), unknown("类别", &pattern.kind, &known));
        }
        let of_groups = matches!(whose, Whose::Of(SubjectKind::Group) | Whose::Unknown);
        if pattern.of.is_some() && !of_groups {
            self.wrong(
                format!("{at}.of"),
                "of 只用于给活动组计分的条款，这里不是，请删去",
            );
        }
        let kinds: Option<Vec<&Kind>> = kind.map(|kind| vec![kind]);
        self.tests(at, &pattern.tests, kinds.as_deref(), whose);
    }

    /// The kinds that patterns count; `None` where one of them is not known.
    pub(super) fn kinds_of(&self, patterns: &[Pattern]) -> Option<Vec<&'a Kind>> {
        let vocabulary = self.vocabulary;
        let keys: BTreeSet<&str> = patterns
            .iter()
            .map(|pattern| pattern.kind.as_str())
            .collect();
        keys.into_iter().map(|key| vocabulary.kind(key)).collect()
    }

    /// Tests of facts of these kinds, and of whom they are about.
    pub(super) fn tests(&mut self, at: &str, tests: &Tests, kinds: Option<&[&Kind]>, whose: Whose) {
        for (name, test) in tests {
            let at = format!("{at}.{name}");
            if TRAITS.contains(&name.as_str()) {
                self.of_subject(&at, name, test, whose);
            } else if let Some(kinds) = kinds {
                self.of_fact(&at, name, test, kinds);
            }
        }
    }

    /// Tests of whom something is about, and of nothing else.
    pub(super) fn traits(&mut self, at: &str, tests: &Tests, whose: Whose) {
        for (name, test) in tests {
            let at = format!("{at}.{name}");
            if TRAITS.contains(&name.as_str()) {
                self.of_subject(&at, name, test, whose);
            } else {
                let sentence = unknown("项目", name, &TRAIT_NAMES);
                self.wrong(
                    at,
                    format!("{sentence}；这里只问被考核的是什么人，不问具体的事"),
                );
            }
        }
    }

    fn of_subject(&mut self, at: &str, name: &str, test: &Test, whose: Whose) {
        let of_people_only = ["position", "sector"].contains(&name);
        if whose == Whose::Of(SubjectKind::Group) && of_people_only {
            return self.wrong(
                at,
                "活动组没有职务和界别，这里只能问 group 或 special_committee",
            );
        }
        match test {
            Test::OneOf(words) | Test::Not { not: words } => {
                self.some_words(at, words);
                if name == "position" {
                    for word in words {
                        self.one_of(at, "职务", word, &POSITIONS);
                    }
                }
            }
            Test::Is(_) | Test::Within(_) => self.wrong(
                at,
                format!("{name} 是名称，应写一个词或几个词，如 {name} = [\"……\"]"),
            ),
        }
    }

    fn of_fact(&mut self, at: &str, name: &str, test: &Test, kinds: &[&Kind]) {
        let asked: Vec<&Attribute> = kinds
            .iter()
            .filter_map(|kind| kind.attribute(name))
            .collect();
        let Some(attribute) = asked.first() else {
            return self.unknown_attribute(at, name, kinds);
        };
        let holds = attribute.holds;
        if asked.iter().any(|attribute| attribute.holds != holds) {
            return self.wrong(
                at,
                format!("{name} 在所数的几个类别中填的东西不同，请分成几条写"),
            );
        }
        match (holds, test) {
            (Holds::Word | Holds::Words, Test::OneOf(words) | Test::Not { not: words }) => {
                let known: Vec<_> = asked
                    .iter()
                    .flat_map(|attribute| &attribute.words)
                    .map(|word| (word.key.as_str(), word.title.as_str()))
                    .collect();
                self.some_words(at, words);
                for word in words {
                    self.one_of(at, &attribute.title, word, &known);
                }
            }
            (Holds::Text, Test::OneOf(words) | Test::Not { not: words }) => {
                self.some_words(at, words);
            }
            (Holds::Number, Test::Within(bounds)) => {
                self.bounds(at, *bounds);
                self.a_share(at, kinds, attribute, *bounds);
            }
            (Holds::Flag, Test::Is(_)) => {}
            (Holds::Word | Holds::Words | Holds::Text, _) => self.wrong(
                at,
                format!(
                    "{name}（{}）是{}，应写词，如 \"……\"、[\"……\"] 或 {{ not = \"……\" }}",
                    attribute.title,
                    holds.zh()
                ),
            ),
            (Holds::Number, _) => self.wrong(
                at,
                format!(
                    "{name}（{}）是数，应写界限，如 {{ at_least = 2 }}",
                    attribute.title
                ),
            ),
            (Holds::Flag, _) => self.wrong(
                at,
                format!(
                    "{name}（{}）只有是与否，应写 true 或 false",
                    attribute.title
                ),
            ),
        }
    }

    /// The share of time that somebody was there is no percentage.
    fn a_share(&mut self, at: &str, kinds: &[&Kind], attribute: &Attribute, bounds: Bounds) {
        if !kinds.iter().any(|kind| kind.is_share(&attribute.key)) {
            return;
        }
        let ends = [bounds.at_least, bounds.above, bounds.at_most, bounds.below];
        let outside = |end: &Amount| end.is_negative() || Amount::ONE < *end;
        if let Some(end) = ends.into_iter().flatten().find(outside) {
            let title = &attribute.title;
            self.wrong(
                at,
                format!("{title}在 0 与 1 之间，如三分之二写 \"2/3\"、一半写 0.5，这里是 {end}"),
            );
        }
    }

    pub(super) fn unknown_attribute(&mut self, at: &str, name: &str, kinds: &[&Kind]) {
        let titles: Vec<&str> = kinds.iter().map(|kind| kind.title.as_str()).collect();
        let mut known: Vec<_> = kinds
            .iter()
            .flat_map(|kind| &kind.attributes)
            .map(|attribute| (attribute.key.as_str(), attribute.title.as_str()))
            .chain(TRAIT_NAMES)
            .collect();
        let mut seen = BTreeSet::new();
        known.retain(|(key, _)| seen.insert(*key));
        self.wrong(
            at,
            unknown(&format!("{}的项目", titles.join("、")), name, &known),
        );
    }

    /// An attribute that every fact counted must have as a number.
    pub(super) fn number_of(&mut self, at: &str, name: &str, kinds: &[&Kind]) {
        for kind in kinds {
            match kind.attribute(name) {
                Some(attribute) if attribute.holds == Holds::Number => {}
                Some(attribute) => {
                    let holds = attribute.holds.zh();
                    self.wrong(at, format!("{name} 应是数，在{}中它是{holds}", kind.title));
                }
                None => {
                    let known: Vec<_> = kind
                        .attributes
                        .iter()
                        .filter(|attribute| attribute.holds == Holds::Number)
                        .map(|attribute| (attribute.key.as_str(), attribute.title.as_str()))
                        .collect();
                    self.wrong(at, unknown(&format!("{}的数", kind.title), name, &known));
                }
            }
        }
    }

    fn some_words(&mut self, at: &str, words: &[String]) {
        if words.is_empty() {
            self.wrong(at, "列表是空的，应至少写一个词");
        }
        if words.iter().any(|word| word.trim().is_empty()) {
            self.wrong(at, "词不能为空");
        }
    }

    /// Bounds within which there is a number.
    pub(super) fn bounds(&mut self, at: &str, bounds: Bounds) {
        if bounds.is_empty() {
            return self.wrong(
                at,
                "应写界限：at_least（不少于）、above（超过）、at_most（不超过）或 below（不足）",
            );
        }
        if bounds.at_least.is_some() && bounds.above.is_some() {
            self.wrong(at, "at_least（不少于）与 above（超过）只能写一个");
        }
        if bounds.at_most.is_some() && bounds.below.is_some() {
            self.wrong(at, "at_most（不超过）与 below（不足）只能写一个");
        }
        if !has_a_number(bounds) {
            self.wrong(at, format!("没有一个数能{bounds}"));
        }
    }

    /// Bounds of something that lies between these ends: neither always true nor never.
    pub(super) fn telling(
        &mut self,
        at: &str,
        bounds: Bounds,
        least: Amount,
        most: Option<Amount>,
    ) {
        let never = Bounds {
            at_least: bounds.at_least.max(Some(least)),
            at_most: most.into_iter().chain(bounds.at_most).min(),
            ..bounds
        };
        if has_a_number(bounds) && !has_a_number(never) {
            return self.wrong(at, format!("这个条件永远不成立：不可能{bounds}"));
        }
        let from_below = bounds.at_least.is_none_or(|bound| bound <= least)
            && bounds.above.is_none_or(|bound| bound < least);
        let to_above = match most {
            Some(most) => {
                bounds.at_most.is_none_or(|bound| most <= bound)
                    && bounds.below.is_none_or(|bound| most < bound)
            }
            None => bounds.at_most.is_none() && bounds.below.is_none(),
        };
        if from_below && to_above && !bounds.is_empty() {
            self.wrong(at, format!("这个条件总是成立：总会{bounds}"));
        }
    }
}

/// Whether some number lies within all of them.
pub(super) fn has_a_number(bounds: Bounds) -> bool {
    let apart = |low: Option<Amount>, high: Option<Amount>| low.zip(high);
    apart(bounds.at_least, bounds.at_most).is_none_or(|(low, high)| low <= high)
        && apart(bounds.at_least, bounds.below).is_none_or(|(low, high)| low < high)
        && apart(bounds.above, bounds.at_most).is_none_or(|(low, high)| low < high)
        && apart(bounds.above, bounds.below).is_none_or(|(low, high)| low < high)
}

/// Whether whatever `pattern` means is meant by an `earlier` one.
pub(super) fn takes(earlier: &Pattern, pattern: &Pattern) -> bool {
    earlier.kind == pattern.kind
        && earlier.of == pattern.of
        && covers(&earlier.tests, &pattern.tests)
}

/// Whether whatever passes `tests` passes `earlier` too, so that an earlier row takes it.
pub(super) fn covers(earlier: &Tests, tests: &Tests) -> bool {
    earlier.iter().all(|(name, wide)| {
        tests.get(name).is_some_and(|narrow| match (wide, narrow) {
            (Test::OneOf(wide), Test::OneOf(narrow)) => {
                narrow.iter().all(|word| wide.contains(word))
            }
            (Test::Not { not: wide }, Test::Not { not: narrow }) => {
                wide.iter().all(|word| narrow.contains(word))
            }
            (Test::Is(wide), Test::Is(narrow)) => wide == narrow,
            (Test::Within(wide), Test::Within(narrow)) => {
                let ends = [narrow.at_least, narrow.above, narrow.at_most, narrow.below];
                wide == narrow || {
                    // Whole ranges are compared by their ends alone where all of these are inside.
                    let bounded = (wide.at_least.or(wide.above).is_none()
                        || narrow.at_least.or(narrow.above).is_some())
                        && (wide.at_most.or(wide.below).is_none()
                            || narrow.at_most.or(narrow.below).is_some());
                    bounded && ends.into_iter().flatten().all(|end| wide.hold(end))
                }
            }
            _ => false,
        })
    })
}
