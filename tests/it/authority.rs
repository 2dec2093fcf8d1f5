//! Who may do what: every operation, asked by every kind of person, about what is his own, his
//! group's, another group's, another committee's and nobody's.
//!
//! The table of `domain::authority` says what must be answered; this test says which operation of
//! the API is which line of the table, and finds operations that nobody put under it.

use std::collections::{BTreeMap, BTreeSet};

use domain::authority::Operation::{self, *};
use domain::authority::{Reach, Scope, Standing};
use domain::ids::{
    AccountId, BindingRequestId, CorrectionId, FileId, GroupId, LeaveRequestId, MemberId,
    SpecialCommitteeId,
};
use domain::leave::{LeaveReason, LeaveState};
use domain::people::{AccountKind, BindingState};
use entity::{
    Scoped, account, binding_request, correction, file, group, leave_request, seat,
    special_committee,
};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};
use serde_json::{Value, json};
use tests::TestApp;
use uuid::Uuid;

/// How an operation of the API is guarded.
#[derive(Clone, Copy, Debug)]
enum Guard {
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
const OPERATIONS: &[(&str, Guard)] = &[
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
    let description = serde_json::to_value(api::app::openapi()).expect("JSON");
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

/// Where a row of the path lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Of chen, in group 一, which staff1 serves.
    Own,
    /// Of jin, in group 三.
    OtherGroup,
    /// Of x-zhu.
    OtherCommittee,
    /// Nowhere.
    Absent,
}

/// Ids of the rows, by path parameter and place, and the scope of each place.
struct Rows {
    ids: BTreeMap<(&'static str, Place), String>,
    scopes: BTreeMap<Place, Scope>,
}

const PLACES: [Place; 4] = [
    Place::Own,
    Place::OtherGroup,
    Place::OtherCommittee,
    Place::Absent,
];

#[actix_web::test]
async fn the_table_is_kept_for_every_operation_subject_and_scope() {
    let t = TestApp::start().await;
    let rows = rows(&t).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (who, standings) in subjects(&t).await {
        for (operation, guard) in OPERATIONS {
            for place in PLACES {
                let has_row = matches!(guard, Row(..));
                if !has_row && place != Place::Own {
                    continue;
                }
                // These end the sessions of those who are still to ask.
                if operation.ends_with("/auth/logout")
                    || operation.ends_with("/end-all")
                    || operation.ends_with("/me/password")
                {
                    continue;
                }
                let path = fill(operation, &rows, place);
                let (status, code) = ask(&t, who, &path).await;
                asked += 1;
                if let Some(expected) = objection(
                    *guard,
                    operation,
                    standings.as_deref(),
                    &rows,
                    place,
                    status,
                    &code,
                ) {
                    wrong.push(format!(
                        "{who:?} {operation} {place:?}: {status} {code}, expected {expected}"
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {asked}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(asked > 1500, "only {asked} questions were asked");
}

/// What should have been answered, if it was not.
fn objection(
    guard: Guard,
    asked: &str,
    standings: Option<&[Standing]>,
    rows: &Rows,
    place: Place,
    status: u16,
    code: &str,
) -> Option<&'static str> {
    let (operation, read) = match guard {
        Public => return (status >= 500 && status != 503).then_some("no crash"),
        Session => {
            let refused = status == 401;
            return (refused != standings.is_none() && code != "wechat_code_invalid")
                .then_some("a session is enough");
        }
        Seat(operation) => (operation, None),
        Row(operation, read) => (operation, Some(read)),
    };
    let Some(standings) = standings else {
        return (status != 401).then_some("401");
    };
    let reach = Reach::of(operation, standings);
    let Some(read) = read else {
        return match reach {
            None => (code != "forbidden").then_some("403"),
            Some(_) => (code == "forbidden" || status == 401 || status >= 500).then_some("allowed"),
        };
    };
    let scope = match place {
        Place::Own | Place::OtherGroup => rows.scopes[&place].clone(),
        Place::OtherCommittee | Place::Absent => return (status != 404).then_some("404"),
    };
    let mut scope = scope;
    if asked.contains("/activities/") && place == Place::Own {
        // An activity is everybody's who was invited to it.
        let member = standings.iter().find_map(|standing| {
            if let Standing::Member(member, _) = standing {
                Some(*member)
            } else {
                None
            }
        });
        scope.member = member.or(scope.member);
    }
    let reaches =
        |operation| Reach::of(operation, standings).is_some_and(|reach| reach.covers(&scope));
    if reaches(operation) {
        (code == "forbidden" || code == "not_found" || status == 401 || status >= 500)
            .then_some("allowed")
    } else if reaches(read) {
        (code != "forbidden").then_some("403")
    } else {
        (status != 404).then_some("404")
    }
}

fn fill(operation: &str, rows: &Rows, place: Place) -> String {
    let mut path = operation.to_owned();
    for (name, fallback) in [
        ("app_id", "wxnobody"),
        ("quarter", "2026-Q3"),
        ("rulebook_id", "six_ones"),
        ("import_id", ""),
        ("message_id", ""),
    ] {
        let value = if fallback.is_empty() {
            Uuid::nil().to_string()
        } else {
            fallback.to_owned()
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    for ((name, there), id) in &rows.ids {
        if *there == place {
            path = path.replace(&format!("{{{name}}}"), id);
        }
    }
    assert!(!path.contains('{'), "{path} is not filled");
    path
}

async fn ask(t: &TestApp, who: Option<&str>, operation: &str) -> (u16, String) {
    let (method, path) = operation.split_once(' ').expect("method and path");
    let method: Method = method.parse().expect("a method");
    let mut request = t
        .client
        .http()
        .request(method.clone(), format!("{}{path}", t.base));
    if let Some(who) = who {
        request = request.bearer_auth(t.token(who).await);
    }
    if method != Method::GET {
        request = request.json(&json!({}));
    }
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    // The live stream of an activity has no end; only problems are read.
    let is_problem = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "application/problem+json");
    let problem = if is_problem {
        response.json::<Value>().await.expect("a problem")
    } else {
        Value::Null
    };
    (
        status,
        problem["code"].as_str().unwrap_or_default().to_owned(),
    )
}

async fn subjects(t: &TestApp) -> Vec<(Option<&'static str>, Option<Vec<Standing>>)> {
    let groups: Vec<GroupId> = group::Entity::of(t.committee)
        .order_by_asc(group::Column::Ordinal)
        .all(t.app.db.read())
        .await
        .expect("groups")
        .iter()
        .map(|group| group.id)
        .collect();
    let special = special_committee::Entity::of(t.committee)
        .order_by_asc(special_committee::Column::Ordinal)
        .one(t.app.db.read())
        .await
        .expect("specials")
        .expect("one");
    let special: SpecialCommitteeId = special.id;
    let member = |who: &str| Standing::Member(t.members[who], groups[0]);
    disable(t).await;
    vec![
        (None, None),
        (Some("chen"), Some(vec![member("chen")])),
        (
            Some("alice"),
            Some(vec![member("alice"), Standing::Convener(groups[0])]),
        ),
        (
            Some("staff1"),
            Some(vec![Standing::Staff(special, vec![groups[0], groups[1]])]),
        ),
        (Some("office"), Some(vec![Standing::Office])),
        (Some("leader"), Some(vec![Standing::Leader])),
        (Some("auditor"), Some(vec![Standing::Auditor])),
        (Some("admin"), Some(vec![Standing::Admin])),
        (Some("ding"), None),
    ]
}

/// Disables ding's account after he signed in: his token is worth nothing.
async fn disable(t: &TestApp) {
    t.token("ding").await;
    let now = t.now();
    t.app
        .db
        .housekeeping(async |txn| {
            let row = account::Entity::of(t.committee)
                .filter(account::Column::MemberId.eq(t.members["ding"]))
                .one(txn)
                .await?
                .expect("ding signed in");
            let change = account::ActiveModel {
                committee_id: Set(row.committee_id),
                id: Set(row.id),
                disabled_at: Set(Some(now)),
                ..Default::default()
            };
            account::Entity::update(change).exec(txn).await?;
            Ok(())
        })
        .await
        .expect("ding is disabled");
    t.app.standings.forget();
}

async fn rows(t: &TestApp) -> Rows {
    let mut ids = BTreeMap::new();
    let places = [
        (Place::Own, "alice", "staff1", "chen", "office", t.committee),
        (
            Place::OtherGroup,
            "hu",
            "staff2",
            "jin",
            "office",
            t.committee,
        ),
        (
            Place::OtherCommittee,
            "x-yan",
            "x-staff",
            "x-zhu",
            "x-office",
            t.other,
        ),
    ];
    let mut scopes = BTreeMap::new();
    for (place, convener, staff, member, office, committee) in places {
        let person = t.see(member, "/me").await;
        let member_id: MemberId = t.members[member];
        let members = t.see(office, &format!("/members/{member_id}")).await;
        let group = members["group_id"]
            .as_str()
            .or(members["group"]["id"].as_str())
            .unwrap_or_else(|| panic!("{members} {person}"))
            .to_owned();
        let starts = t.now() + chrono::TimeDelta::days(5);
        let body = json!({ "group_id": group, "kind": "study", "mode": "annual_plan", "title": "学习", "content": "", "venue": "驿站",
                           "starts_at": starts.to_rfc3339(), "ends_at": (starts + chrono::TimeDelta::hours(2)).to_rfc3339() });
        let activity = t.act(convener, "/activities", body).await["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        t.act(
            convener,
            &format!("/activities/{activity}/submit"),
            json!({}),
        )
        .await;
        t.act(staff, &format!("/activities/{activity}/approve"), json!({}))
            .await;
        t.act(
            convener,
            &format!("/activities/{activity}/publish"),
            json!({}),
        )
        .await;
        let plan = draft_plan(t, convener, &group, member_id).await;
        let record = declare(t, member).await;
        let (leave, correction, request, file_id, account_id) =
            write_rows(t, committee, &activity, member_id).await;
        let delivery = entity::delivery::Entity::of(committee)
            .filter(entity::delivery::Column::MemberId.eq(member_id))
            .one(t.app.db.read())
            .await
            .expect("deliveries")
            .expect("a delivery");
        let seat = seat::Entity::of(committee)
            .filter(seat::Column::MemberId.is_not_null())
            .filter(seat::Column::MemberId.ne(t.members["alice"]))
            .order_by_desc(seat::Column::Id)
            .one(t.app.db.read())
            .await
            .expect("seats")
            .expect("a seat");
        scopes.insert(
            place,
            Scope {
                groups: vec![GroupId(group.parse().expect("an id"))],
                member: Some(member_id),
            },
        );
        for (name, id) in [
            ("activity_id", activity),
            ("plan_id", plan),
            ("member_id", member_id.to_string()),
            ("leave_request_id", leave.to_string()),
            ("correction_id", correction.to_string()),
            ("delivery_id", delivery.id.to_string()),
            ("duty_record_id", record),
            ("seat_id", seat.id.to_string()),
            ("request_id", request.to_string()),
            ("file_id", file_id.to_string()),
            ("account_id", account_id.to_string()),
        ] {
            ids.insert((name, place), id);
        }
    }
    for name in ids.keys().map(|(name, _)| *name).collect::<BTreeSet<_>>() {
        ids.insert((name, Place::Absent), Uuid::now_v7().to_string());
    }
    Rows { ids, scopes }
}

/// A duty record of a member, by himself.
async fn declare(t: &TestApp, member: &str) -> String {
    let record = json!({ "kind": "proposal", "title": "提案", "content": "内容", "done_on": "2026-09-01", "evidence_ids": [] });
    let record = t.act(member, "/duty-records", record).await;
    record["id"].as_str().expect("an id").to_owned()
}

/// The plan of a group, by its convener; a member of the group sees to its item.
async fn draft_plan(t: &TestApp, convener: &str, group: &str, owner: MemberId) -> String {
    let item = json!({ "quarter": 4, "mode": "lecture_hall", "kind": "study", "topic": "大讲堂", "owner_member_id": owner });
    let plan = json!({ "group_id": group, "year": 2026, "items": [item] });
    let plan = t.act(convener, "/plans", plan).await;
    plan["id"].as_str().expect("an id").to_owned()
}

/// An account with a password that nobody uses.
fn spare(
    committee: domain::ids::CommitteeId,
    id: AccountId,
    now: chrono::DateTime<chrono::Utc>,
) -> account::ActiveModel {
    account::ActiveModel {
        committee_id: Set(committee),
        id: Set(id),
        kind: Set(AccountKind::Password),
        member_id: Set(None),
        username: Set(Some(id.to_string())),
        display_name: Set("备用".to_owned()),
        password_hash: Set(None),
        totp_cipher: Set(None),
        totp_step: Set(None),
        session_version: Set(1),
        failed_attempts: Set(0),
        locked_until: Set(None),
        disabled_at: Set(None),
        created_at: Set(now),
    }
}

async fn write_rows(
    t: &TestApp,
    committee: domain::ids::CommitteeId,
    activity: &str,
    member: MemberId,
) -> (
    LeaveRequestId,
    CorrectionId,
    BindingRequestId,
    FileId,
    AccountId,
) {
    let now = t.now();
    let account: AccountId = account::Entity::of(committee)
        .filter(account::Column::MemberId.eq(member))
        .one(t.app.db.read())
        .await
        .expect("accounts")
        .expect("he signed in")
        .id;
    let ids = (
        LeaveRequestId(Uuid::now_v7()),
        CorrectionId(Uuid::now_v7()),
        BindingRequestId(Uuid::now_v7()),
        FileId(Uuid::now_v7()),
        AccountId(Uuid::now_v7()),
    );
    let activity = domain::ids::ActivityId(activity.parse().expect("an id"));
    let leave = leave_request::ActiveModel {
        committee_id: Set(committee),
        id: Set(ids.0),
        activity_id: Set(activity),
        member_id: Set(member),
        reason_code: Set(LeaveReason::Sick),
        reason: Set("病".to_owned()),
        state: Set(LeaveState::Requested),
        registered_by: Set(None),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
        created_at: Set(now),
    };
    let mend = correction::ActiveModel {
        committee_id: Set(committee),
        id: Set(ids.1),
        activity_id: Set(activity),
        member_id: Set(member),
        reason_code: Set("phone_dead".to_owned()),
        reason: Set("没电".to_owned()),
        evidence: Set(json!([])),
        state: Set(domain::attendance::CorrectionState::Requested),
        original_status: Set(domain::attendance::AttendanceStatus::Absent),
        requested_by: Set(account),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
        created_at: Set(now),
    };
    let binding = binding_request::ActiveModel {
        committee_id: Set(committee),
        id: Set(ids.2),
        account_id: Set(account),
        member_id: Set(member),
        state: Set(BindingState::Pending),
        created_at: Set(now),
        decided_by: Set(None),
        decided_at: Set(None),
        note: Set(None),
    };
    let picture = file::ActiveModel {
        committee_id: Set(committee),
        id: Set(ids.3),
        owner_id: Set(account),
        media_type: Set("image/png".to_owned()),
        size: Set(1),
        sha256: Set("00".to_owned()),
        data: Set(vec![0]),
        created_at: Set(now),
    };
    t.app
        .db
        .housekeeping(async |txn| {
            account::Entity::insert(spare(committee, ids.4, now))
                .exec_without_returning(txn)
                .await?;
            leave_request::Entity::insert(leave)
                .exec_without_returning(txn)
                .await?;
            correction::Entity::insert(mend)
                .exec_without_returning(txn)
                .await?;
            binding_request::Entity::insert(binding)
                .exec_without_returning(txn)
                .await?;
            file::Entity::insert(picture)
                .exec_without_returning(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("rows are written");
    ids
}
