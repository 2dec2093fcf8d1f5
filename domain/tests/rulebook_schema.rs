//! The published schema of rulebook files: as committed, and as strict as the reader.
//!
//! `UPDATE_SCHEMA=1 cargo test -p domain --all-features --test rulebook_schema` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::score::{Rulebook, rulebook_schema};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

const SMALL: &str = include_str!("../src/score/tests/small.toml");

/// Every rulebook of the repository with its name.
fn rulebooks() -> Vec<(String, String)> {
    let folder = root().join("domain/rulebooks");
    let mut books: Vec<(String, String)> = fs::read_dir(folder)
        .expect("a folder of the repository")
        .map(|entry| entry.expect("a file of the repository").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a file of the repository");
            (path.display().to_string(), text)
        })
        .collect();
    books.push(("small".to_owned(), SMALL.to_owned()));
    books
}

/// A file as JSON, the way editors look at it.
fn json(text: &str) -> Value {
    toml::from_str(text).expect("TOML, whatever it says")
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let path = root().join("docs/rulebook.schema.json");
    let now = format!("{:#}\n", rulebook_schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == now,
        "docs/rulebook.schema.json is behind: run with UPDATE_SCHEMA=1"
    );
}

#[test]
fn every_definition_that_is_named_is_there_and_every_one_is_named() {
    fn named<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                let name = fields.get("$ref").and_then(Value::as_str);
                names.extend(name.and_then(|name| name.strip_prefix("#/$defs/")));
                fields.values().for_each(|value| named(value, names));
            }
            Value::Array(values) => values.iter().for_each(|value| named(value, names)),
            _ => {}
        }
    }
    let schema = rulebook_schema();
    let mut names = BTreeSet::new();
    named(&schema, &mut names);
    let there: BTreeSet<&str> = schema["$defs"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, there);
}

#[test]
fn the_rulebooks_of_the_repository_are_valid() {
    let schema = jsonschema::validator_for(&rulebook_schema()).unwrap();
    let books = rulebooks();
    assert!(16 < books.len());
    for (name, text) in books {
        let errors: Vec<String> = schema
            .iter_errors(&json(&text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let read = Rulebook::from_toml(&text);
        assert!(read.is_ok(), "{name}: {:#?}", read.unwrap_err());
    }
}

/// The cases are pairs of a line of the sample (`-`) and what is put there, which both take (`+`) or
/// both refuse (`!`).
#[test]
fn the_schema_takes_what_the_reader_takes_and_nothing_else() {
    let schema = jsonschema::validator_for(&rulebook_schema()).unwrap();
    for case in include_str!("rulebook_schema.txt").split("\n\n") {
        let (old, new) = case
            .trim_matches('\n')
            .split_once('\n')
            .expect("what is taken and what is put");
        let (taken, new) = new.split_at(2);
        let (old, taken) = (&old[2..], taken == "+ ");
        let new = new.replace("\\n", "\n");
        let text = SMALL.replacen(old, &new, 1);
        assert_ne!(text, SMALL, "{old}");
        let reads = toml::from_str::<Rulebook>(&text).is_ok();
        assert_eq!(reads, taken, "the reader: {new}");
        assert_eq!(schema.is_valid(&json(&text)), taken, "the schema: {new}");
    }
}
