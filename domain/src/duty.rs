//! Duty records: what a member did outside activities, and when it counts.

words! {
    /// Where a record stands. Only a verified one counts.
    DutyStatus {
        Draft = "draft" "草稿";
        Submitted = "submitted" "待核实";
        Checked = "checked" "已初核";
        Verified = "verified" "已核实";
        Returned = "returned" "已退回";
    }

    /// What may be done to a record.
    DutyStep {
        Submit = "submit" "提交";
        Check = "check" "初核";
        Verify = "verify" "核实";
        Return = "return" "退回";
        Reverse = "reverse" "撤销核实";
    }
}

/// A step that does not follow from where the record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStep {
    /// Where the record stands.
    pub status: DutyStatus,
    /// What was asked.
    pub step: DutyStep,
}

impl DutyStatus {
    /// Where `step` leads from here.
    ///
    /// The first check is the convener's and may be left out: verification is what counts.
    /// A verified record is a fact: the one way back is a reversal, which takes the fact back in
    /// the ledger and gives the record to the member again.
    pub const fn after(self, step: DutyStep) -> Result<Self, WrongStep> {
        use DutyStatus as S;
        use DutyStep as T;
        match (self, step) {
            (S::Draft | S::Returned, T::Submit) => Ok(S::Submitted),
            (S::Submitted, T::Check) => Ok(S::Checked),
            (S::Submitted | S::Checked, T::Verify) => Ok(S::Verified),
            (S::Submitted | S::Checked, T::Return) | (S::Verified, T::Reverse) => Ok(S::Returned),
            _ => Err(WrongStep { status: self, step }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_only_after_somebody_verified_it() {
        use DutyStep as T;
        let submitted = DutyStatus::Draft.after(T::Submit).unwrap();
        assert_eq!(submitted.after(T::Verify), Ok(DutyStatus::Verified));
        assert_eq!(
            submitted.after(T::Check).and_then(|s| s.after(T::Verify)),
            Ok(DutyStatus::Verified)
        );
        assert!(DutyStatus::Draft.after(T::Verify).is_err());
    }

    #[test]
    fn a_verified_record_takes_no_step_but_its_reversal() {
        for &step in DutyStep::ALL {
            let after = DutyStatus::Verified.after(step).ok();
            assert_eq!(
                after,
                (step == DutyStep::Reverse).then_some(DutyStatus::Returned)
            );
        }
    }

    #[test]
    fn only_what_was_verified_can_be_reversed() {
        for &status in DutyStatus::ALL {
            let verified = status == DutyStatus::Verified;
            assert_eq!(
                status.after(DutyStep::Reverse).is_ok(),
                verified,
                "{status}"
            );
        }
    }
}
