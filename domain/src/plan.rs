//! A group's yearly plan: its words and which step may follow which. What an activity is that was
//! planned, and on which day it falls, is told by `activity` and `calendar`.

words! {
    /// Where a plan stands (product.md §4.2).
    PlanStatus {
        Draft = "draft" "草稿";
        Submitted = "submitted" "待汇总";
        Returned = "returned" "已退回";
        Accepted = "accepted" "已汇总";
        Adopted = "adopted" "已通过";
    }

    /// What may be done to a plan.
    PlanStep {
        Submit = "submit" "提交";
        Accept = "accept" "汇总";
        Return = "return" "退回";
        Adopt = "adopt" "通过";
    }
}

/// A step that does not follow from where the plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStep {
    /// Where the plan stands.
    pub status: PlanStatus,
    /// What was asked.
    pub step: PlanStep,
}

impl PlanStatus {
    /// Where `step` leads from here.
    ///
    /// The office may still return what it has put together with the others; what the leaders
    /// adopted stands.
    pub const fn after(self, step: PlanStep) -> Result<Self, WrongStep> {
        use PlanStatus as S;
        use PlanStep as T;
        match (self, step) {
            (S::Draft | S::Returned, T::Submit) => Ok(S::Submitted),
            (S::Submitted, T::Accept) => Ok(S::Accepted),
            (S::Submitted | S::Accepted, T::Return) => Ok(S::Returned),
            (S::Accepted, T::Adopt) => Ok(S::Adopted),
            _ => Err(WrongStep { status: self, step }),
        }
    }

    /// Whether its items may still be changed.
    pub const fn editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }

    /// Whether the leaders could adopt it, or did.
    pub const fn ready(self) -> bool {
        matches!(self, Self::Accepted | Self::Adopted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_life_of_a_plan() {
        use PlanStep as T;
        let mut status = PlanStatus::Draft;
        for step in [
            T::Submit,
            T::Return,
            T::Submit,
            T::Accept,
            T::Return,
            T::Submit,
            T::Accept,
            T::Adopt,
        ] {
            status = status.after(step).unwrap();
        }
        assert_eq!(status, PlanStatus::Adopted);
    }

    #[test]
    fn what_was_adopted_stands() {
        let status = PlanStatus::Adopted;
        for &step in PlanStep::ALL {
            assert_eq!(status.after(step), Err(WrongStep { status, step }));
        }
        assert!(!status.editable());
    }

    #[test]
    fn only_what_the_office_put_together_can_be_adopted() {
        for &status in PlanStatus::ALL {
            assert_eq!(
                status.after(PlanStep::Adopt).is_ok(),
                status == PlanStatus::Accepted,
                "{status}"
            );
        }
    }

    #[test]
    fn what_can_be_submitted_can_be_edited_and_nothing_else() {
        for &status in PlanStatus::ALL {
            assert_eq!(
                status.after(PlanStep::Submit).is_ok(),
                status.editable(),
                "{status}"
            );
        }
    }
}
