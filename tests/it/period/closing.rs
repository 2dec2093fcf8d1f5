//! Two people close a period, and two people open it again.

use serde_json::{Value, json};
use tests::TestApp;

use super::{close, line, next_year, verified};

#[actix_web::test]
async fn what_was_computed_is_what_is_frozen() {
    let t = TestApp::start().await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    next_year(&t);
    let mut before = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(
        (&before["closed"], &before["frozen"]),
        (&json!(false), &Value::Null)
    );
    let listed = t.see("office", "/scores?period=2026").await;

    let closed = close(&t, "2026").await;

    assert_eq!(
        (
            &closed["status"],
            &closed["key"],
            &closed["sheets"],
            &closed["closings"]
        ),
        (&json!("closed"), &json!("2026"), &json!(9), &json!(1))
    );
    assert_eq!(closed["document"], "邢东协〔2027〕1号");
    let mut after = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(
        (
            &after["closed"],
            &after["frozen"]["revision"],
            &after["revisions"][0]["total"]
        ),
        (&json!(true), &json!(1), &json!("20"))
    );
    assert_eq!(after["frozen"]["hash"].as_str().unwrap().len(), 64);
    for view in [&mut before, &mut after] {
        for name in ["closed", "frozen", "revisions"] {
            view.as_object_mut().unwrap().remove(name);
        }
    }
    assert_eq!(after, before);
    let page = t.see("office", "/scores?period=2026").await;
    assert_eq!(
        (
            &line(&page, "陈晨")["total"],
            &line(&page, "陈晨")["closed"],
            &line(&page, "陈晨")["amended"]
        ),
        (&json!("20"), &json!(true), &json!(false))
    );
    assert_eq!(line(&page, "陈晨")["place"], line(&listed, "陈晨")["place"]);
    assert_eq!(t.get("office", "/scores.xlsx?period=2026").await.0, 200);
    let inbox = t.see("chen", "/me/inbox").await;
    assert_eq!(inbox["items"][0]["title"], "积分已结账：2026 年");
}

#[actix_web::test]
async fn the_office_proposes_and_a_leader_decides() {
    let t = TestApp::start().await;
    next_year(&t);

    let (status, problem) = t.post("leader", "/periods/2026/close", json!({})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    let proposed = t.act("office", "/periods/2026/close", json!({})).await;
    assert_eq!(proposed["status"], "closing");
    for who in ["office", "office2"] {
        let (status, problem) = t.post(who, "/periods/2026/close", json!({})).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("second_person_required")),
            "{who}"
        );
    }
    for who in ["chen", "staff1", "alice", "auditor", "admin"] {
        assert_eq!(
            t.post(who, "/periods/2026/close", json!({})).await.0,
            403,
            "{who}"
        );
    }
    // While it waits, facts may still come.
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    t.act("leader", "/periods/2026/close", json!({})).await;
    assert_eq!(t.see("chen", "/me/score?period=2026").await["total"], "20");
    let (status, problem) = t.post("leader", "/periods/2026/close", json!({})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    let log = t.see("auditor", "/audit?operation=period_close").await;
    let entry = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["detail"]["step"] == "close")
        .expect("the closing is in the log");
    let period = t.see("chen", "/periods/2026").await;
    for name in ["facts_seq", "facts_hash", "rulebook_hash", "sheets_hash"] {
        assert_eq!(entry["detail"][name], period[name], "{name}");
    }
}

