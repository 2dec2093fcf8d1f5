//! Activities of several sessions (场次): a morning and an afternoon, each with its own door.
//!
//! The day is Saturday, 19 September 2026: 09:00 to 12:00 and 14:00 to 17:00. Check-in opens half
//! an hour before each session, closes with it and is late from ten minutes after its start on.

mod agenda;

use entity::{Scoped, attendance, checkin, committee};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::TestApp;

/// An instant of the day.
pub(crate) fn on_the_day(clock: &str) -> String {
    format!("2026-09-19T{clock}:00+08:00")
}

fn session(starts: &str, ends: &str) -> Value {
    json!({ "starts_at": on_the_day(starts), "ends_at": on_the_day(ends) })
}

fn morning_and_afternoon() -> Value {
    json!([session("09:00", "12:00"), session("14:00", "17:00")])
}

/// What alice writes of an activity of group 一, with whatever `beside` adds.
async fn body(t: &TestApp, beside: Value) -> Value {
    let mut body = json!({
        "group_id": t.group(0).await, "kind": "study", "mode": "annual_plan", "title": "集中学习",
        "content": "上午集中学习，下午分组讨论。", "venue": "第一驿站",
    });
    let fields = body.as_object_mut().expect("an object");
    fields.extend(beside.as_object().expect("an object").clone());
    body
}

/// A published activity of group 一; returns its id.
async fn published(t: &TestApp, beside: Value) -> String {
    let draft = t.act("alice", "/activities", body(t, beside).await).await;
    let id = draft["id"].as_str().expect("an id").to_owned();
    for (who, step) in [
        ("alice", "submit"),
        ("staff1", "approve"),
        ("alice", "publish"),
    ] {
        t.act(who, &format!("/activities/{id}/{step}"), json!({}))
            .await;
    }
    id
}

/// A published day of two sessions.
pub(crate) async fn day(t: &TestApp) -> String {
    published(t, json!({ "sessions": morning_and_afternoon() })).await
}

/// Puts the clock to a time of the day and reads the code that the screen shows.
pub(crate) async fn code_at(t: &TestApp, activity: &str, clock: &str) -> Value {
    t.set(&on_the_day(clock));
    t.see("staff1", &format!("/activities/{activity}/check-in-code"))
        .await
}

fn tap(code: &Value) -> Value {
    json!({ "code": code["code"], "slot": code["slot"], "client_id": "tap" })
}

pub(crate) async fn check_in(t: &TestApp, who: &str, activity: &str, body: Value) -> (u16, Value) {
    t.post(who, &format!("/activities/{activity}/check-ins"), body)
        .await
}

async fn check_out(t: &TestApp, who: &str, activity: &str, code: &Value) -> (u16, Value) {
    let body = json!({ "code": code["code"], "slot": code["slot"] });
    t.post(who, &format!("/activities/{activity}/check-outs"), body)
        .await
}

/// The line of one member in the list of an activity.
async fn line(t: &TestApp, activity: &str, who: &str) -> Value {
    let list = t
        .see("staff1", &format!("/activities/{activity}/attendance"))
        .await;
    let id = json!(t.members[who].to_string());
    let lines = list["items"].as_array().expect("a page");
    lines
        .iter()
        .find(|line| line["member_id"] == id)
        .expect("the member is invited")
        .clone()
}

/// Status and sessions of one member once the activity is closed.
async fn settled(t: &TestApp, activity: &str, who: &str) -> (String, i64, i64) {
    let line = line(t, activity, who).await;
    let number = |field: &str| line[field].as_i64().expect("a number");
    (
        line["status"].as_str().expect("a status").to_owned(),
        number("sessions_attended"),
        number("sessions_total"),
    )
}

async fn close(t: &TestApp, activity: &str) -> Value {
    t.set(&on_the_day("19:30"));
    t.act("alice", &format!("/activities/{activity}/close"), json!({}))
        .await
}

/// Pointer and code of the first field that is wrong.
fn wrong((status, problem): &(u16, Value)) -> (u16, &str, &str) {
    let first = &problem["errors"][0];
    (
        *status,
        first["pointer"].as_str().unwrap_or_default(),
        first["code"].as_str().unwrap_or_default(),
    )
}

