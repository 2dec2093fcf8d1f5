//! Leave: asked for, registered by phone, decided by whoever may.

use serde_json::{Value, json};
use tests::TestApp;

async fn ask(t: &TestApp, who: &str, activity: &str) -> String {
    let wish = json!({ "answer": "leave", "reason_code": "official_duty", "reason": "单位开会" });
    let (status, replied) = t
        .put(who, &format!("/activities/{activity}/reply"), wish)
        .await;
    assert_eq!(status, 200, "{replied}");
    replied["leave_request_id"]
        .as_str()
        .expect("an answer of that shape")
        .to_owned()
}

async fn decide(t: &TestApp, who: &str, request: &str, approve: bool) -> (u16, Value) {
    t.post(
        who,
        &format!("/leave-requests/{request}/decide"),
        json!({ "approve": approve }),
    )
    .await
}

#[actix_web::test]
async fn the_special_committee_of_the_group_decides() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let request = ask(&t, "chen", &activity).await;

    assert_eq!(
        decide(&t, "alice", &request, true).await.0,
        403,
        "a convener sees it and does not decide"
    );
    assert_eq!(decide(&t, "staff2", &request, true).await.0, 404);
    assert_eq!(decide(&t, "ding", &request, true).await.0, 404);
    let (status, decided) = decide(&t, "staff1", &request, true).await;
    assert_eq!((status, &decided["state"]), (200, &json!("approved")));
    assert_eq!(
        decide(&t, "staff1", &request, true).await.0,
        200,
        "a second tap"
    );
    assert_eq!(
        decide(&t, "office", &request, false).await.1["code"],
        "wrong_step"
    );
}

#[actix_web::test]
async fn leave_from_a_plenary_is_decided_by_the_office_alone() {
    let t = TestApp::start().await;
    let starts = t.now() + chrono::TimeDelta::days(8);
    let body = json!({
        "group_id": t.group(0).await, "kind": "plenary", "mode": "annual_plan", "title": "全会", "venue": "会堂",
        "starts_at": starts.to_rfc3339(), "ends_at": (starts + chrono::TimeDelta::hours(3)).to_rfc3339(),
    });
    let id = t.act("alice", "/activities", body).await["id"]
        .as_str()
        .expect("an answer of that shape")
        .to_owned();
    for (who, step) in [
        ("alice", "submit"),
        ("staff1", "approve"),
        ("alice", "publish"),
    ] {
        t.act(who, &format!("/activities/{id}/{step}"), json!({}))
            .await;
    }
    let request = ask(&t, "chen", &id).await;

    assert_eq!(
        decide(&t, "staff1", &request, true).await.1["code"],
        "forbidden"
    );
    assert_eq!(decide(&t, "office", &request, true).await.0, 200);
}

#[actix_web::test]
async fn an_approved_leave_counts_and_a_refused_one_does_not() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let (chen, ding) = (
        ask(&t, "chen", &activity).await,
        ask(&t, "ding", &activity).await,
    );
    decide(&t, "staff1", &chen, true).await;
    decide(&t, "staff1", &ding, false).await;
    t.arrive(&activity).await;

    let closed = t
        .act("alice", &format!("/activities/{activity}/close"), json!({}))
        .await;

    assert_eq!(
        (&closed["settled"]["leave"], &closed["settled"]["absent"]),
        (&json!(1), &json!(3)),
        "{closed}"
    );
}

#[actix_web::test]
async fn a_phoned_in_leave_waits_for_the_member() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let path = format!("/activities/{activity}/leave-requests");
    let body = |who: &str| json!({ "member_id": t.members[who], "reason_code": "sick", "reason": "来电说住院" });

    assert_eq!(t.post("alice", &path, body("chen")).await.0, 403);
    assert_eq!(
        t.post("staff1", &path, body("gao")).await.1["code"],
        "not_invited"
    );
    let (status, registered) = t.post("staff1", &path, body("chen")).await;
    assert_eq!((status, &registered["state"]), (201, &json!("registered")));
    assert_eq!(
        t.post("staff1", &path, body("chen")).await.1["code"],
        "leave_already_asked"
    );
    let request = registered["id"].as_str().expect("an answer of that shape");
    assert_eq!(
        decide(&t, "staff1", request, true).await.1["code"],
        "wrong_step"
    );
    assert_eq!(
        t.post(
            "ding",
            &format!("/leave-requests/{request}/confirm"),
            json!({})
        )
        .await
        .0,
        404
    );
    assert_eq!(
        t.act(
            "chen",
            &format!("/leave-requests/{request}/confirm"),
            json!({})
        )
        .await["state"],
        "requested"
    );
    assert_eq!(decide(&t, "staff1", request, true).await.0, 200);
}

#[actix_web::test]
async fn an_approved_leave_is_withdrawn_until_the_start() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let (chen, ding) = (
        ask(&t, "chen", &activity).await,
        ask(&t, "ding", &activity).await,
    );
    decide(&t, "staff1", &chen, true).await;
    decide(&t, "staff1", &ding, true).await;

    assert_eq!(
        t.act(
            "chen",
            &format!("/leave-requests/{chen}/withdraw"),
            json!({})
        )
        .await["state"],
        "withdrawn"
    );
    assert_eq!(
        t.see("chen", &format!("/activities/{activity}")).await["mine"]["reply"],
        "none"
    );
    t.arrive(&activity).await;
    let (status, problem) = t
        .post(
            "ding",
            &format!("/leave-requests/{ding}/withdraw"),
            json!({}),
        )
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
}

#[actix_web::test]
async fn everybody_sees_the_requests_within_reach() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    ask(&t, "chen", &activity).await;
    ask(&t, "ding", &activity).await;
    let path = format!("/activities/{activity}/leave-requests");

    for (who, total) in [
        ("office", 2),
        ("staff1", 2),
        ("alice", 2),
        ("auditor", 2),
        ("chen", 1),
    ] {
        assert_eq!(t.see(who, &path).await["total"], total, "{who}");
        assert_eq!(
            t.see(who, "/leave-requests?state=requested").await["total"],
            total,
            "{who}"
        );
    }
    for who in ["staff2", "gao", "x-office"] {
        assert_eq!(t.get(who, &path).await.0, 404, "{who}");
        assert_eq!(t.see(who, "/leave-requests").await["total"], 0, "{who}");
    }
}

#[actix_web::test]
async fn nobody_decides_his_own_leave() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let special = t.see("office", "/special-committees").await;
    let special = special["items"][0]["id"].clone();
    let seat = json!({ "kind": "staff", "member_id": t.members["chen"], "special_committee_id": special, "from": "2026-09-01" });
    let seat = t.act("office", "/seats", seat).await;
    t.act(
        "office2",
        &format!(
            "/seats/{}/confirm",
            seat["id"].as_str().expect("an answer of that shape")
        ),
        json!({}),
    )
    .await;
    t.app.standings.forget();

    let request = ask(&t, "chen", &activity).await;

    assert_eq!(
        decide(&t, "chen", &request, true).await.1["code"],
        "second_person_required"
    );
}

#[actix_web::test]
async fn two_taps_at_once_ask_for_leave_once() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    t.token("chen").await;

    let requests = tokio::join!(
        ask(&t, "chen", &activity),
        ask(&t, "chen", &activity),
        ask(&t, "chen", &activity)
    );

    assert!(requests.0 == requests.1 && requests.1 == requests.2);
    assert_eq!(t.see("office", "/leave-requests").await["total"], 1);
}
