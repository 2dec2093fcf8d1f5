//! What a pattern or a test means, as a person reads it.

use super::pattern::{Pattern, Test, Tests};
use super::scheme::Scheme;

/// What patterns mean, as a person reads it.
pub(super) fn describe(scheme: &Scheme, patterns: &[Pattern]) -> String {
    let texts: Vec<String> = patterns
        .iter()
        .map(|pattern| {
            let kind = scheme.vocabulary().kind(&pattern.kind);
            let title = kind.map_or(pattern.kind.as_str(), |kind| kind.title.as_str());
            if pattern.tests.is_empty() {
                title.to_owned()
            } else {
                let tests = describe_tests(scheme, &pattern.kind, &pattern.tests);
                format!("{title}（{tests}）")
            }
        })
        .collect();
    texts.join("或")
}

pub(super) fn describe_tests(scheme: &Scheme, kind: &str, tests: &Tests) -> String {
    let vocabulary = scheme.vocabulary();
    let parts: Vec<String> = tests
        .iter()
        .map(|(name, test)| {
            let attribute = vocabulary.kind(kind).and_then(|kind| kind.attribute(name));
            let title = attribute.map_or(trait_title(name), |attribute| &attribute.title);
            let words = |words: &[String]| {
                let titles: Vec<&str> = words
                    .iter()
                    .map(|word| match name.as_str() {
                        "position" => position_title(word),
                        _ => vocabulary.title(kind, name, word),
                    })
                    .collect();
                titles.join("、")
            };
            match test {
                Test::OneOf(list) => format!("{title}为{}", words(list)),
                Test::Not { not } => format!("{title}不为{}", words(not)),
                Test::Is(true) => format!("{title}：是"),
                Test::Is(false) => format!("{title}：否"),
                Test::Within(bounds) => format!("{title}{bounds}"),
            }
        })
        .collect();
    parts.join("，")
}

fn position_title(word: &str) -> &str {
    word.parse()
        .map_or(word, |position: crate::people::Position| position.zh())
}

fn trait_title(name: &str) -> &str {
    match name {
        "position" => "职务",
        "sector" => "界别",
        "group" => "活动组",
        "special_committee" => "专委会",
        other => other,
    }
}
