//! Messages that are held back, fail afterwards, or come too often; and the kinds of agreement.

use serde_json::{Value, json};
use wechat::callback::{Event, JobOutcome, Mode};
use wechat::sim::{CallbackMode, PushFormat, PushHabits, SimTemplate};

use super::ear::{listening, open};
use super::{MINI, NOTICE, REMINDER, STATION, World, accounts, code, habits};

#[actix_web::test]
async fn a_message_in_review_arrives_later_although_its_send_was_refused() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    world.handle().follow(STATION, "alice");
    ear.wait(1).await;
    world.handle().change_settings(|settings| {
        settings.review.chance = 1.0;
        settings.review.seconds = 200;
    });

    assert_eq!(code(&world.send_notice("alice", json!({})).await), 40252);
    world.pass(199);
    assert!(world.handle().phone("alice").is_empty());
    world.pass(1);
    assert_eq!(world.handle().phone("alice").len(), 1);
    let push = open(Mode::Safe, &ear.wait(2).await[1]);
    let outcome = JobOutcome::Success;
    let msg_id = world.handle().phone("alice")[0].msgid;
    assert_eq!(push.event, Event::TemplateSendJobFinish { msg_id, outcome });
}

#[actix_web::test]
async fn a_blocked_message_never_arrives_and_is_listed() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world.handle().change_settings(|settings| {
        settings.review.chance = 1.0;
        settings.review.blocked = 1.0;
    });
    for _ in 0..3 {
        world.send_notice("alice", json!({})).await;
    }
    let query = async |more: Value| {
        let mut body = json!({ "tmpl_msg_id": NOTICE, "largest_id": 0, "limit": 2 });
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("one").clone());
        world.ask(STATION, "wxa/sec/queryblocktmplmsg", body).await
    };
    assert_eq!(query(json!({})).await["msginfo"], json!([]));
    world.pass(1800);

    assert!(world.handle().phone("alice").is_empty());
    let newest = query(json!({})).await;
    let ids: Vec<_> = newest["msginfo"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["id"].as_i64().expect("a number"))
        .collect();
    assert_eq!(ids, [3, 2]);
    let alice = world.handle().openid(STATION, "alice");
    assert_eq!(newest["msginfo"][0]["openid"], json!(alice));
    let rest = query(json!({ "largest_id": 2 })).await;
    assert_eq!(rest["msginfo"].as_array().map(Vec::len), Some(1));
    let other = query(json!({ "tmpl_msg_id": "other" })).await;
    assert_eq!(other["msginfo"], json!([]));
    assert_eq!(code(&query(json!({ "limit": 101 })).await), 40097);
}

#[actix_web::test]
async fn who_had_enough_for_today_is_spared_until_tomorrow() {
    let world = World::start();
    world.handle().follow(STATION, "alice");
    world
        .handle()
        .change_settings(|settings| settings.person_day = Some(2));
    let send = async || code(&world.send_notice("alice", json!({})).await);

    assert_eq!([send().await, send().await, send().await], [0, 0, 43117]);
    // It is noon in Beijing.
    world.pass(12 * 3600);
    assert_eq!(send().await, 0);
}

#[actix_web::test]
async fn a_send_can_fail_afterwards_in_several_spellings() {
    let (world, ear) = listening(CallbackMode::Safe, PushFormat::Xml);
    world.handle().follow(STATION, "alice");
    ear.wait(1).await;
    let mut count = 1;
    let mut last = async |habits: PushHabits| {
        world.handle().set_push_habits(habits);
        assert_eq!(code(&world.send_notice("alice", json!({})).await), 0);
        count += 1;
        let heard = ear.wait(count).await;
        let push = open(Mode::Safe, &heard[count - 1]);
        push.fields.text("Status").map(ToOwned::to_owned)
    };
    let quick = PushHabits {
        delay_max_millis: 0,
        delay_min_millis: 0,
        blank_status: 0.0,
        ..habits()
    };
    let spaced = PushHabits {
        blank_status: 1.0,
        ..quick
    };

    for (habits, status) in [
        (
            PushHabits {
                system_failed: 1.0,
                ..quick
            },
            "failed:system failed",
        ),
        (
            PushHabits {
                system_failed: 1.0,
                ..spaced
            },
            "failed: system failed",
        ),
        (
            PushHabits {
                freq_limit: 1.0,
                ..quick
            },
            "failed:freq limit",
        ),
    ] {
        assert_eq!(last(habits).await.as_deref(), Some(status));
    }
    assert!(world.handle().phone("alice").is_empty());
    world.handle().block(STATION, "alice");
    assert_eq!(last(spaced).await.as_deref(), Some("failed: user block"));
    world.handle().unblock(STATION, "alice");
    assert_eq!(last(quick).await.as_deref(), Some("success"));
}

fn long_term() -> World {
    let mut apps = accounts();
    for app in &mut apps {
        app.templates.push(SimTemplate {
            template_id: format!("long-{}", app.app_id),
            title: "会议通知".to_owned(),
            content: "名称:{{thing1.DATA}}".to_owned(),
            long_term: true,
            ..SimTemplate::default()
        });
    }
    World::start_with(apps)
}

impl World {
    async fn subscribed(&self, app_id: &str, path: &str, template_id: &str, words: &str) -> i64 {
        let body = json!({
            "touser": self.handle().openid(app_id, "alice"),
            "template_id": template_id,
            "data": { "thing1": { "value": words }, "time2": { "value": "15:00" } },
        });
        let path = format!("cgi-bin/message/subscribe/{path}");
        code(&self.ask(app_id, &path, body).await)
    }
}

#[actix_web::test]
async fn a_lasting_agreement_is_not_used_up_until_it_is_withdrawn() {
    let world = long_term();
    let template_id = format!("long-{MINI}");
    let send = async || world.subscribed(MINI, "send", &template_id, "会").await;
    world.handle().grant_credit("alice", &template_id, 1);

    assert_eq!([send().await, send().await, send().await], [0, 0, 0]);
    world.handle().withdraw_credit(MINI, "alice", &template_id);
    assert_eq!(send().await, 43101);
}

#[actix_web::test]
async fn a_sensitive_word_costs_no_credit() {
    let world = World::start();
    world.handle().grant_credit("alice", REMINDER, 1);

    assert_eq!(
        world.subscribed(MINI, "send", REMINDER, "违规内容").await,
        45168
    );
    assert_eq!(world.subscribed(MINI, "send", REMINDER, "会").await, 0);
}

#[actix_web::test]
async fn an_account_s_subscription_message_stands_in_its_chat_for_followers() {
    let world = World::start();
    let send = async || world.subscribed(STATION, "bizsend", NOTICE, "会").await;
    let agree = || {
        let answers = [(NOTICE.to_owned(), true), ("other".to_owned(), false)];
        world.handle().answer_popup(STATION, "alice", &answers);
    };

    assert_eq!(send().await, 43101);
    agree();
    assert_eq!(send().await, 0);
    assert_eq!(world.handle().notices("alice").len(), 1);
    assert!(world.handle().chat(STATION, "alice").is_empty());
    world.handle().follow(STATION, "alice");
    agree();
    assert_eq!(send().await, 0);
    assert_eq!(world.handle().notices("alice").len(), 1);
    let chat = world.handle().chat(STATION, "alice");
    assert!(chat.last().is_some_and(|line| line.message.is_some()));
    assert_eq!(
        world.subscribed(MINI, "bizsend", REMINDER, "会").await,
        48001
    );
}
