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
        "POST /api/v1/deliveries/{delivery_id}/phoned",
        Row(DeliveryPhone, DeliveryList),
    ),
    ("GET /api/v1/me/inbox", Seat(InboxRead)),
    ("POST /api/v1/me/inbox/{message_id}/read", Seat(InboxRead)),
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
    ("GET /api/v1/rulebooks", Seat(RulebookRead)),
    ("GET /api/v1/rulebooks/{rulebook_id}", Seat(RulebookRead)),
    ("GET /api/v1/scores", Seat(ScoreList)),
    ("GET /api/v1/me/score", Seat(ScoreRead)),
    ("GET /api/v1/scores.xlsx", Seat(ScoresExport)),
    ("GET /api/v1/statistics", Seat(ScoreList)),
    ("GET /api/v1/audit", Seat(AuditRead)),
    ("GET /api/v1/audit/verify", Seat(AuditVerify)),
    ("GET /api/v1/audit/export", Seat(AuditRead)),
];

#[test]
fn every_operation_of_the_api_is_under_the_table() {
    let description = serde_json::to_value(api::server::openapi()).expect("JSON");
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
