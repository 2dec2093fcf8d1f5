//! Telling those again who were not reached.

use api::demo::world::official_account;
use entity::{Scoped, identity};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{TestApp, until};
use wechat::sim::{Fault, FaultKind};

use super::notice::{follow, sheet, start, told};

const SEND: &str = "/cgi-bin/message/template/send";

fn id(row: &Value) -> String {
    row["id"].as_str().expect("a delivery").to_owned()
}

async fn resend(t: &TestApp, delivery: &str, body: Value) -> (u16, Value) {
    t.post("alice", &format!("/deliveries/{delivery}/resend"), body)
        .await
}

#[actix_web::test]
async fn who_follows_again_is_told_again() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim.handle.block(&official_account(0), "chen");
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    let seen = sheet(&t, &activity).await;
    let failed = id(told(&seen, "陈晨", "official_account"));
    let (status, problem) = resend(&t, &failed, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("conflict")),
        "{problem}"
    );

    t.sim.handle.unblock(&official_account(0), "chen");
    t.sim.handle.unfollow(&official_account(0), "chen");
    t.pass_minutes(1);
    follow(&t, &[("chen", 0)]).await;
    let openid = t.sim.handle.openid(&official_account(0), "chen");
    until("his refusal is forgotten", async || {
        t.run_jobs().await;
        identity::Entity::of(t.committee)
            .filter(identity::Column::Openid.eq(openid.as_str()))
            .filter(identity::Column::RefusedCode.is_null())
            .count(t.app.db.read())
            .await
            .expect("identities can be counted")
            == 1
    })
    .await;
    let (status, row) = resend(&t, &failed, json!({})).await;
    assert_eq!(
        (status, &row["state"], &row["resent"]),
        (200, &json!("pending"), &json!(1)),
        "{row}"
    );
    assert_eq!(resend(&t, &failed, json!({})).await.0, 409);
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    assert_eq!(
        told(&seen, "陈晨", "official_account")["state"],
        "delivered"
    );
    let call = told(&seen, "陈晨", "phone");
    assert_eq!(
        (&call["state"], &call["reason"]),
        (&json!("skipped"), &json!("resent"))
    );
    assert_eq!(t.sim.handle.phone("chen").len(), 1);
    assert_eq!(
        t.see("auditor", "/audit?operation=delivery_resend&outcome=done")
            .await["total"],
        1
    );
    assert_eq!(
        t.post("fang", &format!("/deliveries/{failed}/resend"), json!({}))
            .await
            .0,
        404
    );
}

#[actix_web::test]
async fn who_may_have_been_told_is_told_again_only_when_somebody_says_so() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim
        .handle
        .fault(Fault::new(FaultKind::HangUp).on(SEND).always());
    let activity = t.activity("季度学习").await;
    for _ in 0..12 {
        t.run_jobs().await;
        t.pass_minutes(1);
    }
    t.sim.handle.clear_faults();
    let seen = sheet(&t, &activity).await;
    let unknown = id(told(&seen, "陈晨", "official_account"));
    assert_eq!(told(&seen, "陈晨", "official_account")["state"], "unknown");

    let (status, problem) = resend(&t, &unknown, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("may_send_twice")),
        "{problem}"
    );
    let notice = seen["notice_id"].as_str().unwrap().to_owned();
    let path = format!("/notices/{notice}/resend");
    let cautious = t.act("alice", &path, json!({})).await;
    assert_eq!(
        (&cautious["resent"], &cautious["doubtful"]),
        (&json!(0), &json!(2))
    );
    let sure = t.act("alice", &path, json!({ "confirm": true })).await;
    assert_eq!(sure["resent"], 2, "{sure}");
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    assert_eq!(
        told(&seen, "陈晨", "official_account")["state"],
        "delivered"
    );
    assert_eq!(t.sim.handle.phone("chen").len(), 1);
    let path = format!("/notices/{notice}/resend");
    assert_eq!(t.post("chen", &path, json!({})).await.0, 404);
}

#[actix_web::test]
async fn a_notice_is_told_again_once_its_template_is_put_right() {
    let t = start().await;
    follow(&t, &[("chen", 0), ("ding", 0)]).await;
    t.sim.handle.fault(Fault::errcode(47003).on(SEND).always());
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    let seen = sheet(&t, &activity).await;
    assert_eq!(
        told(&seen, "陈晨", "official_account")["reason"],
        "wechat_47003"
    );
    assert_eq!(seen["summary"]["phone_needed"], 4);

    t.sim.handle.clear_faults();
    let notice = seen["notice_id"].as_str().unwrap();
    let resent = t
        .act("office", &format!("/notices/{notice}/resend"), json!({}))
        .await;
    t.run_jobs().await;

    assert_eq!(
        (&resent["resent"], &resent["unreachable"]),
        (&json!(3), &json!(1))
    );
    let seen = sheet(&t, &activity).await;
    for name in ["陈晨", "丁宁"] {
        assert_eq!(told(&seen, name, "official_account")["state"], "delivered");
    }
    assert_eq!(seen["summary"]["phone_needed"], 1);

    t.arrive(&activity).await;
    let (status, problem) = t
        .post("office", &format!("/notices/{notice}/resend"), json!({}))
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("wrong_step")));
}
