//! Telling members: who is reached by which way, and that nobody is told twice or forgotten.

use api::demo::world::{MINI_PROGRAM, official_account};
use chrono::TimeDelta;
use domain::notice::{Channel, DeliveryState};
use entity::{Scoped, delivery, identity};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{TestApp, until};
use wechat::sim::{Fault, FaultKind, PushHabits};

const SEND: &str = "/cgi-bin/message/template/send";

/// A service that knows the followers of every account, and whose WeChat reports on a message
/// before it answers the send. Everybody but `ding` follows; alice, who signs in, is the only one
/// of group 一 who is known to be a member.
pub async fn start() -> TestApp {
    let t = TestApp::start().await;
    until("the followers are known", async || {
        t.run_jobs().await;
        identity::Entity::of(t.committee)
            .filter(identity::Column::Unionid.is_not_null())
            .count(t.app.db.read())
            .await
            .expect("identities can be counted")
            == 8
    })
    .await;
    t.token("alice").await;
    t.sim.handle.set_push_habits(PushHabits {
        before_answer: 1.0,
        ..habits()
    });
    t
}

/// How WeChat pushes unless a test has it otherwise: at once.
pub fn habits() -> PushHabits {
    PushHabits {
        delay_min_millis: 0,
        delay_max_millis: 1,
        before_answer: 0.0,
        ..PushHabits::default()
    }
}

/// Members bind their phones in the mini-program and follow the account of a group.
pub async fn follow(t: &TestApp, people: &[(&str, usize)]) {
    for (person, group) in people {
        t.token(person).await;
        t.sim.handle.follow(&official_account(*group), person);
    }
    let openids: Vec<_> = people
        .iter()
        .map(|(person, group)| t.sim.handle.openid(&official_account(*group), person))
        .collect();
    until("the followers are linked", async || {
        t.run_jobs().await;
        let linked = identity::Entity::of(t.committee)
            .filter(identity::Column::Openid.is_in(openids.clone()))
            .filter(identity::Column::Following.eq(true))
            .filter(identity::Column::MemberId.is_not_null());
        linked
            .count(t.app.db.read())
            .await
            .expect("identities can be counted")
            == openids.len() as u64
    })
    .await;
}

/// How many template messages were asked for.
pub fn sends(t: &TestApp) -> usize {
    t.sim
        .handle
        .calls()
        .iter()
        .filter(|call| SEND.ends_with(&call.path))
        .count()
}

/// How the notices of an activity fared.
pub async fn sheet(t: &TestApp, activity: &str) -> Value {
    t.see("alice", &format!("/activities/{activity}/deliveries"))
        .await
}

/// How a member was told by one channel.
pub fn told<'a>(sheet: &'a Value, name: &str, channel: &str) -> &'a Value {
    let items = sheet["items"].as_array().expect("a list of members");
    let member = items
        .iter()
        .find(|item| item["name"] == name)
        .expect("the member is on the list");
    member["deliveries"]
        .as_array()
        .expect("a list of deliveries")
        .iter()
        .find(|row| row["channel"] == channel)
        .unwrap_or(&Value::Null)
}