#[actix_web::test]
async fn each_session_has_its_own_door_and_between_them_it_is_too_early() {
    let t = TestApp::start().await;
    let activity = day(&t).await;

    let code = code_at(&t, &activity, "09:00").await;
    let (status, morning) = check_in(&t, "chen", &activity, tap(&code)).await;
    assert_eq!(
        (status, &morning["session"], &morning["status"]),
        (201, &json!(1), &json!("present"))
    );
    t.pass_minutes(30);
    let again = json!({ "code": "00000000", "client_id": "again" });
    assert_eq!(check_in(&t, "chen", &activity, again).await, (200, morning));

    let code = code_at(&t, &activity, "12:30").await;
    for who in ["chen", "ding"] {
        let (status, problem) = check_in(&t, who, &activity, tap(&code)).await;
        assert_eq!(
            (status, &problem["code"], &problem["detail"]),
            (
                409,
                &json!("checkin_too_early"),
                &json!("签到于9月19日 13:30开始")
            )
        );
    }

    let code = code_at(&t, &activity, "14:20").await;
    let (status, afternoon) = check_in(&t, "chen", &activity, tap(&code)).await;
    assert_eq!(
        (status, &afternoon["session"], &afternoon["status"]),
        (201, &json!(2), &json!("late"))
    );
    assert_eq!(
        check_in(&t, "chen", &activity, tap(&code)).await,
        (200, afternoon.clone())
    );
    let chen = line(&t, &activity, "chen").await;
    assert_eq!(
        chen["sessions"],
        json!([
            { "session": 1, "checked_in_at": on_the_day("09:00"), "late": false, "checked_out_at": null },
            { "session": 2, "checked_in_at": on_the_day("14:20"), "late": true, "checked_out_at": null },
        ])
    );
    assert_eq!(
        (&chen["checked_in_at"], &chen["status"]),
        (&json!(on_the_day("09:00")), &json!("late"))
    );

    let code = code_at(&t, &activity, "17:00").await;
    let (status, problem) = check_in(&t, "ding", &activity, tap(&code)).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("checkin_too_late"))
    );
    assert_eq!(
        check_in(&t, "chen", &activity, tap(&code)).await,
        (200, afternoon)
    );
    let mine = t.see("chen", &format!("/activities/{activity}")).await;
    assert_eq!(mine["mine"]["sessions"], chen["sessions"]);
    t.stop().await;
}

#[actix_web::test]
async fn a_code_kept_in_the_morning_and_sent_in_the_afternoon_belongs_to_the_morning() {
    let t = TestApp::start().await;
    let activity = day(&t).await;
    let kept = code_at(&t, &activity, "09:00").await;
    let code = code_at(&t, &activity, "14:00").await;

    let (status, afternoon) = check_in(&t, "chen", &activity, tap(&code)).await;
    assert_eq!((status, &afternoon["session"]), (201, &json!(2)));
    let (status, morning) = check_in(&t, "chen", &activity, tap(&kept)).await;
    assert_eq!(
        (
            status,
            &morning["session"],
            &morning["at"],
            &morning["offline"]
        ),
        (201, &json!(1), &json!(on_the_day("09:00")), &json!(true))
    );
    // The answer was lost: the phone sends it again, and once more after all is over.
    for clock in ["15:00", "18:00"] {
        t.set(&on_the_day(clock));
        assert_eq!(
            check_in(&t, "chen", &activity, tap(&kept)).await,
            (200, morning.clone())
        );
    }

    let chen = line(&t, &activity, "chen").await;
    assert_eq!(
        (
            &chen["checked_in_at"],
            &chen["offline"],
            &chen["sessions"][1]["checked_in_at"]
        ),
        (
            &json!(on_the_day("09:00")),
            &json!(true),
            &json!(on_the_day("14:00"))
        )
    );
    t.stop().await;
}

