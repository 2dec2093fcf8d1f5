//! Reviews: proposed by the rules, settled and confirmed by two, published, objected to, decided by
//! people; and nobody's membership changes by it.

mod decision;
mod nomination;
mod publication;
mod stage;

use serde_json::{Value, json};

use stage::{Stage, code, names, row};

#[actix_web::test]
async fn the_rules_propose_with_reasons_places_and_ties_and_exclude_whom_they_exclude() {
    let s = Stage::closed().await;

    let review = s.review("model").await;

    assert_eq!(
        (&review["status"], &review["provisional"], &review["title"]),
        (&json!("draft"), &json!(false), &json!("2025 年优秀委员"))
    );
    assert_eq!(review["places"][""], json!({ "base": 9, "places": 3 }));
    assert_eq!(review["candidates"].as_array().unwrap().len(), 9);
    let outcome = |name: &str| row(&review, name)["outcome"].clone();
    assert_eq!([outcome("陈晨"), outcome("高山")], ["in", "in"]);
    assert_eq!([outcome("金秋"), outcome("孔明亮")], ["tied", "tied"]);
    let excluded = row(&review, "丁宁");
    assert_eq!(
        (&excluded["outcome"], &excluded["eligible"]),
        (&json!("out"), &json!(false))
    );
    let reason = &excluded["reasons"][0];
    assert_eq!(reason["clause"], "第三条");
    assert!(
        reason["text"].as_str().unwrap().contains("不参评"),
        "{reason}"
    );
    assert_eq!(reason["facts"].as_array().unwrap().len(), 1);
    // Above the threshold he would be eligible; there is no place for him.
    assert_eq!(row(&review, "艾丽丝")["eligible"], json!(false));
    assert_eq!(names(&review), ["陈晨", "高山"]);

    let again = json!({ "key": "model", "period": "2025" });
    let (status, problem) = s.t.post("office", "/reviews", again).await;
    assert_eq!(
        (status, code(&problem)),
        (409, "review_exists"),
        "{problem}"
    );
    let unknown = json!({ "key": "nothing", "period": "2025" });
    let (status, problem) = s.t.post("office", "/reviews", unknown).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/key"))
    );
}

#[actix_web::test]
async fn a_tie_is_decided_with_a_reason_before_the_list_is_settled_and_both_are_shown() {
    let s = Stage::closed().await;
    let review = s.review("model").await;
    let path = stage::path(&review);
    assert_eq!(
        s.refused("office", &path, "settle", json!({})).await,
        "ties_open"
    );

    s.put(&review, "金秋", true).await;
    assert_eq!(
        s.refused("office", &path, "settle", json!({})).await,
        "ties_open"
    );
    s.put(&review, "孔明亮", true).await;
    assert_eq!(
        s.refused("office", &path, "settle", json!({})).await,
        "places_full"
    );
    let seen = s.put(&review, "孔明亮", false).await;

    assert_eq!(names(&seen), ["陈晨", "高山", "金秋"]);
    let tied = row(&seen, "金秋");
    assert_eq!(
        (
            &tied["outcome"],
            &tied["listed"],
            &tied["settlement"]["reason"]
        ),
        (&json!("tied"), &json!(true), &json!("研究确定"))
    );
    let settled =
        s.t.act("office", &format!("{path}/settle"), json!({}))
            .await;
    assert_eq!(settled["status"], "settled");
    let (status, problem) =
        s.t.put(
            "office",
            &stage::candidate(&settled, "金秋"),
            stage::settlement(false),
        )
        .await;
    assert_eq!((status, code(&problem)), (409, "wrong_step"));

    // What was settled stays over a new computation that proposes the same.
    let reason = json!({ "reason": "补充材料" });
    s.t.act("office", &format!("{path}/return"), reason).await;
    let fresh =
        s.t.act("office", &format!("{path}/refresh"), json!({}))
            .await;
    assert_eq!(names(&fresh), ["陈晨", "高山", "金秋"]);
}

