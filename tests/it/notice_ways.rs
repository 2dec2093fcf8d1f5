//! The ways to reach a member: subscription messages, their credits, and what comes after what.

use api::demo::world::{MINI_PROGRAM, account_subscription, official_account, subscription};
use api::notice::credit::{self, Told};
use chrono::TimeDelta;
use domain::notice::DeliveryState;
use serde_json::{Value, json};
use tests::{TestApp, until};
use wechat::sim::{Fault, FaultKind, PushHabits, ShownKind};

use super::notice::{follow, habits, sheet, start, told};

const SUBSCRIBE: &str = "/cgi-bin/message/subscribe/send";

/// A member taps "accept" for the template of a purpose, as often as given.
async fn agree(t: &TestApp, who: &str, purpose: &str, times: u32) {
    let template = subscription(purpose);
    t.token(who).await;
    t.sim.handle.grant_credit(who, &template, times);
    for tap in 0..times {
        report(
            t,
            who,
            &format!("{purpose}-tap-{tap}").replace('_', "-"),
            &template,
        )
        .await;
    }
}

async fn report(t: &TestApp, who: &str, tap: &str, template: &str) -> Value {
    let body = json!({ "tap_id": tap, "results": { template: "accept" } });
    t.act(who, "/me/subscriptions", body).await
}

async fn credits(t: &TestApp, who: &str, purpose: &str) -> u64 {
    let seen = t.see(who, "/me/subscriptions").await;
    let template = subscription(purpose);
    let items = seen["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["template_id"] == template);
    item.unwrap()["credits"].as_u64().unwrap()
}

fn subscriptions_shown(t: &TestApp, who: &str) -> usize {
    let shown = t.sim.handle.phone(who);
    shown
        .iter()
        .filter(|one| one.kind == ShownKind::Subscription)
        .count()
}

#[actix_web::test]
async fn who_does_not_follow_is_told_in_the_mini_program_as_often_as_he_agreed() {
    let t = start().await;
    agree(&t, "ding", "activity_published", 1).await;
    assert_eq!(credits(&t, "ding", "activity_published").await, 1);
    let draft = t.draft("季度学习").await;
    let preview = t
        .see("alice", &format!("/activities/{draft}/reach-preview"))
        .await;
    assert_eq!(
        (&preview["mini_program"], &preview["message"]),
        (&json!(1), &json!("能送达 2 / 4，请电话通知 2"))
    );

    let first = t.activity("第一次").await;
    t.run_jobs().await;
    let second = t.activity("第二次").await;
    t.run_jobs().await;

    let shown = t.sim.handle.phone("ding");
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].page_app_id.as_deref(), Some(MINI_PROGRAM));
    assert_eq!(
        shown[0].page,
        Some(format!("pages/activity/index?id={first}"))
    );
    let seen = sheet(&t, &first).await;
    assert_eq!(told(&seen, "丁宁", "mini_program")["state"], "accepted");
    assert_eq!(told(&seen, "丁宁", "phone"), &Value::Null);
    let seen = sheet(&t, &second).await;
    assert_eq!(told(&seen, "丁宁", "mini_program"), &Value::Null);
    assert_eq!(told(&seen, "丁宁", "phone")["state"], "pending");
    assert_eq!(credits(&t, "ding", "activity_published").await, 0);

    t.pass_minutes(25 * 60);
    t.run_jobs().await;
    let seen = sheet(&t, &first).await;
    let row = told(&seen, "丁宁", "mini_program");
    assert_eq!(
        (&row["state"], &row["reason"]),
        (&json!("delivered"), &json!("unconfirmed"))
    );
}

#[actix_web::test]
async fn a_tap_counts_once_however_often_and_by_whom_it_is_told() {
    let t = start().await;
    t.token("ding").await;
    let template = subscription("activity_published");
    let openid = t.sim.handle.openid(MINI_PROGRAM, "ding");
    let event = async |seconds: i64| {
        let told = Told::ByEvent(seconds);
        let (now, committee) = (t.now(), t.committee);
        t.app
            .db
            .housekeeping(async |txn| {
                credit::granted(txn, committee, MINI_PROGRAM, &openid, &template, &told, now).await
            })
            .await
            .unwrap();
    };
    let now = t.now().timestamp();

    report(&t, "ding", "tap-number-one", &template).await;
    report(&t, "ding", "tap-number-one", &template).await;
    event(now + 1).await;
    event(now + 1).await;
    assert_eq!(credits(&t, "ding", "activity_published").await, 1);

    event(now + 20).await;
    report(&t, "ding", "tap-number-two", &template).await;
    assert_eq!(credits(&t, "ding", "activity_published").await, 2);

    let asked = t.see("ding", "/me/subscriptions").await;
    assert_eq!(asked["ask"].as_array().unwrap().len(), 5);
    assert_eq!(asked["ask"][4], template);
    for (results, code) in [
        (json!({ "nonsense": "accept" }), "unknown_template"),
        (
            json!({ "a": "reject", "b": "reject", "c": "reject", "d": "reject", "e": "reject", "f": "reject" }),
            "too_many",
        ),
    ] {
        let body = json!({ "tap_id": "tap-number-three", "results": results });
        let (status, problem) = t.post("ding", "/me/subscriptions", body).await;
        assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!(code)));
    }
    assert_eq!(t.get("office", "/me/subscriptions").await.0, 403);
}

