//! Which kinds there are, whom they are about, and who records them.

use entity::Scoped;
use serde_json::{Value, json};
use tests::TestApp;

use super::{TONGCHENG, adopt};
use crate::files::{AGENDA, uploaded};

/// Who records what, as a rulebook says it.
const RECORDERS: &str = r#"
[[kinds]]
key = "family_tradition"
title = "家风建设"
attributes = [{ key = "level", title = "层级", words = [{ key = "model", title = "示范" }] }]

[[recorders]]
key = "office"
title = "办公室"
records = [{ kind = "conduct" }]

[[recorders]]
key = "proposals"
title = "提案委员会"
records = [{ kind = "proposal" }]

[[recorders]]
key = "employer"
title = "所在单位"
records = [{ kind = "score" }]
"#;

fn path(record: &Value) -> String {
    format!("/duty-records/{}", record["id"].as_str().unwrap())
}

/// A document, uploaded by somebody.
async fn document(t: &TestApp, who: &str) -> String {
    uploaded(t, who, AGENDA).await
}

fn conduct(member: &str) -> Value {
    json!({ "member_id": member, "kind": "conduct", "title": "通报批评", "done_on": "2026-09-10",
            "attributes": { "finding": "criticism", "document": "邢东协办〔2026〕8 号" }, "submit": true })
}

#[actix_web::test]
async fn what_others_found_of_a_member_is_entered_by_an_organ_with_its_document() {
    let t = TestApp::start().await;
    let mut body = conduct(&t.members["chen"].to_string());
    for who in ["chen", "alice"] {
        let (status, problem) = t.post(who, "/duty-records", body.clone()).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("forbidden")),
            "{who}: {problem}"
        );
    }
    let (status, problem) = t.post("staff1", "/duty-records", body.clone()).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/evidence_ids"))
    );
    body["evidence_ids"] = json!([document(&t, "staff1").await]);
    let mut bare = body.clone();
    bare["attributes"] = json!({ "finding": "criticism" });
    let (status, problem) = t.post("staff1", "/duty-records", bare).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/attributes/document"))
    );

    let record = t.act("staff1", "/duty-records", body.clone()).await;
    let (status, _) = t
        .post("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;
    assert_eq!(status, 403, "a second person verifies it");
    t.act("office", &format!("{}/verify", path(&record)), json!({}))
        .await;
    assert_eq!(t.see("chen", &path(&record)).await["status"], "verified");
    body["member_id"] = json!(t.members["jin"]);
    assert_eq!(
        t.post("staff1", "/duty-records", body).await.0,
        404,
        "not of his groups"
    );
}

#[actix_web::test]
async fn a_group_does_things_of_its_own() {
    let t = TestApp::start().await;
    let (own, other) = (t.group(0).await, t.group(1).await);
    let good_deed = |group: &str| json!({ "group_id": group, "kind": "good_deed", "title": "为民修桥", "done_on": "2026-09-10", "submit": true });
    assert_eq!(
        t.post("chen", "/duty-records", good_deed(&own)).await.0,
        403
    );
    assert_eq!(
        t.post("alice", "/duty-records", good_deed(&other)).await.0,
        403
    );
    assert_eq!(
        t.post("staff2", "/duty-records", good_deed(&own)).await.0,
        403
    );
    assert_eq!(
        t.post(
            "office",
            "/duty-records",
            good_deed(&uuid::Uuid::nil().to_string())
        )
        .await
        .0,
        422
    );

    let record = t.act("alice", "/duty-records", good_deed(&own)).await;
    assert_eq!(
        (&record["member_id"], &record["group_name"]),
        (&Value::Null, &json!("第一活动组"))
    );
    assert_eq!(
        t.post("bo", &format!("{}/submit", path(&record)), json!({}))
            .await
            .0,
        403
    );
    t.act("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;

    let facts = entity::fact::Entity::of(t.committee)
        .all(t.app.db.read())
        .await
        .unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].group_id.map(|id| id.to_string()), Some(own));
    assert_eq!(facts[0].member_id, None);
}

#[actix_web::test]
async fn work_of_a_group_is_scored_by_its_staff_and_not_by_itself() {
    let t = TestApp::start().await;
    let work = json!({ "group_id": t.group(0).await, "kind": "group_work", "title": "年度计划按时上报",
                       "done_on": "2026-09-10", "attributes": { "item": "计划", "value": 5 } });
    assert_eq!(t.post("alice", "/duty-records", work.clone()).await.0, 403);
    let record = t.act("staff1", "/duty-records", work.clone()).await;
    assert_eq!(record["attributes"]["value"], 5);
    let mut of_member = work;
    of_member["group_id"] = Value::Null;
    of_member["member_id"] = json!(t.members["chen"]);
    let (status, problem) = t.post("staff1", "/duty-records", of_member).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/group_id"))
    );
}

