//! Groups, quotas, conditions over several years, session years, and who sees what.

use serde_json::{Value, json};
use tests::TestApp;

use super::{adopted, close, line, next_year, verified};
use crate::files::{AGENDA, uploaded};
use crate::report::{file, rows};

/// Members and groups are scored; the top grade has one place; two years without a proposal are
/// shown; everybody sees everybody's totals.
pub(super) const RANKED: &str = r#"
key = "ranked"
title = "排名办法"
version = 1
period = { unit = "year" }
same_thing = "best"
total = { rounding = { to = 0.01, mode = "half_up" } }
group_total = { rounding = { to = 0.01, mode = "half_up" } }

[[parts]]
key = "own"
clause = "第一条"
title = "委员履职"

[[rules]]
key = "proposal"
part = "own"
clause = "第一条第一款"
title = "提案"
text = "每件 10 分。"
counts = [{ kind = "proposal" }]
unit = "件"
points = 10

[[rules]]
key = "deed"
part = "own"
clause = "第一条第二款"
title = "实事"
text = "每件 20 分。"
counts = [{ kind = "good_deed" }]
unit = "件"
points = 20

[[parts]]
key = "together"
subject = "group"
clause = "第二条"
title = "活动组履职"

[[rules]]
key = "of_group"
part = "together"
clause = "第二条"
title = "组内委员提案"
text = "组内委员每件 1 分。"
counts = [{ kind = "proposal", of = "members" }]
unit = "件"
points = 1

[[requirements]]
key = "in_two_years"
clause = "第三条"
title = "两年内有提案"
text = "不得连续两年没有提案。"
need = { not = { count = [{ kind = "proposal" }], below = 1, consecutive = 2 } }

[[requirements]]
key = "in_term"
clause = "第四条"
title = "本届提案"
text = "本届至少两件提案。"
need = { count = [{ kind = "proposal" }], within = "term", at_least = 2 }

[[grades]]
key = "best"
title = "优秀"
at_least = 10
quota = { from = "top", count = 1, per = "whole", ties = "none" }

[[grades]]
key = "good"
title = "称职"

[ranking]
per = "group"

[visibility]
sheets = ["own"]
ranking = ["own", "all_members", "staff"]
"#;

#[actix_web::test]
async fn groups_are_scored_by_their_members_facts() {
    let t = TestApp::start().await;
    adopted(&t, RANKED, "2026-01-01").await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    verified(&t, "ding", "proposal", "修桥", "2026-03-27").await;
    verified(&t, "gao", "proposal", "修渠", "2026-03-27").await;
    let totals = |page: &Value| -> Vec<(Value, Value)> {
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|row| (row["total"].clone(), row["place"]["rank"].clone()))
            .collect()
    };
    let expected = [
        (json!("2"), json!(1)),
        (json!("1"), json!(2)),
        (json!("0"), json!(3)),
    ];

    let page = t.see("office", "/group-scores?period=2026").await;
    assert_eq!(totals(&page), expected);
    let path = format!("/groups/{}/score?period=2026", t.group(0).await);
    let sheet = t.see("chen", &path).await;
    assert_eq!(sheet["lines"][0]["arithmetic"], "2 件 × 1 分 = 2 分");
    assert_eq!(t.get("gao", &path).await.0, 403);
    assert_eq!(t.get("x-office", &path).await.0, 404);
    assert_eq!(t.see("alice", "/group-scores").await["total"], 1);
    let table = file(&t, "office", "/group-scores.xlsx?period=2026")
        .await
        .unwrap();
    let table = rows(&table, "积分汇总");
    for group in page["items"].as_array().unwrap() {
        let row = table.iter().find(|row| group["name"] == row[1]).unwrap();
        assert!(row.contains(&group["total"].as_str().unwrap().to_owned()));
    }

    next_year(&t);
    close(&t, "2026").await;

    assert_eq!(
        totals(&t.see("office", "/group-scores?period=2026").await),
        expected
    );
    let frozen = t.see("chen", &path).await;
    assert_eq!(
        (&frozen["closed"], &frozen["lines"]),
        (&json!(true), &sheet["lines"])
    );
    // By the shipped default no group is scored.
    assert_eq!(
        t.see("office", "/group-scores?period=2025").await["total"],
        0
    );
    let path = path.replace("2026", "2025");
    assert_eq!(t.get("chen", &path).await.0, 409);
}

