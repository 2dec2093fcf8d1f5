//! Duty records: declared, checked, verified by a second person, and taken back.

mod joint;
mod kinds;

use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;

/// Puts a rulebook in force from this year on, the way an office does.
pub async fn adopt(t: &TestApp, text: &str) {
    let draft = t.act("office", "/rulebooks", json!({ "text": text })).await;
    let path = format!("/rulebooks/{}", draft["id"].as_str().unwrap());
    let from = json!({ "effective_from": "2026-01-01" });
    t.act("office", &format!("{path}/propose"), from).await;
    let document = json!({ "document": "邢东协〔2026〕1 号" });
    t.act("leader", &format!("{path}/adopt"), document).await;
}

/// The rules of 桐城: a proposal is worth 10, filed 15 more, half to the first signer.
pub const TONGCHENG: &str = include_str!("../../domain/rulebooks/tongcheng.toml");

fn proposal(title: &str) -> Value {
    json!({ "kind": "proposal", "title": title, "content": "建议修路。", "done_on": "2026-09-10" })
}

async fn declare(t: &TestApp, who: &str, title: &str) -> String {
    let mut body = proposal(title);
    body["submit"] = json!(true);
    let record = t.act(who, "/duty-records", body).await;
    record["id"].as_str().expect("an id").to_owned()
}

async fn total(t: &TestApp, who: &str) -> Value {
    t.see(who, "/me/score?period=2026").await["total"].clone()
}

