//! What was frozen comes out the same, and whoever tampers with it is found.

use api::audit::recompute::{Report, recompute};
use sea_orm::ConnectionTrait;
use serde_json::json;
use tests::TestApp;

use super::{close, next_year, shapes, verified};

/// A closed year with an amendment, and one before it.
async fn closed_years() -> TestApp {
    let t = TestApp::start().await;
    super::adopted(&t, shapes::RANKED, "2022-01-01").await;
    verified(&t, "chen", "proposal", "修路", "2025-03-27").await;
    close(&t, "2025").await;
    verified(&t, "chen", "proposal", "修桥", "2026-03-27").await;
    verified(&t, "gao", "good_deed", "助学", "2026-03-28").await;
    next_year(&t);
    close(&t, "2026").await;
    let fact = json!({ "kind": "good_deed", "on": "2026-05-04", "title": "助老" });
    let body = json!({ "kind": "fact", "member_id": t.members["ding"], "fact": fact,
                       "reason": "漏记", "document": "3号" });
    let proposed = t.act("office", "/periods/2026/amendments", body).await;
    let path = format!("/amendments/{}/decide", proposed["id"].as_str().unwrap());
    t.act("leader", &path, json!({ "approve": true })).await;
    t
}

async fn tamper(t: &TestApp, sql: &str) {
    let sql = sql.to_owned();
    let changed = t
        .app
        .db
        .housekeeping(async |txn| Ok(txn.execute_unprepared(&sql).await?.rows_affected()))
        .await
        .expect("the statement runs");
    assert!(0 < changed, "{sql} changed nothing");
}

async fn again(t: &TestApp, key: Option<&str>) -> Report {
    recompute(&t.app.db, key)
        .await
        .expect("the database is readable")
}

#[actix_web::test]
async fn every_revision_comes_out_as_it_was_frozen() {
    let t = closed_years().await;
    // What happens afterwards does not matter to what is closed.
    let path = format!("/members/{}", t.members["chen"]);
    let (status, body) = t
        .patch("office", &path, json!({ "position": "standing_member" }))
        .await;
    assert_eq!(status, 200, "{body}");
    verified(&t, "chen", "proposal", "旧年提案", "2024-01-05").await;

    let report = again(&t, None).await;

    assert!(report.ok(), "{report}");
    let counted: Vec<_> = report
        .periods
        .iter()
        .map(|one| (one.period.as_str(), one.sheets))
        .collect();
    // Nine members and three groups, and all of them once more after the amendment.
    assert_eq!(counted, [("2025", 12), ("2026", 24)]);
    assert_eq!(again(&t, Some("2025")).await.periods.len(), 1);
    assert!(recompute(&t.app.db, Some("2020")).await.is_err());
}

#[actix_web::test]
async fn whoever_tampers_is_found_and_the_place_is_named() {
    for (sql, named) in [
        (
            "UPDATE sheet SET document = replace(document, '\"total\":\"20\"', '\"total\":\"90\"')",
            "is not that of its hash",
        ),
        (
            "UPDATE sheet SET total = 9000, grade = NULL, basis = replace(basis, '\"position\":\"member\"', '\"position\":\"leading_member\"')",
            "the sheets have the hash",
        ),
        (
            "UPDATE fact SET title = '修桥铺路' WHERE title = '修桥'",
            "the ledger of facts at entry",
        ),
        (
            "UPDATE fact SET happened_on = '2026-04-01' WHERE title = '修桥'",
            "/lines/0/facts/0/on",
        ),
        (
            "UPDATE period SET rulebook_text = replace(rulebook_text, 'points = 10', 'points = 11')",
            "the frozen rulebook has the hash",
        ),
        (
            "UPDATE period SET rulebook_text = 'key ='",
            "the frozen rulebook is unreadable",
        ),
        (
            "UPDATE period SET facts_seq = facts_seq - 1",
            "the period says facts_seq",
        ),
        ("UPDATE period SET sheets_hash = 'ab'", "the audit log"),
        (
            "UPDATE amendment SET status = 'rejected'",
            "rests on no approved amendment",
        ),
        (
            "DELETE FROM sheet WHERE amendment_id IS NOT NULL",
            "computed again",
        ),
    ] {
        let t = closed_years().await;
        tamper(&t, sql).await;

        let report = again(&t, Some("2026")).await;

        assert!(!report.ok(), "{sql}");
        let found = &report.periods[0].differences;
        assert!(
            found.iter().any(|one| one.contains(named)),
            "{sql}: {found:#?}"
        );
        t.stop().await;
    }
}
