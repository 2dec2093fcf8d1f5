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

/// The names of those to whom one of the notices of an activity was addressed.
async fn addressed(t: &TestApp, activity: &str, purpose: &str) -> Vec<String> {
    let notices = sheet(t, activity).await["notices"].clone();
    let notice = notices
        .as_array()
        .unwrap()
        .iter()
        .find(|notice| notice["purpose"] == purpose);
    let notice = notice.unwrap_or_else(|| panic!("{purpose}: {notices}"));
    let path = format!("/activities/{activity}/deliveries?notice_id={}", id(notice));
    let seen = t.see("staff1", &path).await;
    let items = seen["items"].as_array().unwrap().iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn that_an_activity_moved_is_told_to_exactly_those_who_were_told_of_it() {
    let t = start().await;
    follow(&t, &[("chen", 0), ("bo", 0)]).await;
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    let before = addressed(&t, &activity, "activity_published").await;
    assert_eq!(before.len(), 4);
    let seen = |who: &str| t.sim.handle.phone(who).len();
    let (chen, bo, gao) = (seen("chen"), seen("bo"), seen("gao"));

    // One comes into the group, and one who was told goes to another.
    let sectors = t.see("office", "/sectors").await;
    let new = json!({
        "name": "林立", "phone": "10000000077", "sector_id": sectors["items"][0]["id"],
        "group_id": t.group(0).await, "position": "member",
    });
    t.act("office", "/members", new).await;
    let path = format!("/members/{}", t.members["bo"]);
    let moved = json!({ "group_id": t.group(1).await });
    let (status, problem) = t.patch("office", &path, moved).await;
    assert_eq!(status, 200, "{problem}");
    let to = json!({
        "starts_at": "2026-09-24T09:00:00+08:00", "ends_at": "2026-09-24T12:00:00+08:00",
        "reason": "场地占用",
    });
    let path = format!("/activities/{activity}/reschedule");
    t.act("staff1", &path, to).await;
    t.run_jobs().await;

    assert_eq!(
        addressed(&t, &activity, "activity_rescheduled").await,
        before
    );
    assert_eq!((seen("chen"), seen("bo")), (chen + 1, bo + 1));
    assert_eq!(seen("gao"), gao);
    // A second tap moves nothing and tells nobody.
    let again = json!({
        "starts_at": "2026-09-24T09:00:00+08:00", "ends_at": "2026-09-24T12:00:00+08:00",
        "reason": "场地占用",
    });
    let (status, _) = t.post("staff1", &path, again).await;
    t.run_jobs().await;
    assert_eq!(seen("chen"), chen + 1, "{status}");
}
