//! Which results of earlier periods can stand beside each other.

use std::fmt;

use super::period::Period;
use super::rulebook::{PeriodRule, PeriodUnit};

/// Why the result of an earlier period cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotEarlier {
    /// The rulebook assesses in periods of this unit, and it is one of another.
    OtherUnit(PeriodUnit),
    /// There is a result of these days already.
    Twice,
}

impl PeriodRule {
    /// Whether somebody who has results of some periods can have one of another.
    ///
    /// # Errors
    /// When it is no period of this rule, or its days are in one that he has.
    pub fn takes_earlier(&self, known: &[Period], another: Period) -> Result<(), NotEarlier> {
        if another.unit != self.unit {
            return Err(NotEarlier::OtherUnit(self.unit));
        }
        let shared = |one: &Period| one.first <= another.last && another.first <= one.last;
        if known.iter().any(shared) {
            return Err(NotEarlier::Twice);
        }
        Ok(())
    }
}

impl fmt::Display for NotEarlier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherUnit(unit) => {
                let example = match unit {
                    PeriodUnit::Year => "2025",
                    PeriodUnit::HalfYear => "2025-H1",
                    PeriodUnit::Quarter => "2025-Q3",
                    PeriodUnit::Month => "2025-09",
                    PeriodUnit::SessionYear => "2025-S",
                    PeriodUnit::Term => "2025-T",
                };
                write!(f, "细则的考核期是{}，应写成 {example} 这样", unit.zh())
            }
            Self::Twice => f.write_str("同一人的这一期写了两次，每期只能有一个结果"),
        }
    }
}

impl std::error::Error for NotEarlier {}
