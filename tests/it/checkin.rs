//! The door: codes, taps, the roll, corrections, and what is settled when an activity closes.
//!
//! The activity of [`TestApp::activity`] is on Saturday, 19 September 2026, 14:30 to 16:30; check-in
//! opens at 14:00, closes with the activity and is late from 14:40 on.

use entity::{Scoped, attendance, checkin, fact};
use sea_orm::{PaginatorTrait, QueryOrder};
use serde_json::{Value, json};
use tests::TestApp;

/// What a phone sends for the code of a screen.
pub(crate) fn tap(code: &Value) -> Value {
    json!({ "code": code["code"], "slot": code["slot"], "client_id": "tap-1" })
}

pub(crate) fn check_ins(activity: &str) -> String {
    format!("/activities/{activity}/check-ins")
}

/// What the problem says, by its code.
async fn refused(t: &TestApp, who: &str, path: &str, body: Value) -> (u16, String) {
    let (status, problem) = t.post(who, path, body).await;
    (
        status,
        problem["code"].as_str().unwrap_or_default().to_owned(),
    )
}

fn conflict(code: &str) -> (u16, String) {
    (409, code.to_owned())
}

/// The line of one member in the list of an activity.
async fn line(t: &TestApp, activity: &str, who: &str) -> Value {
    let list = t
        .see("staff1", &format!("/activities/{activity}/attendance"))
        .await;
    let id = t.members[who].to_string();
    let lines = list["items"].as_array().expect("a page");
    lines
        .iter()
        .find(|line| line["member_id"] == json!(id))
        .expect("the member is invited")
        .clone()
}

async fn facts_of(t: &TestApp, who: &str) -> Vec<(String, bool)> {
    let facts = fact::Entity::of(t.committee)
        .order_by_asc(fact::Column::Seq)
        .all(t.app.db.read())
        .await
        .expect("facts");
    let his = facts
        .into_iter()
        .filter(|fact| fact.member_id == Some(t.members[who]));
    his.map(|fact| {
        let attributes: serde_json::Value =
            serde_json::from_str(&fact.attributes).expect("an object");
        let word = |name: &str| attributes[name].as_str().expect("a word").to_owned();
        let kind = format!("{}.{}.{}", fact.kind, word("activity"), word("status"));
        (kind, fact.reverses.is_some())
    })
    .collect()
}

#[actix_web::test]
async fn the_first_tap_stands_and_the_second_finds_it() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;

    let (status, first) = t.post("chen", &check_ins(&activity), tap(&code)).await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(
        first,
        json!({ "status": "present", "session": 1, "at": "2026-09-19T14:30:00+08:00", "offline": false, "late": false, "needs_review": false })
    );

    t.pass_minutes(20);
    let again = json!({ "code": "00000000", "client_id": "tap-2" });
    assert_eq!(
        t.post("chen", &check_ins(&activity), again).await,
        (200, first)
    );
    assert_eq!(line(&t, &activity, "chen").await["source"], "code");
    t.stop().await;
}

#[actix_web::test]
async fn fifty_taps_at_once_leave_one_row() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    t.token("chen").await;

    let path = check_ins(&activity);
    let taps = (0..50).map(|_| t.post("chen", &path, tap(&code)));
    let answers = all_at_once(taps).await;

    let count = |wanted| {
        answers
            .iter()
            .filter(|(status, _)| *status == wanted)
            .count()
    };
    assert_eq!((count(201), count(200)), (1, 49));
    assert!(answers.iter().all(|(_, body)| *body == answers[0].1));
    assert_eq!(
        checkin::Entity::of(t.committee)
            .count(t.app.db.read())
            .await
            .expect("a count"),
        1
    );
    t.stop().await;
}

/// All of them at once, in one task.
async fn all_at_once<T: Unpin>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    use std::task::Poll;
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut answers: Vec<_> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, answer) in waiting.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        if answers.iter().all(Option::is_some) {
            Poll::Ready(std::mem::take(&mut answers))
        } else {
            Poll::Pending
        }
    })
    .await
    .into_iter()
    .flatten()
    .collect()
}