#[actix_web::test]
async fn an_amendment_moves_the_place_of_a_quota() {
    let t = TestApp::start().await;
    adopted(&t, RANKED, "2026-01-01").await;
    verified(&t, "chen", "good_deed", "修路", "2026-03-27").await;
    verified(&t, "gao", "proposal", "修渠", "2026-03-27").await;
    let grade = async |who: &str| t.see(who, "/me/score?period=2026").await["grade"].clone();
    assert_eq!(
        (grade("chen").await, grade("gao").await),
        (json!("优秀"), json!("称职"))
    );
    next_year(&t);
    close(&t, "2026").await;
    assert_eq!(
        (grade("chen").await, grade("gao").await),
        (json!("优秀"), json!("称职"))
    );

    let fact = json!({ "kind": "good_deed", "on": "2026-05-04", "title": "助学" });
    let body = json!({ "kind": "fact", "member_id": t.members["gao"], "fact": fact,
                       "reason": "漏记", "document": "3号" });
    let proposed = t.act("office", "/periods/2026/amendments", body).await;
    let path = format!("/amendments/{}/decide", proposed["id"].as_str().unwrap());
    t.act("leader", &path, json!({ "approve": true })).await;

    assert_eq!(
        (grade("chen").await, grade("gao").await),
        (json!("称职"), json!("优秀"))
    );
    // Whose place was lost has a revision too, with the reason on it.
    let chen = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(chen["frozen"]["revision"], 2);
    assert!(
        chen["grade_note"].as_str().unwrap().contains("名额"),
        "{chen}"
    );
    let ding = t.see("ding", "/me/score?period=2026").await;
    assert_eq!(ding["frozen"]["revision"], 1);
}

#[actix_web::test]
async fn conditions_look_at_what_was_closed_and_at_the_whole_term() {
    let t = TestApp::start().await;
    adopted(&t, RANKED, "2022-01-01").await;
    verified(&t, "chen", "proposal", "修路", "2025-03-27").await;
    verified(&t, "ding", "proposal", "修桥", "2026-03-27").await;
    close(&t, "2025").await;
    verified(&t, "chen", "proposal", "修渠", "2026-03-27").await;
    let met = async |who: &str| {
        let sheet = t.see(who, "/me/score?period=2026").await;
        let lines = sheet["requirements"].as_array().unwrap().clone();
        lines
            .iter()
            .map(|line| line["met"].as_bool().unwrap())
            .collect::<Vec<_>>()
    };

    assert_eq!(met("chen").await, [true, true]);
    assert_eq!(met("ding").await, [true, false]);
    assert_eq!(met("gao").await, [false, false], "two years without one");
    next_year(&t);
    close(&t, "2026").await;
    assert_eq!(met("chen").await, [true, true]);
    assert_eq!(met("gao").await, [false, false]);
}

