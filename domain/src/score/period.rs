//! The span of time that one sheet covers.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use crate::calendar::Quarter;

/// A period of assessment. Written `2026` or `2026-Q3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// A calendar year.
    Year(i32),
    /// A quarter of a calendar year.
    Quarter(Quarter),
}

impl Period {
    /// Whether the day lies in the period.
    pub fn contains(self, date: NaiveDate) -> bool {
        match self {
            Self::Year(year) => date.year() == year,
            Self::Quarter(quarter) => Quarter::of(date) == quarter,
        }
    }

    /// The calendar year in which the period lies.
    pub const fn year(self) -> i32 {
        match self {
            Self::Year(year) => year,
            Self::Quarter(quarter) => quarter.year,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Quarter(quarter) => quarter.fmt(f),
        }
    }
}

/// Text that is no period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPeriod(
    /// What was given.
    pub String,
);

impl fmt::Display for NoPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no period: expected 2026 or 2026-Q3, from 2000 to 2100",
            self.0
        )
    }
}

impl std::error::Error for NoPeriod {}

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        let no_period = || NoPeriod(text.to_owned());
        if text.contains('-') {
            return text.parse().map(Self::Quarter).map_err(|_| no_period());
        }
        if text.len() != 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(no_period());
        }
        match text.parse() {
            Ok(year @ 2000..=2100) => Ok(Self::Year(year)),
            _ => Err(no_period()),
        }
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_read_only_as_it_is_written() {
        for text in ["2026", "2000", "2100", "2026-Q3"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "26",
            "02026",
            "10000",
            "1999",
            "2101",
            "+026",
            "２０２６",
            " 2026",
            "2026-Q5",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NoPeriod(text.to_owned())));
        }
    }

    #[test]
    fn a_year_runs_from_new_years_day_to_the_last_of_december() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let year = Period::Year(2026);
        let inside = ["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"]
            .map(|text| year.contains(day(text)));
        assert_eq!(inside, [false, true, true, false]);
    }
}