#[actix_web::test]
async fn what_wechat_knows_nothing_of_is_void_and_the_member_is_phoned() {
    let t = start().await;
    t.token("ding").await;
    let template = subscription("activity_published");
    for tap in ["first-tap", "second-tap"] {
        report(&t, "ding", tap, &template).await;
    }

    let activity = t.activity("季度学习").await;
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    let row = told(&seen, "丁宁", "mini_program");
    assert_eq!(
        (&row["state"], &row["reason"]),
        (&json!("failed"), &json!("wechat_43101"))
    );
    assert_eq!(told(&seen, "丁宁", "phone")["state"], "pending");
    assert_eq!(credits(&t, "ding", "activity_published").await, 0);
}

#[actix_web::test]
async fn a_credit_is_given_back_when_nothing_was_sent_and_kept_when_nobody_knows() {
    let t = start().await;
    agree(&t, "ding", "activity_published", 2).await;
    t.sim.handle.fault(Fault::errcode(47003).on(SUBSCRIBE));
    let first = t.activity("第一次").await;
    t.run_jobs().await;
    let seen = sheet(&t, &first).await;
    assert_eq!(told(&seen, "丁宁", "mini_program")["state"], "failed");
    assert_eq!(credits(&t, "ding", "activity_published").await, 2);

    t.sim
        .handle
        .fault(Fault::new(FaultKind::HangUp).on(SUBSCRIBE).after());
    let second = t.activity("第二次").await;
    for _ in 0..3 {
        t.run_jobs().await;
        t.pass_minutes(2);
    }
    let seen = sheet(&t, &second).await;
    assert_eq!(told(&seen, "丁宁", "mini_program")["state"], "unknown");
    assert_eq!(subscriptions_shown(&t, "ding"), 1);
    assert_eq!(credits(&t, "ding", "activity_published").await, 1);
}

#[actix_web::test]
async fn who_refuses_the_account_is_told_in_the_mini_program_and_then_on_the_phone() {
    let t = start().await;
    follow(&t, &[("chen", 0), ("ding", 0)]).await;
    agree(&t, "chen", "activity_published", 1).await;
    for person in ["chen", "ding"] {
        t.sim.handle.block(&official_account(0), person);
    }

    let activity = t.activity("季度学习").await;
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    for name in ["陈晨", "丁宁"] {
        let row = told(&seen, name, "official_account");
        assert_eq!(
            (&row["state"], &row["reason"]),
            (&json!("failed"), &json!("user_block"))
        );
    }
    assert_eq!(told(&seen, "陈晨", "mini_program")["state"], "accepted");
    assert_eq!(told(&seen, "陈晨", "phone"), &Value::Null);
    assert_eq!(told(&seen, "丁宁", "mini_program"), &Value::Null);
    assert_eq!(told(&seen, "丁宁", "phone")["state"], "pending");
    assert_eq!(subscriptions_shown(&t, "chen"), 1);
}

#[actix_web::test]
async fn an_account_tells_him_by_a_subscription_before_the_mini_program_does() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    agree(&t, "chen", "activity_published", 1).await;
    let app_id = official_account(0);
    let template = account_subscription("activity_published", &app_id);
    let openid = t.sim.handle.openid(&app_id, "chen");
    let now = t.now();
    t.sim
        .handle
        .answer_popup(&app_id, "chen", &[(template.clone(), true)]);
    let told_at = Told::ByEvent(now.timestamp());
    let committee = t.committee;
    t.app
        .db
        .housekeeping(async |txn| {
            credit::granted(txn, committee, &app_id, &openid, &template, &told_at, now).await
        })
        .await
        .unwrap();
    t.sim.handle.block(&app_id, "chen");

    let activity = t.activity("季度学习").await;
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    assert_eq!(told(&seen, "陈晨", "official_account")["state"], "failed");
    assert_eq!(
        told(&seen, "陈晨", "account_subscription")["state"],
        "accepted"
    );
    assert_eq!(told(&seen, "陈晨", "mini_program"), &Value::Null);
    assert_eq!(t.sim.handle.phone("chen").len(), 1);
    assert_eq!(credits(&t, "chen", "activity_published").await, 1);
}

