//! What scoring counts: immutable facts, each of one kind.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono::NaiveDate;

use crate::activity::ActivityKind;
use crate::attendance::AttendanceStatus;
use crate::duty::DutyKind;
use crate::ids::{FactId, MemberId};

/// One thing that is so and is never changed: a correction is a reversal and a new fact.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// Whose fact it is.
    pub member: MemberId,
    /// What kind of thing it is; of a reversal, the kind of what it reverses.
    pub kind: FactKind,
    /// The day it happened, in Shanghai.
    pub on: NaiveDate,
    /// What a person calls it.
    pub title: String,
    /// The fact whose effect this one takes away. A reversal earns nothing itself; reversed in
    /// its turn, it takes nothing away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<FactId>,
}

/// A kind of fact, spelled `attendance.study.present` or `duty.proposal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// A member's part in an activity.
    Attendance {
        /// What the activity was.
        activity: ActivityKind,
        /// How the member's part was settled.
        status: AttendanceStatus,
    },
    /// A verified duty record.
    Duty {
        /// What was done.
        kind: DutyKind,
    },
}

/// Every kind with its spelling, in the order of [`FactKind::index`].
static KINDS: LazyLock<Vec<(FactKind, String)>> = LazyLock::new(|| {
    let attendance = ActivityKind::ALL.iter().flat_map(|&activity| {
        AttendanceStatus::ALL.iter().map(move |&status| {
            let kind = FactKind::Attendance { activity, status };
            (kind, format!("attendance.{activity}.{status}"))
        })
    });
    let duty = DutyKind::ALL
        .iter()
        .map(|&kind| (FactKind::Duty { kind }, format!("duty.{kind}")));
    attendance.chain(duty).collect()
});

impl FactKind {
    /// Every kind there is.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(|(kind, _)| *kind)
    }

    /// The stable spelling: JSON, database and rulebooks.
    pub fn as_str(self) -> &'static str {
        &KINDS[self.index()].1
    }

    /// The Chinese name a person reads.
    pub fn zh(self) -> String {
        match self {
            Self::Attendance { activity, status } => format!("{}·{}", activity.zh(), status.zh()),
            Self::Duty { kind } => kind.zh().to_owned(),
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Attendance { activity, status } => {
                activity as usize * AttendanceStatus::ALL.len() + status as usize
            }
            Self::Duty { kind } => {
                ActivityKind::ALL.len() * AttendanceStatus::ALL.len() + kind as usize
            }
        }
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A spelling that names no kind of fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFactKind(
    /// What was given.
    pub String,
);

impl fmt::Display for UnknownFactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no kind of fact: expected one such as attendance.study.present or \
             duty.proposal",
            self.0
        )
    }
}

impl std::error::Error for UnknownFactKind {}

impl FromStr for FactKind {
    type Err = UnknownFactKind;

    fn from_str(text: &str) -> Result<Self, UnknownFactKind> {
        let unknown = || UnknownFactKind(text.to_owned());
        let (family, rest) = text.split_once('.').ok_or_else(unknown)?;
        match (family, rest.split_once('.')) {
            ("attendance", Some((activity, status))) => Ok(Self::Attendance {
                activity: activity.parse().map_err(|_| unknown())?,
                status: status.parse().map_err(|_| unknown())?,
            }),
            ("duty", None) => Ok(Self::Duty {
                kind: rest.parse().map_err(|_| unknown())?,
            }),
            _ => Err(unknown()),
        }
    }
}

impl serde::Serialize for FactKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for FactKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        let spellings: Vec<_> = FactKind::all().map(FactKind::as_str).collect();
        assert_eq!(spellings.len(), 9 * 7 + 8);
        assert_eq!(spellings[0], "attendance.study.invited");
        for (kind, spelling) in FactKind::all().zip(spellings) {
            assert_eq!(kind.as_str(), spelling);
            assert_eq!(spelling.parse(), Ok(kind));
        }
    }

    #[test]
    fn a_spelling_of_a_later_version_is_named_and_not_guessed() {
        for text in [
            "",
            "duty",
            "duty.",
            "duty.proposal.key",
            "attendance.study",
            "Duty.proposal",
        ] {
            assert_eq!(
                text.parse::<FactKind>(),
                Err(UnknownFactKind(text.to_owned()))
            );
        }
    }
}
