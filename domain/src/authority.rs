//! Who may do what, and how far: the table of reliability.md §4 as data.
//!
//! A role comes from dated [seats](crate::people::SeatKind) looked up when the request is made.
//! The table says how far a role reaches with an operation; whether one row lies within that
//! reach is asked of [`Reach`] and the row's [`Scope`]. Second persons and seat-dependent refusals
//! beyond reach are rules of the operation itself.

use crate::ids::{GroupId, MemberId, SpecialCommitteeId};

words! {
    /// In what quality somebody asks.
    Role {
        Member = "member" "委员";
        Convener = "convener" "召集人";
        Staff = "staff" "专委会工作人员";
        Office = "office" "办公室";
        Leader = "leader" "主席会议";
        Auditor = "auditor" "监督";
        Admin = "admin" "系统管理员";
    }

    /// How far a role reaches with an operation.
    Extent {
        None = "none" "不可";
        Own = "own" "本人";
        Group = "group" "本组";
        SpecialCommittee = "special_committee" "本专委会联系的组";
        Committee = "committee" "全部";
    }

    /// Everything that needs a seat. Who one is and the end of a session need none.
    Operation {
        CatalogueRead = "catalogue_read" "查看组别界别驿站";
        MemberList = "member_list" "查看委员名单";
        MemberRead = "member_read" "查看委员信息";
        MemberPhoneRead = "member_phone_read" "查看完整手机号";
        MemberCreate = "member_create" "新增委员";
        MemberUpdate = "member_update" "修改委员信息";
        MembersExport = "members_export" "导出委员名单";
        RosterImport = "roster_import" "导入名册";
        InviteCodeCreate = "invite_code_create" "发放邀请码";
        BindingDecide = "binding_decide" "处理绑定申请";
        SeatList = "seat_list" "查看席位";
        SeatGrant = "seat_grant" "授予席位";
        SeatConfirm = "seat_confirm" "复核席位";
        SeatEnd = "seat_end" "结束席位";
        AccountList = "account_list" "查看账号";
        AccountCreate = "account_create" "开设账号";
        AccountDisable = "account_disable" "停用账号";
        AccountEnable = "account_enable" "启用账号";
        AccountReset = "account_reset" "重置账号密码";
        CalendarRead = "calendar_read" "查看活动日";
        CalendarConfirm = "calendar_confirm" "确认活动日";
        PlanList = "plan_list" "查看年度计划";
        PlanWrite = "plan_write" "起草年度计划";
        PlanSubmit = "plan_submit" "提交年度计划";
        PlanAccept = "plan_accept" "汇总年度计划";
        PlanReturn = "plan_return" "退回年度计划";
        PlanAdopt = "plan_adopt" "通过年度计划";
        ActivityList = "activity_list" "查看活动";
        ActivityRead = "activity_read" "查看活动详情";
        ActivityCreate = "activity_create" "起草活动";
        ActivityUpdate = "activity_update" "修改活动";
        ActivityFiles = "activity_files" "更换活动材料";
        ActivitySubmit = "activity_submit" "提交活动";
        ActivityApprove = "activity_approve" "审核活动";
        ActivityReturn = "activity_return" "退回活动";
        ActivityPublish = "activity_publish" "发布活动";
        ActivityCancel = "activity_cancel" "取消活动";
        ActivityReschedule = "activity_reschedule" "改期";
        ActivityClose = "activity_close" "结束活动";
        Reply = "reply" "回复活动";
        LeaveRequest = "leave_request" "请假";
        LeaveRegister = "leave_register" "代为登记请假";
        LeaveList = "leave_list" "查看请假";
        LeaveDecide = "leave_decide" "审批请假";
        CodeShow = "code_show" "出示签到码";
        LiveWatch = "live_watch" "查看现场签到";
        CheckIn = "check_in" "签到";
        CheckOut = "check_out" "签退";
        RollCall = "roll_call" "点名";
        AttendanceList = "attendance_list" "查看出席名单";
        CorrectionRequest = "correction_request" "申请补签";
        CorrectionList = "correction_list" "查看补签";
        CorrectionDecide = "correction_decide" "审批补签";
        DeliveryList = "delivery_list" "查看通知送达";
        DeliveryPhone = "delivery_phone" "登记电话通知";
        DeliveryResend = "delivery_resend" "重新发送通知";
        TemplateRead = "template_read" "查看微信模板";
        TemplateWrite = "template_write" "设置微信模板";
        PauseList = "pause_list" "查看暂停的微信账号";
        PauseResume = "pause_resume" "恢复微信账号发送";
        SubscriptionRead = "subscription_read" "查看订阅消息次数";
        SubscriptionReport = "subscription_report" "登记订阅消息授权";
        Remind = "remind" "提醒";
        InboxRead = "inbox_read" "查看站内信";
        DutyList = "duty_list" "查看履职记录";
        DutyDeclare = "duty_declare" "填报履职记录";
        DutySubmit = "duty_submit" "提交履职记录";
        DutyCheck = "duty_check" "初核履职记录";
        DutyVerify = "duty_verify" "核实履职记录";
        DutyReturn = "duty_return" "退回履职记录";
        DutyImport = "duty_import" "导入履职记录";
        ScoreList = "score_list" "查看积分表";
        ScoreRead = "score_read" "查看委员积分明细";
        ScoresExport = "scores_export" "导出积分表";
        DossierExport = "dossier_export" "导出履职档案";
        EvaluationNotice = "evaluation_notice" "出具考核结果告知书";
        RulebookRead = "rulebook_read" "查看考核办法";
        RulebookWrite = "rulebook_write" "起草考核办法";
        RulebookPropose = "rulebook_propose" "提请通过考核办法";
        RulebookAdopt = "rulebook_adopt" "通过考核办法";
        RulebookWithdraw = "rulebook_withdraw" "撤回考核办法";
        RulebookPreview = "rulebook_preview" "试算考核办法";
        RankingRead = "ranking_read" "查看积分排名";
        GroupScoreRead = "group_score_read" "查看活动组积分";
        PeriodRead = "period_read" "查看考核期";
        PeriodWrite = "period_write" "确定考核期起止日";
        PeriodClose = "period_close" "考核期结账";
        PeriodReopen = "period_reopen" "重新打开考核期";
        PeriodWithdraw = "period_withdraw" "撤回结账或重新打开";
        AmendmentRead = "amendment_read" "查看结账后更正";
        AmendmentPropose = "amendment_propose" "提出结账后更正";
        AmendmentDecide = "amendment_decide" "审批结账后更正";
        ReviewList = "review_list" "查看评议";
        ReviewWrite = "review_write" "办理评议";
        ReviewNominate = "review_nominate" "推荐人选";
        ReviewConfirm = "review_confirm" "复核评议名单";
        ReviewPublish = "review_publish" "公示评议名单";
        ReviewObject = "review_object" "对公示提出异议";
        ReviewDecide = "review_decide" "登记评议决定";
        ReviewDocument = "review_document" "登记谈话函告";
        ReviewExport = "review_export" "导出评议名单";
        ObjectionList = "objection_list" "查看异议";
        ObjectionAnswer = "objection_answer" "答复异议";
        AuditRead = "audit_read" "查看审计日志";
        AuditVerify = "audit_verify" "校验审计日志";
        JobList = "job_list" "查看后台任务";
        OfficialAccountLink = "official_account_link" "关联公众号";
        WechatAccountList = "wechat_account_list" "查看公众号状态";
        WechatAccountResync = "wechat_account_resync" "重新同步公众号粉丝";
        WechatMenuPublish = "wechat_menu_publish" "发布公众号菜单";
        LinkConflictList = "link_conflict_list" "查看公众号关联冲突";
        LinkConflictDecide = "link_conflict_decide" "处理公众号关联冲突";
        ContentList = "content_list" "查看内容检查";
        ContentDecide = "content_decide" "处理内容检查";
        FileUpload = "file_upload" "上传文件";
        FileRead = "file_read" "查看文件";
    }
}