#[actix_web::test]
async fn checking_out_ends_the_session_one_is_in() {
    let t = TestApp::start().await;
    let activity = day(&t).await;

    let code = code_at(&t, &activity, "09:00").await;
    check_in(&t, "chen", &activity, tap(&code)).await;
    check_in(&t, "ding", &activity, tap(&code)).await;
    for clock in ["11:00", "12:05"] {
        let code = code_at(&t, &activity, clock).await;
        assert_eq!(
            check_out(&t, "chen", &activity, &code).await,
            (200, json!({ "session": 1, "at": on_the_day(clock) }))
        );
    }
    let code = code_at(&t, &activity, "14:00").await;
    check_in(&t, "chen", &activity, tap(&code)).await;
    assert_eq!(
        check_out(&t, "ding", &activity, &code).await.1["code"],
        "checkin_too_late"
    );
    assert_eq!(
        check_out(&t, "bo", &activity, &code).await.1["code"],
        "not_checked_in"
    );
    let code = code_at(&t, &activity, "17:00").await;
    assert_eq!(
        check_out(&t, "chen", &activity, &code).await.1["session"],
        2
    );

    let chen = line(&t, &activity, "chen").await;
    assert_eq!(
        (
            &chen["sessions"][0]["checked_out_at"],
            &chen["sessions"][1]["checked_out_at"],
            &chen["checked_out_at"]
        ),
        (
            &json!(on_the_day("12:05")),
            &json!(on_the_day("17:00")),
            &json!(on_the_day("17:00"))
        )
    );
    t.stop().await;
}

#[actix_web::test]
async fn who_misses_a_session_has_left_early_and_the_roll_holds_for_all() {
    let t = TestApp::start().await;
    let activity = day(&t).await;
    let code = code_at(&t, &activity, "09:00").await;
    check_in(&t, "chen", &activity, tap(&code)).await;
    check_in(&t, "ding", &activity, tap(&code)).await;
    let code = code_at(&t, &activity, "14:00").await;
    check_in(&t, "chen", &activity, tap(&code)).await;
    let roll = format!("/activities/{activity}/attendance/{}", t.members["bo"]);
    let found = json!({ "status": "present", "reason": "全天在场，未带手机" });
    assert_eq!(t.put("alice", &roll, found).await.0, 200);
    assert_eq!(
        line(&t, &activity, "chen").await["sessions_total"],
        Value::Null
    );

    let closed = close(&t, &activity).await;

    assert_eq!(closed["settled"]["left_early"], 1);
    for (who, status, attended) in [
        ("chen", "present", 2),
        ("ding", "left_early", 1),
        ("bo", "present", 2),
        ("alice", "absent", 0),
    ] {
        assert_eq!(
            settled(&t, &activity, who).await,
            (status.to_owned(), attended, 2),
            "{who}"
        );
    }
    let mine = t.see("ding", "/me/attendance?year=2026").await;
    assert_eq!(
        (
            &mine["items"][0]["sessions_attended"],
            &mine["items"][0]["sessions_total"]
        ),
        (&json!(1), &json!(2))
    );
    t.stop().await;
}

#[actix_web::test]
async fn the_share_is_counted_over_all_sessions() {
    let t = TestApp::start().await;
    let sessions = json!({ "sessions": morning_and_afternoon(), "min_share_percent": 60 });
    let activity = published(&t, sessions).await;
    let code = code_at(&t, &activity, "09:00").await;
    for who in ["chen", "ding", "bo"] {
        check_in(&t, who, &activity, tap(&code)).await;
    }
    let code = code_at(&t, &activity, "12:00").await;
    for who in ["chen", "ding", "bo"] {
        assert_eq!(check_out(&t, who, &activity, &code).await.0, 200);
    }
    let code = code_at(&t, &activity, "14:00").await;
    for who in ["chen", "bo"] {
        check_in(&t, who, &activity, tap(&code)).await;
    }
    // Three hours and 36 minutes are 60 % of six hours.
    let code = code_at(&t, &activity, "14:36").await;
    check_out(&t, "bo", &activity, &code).await;
    let code = code_at(&t, &activity, "17:00").await;
    check_out(&t, "chen", &activity, &code).await;

    close(&t, &activity).await;

    for (who, status, attended) in [
        ("chen", "present", 2),
        ("bo", "left_early", 2),
        ("ding", "absent", 0),
    ] {
        assert_eq!(
            settled(&t, &activity, who).await,
            (status.to_owned(), attended, 2),
            "{who}"
        );
    }
    t.stop().await;
}

#[actix_web::test]
async fn a_missed_session_is_corrected_before_the_end_and_after_it() {
    let t = TestApp::start().await;
    let activity = day(&t).await;
    let code = code_at(&t, &activity, "09:00").await;
    for who in ["chen", "ding"] {
        check_in(&t, who, &activity, tap(&code)).await;
    }
    let wish = json!({ "reason_code": "phone_fault", "reason": "下午手机没电，全程在场" });
    let path = format!("/activities/{activity}/corrections");
    let correct = async |who: &str| {
        let asked = t.act(who, &path, wish.clone()).await;
        let decide = format!(
            "/corrections/{}/decide",
            asked["id"].as_str().expect("an id")
        );
        t.act("staff1", &decide, json!({ "approve": true })).await;
    };

    t.set(&on_the_day("17:10"));
    correct("chen").await;
    close(&t, &activity).await;
    assert_eq!(
        settled(&t, &activity, "ding").await,
        ("left_early".to_owned(), 1, 2)
    );
    correct("ding").await;

    for who in ["chen", "ding"] {
        assert_eq!(
            settled(&t, &activity, who).await,
            ("present".to_owned(), 2, 2),
            "{who}"
        );
    }
    t.stop().await;
}

