//! What a change of the rules would do to everybody, before it is made.

use serde_json::{Value, json};
use tests::TestApp;

use super::{adopted, draft, proposal, small};

#[actix_web::test]
async fn a_preview_says_who_moves_and_by_which_clause() {
    let t = TestApp::start().await;
    for (who, count) in [("chen", 2), ("ding", 1)] {
        for number in 0..count {
            proposal(&t, who, &format!("提案 {number}")).await;
        }
    }
    let first = adopted(&t, &small(1, "10", "20"), "2026-01-01").await;
    let second = draft(&t, &small(2, "30", "50")).await;
    let audit = async || t.see("auditor", "/audit").await["total"].clone();
    let entries = audit().await;

    // The draft against what is in force.
    let seen = t
        .act("leader", &format!("{second}/preview"), json!({}))
        .await;

    assert_eq!(
        (&seen["period"], &seen["moved"]),
        (&json!("2026"), &json!(0))
    );
    let of = |seen: &Value, name: &str| -> Value {
        let people = seen["people"].as_array().unwrap();
        people
            .iter()
            .find(|one| one["name"] == name)
            .unwrap()
            .clone()
    };
    let chen = of(&seen, "陈晨");
    assert_eq!(
        (
            &chen["before"]["total"],
            &chen["after"]["total"],
            &chen["after"]["grade"]
        ),
        (&json!("20"), &json!("60"), &json!("合格"))
    );
    assert_eq!(
        chen["changes"][0]["after"],
        json!({ "points": "60", "text": "2 件 × 30 分 = 60 分" })
    );
    assert_eq!(
        audit().await.as_u64(),
        entries.as_u64().map(|count| count + 1)
    );

    // Numbers of the version changed: ding passes too.
    let changes = json!({ "changes": { "/rules/0/points": "20" } });
    let seen = t.act("office", &format!("{first}/preview"), changes).await;
    assert_eq!(seen["moved"], 1);
    let moved: Vec<_> = seen["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["moved"] == json!(true))
        .map(|one| {
            (
                one["before"]["grade"].clone(),
                one["after"]["grade"].clone(),
            )
        })
        .collect();
    assert_eq!(moved, [(json!("不合格"), json!("合格"))]);
    let transition = &seen["transitions"][0];
    assert_eq!(
        (
            &transition["from"],
            &transition["to"],
            &transition["people"]
        ),
        (&json!("不合格"), &json!("合格"), &json!(1))
    );
    assert_eq!(
        (
            &seen["clauses"][0]["clause"],
            &seen["clauses"][0]["people"],
            &seen["clauses"][0]["moved"]
        ),
        (&json!("第一条"), &json!(2), &json!(1))
    );

    // Another text held against the version, and against the one that is shipped.
    let text = json!({ "text": small(1, "1", "20") });
    let seen = t
        .act("auditor", &format!("{first}/preview"), text.clone())
        .await;
    assert_eq!(of(&seen, "陈晨")["after"]["total"], "2");
    t.act("office", "/rulebooks/default/preview", text).await;
    // Nothing was kept of it.
    assert_eq!(t.see("office", "/rulebooks").await["total"], 3);
    assert_eq!(t.see("chen", "/me/score").await["total"], "20");
}

#[actix_web::test]
async fn a_preview_refuses_what_is_no_rulebook() {
    let t = TestApp::start().await;
    let path = draft(&t, &small(1, "10", "20")).await;
    for (body, pointer) in [
        (
            json!({ "changes": { "/rules/7/points": "3" } }),
            "/changes/~1rules~17~1points",
        ),
        (
            json!({ "changes": { "/rules/0/points": "viel" } }),
            "/changes/~1rules~10~1points",
        ),
        (
            json!({ "changes": { "/rules/0/part": "nowhere" } }),
            "/changes/~1rules~10~1part",
        ),
        (json!({ "text": "key = 1" }), "/text"),
        (
            json!({ "text": small(1, "1", "2"), "changes": {} }),
            "/changes",
        ),
        (json!({ "period": "26" }), "period"),
    ] {
        let (status, problem) = t.post("office", &format!("{path}/preview"), body).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{problem}"
        );
    }
}
