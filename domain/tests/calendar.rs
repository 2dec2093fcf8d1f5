//! The calendar against what others say: the office's table of dates, and an independent list of
//! every day of the years that have an official table.

use chrono::{Datelike, NaiveDate, Weekday};
use domain::calendar::{
    DayKind, Proposal, Quarter, ShiftPolicy, WorkdayDate, add_workdays, day_kind,
    is_makeup_workday, propose, rule_date,
};
use proptest::prelude::*;

fn day(date: &str) -> NaiveDate {
    date.parse().expect("the tables here hold dates")
}

#[test]
fn every_day_agrees_with_an_independent_list() {
    let list = include_str!("holidays_2024_2026.csv");
    let rows = list.lines().filter(|line| line.starts_with("20"));
    let mut expected = day("2024-01-01");
    for row in rows {
        let (date, is_workday) = row.split_once(',').unwrap();
        let kind = if is_workday == "1" {
            DayKind::Workday
        } else {
            DayKind::Holiday
        };
        assert_eq!(day(date), expected, "the list has every day once");
        assert_eq!(day_kind(expected), kind, "{date}");

        let worked_weekend =
            kind == DayKind::Workday && matches!(expected.weekday(), Weekday::Sat | Weekday::Sun);
        assert_eq!(is_makeup_workday(expected), worked_weekend, "{date}");
        expected = expected.succ_opt().unwrap();
    }
    assert_eq!(expected, day("2027-01-01"));
}

#[test]
fn the_last_fridays_and_what_they_are() {
    use DayKind::{Holiday, Unconfirmed, Workday};
    let table = [
        (2024, ["03-29", "06-28", "09-27", "12-27"], [Workday; 4]),
        (2025, ["03-28", "06-27", "09-26", "12-26"], [Workday; 4]),
        (
            2026,
            ["03-27", "06-26", "09-25", "12-25"],
            [Workday, Workday, Holiday, Workday],
        ),
        (2027, ["03-26", "06-25", "09-24", "12-31"], [Unconfirmed; 4]),
        (2028, ["03-31", "06-30", "09-29", "12-29"], [Unconfirmed; 4]),
    ];
    for (year, dates, kinds) in table {
        for ((quarter, date), kind) in Quarter::of_year(year).into_iter().zip(dates).zip(kinds) {
            let expected = day(&format!("{year}-{date}"));
            assert_eq!(rule_date(quarter), expected);
            assert_eq!(day_kind(expected), kind, "{expected}");
        }
    }
}

#[test]
fn mid_autumn_2026_moves_to_the_thursday_before() {
    let quarter = "2026-Q3".parse().unwrap();
    assert_eq!(
        propose(quarter, ShiftPolicy::PreviousWorkday),
        Proposal {
            quarter,
            rule_date: day("2026-09-25"),
            status: DayKind::Holiday,
            proposed_date: day("2026-09-24"),
        }
    );
    assert_eq!(
        propose(quarter, ShiftPolicy::NextWorkday).proposed_date,
        day("2026-09-28")
    );
    assert_eq!(
        propose(quarter, ShiftPolicy::Keep).proposed_date,
        day("2026-09-25")
    );
}

#[test]
fn collisions_in_years_without_a_table_stay_unconfirmed() {
    let table = [
        ("2010-Q3", "2010-09-24"),
        ("2020-Q2", "2020-06-26"),
        ("2023-Q3", "2023-09-29"),
    ];
    for (quarter, date) in table {
        let proposal = propose(quarter.parse().unwrap(), ShiftPolicy::PreviousWorkday);
        assert_eq!(proposal.status, DayKind::Unconfirmed);
        assert_eq!(
            (proposal.rule_date, proposal.proposed_date),
            (day(date), day(date))
        );
    }
}

#[test]
fn a_weekend_without_a_table_is_unconfirmed_too() {
    assert_eq!(day_kind(day("2027-01-02")), DayKind::Unconfirmed);
    assert_eq!(day_kind(day("2023-12-31")), DayKind::Unconfirmed);
    assert_eq!(day_kind(NaiveDate::MIN), DayKind::Unconfirmed);
    assert_eq!(day_kind(NaiveDate::MAX), DayKind::Unconfirmed);
}

