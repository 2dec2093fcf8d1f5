//! The life of a period of assessment: its words and which step may follow which. What a period
//! covers is told by [`score::Period`](crate::score::Period).

words! {
    /// Where a period stands.
    PeriodStatus {
        Open = "open" "未结账";
        Closing = "closing" "待结账";
        Closed = "closed" "已结账";
        Reopening = "reopening" "待重新打开";
    }

    /// What may be done to a period. Two people close it and two people open it again.
    PeriodStep {
        ProposeClosing = "propose_closing" "提出结账";
        Close = "close" "结账";
        ProposeReopening = "propose_reopening" "提出重新打开";
        Reopen = "reopen" "重新打开";
        Withdraw = "withdraw" "撤回";
        Amend = "amend" "更正";
    }

    /// What an amendment does to the facts of a closed period.
    AmendmentKind {
        Fact = "fact" "补记";
        Reversal = "reversal" "冲销";
        Replacement = "replacement" "更正";
    }

    /// Where an amendment stands.
    AmendmentStatus {
        Proposed = "proposed" "待审批";
        Approved = "approved" "已批准";
        Rejected = "rejected" "未批准";
    }
}

/// A step that does not follow from where the period stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStep {
    /// Where the period stands.
    pub status: PeriodStatus,
    /// What was asked.
    pub step: PeriodStep,
}

impl PeriodStatus {
    /// Where `step` leads from here. What is proposed is decided or withdrawn before anything
    /// else is done.
    pub const fn after(self, step: PeriodStep) -> Result<Self, WrongStep> {
        use PeriodStatus as S;
        use PeriodStep as T;
        match (self, step) {
            (S::Open, T::ProposeClosing) => Ok(S::Closing),
            (S::Closing, T::Withdraw) | (S::Reopening, T::Reopen) => Ok(S::Open),
            (S::Closing, T::Close) | (S::Reopening, T::Withdraw) | (S::Closed, T::Amend) => {
                Ok(S::Closed)
            }
            (S::Closed, T::ProposeReopening) => Ok(S::Reopening),
            _ => Err(WrongStep { status: self, step }),
        }
    }

    /// Whether its sheets are frozen, so that a fact of its days needs an amendment. They stay so
    /// until the reopening is decided.
    pub const fn is_frozen(self) -> bool {
        matches!(self, Self::Closed | Self::Reopening)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PeriodStatus as S;
    use PeriodStep as T;

    #[test]
    fn every_step_from_every_status() {
        let allowed = [
            (S::Open, T::ProposeClosing, S::Closing),
            (S::Closing, T::Close, S::Closed),
            (S::Closing, T::Withdraw, S::Open),
            (S::Closed, T::ProposeReopening, S::Reopening),
            (S::Closed, T::Amend, S::Closed),
            (S::Reopening, T::Reopen, S::Open),
            (S::Reopening, T::Withdraw, S::Closed),
        ];
        for &status in S::ALL {
            for &step in T::ALL {
                let expected = allowed
                    .iter()
                    .find(|(from, by, _)| (*from, *by) == (status, step))
                    .map(|(_, _, to)| *to)
                    .ok_or(WrongStep { status, step });
                assert_eq!(status.after(step), expected, "{status} {step}");
            }
        }
        assert_eq!(
            S::ALL.iter().map(|one| one.is_frozen()).collect::<Vec<_>>(),
            [false, false, true, true]
        );
    }
}
