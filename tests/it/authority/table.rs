//! Which operation of the API is which line of the table.

use std::collections::BTreeSet;

use domain::authority::Operation::{self, *};

/// How an operation of the API is guarded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guard {
    /// Anybody may ask.
    Public,
    /// A session is enough.
    Session,
    /// A seat must give it.
    Seat(Operation),
    /// A seat must give it for the row in the path; others may know the row by the second.
    Row(Operation, Operation),
}

use Guard::{Public, Row, Seat, Session};

/// Every operation of the API.
pub(super) const OPERATIONS: &[(&str, Guard)] = &[
    ("GET /healthz", Public),
    ("GET /readyz", Public),
    ("GET /metrics", Public),
    ("GET /wechat/callback/{app_id}", Public),
    ("POST /wechat/callback/{app_id}", Public),
    ("POST /api/v1/auth/wechat", Public),
    ("POST /api/v1/auth/password", Public),
    ("POST /api/v1/auth/refresh", Public),
    ("POST /api/v1/auth/wechat/bind", Session),
    ("POST /api/v1/auth/logout", Session),
    ("GET /api/v1/me", Session),
    ("PUT /api/v1/me/password", Session),
    ("POST /api/v1/me/sessions/end-all", Session),
    ("GET /api/v1/groups", Seat(CatalogueRead)),
    ("GET /api/v1/sectors", Seat(CatalogueRead)),
    ("GET /api/v1/stations", Seat(CatalogueRead)),
    ("GET /api/v1/special-committees", Seat(CatalogueRead)),
    ("GET /api/v1/terms", Seat(CatalogueRead)),
    ("GET /api/v1/members", Seat(MemberList)),
    ("POST /api/v1/members", Seat(MemberCreate)),
    ("GET /api/v1/members.xlsx", Seat(MembersExport)),
    (
        "GET /api/v1/members/{member_id}",
        Row(MemberRead, MemberRead),
    ),
    (
        "PATCH /api/v1/members/{member_id}",
        Row(MemberUpdate, MemberRead),
    ),
    (
        "GET /api/v1/members/{member_id}/phone",
        Row(MemberPhoneRead, MemberRead),
    ),
    (
        "POST /api/v1/members/{member_id}/invite-codes",
        Row(InviteCodeCreate, MemberRead),
    ),
    (
        "GET /api/v1/members/{member_id}/score",
        Row(ScoreRead, MemberRead),
    ),
    ("GET /api/v1/binding-requests", Seat(BindingDecide)),
    (
        "POST /api/v1/binding-requests/{request_id}/decide",
        Row(BindingDecide, BindingDecide),
    ),
    ("GET /api/v1/seats", Seat(SeatList)),
    ("POST /api/v1/seats", Seat(SeatGrant)),
    (
        "POST /api/v1/seats/{seat_id}/confirm",
        Row(SeatConfirm, SeatList),
    ),
    ("DELETE /api/v1/seats/{seat_id}", Row(SeatEnd, SeatList)),
    ("GET /api/v1/accounts", Seat(AccountList)),
    ("POST /api/v1/accounts", Seat(AccountCreate)),
    (
        "POST /api/v1/accounts/{account_id}/disable",
        Row(AccountDisable, AccountList),
    ),
    (
        "POST /api/v1/accounts/{account_id}/enable",
        Row(AccountEnable, AccountList),
    ),
    (
        "POST /api/v1/accounts/{account_id}/reset",
        Row(AccountReset, AccountList),
    ),
    ("GET /api/v1/roster/template.xlsx", Seat(RosterImport)),
    ("POST /api/v1/roster/imports", Seat(RosterImport)),
    (
        "POST /api/v1/roster/imports/{import_id}/apply",
        Seat(RosterImport),
    ),
    ("GET /api/v1/calendar/activity-days", Seat(CalendarRead)),
    (
        "PUT /api/v1/calendar/activity-days/{quarter}",
        Seat(CalendarConfirm),
    ),
    ("GET /api/v1/plans", Seat(PlanList)),
    ("POST /api/v1/plans", Seat(PlanWrite)),
    ("POST /api/v1/plans/adopt", Seat(PlanAdopt)),
    ("GET /api/v1/plans.xlsx", Seat(PlanList)),
    ("GET /api/v1/plans/{plan_id}", Row(PlanList, PlanList)),
    ("PATCH /api/v1/plans/{plan_id}", Row(PlanWrite, PlanList)),
    (
        "POST /api/v1/plans/{plan_id}/submit",
        Row(PlanSubmit, PlanList),
    ),
    (
        "POST /api/v1/plans/{plan_id}/accept",
        Row(PlanAccept, PlanList),
    ),
    (
        "POST /api/v1/plans/{plan_id}/return",
        Row(PlanReturn, PlanList),
    ),
    ("GET /api/v1/activities", Seat(ActivityList)),
    ("POST /api/v1/activities", Seat(ActivityCreate)),
    (
        "GET /api/v1/activities/{activity_id}",
        Row(ActivityRead, ActivityRead),
    ),
    (
        "PATCH /api/v1/activities/{activity_id}",
        Row(ActivityUpdate, ActivityRead),
    ),
    (
        "PUT /api/v1/activities/{activity_id}/files",
        Row(ActivityFiles, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/submit",
        Row(ActivitySubmit, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/approve",
        Row(ActivityApprove, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/return",
        Row(ActivityReturn, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/publish",
        Row(ActivityPublish, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/cancel",
        Row(ActivityCancel, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/reschedule",
        Row(ActivityReschedule, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/close",
        Row(ActivityClose, ActivityRead),
    ),
    (
        "PUT /api/v1/activities/{activity_id}/reply",
        Row(Reply, ActivityRead),
    ),
    (
        "GET /api/v1/activities/{activity_id}/leave-requests",
        Row(LeaveList, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/leave-requests",
        Row(LeaveRegister, ActivityRead),
    ),
    ("GET /api/v1/leave-requests", Seat(LeaveList)),
    (
        "POST /api/v1/leave-requests/{leave_request_id}/decide",
        Row(LeaveDecide, LeaveList),
    ),
    (
        "POST /api/v1/leave-requests/{leave_request_id}/confirm",
        Row(LeaveRequest, LeaveList),
    ),
    (
        "POST /api/v1/leave-requests/{leave_request_id}/withdraw",
        Row(LeaveRequest, LeaveList),
    ),
    (
        "GET /api/v1/activities/{activity_id}/check-in-code",
        Row(CodeShow, ActivityRead),
    ),
    (
        "GET /api/v1/activities/{activity_id}/check-in-code.svg",
        Row(CodeShow, ActivityRead),
    ),
    (
        "GET /api/v1/activities/{activity_id}/live",
        Row(LiveWatch, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/check-ins",
        Seat(CheckIn),
    ),
    (
        "POST /api/v1/activities/{activity_id}/check-outs",
        Seat(CheckOut),
    ),
    (
        "GET /api/v1/activities/{activity_id}/attendance",
        Row(AttendanceList, ActivityRead),
    ),
    (
        "PUT /api/v1/activities/{activity_id}/attendance/{member_id}",
        Row(RollCall, ActivityRead),
    ),
    ("GET /api/v1/me/attendance", Session),
    (
        "GET /api/v1/activities/{activity_id}/corrections",
        Row(CorrectionList, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/corrections",
        Row(CorrectionRequest, ActivityRead),
    ),
    ("GET /api/v1/corrections", Seat(CorrectionList)),
    (
        "POST /api/v1/corrections/{correction_id}/decide",
        Row(CorrectionDecide, CorrectionList),
    ),
    (
        "GET /api/v1/activities/{activity_id}/deliveries",
        Row(DeliveryList, ActivityRead),
    ),
    (
        "GET /api/v1/activities/{activity_id}/reach-preview",
        Row(DeliveryList, ActivityRead),
    ),
    (
        "POST /api/v1/activities/{activity_id}/remind",
        Row(Remind, ActivityRead),
    ),
    (
        "POST /api/v1/deliveries/{delivery_id}/resend",
        Row(DeliveryResend, DeliveryList),
    ),
    (
        "POST /api/v1/notices/{notice_id}/resend",
        Row(DeliveryResend, DeliveryList),
    ),
    ("GET /api/v1/wechat/templates", Seat(TemplateRead)),
    (
        "PUT /api/v1/wechat/templates/{app_id}/{purpose}",
        Seat(TemplateWrite),
    ),
    ("GET /api/v1/wechat/pauses", Seat(PauseList)),
    (
        "POST /api/v1/wechat/pauses/{pause_id}/resume",
        Row(PauseResume, PauseList),
    ),
    ("GET /api/v1/me/subscriptions", Seat(SubscriptionRead)),
    ("POST /api/v1/me/subscriptions", Seat(SubscriptionReport)),
    (
        "POST /api/v1/deliveries/{delivery_id}/phoned",
        Row(DeliveryPhone, DeliveryList),
    ),
    ("GET /api/v1/me/inbox", Seat(InboxRead)),
    ("POST /api/v1/me/inbox/{message_id}/read", Seat(InboxRead)),
    ("GET /wechat/media/{word}", Public),
    ("GET /api/v1/content-checks", Seat(ContentList)),
    (
        "POST /api/v1/content-checks/{content_check_id}/decision",
        Row(ContentDecide, ContentList),
    ),
    ("POST /api/v1/files", Seat(FileUpload)),
    ("GET /api/v1/files/{file_id}", Row(FileRead, FileRead)),
    ("GET /api/v1/duty-records", Seat(DutyList)),
    ("POST /api/v1/duty-records", Seat(DutyDeclare)),
    (
        "GET /api/v1/duty-records/{duty_record_id}",
        Row(DutyList, DutyList),
    ),
    (
        "PATCH /api/v1/duty-records/{duty_record_id}",
        Row(DutyDeclare, DutyList),
    ),
    (
        "POST /api/v1/duty-records/{duty_record_id}/submit",
        Row(DutySubmit, DutyList),
    ),
    (
        "POST /api/v1/duty-records/{duty_record_id}/check",
        Row(DutyCheck, DutyList),
    ),
    (
        "POST /api/v1/duty-records/{duty_record_id}/verify",
        Row(DutyVerify, DutyList),
    ),
    (
        "POST /api/v1/duty-records/{duty_record_id}/return",
        Row(DutyReturn, DutyList),
    ),
    (
        "POST /api/v1/duty-records/{duty_record_id}/reverse",
        Row(DutyVerify, DutyList),
    ),
    (
        "POST /api/v1/duty-records/{duty_record_id}/stage",
        Row(DutyVerify, DutyList),
    ),
    ("GET /api/v1/duty-kinds", Seat(DutyList)),
    (
        "GET /api/v1/duty-records/imports/template.xlsx",
        Seat(DutyImport),
    ),
    ("GET /api/v1/duty-records/imports", Seat(DutyImport)),
    ("POST /api/v1/duty-records/imports", Seat(DutyImport)),
    (
        "GET /api/v1/duty-records/imports/{import_id}",
        Seat(DutyImport),
    ),
    (
        "POST /api/v1/duty-records/imports/{import_id}/apply",
        Seat(DutyImport),
    ),
    (
        "POST /api/v1/duty-records/imports/{import_id}/verify",
        Seat(DutyVerify),
    ),
    ("GET /api/v1/rulebooks", Seat(RulebookRead)),
    ("POST /api/v1/rulebooks", Seat(RulebookWrite)),
    ("GET /api/v1/rulebooks/{rulebook_id}", Seat(RulebookRead)),
    (
        "PATCH /api/v1/rulebooks/{rulebook_id}",
        Row(RulebookWrite, RulebookRead),
    ),
    (
        "POST /api/v1/rulebooks/{rulebook_id}/propose",
        Row(RulebookPropose, RulebookRead),
    ),
    (
        "POST /api/v1/rulebooks/{rulebook_id}/adopt",
        Row(RulebookAdopt, RulebookRead),
    ),
    (
        "POST /api/v1/rulebooks/{rulebook_id}/withdraw",
        Row(RulebookWithdraw, RulebookRead),
    ),
    (
        "POST /api/v1/rulebooks/{rulebook_id}/preview",
        Seat(RulebookPreview),
    ),
    ("GET /api/v1/scores", Seat(RankingRead)),
    ("GET /api/v1/group-scores", Seat(GroupScoreRead)),
    (
        "GET /api/v1/groups/{group_id}/score",
        Row(GroupScoreRead, CatalogueRead),
    ),
    ("GET /api/v1/periods", Seat(PeriodRead)),
    ("POST /api/v1/periods", Seat(PeriodWrite)),
    ("GET /api/v1/periods/{period}", Seat(PeriodRead)),
    ("POST /api/v1/periods/{period}/close", Seat(PeriodClose)),
    ("POST /api/v1/periods/{period}/reopen", Seat(PeriodReopen)),
    (
        "POST /api/v1/periods/{period}/withdraw",
        Seat(PeriodWithdraw),
    ),
    (
        "GET /api/v1/periods/{period}/amendments",
        Seat(AmendmentRead),
    ),
    (
        "POST /api/v1/periods/{period}/amendments",
        Seat(AmendmentPropose),
    ),
    (
        "POST /api/v1/amendments/{amendment_id}/decide",
        Row(AmendmentDecide, AmendmentRead),
    ),
    ("GET /api/v1/me/score", Seat(ScoreRead)),
    ("GET /api/v1/scores.xlsx", Seat(ScoresExport)),
    ("GET /api/v1/statistics", Seat(ScoreList)),
    ("GET /api/v1/statistics.xlsx", Seat(ScoresExport)),
    ("GET /api/v1/group-scores.xlsx", Seat(ScoresExport)),
    (
        "GET /api/v1/members/{member_id}/dossier.docx",
        Row(DossierExport, MemberRead),
    ),
    (
        "GET /api/v1/members/{member_id}/evaluation-notice.docx",
        Row(EvaluationNotice, MemberRead),
    ),
    ("GET /api/v1/reviews", Seat(ReviewList)),
    ("POST /api/v1/reviews", Seat(ReviewWrite)),
    (
        "GET /api/v1/reviews/{review_id}",
        Row(ReviewList, ReviewList),
    ),
    (
        "GET /api/v1/reviews/{review_id}.xlsx",
        Row(ReviewExport, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/refresh",
        Row(ReviewWrite, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/open",
        Row(ReviewWrite, ReviewList),
    ),
    (
        "PUT /api/v1/reviews/{review_id}/candidates/{candidate_id}",
        Row(ReviewWrite, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/settle",
        Row(ReviewWrite, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/confirm",
        Row(ReviewConfirm, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/return",
        Row(ReviewWrite, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/cancel",
        Row(ReviewWrite, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/nominate",
        Row(ReviewNominate, ReviewList),
    ),
    (
        "POST /api/v1/nominations/{nomination_id}/withdraw",
        Row(ReviewNominate, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/publish",
        Row(ReviewPublish, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/present",
        Row(ReviewPublish, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/object",
        Row(ReviewObject, ReviewList),
    ),
    (
        "GET /api/v1/reviews/{review_id}/objections",
        Row(ObjectionList, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/answer",
        Row(ObjectionAnswer, ReviewList),
    ),
    (
        "POST /api/v1/objections/{objection_id}/answer",
        Row(ObjectionAnswer, ObjectionList),
    ),
    (
        "POST /api/v1/objections/{objection_id}/withdraw",
        Row(ReviewObject, ObjectionList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/decide",
        Row(ReviewDecide, ReviewList),
    ),
    (
        "POST /api/v1/reviews/{review_id}/documents",
        Row(ReviewDocument, ReviewList),
    ),
    (
        "GET /api/v1/members/{member_id}/reviews",
        Row(ScoreRead, MemberRead),
    ),
    (
        "GET /api/v1/me/official-accounts",
        Seat(OfficialAccountLink),
    ),
    (
        "POST /api/v1/me/official-accounts",
        Seat(OfficialAccountLink),
    ),
    (
        "POST /api/v1/me/official-accounts/qr",
        Seat(OfficialAccountLink),
    ),
    ("GET /api/v1/wechat/accounts", Seat(WechatAccountList)),
    (
        "POST /api/v1/wechat/accounts/{app_id}/resync",
        Seat(WechatAccountResync),
    ),
    (
        "POST /api/v1/wechat/accounts/{app_id}/menu",
        Seat(WechatMenuPublish),
    ),
    ("GET /api/v1/wechat/link-conflicts", Seat(LinkConflictList)),
    (
        "POST /api/v1/wechat/link-conflicts/{conflict_id}/decide",
        Row(LinkConflictDecide, LinkConflictList),
    ),
    ("GET /api/v1/audit", Seat(AuditRead)),
    ("GET /api/v1/audit/verify", Seat(AuditVerify)),
    ("GET /api/v1/audit/export", Seat(AuditRead)),
];

#[test]
fn every_operation_of_the_api_is_under_the_table() {
    let description = serde_json::to_value(api::description::describe()).expect("JSON");
    let there: BTreeSet<String> = description["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .flat_map(|(path, operations)| {
            operations
                .as_object()
                .expect("operations")
                .keys()
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let listed: BTreeSet<String> = OPERATIONS
        .iter()
        .map(|(operation, _)| (*operation).to_owned())
        .collect();

    assert_eq!(there, listed);
}
