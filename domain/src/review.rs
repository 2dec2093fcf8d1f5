//! The life of a review (评优, 届中请辞, 换届去留 …): its words, which step may follow which, and
//! how long its list is published. Who is proposed is computed by [`crate::score`]; people decide.

use chrono::NaiveDate;

use crate::calendar::{WorkdayDate, add_workdays};

words! {
    /// Where a review stands (product.md §4.11).
    ReviewStatus {
        Draft = "draft" "起草";
        Nominating = "nominating" "各组推荐";
        Settled = "settled" "待复核";
        Confirmed = "confirmed" "已复核";
        Published = "published" "公示";
        Deciding = "deciding" "提请决定";
        Decided = "decided" "已决定";
        Cancelled = "cancelled" "已终止";
    }

    /// What may be done to a review.
    ReviewStep {
        Refresh = "refresh" "重新计算";
        Open = "open" "开放推荐";
        Settle = "settle" "确定名单";
        Return = "return" "退回起草";
        Confirm = "confirm" "复核";
        Publish = "publish" "公示";
        Present = "present" "提请决定";
        Decide = "decide" "决定";
        Cancel = "cancel" "终止";
    }

    /// What the deciding body says of one candidate.
    Verdict {
        AsProposed = "as_proposed" "按建议通过";
        Otherwise = "otherwise" "另作决定";
        Rejected = "rejected" "不予通过";
    }

    /// Where an objection stands.
    ObjectionState {
        Raised = "raised" "待答复";
        Upheld = "upheld" "异议成立";
        Dismissed = "dismissed" "异议不成立";
        Withdrawn = "withdrawn" "已撤回";
    }

    /// What may be done to an objection.
    ObjectionStep {
        Uphold = "uphold" "认定成立";
        Dismiss = "dismiss" "认定不成立";
        Withdraw = "withdraw" "撤回";
    }

    /// What follows for the person from an objection that is upheld.
    Remedy {
        Remove = "remove" "移出名单";
        Recalculate = "recalculate" "重新核算";
        Nothing = "nothing" "名单不变";
    }

    /// What is recorded after the decision.
    FollowUpKind {
        Talk = "talk" "谈话";
        Letter = "letter" "函件";
        Other = "other" "其他";
    }
}

/// A step that does not follow from where the review stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStep {
    /// Where the review stands.
    pub status: ReviewStatus,
    /// What was asked.
    pub step: ReviewStep,
}

impl ReviewStatus {
    /// Where `step` leads from here.
    ///
    /// A review whose list is not published goes from the second person's confirmation to the
    /// deciding body. Everything before the decision can be given back and drafted anew; what was
    /// decided stands.
    pub const fn after(self, step: ReviewStep) -> Result<Self, WrongStep> {
        use ReviewStatus as S;
        use ReviewStep as T;
        match (self, step) {
            (S::Draft, T::Refresh)
            | (S::Nominating | S::Settled | S::Confirmed | S::Published | S::Deciding, T::Return) => {
                Ok(S::Draft)
            }
            (S::Draft, T::Open) => Ok(S::Nominating),
            (S::Draft | S::Nominating, T::Settle) => Ok(S::Settled),
            (S::Settled, T::Confirm) => Ok(S::Confirmed),
            (S::Confirmed, T::Publish) => Ok(S::Published),
            (S::Confirmed | S::Published, T::Present) => Ok(S::Deciding),
            (S::Published | S::Deciding, T::Decide) => Ok(S::Decided),
            (
                S::Draft | S::Nominating | S::Settled | S::Confirmed | S::Published | S::Deciding,
                T::Cancel,
            ) => Ok(S::Cancelled),
            _ => Err(WrongStep { status: self, step }),
        }
    }

    /// Whether the office may still put somebody on the list or take him off.
    pub const fn editable(self) -> bool {
        matches!(self, Self::Draft | Self::Nominating)
    }

    /// Whether nothing more can be done to it.
    pub const fn ended(self) -> bool {
        matches!(self, Self::Decided | Self::Cancelled)
    }
}

/// A step that does not follow from where the objection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongAnswer {
    /// Where the objection stands.
    pub state: ObjectionState,
    /// What was asked.
    pub step: ObjectionStep,
}

