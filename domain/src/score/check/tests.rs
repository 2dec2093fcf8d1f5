//! One thing put wrong in a rulebook that is right, and what is said about it.

use super::*;

mod heads;
mod results;
mod scoring;

const WHOLE: &str = include_str!("tests/whole.toml");

fn errors(text: &str) -> Vec<RulebookError> {
    let book: Rulebook = toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    book.check().err().unwrap_or_default()
}

/// What is taken from the sample, what is put there, and where its one error stands with a part
/// of what is said; none where it is right.
type Case<'a> = (String, String, Option<(&'a str, &'a str)>);

/// Reads a table of cases: `-` is taken from the sample, `+` is put there, `!` is said, `=` it is
/// right.
fn cases(table: &str) -> Vec<Case<'_>> {
    let newlines = |text: &str| text.replace("\\n", "\n");
    let mut old = String::new();
    let mut new = String::new();
    let mut cases = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty()) {
        let (sign, text) = line.split_at(line.len().min(2));
        match sign.trim_end() {
            "-" => old = newlines(text),
            "+" => new = newlines(text),
            "=" => cases.push((old.clone(), new.clone(), None)),
            "!" => {
                let error = text.split_once(": ").expect("a path and a sentence");
                cases.push((old.clone(), new.clone(), Some(error)));
            }
            _ => panic!("no case: {line}"),
        }
    }
    cases
}

fn look_at(table: &str) {
    for (old, new, expected) in cases(table) {
        assert!(WHOLE.contains(&old), "the sample has no {old}");
        let errors = errors(&WHOLE.replacen(&old, &new, 1));
        compare(&new, &errors, expected);
    }
}

fn compare(new: &str, errors: &[RulebookError], expected: Option<(&str, &str)>) {
    let Some((path, said)) = expected else {
        assert_eq!(errors, [], "{new}");
        return;
    };
    let [error] = errors else {
        panic!("{new}: expected one error at {path}: {errors:#?}");
    };
    assert_eq!(error.path, path, "{new}: {}", error.expected);
    assert!(error.expected.contains(said), "{new}: {}", error.expected);
}

#[test]
fn the_samples_are_right() {
    assert_eq!(errors(WHOLE), []);
    assert_eq!(errors(include_str!("../tests/small.toml")), []);
}

#[test]
fn an_error_reads_as_a_place_and_a_sentence() {
    let errors =
        errors(&WHOLE.replacen("stage = [\"filed\", \"shelved\"]", "stage = [\"fild\"]", 1));
    assert_eq!(
        errors[0].to_string(),
        "rules[0].counts[0].stage：不认识的办理阶段「fild」，是否想写 filed（立案）？\
         可用的有：submitted（已提交）、filed（立案）、not_filed（不予立案）、\
         converted（转为社情民意）、key（重点提案）、excellent（优秀提案）、shelved（搁置）"
    );
}

#[test]
fn everything_is_said_at_once_and_in_order() {
    let text = WHOLE
        .replace("title = \"样本细则\"", "title = \"\"")
        .replace("starts = \"03-15\"", "starts = \"3-15\"")
        .replace("cap = 30", "cap = 90000")
        .replace("points = 2\n", "")
        .replace("key = \"exit\"", "key = \"Exit\"");
    let paths: Vec<String> = errors(&text).into_iter().map(|error| error.path).collect();
    assert_eq!(
        paths,
        [
            "title",
            "period.starts",
            "parts[1].cap",
            "rules[2]",
            "reviews[1].key"
        ]
    );
}
