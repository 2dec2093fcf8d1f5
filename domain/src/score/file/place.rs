//! Where in a file something stands: by its path, or by the bytes that a parser complains about.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::super::check::RulebookError;
use super::{FileError, sentence};

/// Every value of a file with its path and its bytes.
pub(super) struct Places<'a> {
    text: &'a str,
    places: Vec<Place>,
}

struct Place {
    path: String,
    /// Its key, or itself where it is one of a list.
    begins: Range<usize>,
    /// Itself.
    value: Range<usize>,
}

impl<'a> Places<'a> {
    pub fn of(text: &'a str, document: &Spanned<DeTable<'_>>) -> Self {
        let mut places = Vec::new();
        table("", document.get_ref(), &mut places);
        Self { text, places }
    }

    /// A mistake that keeps a file from being TOML.
    pub fn written_wrong(&self, error: &Error) -> FileError {
        let span = error.span().unwrap_or(0..0);
        let (line, column) = self.line_and_column(span.start);
        // Where nothing stands after an equals sign, the parser asks for quotes around it.
        let message = if span.is_empty() && error.message().starts_with("string values") {
            "missing value"
        } else {
            error.message()
        };
        let rest = self.text.get(span.start..).unwrap_or_default();
        let here = rest.lines().next().unwrap_or_default();
        FileError {
            line,
            column,
            path: String::new(),
            message: sentence::of_writing(message, here),
        }
    }

    /// What is TOML but not what a rulebook has at this place.
    pub fn misread(&self, error: &Error) -> FileError {
        let span = error.span().unwrap_or(0..0);
        // The narrowest place around it, the innermost of equals.
        let place = self
            .places
            .iter()
            .rev()
            .filter(|_| !span.is_empty())
            .filter(|place| within(&span, &place.value) || within(&span, &place.begins))
            .min_by_key(|place| {
                let around = if within(&span, &place.begins) {
                    &place.begins
                } else {
                    &place.value
                };
                around.len()
            });
        let (line, column) = self.line_and_column(span.start);
        let path = place.map(|place| place.path.clone()).unwrap_or_default();
        let here = self.text.get(span).unwrap_or_default();
        FileError {
            line,
            column,
            message: sentence::of_reading(error.message(), &path, here),
            path,
        }
    }

    /// What makes no sense, at the deepest part of its path that the file has.
    pub fn senseless(&self, error: RulebookError) -> FileError {
        let leads_to = |path: &str| {
            error
                .path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let place = self
            .places
            .iter()
            .filter(|place| leads_to(&place.path))
            .max_by_key(|place| place.path.len());
        let (line, column) = self.line_and_column(place.map_or(0, |place| place.begins.start));
        FileError {
            line,
            column,
            path: error.path,
            message: error.expected,
        }
    }

    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_begins = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before[line_begins..].chars().count() + 1)
    }
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn table(path: &str, table: &DeTable<'_>, places: &mut Vec<Place>) {
    for (key, inner) in table {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", key.get_ref());
        value(&path, key.span(), inner, places);
    }
}

fn value(path: &str, begins: Range<usize>, inner: &Spanned<DeValue<'_>>, places: &mut Vec<Place>) {
    places.push(Place {
        path: path.to_owned(),
        begins,
        value: inner.span(),
    });
    match inner.get_ref() {
        DeValue::Table(inner) => table(path, inner, places),
        DeValue::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                value(&format!("{path}[{index}]"), inner.span(), inner, places);
            }
        }
        _ => {}
    }
}