#[actix_web::test]
async fn members_see_totals_where_the_rulebook_lets_them() {
    let t = TestApp::start().await;
    adopted(&t, RANKED, "2026-01-01").await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    verified(&t, "gao", "good_deed", "修渠", "2026-03-27").await;

    let page = t.see("chen", "/scores?period=2026").await;
    assert_eq!(page["total"], 9);
    let (own, other) = (line(&page, "陈晨"), line(&page, "高山"));
    assert_eq!((&other["rank"], &other["total"]), (&json!(1), &json!("20")));
    assert_eq!(own["attendance"]["invited"], 0);
    assert_eq!(other["attendance"], Value::Null, "totals only");
    assert_eq!(
        own["place"],
        json!({ "among": "第一活动组", "of": 4, "rank": 1 })
    );
    let path = format!("/members/{}/score?period=2026", t.members["gao"]);
    assert_eq!(t.get("chen", &path).await.0, 404);
    // Conveners are not among the viewers of this rulebook, but alice is a member as well.
    assert_eq!(t.see("alice", "/scores?period=2026").await["total"], 9);
    // By the shipped default a member sees himself, and a convener the group.
    let page = t.see("chen", "/scores?period=2025").await;
    assert_eq!(
        (&page["total"], &line(&page, "陈晨")["place"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(t.see("alice", "/scores?period=2025").await["total"], 4);
    assert_eq!(t.see("staff2", "/scores?period=2026").await["total"], 3);
    assert_eq!(t.get("admin", "/scores").await.0, 403);
}

#[actix_web::test]
async fn the_office_fixes_the_days_of_a_session_year() {
    let t = TestApp::start().await;
    let session = RANKED.replace(
        r#"unit = "year""#,
        r#"unit = "session_year", starts = "02-15""#,
    );
    adopted(&t, &session, "2026-02-10").await;
    let days = json!({ "unit": "session_year", "first": "2026-02-10", "last": "2027-01-05" });

    for (who, status) in [("chen", 403), ("leader", 403), ("office", 201)] {
        assert_eq!(
            t.post(who, "/periods", days.clone()).await.0,
            status,
            "{who}"
        );
    }
    let (status, problem) = t.post("office2", "/periods", days).await;
    assert_eq!((status, &problem["code"]), (409, &json!("period_exists")));
    let year = json!({ "unit": "year", "first": "2026-01-01", "last": "2026-12-31" });
    assert_eq!(t.post("office", "/periods", year).await.0, 422);

    verified(&t, "chen", "proposal", "修路", "2026-02-16").await;
    let now = t.see("chen", "/me/score").await;
    assert_eq!(
        (&now["period"], &now["total"]),
        (&json!("2026-S"), &json!("10"))
    );
    next_year(&t);
    close(&t, "2026-S").await;
    let frozen = t.see("chen", "/me/score?period=2026-S").await;
    assert_eq!(
        (&frozen["closed"], &frozen["total"], &frozen["period"]),
        (&json!(true), &json!("10"), &json!("2026-S"))
    );
    let report = api::audit::recompute::recompute(&t.app.db, None)
        .await
        .unwrap();
    assert!(report.ok(), "{report}");
    assert_eq!(t.get("chen", "/me/score?period=2030-T").await.0, 422);
}

#[actix_web::test]
async fn who_is_exempt_has_points_and_no_rank() {
    let t = TestApp::start().await;
    adopted(&t, RANKED, "2026-01-01").await;
    verified(&t, "chen", "proposal", "修路", "2026-03-27").await;
    verified(&t, "chen", "proposal", "修水", "2026-03-28").await;
    verified(&t, "ding", "proposal", "修桥", "2026-03-27").await;
    // Nobody declares himself exempt: the office registers it.
    let document = uploaded(&t, "office", AGENDA).await;
    let posted = json!({
        "member_id": t.members["chen"], "kind": "exemption", "title": "外派一年",
        "done_on": "2026-01-15", "attributes": { "document": "邢东协办〔2026〕3 号" },
        "evidence_ids": [document], "submit": true,
    });
    let posted = t.act("office", "/duty-records", posted).await;
    let path = format!("/duty-records/{}/verify", posted["id"].as_str().unwrap());
    t.act("staff1", &path, json!({})).await;

    let page = t.see("office", "/scores?period=2026&limit=200").await;

    let ranks: Vec<(&str, &str, &Value, &Value)> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["total"] != "0" || row["rank"].is_null())
        .map(|row| {
            (
                row["name"].as_str().unwrap(),
                row["total"].as_str().unwrap(),
                &row["rank"],
                &row["grade"],
            )
        })
        .collect();
    assert_eq!(
        ranks,
        [
            ("丁宁", "10", &json!(1), &json!("优秀")),
            ("陈晨", "20", &Value::Null, &Value::Null)
        ]
    );
}