#[actix_web::test]
async fn ten_wrong_codes_in_a_minute_are_enough() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;

    for guess in 0..10 {
        let body = json!({ "code": format!("1{guess:07}"), "client_id": "guess" });
        assert_eq!(
            refused(&t, "chen", &check_ins(&activity), body).await,
            (422, "code_invalid".to_owned())
        );
    }
    assert_eq!(
        refused(&t, "chen", &check_ins(&activity), tap(&code)).await,
        (429, "rate_limited".to_owned())
    );
    assert_eq!(
        t.post("ding", &check_ins(&activity), tap(&code)).await.0,
        201
    );

    t.pass_minutes(1);
    let code = t
        .see("alice", &format!("/activities/{activity}/check-in-code"))
        .await;
    assert_eq!(
        t.post("chen", &check_ins(&activity), tap(&code)).await.0,
        201
    );
    t.stop().await;
}

#[actix_web::test]
async fn the_door_is_open_from_half_an_hour_before_and_late_from_ten_minutes_after() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code_path = format!("/activities/{activity}/check-in-code");

    t.set("2026-09-19T13:29:59+08:00");
    assert_eq!(
        t.get("alice", &code_path).await.1["code"],
        "checkin_not_open"
    );
    t.set("2026-09-19T13:59:59+08:00");
    let code = t.see("alice", &code_path).await;
    assert_eq!(
        refused(&t, "chen", &check_ins(&activity), tap(&code)).await,
        conflict("checkin_too_early")
    );

    t.set("2026-09-19T14:40:00+08:00");
    let code = t.see("alice", &code_path).await;
    let (_, late) = t.post("chen", &check_ins(&activity), tap(&code)).await;
    assert_eq!(
        (&late["status"], &late["late"]),
        (&json!("late"), &json!(true))
    );

    t.set("2026-09-19T16:30:00+08:00");
    let code = t.see("alice", &code_path).await;
    assert_eq!(
        refused(&t, "ding", &check_ins(&activity), tap(&code)).await,
        conflict("checkin_too_late")
    );
    t.set("2026-09-19T18:30:00+08:00");
    assert_eq!(
        t.get("alice", &code_path).await.1["code"],
        "checkin_not_open"
    );
    t.stop().await;
}

#[actix_web::test]
async fn what_a_phone_kept_without_network_counts_from_its_slot() {
    let t = TestApp::start().await;
    let activity = t.activity("下乡调研").await;
    let code = t.arrive(&activity).await;

    t.pass_minutes(180);
    let (status, body) = t.post("chen", &check_ins(&activity), tap(&code)).await;
    assert_eq!(
        (status, &body["offline"], &body["at"]),
        (201, &json!(true), &json!("2026-09-19T14:30:00+08:00"))
    );

    t.pass_minutes(21 * 60 + 1);
    assert_eq!(
        refused(&t, "ding", &check_ins(&activity), tap(&code)).await,
        (422, "offline_too_old".to_owned())
    );
    t.stop().await;
}

#[actix_web::test]
async fn who_is_not_invited_learns_it_only_before_the_screen() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;

    let guess = json!({ "code": "10000000", "client_id": "guess" });
    assert_eq!(
        refused(&t, "gao", &check_ins(&activity), guess.clone()).await,
        (404, "not_found".to_owned())
    );
    assert_eq!(
        refused(&t, "gao", &check_ins(&activity), tap(&code)).await,
        conflict("not_invited")
    );
    assert_eq!(
        refused(&t, "x-zhu", &check_ins(&activity), tap(&code)).await,
        (404, "not_found".to_owned())
    );
    assert_eq!(
        refused(&t, "office", &check_ins(&activity), guess).await.0,
        403
    );
    t.stop().await;
}

#[actix_web::test]
async fn a_code_of_another_activity_opens_nothing() {
    let t = TestApp::start().await;
    let first = t.activity("学习会").await;
    let second = t.activity("大讲堂").await;
    let code = t.arrive(&first).await;

    assert_eq!(
        refused(&t, "chen", &check_ins(&second), tap(&code)).await,
        (422, "code_invalid".to_owned())
    );
    t.act(
        "alice",
        &format!("/activities/{second}/cancel"),
        json!({ "reason": "暴雨" }),
    )
    .await;
    assert_eq!(
        refused(&t, "chen", &check_ins(&second), tap(&code)).await,
        conflict("checkin_not_open")
    );
    t.stop().await;
}

