//! A quarter of a year and its spelling, `2026-Q3`. What happens in one is its parent's business.

use std::{borrow::Cow, fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A quarter of a calendar year.
///
/// Written `2026-Q3` everywhere a machine reads it. Reading accepts the years 2000 to 2100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quarter {
    /// The calendar year.
    pub year: i32,
    /// Which quarter of the year, 1 to 4.
    pub number: u8,
}

impl Quarter {
    /// The quarter a day lies in.
    pub fn of(date: NaiveDate) -> Self {
        const NUMBERS: [u8; 12] = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4];
        let month = usize::try_from(date.month0()).expect("a month is below twelve");
        Self {
            year: date.year(),
            number: NUMBERS[month],
        }
    }

    /// The four quarters of a year, in their order.
    pub const fn of_year(year: i32) -> [Self; 4] {
        [
            Self { year, number: 1 },
            Self { year, number: 2 },
            Self { year, number: 3 },
            Self { year, number: 4 },
        ]
    }

    /// The first day of the quarter.
    pub fn first_day(self) -> NaiveDate {
        self.day([(1, 1), (4, 1), (7, 1), (10, 1)])
    }

    /// The last day of the quarter.
    pub fn last_day(self) -> NaiveDate {
        self.day([(3, 31), (6, 30), (9, 30), (12, 31)])
    }

    /// The fields are open, and a year may come from a query: numbers that are no quarter count as
    /// the nearest one that is, so that no request can make this panic.
    fn day(self, month_days: [(u32, u32); 4]) -> NaiveDate {
        let year = self
            .year
            .clamp(NaiveDate::MIN.year(), NaiveDate::MAX.year());
        let (month, day) = month_days[usize::from(self.number.clamp(1, 4)) - 1];
        NaiveDate::from_ymd_opt(year, month, day).expect("every year has these days")
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-Q{}", self.year, self.number))
    }
}

/// A text that is no quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoQuarter(
    /// What was given.
    pub String,
);

impl fmt::Display for NoQuarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no quarter such as 2026-Q3 in the years 2000 to 2100",
            self.0
        )
    }
}

impl std::error::Error for NoQuarter {}

impl FromStr for Quarter {
    type Err = NoQuarter;

    fn from_str(text: &str) -> Result<Self, NoQuarter> {
        let refused = || NoQuarter(text.to_owned());
        let &[y1, y2, y3, y4, b'-', b'Q', number @ b'1'..=b'4'] = text.as_bytes() else {
            return Err(refused());
        };
        let mut year = 0;
        for digit in [y1, y2, y3, y4] {
            if !digit.is_ascii_digit() {
                return Err(refused());
            }
            year = year * 10 + i32::from(digit - b'0');
        }
        if !(2000..=2100).contains(&year) {
            return Err(refused());
        }
        Ok(Self {
            year,
            number: number - b'0',
        })
    }
}

impl Serialize for Quarter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quarter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(feature = "utoipa")]
impl utoipa::PartialSchema for Quarter {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("a quarter such as 2026-Q3"))
            .pattern(Some("^(20[0-9]{2}|2100)-Q[1-4]$"))
            .build()
            .into()
    }
}

#[cfg(feature = "utoipa")]
impl utoipa::ToSchema for Quarter {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_read_as_it_is_written() {
        for year in 2000..=2100 {
            for quarter in Quarter::of_year(year) {
                assert_eq!(quarter.to_string().parse(), Ok(quarter));
                assert_eq!(Quarter::of(quarter.first_day()), quarter);
                assert_eq!(Quarter::of(quarter.last_day()), quarter);
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let wrong = [
            "",
            "2026",
            "2026-Q0",
            "2026-Q5",
            "2026-q3",
            "2026Q3",
            "2026-Q3 ",
            " 2026-Q3",
            "2026-Q33",
            "1999-Q4",
            "2101-Q1",
            "0026-Q1",
            "+026-Q1",
            "-026-Q1",
            "10000-Q1",
            "２０２６-Q3",
            "2026-Q３",
            "2026—Q3",
            "202a-Q1",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Quarter>(), Err(NoQuarter(text.to_owned())));
        }
    }

    #[test]
    fn quarters_follow_one_another() {
        let [first, .., last] = Quarter::of_year(2026);
        let [next, ..] = Quarter::of_year(2027);
        assert!(first < last && last < next);
        assert_eq!(last.last_day().succ_opt(), Some(next.first_day()));
    }

    #[test]
    fn json_carries_the_spelling() {
        let quarter = Quarter {
            year: 2026,
            number: 3,
        };
        assert_eq!(serde_json::to_string(&quarter).unwrap(), r#""2026-Q3""#);
        assert_eq!(
            serde_json::from_str::<Quarter>(r#""2026-Q3""#).unwrap(),
            quarter
        );
        assert!(serde_json::from_str::<Quarter>(r#""2026-Q9""#).is_err());
        assert!(serde_json::from_str::<Quarter>("3").is_err());
    }

    #[test]
    fn numbers_that_are_no_quarter_never_panic() {
        for year in [i32::MIN, -1, 0, 10_000, i32::MAX] {
            for number in [0, 1, 4, 5, u8::MAX] {
                let quarter = Quarter { year, number };
                assert!(quarter.first_day() < quarter.last_day());
            }
        }
        assert_eq!(Quarter::of(NaiveDate::MAX).last_day(), NaiveDate::MAX);
        assert_eq!(Quarter::of(NaiveDate::MIN).first_day(), NaiveDate::MIN);
    }
}