#[actix_web::test]
async fn a_list_is_confirmed_by_somebody_who_neither_prepared_it_nor_stands_on_it() {
    let s = Stage::closed().await;
    let review = s.settled("model").await;
    let path = stage::path(&review);
    assert_eq!(
        s.refused("office", &path, "confirm", json!({})).await,
        "second_person_required"
    );
    s.is("office2", "chen").await;
    assert_eq!(
        s.refused("office2", &path, "confirm", json!({})).await,
        "second_person_required"
    );
    assert_eq!(
        s.refused("office", &path, "publish", json!({})).await,
        "wrong_step"
    );
    s.is_nobody("office2").await;

    let confirmed =
        s.t.act("office2", &format!("{path}/confirm"), json!({}))
            .await;

    assert_eq!(confirmed["status"], "confirmed");
    assert_eq!(confirmed["acts"]["confirm"]["by"], "office2");
}

#[actix_web::test]
async fn a_reopened_period_makes_a_review_stale_and_it_cannot_go_on() {
    let s = Stage::closed().await;
    let review = s.confirmed("model").await;
    let path = stage::path(&review);
    assert_eq!(review["basis"]["stale"], Value::Null);

    s.reopen("2025").await;

    let seen = s.t.see("office", &path).await;
    assert_eq!(seen["basis"]["stale"], "考核期已重新打开");
    assert_eq!(
        s.refused("office", &path, "publish", json!({})).await,
        "review_stale"
    );
    s.facts("alice", 2025, 9).await;
    s.close("2025").await;
    let seen = s.t.see("office", &path).await;
    assert_eq!(seen["basis"]["stale"], "1 人的结果已变化：艾丽丝");
    let reason = json!({ "reason": "结果更正" });
    s.t.act("office", &format!("{path}/return"), reason).await;
    let fresh =
        s.t.act("office", &format!("{path}/refresh"), json!({}))
            .await;
    assert_eq!(fresh["basis"]["stale"], Value::Null);
    assert_eq!(names(&fresh)[0], "艾丽丝");
    assert_ne!(
        fresh["basis"]["sheets_hash"],
        review["basis"]["sheets_hash"]
    );
}

#[actix_web::test]
async fn an_open_period_gives_a_provisional_review_that_is_never_published() {
    let s = Stage::closed().await;
    let body = json!({ "key": "model", "period": "2026" });
    let review = s.t.act("office", "/reviews", body).await;
    assert_eq!(review["provisional"], json!(true));
    let path = stage::path(&review);
    s.t.act("office", &format!("{path}/settle"), json!({}))
        .await;
    s.t.act("office2", &format!("{path}/confirm"), json!({}))
        .await;

    assert_eq!(
        s.refused("office", &path, "publish", json!({})).await,
        "review_provisional"
    );
    let reason = json!({ "reason": "待结账后办理" });
    let ended = s.t.act("office", &format!("{path}/cancel"), reason).await;
    assert_eq!(ended["status"], "cancelled");
    let body = json!({ "key": "model", "period": "2026" });
    assert_eq!(s.t.post("office", "/reviews", body).await.0, 201);
}

#[actix_web::test]
async fn before_it_is_published_a_review_is_nobodys_but_the_offices() {
    let s = Stage::closed().await;
    let path = stage::path(&s.review("model").await);
    for (who, status) in [
        ("office2", 200),
        ("leader", 200),
        ("auditor", 200),
        ("chen", 404),
        ("alice", 404),
        ("staff1", 404),
        ("admin", 404),
        ("x-office", 404),
        ("x-zhu", 404),
    ] {
        assert_eq!(s.t.get(who, &path).await.0, status, "{who}");
    }
    assert_eq!(s.t.see("chen", "/reviews").await["total"], 0);
    assert_eq!(s.t.see("auditor", "/reviews").await["total"], 1);
    assert_eq!(s.t.see("x-office", "/reviews").await["total"], 0);
    for step in [
        "settle", "confirm", "publish", "present", "cancel", "refresh",
    ] {
        assert_eq!(
            s.t.post("x-office", &format!("{path}/{step}"), json!({}))
                .await
                .0,
            404
        );
        assert_eq!(
            s.t.post("leader", &format!("{path}/{step}"), json!({}))
                .await
                .0,
            403
        );
    }
}