#[actix_web::test]
async fn two_leaders_at_once_close_it_once() {
    let t = TestApp::start().await;
    next_year(&t);
    t.act("office", "/periods/2026/close", json!({})).await;
    t.token("leader").await;

    let tries = (0..6).map(|_| t.post("leader", "/periods/2026/close", json!({})));
    let answers = futures_util::future::join_all(tries).await;

    let closed = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(closed, 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|(status, _)| [200, 409].contains(status))
    );
    let sheet = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(sheet["revisions"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_is_unsettled_stands_in_the_way_unless_there_is_a_reason() {
    let t = TestApp::start().await;
    let activity = t.activity("学习").await;
    let body =
        json!({ "kind": "proposal", "title": "修路", "done_on": "2026-03-27", "submit": true });
    t.act("chen", "/duty-records", body).await;

    let (status, problem) = t.post("office", "/periods/2026/close", json!({})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("closing_blocked")));
    assert_eq!(
        problem["detail"],
        "考核期尚未结束，1 场活动尚未结束登记，1 件履职记录等待核实。确需结账的，请说明理由"
    );
    let force = json!({ "force": true });
    assert_eq!(t.post("office", "/periods/2026/close", force).await.0, 422);
    let force = json!({ "force": true, "reason": "年底统一结账" });
    let proposed = t.act("office", "/periods/2026/close", force).await;

    assert_eq!(proposed["findings"]["unsettled"][0]["id"], activity);
    assert_eq!(proposed["force_reason"], "年底统一结账");
    t.act(
        "leader",
        "/periods/2026/withdraw",
        json!({ "reason": "先办结" }),
    )
    .await;
    assert_eq!(t.see("office", "/periods/2026").await["status"], "open");
    let (status, _) = t.post("office", "/periods/2026-Q1/close", json!({})).await;
    assert_eq!(status, 409, "the rulebook assesses by years");
    assert_eq!(
        t.post("office", "/periods/nonsense/close", json!({}))
            .await
            .0,
        404
    );
}

#[actix_web::test]
async fn a_period_is_opened_again_by_two_people_and_its_sheets_are_kept() {
    let t = TestApp::start().await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    next_year(&t);
    close(&t, "2026").await;

    let (status, problem) = t.post("office", "/periods/2026/reopen", json!({})).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/reason"))
    );
    let why = json!({ "reason": "漏记一批提案", "document": "邢东协〔2027〕2号" });
    t.act("office", "/periods/2026/reopen", why).await;
    assert_eq!(t.see("chen", "/me/score?period=2026").await["closed"], true);
    let (status, _) = t.post("office", "/periods/2026/reopen", json!({})).await;
    assert_eq!(status, 403);
    let open = t.act("leader", "/periods/2026/reopen", json!({})).await;
    assert_eq!(
        (&open["status"], &open["closings"]),
        (&json!("open"), &json!(1))
    );

    let sheet = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(
        (&sheet["closed"], &sheet["total"]),
        (&json!(false), &json!("20"))
    );
    verified(&t, "chen", "good_deed", "修桥", "2026-03-28").await;
    close(&t, "2026").await;

    let sheet = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(
        (&sheet["total"], &sheet["frozen"]["revision"]),
        (&json!("35"), &json!(2))
    );
    let path = format!(
        "/members/{}/score?period=2026&revision=1",
        t.members["chen"]
    );
    assert_eq!(t.see("office", &path).await["total"], "20");
    let path = format!(
        "/members/{}/score?period=2026&revision=9",
        t.members["chen"]
    );
    assert_eq!(t.get("office", &path).await.0, 404);
    let period = t.see("office", "/periods/2026").await;
    assert_eq!(
        (
            &period["closings"],
            &period["sheets"],
            &period["reopen_document"]
        ),
        (&json!(2), &json!(9), &json!("邢东协〔2027〕2号"))
    );
}

#[actix_web::test]
async fn a_closing_is_of_one_committee() {
    let t = TestApp::start().await;
    next_year(&t);
    let closed = close(&t, "2026").await;

    let id = closed["id"].as_str().unwrap();
    assert_eq!(
        t.see("office", &format!("/periods/{id}")).await["key"],
        "2026"
    );
    assert_eq!(t.get("x-office", &format!("/periods/{id}")).await.0, 404);
    let theirs = t.see("x-office", "/periods/2026").await;
    assert_eq!(
        (&theirs["id"], &theirs["status"]),
        (&Value::Null, &json!("open"))
    );
    assert_eq!(
        t.see("x-zhu", "/me/score?period=2026").await["closed"],
        false
    );
    let listed = t.see("office", "/periods").await;
    let keys: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["key"].clone(), row["status"].clone()))
        .collect();
    assert_eq!(
        keys,
        [
            (json!("2027"), json!("open")),
            (json!("2026"), json!("closed"))
        ]
    );
}