#[actix_web::test]
async fn checking_out_needs_a_check_in_and_the_last_one_counts() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let path = format!("/activities/{activity}/check-outs");
    let code = t.arrive(&activity).await;
    let out = |code: &Value| json!({ "code": code["code"], "slot": code["slot"] });

    assert_eq!(
        refused(&t, "chen", &path, out(&code)).await,
        conflict("not_checked_in")
    );
    t.act("chen", &check_ins(&activity), tap(&code)).await;
    assert_eq!(
        t.act("chen", &path, out(&code)).await["at"],
        "2026-09-19T14:30:00+08:00"
    );
    t.set("2026-09-19T16:45:00+08:00");
    let later = t
        .see("alice", &format!("/activities/{activity}/check-in-code"))
        .await;
    assert_eq!(
        t.act("chen", &path, out(&later)).await["at"],
        "2026-09-19T16:45:00+08:00"
    );
    // The first one again, as a phone that found no network would send it.
    assert_eq!(
        t.act("chen", &path, out(&code)).await["at"],
        "2026-09-19T16:45:00+08:00"
    );
    t.stop().await;
}

#[actix_web::test]
async fn the_roll_is_called_with_a_reason_for_others_and_shows_its_conflicts() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let roll = |who: &str| format!("/activities/{activity}/attendance/{}", t.members[who]);
    let found = |status: &str| json!({ "status": status, "reason": "现场核对" });

    assert_eq!(
        t.put("alice", &roll("ding"), found("present")).await.1["code"],
        "checkin_too_early"
    );
    let code = t.arrive(&activity).await;
    t.act("chen", &check_ins(&activity), tap(&code)).await;

    let (status, body) = t.put("alice", &roll("ding"), found("present")).await;
    assert_eq!(
        (status, &body["source"], &body["conflicts_with_check_in"]),
        (200, &json!("roll_call"), &json!(false))
    );
    assert_eq!(
        t.put("alice", &roll("chen"), found("absent")).await.1["conflicts_with_check_in"],
        true
    );
    let chen = line(&t, &activity, "chen").await;
    assert_eq!(
        (&chen["status"], &chen["checked_in_at"]),
        (&json!("absent"), &json!("2026-09-19T14:30:00+08:00"))
    );

    assert_eq!(
        t.put(
            "alice",
            &roll("bo"),
            json!({ "status": "present", "reason": " " })
        )
        .await
        .0,
        422
    );
    assert_eq!(t.put("alice", &roll("bo"), found("invited")).await.0, 422);
    assert_eq!(
        t.put("alice", &roll("alice"), found("present")).await.1["code"],
        "second_person_required"
    );
    assert_eq!(
        t.put("alice", &roll("gao"), found("present")).await.1["code"],
        "not_invited"
    );
    assert_eq!(t.put("fang", &roll("ding"), found("absent")).await.0, 404);
    assert_eq!(t.put("chen", &roll("ding"), found("absent")).await.0, 403);
    t.stop().await;
}

#[actix_web::test]
async fn closing_settles_everybody_with_one_fact_each() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    t.act("chen", &check_ins(&activity), tap(&code)).await;
    let path = format!("/activities/{activity}/attendance/{}", t.members["bo"]);
    assert_eq!(
        t.put(
            "alice",
            &path,
            json!({ "status": "late", "reason": "手机没电" })
        )
        .await
        .0,
        200
    );

    t.set("2026-09-19T16:31:00+08:00");
    t.act("alice", &format!("/activities/{activity}/close"), json!({}))
        .await;

    assert_eq!(
        facts_of(&t, "chen").await,
        [("attendance.study.present".to_owned(), false)]
    );
    assert_eq!(
        facts_of(&t, "bo").await,
        [("attendance.study.late".to_owned(), false)]
    );
    assert_eq!(
        facts_of(&t, "ding").await,
        [("attendance.study.absent".to_owned(), false)]
    );
    let rows = attendance::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .expect("attendances");
    assert!(
        rows.iter()
            .all(|row| row.settled_at == Some(t.now()) && row.source.is_some())
    );
    assert_eq!(line(&t, &activity, "ding").await["source"], "settled");
    assert_eq!(
        refused(&t, "ding", &check_ins(&activity), tap(&code)).await,
        conflict("checkin_not_open")
    );
    assert_eq!(
        t.see("chen", "/me/attendance?year=2026").await["items"][0]["status"],
        "present"
    );
    t.stop().await;
}

