//! Which day a quarter's activity falls on: the rule, the official holidays, and what to propose
//! when the two collide. Confirming a date, with a reason, is the office's and not done here.

mod holidays;
mod quarter;

use chrono::{Datelike, Days, NaiveDate, Weekday};

pub use holidays::{day_kind, holiday_name, is_makeup_workday, source};
pub use quarter::{NoQuarter, Quarter};

words! {
    /// What a day is to an office.
    DayKind {
        Workday = "workday" "工作日";
        Holiday = "holiday" "节假日或休息日";
        Unconfirmed = "unconfirmed" "尚未公布";
    }

    /// What a committee does when the rule date is no workday.
    ShiftPolicy {
        PreviousWorkday = "previous_workday" "提前到上一个工作日";
        NextWorkday = "next_workday" "顺延到下一个工作日";
        Keep = "keep" "不调整";
    }
}

/// The date the rules propose for a quarter, beside the date they started from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The quarter asked about.
    pub quarter: Quarter,
    /// The last Friday of the quarter, whatever kind of day that is.
    pub rule_date: NaiveDate,
    /// What kind of day the rule date is.
    pub status: DayKind,
    /// The date to put before the office; the rule date itself where nothing speaks against it or
    /// nothing is known yet.
    pub proposed_date: NaiveDate,
}

/// The last Friday of the quarter.
pub fn rule_date(quarter: Quarter) -> NaiveDate {
    let last_day = quarter.last_day();
    let days_since_friday = last_day.weekday().days_since(Weekday::Fri);
    last_day - Days::new(u64::from(days_since_friday))
}

/// The date to propose for a quarter under the committee's policy.
///
/// A shift stays inside the quarter and never lands on a weekend that was made a workday: asking
/// members to give up a Sunday is a decision, not a default. Where the policy's direction offers
/// no day, the other direction is tried.
pub fn propose(quarter: Quarter, policy: ShiftPolicy) -> Proposal {
    propose_by(quarter, policy, day_kind)
}

fn propose_by(
    quarter: Quarter,
    policy: ShiftPolicy,
    kind: impl Fn(NaiveDate) -> DayKind,
) -> Proposal {
    let rule_date = rule_date(quarter);
    let status = kind(rule_date);
    let suits = |&date: &NaiveDate| is_mon_to_fri(date) && kind(date) == DayKind::Workday;
    let before = || {
        days_before(rule_date)
            .take_while(|&day| quarter.first_day() <= day)
            .find(suits)
    };
    let after = || {
        days_after(rule_date)
            .take_while(|&day| day <= quarter.last_day())
            .find(suits)
    };

    let shifted = match (status, policy) {
        (DayKind::Workday | DayKind::Unconfirmed, _) | (_, ShiftPolicy::Keep) => None,
        (DayKind::Holiday, ShiftPolicy::PreviousWorkday) => before().or_else(after),
        (DayKind::Holiday, ShiftPolicy::NextWorkday) => after().or_else(before),
    };
    Proposal {
        quarter,
        rule_date,
        status,
        proposed_date: shifted.unwrap_or(rule_date),
    }
}

/// A date counted in workdays, and whether the count is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkdayDate {
    /// The day the count ends on.
    pub date: NaiveDate,
    /// Whether an official table covers every day that was counted. Where it does not, Monday to
    /// Friday were taken for workdays, and a later table may move the date.
    pub confirmed: bool,
}

/// The `days`-th workday after `from`; zero days is `from` itself.
///
/// A count that would leave chrono's calendar ends on its last day, unconfirmed.
pub fn add_workdays(from: NaiveDate, days: u32) -> WorkdayDate {
    let mut end = WorkdayDate {
        date: from,
        confirmed: true,
    };
    let mut left = days;
    while left > 0 {
        // Without this leap over whole weeks a count of `u32::MAX` would visit 90 million days.
        let weeks = holidays::whole_weeks_without_table(end.date).min((left - 1) / 5);
        let step = u64::from(weeks) * 7 + 1;
        let Some(date) = end.date.checked_add_days(Days::new(step)) else {
            return WorkdayDate {
                date: NaiveDate::MAX,
                confirmed: false,
            };
        };
        left -= weeks * 5;

        let kind = day_kind(date);
        let passes_unknown_days = 0 < weeks || kind == DayKind::Unconfirmed;
        let counts = match kind {
            DayKind::Workday => true,
            DayKind::Holiday => false,
            DayKind::Unconfirmed => is_mon_to_fri(date),
        };
        left -= u32::from(counts);
        end = WorkdayDate {
            date,
            confirmed: end.confirmed && !passes_unknown_days,
        };
    }
    end
}

