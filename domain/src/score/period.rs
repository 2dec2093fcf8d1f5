//! The span of time that one sheet covers.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};

use super::rulebook::{PeriodRule, PeriodUnit};
use crate::calendar::Quarter;

/// A period of assessment; both days are inside.
///
/// Written `2026`, `2026-H1`, `2026-Q3` or `2026-09`; a session year that began in 2026 is
/// `2026-S`, a term `2026-T`. The days of these two stand in no calendar: the office fixes them,
/// so they are not read from text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// What it is.
    pub unit: PeriodUnit,
    /// The year it is named after.
    pub year: i32,
    /// Which one of that year, from 1 on; 1 where there is one only.
    pub number: u8,
}

impl Period {
    /// A calendar year.
    ///
    /// # Panics
    /// Never for the years of a calendar.
    pub fn of_year(year: i32) -> Self {
        Self::months(PeriodUnit::Year, year, 1, 1, 12)
    }

    /// A quarter of a calendar year.
    pub fn of_quarter(quarter: Quarter) -> Self {
        let first_month = u32::from(quarter.number) * 3 - 2;
        Self::months(
            PeriodUnit::Quarter,
            quarter.year,
            quarter.number,
            first_month,
            3,
        )
    }

    /// A half of a calendar year, 1 or 2.
    pub fn of_half_year(year: i32, number: u8) -> Self {
        Self::months(
            PeriodUnit::HalfYear,
            year,
            number,
            u32::from(number) * 6 - 5,
            6,
        )
    }

    /// A month, 1 to 12.
    pub fn of_month(year: i32, number: u8) -> Self {
        Self::months(PeriodUnit::Month, year, number, u32::from(number), 1)
    }

    /// A session year or a term with the days that the office fixed.
    pub fn fixed(unit: PeriodUnit, first: NaiveDate, last: NaiveDate) -> Self {
        Self {
            first,
            last,
            unit,
            year: first.year(),
            number: 1,
        }
    }

    /// The period of this name. A session year and a term get the days of the calendar, which
    /// only say which one is meant: those that count stand where the office fixed them.
    ///
    /// # Errors
    /// When the text is no name of a period.
    pub fn named(text: &str) -> Result<Self, NoPeriod> {
        let fixed = [
            ("-S", PeriodUnit::SessionYear, 12),
            ("-T", PeriodUnit::Term, 60),
        ];
        for (end, unit, months) in fixed {
            if let Some(year) = text.strip_suffix(end) {
                let year: Self = year.parse().map_err(|_| NoPeriod(text.to_owned()))?;
                if year.unit != PeriodUnit::Year {
                    return Err(NoPeriod(text.to_owned()));
                }
                return Ok(Self::months(unit, year.year, 1, 1, months));
            }
        }
        text.parse()
    }

    fn months(unit: PeriodUnit, year: i32, number: u8, first_month: u32, count: u32) -> Self {
        let first = NaiveDate::from_ymd_opt(year, first_month, 1)
            .expect("a year of a calendar and a month of a year");
        Self {
            first,
            last: after(first, count).pred_opt().unwrap_or(first),
            unit,
            year,
            number,
        }
    }

    /// Whether the day lies in the period.
    pub fn contains(self, date: NaiveDate) -> bool {
        (self.first..=self.last).contains(&date)
    }

    /// Whether no other period of its unit lies between an earlier one and it. The office may leave
    /// some days between two session years.
    pub fn follows(self, earlier: Self) -> bool {
        let days = (self.first - earlier.last).num_days();
        days < i64::from(self.unit.months().unwrap_or(60)) * 15
    }

    /// The calendar year it is named after.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// Which part of the period a day lies in, counted from 0, where parts of `unit` are cut from
    /// its first day on. A unit that is no part of it cuts nothing.
    pub fn part_of(self, unit: PeriodUnit, date: NaiveDate) -> usize {
        let Some(months) = unit.months() else {
            return 0;
        };
        let mut part = 0;
        while part < 600 && after(self.first, (part + 1) * months) <= date {
            part += 1;
        }
        part as usize
    }