#[test]
fn workdays_are_counted_over_holidays_and_makeup_days() {
    let table = [
        ("2026-09-24", 0, "2026-09-24", true),
        ("2026-09-24", 1, "2026-09-28", true),
        ("2026-09-30", 1, "2026-10-08", true),
        ("2026-09-30", 3, "2026-10-10", true),
        ("2026-09-30", 4, "2026-10-12", true),
        ("2026-09-19", 1, "2026-09-20", true),
        ("2026-12-30", 1, "2026-12-31", true),
        ("2026-12-31", 1, "2027-01-01", false),
        ("2026-12-31", 2, "2027-01-04", false),
        ("2027-05-01", 5, "2027-05-07", false),
        ("2027-05-01", 6, "2027-05-10", false),
        ("2023-12-29", 1, "2024-01-02", false),
        ("2023-12-31", 1, "2024-01-02", true),
    ];
    for (from, days, date, confirmed) in table {
        let expected = WorkdayDate {
            date: day(date),
            confirmed,
        };
        assert_eq!(
            add_workdays(day(from), days),
            expected,
            "{days} after {from}"
        );
    }
}

#[test]
fn counting_ends_quietly_at_the_end_of_the_calendar() {
    let the_end = WorkdayDate {
        date: NaiveDate::MAX,
        confirmed: false,
    };
    assert_eq!(add_workdays(NaiveDate::MAX, 1), the_end);
    assert_eq!(add_workdays(day("2026-11-22"), u32::MAX), the_end);
    assert_eq!(add_workdays(NaiveDate::MIN, u32::MAX), the_end);
    assert_eq!(add_workdays(NaiveDate::MAX, 0).date, NaiveDate::MAX);
    assert!(!add_workdays(NaiveDate::MIN, 1_000_000).confirmed);
}

/// The count as the definition says it, one day after the other.
fn counted_day_by_day(from: NaiveDate, days: u32) -> WorkdayDate {
    let mut end = WorkdayDate {
        date: from,
        confirmed: true,
    };
    let mut left = days;
    while left > 0 {
        end.date = end
            .date
            .succ_opt()
            .expect("far from the end of the calendar");
        let weekday = !matches!(end.date.weekday(), Weekday::Sat | Weekday::Sun);
        match day_kind(end.date) {
            DayKind::Workday => left -= 1,
            DayKind::Holiday => {}
            DayKind::Unconfirmed => {
                end.confirmed = false;
                left -= u32::from(weekday);
            }
        }
    }
    end
}

proptest! {
    #[test]
    fn the_rule_date_is_the_last_friday(year in 1900..2200_i32, index in 0..4_usize) {
        let quarter = Quarter::of_year(year)[index];
        let date = rule_date(quarter);

        prop_assert_eq!(date.weekday(), Weekday::Fri);
        prop_assert_eq!(Quarter::of(date), quarter);
        prop_assert_ne!(Quarter::of(date + chrono::Days::new(7)), quarter);
    }

    #[test]
    fn a_proposal_stays_in_its_quarter_and_off_makeup_days(
        year in 2000..=2100_i32, index in 0..4_usize, policy in 0..ShiftPolicy::ALL.len(),
    ) {
        let quarter = Quarter::of_year(year)[index];
        let proposal = propose(quarter, ShiftPolicy::ALL[policy]);

        prop_assert_eq!(Quarter::of(proposal.proposed_date), quarter);
        prop_assert!(!is_makeup_workday(proposal.proposed_date));
    }

    #[test]
    fn leaping_over_weeks_counts_like_walking(offset in 0..4000_u64, days in 0..1500_u32) {
        let from = day("2018-01-01") + chrono::Days::new(offset);
        prop_assert_eq!(add_workdays(from, days), counted_day_by_day(from, days));
    }

    #[test]
    fn no_day_and_no_count_panics(days_from_ce in any::<i32>(), days in any::<u32>()) {
        let Some(from) = NaiveDate::from_num_days_from_ce_opt(days_from_ce) else { return Ok(()) };
        prop_assert!(from <= add_workdays(from, days).date);
        let _ = propose(Quarter::of(from), ShiftPolicy::NextWorkday);
    }
}