#[actix_web::test]
async fn a_follower_wechat_does_not_know_for_a_moment_is_looked_for_and_told() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim.handle.fault(
        Fault::errcode(40003)
            .on("/cgi-bin/message/template/send")
            .of(&official_account(0))
            .times(1),
    );
    let activity = t.activity("季度学习").await;
    for _ in 0..3 {
        t.run_jobs().await;
        t.pass_minutes(1);
    }
    until("it is delivered", async || {
        let seen = sheet(&t, &activity).await;
        told(&seen, "陈晨", "official_account")["state"] == "delivered"
    })
    .await;
    assert_eq!(t.sim.handle.phone("chen").len(), 1);
}

#[actix_web::test]
async fn that_check_in_is_open_is_told_to_those_who_are_expected_and_not_there() {
    let t = start().await;
    follow(&t, &[("chen", 0), ("ding", 0)]).await;
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    let seen = t.see("alice", &format!("/activities/{activity}")).await;
    t.set("2026-09-18T20:00:00+08:00");
    t.run_jobs().await;
    t.set(seen["opens_at"].as_str().unwrap());
    t.pass_minutes(-1);
    t.run_jobs().await;
    let before = sheet(&t, &activity).await["notices"]
        .as_array()
        .unwrap()
        .len();

    t.pass_minutes(1);
    t.run_jobs().await;

    let seen = sheet(&t, &activity).await;
    let notices = seen["notices"].as_array().unwrap();
    assert_eq!(notices.len(), before + 1);
    assert_eq!(notices[0]["purpose"], "code_open");
    let titles: Vec<_> = t
        .sim
        .handle
        .phone("chen")
        .iter()
        .map(|one| one.title.clone())
        .collect();
    assert_eq!(titles.last().map(String::as_str), Some("签到提醒"));
    let path = format!(
        "/activities/{activity}/deliveries?notice_id={}",
        notices[0]["id"].as_str().unwrap()
    );
    let of_code = t.see("alice", &path).await;
    assert_eq!(of_code["summary"]["members"], 4);
    assert_eq!(of_code["summary"]["phone_needed"], 0);
}

#[actix_web::test]
async fn that_a_period_was_closed_is_told_to_everybody_with_a_sheet() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.set("2027-01-10T09:00:00+08:00");
    t.act("office", "/periods/2026/close", json!({})).await;
    t.act(
        "leader",
        "/periods/2026/close",
        json!({ "document": "邢东协〔2027〕1号" }),
    )
    .await;
    t.run_jobs().await;

    let shown = t.sim.handle.phone("chen");
    let last = shown.last().unwrap();
    assert_eq!(last.title, "考核结果通知");
    assert_eq!(last.value("考核名称"), Some("2026 年"));
    assert_eq!(last.page.as_deref(), Some("pages/score/index"));
    let letter = t.see("chen", "/me/inbox").await["items"][0].clone();
    assert_eq!(letter["title"], "积分已结账：2026 年");
    assert!(letter["period_id"].is_string(), "{letter}");
}

#[actix_web::test]
async fn with_faults_in_every_third_call_subscriptions_are_seen_once_at_most() {
    let t = start().await;
    let people = ["chen", "ding"];
    for person in people {
        agree(&t, person, "activity_published", 12).await;
    }
    t.sim.handle.set_push_habits(PushHabits {
        lost: 0.2,
        ..habits()
    });
    for kind in [
        FaultKind::HangUp,
        FaultKind::Truncated,
        FaultKind::Errcode(-1),
        FaultKind::Errcode(45011),
        FaultKind::Errcode(43108),
    ] {
        t.sim
            .handle
            .fault(Fault::new(kind).on(SUBSCRIBE).always().chance(0.08));
        if kind != FaultKind::Errcode(43108) && kind != FaultKind::Errcode(45011) {
            t.sim
                .handle
                .fault(Fault::new(kind).on(SUBSCRIBE).always().chance(0.08).after());
        }
    }
    for round in 0..4 {
        t.activity(&format!("第{round}次")).await;
        for _ in 0..12 {
            t.run_jobs().await;
            t.app.clock.advance(TimeDelta::seconds(40));
        }
    }
    t.pass_minutes(25 * 60);
    t.run_jobs().await;

    for person in people {
        assert!(subscriptions_shown(&t, person) <= 4, "{person}");
    }
    let rows = {
        use entity::{Scoped, delivery};
        use sea_orm::{ColumnTrait, QueryFilter};
        delivery::Entity::of(t.committee)
            .filter(delivery::Column::Channel.eq(domain::notice::Channel::MiniProgram))
            .all(t.app.db.read())
            .await
            .unwrap()
    };
    assert!(rows.len() >= 8, "{}", rows.len());
    let sure = rows
        .iter()
        .filter(|row| row.state == DeliveryState::Delivered)
        .count();
    let shown: usize = people.iter().map(|one| subscriptions_shown(&t, one)).sum();
    assert!(sure <= shown && shown <= rows.len(), "{sure} {shown}");
    assert!(rows.iter().all(|row| row.state.settled()), "{rows:#?}");
}
