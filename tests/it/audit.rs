//! The audit log and the chains: read by auditors alone, proved whole, and broken where touched.

use api::audit::offline::{Source, verify};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tests::TestApp;

/// Some facts and some entries.
async fn history(t: &TestApp) {
    for (who, title) in [("chen", "提案一"), ("ding", "提案二")] {
        let body =
            json!({ "kind": "proposal", "title": title, "done_on": "2026-03-27", "submit": true });
        let record = t.act(who, "/duty-records", body).await;
        let path = format!("/duty-records/{}/verify", record["id"].as_str().unwrap());
        t.act("staff1", &path, json!({})).await;
    }
}

async fn tamper(t: &TestApp, sql: &str) {
    let sql = sql.to_owned();
    t.app
        .db
        .housekeeping(async |txn| {
            txn.execute_unprepared(&sql).await?;
            Ok(())
        })
        .await
        .expect("the attack succeeds");
}

async fn export(t: &TestApp) -> String {
    let request = t
        .client
        .http()
        .get(t.client.url("/audit/export"))
        .bearer_auth(t.token("auditor").await);
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    response.text().await.unwrap()
}

fn broken(seen: &Value, chain: usize) -> (u64, &str) {
    let first = &seen["chains"][chain]["first_broken"];
    (
        first["seq"].as_u64().unwrap_or(0),
        first["why"].as_str().unwrap_or(""),
    )
}

#[actix_web::test]
async fn every_change_and_every_refusal_has_its_entry() {
    let t = TestApp::start().await;
    history(&t).await;
    assert_eq!(
        t.post("chen", "/duty-records/0/verify", json!({})).await.0,
        404
    );
    assert_eq!(t.get("chen", "/audit").await.0, 403);

    let log = t.see("auditor", "/audit?operation=duty_verify").await;
    assert_eq!(
        (&log["total"], &log["items"][0]["outcome"]),
        (&json!(2), &json!("done"))
    );
    let subject = log["items"][1]["subject_id"].as_str().unwrap();
    assert_eq!(
        t.see("auditor", &format!("/audit?subject_id={subject}"))
            .await["total"],
        2
    );
    let refused = t
        .see(
            "auditor",
            "/audit?outcome=refused&from=2026-09-14&to=2026-09-14",
        )
        .await;
    let entry = &refused["items"][0];
    assert_eq!(
        (&entry["operation"], &entry["code"]),
        (&json!("audit_read"), &json!("forbidden"))
    );
    assert_eq!(t.see("auditor", "/audit?to=2026-09-13").await["total"], 0);
    let all = t.see("auditor", "/audit?limit=2").await;
    let [first, second] = [0, 1].map(|index: usize| all["items"][index]["seq"].as_u64().unwrap());
    assert_eq!(first, second + 1);
    for who in ["office", "leader", "admin"] {
        assert_eq!(t.get(who, "/audit/verify").await.0, 403, "{who}");
    }
}

#[actix_web::test]
async fn an_untouched_history_is_proved_whole() {
    let t = TestApp::start().await;
    history(&t).await;

    let seen = t.see("auditor", "/audit/verify").await;

    assert_eq!(seen["ok"], true);
    assert_eq!(
        (&seen["chains"][0]["chain"], &seen["chains"][0]["entries"]),
        (&json!("facts"), &json!(2))
    );
    assert_eq!(
        seen["chains"][1]["head"]["seq"],
        seen["chains"][1]["entries"]
    );
    assert!(verify(Source::Database(&t.app.db)).await.unwrap().ok());
}

#[actix_web::test]
async fn a_changed_entry_is_named() {
    let t = TestApp::start().await;
    history(&t).await;
    tamper(&t, "UPDATE fact SET title = '提案三' WHERE seq = 2").await;
    tamper(&t, "UPDATE audit SET actor = 'nobody' WHERE seq = 3").await;

    let seen = t.see("auditor", "/audit/verify").await;

    assert_eq!(seen["ok"], false);
    assert_eq!(broken(&seen, 0), (2, "hash_mismatch"));
    assert_eq!(broken(&seen, 1), (3, "hash_mismatch"));
    assert!(!verify(Source::Database(&t.app.db)).await.unwrap().ok());
}

#[actix_web::test]
async fn a_missing_entry_is_found_in_the_middle_and_at_the_end() {
    let t = TestApp::start().await;
    history(&t).await;
    tamper(&t, "DELETE FROM fact WHERE seq = 2").await;
    tamper(&t, "DELETE FROM audit WHERE seq = 2").await;

    let seen = t.see("auditor", "/audit/verify").await;

    assert_eq!(broken(&seen, 0), (2, "truncated"));
    assert_eq!(broken(&seen, 1), (3, "gap"));
}

#[actix_web::test]
async fn an_export_is_verified_without_the_service() {
    let t = TestApp::start().await;
    history(&t).await;
    let text = export(&t).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.ndjson");

    std::fs::write(&file, &text).unwrap();
    let report = verify(Source::Export(&file)).await.unwrap();
    assert!(report.ok(), "{report}");
    assert_eq!(report.chains.len(), 2);

    std::fs::write(&file, text.replace("提案二", "提案五")).unwrap();
    let report = verify(Source::Export(&file)).await.unwrap();
    assert_eq!(
        report.chains[0]
            .first_broken
            .as_ref()
            .map(|first| (first.seq, first.why)),
        Some((2, "hash_mismatch"))
    );
    assert!(report.to_string().contains("BROKEN at entry 2"), "{report}");

    let without_last: Vec<&str> = text.lines().collect();
    std::fs::write(&file, without_last[..without_last.len() - 1].join("\n")).unwrap();
    let report = verify(Source::Export(&file)).await.unwrap();
    assert_eq!(
        report.chains[1]
            .first_broken
            .as_ref()
            .map(|first| first.why),
        Some("truncated")
    );
    assert_eq!(
        t.see("auditor", "/audit?subject_id=export").await["total"],
        1
    );
}
