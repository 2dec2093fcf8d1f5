//! Scores: explained, ranked inside a partition, the same in JSON and in Excel.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use tests::TestApp;

async fn verified(t: &TestApp, who: &str, staff: &str, kind: &str, title: &str) {
    let body = json!({ "kind": kind, "title": title, "done_on": "2026-03-27", "submit": true });
    let record = t.act(who, "/duty-records", body).await;
    let path = format!("/duty-records/{}/verify", record["id"].as_str().unwrap());
    t.act(staff, &path, json!({})).await;
}

fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("a page");
    items
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row["rank"],
                row["name"].as_str().unwrap(),
                row["total"].as_str().unwrap()
            )
        })
        .collect()
}

#[actix_web::test]
async fn a_line_names_its_clause_its_facts_and_its_arithmetic() {
    let t = TestApp::start().await;
    verified(&t, "chen", "staff1", "proposal", "关于修路的提案").await;
    t.pass_minutes(1);
    verified(&t, "chen", "staff1", "proposal", "关于修桥的提案").await;

    let sheet = t.see("chen", "/me/score").await;

    assert_eq!(
        (&sheet["name"], &sheet["period"], &sheet["total"]),
        (&json!("陈晨"), &json!("2026"), &json!("20"))
    );
    assert_eq!(sheet["notice"], "默认方案，请办公室核定");
    let line = &sheet["lines"][1];
    assert_eq!(line["arithmetic"], "完成 2 件，要求 1 件，计满分 20 分");
    assert_eq!(line["facts"][0]["title"], "关于修路的提案");
    assert_eq!(sheet["unused"][0]["reason"], "over_cap");
    let path = format!("/members/{}/score?period=2026", t.members["chen"]);
    assert_eq!(t.see("office", &path).await, sheet);
    assert_eq!(t.see("chen", "/me/score?period=2025").await["total"], "0");
    assert_eq!(
        t.see("chen", "/me/score?period=2026-Q1").await["total"],
        "20"
    );
}

#[actix_web::test]
async fn lines_are_for_the_member_himself_and_for_those_who_answer_for_all() {
    let t = TestApp::start().await;
    let path = format!("/members/{}/score", t.members["chen"]);
    for (who, status) in [
        ("chen", 200),
        ("office", 200),
        ("auditor", 200),
        ("alice", 403),
        ("staff1", 403),
        ("ding", 403),
        ("gao", 404),
        ("admin", 404),
        ("x-office", 404),
    ] {
        assert_eq!(t.get(who, &path).await.0, status, "{who}");
    }
    assert_eq!(t.get("office", "/me/score").await.0, 404);
    for period in ["26", "2026-Q5", "abc", ""] {
        assert_eq!(
            t.get("chen", &format!("/me/score?period={period}")).await.0,
            422,
            "{period:?}"
        );
    }
}

#[actix_web::test]
async fn a_rank_is_one_among_those_who_are_listed() {
    let t = TestApp::start().await;
    verified(&t, "gao", "staff1", "proposal", "提案").await;
    verified(&t, "chen", "staff1", "good_deed", "好事").await;
    verified(&t, "ding", "staff1", "good_deed", "好事").await;

    let group = t.group(0).await;
    let listed = names(&t.see("alice", "/scores?period=2026").await);
    assert_eq!(
        listed[..2].iter().map(|row| &row[..1]).collect::<Vec<_>>(),
        ["1", "1"]
    );
    assert_eq!((listed.len(), &listed[2][..1]), (4, "3"), "{listed:?}");
    assert_eq!(
        names(&t.see("office", &format!("/scores?group={group}")).await),
        listed
    );
    assert_eq!(
        names(&t.see("office", "/scores?limit=1").await),
        ["1 高山 20"]
    );
    assert_eq!(t.see("staff2", "/scores").await["total"], 3);
    assert_eq!(
        t.see("office", "/scores?position=standing_member").await["total"],
        0
    );
    assert_eq!(
        names(&t.see("chen", "/scores").await),
        ["1 陈晨 15"],
        "by the default a member sees himself"
    );
    assert_eq!(t.get("office", "/scores?position=king").await.0, 400);
}

#[actix_web::test]
async fn the_excel_file_says_what_the_api_says() {
    let t = TestApp::start().await;
    verified(&t, "chen", "staff1", "proposal", "=1+1").await;

    let response = t
        .client
        .http()
        .get(t.client.url("/scores.xlsx?period=2026"))
        .bearer_auth(t.token("office").await)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let file = response.bytes().await.unwrap();

    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file)).unwrap();
    assert_eq!(book.sheet_names(), ["积分汇总", "积分明细", "说明"]);
    let summary = book.worksheet_range("积分汇总").unwrap();
    let chen = summary
        .rows()
        .find(|row| row[1] == Data::String("陈晨".to_owned()))
        .unwrap();
    let sheet = t.see("chen", "/me/score?period=2026").await;
    let points = |column: usize| chen[column].to_string();
    let lines: Vec<_> = sheet["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["points"].clone())
        .collect();
    assert_eq!((5..11).map(points).collect::<Vec<_>>(), lines);
    assert_eq!(
        (points(11), points(12)),
        ("20".to_owned(), sheet["grade"].as_str().unwrap().to_owned())
    );
    let detail = book.worksheet_range("积分明细").unwrap();
    assert!(
        detail
            .rows()
            .any(|row| row[3] == sheet["lines"][1]["arithmetic"].as_str().unwrap())
    );
    let log = t.see("auditor", "/audit?operation=scores_export").await;
    assert_eq!(
        (&log["total"], &log["items"][0]["detail"]["members"]),
        (&json!(1), &json!(9))
    );
    assert_eq!(t.get("staff1", "/scores.xlsx").await.0, 403);
}

#[actix_web::test]
async fn exports_are_limited_to_five_a_day() {
    let t = TestApp::start().await;
    for _ in 0..5 {
        assert_eq!(t.get("office", "/scores.xlsx").await.0, 200);
    }
    assert_eq!(t.get("office", "/scores.xlsx").await.0, 429);
    assert_eq!(t.get("office2", "/scores.xlsx").await.0, 200);
}

#[actix_web::test]
async fn statistics_count_members_within_reach_only() {
    let t = TestApp::start().await;
    verified(&t, "chen", "staff1", "good_deed", "好事").await;

    let seen = t.see("staff1", "/statistics?period=2026").await;

    assert_eq!(
        (&seen["all"]["members"], &seen["all"]["average_total"]),
        (&json!(6), &json!("2.5"))
    );
    let groups = seen["groups"].as_array().unwrap();
    assert_eq!(
        groups
            .iter()
            .map(|group| group["average_total"].clone())
            .collect::<Vec<_>>(),
        ["3.75", "0"]
    );
    assert_eq!(t.see("office", "/statistics").await["all"]["members"], 9);
    assert_eq!(t.get("chen", "/statistics").await.0, 403);
}
