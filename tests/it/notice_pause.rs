//! Accounts and templates that cannot send: what waits, what the office sees, and what it does.

use api::demo::world::official_account;
use serde_json::{Value, json};
use tests::TestApp;
use wechat::sim::Fault;

use super::notice::{follow, sends, sheet, start, told};

const SEND: &str = "/cgi-bin/message/template/send";

async fn pauses(t: &TestApp) -> Vec<Value> {
    t.see("office", "/wechat/pauses").await["items"]
        .as_array()
        .unwrap()
        .clone()
}

#[actix_web::test]
async fn an_account_that_cannot_send_waits_and_the_office_reads_why_and_lets_it_go_on() {
    let t = start().await;
    follow(&t, &[("chen", 0), ("ding", 0), ("bo", 0)]).await;
    t.sim.handle.fault(Fault::errcode(40164).on(SEND).always());
    let before = sends(&t);
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    t.pass_minutes(30);
    t.run_jobs().await;

    assert!(sends(&t) - before <= 5, "{}", sends(&t) - before);
    let seen = sheet(&t, &activity).await;
    assert_eq!(told(&seen, "陈晨", "official_account")["state"], "pending");
    assert_eq!(told(&seen, "陈晨", "official_account")["attempts"], 0);
    assert_eq!(told(&seen, "陈晨", "phone"), &Value::Null);
    let stopped = pauses(&t).await;
    assert_eq!(stopped.len(), 1, "{stopped:?}");
    assert_eq!(
        (
            &stopped[0]["app_id"],
            &stopped[0]["code"],
            &stopped[0]["cause"]
        ),
        (
            &json!(official_account(0)),
            &json!(40164),
            &json!("configuration")
        )
    );
    assert!(
        stopped[0]["advice"].as_str().unwrap().contains("IP 白名单"),
        "{stopped:?}"
    );
    assert!(stopped[0]["waiting"].as_u64().unwrap() >= 3);
    assert_eq!(stopped[0]["until"], Value::Null);
    assert_eq!(t.get("chen", "/wechat/pauses").await.0, 403);

    t.sim.handle.clear_faults();
    let id = stopped[0]["id"].as_str().unwrap();
    let path = format!("/wechat/pauses/{id}/resume");
    t.act("office", &path, json!({})).await;
    t.act("office", &path, json!({})).await;
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    for name in ["陈晨", "丁宁", "薄文"] {
        let row = told(&seen, name, "official_account");
        assert_eq!(row["state"], "delivered", "{name}");
    }
    assert_eq!(t.sim.handle.phone("chen").len(), 1);
    assert_eq!(pauses(&t).await.len(), 0);
    assert_eq!(
        t.see("auditor", "/audit?operation=pause_resume&outcome=done")
            .await["total"],
        1
    );
}

#[actix_web::test]
async fn what_waits_for_a_day_is_phoned() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim.handle.fault(Fault::errcode(48001).on(SEND).always());
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    t.pass_minutes(24 * 60 - 1);
    t.run_jobs().await;
    let seen = sheet(&t, &activity).await;
    assert_eq!(told(&seen, "陈晨", "phone"), &Value::Null);

    t.pass_minutes(1);
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    let row = told(&seen, "陈晨", "official_account");
    assert_eq!(
        (&row["state"], &row["reason"]),
        (&json!("failed"), &json!("expired"))
    );
    assert_eq!(told(&seen, "陈晨", "phone")["state"], "pending");
}

#[actix_web::test]
async fn a_template_wechat_does_not_know_is_tried_three_times_more_and_then_stopped_alone() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim.handle.fault(
        Fault::errcode(40037)
            .on(SEND)
            .of(&official_account(0))
            .always(),
    );
    let before = sends(&t);
    let activity = t.activity("季度学习").await;
    for _ in 0..40 {
        t.run_jobs().await;
        t.pass_minutes(1);
    }

    // Two follow: each of four tries is made by both.
    assert!(
        (4..=8).contains(&(sends(&t) - before)),
        "{}",
        sends(&t) - before
    );
    let stopped = pauses(&t).await;
    assert_eq!(stopped.len(), 1, "{stopped:?}");
    assert_eq!(
        (&stopped[0]["cause"], &stopped[0]["until"]),
        (&json!("template"), &Value::Null)
    );
    assert_eq!(
        stopped[0]["template_id"],
        format!("activity_published-{}", official_account(0))
    );
    let seen = sheet(&t, &activity).await;
    assert_eq!(told(&seen, "陈晨", "official_account")["state"], "pending");

    // Another template of the account still works.
    t.sim.handle.clear_faults();
    t.act(
        "alice",
        &format!("/activities/{activity}/remind"),
        json!({}),
    )
    .await;
    t.run_jobs().await;
    assert_eq!(t.sim.handle.phone("chen").len(), 1);
}

