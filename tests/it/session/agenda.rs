//! How a day of several sessions is written down and moved.

use serde_json::{Value, json};
use tests::TestApp;

use super::{body, check_in, day, morning_and_afternoon, on_the_day, session, tap, wrong};

#[actix_web::test]
async fn a_day_of_two_sessions_is_written_as_such_and_has_an_outline() {
    let t = TestApp::start().await;
    let activity = day(&t).await;

    let seen = t.see("chen", &format!("/activities/{activity}")).await;
    assert_eq!(
        seen["sessions"],
        json!([
            { "ordinal": 1, "starts_at": on_the_day("09:00"), "ends_at": on_the_day("12:00"), "opens_at": on_the_day("08:30"), "closes_at": on_the_day("12:00"), "late_after": on_the_day("09:10") },
            { "ordinal": 2, "starts_at": on_the_day("14:00"), "ends_at": on_the_day("17:00"), "opens_at": on_the_day("13:30"), "closes_at": on_the_day("17:00"), "late_after": on_the_day("14:10") },
        ])
    );
    for (field, clock) in [
        ("starts_at", "09:00"),
        ("ends_at", "17:00"),
        ("opens_at", "08:30"),
        ("closes_at", "17:00"),
        ("late_after", "09:10"),
    ] {
        assert_eq!(seen[field], on_the_day(clock), "{field}");
    }
    let usual = t.activity("学习会").await;
    let usual = t.see("chen", &format!("/activities/{usual}")).await;
    assert_eq!(usual["sessions"].as_array().map(Vec::len), Some(1));
    assert_eq!(usual["sessions"][0]["starts_at"], usual["starts_at"]);
    t.stop().await;
}

#[actix_web::test]
async fn a_day_of_several_sessions_is_moved_session_by_session() {
    let t = TestApp::start().await;
    let activity = day(&t).await;
    let path = format!("/activities/{activity}/reschedule");
    let next_day = |clock: &str| format!("2026-09-20T{clock}:00+08:00");
    let moved_to = |starts: &str, ends: &str| json!({ "starts_at": next_day(starts), "ends_at": next_day(ends) });
    let outline = json!({ "starts_at": next_day("09:00"), "ends_at": next_day("17:00"), "reason": "场地占用" });

    assert_eq!(
        wrong(&t.post("alice", &path, outline).await),
        (422, "/sessions", "required")
    );
    assert_eq!(
        wrong(
            &t.post("alice", &path, json!({ "reason": "场地占用" }))
                .await
        ),
        (422, "/starts_at", "required")
    );
    let overlapping = json!({ "sessions": [moved_to("09:00", "12:00"), moved_to("11:00", "17:00")], "reason": "场地占用" });
    assert_eq!(
        wrong(&t.post("alice", &path, overlapping).await),
        (422, "/sessions/1/starts_at", "overlaps")
    );
    let sessions = json!([
        moved_to("08:00", "10:00"),
        moved_to("10:30", "12:00"),
        moved_to("14:00", "16:00")
    ]);
    let moved = t
        .act(
            "alice",
            &path,
            json!({ "sessions": sessions, "reason": "场地占用" }),
        )
        .await;
    assert_eq!(
        (
            &moved["starts_at"],
            &moved["ends_at"],
            &moved["reply_by"],
            moved["sessions"].as_array().map(Vec::len)
        ),
        (
            &json!(next_day("08:00")),
            &json!(next_day("16:00")),
            &json!(on_the_day("08:00")),
            Some(3)
        )
    );
    // The break of half an hour is the time to check in.
    assert_eq!(moved["sessions"][1]["opens_at"], next_day("10:00"));

    t.set(&next_day("07:30"));
    let code = t
        .see("staff1", &format!("/activities/{activity}/check-in-code"))
        .await;
    assert_eq!(check_in(&t, "chen", &activity, tap(&code)).await.0, 201);
    let again = json!({ "sessions": [moved_to("15:00", "16:00")], "reason": "暴雨" });
    assert_eq!(t.post("alice", &path, again).await.1["code"], "conflict");
    t.stop().await;
}

#[actix_web::test]
async fn sessions_that_do_not_fit_are_refused_with_the_place() {
    let t = TestApp::start().await;
    let draft = t
        .act(
            "alice",
            "/activities",
            body(&t, json!({ "sessions": morning_and_afternoon() })).await,
        )
        .await;
    let path = format!("/activities/{}", draft["id"].as_str().expect("an id"));
    let edit = async |body: Value| t.patch("alice", &path, body).await;

    for (body, pointer, code) in [
        (
            json!({ "sessions": [session("09:00", "12:00"), session("11:59", "17:00")] }),
            "/sessions/1/starts_at",
            "overlaps",
        ),
        (
            json!({ "sessions": [session("14:00", "17:00"), session("09:00", "12:00")] }),
            "/sessions/1/starts_at",
            "overlaps",
        ),
        (
            json!({ "sessions": [session("12:00", "09:00")] }),
            "/sessions/0/ends_at",
            "before_start",
        ),
        (
            json!({ "sessions": [session("09:00", "12:00"), { "starts_at": on_the_day("13:00"), "ends_at": on_the_day("17:00"), "opens_at": on_the_day("11:59") }] }),
            "/sessions/1/opens_at",
            "overlaps",
        ),
        (
            json!({ "sessions": morning_and_afternoon(), "ends_at": on_the_day("16:00") }),
            "/sessions/1/ends_at",
            "differs",
        ),
        (
            json!({ "ends_at": on_the_day("16:00") }),
            "/sessions",
            "required",
        ),
        (json!({ "sessions": [] }), "/sessions", "out_of_range"),
        (
            json!({ "sessions": vec![session("09:00", "12:00"); 13] }),
            "/sessions",
            "out_of_range",
        ),
        (
            json!({ "sessions": [session("09:00", "12:00"), { "starts_at": on_the_day("14:00") }] }),
            "/sessions/1/ends_at",
            "required",
        ),
        (
            json!({ "sessions": [{ "starts_at": "2026-09-19T09:00:00", "ends_at": on_the_day("12:00") }] }),
            "/sessions/0/starts_at",
            "timezone_required",
        ),
    ] {
        let answer = edit(body.clone()).await;
        assert_eq!(wrong(&answer), (422, pointer, code), "{body}");
    }
    assert_eq!(
        t.see("alice", &path).await["sessions"],
        draft["sessions"],
        "nothing was changed"
    );

    // What is said twice and agrees is taken, and so is a title alone.
    let twice = json!({ "title": "全天学习", "starts_at": on_the_day("09:00"), "sessions": morning_and_afternoon() });
    assert_eq!(edit(twice).await.0, 200);
    let (status, one) = edit(json!({ "sessions": [session("10:00", "11:00")] })).await;
    assert_eq!(
        (
            status,
            one["sessions"].as_array().map(Vec::len),
            &one["ends_at"]
        ),
        (200, Some(1), &json!(on_the_day("11:00")))
    );
    let (status, moved) = edit(json!({ "starts_at": on_the_day("15:00") })).await;
    assert_eq!(
        (status, &moved["sessions"][0]["ends_at"]),
        (200, &json!(on_the_day("16:00")))
    );
    t.stop().await;
}