#[actix_web::test]
async fn a_follower_is_told_by_his_station_and_everybody_else_stands_on_the_list_of_those_to_be_phoned()
 {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    let draft = t.draft("季度学习").await;
    let preview = t
        .see("alice", &format!("/activities/{draft}/reach-preview"))
        .await;
    assert_eq!(
        (
            &preview["members"],
            &preview["official_account"],
            &preview["inbox_only"],
            &preview["message"]
        ),
        (
            &json!(4),
            &json!(2),
            &json!(2),
            &json!("能送达 2 / 4，请电话通知 2")
        )
    );
    let by: Vec<(&str, &str)> = preview["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["name"].as_str().unwrap(),
                item["channel"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(by.len(), 4);
    assert!(
        by[..2].iter().all(|(_, channel)| *channel == "phone"),
        "those to be phoned come first: {by:?}"
    );
    assert!(by.contains(&("陈晨", "official_account")), "{by:?}");

    let activity = t.activity("季度学习").await;
    t.run_jobs().await;

    let shown = t.sim.handle.phone("chen");
    assert_eq!(shown.len(), 1);
    assert_eq!(
        shown[0].page,
        Some(format!("pages/activity/index?id={activity}"))
    );
    assert_eq!(shown[0].page_app_id.as_deref(), Some(MINI_PROGRAM));
    assert_eq!(shown[0].value("活动时间"), Some("2026年9月19日 14:30"));
    assert_eq!(shown[0].client_msg_id.as_ref().map(String::len), Some(32));
    let sheet = sheet(&t, &activity).await;
    assert_eq!(
        sheet["summary"],
        json!({ "members": 4, "reached": 2, "phone_needed": 2, "failed": 0, "unknown": 0, "pending": 0 })
    );
    assert_eq!(
        told(&sheet, "陈晨", "official_account")["state"],
        "delivered"
    );
    assert_eq!(told(&sheet, "丁宁", "official_account"), &Value::Null);
    assert_eq!(told(&sheet, "丁宁", "inbox")["state"], "delivered");
}

#[actix_web::test]
async fn a_phone_call_takes_a_member_off_the_list() {
    let t = start().await;
    let activity = t.activity("季度学习").await;
    let before = sheet(&t, &activity).await;
    let id = told(&before, "丁宁", "phone")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let inbox = told(&before, "丁宁", "inbox")["id"]
        .as_str()
        .unwrap()
        .to_owned();

    assert_eq!(
        t.post("fang", &format!("/deliveries/{id}/phoned"), json!({}))
            .await
            .0,
        404
    );
    assert_eq!(
        t.post("alice", &format!("/deliveries/{inbox}/phoned"), json!({}))
            .await
            .0,
        409
    );
    let phoned = t
        .act(
            "alice",
            &format!("/deliveries/{id}/phoned"),
            json!({ "note": "本人接听" }),
        )
        .await;
    assert_eq!(
        (&phoned["state"], &phoned["reason"]),
        (&json!("phoned"), &json!("本人接听"))
    );
    t.act("bo", &format!("/deliveries/{id}/phoned"), json!({}))
        .await;

    let summary = sheet(&t, &activity).await["summary"].clone();
    assert_eq!(
        (
            &summary["reached"],
            &summary["phone_needed"],
            &summary["pending"]
        ),
        (&json!(1), &json!(2), &json!(1))
    );
    assert_eq!(
        t.see("auditor", "/audit?operation=delivery_phone&outcome=done")
            .await["total"],
        1
    );
}

#[actix_web::test]
async fn a_lost_answer_is_asked_for_again_and_the_phone_shows_one_message() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    for kind in [
        FaultKind::HangUp,
        FaultKind::Truncated,
        FaultKind::Html,
        FaultKind::Errcode(-1),
    ] {
        t.sim
            .handle
            .fault(Fault::new(kind).on(SEND).after().times(2));
        let seen = t.sim.handle.phone("chen").len();
        let activity = t.activity("季度学习").await;
        t.run_jobs().await;
        assert_eq!(
            told(&sheet(&t, &activity).await, "陈晨", "official_account")["state"],
            "sending",
            "{kind:?}"
        );

        t.pass_minutes(1);
        t.run_jobs().await;

        assert_eq!(t.sim.handle.phone("chen").len(), seen + 1, "{kind:?}");
        assert_eq!(
            told(&sheet(&t, &activity).await, "陈晨", "official_account")["state"],
            "delivered",
            "{kind:?}"
        );
        t.pass_minutes(24 * 60);
    }
}

#[actix_web::test]
async fn what_stays_in_doubt_is_unknown_before_wechat_forgets_its_id() {
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
    let calls = sends(&t);
    t.sim.handle.clear_faults();
    t.pass_minutes(30);
    t.run_jobs().await;

    let sheet = sheet(&t, &activity).await;
    let row = told(&sheet, "陈晨", "official_account");
    assert_eq!(
        (&row["state"], &row["reason"]),
        (&json!("unknown"), &json!("ambiguous"))
    );
    assert_eq!(sheet["summary"]["unknown"], 2);
    assert!((14..=18).contains(&calls), "{calls}");
    assert!(t.sim.handle.phone("chen").is_empty());
}

#[actix_web::test]
async fn what_was_not_sent_waits_and_a_daily_quota_waits_until_midnight_in_beijing() {
    let t = start().await;
    follow(&t, &[("chen", 0)]).await;
    t.sim.handle.fault(Fault::errcode(45009).on(SEND).always());
    let activity = t.activity("季度学习").await;
    t.run_jobs().await;
    let calls = sends(&t);
    t.pass_minutes(14 * 60);
    t.run_jobs().await;
    assert!((1..=2).contains(&calls) && sends(&t) == calls, "{calls}");
    assert_eq!(
        told(&sheet(&t, &activity).await, "陈晨", "official_account")["state"],
        "pending"
    );

    t.sim.handle.clear_faults();
    t.set("2026-09-15T00:00:00+08:00");
    t.run_jobs().await;

    assert_eq!(
        told(&sheet(&t, &activity).await, "陈晨", "official_account")["state"],
        "delivered"
    );
}

#[actix_web::test]
async fn who_refuses_messages_or_has_left_is_phoned_and_not_tried_again() {
    let t = start().await;
    follow(&t, &[("chen", 0), ("ding", 0), ("bo", 1)]).await;
    t.sim.handle.block(&official_account(0), "chen");
    t.sim.handle.set_push_habits(PushHabits {
        lost: 1.0,
        ..habits()
    });
    t.sim.handle.unfollow(&official_account(0), "ding");
    t.sim.handle.set_push_habits(PushHabits {
        before_answer: 1.0,
        ..habits()
    });

    let first = t.activity("第一次").await;
    t.run_jobs().await;

    let seen = sheet(&t, &first).await;
    let [chen, ding] = ["陈晨", "丁宁"].map(|name| told(&seen, name, "official_account").clone());
    assert_eq!(
        (&chen["state"], &chen["reason"]),
        (&json!("failed"), &json!("user_block"))
    );
    assert_eq!(
        (&ding["state"], &ding["reason"]),
        (&json!("failed"), &json!("wechat_43004"))
    );
    assert_eq!(told(&seen, "陈晨", "phone")["state"], "pending");
    assert_eq!(told(&seen, "丁宁", "phone")["state"], "pending");
    assert_eq!(
        told(&seen, "薄文", "official_account")["state"],
        "delivered"
    );
    let second = t.activity("第二次").await;
    assert_eq!(
        told(&sheet(&t, &second).await, "陈晨", "official_account"),
        &Value::Null
    );
    assert_eq!(sheet(&t, &second).await["summary"]["phone_needed"], 2);
}

#[actix_web::test]
async fn who_is_lost_by_one_account_is_told_by_another_he_follows() {
    let t = start().await;
    follow(&t, &[("chen", 0), ("chen", 1)]).await;
    t.sim.handle.set_push_habits(PushHabits {
        lost: 1.0,
        ..habits()
    });
    t.sim.handle.unfollow(&official_account(0), "chen");
    t.sim.handle.set_push_habits(PushHabits {
        before_answer: 1.0,
        ..habits()
    });

    let activity = t.activity("季度学习").await;
    t.run_jobs().await;

    let shown = t.sim.handle.phone("chen");
    assert_eq!(
        shown
            .iter()
            .map(|one| one.app_id.clone())
            .collect::<Vec<_>>(),
        [official_account(1)]
    );
    assert_eq!(
        told(&sheet(&t, &activity).await, "陈晨", "official_account")["state"],
        "delivered"
    );
}

#[actix_web::test]
async fn with_faults_in_every_third_call_nobody_is_told_twice_and_nobody_is_forgotten() {
    let t = start().await;
    let people = ["alice", "bo", "chen", "ding", "fang", "gao", "hu", "jin"];
    let groups = [0, 0, 0, 0, 1, 1, 2, 2];
    follow(&t, &people.into_iter().zip(groups).collect::<Vec<_>>()).await;
    t.sim.handle.set_push_habits(PushHabits {
        before_answer: 0.3,
        duplicate: 0.3,
        lost: 0.1,
        ..habits()
    });
    for kind in [
        FaultKind::HangUp,
        FaultKind::Truncated,
        FaultKind::Html,
        FaultKind::Errcode(-1),
        FaultKind::Errcode(42001),
        FaultKind::Errcode(45011),
    ] {
        t.sim
            .handle
            .fault(Fault::new(kind).on(SEND).always().chance(0.08));
        t.sim
            .handle
            .fault(Fault::new(kind).on(SEND).always().chance(0.08).after());
    }
    let groups = [t.group(0).await, t.group(1).await, t.group(2).await];
    for round in 0..4 {
        let starts = t.now() + TimeDelta::days(6);
        let body = json!({
            "group_id": groups[0], "kind": "study", "mode": "annual_plan", "title": format!("第{round}次"),
            "content": "", "venue": "第一驿站", "audience": { "groups": groups },
            "starts_at": starts.to_rfc3339(), "ends_at": (starts + TimeDelta::hours(2)).to_rfc3339(),
        });
        let id = t.act("office", "/activities", body).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        for (who, step) in [
            ("office", "submit"),
            ("office2", "approve"),
            ("office", "publish"),
        ] {
            t.act(who, &format!("/activities/{id}/{step}"), json!({}))
                .await;
        }
        for _ in 0..30 {
            t.run_jobs().await;
            t.app.clock.advance(TimeDelta::seconds(40));
        }
    }
    t.pass_minutes(25 * 60);
    t.run_jobs().await;

    let rows = delivery::Entity::of(t.committee)
        .filter(delivery::Column::Channel.eq(Channel::OfficialAccount))
        .filter(delivery::Column::Attempts.gt(0))
        .all(t.app.db.read())
        .await
        .unwrap();
    assert!(rows.len() >= 32, "{}", rows.len());
    let shown = t.sim.handle.all_shown();
    for row in &rows {
        let seen = shown
            .iter()
            .filter(|one| one.client_msg_id.as_deref() == Some(&row.client_msg_id))
            .count();
        assert!(
            row.state.settled() && seen <= 1,
            "{:?} {:?}, shown {seen} times",
            row.state,
            row.reason
        );
        if row.state == DeliveryState::Delivered {
            assert_eq!(seen, 1);
        }
    }
}

#[actix_web::test]
async fn reminders_go_to_those_who_have_not_replied_twice_a_day_at_most() {
    let t = start().await;
    let activity = t.activity("季度学习").await;
    assert_eq!(
        t.put(
            "chen",
            &format!("/activities/{activity}/reply"),
            json!({ "answer": "attend" })
        )
        .await
        .0,
        200
    );
    let path = format!("/activities/{activity}/remind");

    t.pass_minutes(1);
    let sent = t
        .act("alice", &path, json!({ "message": "请尽快回复" }))
        .await;
    assert_eq!(sent["members"], 3);
    let letters = t.see("ding", "/me/inbox?unread=true").await;
    assert_eq!(
        (&letters["total"], &letters["items"][0]["title"]),
        (&json!(2), &json!("报名提醒：季度学习"))
    );
    assert!(
        letters["items"][0]["body"]
            .as_str()
            .unwrap()
            .ends_with("请尽快回复")
    );
    assert_eq!(t.see("chen", "/me/inbox").await["total"], 1);

    t.act("bo", &path, json!({})).await;
    assert_eq!(t.post("staff1", &path, json!({})).await.0, 429);
    assert_eq!(t.post("chen", &path, json!({})).await.0, 403);
    assert_eq!(t.post("fang", &path, json!({})).await.0, 404);
}

#[actix_web::test]
async fn the_evening_before_everybody_without_leave_is_reminded_once() {
    let t = start().await;
    let activity = t.activity("季度学习").await;
    t.set("2026-09-18T18:00:00+08:00");
    t.run_jobs().await;
    t.pass_minutes(60);
    t.run_jobs().await;

    let sheet = sheet(&t, &activity).await;
    let purposes: Vec<_> = sheet["notices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| notice["purpose"].as_str().unwrap())
        .collect();
    assert_eq!(
        purposes
            .iter()
            .filter(|purpose| **purpose == "eve_reminder")
            .count(),
        1,
        "{purposes:?}"
    );
    assert_eq!(
        sheet["notice_id"],
        sheet["notices"].as_array().unwrap().last().unwrap()["id"]
    );
    let eve = sheet["notices"]
        .as_array()
        .unwrap()
        .iter()
        .find(|notice| notice["purpose"] == "eve_reminder")
        .unwrap();
    let shown = t
        .see(
            "alice",
            &format!(
                "/activities/{activity}/deliveries?notice_id={}",
                eve["id"].as_str().unwrap()
            ),
        )
        .await;
    assert_eq!(shown["summary"]["members"], 4);
}

#[actix_web::test]
async fn the_convener_sees_when_a_member_read_the_notice_and_nobody_else_can_read_it_for_him() {
    let t = start().await;
    let activity = t.activity("季度学习").await;
    let letter = t.see("chen", "/me/inbox").await["items"][0].clone();
    let path = format!("/me/inbox/{}/read", letter["id"].as_str().unwrap());
    assert_eq!(t.post("ding", &path, json!({})).await.0, 404);
    assert_eq!(t.post("office", &path, json!({})).await.0, 403);

    t.pass_minutes(3);
    let first = t.act("chen", &path, json!({})).await;
    t.pass_minutes(3);
    let again = t.act("chen", &path, json!({})).await;

    assert_eq!(first["read_at"], again["read_at"]);
    assert_eq!(t.see("chen", "/me/inbox?unread=true").await["total"], 0);
    let sheet = sheet(&t, &activity).await;
    let chen = sheet["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["name"] == "陈晨")
        .unwrap();
    assert_eq!(chen["read_at"], first["read_at"]);
}

#[actix_web::test]
async fn the_configuration_is_held_against_what_wechat_has() {
    let t = TestApp::start().await;
    let findings = api::notice::check_templates(&t.app).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:?}");
    t.sim
        .handle
        .fault(Fault::errcode(40164).on("/cgi-bin/get_all_private_template"));
    t.sim
        .handle
        .fault(Fault::errcode(40164).on("/cgi-bin/template/get_all_private_template"));

    let findings = api::notice::check_templates(&t.app).await;

    assert_eq!(
        findings.iter().filter(|finding| !finding.ok).count(),
        1,
        "{findings:?}"
    );
}
