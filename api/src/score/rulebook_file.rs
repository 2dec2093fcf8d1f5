//! Reading a rulebook from a TOML file, and saying what is wrong in it line by line.

use std::path::Path;

use domain::score::{FileError, Rulebook};

use crate::error::{ApiError, FieldError};

/// The rulebook in a text, checked.
///
/// # Errors
/// Everything that is wrong, from the top of the text to its end.
pub fn parse(text: &str) -> Result<Rulebook, Vec<FileError>> {
    // Notepad writes a byte order mark, and it is no part of the text.
    Rulebook::from_toml(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The rulebook in a file, checked.
///
/// # Errors
/// Everything that is wrong, a line for each error.
pub fn read(path: &Path) -> Result<Rulebook, Vec<String>> {
    let bytes = std::fs::read(path).map_err(|error| vec![format!("打不开文件（{error}）")])?;
    let text = String::from_utf8(bytes)
        .map_err(|_| vec!["编码应是 UTF-8；用记事本另存为时把编码选为 UTF-8".to_owned()])?;
    parse(&text).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// What is wrong, as the client hears it: every error points at the text and names its line.
pub fn refusal(errors: Vec<FileError>) -> ApiError {
    let errors = errors.into_iter().map(|error| FieldError {
        pointer: "/text".to_owned(),
        code: "rulebook_invalid",
        message: error.to_string(),
    });
    ApiError::fields(errors.collect())
}
