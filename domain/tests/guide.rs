//! The guide to writing rulebooks (`docs/rulebook-guide.md`) never lies: every example in it is
//! run, and every list in it is compared with the code.
//!
//! With `GUIDE=write` the results and lists in the guide are written anew instead of compared;
//! what then differs is read in the diff before it is committed.

mod guide {
    pub mod blocks;
    pub mod files;
    pub mod json;
    pub mod lists;
    pub mod run;
    mod small_books;
}

use std::path::PathBuf;

use guide::{blocks, lists, run};

fn path() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/rulebook-guide.md"
    ))
}

fn text() -> String {
    std::fs::read_to_string(path()).expect("the guide is in docs")
}

fn rewriting() -> bool {
    std::env::var("GUIDE").is_ok_and(|what| what == "write")
}

#[test]
fn every_example_gives_what_the_guide_prints() {
    let text = text();
    let mut desk = run::Desk::default();
    let mut wrong = Vec::new();
    let rewritten = blocks::rewrite(&text, |block| {
        let result = desk.take(block)?;
        if result != block.body {
            wrong.push(format!(
                "line {}: the guide prints\n{}but the engine says\n{result}",
                block.line, block.body
            ));
        }
        Some(result)
    });
    if rewriting() {
        std::fs::write(path(), lists::rewrite(&rewritten)).unwrap();
        return;
    }
    assert!(0 < desk.ran(), "no example was run");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_lists_of_kinds_and_words_are_those_of_the_code() {
    let text = text();
    if !rewriting() {
        assert!(
            text == lists::rewrite(&text),
            "run with GUIDE=write and read the diff"
        );
    }
}

#[test]
fn the_reference_names_every_field_and_no_other() {
    let text = text();
    for (table, fields) in lists::fields() {
        assert_eq!(
            lists::fields_in_guide(&text, table),
            fields,
            "the table of {table}"
        );
    }
}

#[test]
fn every_shape_has_its_chapter() {
    let text = text();
    for shape in 1..=40 {
        let mark = format!("S{shape}");
        let found = text
            .lines()
            .filter(|line| line.starts_with("### "))
            .any(|line| {
                line.split(|char: char| !char.is_ascii_alphanumeric())
                    .any(|word| word == mark)
            });
        assert!(found, "{mark} has no chapter");
    }
}
