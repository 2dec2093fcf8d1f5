//! What changes after a closing goes the way of an amendment.

use serde_json::json;
use tests::TestApp;

use super::{close, line, next_year, verified};

#[actix_web::test]
async fn a_late_fact_is_refused() {
    let t = TestApp::start().await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    let records = t.see("office", "/duty-records").await;
    let verified_one = records["items"][0]["id"].as_str().unwrap().to_owned();
    let body =
        json!({ "kind": "good_deed", "title": "修桥", "done_on": "2026-03-27", "submit": true });
    let late = t.act("chen", "/duty-records", body).await;
    let activity = t.activity("学习").await;
    t.arrive(&activity).await;
    next_year(&t);
    let force = json!({ "force": true, "reason": "逾期未报" });
    t.act("office", "/periods/2026/close", force).await;
    t.act("leader", "/periods/2026/close", json!({})).await;

    let late = late["id"].as_str().unwrap();
    for (who, path, body) in [
        ("office", format!("/duty-records/{late}/verify"), json!({})),
        (
            "office",
            format!("/duty-records/{verified_one}/reverse"),
            json!({ "reason": "重复" }),
        ),
        ("alice", format!("/activities/{activity}/close"), json!({})),
    ] {
        let (status, problem) = t.post(who, &path, body).await;
        assert_eq!(
            (status, &problem["code"]),
            (409, &json!("period_closed")),
            "{path}: {problem}"
        );
    }
    assert_eq!(t.see("chen", "/me/score?period=2026").await["total"], "20");
    // Another year is open.
    verified(&t, "ding", "good_deed", "修桥", "2025-05-08").await;
    assert_eq!(t.see("ding", "/me/score?period=2025").await["total"], "15");
}

#[actix_web::test]
async fn an_approved_amendment_makes_the_next_revision() {
    let t = TestApp::start().await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    next_year(&t);
    let closed = close(&t, "2026").await;
    let before = t.see("chen", "/me/score?period=2026").await;

    let fact = json!({ "kind": "good_deed", "on": "2026-05-04", "title": "修桥" });
    let body = json!({ "kind": "fact", "member_id": t.members["chen"], "fact": fact,
                       "reason": "漏记", "document": "邢东协〔2027〕3号" });
    let proposed = t.act("office", "/periods/2026/amendments", body).await;
    assert_eq!(
        (&proposed["status"], &proposed["name"]),
        (&json!("proposed"), &json!("陈晨"))
    );
    assert_eq!(
        t.see("office", "/periods/2026").await["amendments_proposed"],
        1
    );
    let path = format!("/amendments/{}/decide", proposed["id"].as_str().unwrap());
    let (status, problem) = t.post("office", &path, json!({ "approve": true })).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    assert_eq!(t.see("chen", "/me/score?period=2026").await, before);

    t.act("leader", &path, json!({ "approve": true })).await;

    let sheet = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(
        (
            &sheet["total"],
            &sheet["frozen"]["revision"],
            &sheet["frozen"]["amended"]
        ),
        (&json!("35"), &json!(2), &json!(true))
    );
    assert_eq!(sheet["revisions"].as_array().unwrap().len(), 2);
    assert_eq!(sheet["revisions"][0]["amendment_id"], proposed["id"]);
    let first = t.see("chen", "/me/score?period=2026&revision=1").await;
    assert_eq!(first["lines"], before["lines"]);
    let page = t.see("office", "/scores?period=2026").await;
    assert_eq!(
        (
            &line(&page, "陈晨")["total"],
            &line(&page, "陈晨")["amended"],
            &line(&page, "丁宁")["amended"]
        ),
        (&json!("35"), &json!(true), &json!(false))
    );
    let period = t.see("office", "/periods/2026").await;
    assert_ne!(period["sheets_hash"], closed["sheets_hash"]);
    assert_eq!(period["facts_seq"], closed["facts_seq"]);
    let (status, problem) = t.post("leader", &path, json!({ "approve": true })).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
}

#[actix_web::test]
async fn a_fact_is_taken_back_or_replaced_once() {
    let t = TestApp::start().await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    next_year(&t);
    close(&t, "2026").await;
    let sheet = t.see("chen", "/me/score?period=2026").await;
    let fact_id = sheet["lines"][1]["facts"][0]["id"].clone();

    let base = json!({ "kind": "reversal", "member_id": t.members["chen"], "reverses": fact_id,
                       "reason": "不是本人的", "document": "3号" });
    let with = |changes: serde_json::Value| {
        let mut body = base.clone();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (changes, pointer) in [
        (json!({ "kind": "fact" }), "/kind"),
        (json!({ "member_id": t.members["ding"] }), "/reverses"),
        (
            json!({ "group_id": "00000000-0000-0000-0000-000000000001" }),
            "/member_id",
        ),
        (
            json!({ "kind": "replacement", "fact": { "kind": "proposal", "on": "2025-12-31", "title": "修路" } }),
            "/fact/on",
        ),
        (
            json!({ "kind": "replacement", "fact": { "kind": "dance", "on": "2026-01-01", "title": "舞" } }),
            "/fact/kind",
        ),
    ] {
        let (status, problem) = t
            .post("office", "/periods/2026/amendments", with(changes))
            .await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{problem}"
        );
    }
    let replacement = json!({ "kind": "replacement",
        "fact": { "kind": "opinion_report", "on": "2026-03-27", "title": "修路" } });
    let one = t
        .act("office", "/periods/2026/amendments", with(replacement))
        .await;
    t.pass_minutes(1);
    t.pass_minutes(1);
    let other = t.act("office", "/periods/2026/amendments", base).await;
    let decide = |id: &serde_json::Value| format!("/amendments/{}/decide", id.as_str().unwrap());
    t.act("office2", &decide(&one["id"]), json!({ "approve": true }))
        .await;

    assert_eq!(t.see("chen", "/me/score?period=2026").await["total"], "15");
    let (status, problem) = t
        .post("leader", &decide(&other["id"]), json!({ "approve": true }))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("already_reversed"))
    );
    t.act(
        "leader",
        &decide(&other["id"]),
        json!({ "approve": false, "note": "已更正" }),
    )
    .await;
    let listed = t.see("auditor", "/periods/2026/amendments").await;
    assert_eq!(
        (&listed["items"][0]["status"], &listed["items"][1]["status"]),
        (&json!("rejected"), &json!("approved"))
    );
    assert_eq!(t.get("chen", "/periods/2026/amendments").await.0, 403);
}
