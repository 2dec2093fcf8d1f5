//! Reading a rulebook from a TOML file, and pointing at the line of what is wrong in it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::score::Rulebook;
use toml::de::{DeTable, DeValue};

/// The rulebook in a file, checked.
///
/// # Errors
/// Names every line and field that is wrong, and what was expected there.
pub fn read(path: &Path) -> Result<Rulebook> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("{} is no usable rulebook", path.display()))
}

fn parse(text: &str) -> Result<Rulebook> {
    // The parser's own message quotes the line and points at the column.
    let rulebook: Rulebook = toml::from_str(text)?;
    if let Err(errors) = rulebook.check() {
        let mut lines = String::new();
        for error in errors {
            let line = line_of(text, &error.path);
            write!(lines, "\nline {line}: {error}").expect("writing to a string does not fail");
        }
        bail!("{}", lines.trim_start());
    }
    Ok(rulebook)
}

/// The line of the deepest part of `path`, such as `items[2].cap`, that stands in the text.
fn line_of(text: &str, path: &str) -> usize {
    let offset = DeTable::parse(text).ok().and_then(|table| {
        let mut at = None;
        let mut here = DeValue::Table(table.into_inner());
        for part in path.split(['.', '[']) {
            let next = match here {
                DeValue::Table(table) => table
                    .into_iter()
                    .find(|(key, _)| key.get_ref().as_ref() == part)
                    .map(|(key, value)| (key.span().start, value)),
                DeValue::Array(array) => {
                    let index = part.trim_end_matches(']').parse().ok();
                    index
                        .and_then(|index: usize| array.into_iter().nth(index))
                        .map(|value| (value.span().start, value))
                }
                _ => None,
            };
            let Some((start, value)) = next else { break };
            at = Some(start);
            here = value.into_inner();
        }
        at
    });
    text[..offset.unwrap_or(0)].lines().count().max(1)
        + usize::from(text[..offset.unwrap_or(0)].ends_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../rulebooks/six_ones.toml");

    #[test]
    fn the_shipped_rulebook_is_usable() {
        assert!(parse(SHIPPED).is_ok());
    }

    #[test]
    fn an_error_names_the_line_and_the_field() {
        let wrong = SHIPPED.replacen("cap = \"15\"", "cap = \"1\"", 1);
        let line = wrong
            .lines()
            .position(|line| line == "cap = \"1\"")
            .unwrap()
            + 1;

        let error = parse(&wrong).unwrap_err().to_string();

        assert!(
            error.starts_with(&format!("line {line}: items[2].cap: ")),
            "{error}"
        );
    }

    #[test]
    fn a_misspelled_fact_is_shown_where_it_stands() {
        let wrong = SHIPPED.replacen("duty.proposal", "duty.propsal", 1);
        let line = wrong
            .lines()
            .position(|line| line.contains("duty.propsal"))
            .unwrap()
            + 1;

        let error = parse(&wrong).unwrap_err().to_string();

        assert!(
            error.contains(&format!("line {line}")) && error.contains("duty.propsal"),
            "{error}"
        );
    }
}
