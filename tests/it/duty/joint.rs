//! One thing of several signers, what becomes of it, and what it is converted to.

use serde_json::{Value, json};
use tests::TestApp;

use super::{TONGCHENG, adopt, proposal};

/// A proposal of chen, ding and gao, submitted by chen.
async fn signed(t: &TestApp) -> Value {
    let mut body = proposal("关于修路的提案");
    body["reference_no"] = json!("2026-012");
    body["submit"] = json!(true);
    body["signers"] = json!([
        { "member_id": t.members["chen"] },
        { "member_id": t.members["ding"] },
        { "member_id": t.members["bo"] },
    ]);
    t.act("chen", "/duty-records", body).await
}

fn path(record: &Value) -> String {
    format!("/duty-records/{}", record["id"].as_str().unwrap())
}

async fn totals(t: &TestApp) -> [String; 3] {
    let mut totals = Vec::new();
    for who in ["chen", "ding", "bo"] {
        let sheet = t.see(who, "/me/score?period=2026").await;
        totals.push(sheet["total"].as_str().unwrap().to_owned());
    }
    totals.try_into().unwrap()
}

#[actix_web::test]
async fn a_joint_proposal_is_one_thing_that_each_signer_has_a_share_of() {
    let t = TestApp::start().await;
    adopt(&t, TONGCHENG).await;

    let record = signed(&t).await;

    let signers: Vec<_> = record["signers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["role"].as_str().unwrap(),
                one["place"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        signers,
        [
            ("陈晨", "first", 1),
            ("丁宁", "signer", 2),
            ("薄文", "signer", 3)
        ]
    );
    assert_eq!(
        record["attributes"],
        json!({ "form": "joint", "place": 1, "role": "first", "signers": 3 })
    );
    assert_eq!(totals(&t).await, ["0", "0", "0"]);
    // bo signed it: as convener he does not check it.
    let (status, problem) = t
        .post("bo", &format!("{}/check", path(&record)), json!({}))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("second_person_required"))
    );
    t.act("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;

    assert_eq!(totals(&t).await, ["5", "2.5", "2.5"]);
    let own = t.see("ding", "/duty-records").await;
    assert_eq!(own["items"][0]["status"], "verified");
    assert_eq!(own["items"][0]["thing_id"], record["thing_id"]);
    let (status, _) = t
        .post(
            "staff1",
            &format!("{}/verify", path(&own["items"][0])),
            json!({}),
        )
        .await;
    assert_eq!(status, 409, "all were verified together");
}

#[actix_web::test]
async fn a_stage_is_added_for_every_signer_and_the_sheet_says_what_happened() {
    let t = TestApp::start().await;
    adopt(&t, TONGCHENG).await;
    let record = signed(&t).await;
    let stage = format!("{}/stage", path(&record));
    let filed = json!({ "add": ["filed"], "document": "提案委〔2026〕3 号" });
    assert_eq!(
        t.post("staff1", &stage, filed.clone()).await.0,
        409,
        "not yet verified"
    );
    t.act("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;
    t.pass_minutes(1);

    for (who, status) in [
        ("chen", 403),
        ("alice", 403),
        ("gao", 404),
        ("x-office", 404),
    ] {
        assert_eq!(t.post(who, &stage, filed.clone()).await.0, status, "{who}");
    }
    let told = t.act("staff1", &stage, filed.clone()).await;
    assert_eq!(told["attributes"]["stage"], json!(["filed"]));
    assert_eq!(told["progress"][0]["document"], "提案委〔2026〕3 号");
    assert_eq!(totals(&t).await, ["12.5", "6.25", "6.25"]);
    let sheet = t.see("chen", "/me/score?period=2026").await;
    let reasons: Vec<_> = sheet["unused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["reason"].clone())
        .collect();
    assert_eq!(reasons, ["reversed", "reversal"]);
    let line = sheet["lines"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["key"] == "proposals")
        .unwrap();
    assert_eq!(
        line["facts"][0]["arithmetic"],
        "(10 分 + 15 分) × 0.5 = 12.5 分"
    );

    let version = told["version"].clone();
    let again = t.act("office", &stage, filed).await;
    assert_eq!(again["version"], version, "a second tap changes nothing");
    let (status, problem) = t
        .post("office", &stage, json!({ "add": ["not_filed"] }))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("contradiction"))
    );
    let (status, problem) = t
        .post("office", &stage, json!({ "add": ["praised"] }))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("unknown_word"))
    );

    t.act(
        "office",
        &format!("{}/reverse", path(&record)),
        json!({ "reason": "并非联名" }),
    )
    .await;
    assert_eq!(totals(&t).await, ["0", "0", "0"]);
}

