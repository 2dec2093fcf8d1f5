//! The State Council's holiday tables, as data, and what they say about a day. A new year is one
//! more entry of [`TABLES`], copied from the notice the General Office publishes each autumn.

use chrono::{Datelike, NaiveDate, Weekday};

use super::DayKind;

/// A month and a day of it.
type MonthDay = (u32, u32);

/// What one notice fixes for one year.
struct Table {
    year: i32,
    /// The document the days were copied from.
    source: &'static str,
    holidays: &'static [Holiday],
}

/// One holiday of a year and the weekend days worked to make up for it.
struct Holiday {
    name: &'static str,
    /// First and last day off, both inclusive; weekend days in between are part of it.
    days: (MonthDay, MonthDay),
    makeup: &'static [MonthDay],
}

const fn holiday(
    name: &'static str,
    first: MonthDay,
    last: MonthDay,
    makeup: &'static [MonthDay],
) -> Holiday {
    Holiday {
        name,
        days: (first, last),
        makeup,
    }
}

/// The years that have a table, in their order and without a gap.
const TABLES: &[Table] = &[
    Table {
        year: 2024,
        source: "国务院办公厅关于2024年部分节假日安排的通知(国办发明电〔2023〕7号)",
        holidays: &[
            holiday("元旦", (1, 1), (1, 1), &[]),
            holiday("春节", (2, 10), (2, 17), &[(2, 4), (2, 18)]),
            holiday("清明节", (4, 4), (4, 6), &[(4, 7)]),
            holiday("劳动节", (5, 1), (5, 5), &[(4, 28), (5, 11)]),
            holiday("端午节", (6, 10), (6, 10), &[]),
            holiday("中秋节", (9, 15), (9, 17), &[(9, 14)]),
            holiday("国庆节", (10, 1), (10, 7), &[(9, 29), (10, 12)]),
        ],
    },
    Table {
        year: 2025,
        source: "国务院办公厅关于2025年部分节假日安排的通知(国办发明电〔2024〕12号)",
        holidays: &[
            holiday("元旦", (1, 1), (1, 1), &[]),
            holiday("春节", (1, 28), (2, 4), &[(1, 26), (2, 8)]),
            holiday("清明节", (4, 4), (4, 6), &[]),
            holiday("劳动节", (5, 1), (5, 5), &[(4, 27)]),
            holiday("端午节", (5, 31), (6, 2), &[]),
            holiday("国庆节、中秋节", (10, 1), (10, 8), &[(9, 28), (10, 11)]),
        ],
    },
    Table {
        year: 2026,
        source: "国务院办公厅关于2026年部分节假日安排的通知(2025年11月4日公布)",
        holidays: &[
            holiday("元旦", (1, 1), (1, 3), &[(1, 4)]),
            holiday("春节", (2, 15), (2, 23), &[(2, 14), (2, 28)]),
            holiday("清明节", (4, 4), (4, 6), &[]),
            holiday("劳动节", (5, 1), (5, 5), &[(5, 9)]),
            holiday("端午节", (6, 19), (6, 21), &[]),
            holiday("中秋节", (9, 25), (9, 27), &[]),
            holiday("国庆节", (10, 1), (10, 7), &[(9, 20), (10, 10)]),
        ],
    },
];

/// What kind of day this is. In a year without an official table every day is unconfirmed, its
/// weekends too: a Sunday may yet be made a workday.
pub fn day_kind(date: NaiveDate) -> DayKind {
    if table(date.year()).is_none() {
        return DayKind::Unconfirmed;
    }
    let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    if holiday_name(date).is_some() || (weekend && !is_makeup_workday(date)) {
        DayKind::Holiday
    } else {
        DayKind::Workday
    }
}

/// The name of the holiday a day off belongs to; none for a plain weekend or a make-up workday.
pub fn holiday_name(date: NaiveDate) -> Option<&'static str> {
    let day = month_day(date);
    let covers = |holiday: &&Holiday| holiday.days.0 <= day && day <= holiday.days.1;
    table(date.year())?
        .holidays
        .iter()
        .find(covers)
        .map(|holiday| holiday.name)
}

/// Whether a weekend day was made a workday.
pub fn is_makeup_workday(date: NaiveDate) -> bool {
    table(date.year()).is_some_and(|table| {
        table
            .holidays
            .iter()
            .any(|holiday| holiday.makeup.contains(&month_day(date)))
    })
}

/// The document a year's table was copied from; none while nothing is published.
pub fn source(year: i32) -> Option<&'static str> {
    table(year).map(|table| table.source)
}

/// How many whole weeks follow `date` before the next day that has a table.
pub(super) fn whole_weeks_without_table(date: NaiveDate) -> u32 {
    let [first, .., last] = TABLES else {
        return u32::MAX;
    };
    if last.year < date.year() {
        return u32::MAX;
    }
    let first_day = NaiveDate::from_ymd_opt(first.year, 1, 1).expect("every year has a first day");
    let days_between = (first_day - date).num_days() - 1;
    u32::try_from(days_between / 7).unwrap_or(0)
}

fn table(year: i32) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.year == year)
}

fn month_day(date: NaiveDate) -> MonthDay {
    (date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_years_follow_one_another_without_a_gap() {
        assert!(
            TABLES
                .windows(2)
                .all(|pair| pair[0].year + 1 == pair[1].year)
        );
    }

    #[test]
    fn every_day_named_exists_and_every_makeup_day_is_a_weekend() {
        for table in TABLES {
            let date = |(month, day)| NaiveDate::from_ymd_opt(table.year, month, day).unwrap();
            for holiday in table.holidays {
                assert!(date(holiday.days.0) <= date(holiday.days.1));
                for &makeup in holiday.makeup {
                    assert!(matches!(
                        date(makeup).weekday(),
                        Weekday::Sat | Weekday::Sun
                    ));
                    assert_eq!(holiday_name(date(makeup)), None);
                }
            }
        }
    }

    #[test]
    fn a_day_off_says_which_holiday_it_is() {
        let name = |date: &str| holiday_name(date.parse().unwrap());
        assert_eq!(name("2024-09-17"), Some("中秋节"));
        assert_eq!(name("2025-10-08"), Some("国庆节、中秋节"));
        assert_eq!(name("2026-09-25"), Some("中秋节"));
        assert_eq!(name("2026-09-28"), None, "a Monday");
        assert_eq!(name("2026-11-22"), None, "a plain Sunday");
        assert_eq!(name("2027-10-01"), None, "no table yet");
    }

    #[test]
    fn the_source_of_a_table_is_named() {
        assert!(source(2025).is_some_and(|source| source.contains("国办发明电〔2024〕12号")));
        assert_eq!((source(2023), source(2027)), (None, None));
    }
}