fn is_mon_to_fri(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

fn days_before(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(date.pred_opt(), NaiveDate::pred_opt)
}

fn days_after(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    std::iter::successors(date.succ_opt(), NaiveDate::succ_opt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str) -> NaiveDate {
        date.parse().unwrap()
    }

    /// The kind of a day in a year that has no table here, from the notice of that year.
    fn past_kind(date: NaiveDate) -> DayKind {
        let off = [
            "2010-09-22",
            "2010-09-23",
            "2010-09-24",
            "2020-06-25",
            "2020-06-26",
            "2023-09-29",
        ];
        let makeup = ["2010-09-19", "2010-09-25", "2010-09-26", "2020-06-28"];
        let listed = |dates: &[&str]| dates.contains(&date.to_string().as_str());
        if listed(&makeup) || (is_mon_to_fri(date) && !listed(&off)) {
            DayKind::Workday
        } else {
            DayKind::Holiday
        }
    }

    #[test]
    fn past_collisions_move_over_holidays_and_never_onto_a_makeup_weekend() {
        let table = [
            // Mid-Autumn; Saturday 25 and Sunday 26 September were make-up workdays.
            ("2010-Q3", "2010-09-24", "2010-09-21", "2010-09-27"),
            // Dragon Boat; Sunday 28 June was a make-up workday.
            ("2020-Q2", "2020-06-26", "2020-06-24", "2020-06-29"),
            // Mid-Autumn, and nothing but a Saturday follows in the quarter.
            ("2023-Q3", "2023-09-29", "2023-09-28", "2023-09-28"),
        ];
        for (quarter, rule, previous, next) in table {
            let quarter = quarter.parse().unwrap();
            let proposed = |policy| propose_by(quarter, policy, past_kind).proposed_date;

            assert_eq!(rule_date(quarter), day(rule));
            assert_eq!(proposed(ShiftPolicy::PreviousWorkday), day(previous));
            assert_eq!(proposed(ShiftPolicy::NextWorkday), day(next));
            assert_eq!(proposed(ShiftPolicy::Keep), day(rule));
        }
    }

    #[test]
    fn a_quarter_without_workdays_keeps_its_rule_date() {
        let quarter = "2026-Q3".parse().unwrap();
        for &policy in ShiftPolicy::ALL {
            let proposal = propose_by(quarter, policy, |_| DayKind::Holiday);
            assert_eq!(proposal.proposed_date, proposal.rule_date);
        }
    }

    #[test]
    fn a_direction_without_workdays_gives_way_to_the_other() {
        let quarter = "2026-Q3".parse().unwrap();
        let only_the_end = |date| {
            if day("2026-09-25") < date {
                DayKind::Workday
            } else {
                DayKind::Holiday
            }
        };

        let proposal = propose_by(quarter, ShiftPolicy::PreviousWorkday, only_the_end);
        assert_eq!(proposal.proposed_date, day("2026-09-28"));
    }

    #[test]
    fn a_shift_back_stops_at_the_first_day_of_the_quarter() {
        let quarter: Quarter = "2026-Q3".parse().unwrap();
        let only_outside = |date| {
            if date < quarter.first_day() {
                DayKind::Workday
            } else {
                DayKind::Holiday
            }
        };

        let proposal = propose_by(quarter, ShiftPolicy::PreviousWorkday, only_outside);
        assert_eq!(proposal.proposed_date, proposal.rule_date);
    }
}
