//! Yearly plans: drafted by a group, put together by the office, adopted by the leaders.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

fn item(t: &TestApp, owner: &str, quarter: i32, topic: &str) -> Value {
    json!({ "quarter": quarter, "mode": "lecture_hall", "kind": "study", "topic": topic, "owner_member_id": t.members[owner] })
}

/// The plan of a group for 2026, by its convener.
async fn draft(t: &TestApp, convener: &str, group: usize) -> Value {
    let items = [
        item(t, convener, 4, "年终总结"),
        item(t, convener, 3, "委员大讲堂"),
    ];
    let body = json!({ "group_id": t.group(group).await, "year": 2026, "items": items });
    t.act(convener, "/plans", body).await
}

fn path(plan: &Value) -> String {
    format!("/plans/{}", plan["id"].as_str().expect("an id"))
}

/// The same, submitted and accepted; returns its path.
async fn accepted(t: &TestApp, convener: &str, group: usize) -> String {
    let path = path(&draft(t, convener, group).await);
    t.act(convener, &format!("{path}/submit"), json!({})).await;
    t.act("office", &format!("{path}/accept"), json!({})).await;
    path
}

fn adoption() -> Value {
    json!({ "year": 2026, "document": "邢东政协〔2026〕3号" })
}

#[actix_web::test]
async fn a_plan_is_drafted_submitted_returned_accepted_and_adopted() {
    let t = TestApp::start().await;
    let plan = draft(&t, "alice", 0).await;
    let path = path(&plan);
    assert_eq!(
        (&plan["status"], &plan["version"], &plan["group_name"]),
        (&json!("draft"), &json!(1), &json!("第一活动组"))
    );
    // Items come by quarter, whatever the order they were written in.
    assert_eq!(plan["items"][0]["topic"], "委员大讲堂");
    assert_eq!(plan["items"][1]["owner_name"], "艾丽丝");

    // The special committee drafts with the convener.
    let edit = json!({ "items": [item(&t, "chen", 3, "调研营商环境")] });
    let (status, edited) = t.patch("staff1", &path, edit.clone()).await;
    assert_eq!((status, &edited["version"]), (200, &json!(2)), "{edited}");
    assert_eq!(edited["items"].as_array().unwrap().len(), 1);

    t.act("alice", &format!("{path}/submit"), json!({})).await;
    assert_eq!(t.patch("alice", &path, edit.clone()).await.0, 409);
    let reason = json!({ "reason": "请补充第四季度" });
    let returned = t.act("office", &format!("{path}/return"), reason).await;
    assert_eq!(
        (&returned["status"], &returned["status_reason"]),
        (&json!("returned"), &json!("请补充第四季度"))
    );
    assert_eq!(t.patch("alice", &path, edit).await.0, 200);
    t.act("staff1", &format!("{path}/submit"), json!({})).await;
    t.act("office", &format!("{path}/accept"), json!({})).await;
    for (convener, group) in [("fang", 1), ("hu", 2)] {
        accepted(&t, convener, group).await;
    }
    let adopted = t.act("leader", "/plans/adopt", adoption()).await;

    assert_eq!(adopted["total"], 3);
    assert_eq!(adopted["items"][0]["group_name"], "第一活动组");
    let seen = t.see("chen", &path).await;
    assert_eq!(
        (&seen["status"], &seen["adopted_document"]),
        (&json!("adopted"), &json!("邢东政协〔2026〕3号"))
    );
    let (status, problem) = t.post("leader", "/plans/adopt", adoption()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
    let reason = json!({ "reason": "已通过" });
    let (status, problem) = t.post("office", &format!("{path}/return"), reason).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
}

#[actix_web::test]
async fn who_sees_to_an_item_is_an_active_member_of_the_group() {
    let t = TestApp::start().await;
    let group_id = t.group(0).await;
    for owner in ["gao", "x-zhu"] {
        let items = [item(&t, "alice", 1, "学习"), item(&t, owner, 2, "调研")];
        let body = json!({ "group_id": group_id, "year": 2026, "items": items });
        let (status, problem) = t.post("alice", "/plans", body).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!("/items/1/owner_member_id")),
            "{problem}"
        );
    }

    // Who left since the draft was written cannot see to anything either.
    let plan = draft(&t, "alice", 0).await;
    let edit = json!({ "items": [item(&t, "chen", 3, "大讲堂")] });
    assert_eq!(t.patch("alice", &path(&plan), edit).await.0, 200);
    let chen = format!("/members/{}", t.members["chen"]);
    let left = json!({ "status": "left", "left_on": "2026-09-01" });
    let (status, problem) = t.patch("office", &chen, left).await;
    assert_eq!(status, 200, "{problem}");
    let (status, problem) = t
        .post("alice", &format!("{}/submit", path(&plan)), json!({}))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("not_in_group"))
    );
}