    /// The parts of `unit` that the period is cut into from its first day on; the last one may be
    /// short. A unit that is no part of it leaves the whole.
    pub fn parts(self, unit: PeriodUnit) -> Vec<Self> {
        let Some(months) = unit.months() else {
            return vec![self];
        };
        let mut parts = Vec::new();
        let mut first = self.first;
        while first <= self.last && parts.len() < 600 {
            let number = u32::try_from(parts.len()).unwrap_or(u32::MAX) + 1;
            let next = after(self.first, number * months);
            let last = next.pred_opt().unwrap_or(self.last).min(self.last);
            parts.push(Self {
                first,
                last,
                unit,
                year: self.year,
                number: u8::try_from(number).unwrap_or(u8::MAX),
            });
            first = next;
        }
        parts
    }

    /// How many whole quarters of the period lie within a stay, and how many it has; the last
    /// one may be short.
    pub fn whole_quarters(self, from: Option<NaiveDate>, until: Option<NaiveDate>) -> (u32, u32) {
        let (mut within, mut all) = (0, 0);
        while all < 200 && after(self.first, all * 3) <= self.last {
            let first = after(self.first, all * 3);
            let last = after(self.first, (all + 1) * 3)
                .pred_opt()
                .unwrap_or(self.last)
                .min(self.last);
            all += 1;
            if from.is_none_or(|from| from <= first) && until.is_none_or(|until| last <= until) {
                within += 1;
            }
        }
        (within, all)
    }

    /// Its Chinese name: 「2026 年」, 「2026 年第三季度」.
    pub fn zh(self) -> String {
        const NUMBERS: [&str; 4] = ["一", "二", "三", "四"];
        let number = NUMBERS.get(usize::from(self.number) - 1).copied();
        match self.unit {
            PeriodUnit::Year => format!("{} 年", self.year),
            PeriodUnit::Quarter => {
                format!("{} 年第{}季度", self.year, number.unwrap_or_default())
            }
            PeriodUnit::HalfYear if self.number == 1 => format!("{} 年上半年", self.year),
            PeriodUnit::HalfYear => format!("{} 年下半年", self.year),
            PeriodUnit::Month => format!("{} 年 {} 月", self.year, self.number),
            PeriodUnit::SessionYear => format!("{} 会议年度", self.year),
            PeriodUnit::Term => format!("{} 年起的一届", self.year),
        }
    }
}

/// The day so many months later; the last day of the calendar beyond its end.
fn after(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months))
        .unwrap_or(NaiveDate::MAX)
}

impl PeriodUnit {
    /// How many months it takes; a term takes what the office fixes.
    pub const fn months(self) -> Option<u32> {
        match self {
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::HalfYear => Some(6),
            Self::Year | Self::SessionYear => Some(12),
            Self::Term => None,
        }
    }
}

impl PeriodRule {
    /// The period of this rule in which a day lies, as the calendar would have it. For a session
    /// year and for a term the office fixes the days, so this is a proposal; a term has five
    /// years.
    pub fn around(&self, day: NaiveDate) -> Period {
        let year = match self.start_in(day.year()) {
            Some(start) if day < start => day.year() - 1,
            _ => day.year(),
        };
        let first = self.start_in(year).unwrap_or(day);
        let months = self.unit.months().unwrap_or(60);
        let part = Period::fixed(self.unit, first, day).part_of(self.unit, day);
        let number = u32::try_from(part).unwrap_or(0);
        let begins = after(first, number * months);
        let last = after(begins, months).pred_opt().unwrap_or(begins);
        Period {
            first: begins,
            last,
            unit: self.unit,
            year,
            number: u8::try_from(number + 1).unwrap_or(u8::MAX),
        }
    }

    /// The period of this rule that has this name, as the calendar would have it; `None` where the
    /// name is one of another unit.
    pub fn named(&self, name: Period) -> Option<Period> {
        let first = self.start_in(name.year)?;
        let before = u32::from(name.number).checked_sub(1)? * self.unit.months().unwrap_or(60);
        (name.unit == self.unit).then(|| self.around(after(first, before)))
    }

    fn start_in(&self, year: i32) -> Option<NaiveDate> {
        let (month, day) = self.start_day()?;
        NaiveDate::from_ymd_opt(year, month, day)
    }