#[actix_web::test]
async fn a_number_belongs_to_one_thing_of_a_kind() {
    let t = TestApp::start().await;
    let record = signed(&t).await;
    t.act("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;
    let mut body = proposal("另一件提案");
    body["reference_no"] = json!("2026-012");
    body["submit"] = json!(true);
    let other = t.act("gao", "/duty-records", body.clone()).await;

    let (status, problem) = t
        .post("staff1", &format!("{}/verify", path(&other)), json!({}))
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("reference_taken")));
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("关于修路的提案"),
        "{problem}"
    );

    body["kind"] = json!("opinion_report");
    let report = t.act("gao", "/duty-records", body).await;
    t.act("staff1", &format!("{}/verify", path(&report)), json!({}))
        .await;
    t.act(
        "staff1",
        &format!("{}/reverse", path(&record)),
        json!({ "reason": "编号有误" }),
    )
    .await;
    t.act("staff1", &format!("{}/verify", path(&other)), json!({}))
        .await;
}

#[actix_web::test]
async fn a_proposal_that_became_an_opinion_report_is_not_counted_twice() {
    let t = TestApp::start().await;
    adopt(&t, TONGCHENG).await;
    let record = signed(&t).await;
    t.act("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;
    t.pass_minutes(1);
    let mut body = json!({ "kind": "opinion_report", "title": "关于修路的信息", "done_on": "2026-09-12", "submit": true });
    body["converted_from"] = record["id"].clone();
    let hidden = t.post("gao", "/duty-records", body.clone()).await;
    assert_eq!(
        (hidden.0, &hidden.1["errors"][0]["code"]),
        (422, &json!("unknown_record"))
    );

    let report = t.act("office", "/duty-records", body.clone()).await;

    assert_eq!(report["thing_id"], record["thing_id"]);
    assert_eq!(report["signers"].as_array().unwrap().len(), 3);
    assert_eq!(totals(&t).await, ["5", "2.5", "2.5"]);
    t.act("staff1", &format!("{}/verify", path(&report)), json!({}))
        .await;
    // The report is worth more and counts instead of the proposal, not beside it.
    assert_eq!(totals(&t).await, ["10", "10", "10"]);
    let proposal = t.see("chen", &path(&record)).await;
    assert_eq!(proposal["attributes"]["stage"], json!(["converted"]));
    assert!(proposal["converted_to"].is_string());
    let sheet = t.see("chen", "/me/score?period=2026").await;
    let unused = sheet["unused"].as_array().unwrap();
    assert!(
        unused
            .iter()
            .any(|one| one["reason"] == "counted_elsewhere"),
        "{sheet}"
    );
    assert_eq!(
        t.post("office", "/duty-records", body).await.0,
        409,
        "it became one already"
    );

    t.act(
        "staff1",
        &format!("{}/reverse", path(&report)),
        json!({ "reason": "并未转办" }),
    )
    .await;
    let proposal = t.see("chen", &path(&record)).await;
    assert_eq!(proposal["attributes"]["stage"], Value::Null);
    assert_eq!(totals(&t).await, ["5", "2.5", "2.5"]);
}

#[actix_web::test]
async fn signers_are_people_the_member_may_know_and_he_is_one_of_them() {
    let t = TestApp::start().await;
    let mut body = proposal("联名提案");
    let mut refused = async |who: &str, signers: Value| {
        body["signers"] = signers;
        let (status, problem) = t.post(who, "/duty-records", body.clone()).await;
        (
            status,
            problem["errors"][0]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    let id = |who: &str| json!({ "member_id": t.members[who] });
    let wrong = |code: &str| (422, code.to_owned());
    assert_eq!(
        refused("chen", json!([id("chen"), id("gao")])).await,
        wrong("unknown_member")
    );
    assert_eq!(
        refused("chen", json!([id("chen"), id("x-zhu")])).await,
        wrong("unknown_member")
    );
    assert_eq!(
        refused("chen", json!([id("chen")])).await,
        wrong("wrong_count")
    );
    assert_eq!(
        refused("chen", json!([id("chen"), id("chen")])).await,
        wrong("duplicate")
    );
    assert_eq!(refused("chen", json!([id("ding"), id("bo")])).await.0, 403);
    assert_eq!(refused("alice", json!([id("ding"), id("bo")])).await.0, 403);
    assert_eq!(
        refused("staff1", json!([id("chen"), id("jin")])).await,
        wrong("unknown_member")
    );

    // Across groups the office declares, and no staff of one group verifies for another.
    body["signers"] = json!([id("chen"), id("jin")]);
    body["submit"] = json!(true);
    let record = t.act("office", "/duty-records", body).await;
    let (status, problem) = t
        .post("staff1", &format!("{}/verify", path(&record)), json!({}))
        .await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    t.act("office2", &format!("{}/verify", path(&record)), json!({}))
        .await;
}
