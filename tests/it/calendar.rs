//! The activity days as the office sees and confirms them.

use serde_json::json;
use tests::TestApp;

#[actix_web::test]
async fn mid_autumn_2026_shifts_the_proposal_to_thursday_and_keeps_the_rule_date() {
    let t = TestApp::start().await;

    let days = t.see("office", "/calendar/activity-days?year=2026").await;

    assert_eq!(days[2]["quarter"], "2026-Q3");
    assert_eq!(days[2]["rule_date"], "2026-09-25");
    assert_eq!(days[2]["status"], "holiday");
    assert_eq!(days[2]["proposed_date"], "2026-09-24");
    assert_eq!(days[2]["confirmed_date"], json!(null));
}

#[actix_web::test]
async fn a_year_without_a_table_is_unconfirmed_and_never_a_workday() {
    let t = TestApp::start().await;

    let days = t.see("chen", "/calendar/activity-days?year=2027").await;

    for day in days.as_array().unwrap() {
        assert_eq!(day["status"], "unconfirmed", "{day}");
    }
    assert_eq!(days[3]["rule_date"], "2027-12-31");
}

#[actix_web::test]
async fn another_date_than_the_rule_date_needs_a_reason() {
    let t = TestApp::start().await;
    let path = "/calendar/activity-days/2026-Q3";

    let (status, problem) = t
        .put("office", path, json!({ "confirmed_date": "2026-09-24" }))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/reason"))
    );

    let (status, day) = t
        .put(
            "office",
            path,
            json!({ "confirmed_date": "2026-09-24", "reason": "中秋节放假" }),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        (&day["rule_date"], &day["confirmed_date"]),
        (&json!("2026-09-25"), &json!("2026-09-24"))
    );
    assert_eq!(
        t.see("chen", "/calendar/activity-days?year=2026").await[2]["reason"],
        "中秋节放假"
    );
}

#[actix_web::test]
async fn a_date_outside_the_quarter_and_a_quarter_that_is_none_are_refused() {
    let t = TestApp::start().await;

    let body = json!({ "confirmed_date": "2026-10-09", "reason": "改期" });
    assert_eq!(
        t.put("office", "/calendar/activity-days/2026-Q3", body.clone())
            .await
            .0,
        422
    );
    for quarter in ["2026-Q5", "2026-q3", "２０２６-Q3", "26-Q3"] {
        assert_eq!(
            t.put(
                "office",
                &format!("/calendar/activity-days/{quarter}"),
                body.clone()
            )
            .await
            .0,
            404,
            "{quarter}"
        );
    }
}
