//! Words about people: positions, seats, and the roles seats give.

words! {
    /// The position of a member in the committee; it matters to scoring.
    Position {
        Member = "member" "委员";
        StandingMember = "standing_member" "常委";
        LeadingMember = "leading_member" "主席会议成员";
    }

    /// Whether a member still holds the seat of a member.
    MemberStatus {
        Active = "active" "在任";
        Left = "left" "已离任";
    }

    /// A dated role that a person holds beside being a member.
    SeatKind {
        Convener = "convener" "召集人";
        Staff = "staff" "专委会工作人员";
        Office = "office" "办公室";
        Leader = "leader" "主席会议";
        Auditor = "auditor" "监督";
        Admin = "admin" "系统管理员";
    }

    /// How an account signs in.
    AccountKind {
        WeChat = "wechat" "微信";
        Password = "password" "账号密码";
    }

    /// Where a binding request that the office must decide stands.
    BindingState {
        Pending = "pending" "待处理";
        Approved = "approved" "已同意";
        Refused = "refused" "已拒绝";
    }
}
