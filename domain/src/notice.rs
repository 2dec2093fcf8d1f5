//! Words about notices: by which channel a member is told, and how each telling ended.
//!
//! How one telling goes from one state to the next is in [`delivery`], what stops an account from
//! sending in [`pause`].

pub mod delivery;
pub mod pause;

words! {
    /// A way to reach a member, in the order in which they are tried (product.md §4.4).
    Channel {
        OfficialAccount = "official_account" "公众号模板消息";
        AccountSubscription = "account_subscription" "公众号订阅通知";
        MiniProgram = "mini_program" "小程序订阅消息";
        Inbox = "inbox" "站内信";
        Phone = "phone" "电话通知";
    }

    /// Why a notice is sent.
    NoticePurpose {
        ActivityPublished = "activity_published" "活动通知";
        ActivityRescheduled = "activity_rescheduled" "活动改期";
        ActivityCancelled = "activity_cancelled" "活动取消";
        Uninvited = "uninvited" "不再邀请";
        ReplyReminder = "reply_reminder" "报名提醒";
        EveReminder = "eve_reminder" "活动前一日提醒";
        CodeOpen = "code_open" "签到开始提醒";
        LeaveDecided = "leave_decided" "请假结果";
        CorrectionDecided = "correction_decided" "补签结果";
        ScoreClosed = "score_closed" "积分结账";
    }

    /// Where one telling of one member stands. All but the first three are final.
    DeliveryState {
        Pending = "pending" "待发送";
        Sending = "sending" "发送中";
        Accepted = "accepted" "已提交微信";
        Delivered = "delivered" "已送达";
        Skipped = "skipped" "无需发送";
        Failed = "failed" "发送失败";
        Unknown = "unknown" "结果不明";
        Phoned = "phoned" "已电话通知";
    }
}

impl Channel {
    /// Whether WeChat carries it.
    pub const fn is_wechat(self) -> bool {
        match self {
            Self::OfficialAccount | Self::AccountSubscription | Self::MiniProgram => true,
            Self::Inbox | Self::Phone => false,
        }
    }

    /// Whether each message uses up one agreement of its reader, unless the template is a
    /// long-term one.
    pub const fn needs_credit(self) -> bool {
        matches!(self, Self::AccountSubscription | Self::MiniProgram)
    }
}

impl NoticePurpose {
    /// Whether it says when and whether an activity takes place: what comes after it takes its
    /// place.
    pub const fn announces(self) -> bool {
        matches!(
            self,
            Self::ActivityPublished | Self::ActivityRescheduled | Self::ActivityCancelled
        )
    }
}

impl DeliveryState {
    /// Whether nothing more will happen to it by itself.
    pub const fn settled(self) -> bool {
        match self {
            Self::Pending | Self::Sending | Self::Accepted => false,
            Self::Delivered | Self::Skipped | Self::Failed | Self::Unknown | Self::Phoned => true,
        }
    }
}
