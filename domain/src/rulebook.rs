//! The life of a version of a rulebook: its words and which step may follow which. What a rulebook
//! says, and what it gives, is told by [`score`](crate::score).

words! {
    /// Where a version stands.
    RulebookStatus {
        Draft = "draft" "草稿";
        Proposed = "proposed" "待通过";
        Adopted = "adopted" "已通过";
        Withdrawn = "withdrawn" "已撤回";
    }

    /// What may be done to a version.
    RulebookStep {
        Edit = "edit" "修改";
        Propose = "propose" "提请通过";
        Adopt = "adopt" "通过";
        Withdraw = "withdraw" "撤回";
    }
}

/// A step that does not follow from where the version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStep {
    /// Where the version stands.
    pub status: RulebookStatus,
    /// What was asked.
    pub step: RulebookStep,
}

impl RulebookStatus {
    /// Where `step` leads from here.
    ///
    /// Nothing leads away from an adopted version: members were told by what they are assessed,
    /// and what is to change becomes a version of its own.
    pub const fn after(self, step: RulebookStep) -> Result<Self, WrongStep> {
        use RulebookStatus as S;
        use RulebookStep as T;
        match (self, step) {
            (S::Draft, T::Edit) => Ok(S::Draft),
            (S::Draft, T::Propose) => Ok(S::Proposed),
            (S::Proposed, T::Adopt) => Ok(S::Adopted),
            (S::Draft | S::Proposed, T::Withdraw) => Ok(S::Withdrawn),
            _ => Err(WrongStep { status: self, step }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RulebookStatus as S;
    use RulebookStep as T;

    #[test]
    fn the_usual_life_of_a_version() {
        let mut status = S::Draft;
        for step in [T::Edit, T::Propose, T::Adopt] {
            status = status.after(step).unwrap();
        }
        assert_eq!(status, S::Adopted);
    }

    #[test]
    fn nothing_leads_away_from_what_was_adopted_or_withdrawn() {
        for status in [S::Adopted, S::Withdrawn] {
            for &step in T::ALL {
                assert_eq!(status.after(step), Err(WrongStep { status, step }));
            }
        }
    }

    #[test]
    fn what_is_proposed_is_adopted_as_it_is_or_withdrawn() {
        assert!(S::Proposed.after(T::Edit).is_err());
        assert!(S::Proposed.after(T::Propose).is_err());
        assert_eq!(S::Proposed.after(T::Withdraw), Ok(S::Withdrawn));
        assert!(S::Draft.after(T::Adopt).is_err());
    }
}
