//! Asking for leave from an activity: reasons, states and which step may follow which. Whether an
//! exempt reason keeps a member's score whole is the rulebook's to say.

use chrono::{DateTime, Utc};

use crate::activity::ActivityKind;

words! {
    /// Why a member asks for leave.
    LeaveReason {
        Sick = "sick" "因病";
        OfficialDuty = "official_duty" "公务冲突";
        HigherMeeting = "higher_meeting" "参加上级会议";
        PostedAbroad = "posted_abroad" "因公出国(境)";
        Family = "family" "家庭事务";
        Other = "other" "其他";
    }

    /// Where a request for leave stands.
    LeaveState {
        Requested = "requested" "待审批";
        Registered = "registered" "代为登记, 待本人确认";
        LateRequest = "late_request" "开始后申请";
        Approved = "approved" "已批准";
        Refused = "refused" "未批准";
        Withdrawn = "withdrawn" "已撤回";
    }

    /// What may be done to a request for leave.
    LeaveStep {
        Approve = "approve" "批准";
        Refuse = "refuse" "不批准";
        Withdraw = "withdraw" "撤回";
        Confirm = "confirm" "本人确认";
    }
}

impl LeaveReason {
    /// Whether the reason exempts where the scheme in force says nothing of its own
    /// (product.md §4.5: a higher-level meeting, a posting abroad).
    pub const fn exempt_by_default(self) -> bool {
        match self {
            Self::HigherMeeting | Self::PostedAbroad => true,
            Self::Sick | Self::OfficialDuty | Self::Family | Self::Other => false,
        }
    }
}

/// How a request made at `now` begins. On the stroke of the start it is late: leave is asked for
/// before (product.md §4.5).
pub fn ask(now: DateTime<Utc>, starts_at: DateTime<Utc>) -> LeaveState {
    if now < starts_at {
        LeaveState::Requested
    } else {
        LeaveState::LateRequest
    }
}

/// A step that does not follow from where the request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStep {
    /// Where the request stands.
    pub state: LeaveState,
    /// What was asked.
    pub step: LeaveStep,
}

impl LeaveState {
    /// Where `step` leads from here.
    ///
    /// A leave that staff registered for a member must be confirmed by the member before anybody
    /// decides it. Until when an approved leave may be withdrawn, [`Self::withdrawable`] says.
    pub const fn after(self, step: LeaveStep) -> Result<Self, WrongStep> {
        use LeaveState as S;
        use LeaveStep as T;
        match (self, step) {
            (S::Registered, T::Confirm) => Ok(S::Requested),
            (S::Requested | S::LateRequest, T::Approve) => Ok(S::Approved),
            (S::Requested | S::LateRequest, T::Refuse) => Ok(S::Refused),
            (S::Requested | S::Registered | S::LateRequest | S::Approved, T::Withdraw) => {
                Ok(S::Withdrawn)
            }
            _ => Err(WrongStep { state: self, step }),
        }
    }

    /// Whether the member may still take the request back: an approved leave only until the
    /// activity starts, an undecided one at any time.
    pub fn withdrawable(self, now: DateTime<Utc>, starts_at: DateTime<Utc>) -> bool {
        match self {
            Self::Requested | Self::Registered | Self::LateRequest => true,
            Self::Approved => now < starts_at,
            Self::Refused | Self::Withdrawn => false,
        }
    }

    /// Whether somebody has yet to decide or confirm it.
    pub const fn open(self) -> bool {
        matches!(self, Self::Requested | Self::Registered | Self::LateRequest)
    }
}

/// Whether the leaders (主席会议), for whom the office acts, decide leave from this kind of
/// activity. Everything below a plenary and a standing committee's meeting is decided by the
/// special committee (product.md §4.5; 宣威市政协 委员管理与考核, clause 1).
pub const fn approver_is_leader(kind: ActivityKind) -> bool {
    match kind {
        ActivityKind::Plenary | ActivityKind::Standing => true,
        ActivityKind::Study
        | ActivityKind::Research
        | ActivityKind::Inspection
        | ActivityKind::Consultation
        | ActivityKind::Supervision
        | ActivityKind::Service
        | ActivityKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_790_000_000 + seconds)
    }

    #[test]
    fn leave_is_asked_for_before_the_start() {
        assert_eq!(ask(at(-1), at(0)), LeaveState::Requested);
        assert_eq!(ask(at(0), at(0)), LeaveState::LateRequest);
        assert_eq!(ask(at(1), at(0)), LeaveState::LateRequest);
    }

    #[test]
    fn every_step_from_every_state() {
        use LeaveState as S;
        use LeaveStep as T;
        let allowed = [
            (S::Requested, T::Approve, S::Approved),
            (S::Requested, T::Refuse, S::Refused),
            (S::Requested, T::Withdraw, S::Withdrawn),
            (S::Registered, T::Confirm, S::Requested),
            (S::Registered, T::Withdraw, S::Withdrawn),
            (S::LateRequest, T::Approve, S::Approved),
            (S::LateRequest, T::Refuse, S::Refused),
            (S::LateRequest, T::Withdraw, S::Withdrawn),
            (S::Approved, T::Withdraw, S::Withdrawn),
        ];
        for &state in LeaveState::ALL {
            for &step in LeaveStep::ALL {
                let expected = allowed
                    .into_iter()
                    .find(|&(from, by, _)| (from, by) == (state, step))
                    .map(|(_, _, to)| to)
                    .ok_or(WrongStep { state, step });
                assert_eq!(state.after(step), expected);
            }
        }
    }

    #[test]
    fn approved_leave_can_be_withdrawn_until_the_start() {
        assert!(LeaveState::Approved.withdrawable(at(-1), at(0)));
        assert!(!LeaveState::Approved.withdrawable(at(0), at(0)));
        assert!(LeaveState::LateRequest.withdrawable(at(600), at(0)));
        assert!(!LeaveState::Refused.withdrawable(at(-1), at(0)));
    }

    #[test]
    fn whatever_may_be_withdrawn_before_the_start_has_that_step() {
        for &state in LeaveState::ALL {
            let has_step = state.after(LeaveStep::Withdraw).is_ok();
            assert_eq!(state.withdrawable(at(-1), at(0)), has_step);
        }
    }

    #[test]
    fn plenary_and_standing_meetings_are_decided_by_the_leaders() {
        for &kind in ActivityKind::ALL {
            let expected = matches!(kind, ActivityKind::Plenary | ActivityKind::Standing);
            assert_eq!(approver_is_leader(kind), expected);
        }
    }

    #[test]
    fn a_higher_meeting_and_a_posting_abroad_exempt() {
        let exempt: Vec<_> = LeaveReason::ALL
            .iter()
            .filter(|reason| reason.exempt_by_default())
            .collect();
        assert_eq!(
            exempt,
            [&LeaveReason::HigherMeeting, &LeaveReason::PostedAbroad]
        );
    }
}