impl ObjectionState {
    /// Where `step` leads from here: an objection is answered once, or withdrawn before that.
    pub const fn after(self, step: ObjectionStep) -> Result<Self, WrongAnswer> {
        use ObjectionStep as T;
        match (self, step) {
            (Self::Raised, T::Uphold) => Ok(Self::Upheld),
            (Self::Raised, T::Dismiss) => Ok(Self::Dismissed),
            (Self::Raised, T::Withdraw) => Ok(Self::Withdrawn),
            _ => Err(WrongAnswer { state: self, step }),
        }
    }
}

/// The last day of a publication of so many workdays that begins on `day`.
///
/// The day of publication itself does not count (Civil Code, article 201); a make-up weekend
/// does. Beyond the years with an official table the end is not confirmed, and a person must name
/// it.
pub fn published_until(day: NaiveDate, workdays: u32) -> WorkdayDate {
    add_workdays(day, workdays)
}

/// Whether an objection can be raised on `today`: the last day is inside.
pub fn publication_open(until: NaiveDate, today: NaiveDate) -> bool {
    today <= until
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn walk(steps: &[ReviewStep]) -> Result<ReviewStatus, WrongStep> {
        steps
            .iter()
            .try_fold(ReviewStatus::Draft, |status, &step| status.after(step))
    }

    #[test]
    fn the_usual_life_of_a_review() {
        use ReviewStep as T;
        let to_publication = [T::Refresh, T::Open, T::Settle, T::Confirm, T::Publish];
        assert_eq!(walk(&to_publication), Ok(ReviewStatus::Published));
        let published = ReviewStatus::Published;
        assert_eq!(published.after(T::Decide), Ok(ReviewStatus::Decided));
        assert_eq!(
            walk(&[T::Settle, T::Confirm, T::Present, T::Decide]),
            Ok(ReviewStatus::Decided)
        );
        assert_eq!(
            walk(&[T::Settle, T::Confirm, T::Publish, T::Return, T::Refresh]),
            Ok(ReviewStatus::Draft)
        );
    }

    #[test]
    fn what_ended_takes_no_step() {
        for &status in ReviewStatus::ALL {
            let any = ReviewStep::ALL
                .iter()
                .any(|&step| status.after(step).is_ok());
            assert_eq!(any, !status.ended(), "{status}");
        }
    }

    #[test]
    fn nothing_is_published_or_decided_without_a_second_person() {
        for &status in ReviewStatus::ALL {
            let published = status.after(ReviewStep::Publish).is_ok();
            assert_eq!(published, status == ReviewStatus::Confirmed, "{status}");
            let decided = status.after(ReviewStep::Decide).is_ok();
            let ready = matches!(status, ReviewStatus::Published | ReviewStatus::Deciding);
            assert_eq!(decided, ready, "{status}");
            let edited = status.after(ReviewStep::Settle).is_ok();
            assert_eq!(edited, status.editable(), "{status}");
        }
    }

    #[test]
    fn an_objection_is_answered_once() {
        for &state in ObjectionState::ALL {
            for &step in ObjectionStep::ALL {
                let answered = state.after(step).is_ok();
                assert_eq!(answered, state == ObjectionState::Raised, "{state} {step}");
            }
        }
    }

    #[test]
    fn make_up_workdays_count_and_holidays_do_not() {
        // National Day: 1 to 7 October 2026 are free, Saturday 10 October is worked.
        for (from, workdays, until) in [
            ("2026-09-29", 5, "2026-10-12"),
            ("2026-09-30", 3, "2026-10-10"),
            ("2026-09-18", 1, "2026-09-20"),
            ("2026-09-24", 1, "2026-09-28"),
        ] {
            let end = published_until(day(from), workdays);
            assert_eq!((end.date, end.confirmed), (day(until), true), "{from}");
        }
        assert!(!published_until(day("2026-12-30"), 5).confirmed);
    }

    #[test]
    fn the_last_day_of_a_publication_is_inside() {
        let until = day("2026-10-12");
        assert!(publication_open(until, until));
        assert!(!publication_open(until, day("2026-10-13")));
    }
}
