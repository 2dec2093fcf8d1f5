//! Duty records: what a member or a group did outside activities, who may record it, and when it
//! counts.

mod growth;
mod recorder;

pub use growth::{Growth, without};
pub use recorder::{Desk, NotTheirs};

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
        Advance = "advance" "补记进展";
    }

    /// Who declares records of a kind.
    Declarer {
        Members = "members" "委员申报";
        Organs = "organs" "办公室、专委会登记";
        Nobody = "nobody" "由活动产生";
    }
}

/// Who declares records of this kind: members what they did, organs what others found of them. A
/// rulebook's own kinds are the members'.
pub fn declarer(kind: &str) -> Declarer {
    match kind {
        "attendance" => Declarer::Nobody,
        "conduct" | "exemption" | "score" | "group_work" => Declarer::Organs,
        _ => Declarer::Members,
    }
}

/// Whether a record of this kind rests on a document that it must name.
pub fn needs_document(kind: &str) -> bool {
    matches!(kind, "conduct" | "exemption")
}

/// Whether a record of this kind needs files that show it.
pub fn needs_evidence(kind: &str) -> bool {
    matches!(kind, "conduct" | "exemption" | "score")
}

/// Words that cannot stand beside each other.
const EXCLUSIVE: &[(&str, &str)] = &[
    ("not_filed", "filed"),
    ("not_filed", "key"),
    ("not_filed", "excellent"),
];

/// Two of these words that cannot both be so, such as `filed` and `not_filed`.
pub fn contradiction(words: &[String]) -> Option<(&'static str, &'static str)> {
    let has = |word: &str| words.iter().any(|one| one == word);
    EXCLUSIVE
        .iter()
        .copied()
        .find(|(one, other)| has(one) && has(other))
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
    /// the ledger and gives the record to the member again. What becomes of it later is added
    /// without a way back, by a reversal and a new fact.
    pub const fn after(self, step: DutyStep) -> Result<Self, WrongStep> {
        use DutyStatus as S;
        use DutyStep as T;
        match (self, step) {
            (S::Draft | S::Returned, T::Submit) => Ok(S::Submitted),
            (S::Submitted, T::Check) => Ok(S::Checked),
            (S::Submitted | S::Checked, T::Verify) | (S::Verified, T::Advance) => Ok(S::Verified),
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
    fn a_verified_record_goes_on_or_is_taken_back_and_nothing_else() {
        for &step in DutyStep::ALL {
            let expected = match step {
                DutyStep::Reverse => Some(DutyStatus::Returned),
                DutyStep::Advance => Some(DutyStatus::Verified),
                _ => None,
            };
            assert_eq!(DutyStatus::Verified.after(step).ok(), expected, "{step}");
        }
    }

    #[test]
    fn what_others_found_of_somebody_is_no_declaration_of_his() {
        for (kind, expected) in [
            ("proposal", Declarer::Members),
            ("family_tradition", Declarer::Members),
            ("conduct", Declarer::Organs),
            ("score", Declarer::Organs),
            ("attendance", Declarer::Nobody),
        ] {
            assert_eq!(declarer(kind), expected, "{kind}");
        }
    }

    #[test]
    fn a_proposal_is_filed_or_it_is_not() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(contradiction(&words(&["submitted", "filed", "key"])), None);
        assert_eq!(
            contradiction(&words(&["not_filed", "filed"])),
            Some(("not_filed", "filed"))
        );
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
