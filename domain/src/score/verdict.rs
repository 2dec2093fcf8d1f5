//! Whether something holds of somebody where not everything is asked of everybody: a requirement
//! that does not bind him is neither done nor missed.

/// Whether something holds, and whether that rests on anything that was asked of him.
///
/// What is not asked never fails him, and its opposite never blames him: both are told apart from
/// what is so by `asked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// Whether something that was asked, or that is plainly so, decides it.
    pub asked: bool,
}

impl Verdict {
    /// What is not asked of him.
    pub const SPARED: Self = Self {
        holds: true,
        asked: false,
    };

    /// Its opposite.
    pub const fn not(self) -> Self {
        Self {
            holds: !self.holds,
            asked: self.asked,
        }
    }

    /// Whether so many of these hold. What is not asked counts among those that hold, and its
    /// opposite among those that do not; where they alone decide, nothing was asked.
    pub fn of_several(parts: &[Self], at_least: u64) -> Self {
        let count = |holds| parts.iter().filter(|one| one.holds == holds).count();
        let holds = at_least <= count(true) as u64;
        let deciding = || parts.iter().filter(|one| one.holds == holds);
        Self {
            holds,
            asked: deciding().any(|one| one.asked) || deciding().next().is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: Verdict = Verdict {
        holds: true,
        asked: true,
    };
    const NO: Verdict = YES.not();
    const SPARED: Verdict = Verdict::SPARED;

    #[test]
    fn what_is_not_asked_neither_helps_nor_harms() {
        let all = |parts: &[Verdict]| Verdict::of_several(parts, parts.len() as u64);
        let any = |parts: &[Verdict]| Verdict::of_several(parts, 1);
        assert_eq!(all(&[SPARED, YES]), YES);
        assert_eq!(all(&[SPARED, NO]), NO);
        assert_eq!(all(&[SPARED, SPARED]), SPARED);
        assert_eq!(any(&[SPARED, NO]), SPARED);
        assert_eq!(any(&[SPARED, YES]), YES);
        assert_eq!(all(&[SPARED.not(), YES]), SPARED.not());
        assert_eq!(any(&[SPARED.not(), NO]), NO);
        assert_eq!(any(&[SPARED.not(), YES]), YES);
        assert_eq!(any(&[SPARED.not(), SPARED.not()]), SPARED.not());
    }

    #[test]
    fn not_all_is_any_not_whatever_is_asked() {
        let each = [YES, NO, SPARED, SPARED.not()];
        for one in each {
            for other in each {
                for third in each {
                    let parts = [one, other, third];
                    let opposites = parts.map(Verdict::not);
                    for number in 1..=3 {
                        let some = Verdict::of_several(&parts, number);
                        let others = Verdict::of_several(&opposites, 4 - number);
                        assert_eq!(some.not(), others, "{parts:?} {number}");
                    }
                }
            }
        }
    }
}