#[actix_web::test]
async fn what_was_not_sent_of_an_activity_that_is_cancelled_is_never_sent() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim.handle.fault(Fault::errcode(48001).on(SEND).always());
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    t.pass_minutes(1);
    t.act(
        "alice",
        &format!("/activities/{activity}/cancel"),
        json!({ "reason": "大雨" }),
    )
    .await;
    t.run_jobs().await;

    t.sim.handle.clear_faults();
    for pause in pauses(&t).await {
        let path = format!("/wechat/pauses/{}/resume", pause["id"].as_str().unwrap());
        t.act("office", &path, json!({})).await;
    }
    t.run_jobs().await;

    let titles: Vec<_> = t
        .sim
        .handle
        .phone("chen")
        .iter()
        .map(|one| one.title.clone())
        .collect();
    assert_eq!(titles, ["活动取消通知"]);
    let all = sheet(&t, &activity).await;
    let first = all["notices"].as_array().unwrap().last().unwrap()["id"].clone();
    let path = format!(
        "/activities/{activity}/deliveries?notice_id={}",
        first.as_str().unwrap()
    );
    let seen = t.see("alice", &path).await;
    let row = told(&seen, "陈晨", "official_account");
    assert_eq!(
        (&row["state"], &row["reason"]),
        (&json!("skipped"), &json!("superseded"))
    );
    assert_eq!(told(&seen, "丁宁", "phone")["state"], "skipped");
    assert_eq!(told(&all, "丁宁", "phone")["state"], "pending");
}

#[actix_web::test]
async fn the_office_puts_a_template_in_force_that_the_account_has() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    let app_id = official_account(0);
    let path = format!("/wechat/templates/{app_id}/activity_published");
    let other = format!("reply_reminder-{app_id}");
    let body = |template: &str, fields: Value| json!({ "channel": "official_account", "template_id": template, "fields": fields });
    let full = json!({ "thing1": "title", "time2": "time", "thing3": "remark" });
    for (template, fields, code) in [
        ("made-up", full.clone(), "unknown_template"),
        (
            other.as_str(),
            json!({ "thing1": "title", "time2": "time" }),
            "required",
        ),
        (
            other.as_str(),
            json!({ "thing1": "title", "time2": "time", "thing3": "remark", "thing9": "venue" }),
            "unknown_field",
        ),
        (
            other.as_str(),
            json!({ "thing1": "weather" }),
            "unknown_value",
        ),
    ] {
        let (status, problem) = t.put("office", &path, body(template, fields)).await;
        assert_eq!(
            (status, &problem["errors"][0]["code"]),
            (422, &json!(code)),
            "{problem}"
        );
    }
    assert_eq!(
        t.put("leader", &path, body(&other, full.clone())).await.0,
        403
    );
    let elsewhere = "/wechat/templates/wxnobody/activity_published";
    assert_eq!(
        t.put("office", elsewhere, body(&other, full.clone()))
            .await
            .0,
        404
    );

    for _ in 0..2 {
        let (status, said) = t.put("office", &path, body(&other, full.clone())).await;
        assert_eq!((status, &said["by_office"]), (200, &json!(true)), "{said}");
    }
    t.activity("季度学习").await;
    t.run_jobs().await;
    assert_eq!(t.sim.handle.phone("chen")[0].title, "活动报名提醒");

    // Without a template nobody is told this way.
    let (status, _) = t.put("office", &path, body("", json!({}))).await;
    assert_eq!(status, 200);
    let second = t.activity("第二次").await;
    t.run_jobs().await;
    let seen = sheet(&t, &second).await;
    assert_eq!(told(&seen, "陈晨", "official_account"), &Value::Null);
    let all = t.see("auditor", "/wechat/templates").await;
    let items = all["items"].as_array().unwrap();
    let one = items
        .iter()
        .find(|one| one["app_id"] == app_id.as_str() && one["purpose"] == "activity_published")
        .unwrap();
    assert_eq!(
        (&one["template_id"], &one["by_office"]),
        (&Value::Null, &json!(true))
    );
}