const _0: Extent = Extent::None;
#[expect(
    non_upper_case_globals,
    reason = "short names make the table readable as a table"
)]
const Ow: Extent = Extent::Own;
#[expect(
    non_upper_case_globals,
    reason = "short names make the table readable as a table"
)]
const Gr: Extent = Extent::Group;
#[expect(
    non_upper_case_globals,
    reason = "short names make the table readable as a table"
)]
const Sc: Extent = Extent::SpecialCommittee;
#[expect(
    non_upper_case_globals,
    reason = "short names make the table readable as a table"
)]
const Co: Extent = Extent::Committee;

use Operation as O;

/// The table. Columns: member, convener, staff, office, leader, auditor, admin.
#[rustfmt::skip]
pub const TABLE: &[(Operation, [Extent; 7])] = &[
    (O::CatalogueRead,        [Co, Co, Co, Co, Co, Co, _0]),
    (O::MemberList,           [Gr, Gr, Sc, Co, Co, Co, _0]),
    (O::MemberRead,           [Gr, Gr, Sc, Co, Co, Co, _0]),
    (O::MemberPhoneRead,      [Ow, _0, _0, Co, _0, _0, _0]),
    (O::MemberCreate,         [_0, _0, _0, Co, _0, _0, _0]),
    (O::MemberUpdate,         [_0, _0, _0, Co, _0, _0, _0]),
    (O::MembersExport,        [_0, _0, _0, Co, _0, _0, _0]),
    (O::RosterImport,         [_0, _0, _0, Co, _0, _0, _0]),
    (O::InviteCodeCreate,     [_0, _0, _0, Co, _0, _0, _0]),
    (O::BindingDecide,        [_0, _0, _0, Co, _0, _0, _0]),
    (O::SeatList,             [_0, _0, _0, Co, Co, Co, Co]),
    (O::SeatGrant,            [_0, _0, _0, Co, _0, _0, Co]),
    (O::SeatConfirm,          [_0, _0, _0, Co, _0, _0, Co]),
    (O::SeatEnd,              [_0, _0, _0, Co, _0, _0, Co]),
    (O::AccountList,          [_0, _0, _0, Co, _0, Co, Co]),
    (O::AccountCreate,        [_0, _0, _0, _0, _0, _0, Co]),
    (O::AccountDisable,       [_0, _0, _0, _0, _0, _0, Co]),
    (O::AccountEnable,        [_0, _0, _0, _0, _0, _0, Co]),
    (O::AccountReset,         [_0, _0, _0, _0, _0, _0, Co]),
    (O::CalendarRead,         [Co, Co, Co, Co, Co, Co, _0]),
    (O::CalendarConfirm,      [_0, _0, _0, Co, _0, _0, _0]),
    (O::PlanList,             [Gr, Gr, Sc, Co, Co, Co, _0]),
    (O::PlanWrite,            [_0, Gr, Sc, _0, _0, _0, _0]),
    (O::PlanSubmit,           [_0, Gr, Sc, _0, _0, _0, _0]),
    (O::PlanAccept,           [_0, _0, _0, Co, _0, _0, _0]),
    (O::PlanReturn,           [_0, _0, _0, Co, _0, _0, _0]),
    (O::PlanAdopt,            [_0, _0, _0, _0, Co, _0, _0]),
    (O::ActivityList,         [Ow, Gr, Sc, Co, Co, Co, _0]),
    (O::ActivityRead,         [Ow, Gr, Sc, Co, Co, Co, _0]),
    (O::ActivityCreate,       [_0, Gr, _0, Co, _0, _0, _0]),
    (O::ActivityUpdate,       [_0, Gr, _0, Co, _0, _0, _0]),
    (O::ActivityFiles,        [_0, Gr, _0, Co, _0, _0, _0]),
    (O::ActivitySubmit,       [_0, Gr, _0, Co, _0, _0, _0]),
    (O::ActivityApprove,      [_0, _0, Sc, Co, _0, _0, _0]),
    (O::ActivityReturn,       [_0, _0, Sc, Co, _0, _0, _0]),
    (O::ActivityPublish,      [_0, Gr, _0, Co, _0, _0, _0]),
    (O::ActivityCancel,       [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::ActivityReschedule,   [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::ActivityClose,        [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::Reply,                [Ow, _0, _0, _0, _0, _0, _0]),
    (O::LeaveRequest,         [Ow, _0, _0, _0, _0, _0, _0]),
    (O::LeaveRegister,        [_0, _0, Sc, Co, _0, _0, _0]),
    (O::LeaveList,            [Ow, Gr, Sc, Co, Co, Co, _0]),
    (O::LeaveDecide,          [_0, _0, Sc, Co, _0, _0, _0]),
    (O::CodeShow,             [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::LiveWatch,            [_0, Gr, Sc, Co, Co, Co, _0]),
    (O::CheckIn,              [Ow, _0, _0, _0, _0, _0, _0]),
    (O::CheckOut,             [Ow, _0, _0, _0, _0, _0, _0]),
    (O::RollCall,             [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::AttendanceList,       [_0, Gr, Sc, Co, Co, Co, _0]),
    (O::CorrectionRequest,    [Ow, Gr, Sc, Co, _0, _0, _0]),
    (O::CorrectionList,       [Ow, Gr, Sc, Co, Co, Co, _0]),
    (O::CorrectionDecide,     [_0, _0, Sc, Co, _0, _0, _0]),
    (O::DeliveryList,         [_0, Gr, Sc, Co, Co, Co, _0]),
    (O::DeliveryPhone,        [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::DeliveryResend,       [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::TemplateRead,         [_0, _0, _0, Co, _0, Co, Co]),
    (O::TemplateWrite,        [_0, _0, _0, Co, _0, _0, Co]),
    (O::PauseList,            [_0, _0, _0, Co, _0, Co, Co]),
    (O::PauseResume,          [_0, _0, _0, Co, _0, _0, Co]),
    (O::SubscriptionRead,     [Ow, _0, _0, _0, _0, _0, _0]),
    (O::SubscriptionReport,   [Ow, _0, _0, _0, _0, _0, _0]),
    (O::Remind,               [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::InboxRead,            [Ow, _0, _0, _0, _0, _0, _0]),
    (O::DutyList,             [Ow, Gr, Sc, Co, Co, Co, _0]),
    (O::DutyDeclare,          [Ow, Gr, Sc, Co, _0, _0, _0]),
    (O::DutySubmit,           [Ow, Gr, Sc, Co, _0, _0, _0]),
    (O::DutyCheck,            [_0, Gr, _0, Co, _0, _0, _0]),
    (O::DutyVerify,           [_0, _0, Sc, Co, _0, _0, _0]),
    (O::DutyReturn,           [_0, Gr, Sc, Co, _0, _0, _0]),
    (O::DutyImport,           [_0, _0, Sc, Co, _0, _0, _0]),
    (O::ScoreList,            [_0, Gr, Sc, Co, Co, Co, _0]),
    (O::ScoreRead,            [Ow, _0, _0, Co, Co, Co, _0]),
    (O::ScoresExport,         [_0, _0, _0, Co, Co, Co, _0]),
    (O::DossierExport,        [Ow, _0, _0, Co, Co, Co, _0]),
    (O::EvaluationNotice,     [_0, _0, _0, Co, _0, _0, _0]),
    (O::RulebookRead,         [Co, Co, Co, Co, Co, Co, _0]),
    (O::RulebookWrite,        [_0, _0, _0, Co, _0, _0, _0]),
    (O::RulebookPropose,      [_0, _0, _0, Co, _0, _0, _0]),
    (O::RulebookAdopt,        [_0, _0, _0, _0, Co, _0, _0]),
    (O::RulebookWithdraw,     [_0, _0, _0, Co, _0, _0, _0]),
    (O::RulebookPreview,      [_0, _0, _0, Co, Co, Co, _0]),
    (O::RankingRead,          [Ow, Gr, Sc, Co, Co, Co, _0]),
    (O::GroupScoreRead,       [Gr, Gr, Sc, Co, Co, Co, _0]),
    (O::PeriodRead,           [Co, Co, Co, Co, Co, Co, _0]),
    (O::PeriodWrite,          [_0, _0, _0, Co, _0, _0, _0]),
    (O::PeriodClose,          [_0, _0, _0, Co, Co, _0, _0]),
    (O::PeriodReopen,         [_0, _0, _0, Co, Co, _0, _0]),
    (O::PeriodWithdraw,       [_0, _0, _0, Co, Co, _0, _0]),
    (O::AmendmentRead,        [_0, _0, _0, Co, Co, Co, _0]),
    (O::AmendmentPropose,     [_0, _0, _0, Co, _0, _0, _0]),
    (O::AmendmentDecide,      [_0, _0, _0, Co, Co, _0, _0]),
    (O::ReviewList,           [Ow, Gr, Sc, Co, Co, Co, _0]),
    (O::ReviewWrite,          [_0, _0, _0, Co, _0, _0, _0]),
    (O::ReviewNominate,       [_0, Gr, _0, _0, _0, _0, _0]),
    (O::ReviewConfirm,        [_0, _0, _0, Co, _0, _0, _0]),
    (O::ReviewPublish,        [_0, _0, _0, Co, _0, _0, _0]),
    (O::ReviewObject,         [Ow, _0, _0, _0, _0, _0, _0]),
    (O::ReviewDecide,         [_0, _0, _0, _0, Co, _0, _0]),
    (O::ReviewDocument,       [_0, _0, _0, Co, _0, _0, _0]),
    (O::ReviewExport,         [_0, _0, _0, Co, Co, Co, _0]),
    (O::ObjectionList,        [Ow, _0, _0, Co, Co, Co, _0]),
    (O::ObjectionAnswer,      [_0, _0, _0, Co, _0, _0, _0]),
    (O::AuditRead,            [_0, _0, _0, _0, _0, Co, _0]),
    (O::AuditVerify,          [_0, _0, _0, _0, _0, Co, _0]),
    (O::JobList,              [_0, _0, _0, Co, _0, Co, Co]),
    (O::OfficialAccountLink,  [Ow, _0, _0, _0, _0, _0, _0]),
    (O::WechatAccountList,    [_0, _0, _0, Co, _0, Co, _0]),
    (O::WechatAccountResync,  [_0, _0, _0, Co, _0, _0, _0]),
    (O::WechatMenuPublish,    [_0, _0, _0, Co, _0, _0, _0]),
    (O::LinkConflictList,     [_0, _0, _0, Co, _0, Co, _0]),
    (O::LinkConflictDecide,   [_0, _0, _0, Co, _0, _0, _0]),
    (O::ContentList,          [_0, _0, _0, Co, _0, Co, _0]),
    (O::ContentDecide,        [_0, _0, _0, Co, _0, _0, _0]),
    (O::FileUpload,           [Ow, Ow, Ow, Co, _0, _0, _0]),
    (O::FileRead,             [Ow, Gr, Sc, Co, Co, Co, _0]),
];

/// How far `role` reaches with `operation`.
pub fn extent(operation: Operation, role: Role) -> Extent {
    // The table lists the operations in the order of the enum; a test holds it to that.
    TABLE[operation as usize].1[role as usize]
}

/// The roles that may do `operation` at all, for telling somebody which seat he lacks.
pub fn roles(operation: Operation) -> impl Iterator<Item = Role> {
    Role::ALL
        .iter()
        .copied()
        .filter(move |&role| extent(operation, role) != Extent::None)
}

/// How far one caller reaches with one operation: the union of what each of his seats gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Everything of the committee.
    pub committee: bool,
    /// What belongs to these groups.
    pub groups: Vec<GroupId>,
    /// What concerns this member himself.
    pub member: Option<MemberId>,
    /// What is the caller's own, such as his session, whether or not he is a member.
    pub own: bool,
}

/// A seat that counts at the moment of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A member in office, of this group.
    Member(MemberId, GroupId),
    /// Convener of a group.
    Convener(GroupId),
    /// Staff of a special committee that serves these groups.
    Staff(SpecialCommitteeId, Vec<GroupId>),
    /// A clerk of the office.
    Office,
    /// A leader.
    Leader,
    /// An auditor.
    Auditor,
    /// An administrator, who sees no business data.
    Admin,
}

impl Standing {
    /// The role this seat gives.
    pub const fn role(&self) -> Role {
        match self {
            Self::Member(..) => Role::Member,
            Self::Convener(_) => Role::Convener,
            Self::Staff(..) => Role::Staff,
            Self::Office => Role::Office,
            Self::Leader => Role::Leader,
            Self::Auditor => Role::Auditor,
            Self::Admin => Role::Admin,
        }
    }

    /// Whether it is the seat of somebody who decides or oversees what members hand in, and so reads
    /// what is still being looked at.
    pub const fn has_desk(&self) -> bool {
        match self {
            Self::Staff(..) | Self::Office | Self::Leader | Self::Auditor => true,
            Self::Member(..) | Self::Convener(_) | Self::Admin => false,
        }
    }
}

/// Where a row lies, to be held against a [`Reach`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The groups it belongs to; any of them within reach is enough.
    pub groups: Vec<GroupId>,
    /// The member it concerns.
    pub member: Option<MemberId>,
}

impl Reach {
    /// How far `standings` reach with `operation`, or `None` where no seat gives it.
    pub fn of(operation: Operation, standings: &[Standing]) -> Option<Self> {
        let mut reach = Self::default();
        let mut any = false;
        for standing in standings {
            let extent = extent(operation, standing.role());
            any |= extent != Extent::None;
            match (extent, standing) {
                (Extent::Own, Standing::Member(member, _)) => {
                    reach.member = Some(*member);
                    reach.own = true;
                }
                (Extent::Own, _) => reach.own = true,
                (Extent::Group, Standing::Member(member, group)) => {
                    reach.member = Some(*member);
                    reach.groups.push(*group);
                }
                (Extent::Group, Standing::Convener(group)) => reach.groups.push(*group),
                (Extent::SpecialCommittee, Standing::Staff(_, groups)) => {
                    reach.groups.extend(groups);
                }
                (Extent::Committee, _) => reach.committee = true,
                // A seat without groups of its own reaches nothing through a narrower extent.
                (Extent::None | Extent::Group | Extent::SpecialCommittee, _) => {}
            }
        }
        reach.groups.sort_unstable();
        reach.groups.dedup();
        any.then_some(reach)
    }

    /// Whether a row of this scope lies within reach.
    pub fn covers(&self, scope: &Scope) -> bool {
        self.committee
            || scope.groups.iter().any(|group| self.groups.contains(group))
            || (self.member.is_some() && self.member == scope.member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_table_lists_every_operation_once_in_order() {
        let listed: Vec<_> = TABLE.iter().map(|(operation, _)| *operation).collect();
        assert_eq!(listed, Operation::ALL);
    }

    #[test]
    fn who_decides_or_oversees_has_a_desk() {
        let group = GroupId(Uuid::nil());
        let special = SpecialCommitteeId(Uuid::nil());
        let desks = [
            Standing::Staff(special, vec![group]),
            Standing::Office,
            Standing::Leader,
            Standing::Auditor,
        ];
        let others = [
            Standing::Member(MemberId(Uuid::nil()), group),
            Standing::Convener(group),
            Standing::Admin,
        ];
        assert!(desks.iter().all(Standing::has_desk));
        assert!(!others.iter().any(Standing::has_desk));
    }

    #[test]
    fn an_administrator_sees_no_business_data() {
        for &operation in Operation::ALL {
            let settings = ["seat_", "account_", "template_", "pause_"]
                .iter()
                .any(|word| operation.as_str().starts_with(word));
            let business = !settings && operation != O::JobList;
            assert_eq!(
                extent(operation, Role::Admin) == Extent::None,
                business,
                "{operation}"
            );
        }
    }

    #[test]
    fn leaders_adopt_and_auditors_read_and_neither_does_the_daily_work() {
        assert_eq!(extent(O::PlanAdopt, Role::Leader), Extent::Committee);
        assert_eq!(extent(O::PlanAdopt, Role::Auditor), Extent::None);
        for role in [Role::Leader, Role::Auditor] {
            for operation in [
                O::ActivityCreate,
                O::RollCall,
                O::DutyVerify,
                O::RosterImport,
                O::SeatGrant,
                O::LeaveDecide,
                O::PlanWrite,
                O::PlanAccept,
            ] {
                assert_eq!(extent(operation, role), Extent::None);
            }
        }
    }

    #[test]
    fn a_convener_publishes_for_the_own_group_only() {
        let (own, other) = (GroupId(Uuid::from_u128(1)), GroupId(Uuid::from_u128(2)));
        let reach = Reach::of(O::ActivityPublish, &[Standing::Convener(own)]).unwrap();

        assert!(reach.covers(&Scope {
            groups: vec![own],
            member: None
        }));
        assert!(!reach.covers(&Scope {
            groups: vec![other],
            member: None
        }));
    }

    #[test]
    fn seats_add_up() {
        let (own, served) = (GroupId(Uuid::from_u128(1)), GroupId(Uuid::from_u128(2)));
        let member = MemberId(Uuid::from_u128(3));
        let seats = [
            Standing::Member(member, own),
            Standing::Staff(SpecialCommitteeId(Uuid::from_u128(4)), vec![served]),
        ];

        let reach = Reach::of(O::DutyList, &seats).unwrap();

        assert!(reach.covers(&Scope {
            groups: vec![],
            member: Some(member)
        }));
        assert!(reach.covers(&Scope {
            groups: vec![served],
            member: None
        }));
        assert!(!reach.covers(&Scope {
            groups: vec![own],
            member: None
        }));
        assert_eq!(Reach::of(O::AuditRead, &seats), None);
    }
}
