//! Reading a rulebook from a TOML file, and pointing at the line of what is wrong in it.

use std::path::Path;

use anyhow::{Context, Result};
use domain::score::Rulebook;

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
    Ok(rulebook)
}