#[actix_web::test]
async fn a_tap_sent_again_does_not_fall_into_the_next_session() {
    let t = TestApp::start().await;
    // Where nothing may come later, a code counts when it comes and not when it was shown.
    let strict = t.app.db.housekeeping(async |txn| {
        committee::Entity::update_many()
            .col_expr(committee::Column::OfflineHours, Expr::value(0))
            .filter(committee::Column::Id.eq(t.committee))
            .exec(txn)
            .await?;
        Ok(())
    });
    strict.await.expect("a stricter committee");
    let sessions = json!([session("09:00", "12:00"), session("12:00", "15:00")]);
    let activity = published(&t, json!({ "sessions": sessions })).await;

    t.set("2026-09-19T11:59:40+08:00");
    let code = t
        .see("staff1", &format!("/activities/{activity}/check-in-code"))
        .await;
    let (status, first) = check_in(&t, "chen", &activity, tap(&code)).await;
    assert_eq!((status, &first["session"]), (201, &json!(1)));

    t.set("2026-09-19T12:00:10+08:00");
    assert_eq!(
        check_in(&t, "chen", &activity, tap(&code)).await,
        (200, first)
    );
    // Another tap is a check-in of its own.
    let tap = json!({ "code": code["code"], "slot": code["slot"], "client_id": "another" });
    let (status, second) = check_in(&t, "chen", &activity, tap).await;
    assert_eq!((status, &second["session"]), (201, &json!(2)));
    t.stop().await;
}

#[actix_web::test]
async fn twenty_parallel_taps_leave_one_row_for_each_session() {
    let t = TestApp::start().await;
    let activity = day(&t).await;
    let path = format!("/activities/{activity}/check-ins");

    for (clock, session) in [("09:00", 1), ("14:00", 2)] {
        let code = code_at(&t, &activity, clock).await;
        let token = t.token("chen").await;
        let taps = (0..20).map(|tap| {
            let body = json!({ "code": code["code"], "client_id": format!("tap-{tap}") });
            let (client, token, path) = (&t.client, &token, &path);
            async move {
                client
                    .call(reqwest::Method::POST, Some(token), path, Some(&body))
                    .await
                    .expect("an answer")
            }
        });
        let answers = futures_util::future::join_all(taps).await;

        let with = |status| {
            answers
                .iter()
                .filter(|answer| answer.status == status)
                .count()
        };
        assert_eq!((with(201), with(200)), (1, 19), "{answers:?}");
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        assert_eq!(answers[0].body["session"], session);
    }
    let rows = checkin::Entity::of(t.committee)
        .filter(checkin::Column::MemberId.eq(t.members["chen"]))
        .count(t.app.db.read())
        .await
        .expect("a count");
    let attendances = attendance::Entity::of(t.committee)
        .filter(attendance::Column::MemberId.eq(t.members["chen"]))
        .count(t.app.db.read())
        .await
        .expect("a count");
    assert_eq!((rows, attendances), (2, 1));
    t.stop().await;
}

#[actix_web::test]
async fn another_committee_sees_no_session_and_its_code_opens_none() {
    let t = TestApp::start().await;
    let activity = day(&t).await;
    let code = code_at(&t, &activity, "14:00").await;

    assert_eq!(check_in(&t, "x-zhu", &activity, tap(&code)).await.0, 404);
    assert_eq!(check_out(&t, "x-zhu", &activity, &code).await.0, 404);
    for path in ["", "/attendance", "/live", "/check-in-code"] {
        let path = format!("/activities/{activity}{path}");
        assert_eq!(t.get("x-office", &path).await.0, 404, "{path}");
    }
    assert_eq!(
        checkin::Entity::of(t.other)
            .count(t.app.db.read())
            .await
            .expect("a count"),
        0
    );
    t.stop().await;
}