#[actix_web::test]
async fn facts_are_recorded_by_the_organ_that_the_rulebook_names() {
    let t = TestApp::start().await;
    adopt(&t, &format!("{TONGCHENG}\n{RECORDERS}")).await;
    let proposal =
        json!({ "kind": "proposal", "title": "提案", "done_on": "2026-09-10", "submit": true });
    let record = t.act("chen", "/duty-records", proposal.clone()).await;

    let (status, problem) = t
        .post("office", &format!("{}/verify", path(&record)), json!({}))
        .await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    assert!(
        problem["detail"].as_str().unwrap().contains("提案委员会"),
        "{problem}"
    );
    let verified = t
        .act("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;
    assert_eq!(verified["recorder"], "proposals");
    assert_eq!(t.see("chen", "/me/score?period=2026").await["total"], "10");

    let jins = t.act("jin", "/duty-records", proposal).await;
    let (status, _) = t
        .post("staff2", &format!("{}/verify", path(&jins)), json!({}))
        .await;
    assert_eq!(status, 403, "the economic committee records no proposals");

    // Conduct is the office's; what the employer found is entered by the office in its name.
    let mut body = conduct(&t.members["chen"].to_string());
    body["evidence_ids"] = json!([document(&t, "staff1").await]);
    assert_eq!(t.post("staff1", "/duty-records", body).await.0, 403);
    let score = json!({ "member_id": t.members["chen"], "kind": "score", "title": "单位评价", "done_on": "2026-09-10",
                        "attributes": { "item": "单位评价", "value": "4.5" }, "evidence_ids": [document(&t, "office").await], "submit": true });
    let record = t.act("office", "/duty-records", score.clone()).await;
    assert_eq!(record["recorder"], "employer");
    let verified = t
        .act("office2", &format!("{}/verify", path(&record)), json!({}))
        .await;
    assert_eq!(verified["recorder"], "employer");
    let mut fine = score;
    fine["attributes"]["value"] = json!("4.555");
    let (status, problem) = t.post("office", "/duty-records", fine).await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("invalid_number"))
    );

    // A kind of the rulebook's own, which it gives to nobody, is verified by anybody who verifies.
    let own = json!({ "kind": "family_tradition", "title": "好家风", "done_on": "2026-09-10",
                      "attributes": { "level": "model" }, "submit": true });
    let record = t.act("jin", "/duty-records", own).await;
    let verified = t
        .act("staff2", &format!("{}/verify", path(&record)), json!({}))
        .await;
    assert_eq!(verified["recorder"], Value::Null);
}

#[actix_web::test]
async fn a_form_learns_the_kinds_their_words_and_what_the_caller_may_do() {
    let t = TestApp::start().await;
    adopt(&t, &format!("{TONGCHENG}\n{RECORDERS}")).await;
    let kind = async |who: &str, key: &str| {
        let kinds = t.see(who, "/duty-kinds").await;
        let kinds = kinds["items"].as_array().unwrap().clone();
        kinds.into_iter().find(|kind| kind["key"] == key).unwrap()
    };

    let proposal = kind("chen", "proposal").await;
    assert_eq!(proposal["title"], "提案");
    assert_eq!(
        proposal["attributes"][0]["words"][1],
        json!({ "key": "joint", "title": "联名" })
    );
    assert_eq!(
        (
            &proposal["may_declare"],
            &proposal["may_verify"],
            &proposal["signed"],
            &proposal["stages"]
        ),
        (&json!(true), &json!(false), &json!(true), &json!("stage"))
    );
    assert_eq!(proposal["recorders"], json!(["提案委员会"]));
    for (who, declare, verify) in [
        ("chen", false, false),
        ("office", true, true),
        ("staff1", true, false),
        ("leader", false, false),
    ] {
        let conduct = kind(who, "conduct").await;
        assert_eq!(
            (&conduct["may_declare"], &conduct["may_verify"]),
            (&json!(declare), &json!(verify)),
            "{who}"
        );
        assert_eq!(conduct["needs_document"], true);
    }
    assert_eq!(kind("office", "attendance").await["may_declare"], false);
    assert_eq!(kind("chen", "family_tradition").await["title"], "家风建设");
    assert_eq!(t.get("admin", "/duty-kinds").await.0, 403);
    let before = t.see("chen", "/duty-kinds?on=2025-06-01").await.to_string();
    assert!(
        !before.contains("family_tradition"),
        "those rules were not in force"
    );
}