#[actix_web::test]
async fn a_record_counts_once_staff_verified_it() {
    let t = TestApp::start().await;

    let draft = t
        .act("chen", "/duty-records", proposal("关于修路的提案"))
        .await;
    assert_eq!(
        (&draft["status"], &draft["version"]),
        (&json!("draft"), &json!(1))
    );
    let path = format!("/duty-records/{}", draft["id"].as_str().unwrap());
    t.act("chen", &format!("{path}/submit"), json!({})).await;
    assert_eq!(total(&t, "chen").await, "0");
    t.act("alice", &format!("{path}/check"), json!({})).await;
    let verified = t.act("staff1", &format!("{path}/verify"), json!({})).await;

    assert_eq!(verified["status"], "verified");
    assert_eq!(verified["verified_by_name"], "staff1");
    assert_eq!(total(&t, "chen").await, "20");
    let (status, problem) = t.post("staff1", &format!("{path}/verify"), json!({})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
}

#[actix_web::test]
async fn nobody_verifies_what_he_declared_himself() {
    let t = TestApp::start().await;
    let mut body = proposal("关于修桥的提案");
    body["member_id"] = json!(t.members["chen"]);
    body["submit"] = json!(true);
    let record = t.act("office", "/duty-records", body).await;
    assert_eq!(record["declared_by_name"], "office");
    let path = format!("/duty-records/{}", record["id"].as_str().unwrap());

    let (status, problem) = t.post("office", &format!("{path}/verify"), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    t.act("office2", &format!("{path}/verify"), json!({})).await;

    let own = declare(&t, "alice", "召集人自己的提案").await;
    let (status, problem) = t
        .post("alice", &format!("/duty-records/{own}/check"), json!({}))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
}

#[actix_web::test]
async fn a_verified_record_found_wrong_loses_its_points_and_can_be_mended() {
    let t = TestApp::start().await;
    let id = declare(&t, "chen", "关于修路的提案").await;
    let path = format!("/duty-records/{id}");
    t.act("staff1", &format!("{path}/verify"), json!({})).await;

    t.pass_minutes(1);
    let reason = json!({ "reason": "并非本人提交" });
    let (status, _) = t
        .post("alice", &format!("{path}/reverse"), reason.clone())
        .await;
    assert_eq!(status, 403);
    let record = t
        .act("staff1", &format!("{path}/reverse"), reason.clone())
        .await;

    assert_eq!(
        (&record["status"], &record["status_reason"]),
        (&json!("returned"), &json!("并非本人提交"))
    );
    let sheet = t.see("chen", "/me/score?period=2026").await;
    assert_eq!(sheet["total"], "0");
    let reasons: Vec<_> = sheet["unused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["reason"].clone())
        .collect();
    assert_eq!(reasons, ["reversed", "reversal"]);
    assert_eq!(
        t.post("staff1", &format!("{path}/reverse"), reason.clone())
            .await
            .0,
        409
    );

    t.act("chen", &format!("{path}/submit"), json!({})).await;
    t.act("staff1", &format!("{path}/verify"), json!({})).await;
    assert_eq!(total(&t, "chen").await, "20");
    t.act("staff1", &format!("{path}/reverse"), reason).await;
    assert_eq!(total(&t, "chen").await, "0");
}

#[actix_web::test]
async fn the_day_lies_in_the_term_and_not_in_the_future() {
    let t = TestApp::start().await;
    for (day, code) in [("2026-09-15", "in_future"), ("2021-12-31", "outside_term")] {
        let mut body = proposal("提案");
        body["done_on"] = json!(day);
        let (status, problem) = t.post("chen", "/duty-records", body).await;
        assert_eq!(
            (status, &problem["errors"][0]["code"]),
            (422, &json!(code)),
            "{problem}"
        );
    }
    let mut body = proposal("提案");
    body["evidence_ids"] = json!([uuid::Uuid::nil()]);
    let (status, problem) = t.post("chen", "/duty-records", body).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/evidence_ids/0"))
    );
}

#[actix_web::test]
async fn a_member_declares_for_himself_only_and_sees_only_his_own() {
    let t = TestApp::start().await;
    let mut body = proposal("替别人填");
    body["member_id"] = json!(t.members["ding"]);
    assert_eq!(t.post("chen", "/duty-records", body.clone()).await.0, 403);
    body["member_id"] = json!(t.members["gao"]);
    assert_eq!(t.post("chen", "/duty-records", body).await.0, 404);

    let id = declare(&t, "chen", "关于修路的提案").await;
    for (who, status) in [
        ("chen", 200),
        ("alice", 200),
        ("staff1", 200),
        ("leader", 200),
        ("ding", 404),
        ("fang", 404),
        ("staff2", 404),
        ("x-office", 404),
    ] {
        assert_eq!(
            t.get(who, &format!("/duty-records/{id}")).await.0,
            status,
            "{who}"
        );
    }
    assert_eq!(t.see("ding", "/duty-records").await["total"], 0);
    assert_eq!(
        t.see(
            "alice",
            "/duty-records?status=submitted&kind=proposal&from=2026-09-10&to=2026-09-10"
        )
        .await["total"],
        1
    );
    assert_eq!(t.get("alice", "/duty-records?stage=1").await.0, 400);
}

#[actix_web::test]
async fn the_same_thing_filed_twice_is_shown_as_a_possible_duplicate() {
    let t = TestApp::start().await;
    let first = declare(&t, "chen", "关于修路的提案").await;
    let other = declare(&t, "ding", "关于修路的提案").await;

    let again = t
        .act("chen", "/duty-records", proposal("关于修路 的提案。"))
        .await;

    assert_eq!(again["possible_duplicates"], json!([first]));
    assert_eq!(
        t.see("ding", &format!("/duty-records/{other}")).await["possible_duplicates"],
        json!([])
    );
}

#[actix_web::test]
async fn an_edit_that_is_late_is_refused() {
    let t = TestApp::start().await;
    let draft = t
        .act("chen", "/duty-records", proposal("关于修路的提案"))
        .await;
    let path = format!("/duty-records/{}", draft["id"].as_str().unwrap());

    let edited = t
        .patch("chen", &path, json!({ "title": "关于修桥的提案" }))
        .await
        .1;
    assert_eq!(
        (&edited["title"], &edited["version"]),
        (&json!("关于修桥的提案"), &json!(2))
    );
    let stale = t
        .client
        .http()
        .request(Method::PATCH, t.client.url(&path))
        .bearer_auth(t.token("chen").await)
        .header("If-Match", "\"1\"")
        .json(&json!({ "title": "关于修塔的提案" }))
        .send()
        .await
        .unwrap();

    assert_eq!(stale.status().as_u16(), 412);
    assert_eq!(
        t.patch("office", &path, json!({ "title": "办公室代改" }))
            .await
            .0,
        403
    );
    t.act("chen", &format!("{path}/submit"), json!({})).await;
    assert_eq!(
        t.patch("chen", &path, json!({ "title": "提交后再改" }))
            .await
            .0,
        409
    );
}