#[actix_web::test]
async fn a_group_has_one_plan_for_a_year() {
    let t = TestApp::start().await;
    draft(&t, "alice", 0).await;

    let group_id = t.group(0).await;
    let body = json!({ "group_id": group_id, "year": 2026, "items": [item(&t, "bo", 1, "学习")] });
    let (status, problem) = t.post("bo", "/plans", body.clone()).await;

    assert_eq!((status, &problem["code"]), (409, &json!("plan_exists")));
    assert_eq!(t.see("office", "/plans?year=2026").await["total"], 1);
    let mut another_year = body.clone();
    another_year["year"] = json!(2025);
    t.act("bo", "/plans", another_year).await;
    let mut no_term = body;
    no_term["year"] = json!(2040);
    let (status, problem) = t.post("bo", "/plans", no_term).await;
    assert_eq!((status, &problem["code"]), (422, &json!("term_missing")));
}

#[actix_web::test]
async fn of_two_conveners_who_draft_at_once_one_is_let_in() {
    let t = TestApp::start().await;
    let body =
        json!({ "group_id": t.group(0).await, "year": 2026, "items": [item(&t, "bo", 1, "学习")] });
    t.token("alice").await;
    t.token("bo").await;

    let drafted = |who| t.post(who, "/plans", body.clone());
    let ((first, _), (second, _)) = futures_util::join!(drafted("alice"), drafted("bo"));

    let mut statuses = [first, second];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[actix_web::test]
async fn a_plan_is_read_in_its_group_and_written_by_its_convener_and_staff() {
    let t = TestApp::start().await;
    let plan = draft(&t, "alice", 0).await;
    let path = path(&plan);

    for (who, status) in [
        ("chen", 200),
        ("staff1", 200),
        ("office", 200),
        ("leader", 200),
        ("auditor", 200),
        ("gao", 404),
        ("hu", 404),
        ("staff2", 404),
        ("x-office", 404),
        ("x-yan", 404),
        ("admin", 404),
    ] {
        assert_eq!(t.get(who, &path).await.0, status, "{who}");
    }
    let edit = json!({ "items": [item(&t, "alice", 1, "学习")] });
    for (who, status) in [
        ("chen", 403),
        ("office", 403),
        ("leader", 403),
        ("fang", 404),
    ] {
        assert_eq!(t.patch(who, &path, edit.clone()).await.0, status, "{who}");
    }
    assert_eq!(t.get(None, &path).await.0, 401);
    assert_eq!(t.see("gao", "/plans").await["total"], 0);
    assert_eq!(t.see("chen", "/plans?status=draft").await["total"], 1);
    assert_eq!(t.see("chen", "/plans?status=adopted").await["total"], 0);
    let foreign = json!({ "group_id": t.group(1).await, "year": 2026, "items": [item(&t, "gao", 1, "学习")] });
    assert_eq!(t.post("alice", "/plans", foreign).await.0, 404);
}

#[actix_web::test]
async fn the_items_of_a_plan_are_one_to_twenty_of_four_quarters() {
    let t = TestApp::start().await;
    let group_id = t.group(0).await;
    let many = vec![item(&t, "alice", 1, "学习"); 21];
    for (items, pointer) in [
        (json!([]), "/items"),
        (json!(many), "/items"),
        (json!([item(&t, "alice", 5, "学习")]), "/items/0/quarter"),
        (json!([item(&t, "alice", 1, " ")]), "/items/0/topic"),
    ] {
        let body = json!({ "group_id": group_id, "year": 2026, "items": items });
        let (status, problem) = t.post("alice", "/plans", body).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{problem}"
        );
    }
    let body = json!({ "group_id": group_id, "year": 26, "items": [item(&t, "alice", 1, "学习")] });
    assert_eq!(t.post("alice", "/plans", body).await.0, 422);
}

#[actix_web::test]
async fn an_item_shows_what_came_of_it_to_those_who_may_know() {
    let t = TestApp::start().await;
    let plan = draft(&t, "alice", 0).await;
    let published = t.activity("第三季度活动").await;
    t.pass_minutes(1);
    let drafted = t.draft("尚未提交").await;

    let seen = t.see("alice", &path(&plan)).await;
    let activities = seen["items"][0]["activities"].as_array().unwrap();
    let ids: Vec<_> = activities.iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, [json!(published), json!(drafted)]);
    assert_eq!(
        (&activities[0]["title"], &activities[0]["status"]),
        (&json!("第三季度活动"), &json!("published"))
    );
    assert_eq!(seen["items"][1]["activities"], json!([]));

    let seen = t.see("chen", &path(&plan)).await;
    let activities = &seen["items"][0]["activities"];
    assert_eq!(activities.as_array().unwrap().len(), 1, "{activities}");
    assert_eq!(activities[0]["id"], json!(published));
}

