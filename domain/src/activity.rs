//! The life of an activity: its words and which step may follow which.

words! {
    /// What an activity is (product.md §4.3).
    ActivityKind {
        Study = "study" "学习";
        Research = "research" "调研";
        Inspection = "inspection" "视察";
        Consultation = "consultation" "协商";
        Supervision = "supervision" "民主监督";
        Service = "service" "服务群众";
        Plenary = "plenary" "全体会议";
        Standing = "standing" "常委会议";
        Other = "other" "其他";
    }

    /// The mode under which an activity is planned.
    ActivityMode {
        PartyBuilding = "party_building" "依托党建拓展委员履职";
        LectureHall = "lecture_hall" "委员大讲堂";
        AnnualPlan = "annual_plan" "年度履职计划";
    }

    /// Where an activity stands.
    ActivityStatus {
        Draft = "draft" "草稿";
        Submitted = "submitted" "待审核";
        Returned = "returned" "已退回";
        Approved = "approved" "已审核";
        Published = "published" "已发布";
        Running = "running" "进行中";
        Closed = "closed" "已结束";
        Cancelled = "cancelled" "已取消";
    }

    /// What may be done to an activity.
    ActivityStep {
        Submit = "submit" "提交";
        Approve = "approve" "审核通过";
        Return = "return" "退回";
        Publish = "publish" "发布";
        Start = "start" "开始";
        Cancel = "cancel" "取消";
        Reschedule = "reschedule" "改期";
        Close = "close" "结束";
    }
}

/// A step that does not follow from where the activity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStep {
    /// Where the activity stands.
    pub status: ActivityStatus,
    /// What was asked.
    pub step: ActivityStep,
}

impl ActivityStatus {
    /// Where `step` leads from here.
    ///
    /// Rescheduling keeps a published activity published. A running activity can still be
    /// cancelled (a storm breaks), but not rescheduled: people already stand in the hall.
    pub const fn after(self, step: ActivityStep) -> Result<Self, WrongStep> {
        use ActivityStatus as S;
        use ActivityStep as T;
        match (self, step) {
            (S::Draft | S::Returned, T::Submit) => Ok(S::Submitted),
            (S::Submitted, T::Approve) => Ok(S::Approved),
            (S::Submitted, T::Return) => Ok(S::Returned),
            (S::Approved, T::Publish) | (S::Published, T::Reschedule) => Ok(S::Published),
            (S::Published, T::Start) => Ok(S::Running),
            (S::Published | S::Running, T::Close) => Ok(S::Closed),
            (
                S::Draft | S::Returned | S::Submitted | S::Approved | S::Published | S::Running,
                T::Cancel,
            ) => Ok(S::Cancelled),
            _ => Err(WrongStep { status: self, step }),
        }
    }

    /// Whether the text, place and time may still be edited freely.
    pub const fn editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }

    /// Whether its files may be replaced: materials often come late, but what is over stays as it
    /// was shown.
    pub const fn takes_files(self) -> bool {
        !matches!(self, Self::Closed | Self::Cancelled)
    }

    /// Whether members see it: it was published, whatever became of it.
    pub const fn public(self) -> bool {
        matches!(
            self,
            Self::Published | Self::Running | Self::Closed | Self::Cancelled
        )
    }

    /// Whether replies and check-ins can still come.
    pub const fn open(self) -> bool {
        matches!(self, Self::Published | Self::Running)
    }
}

/// How many whole days before its start an activity must be announced: a plenary seven, any
/// other three (product.md §4.4). A shorter lead needs a reason.
pub const fn notice_days(kind: ActivityKind) -> i64 {
    match kind {
        ActivityKind::Plenary => 7,
        ActivityKind::Study
        | ActivityKind::Research
        | ActivityKind::Inspection
        | ActivityKind::Consultation
        | ActivityKind::Supervision
        | ActivityKind::Service
        | ActivityKind::Standing
        | ActivityKind::Other => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_life_of_an_activity() {
        use ActivityStep as T;
        let mut status = ActivityStatus::Draft;
        for step in [
            T::Submit,
            T::Return,
            T::Submit,
            T::Approve,
            T::Publish,
            T::Reschedule,
            T::Start,
            T::Close,
        ] {
            status = status.after(step).unwrap();
        }
        assert_eq!(status, ActivityStatus::Closed);
    }

    #[test]
    fn nothing_follows_the_end() {
        for end in [ActivityStatus::Closed, ActivityStatus::Cancelled] {
            for &step in ActivityStep::ALL {
                assert_eq!(end.after(step), Err(WrongStep { status: end, step }));
            }
        }
    }

    #[test]
    fn only_an_approved_activity_can_be_published() {
        for &status in ActivityStatus::ALL {
            assert_eq!(
                status.after(ActivityStep::Publish).is_ok(),
                status == ActivityStatus::Approved
            );
        }
    }
}
