//! What is asked of somebody who was in office for a part of the period: the days he was there,
//! and the number asked where the text names one.

use chrono::NaiveDate;

use super::amount::Amount;
use super::period::Period;
use super::person::Person;
use super::rulebook::{PartYear, PartYearRule, PeriodUnit};
use super::sheet::Stay;

/// The days somebody is in office, as far as they are known; both are inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Office {
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
}

impl Office {
    pub fn of(person: &Person) -> Self {
        Self {
            first: person.joined_on,
            last: person.left_on,
        }
    }

    /// Whether he is in office on this day.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }

    /// Whether he is in office on some day of the period.
    pub fn touches(self, period: Period) -> bool {
        self.first.is_none_or(|first| first <= period.last)
            && self.last.is_none_or(|last| period.first <= last)
    }

    /// Whether he is in office on every day of the period.
    pub fn covers(self, period: Period) -> bool {
        self.contains(period.first) && self.contains(period.last)
    }

    /// How much of the period he is in office, where it is not all of it.
    pub fn stay(self, period: Period) -> Option<Stay> {
        (!self.covers(period)).then(|| {
            let (quarters, of) = period.whole_quarters(self.first, self.last);
            Stay { quarters, of }
        })
    }
}

/// The number asked of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// How many; where none are asked of him, as many as are asked of everybody else.
    pub number: Amount,
    /// Whether any are asked of him.
    pub of_him: bool,
    /// Why it is another number than that of everybody else, or none.
    pub why: Option<String>,
}

/// A number asked, as it is for somebody with this stay.
pub(super) fn asked(
    number: Amount,
    policy: PartYear,
    rule: PartYearRule,
    stay: Option<Stay>,
) -> Asked {
    let all = Asked {
        number,
        of_him: true,
        why: None,
    };
    let Some(Stay { quarters, of }) = stay else {
        return all;
    };
    let spared = |why: String| Asked {
        number,
        of_him: false,
        why: Some(why),
    };
    match policy {
        PartYear::Full => all,
        PartYear::Waived => spared("在任不满全期，不作要求".to_owned()),
        PartYear::WholeQuarters if quarters == 0 => {
            spared("在任不满一个整季度，不作要求".to_owned())
        }
        PartYear::WholeQuarters => {
            let share = number * Amount::fraction(i64::from(quarters), i64::from(of));
            let whole = share.rounded(Amount::ONE, rule.rounding);
            let why = format!("全期要求 {number}，在任 {quarters}/{of} 个整季度");
            if whole == Amount::ZERO {
                return spared(format!("{why}，折算为 0，不作要求"));
            }
            Asked {
                number: whole,
                of_him: true,
                why: Some(why),
            }
        }
    }
}

/// Whether what is asked in each part of a period is asked of him in this part; the number itself
/// stays as it is.
pub(super) fn asked_in(part: Period, policy: PartYear, office: Office) -> bool {
    match policy {
        PartYear::Full => office.touches(part),
        PartYear::WholeQuarters | PartYear::Waived => office.covers(part),
    }
}

/// What a part of a period in office from its first day to its last is called.
pub(super) const fn whole_part(unit: PeriodUnit) -> &'static str {
    match unit {
        PeriodUnit::Month => "整月",
        PeriodUnit::Quarter => "整季度",
        PeriodUnit::HalfYear => "整半年",
        PeriodUnit::Year | PeriodUnit::SessionYear => "整年",
        PeriodUnit::Term => "整届",
    }
}