#[actix_web::test]
async fn the_plans_are_adopted_together_and_not_by_who_accepted_one() {
    let t = TestApp::start().await;
    accepted(&t, "alice", 0).await;
    let second = path(&draft(&t, "fang", 1).await);

    let (status, problem) = t.post("leader", "/plans/adopt", adoption()).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("plans_incomplete"))
    );
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("第二活动组（草稿）") && detail.contains("第三活动组（未起草）"),
        "{detail}"
    );
    assert!(!detail.contains("第一活动组"), "{detail}");

    t.act("fang", &format!("{second}/submit"), json!({})).await;
    accepted(&t, "hu", 2).await;
    lead_the_office(&t).await;
    t.act("leader", &format!("{second}/accept"), json!({}))
        .await;
    let (status, problem) = t.post("leader", "/plans/adopt", adoption()).await;

    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    assert_eq!(t.see("office", "/plans?status=adopted").await["total"], 0);
    let reason = json!({ "reason": "请办公室汇总" });
    t.act("office", &format!("{second}/return"), reason).await;
    t.act("fang", &format!("{second}/submit"), json!({})).await;
    t.act("office", &format!("{second}/accept"), json!({}))
        .await;
    t.act("leader", "/plans/adopt", adoption()).await;
    for who in ["alice", "staff1", "office", "auditor"] {
        assert_eq!(
            t.post(who, "/plans/adopt", adoption()).await.0,
            403,
            "{who}"
        );
    }
}

/// Gives the leader's account a seat in the office as well.
async fn lead_the_office(t: &TestApp) {
    let seats = t.see("office", "/seats").await;
    let leader = seats["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|seat| seat["kind"] == "leader")
        .expect("a leader");
    let body =
        json!({ "kind": "office", "account_id": leader["account_id"], "from": "2026-09-01" });
    let seat = t.act("admin", "/seats", body).await;
    if seat["confirmed_at"].is_null() {
        let id = seat["id"].as_str().unwrap();
        t.act("admin2", &format!("/seats/{id}/confirm"), json!({}))
            .await;
    }
    t.app.standings.forget();
}

#[actix_web::test]
async fn a_change_of_what_somebody_else_changed_is_refused() {
    let t = TestApp::start().await;
    let path = path(&draft(&t, "alice", 0).await);
    let edit = json!({ "items": [item(&t, "bo", 2, "视察")] });
    assert_eq!(t.patch("bo", &path, edit.clone()).await.0, 200);

    let stale = t
        .client
        .http()
        .request(Method::PATCH, t.client.url(&path))
        .bearer_auth(t.token("alice").await)
        .header("If-Match", "\"1\"")
        .json(&edit)
        .send()
        .await
        .unwrap();

    assert_eq!(stale.status().as_u16(), 412);
    assert_eq!(t.see("alice", &path).await["version"], 2);
}

#[actix_web::test]
async fn the_office_gets_the_plans_of_a_year_as_one_file() {
    let t = TestApp::start().await;
    accepted(&t, "fang", 1).await;
    draft(&t, "alice", 0).await;
    let confirmed = json!({ "confirmed_date": "2026-09-24", "reason": "中秋节放假" });
    t.put("office", "/calendar/activity-days/2026-Q3", confirmed)
        .await;

    let rows = export(&t, "office").await;
    assert_eq!(
        rows[2],
        [
            "活动组",
            "季度",
            "活动日",
            "模式",
            "类型",
            "主题",
            "负责人",
            "状态"
        ]
    );
    assert_eq!(
        rows[3],
        [
            "第一活动组",
            "3",
            "2026-09-24",
            "委员大讲堂",
            "学习",
            "委员大讲堂",
            "艾丽丝",
            "草稿"
        ]
    );
    assert_eq!(rows[4][1..3], ["4", "2026-12-25"]);
    assert_eq!(
        (&*rows[6][0], &*rows[6][7], rows.len()),
        ("第二活动组", "已汇总", 7)
    );

    // A member gets his own group's.
    let rows = export(&t, "gao").await;
    assert_eq!((rows.len(), &*rows[3][0]), (5, "第二活动组"));
    let audit = t.see("auditor", "/audit?operation=plan_list").await;
    assert_eq!(audit["total"], 2, "{audit}");
}

/// The cells of the file as text.
async fn export(t: &TestApp, who: &str) -> Vec<Vec<String>> {
    let answer = t
        .client
        .http()
        .get(t.client.url("/plans.xlsx?year=2026"))
        .bearer_auth(t.token(who).await)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let file = answer.bytes().await.unwrap();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    let range = book.worksheet_range("年度履职计划汇总").unwrap();
    let text = |cell: &Data| match cell {
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year}-{month:02}-{day:02}")
        }
        cell => cell.to_string(),
    };
    range
        .rows()
        .map(|row| row.iter().map(text).collect())
        .collect()
}