#[actix_web::test]
async fn a_correction_needs_a_second_person_and_mends_by_a_new_fact() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    t.arrive(&activity).await;
    t.set("2026-09-19T16:31:00+08:00");
    t.act("alice", &format!("/activities/{activity}/close"), json!({}))
        .await;
    let path = format!("/activities/{activity}/corrections");
    let wish = json!({ "reason_code": "phone_fault", "reason": "手机没电，全程在场" });

    let asked = t.act("ding", &path, wish.clone()).await;
    assert_eq!(
        (&asked["state"], &asked["original_status"]),
        (&json!("requested"), &json!("absent"))
    );
    assert_eq!(
        refused(&t, "ding", &path, wish.clone()).await,
        conflict("correction_pending")
    );
    let decide = format!(
        "/corrections/{}/decide",
        asked["id"].as_str().expect("an id")
    );
    assert_eq!(
        t.post("ding", &decide, json!({ "approve": true })).await.0,
        403
    );
    assert_eq!(
        t.post("staff2", &decide, json!({ "approve": true }))
            .await
            .0,
        404
    );
    assert_eq!(
        t.see("staff1", "/corrections?state=requested").await["total"],
        1
    );
    assert_eq!(t.see("staff2", "/corrections").await["total"], 0);

    let decided = t
        .act(
            "staff1",
            &decide,
            json!({ "approve": true, "note": "有照片为证" }),
        )
        .await;
    assert_eq!(decided["state"], "approved");
    assert_eq!(
        refused(&t, "staff1", &decide, json!({ "approve": false })).await,
        conflict("wrong_step")
    );
    let ding = line(&t, &activity, "ding").await;
    assert_eq!(
        (&ding["status"], &ding["original_status"]),
        (&json!("present"), &json!("absent"))
    );
    let [absent, present] =
        ["attendance.study.absent", "attendance.study.present"].map(str::to_owned);
    assert_eq!(
        facts_of(&t, "ding").await,
        [(absent.clone(), false), (absent, true), (present, false)]
    );

    let for_chen = json!({ "member_id": t.members["chen"], "reason_code": "no_network", "reason": "村里没有信号" });
    assert_eq!(refused(&t, "ding", &path, for_chen.clone()).await.0, 403);
    let asked = t.act("staff1", &path, for_chen).await;
    let decide = format!(
        "/corrections/{}/decide",
        asked["id"].as_str().expect("an id")
    );
    assert_eq!(
        refused(&t, "staff1", &decide, json!({ "approve": true })).await,
        (403, "second_person_required".to_owned())
    );
    assert_eq!(
        t.act("office", &decide, json!({ "approve": false })).await["state"],
        "refused"
    );
    assert_eq!(line(&t, &activity, "chen").await["status"], "absent");
    t.stop().await;
}

#[actix_web::test]
async fn the_window_for_corrections_counts_the_working_sunday() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let path = format!("/activities/{activity}/corrections");
    let wish = json!({ "reason_code": "other", "reason": "忘记签到" });

    // Sunday, 20 September is worked for the National Day holiday: Sunday, Monday, Tuesday.
    t.set("2026-09-23T00:00:00+08:00");
    assert_eq!(
        refused(&t, "ding", &path, wish.clone()).await,
        conflict("correction_closed")
    );
    t.set("2026-09-22T23:59:59+08:00");
    t.forget_token("ding");
    let stranger = json!({ "reason_code": "other", "reason": "忘记签到", "evidence_ids": ["01920000-0000-7000-8000-000000000001"] });
    let (status, problem) = t.post("ding", &path, stranger).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/evidence_ids/0"))
    );
    t.act("ding", &path, wish).await;
    t.stop().await;
}
