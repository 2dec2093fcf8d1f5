//! Reading a rulebook from a TOML file, and pointing at the line of what is wrong in it.
//!
//! The office reads these sentences, so what the parsers say in English is told in Chinese here.
//! Whether what was read makes sense is left to [`check`](super::check).

mod place;
mod sentence;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, ValueDeserializer};

use super::rulebook::{
    Deemed, Grade, Override, Part, PartYearRule, PeriodRule, Ranking, Recorder, Requirement,
    Review, Rule, Rulebook, Total, Visibility,
};
use super::vocabulary::Kind;
use place::Places;

/// Something in a file that makes it no usable rulebook.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct FileError {
    /// The line, counted from 1.
    pub line: usize,
    /// The character of the line, counted from 1.
    pub column: usize,
    /// Where in the rulebook it stands, such as `rules[2].cap`; empty where that is not known.
    pub path: String,
    /// What stands there and what was expected, as a Chinese sentence.
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "第 {} 行第 {} 列", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, " {}", self.path)?;
        }
        write!(f, "：{}", self.message)
    }
}

impl std::error::Error for FileError {}

impl Rulebook {
    /// The rulebook in the text of a TOML file, checked.
    ///
    /// # Errors
    /// Everything that is wrong, from the top of the file to its end. Mistakes of writing hide
    /// unknown fields and missing ones, and these hide what makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, Vec<FileError>> {
        let (document, errors) = DeTable::parse_recoverable(text);
        let places = Places::of(text, &document);
        if !errors.is_empty() {
            let errors = errors.iter().map(|error| places.written_wrong(error));
            let mut errors = sorted(errors.collect());
            // One slip makes a parser complain twice of one place.
            errors.dedup_by_key(|error| (error.line, error.column));
            return Err(errors);
        }
        let book = match Self::deserialize(Deserializer::from(document.clone())) {
            Ok(book) => book,
            Err(first) => {
                let mut errors = misread(document);
                if errors.is_empty() {
                    errors.push(first);
                }
                let errors = errors.iter().map(|error| places.misread(error));
                return Err(sorted(errors.collect()));
            }
        };
        match book.check() {
            Ok(()) => Ok(book),
            Err(errors) => Err(sorted(
                errors
                    .into_iter()
                    .map(|error| places.senseless(error))
                    .collect(),
            )),
        }
    }
}

/// In the order of the file, nothing said twice.
fn sorted(mut errors: Vec<FileError>) -> Vec<FileError> {
    errors.sort_by_key(|error| (error.line, error.column));
    errors.dedup_by(|later, first| later == first);
    errors
}

/// What cannot be read, one error for each table: a reader stops at the first, so each table is
/// read on its own.
fn misread(document: Spanned<DeTable<'_>>) -> Vec<toml::de::Error> {
    let span = document.span();
    let mut table = document.into_inner();
    let mut errors = Vec::new();
    one::<PeriodRule>(&table, "period", &mut errors);
    one::<Total>(&table, "total", &mut errors);
    one::<Total>(&table, "group_total", &mut errors);
    one::<PartYearRule>(&table, "part_year", &mut errors);
    one::<Ranking>(&table, "ranking", &mut errors);
    one::<Visibility>(&table, "visibility", &mut errors);
    each::<Kind>(&mut table, "kinds", &mut errors);
    each::<Recorder>(&mut table, "recorders", &mut errors);
    each::<Deemed>(&mut table, "deemed", &mut errors);
    each::<Part>(&mut table, "parts", &mut errors);
    each::<Rule>(&mut table, "rules", &mut errors);
    each::<Requirement>(&mut table, "requirements", &mut errors);
    each::<Grade>(&mut table, "grades", &mut errors);
    each::<Override>(&mut table, "overrides", &mut errors);
    each::<Review>(&mut table, "reviews", &mut errors);
    let rest = Deserializer::from(Spanned::new(span, table));
    if let Err(error) = Rulebook::deserialize(rest)
        && !errors.contains(&error)
    {
        errors.push(error);
    }
    errors
}

fn one<T: DeserializeOwned>(table: &DeTable<'_>, name: &str, errors: &mut Vec<toml::de::Error>) {
    if let Some(value) = table.get(name) {
        errors.extend(T::deserialize(ValueDeserializer::from(value.clone())).err());
    }
}

/// Reads each table of a list, and takes out the list where it is one: what is left is read for
/// the rest.
fn each<T: DeserializeOwned>(
    table: &mut DeTable<'_>,
    name: &str,
    errors: &mut Vec<toml::de::Error>,
) {
    let Some(value) = table.get(name) else { return };
    let DeValue::Array(list) = value.get_ref() else {
        return;
    };
    for value in list {
        errors.extend(T::deserialize(ValueDeserializer::from(value.clone())).err());
    }
    table.remove(name);
}
