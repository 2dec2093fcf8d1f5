//! The smallest rulebooks in which scoring once said what was not so, each with what it says now.

mod earlier_periods;
mod exempt;
mod not_asked;
mod part_of_a_year;
mod places;
mod same_thing;

use super::blocks::Block;
use super::run::Desk;

const HEAD: &str = r#"key = "example"
title = "示例"
version = 1
same_thing = "best"
period = { unit = "year" }
total = { rounding = { to = 0.01, mode = "half_up" } }
"#;

/// What is printed of these files: a rulebook without its usual beginning, a list of members and
/// facts, CSV or JSON.
fn printed(book: &str, members: &str, facts: &str) -> String {
    let mut desk = Desk::default();
    let facts_are = if facts.trim_start().starts_with('{') {
        "json 事实"
    } else {
        "csv 事实"
    };
    let mut blocks = vec![("toml 开头", HEAD), ("toml 条文", book)];
    if !members.is_empty() {
        blocks.push(("csv 委员", members));
    }
    blocks.push((facts_are, facts));
    for (info, body) in blocks {
        desk.take(&block(info, body));
    }
    desk.take(&block("text 结果", "")).expect("a result")
}

fn block<'a>(info: &'a str, body: &str) -> Block<'a> {
    Block {
        line: 0,
        info,
        body: body.trim_start().to_owned(),
    }
}

/// Looks whether each of these lines is printed.
#[track_caller]
fn says(text: &str, lines: &[&str]) {
    for line in lines {
        let found = text.lines().any(|one| one.trim() == *line);
        assert!(found, "not printed: {line}\nin\n{text}");
    }
}

/// Looks whether none of these words are printed.
#[track_caller]
fn says_nothing_of(text: &str, words: &[&str]) {
    for word in words {
        assert!(!text.contains(word), "printed: {word}\nin\n{text}");
    }
}

/// A rule that takes points as somebody else gave them.
const GIVEN: &str = r#"
[[rules]]
key = "given"
part = "total"
clause = "第一条"
title = "评分"
text = "按评分计入。"
counts = [{ kind = "score" }]
times = "value"
points = 1
unit = "分"
"#;