    /// The month and day on which a year of the rulebook begins; `None` where the text names no
    /// day that every year has.
    pub fn start_day(&self) -> Option<(u32, u32)> {
        let (month, day) = self.starts.split_once('-')?;
        let two = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u32>().ok()).flatten()
        };
        let (month, day) = (two(month)?, two(day)?);
        // A year that begins on 29 February would begin only every fourth year.
        NaiveDate::from_ymd_opt(2001, month, day)?;
        Some((month, day))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, number) = (self.year, self.number);
        match self.unit {
            PeriodUnit::Year => write!(f, "{year:04}"),
            PeriodUnit::HalfYear => write!(f, "{year:04}-H{number}"),
            PeriodUnit::Quarter => write!(f, "{year:04}-Q{number}"),
            PeriodUnit::Month => write!(f, "{year:04}-{number:02}"),
            PeriodUnit::SessionYear => write!(f, "{year:04}-S"),
            PeriodUnit::Term => write!(f, "{year:04}-T"),
        }
    }
}

/// Text that is no period of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPeriod(
    /// What was given.
    pub String,
);

impl fmt::Display for NoPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no period: expected 2026, 2026-H1, 2026-Q3 or 2026-09, from 2000 to 2100",
            self.0
        )
    }
}

impl std::error::Error for NoPeriod {}

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        let no_period = || NoPeriod(text.to_owned());
        let (year, part) = text.split_once('-').unwrap_or((text, ""));
        if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(no_period());
        }
        let year: i32 = year.parse().map_err(|_| no_period())?;
        if !(2000..=2100).contains(&year) || (part.is_empty() && text.contains('-')) {
            return Err(no_period());
        }
        match part.as_bytes() {
            [] => Ok(Self::of_year(year)),
            [b'H', number @ b'1'..=b'2'] => Ok(Self::of_half_year(year, number - b'0')),
            [b'Q', number @ b'1'..=b'4'] => Ok(Self::of_quarter(Quarter {
                year,
                number: number - b'0',
            })),
            [tens @ b'0'..=b'1', ones @ b'0'..=b'9'] => {
                let month = (tens - b'0') * 10 + (ones - b'0');
                if (1..=12).contains(&month) {
                    Ok(Self::of_month(year, month))
                } else {
                    Err(no_period())
                }
            }
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

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_read_only_as_it_is_written() {
        for text in [
            "2026", "2000", "2100", "2026-Q3", "2026-H2", "2026-09", "2026-12",
        ] {
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
            "2026-",
            "2026-Q5",
            "2026-Q0",
            "2026-H3",
            "2026-00",
            "2026-13",
            "2026-1",
            "2026-S",
            "2026-T",
            "2026-Q3-",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NoPeriod(text.to_owned())));
        }
    }

    #[test]
    fn the_days_of_a_period() {
        for (text, first, last) in [
            ("2026", "2026-01-01", "2026-12-31"),
            ("2024-Q1", "2024-01-01", "2024-03-31"),
            ("2026-H2", "2026-07-01", "2026-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.first, period.last), (day(first), day(last)));
            assert!(period.contains(day(first)) && period.contains(day(last)));
            assert!(!period.contains(day(first).pred_opt().unwrap()));
            assert!(!period.contains(day(last).succ_opt().unwrap()));
        }
    }

    #[test]
    fn a_session_year_begins_where_the_rulebook_says() {
        let rule = PeriodRule {
            unit: PeriodUnit::SessionYear,
            starts: "02-15".to_owned(),
        };
        let period = rule.around(day("2027-02-14"));
        assert_eq!(
            (period.first, period.last),
            (day("2026-02-15"), day("2027-02-14"))
        );
        assert_eq!(period.to_string(), "2026-S");
        assert_eq!(rule.around(day("2027-02-15")).to_string(), "2027-S");

        let quarter = PeriodRule {
            unit: PeriodUnit::Quarter,
            starts: "01-01".to_owned(),
        };
        assert_eq!(
            quarter.around(day("2026-09-30")),
            "2026-Q3".parse().unwrap()
        );
        assert_eq!(
            quarter.around(day("2026-10-01")),
            "2026-Q4".parse().unwrap()
        );
    }

    #[test]
    fn a_name_says_which_period_is_meant() {
        for text in ["2026", "2026-H2", "2026-Q4", "2026-12", "2026-S", "2026-T"] {
            assert_eq!(Period::named(text).unwrap().to_string(), text);
        }
        for text in ["2026-X", "-S", "1999-S", "2026-Q1-S", "2026-S-S"] {
            assert_eq!(
                Period::named(text),
                Err(NoPeriod(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn a_rule_finds_its_periods_by_their_names() {
        for (unit, starts) in [
            (PeriodUnit::Year, "03-01"),
            (PeriodUnit::Quarter, "01-01"),
            (PeriodUnit::HalfYear, "03-01"),
            (PeriodUnit::SessionYear, "02-15"),
            (PeriodUnit::Term, "01-01"),
        ] {
            let starts = starts.to_owned();
            let rule = PeriodRule { unit, starts };
            let period = rule.around(day("2026-11-22"));
            let name = Period::named(&period.to_string()).unwrap();
            assert_eq!(rule.named(name), Some(period));
            assert_eq!(rule.named(Period::of_month(2026, 5)), None);
        }
    }

    #[test]
    fn a_start_that_not_every_year_has_is_none() {
        let start = |starts: &str| {
            PeriodRule {
                unit: PeriodUnit::Year,
                starts: starts.to_owned(),
            }
            .start_day()
        };
        assert_eq!(start("03-01"), Some((3, 1)));
        for text in ["", "02-29", "13-01", "3-1", "03-1", "0301", "aa-bb"] {
            assert_eq!(start(text), None, "{text}");
        }
    }

    #[test]
    fn quarters_of_a_period_are_cut_from_its_first_day() {
        let year = Period::of_year(2026);
        let parts = ["2026-01-01", "2026-03-31", "2026-04-01", "2026-12-31"]
            .map(|text| year.part_of(PeriodUnit::Quarter, day(text)));
        assert_eq!(parts, [0, 0, 1, 3]);
        let session = Period::fixed(
            PeriodUnit::SessionYear,
            day("2026-02-15"),
            day("2027-02-14"),
        );
        let parts = ["2026-05-14", "2026-05-15", "2027-02-14"]
            .map(|text| session.part_of(PeriodUnit::Quarter, day(text)));
        assert_eq!(parts, [0, 1, 3]);
    }

    #[test]
    fn a_period_is_cut_into_parts_without_gaps() {
        let session = Period::fixed(
            PeriodUnit::SessionYear,
            day("2026-02-15"),
            day("2027-02-10"),
        );
        let parts: Vec<_> = session
            .parts(PeriodUnit::Quarter)
            .iter()
            .map(|part| (part.first.to_string(), part.last.to_string()))
            .collect();
        let expected = [
            ("2026-02-15", "2026-05-14"),
            ("2026-05-15", "2026-08-14"),
            ("2026-08-15", "2026-11-14"),
            ("2026-11-15", "2027-02-10"),
        ];
        let expected = expected.map(|(first, last)| (first.to_owned(), last.to_owned()));
        assert_eq!(parts, expected);
        assert_eq!(session.parts(PeriodUnit::Term), [session]);
        assert_eq!(Period::of_year(2026).parts(PeriodUnit::Month).len(), 12);
    }

    #[test]
    fn only_whole_quarters_of_a_stay_are_counted() {
        let year = Period::of_year(2026);
        for (from, until, expected) in [
            (None, None, (4, 4)),
            (Some("2026-04-01"), None, (3, 4)),
            (Some("2026-04-02"), None, (2, 4)),
            (None, Some("2026-09-29"), (2, 4)),
            (Some("2025-06-01"), Some("2026-09-30"), (3, 4)),
            (Some("2026-12-01"), None, (0, 4)),
        ] {
            assert_eq!(year.whole_quarters(from.map(day), until.map(day)), expected);
        }
        assert_eq!(Period::of_month(2026, 2).whole_quarters(None, None), (1, 1));
    }
}
