//! Words about notices: by which channel a member is told, and how each telling ended.

words! {
    /// A way to reach a member, in the order in which they are tried (product.md §4.4).
    Channel {
        OfficialAccount = "official_account" "公众号模板消息";
        MiniProgram = "mini_program" "小程序订阅消息";
        Inbox = "inbox" "站内信";
        Phone = "phone" "电话通知";
    }

    /// Why a notice is sent.
    NoticePurpose {
        ActivityPublished = "activity_published" "活动通知";
        ActivityRescheduled = "activity_rescheduled" "活动改期";
        ActivityCancelled = "activity_cancelled" "活动取消";
        ReplyReminder = "reply_reminder" "报名提醒";
        EveReminder = "eve_reminder" "活动前一日提醒";
        LeaveDecided = "leave_decided" "请假结果";
        CorrectionDecided = "correction_decided" "补签结果";
    }

    /// Where one telling of one member stands. All but the first three are final.
    DeliveryState {
        Pending = "pending" "待发送";
        Sending = "sending" "发送中";
        Accepted = "accepted" "已提交微信";
        Delivered = "delivered" "已送达";
        Failed = "failed" "发送失败";
        Unknown = "unknown" "结果不明";
        Phoned = "phoned" "已电话通知";
    }
}

impl DeliveryState {
    /// Whether nothing more will happen to it by itself.
    pub const fn settled(self) -> bool {
        match self {
            Self::Pending | Self::Sending | Self::Accepted => false,
            Self::Delivered | Self::Failed | Self::Unknown | Self::Phoned => true,
        }
    }
}
