//! What the venue's screen shows: the code, and who is there.

use std::time::Duration;

use actix_web::rt::time::timeout;
use serde_json::{Value, json};
use tests::TestApp;

use crate::checkin::{check_ins, tap};
use crate::session::{check_in, code_at, day, on_the_day};

/// The stream of a screen that alice opens.
async fn opened(t: &TestApp, activity: &str) -> reqwest::Response {
    let url = format!("{}/api/v1/activities/{activity}/live", t.base);
    let request = t.client.http().get(url);
    let screen = request.bearer_auth(t.token("alice").await).send().await;
    screen.expect("an answer")
}

/// What comes next on the screen.
async fn event(screen: &mut reqwest::Response) -> Value {
    let chunk = timeout(Duration::from_secs(5), screen.chunk())
        .await
        .expect("an event comes")
        .expect("a whole event")
        .expect("no end yet");
    let text = String::from_utf8(chunk.to_vec()).expect("text");
    let data = text
        .strip_prefix("event: counts\ndata: ")
        .expect("an event of counts");
    serde_json::from_str(data.trim()).expect("JSON")
}

#[actix_web::test]
async fn the_screen_counts_at_once_and_again_when_somebody_comes() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;
    let mut screen = opened(&t, &activity).await;
    assert_eq!(screen.headers()["content-type"], "text/event-stream");

    let first = event(&mut screen).await;
    assert_eq!(
        (&first["invited"], &first["checked_in"]),
        (&json!(4), &json!(0))
    );
    t.act("chen", &check_ins(&activity), tap(&code)).await;
    let second = event(&mut screen).await;
    assert_eq!(
        (&second["checked_in"], &second["latest"][0]["at"]),
        (&json!(1), &json!("2026-09-19T14:30:00+08:00"))
    );

    assert_eq!(
        t.get("chen", &format!("/activities/{activity}/live"))
            .await
            .0,
        403
    );
    t.set("2026-09-19T17:00:00+08:00");
    let end = timeout(Duration::from_secs(5), screen.chunk())
        .await
        .expect("the stream ends");
    assert!(end.expect("no broken stream").is_none());
    t.stop().await;
}

#[actix_web::test]
async fn the_screen_says_which_session_is_on() {
    let t = TestApp::start().await;
    let activity = day(&t).await;
    let code = code_at(&t, &activity, "09:00").await;
    check_in(&t, "chen", &activity, tap(&code)).await;

    let shown = event(&mut opened(&t, &activity).await).await;
    assert_eq!(
        shown["session"],
        json!({ "ordinal": 1, "of": 2, "starts_at": on_the_day("09:00"), "ends_at": on_the_day("12:00"), "checked_in": 1 })
    );
    t.set(&on_the_day("12:00"));
    let shown = event(&mut opened(&t, &activity).await).await;
    assert_eq!(
        (
            &shown["session"]["ordinal"],
            &shown["session"]["checked_in"],
            &shown["checked_in"]
        ),
        (&json!(2), &json!(0), &json!(1))
    );
    assert_eq!(shown["latest"], json!([]));
    t.stop().await;
}

#[actix_web::test]
async fn the_code_is_also_a_picture_and_only_for_those_who_show_it() {
    let t = TestApp::start().await;
    let activity = t.activity("学习会").await;
    let code = t.arrive(&activity).await;

    assert_eq!(
        code["qr_payload"],
        json!(format!(
            "xd1:{activity}:{}:{}",
            code["slot"],
            code["code"].as_str().expect("digits")
        ))
    );
    let url = format!("{}/api/v1/activities/{activity}/check-in-code.svg", t.base);
    let answer = t
        .client
        .http()
        .get(url)
        .bearer_auth(t.token("staff1").await)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["content-type"], "image/svg+xml");
    assert!(answer.text().await.expect("text").starts_with("<svg "));
    for (who, status) in [
        ("chen", 403),
        ("gao", 404),
        ("fang", 404),
        ("x-office", 404),
        ("leader", 403),
    ] {
        assert_eq!(
            t.get(who, &format!("/activities/{activity}/check-in-code"))
                .await
                .0,
            status,
            "{who}"
        );
    }
    t.stop().await;
}
