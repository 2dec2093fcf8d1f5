//! What members write and upload for others to read: what WeChat found in it, what a person
//! decided, and who may read it meanwhile. Asking WeChat is left to the service.

words! {
    /// Whether what members write is held against WeChat's rules, and what others read until it
    /// is.
    ContentPolicy {
        Off = "off" "不检查";
        Open = "open" "先显示，后检查";
        Closed = "closed" "检查通过才显示";
    }

    /// What was written or uploaded.
    ContentKind {
        LeaveRequest = "leave_request" "请假";
        Correction = "correction" "补签";
        DutyRecord = "duty_record" "履职记录";
        Nomination = "nomination" "推荐";
        Objection = "objection" "异议";
        File = "file" "图片";
    }

    /// Which part of it.
    ContentField {
        Reason = "reason" "理由";
        Title = "title" "标题";
        Content = "content" "内容";
        ReferenceNo = "reference_no" "编号";
        Attributes = "attributes" "其他文字";
        Text = "text" "正文";
        Picture = "picture" "图片";
    }

    /// What WeChat found.
    ContentOutcome {
        Unchecked = "unchecked" "尚未检查";
        Clean = "clean" "未发现问题";
        Review = "review" "微信认为需人工判断";
        Risky = "risky" "微信认为违规";
        Unjudged = "unjudged" "微信未能检查";
    }

    /// Why WeChat found nothing.
    ContentObstacle {
        Silent = "silent" "微信两小时内没有回答";
        Refused = "refused" "微信拒绝检查";
        Away = "away" "填写人两小时内没有打开小程序";
        WriterUnknown = "writer_unknown" "填写人没有绑定小程序";
        NoMiniProgram = "no_mini_program" "没有配置小程序";
        NoPublicUrl = "no_public_url" "没有配置服务的公网地址，微信取不到图片";
        NoPush = "no_push" "没有配置小程序消息推送，收不到图片的检查结果";
        Unfetched = "unfetched" "微信没有取到图片";
        NoVerdict = "no_verdict" "微信没有推送图片的检查结果";
    }

    /// What a person decided.
    ContentDecision {
        Keep = "keep" "保留";
        Hide = "hide" "隐藏";
    }

    /// What is to be said of a text beside it.
    ContentState {
        Hidden = "hidden" "已隐藏";
        Waiting = "waiting" "待核实";
        Flagged = "flagged" "待办公室判断";
    }
}

impl ContentOutcome {
    /// Whether others than the writer and the desk read it.
    ///
    /// A person's decision stands under every policy. WeChat alone hides nothing unless the
    /// policy is closed, and refuses nothing at all: what committees talk about is politics by
    /// nature, so what WeChat objects to goes to a person.
    pub fn shown(self, decision: Option<ContentDecision>, policy: ContentPolicy) -> bool {
        match (decision, policy) {
            (Some(ContentDecision::Keep), _) | (None, ContentPolicy::Off | ContentPolicy::Open) => {
                true
            }
            (Some(ContentDecision::Hide), _) => false,
            (None, ContentPolicy::Closed) => self == Self::Clean,
        }
    }

    /// Whether a person must decide as long as none did: where WeChat objects, and where it was
    /// not to be had and nobody would read the text otherwise.
    pub fn needs_decision(self, policy: ContentPolicy) -> bool {
        match self {
            Self::Review | Self::Risky => true,
            Self::Unjudged => policy == ContentPolicy::Closed,
            Self::Unchecked | Self::Clean => false,
        }
    }

    /// What is to be said beside the text, if anything is.
    pub fn state(
        self,
        decision: Option<ContentDecision>,
        policy: ContentPolicy,
    ) -> Option<ContentState> {
        let shown = self.shown(decision, policy);
        match decision {
            Some(ContentDecision::Hide) => Some(ContentState::Hidden),
            Some(ContentDecision::Keep) => None,
            None if !shown => Some(ContentState::Waiting),
            None => self.needs_decision(policy).then_some(ContentState::Flagged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ContentDecision::{Hide, Keep};
    use ContentOutcome::{Clean, Review, Risky, Unchecked, Unjudged};
    use ContentPolicy::{Closed, Off, Open};

    #[test]
    fn others_read_what_is_clean_or_kept_and_under_an_open_policy_what_nobody_hid() {
        for outcome in [Unchecked, Review, Risky, Unjudged] {
            for (decision, policy, shown) in [
                (None, Off, true),
                (None, Open, true),
                (None, Closed, false),
                (Some(Keep), Closed, true),
                (Some(Hide), Open, false),
                (Some(Hide), Off, false),
            ] {
                assert_eq!(
                    outcome.shown(decision, policy),
                    shown,
                    "{outcome} {decision:?} {policy}"
                );
            }
        }
        assert!(Clean.shown(None, Closed));
        assert!(!Clean.shown(Some(Hide), Closed));
    }

    #[test]
    fn what_wechat_objects_to_is_for_a_person_to_decide() {
        for policy in [Off, Open, Closed] {
            assert!(Review.needs_decision(policy) && Risky.needs_decision(policy));
            assert!(!Clean.needs_decision(policy) && !Unchecked.needs_decision(policy));
        }
        assert!(!Unjudged.needs_decision(Open));
        assert!(Unjudged.needs_decision(Closed));
    }

    #[test]
    fn what_is_said_beside_a_text_is_what_became_of_it() {
        for (outcome, decision, policy, said) in [
            (Clean, None, Closed, None),
            (Unchecked, None, Open, None),
            (Unchecked, None, Closed, Some(ContentState::Waiting)),
            (Risky, None, Open, Some(ContentState::Flagged)),
            (Risky, None, Closed, Some(ContentState::Waiting)),
            (Risky, Some(Keep), Closed, None),
            (Clean, Some(Hide), Open, Some(ContentState::Hidden)),
        ] {
            assert_eq!(outcome.state(decision, policy), said, "{outcome}");
        }
    }
}
